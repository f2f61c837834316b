//! Models of TensorFlow.js in their layers format: `model.json`, which has the configuration as Keras 2
//! writes it and the list of weights, and the files that the weights are in.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Imported;
use super::keras::{Dialect, Wanted, Weights, assemble, parse};
use crate::formats::array::{Element, singles};
use crate::formats::hdf5::Numbers;
use crate::layers::Shape;
use crate::{Result, err};

/// Reads a model: `model.json`, and the files of its weights by their names or paths. `shapes` are those of
/// the model's inputs without the batch, where the file leaves sizes open; where it is empty, the file's
/// count.
///
/// # Errors
/// `NotFound` for a file that is missing; `Unsupported` for a graph model, which has operations in place of
/// layers; and what [`keras::read`](super::keras::read) refuses.
pub fn read(model: &[u8], files: &[(&str, &[u8])], shapes: &[Shape]) -> Result<Imported> {
    let json = parse("model.json", model)?;
    let topology = json.get("modelTopology").unwrap_or(&Value::Null);
    let format = json.get("format").and_then(Value::as_str);
    if format == Some("graph-model") || topology.get("node").is_some() {
        return Err(err!(
            Unsupported,
            "TensorFlow.js: found a graph model, expected a layers model: its operations can't be \
             trained and have no layers"
        ));
    }
    // What was converted has the model within; what TensorFlow.js saved itself is one.
    let config = topology.get("model_config").unwrap_or(topology);
    let version = topology.get("keras_version").and_then(Value::as_str).unwrap_or("2");
    let weights = Manifest::read(json.get("weightsManifest"), files)?;
    assemble(config, Dialect::of(version), shapes, &weights)
}

/// Weights by name.
struct Manifest {
    weights: Vec<(String, Numbers)>,
    /// The numbers of the weights whose names have this part between slashes.
    parts: BTreeMap<String, Vec<usize>>,
}

impl Manifest {
    fn read(manifest: Option<&Value>, files: &[(&str, &[u8])]) -> Result<Self> {
        let mut all = Self { weights: Vec::new(), parts: BTreeMap::new() };
        // Files that are named several times are no more than what was given.
        let mut room: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
        for group in list("weightsManifest", manifest)? {
            let mut bytes = Vec::new();
            for path in list("paths", group.get("paths"))? {
                let path = path.as_str().unwrap_or_default();
                let named = |(name, _): &&(&str, &[u8])| {
                    *name == path || name.rsplit(['/', '\\']).next() == path.rsplit('/').next()
                };
                let file = files.iter().find(named).ok_or_else(|| {
                    err!(
                        NotFound,
                        "TensorFlow.js: model.json names the file {path:?}, which is not among the {} \
                         that were given",
                        files.len()
                    )
                })?;
                room = room.checked_sub(file.1.len()).ok_or_else(|| {
                    err!(Format, "TensorFlow.js: model.json names the file {path:?} several times")
                })?;
                bytes.push(file.1);
            }
            let whole = bytes.concat();
            let mut rest = &whole[..];
            for entry in list("weights", group.get("weights"))? {
                let (name, numbers) = weight(entry, &mut rest)?;
                let number = all.weights.len();
                for part in name.split('/') {
                    all.parts.entry(part.to_owned()).or_default().push(number);
                }
                all.weights.push((name, numbers));
            }
            if !rest.is_empty() {
                return Err(err!(
                    Format,
                    "TensorFlow.js: found {} bytes behind the last weight of its files, expected none",
                    rest.len()
                ));
            }
        }
        Ok(all)
    }

