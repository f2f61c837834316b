//! The saved model: one safetensors file.
//!
//! | in the file | what |
//! | --- | --- |
//! | tensors `layer/parameter` | weights and running statistics, f32, in Keras layout |
//! | tensors `training/...` | what a run needs to go on: optimiser state, sums (f32 and f64) |
//! | metadata `tabgrad` | one JSON object, [`Description`]: format version, specification, preprocessing, class names, history, free-form extra, position in training |
//!
//! The metadata is one entry because the order of several is not defined, and the same model must
//! give the same bytes. The graph refuses layer names with a slash, so a tensor of the training
//! state, which has two, is never taken for a weight.
//!
//! A file is not trusted: nothing is allocated before its size is known to be there.

#[cfg(feature = "data")]
pub mod foreign;
mod header;

use std::fmt::Display;

use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use serde_json::Value;

use self::header::{Header, Tensor};
use crate::data::Preprocessing;
use crate::graph::Graph;
use crate::json::Json;
use crate::memory::reserve;
use crate::model::Model;
use crate::spec::ModelSpec;
use crate::{Result, err};

/// The version of the format that is written, and the newest that is read.
pub const FORMAT_VERSION: u32 = 1;

/// The key of the metadata.
const KEY: &str = "tabgrad";

/// The longest header that is read.
const MAX_HEADER: u64 = 64 << 20;

const TRAINING: &str = "training/";

/// What goes along with a model.
#[derive(Clone, Debug, Default, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModelInfo {
    /// How data become the network's inputs.
    #[serde(default)]
    pub preprocessing: Preprocessing,
    /// The names of the classes, in the order of the outputs; empty if there are none.
    #[serde(default)]
    pub class_names: Vec<String>,
    /// How training went, as the writer wishes to keep it.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "unknown"))]
    pub history: Value,
    /// Whatever else the writer wishes to keep.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "unknown"))]
    pub extra: Value,
}

/// What a run needs to go on.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingState {
    /// Specifications and position.
    pub description: Value,
    /// Buffers by name, without the prefix they have in the file.
    pub tensors: Vec<(String, Values)>,
}

/// The numbers of one further tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

/// A model read from a file.
#[derive(Debug)]
pub struct SavedModel {
    /// The model with its weights.
    pub model: Model,
    /// What went along with it.
    pub info: ModelInfo,
    /// What a run needs to go on, if it was kept.
    pub training: Option<TrainingState>,
}

/// The JSON of the metadata.
#[derive(Json)]
#[serde(rename_all = "camelCase")]
struct Description {
    version: u32,
    spec: ModelSpec,
    info: ModelInfo,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    training: Option<Value>,
}

/// Writes a model.
///
/// # Errors
/// `Format` if the description does not fit a header, `TooLarge` where there is no memory for the
/// file.
pub fn write(model: &Model, info: &ModelInfo, training: Option<&TrainingState>) -> Result<Vec<u8>> {
    let description = Description {
        version: FORMAT_VERSION,
        spec: model.spec().clone(),
        info: info.clone(),
        training: training.map(|training| training.description.clone()),
    };
    let json = description.to_json().to_string();
    let mut tensors = Vec::new();
    for slot in model.tensors() {
        let values = if slot.trainable { model.weights() } else { model.state() };
        let numbers = Numbers::F32(&values[slot.range.clone()]);
        tensors.push((slot.name.clone(), slot.shape.clone(), numbers));
    }
    for (name, values) in training.map_or(&[][..], |training| &training.tensors) {
        let (len, numbers) = match values {
            Values::F32(values) => (values.len(), Numbers::F32(values)),
            Values::F64(values) => (values.len(), Numbers::F64(values)),
        };
        tensors.push((format!("{TRAINING}{name}"), vec![len], numbers));
    }
    put_together(tensors, json)
}

enum Numbers<'a> {
    F32(&'a [f32]),
    F64(&'a [f64]),
}

impl Numbers<'_> {
    fn dtype(&self) -> Dtype {
        match self {
            Self::F32(_) => Dtype::F32,
            Self::F64(_) => Dtype::F64,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::F32(values) => size_of_val(*values),
            Self::F64(values) => size_of_val(*values),
        }
    }

    fn write(&self, file: &mut Vec<u8>) {
        match self {
            Self::F32(values) => file.extend(values.iter().flat_map(|value| value.to_le_bytes())),
            Self::F64(values) => file.extend(values.iter().flat_map(|value| value.to_le_bytes())),
        }
    }
}

