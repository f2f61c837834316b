//! One case: its description, its tensors, and how results are compared with them.

use std::collections::BTreeMap;
#[cfg(not(target_arch = "wasm32"))]
use std::{fs, path::Path};

use safetensors::tensor::{Dtype, SafeTensors};
use serde_json::Value;

/// Why a case did not agree.
pub type Failure = String;

/// What became of a case that ran; `Err` says where it did not agree.
pub enum Outcome {
    /// Every number is within the tolerance.
    Agreed,
    /// It asks for something that is not offered.
    LeftOut(String),
}

/// A tensor of a case.
pub struct Tensor {
    pub shape: Vec<usize>,
    values: Values,
}

enum Values {
    F32(Vec<f32>),
    I32(Vec<i32>),
}

pub struct Case {
    pub group: String,
    pub json: Value,
    tensors: BTreeMap<String, Tensor>,
}

impl Case {
    /// Reads a description and, where there are any, its tensors.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let read = |path: &Path| {
            fs::read(path).map_err(|error| format!("{} can't be read: {error}", path.display()))
        };
        Self::parse(&read(path)?, || read(&path.with_extension("safetensors")))
    }

    /// A case from the bytes of its description and, where it has any, of its tensors.
    pub fn parse<B: AsRef<[u8]>>(
        description: &[u8],
        tensors: impl FnOnce() -> Result<B, Failure>,
    ) -> Result<Self, Failure> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let json: Value = serde_json::from_slice(description).map_err(|error| text(&error))?;
        let group = json["group"].as_str().unwrap_or_default().to_owned();
        let mut case = Self { group, json, tensors: BTreeMap::new() };
        if !case.json["tensors"].is_null() {
            let bytes = tensors()?;
            let file = SafeTensors::deserialize(bytes.as_ref()).map_err(|error| text(&error))?;
            for (name, view) in file.tensors() {
                let words = view.data().as_chunks::<4>().0.iter();
                let values = match view.dtype() {
                    Dtype::F32 => Values::F32(words.map(|w| f32::from_le_bytes(*w)).collect()),
                    Dtype::I32 => Values::I32(words.map(|w| i32::from_le_bytes(*w)).collect()),
                    other => return Err(format!("{name} is of type {other:?}")),
                };
                case.tensors.insert(name, Tensor { shape: view.shape().to_vec(), values });
            }
        }
        Ok(case)
    }

    /// The operation.
    pub fn op(&self) -> &str {
        self.json["op"].as_str().unwrap_or_default()
    }

    /// The attributes.
    pub fn attrs(&self) -> &Value {
        &self.json["attrs"]
    }

    /// The first attribute that is not among the known ones.
    pub fn unknown_attr(&self, known: &[&str]) -> Option<&str> {
        let keys = self.attrs().as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        keys.into_iter().find(|key| !known.contains(key))
    }

    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The names of tensors that begin so, without that beginning.
    pub fn names<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.tensors.keys().filter_map(move |name| name.strip_prefix(prefix))
    }

    pub fn shape(&self, name: &str) -> Result<&[usize], Failure> {
        self.tensor(name).map(|tensor| tensor.shape.as_slice())
    }

    pub fn f32s(&self, name: &str) -> Result<&[f32], Failure> {
        match &self.tensor(name)?.values {
            Values::F32(values) => Ok(values),
            Values::I32(_) => Err(format!("{name} holds integers")),
        }
    }

    /// Integers that are not negative, such as labels.
    pub fn u32s(&self, name: &str) -> Result<Vec<u32>, Failure> {
        match &self.tensor(name)?.values {
            Values::I32(values) => values
                .iter()
                .map(|&value| u32::try_from(value).map_err(|_| format!("{name} holds {value}")))
                .collect(),
            Values::F32(_) => Err(format!("{name} holds no integers")),
        }
    }

    fn tensor(&self, name: &str) -> Result<&Tensor, Failure> {
        self.tensors.get(name).ok_or_else(|| format!("it has no tensor {name}"))
    }

    /// Compares with a tensor of the case, by the case's own tolerance.
    pub fn compare(&self, name: &str, found: &[f32]) -> Result<(), Failure> {
        let tolerance = |key: &str| self.json["tolerance"][key].as_f64().unwrap_or(0.0);
        close(name, found, self.f32s(name)?, tolerance("abs"), tolerance("rel_to_max"))
    }
}

/// `|found - expected| <= abs + rel_to_max * max|expected|`; NaN never passes.
pub fn close(
    name: &str,
    found: &[f32],
    expected: &[f32],
    abs: f64,
    rel_to_max: f64,
) -> Result<(), Failure> {
    if found.len() != expected.len() {
        return Err(format!("{name} has {} numbers, expected {}", found.len(), expected.len()));
    }
    let max = expected.iter().fold(0.0f64, |max, &v| max.max(f64::from(v).abs()));
    let allowed = abs + rel_to_max * max;
    for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let difference = (f64::from(found) - f64::from(expected)).abs();
        // False for NaN.
        let within = found == expected || difference <= allowed;
        if !within {
            return Err(format!(
                "{name}[{i}] is {found}, expected {expected} (off by {difference:.1e}, allowed \
                 {allowed:.1e})"
            ));
        }
    }
    Ok(())
}