    /// The weight of a parameter.
    fn find(&self, wanted: &Wanted<'_>) -> Result<&Numbers> {
        let settings = &wanted.definition.settings;
        let inner = settings.inner("layer").ok().map(|inner| inner.name);
        // A direction of Bidirectional, a projection of attention.
        let part = wanted.place.split_once('/').map_or("", |(part, _)| part);
        let part = match part {
            "forward_layer" => "forward_",
            "backward_layer" => "backward_",
            "query_dense" => "query",
            "key_dense" => "key",
            "value_dense" => "value",
            "output_dense" => "attention_output",
            _ => "",
        };
        let fits = |number: &&usize| {
            let name = &self.weights[**number].0;
            let mut parts = name.split('/');
            let last = parts.next_back().map(|last| last.trim_end_matches(":0"));
            last == Some(wanted.keras) && (part.is_empty() || parts.any(|p| p.starts_with(part)))
        };
        let names = [Some(settings.name), inner];
        let found = names.iter().flatten().find_map(|name| {
            let found: Vec<&usize> = self.parts.get(*name)?.iter().filter(fits).collect();
            (!found.is_empty()).then_some(found)
        });
        match found.as_deref() {
            Some([number]) => Ok(&self.weights[**number].1),
            found => Err(err!(
                NotFound,
                "TensorFlow.js: found {} weights {} of layer \"{}\", expected one",
                found.map_or(0, <[_]>::len),
                wanted.keras,
                settings.name
            )),
        }
    }
}

impl Weights for Manifest {
    fn of(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Numbers>> {
        wanted.iter().map(|wanted| self.find(wanted).cloned()).collect()
    }

    fn most(&self) -> usize {
        self.weights.iter().map(|(_, numbers)| numbers.values.len()).sum()
    }
}

fn list<'a>(what: &str, value: Option<&'a Value>) -> Result<&'a [Value]> {
    let list = value.and_then(Value::as_array).map(Vec::as_slice);
    list.ok_or_else(|| err!(Format, "TensorFlow.js: model.json has no list {what}"))
}

/// A weight and its numbers, which are taken from the beginning of `rest`.
fn weight(entry: &Value, rest: &mut &[u8]) -> Result<(String, Numbers)> {
    let name = entry.get("name").and_then(Value::as_str).unwrap_or_default();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let sizes = list("shape", entry.get("shape"))?.iter();
    let sizes = sizes.map(|size| usize::try_from(size.as_u64()?).ok());
    let shape: Option<Shape> = sizes.collect();
    let packed = entry.get("quantization").filter(|packed| !packed.is_null());
    let dtype = text(packed.unwrap_or(entry).get("dtype")).unwrap_or_default();
    let element = match (dtype.as_str(), packed.is_some()) {
        ("uint8", true) => Element::U8,
        ("uint16", true) => Element::U16,
        ("float16", true) => Element::F16,
        ("float32", false) => Element::F32,
        ("int32", false) => Element::I32,
        ("bool", false) => Element::Bool,
        _ => {
            return Err(err!(
                Unsupported,
                "TensorFlow.js: weight \"{name}\" is of type {dtype:?}, expected float32, int32 or bool, \
                 or numbers packed to uint8, uint16 or float16"
            ));
        }
    };
    let bytes = shape.as_ref().and_then(|shape| {
        shape.iter().try_fold(element.bytes(), |product, &size| product.checked_mul(size))
    });
    let found = rest.len();
    let split = bytes.and_then(|bytes| rest.split_at_checked(bytes));
    let (Some(shape), Some((data, behind))) = (shape, split) else {
        return Err(err!(
            Format,
            "TensorFlow.js: weight \"{name}\" has {found} bytes left in its files, expected those of \
             its shape"
        ));
    };
    *rest = behind;
    let mut values = singles(element, false, data);
    if let (Element::U8 | Element::U16, Some(packed)) = (element, packed) {
        let number = |key: &str| packed.get(key).and_then(Value::as_f64);
        let (Some(scale), Some(min)) = (number("scale"), number("min")) else {
            return Err(err!(
                Format,
                "TensorFlow.js: weight \"{name}\" is packed without a scale and a min"
            ));
        };
        for value in &mut values {
            *value = (f64::from(*value) * scale + min) as f32;
        }
    }
    Ok((name.to_owned(), Numbers { shape, values }))
}