/// The file of these tensors, as the library writes it (the widest first, then by name), in memory
/// that may be refused.
fn put_together(
    mut tensors: Vec<(String, Vec<usize>, Numbers<'_>)>,
    description: String,
) -> Result<Vec<u8>> {
    let wrong = |error: &dyn Display| err!(Format, "saved model: it can't be written: {error}");
    tensors.sort_by(|(name, _, numbers), (other_name, _, others)| {
        others.dtype().cmp(&numbers.dtype()).then_with(|| name.cmp(other_name))
    });
    let mut end = 0_usize;
    let infos = tensors.iter().map(|(name, shape, numbers)| {
        let begin = end;
        end = end.saturating_add(numbers.bytes());
        let data_offsets = (begin, end);
        (name.clone(), TensorInfo { dtype: numbers.dtype(), shape: shape.clone(), data_offsets })
    });
    let metadata = [(KEY.to_owned(), description)].into_iter().collect();
    let header = Metadata::new(Some(metadata), infos.collect()).map_err(|error| wrong(&error))?;
    let mut header = serde_json::to_string(&header).map_err(|error| wrong(&error))?;
    while !header.len().is_multiple_of(size_of::<u64>()) {
        header.push(' ');
    }
    if header.len() as u64 > MAX_HEADER {
        let found = header.len();
        return Err(wrong(&format_args!(
            "the description takes {found} bytes, expected at most {MAX_HEADER}"
        )));
    }
    let length = (header.len() as u64).to_le_bytes();
    let bytes = (length.len() + header.len()).saturating_add(end);
    let mut file = reserve("the file of the model", bytes)?;
    file.extend_from_slice(&length);
    file.extend_from_slice(header.as_bytes());
    tensors.iter().for_each(|(_, _, numbers)| numbers.write(&mut file));
    Ok(file)
}

/// Whether a file that begins so looks like one: the length of its header, and the header's brace.
#[cfg(feature = "data")]
pub(super) fn sniff(head: &[u8], len: u64) -> bool {
    let Some((length, header)) = head.split_first_chunk() else { return false };
    let length = u64::from_le_bytes(*length);
    header.first() == Some(&b'{') && length <= MAX_HEADER && length <= len - 8
}

/// Small files for tests.
#[cfg(all(test, feature = "data"))]
pub(super) fn examples() -> Vec<Vec<u8>> {
    let layers = serde_json::from_str(r#"[{ "type": "dense", "units": 2 }]"#);
    let spec = ModelSpec::sequential(Some("m"), vec![3], layers.expect("one layer"));
    let model = Model::new(spec).expect("a model");
    vec![write(&model, &ModelInfo::default(), None).expect("it fits the format")]
}

/// Reads a model.
///
/// # Errors
/// `Format` if the bytes are no such file, or not a whole one; `Unsupported` if a later version
/// wrote them; `Shape` or `NotFound` if tensors do not belong to the specification; `Data` if a
/// weight is not finite; and what [`Graph::new`] refuses.
pub fn read(bytes: &[u8]) -> Result<SavedModel> {
    let (file, mut json) = open(bytes)?;
    // Looked at before the rest, which may be of a later version.
    if let Some(version) = json.get("version").and_then(Value::as_u64)
        && version > u64::from(FORMAT_VERSION)
    {
        return Err(err!(
            Unsupported,
            "saved model: found format version {version}, expected at most {FORMAT_VERSION}: a \
             later version of tabgrad wrote it"
        ));
    }
    // Moved and not copied, as they may be long.
    let mut kept = |name: &str| json.get_mut("info")?.get_mut(name).map(Value::take);
    let (history, extra) = (kept("history"), kept("extra"));
    let description = Description::from_json(&json).map_err(|error| not_read(&error))?;
    let Description { spec, mut info, training, .. } = description;
    info.history = history.unwrap_or_default();
    info.extra = extra.unwrap_or_default();
    let graph = Graph::new(&spec)?;
    // The specification says how much will be allocated; the file must have it.
    let numbers = graph.weights_len() + graph.state_len();
    if numbers > bytes.len() / 4 {
        return Err(err!(
            Format,
            "saved model: found {} bytes, expected those of {numbers} numbers",
            bytes.len()
        ));
    }
    let mut model = Model::with_zeros(spec, graph)?;
    read_weights(&file, &mut model)?;
    let training = match training {
        Some(description) => Some(TrainingState { description, tensors: read_training(&file)? }),
        None => None,
    };
    Ok(SavedModel { model, info, training })
}

/// The tensors and the description.
fn open(bytes: &[u8]) -> Result<(Header<'_>, Value)> {
    let header = Header::read(bytes)?;
    let json = header.metadata(KEY).ok_or_else(|| {
        err!(
            Format,
            "saved model: found a safetensors file without the metadata entry \"{KEY}\", expected \
             one that tabgrad saved"
        )
    })?;
    let json = serde_json::from_str(json).map_err(|error| not_read(&error))?;
    Ok((header, json))
}

fn not_read(error: &serde_json::Error) -> crate::Error {
    err!(Format, "saved model: the description is wrong: {error}")
}

/// Fills the model with the tensors of its parameters.
fn read_weights(file: &Header<'_>, model: &mut Model) -> Result<()> {
    let of_model = |name: &str| model.tensors().iter().any(|slot| slot.name == name);
    let mut names = file.tensors().map(|(name, _)| name).filter(|name| !name.starts_with(TRAINING));
    if let Some(name) = names.find(|name| !of_model(name)) {
        return Err(err!(NotFound, "saved model: found tensor \"{name}\", which no layer has"));
    }
    for number in 0..model.tensors().len() {
        let slot = &model.tensors()[number];
        let name = &slot.name;
        let tensor = file.tensor(name).ok_or_else(|| {
            err!(NotFound, "saved model: it has no tensor \"{name}\", which the specification has")
        })?;
        if tensor.shape != slot.shape {
            return Err(err!(
                Shape,
                "saved model: tensor \"{name}\" is of shape {:?}, expected {:?}",
                tensor.shape,
                slot.shape
            ));
        }
        let values = f32_values(name, tensor)?;
        let (trainable, range) = (slot.trainable, slot.range.clone());
        let buffer = if trainable { model.weights_mut() } else { model.state_mut() };
        buffer[range].copy_from_slice(&values);
    }
    Ok(())
}

/// The tensors of the training state, by the names that the writer gave them.
fn read_training(file: &Header<'_>) -> Result<Vec<(String, Values)>> {
    let mut tensors = Vec::new();
    for (name, tensor) in file.tensors() {
        if let Some(own) = name.strip_prefix(TRAINING) {
            let values = match tensor.dtype.as_str() {
                header::F64 => Values::F64(f64_values(name, tensor)?),
                _ => Values::F32(f32_values(name, tensor)?),
            };
            tensors.push((own.to_owned(), values));
        }
    }
    Ok(tensors)
}

fn f32_values(name: &str, tensor: &Tensor<'_>) -> Result<Vec<f32>> {
    if tensor.dtype != header::F32 {
        return Err(err!(
            Format,
            "saved model: tensor \"{name}\" is of type {}, expected F32",
            tensor.dtype
        ));
    }
    let words = tensor.data.as_chunks::<4>().0;
    let mut values = reserve(name, words.len())?;
    values.extend(words.iter().map(|word| f32::from_le_bytes(*word)));
    finite(name, values.iter().position(|value| !value.is_finite()))?;
    Ok(values)
}

fn f64_values(name: &str, tensor: &Tensor<'_>) -> Result<Vec<f64>> {
    let words = tensor.data.as_chunks::<8>().0;
    let mut values = reserve(name, words.len())?;
    values.extend(words.iter().map(|word| f64::from_le_bytes(*word)));
    finite(name, values.iter().position(|value| !value.is_finite()))?;
    Ok(values)
}

fn finite(name: &str, wrong: Option<usize>) -> Result<()> {
    match wrong {
        None => Ok(()),
        Some(at) => Err(err!(
            Data,
            "saved model: number {at} of tensor \"{name}\" is not finite, expected finite numbers"
        )),
    }
}
