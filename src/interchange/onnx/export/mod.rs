//! Models written as ONNX files.
//!
//! Operators are those of opset 17, the file is of IR version 8 (onnxruntime 1.12 and newer).
//! Inputs have the model's names and an open first dimension, "batch"; outputs have the
//! names of the layers that they come from. Both are as the model has them, images [batch, height,
//! width, channels]. Spatial operators of ONNX want channels first: values are transposed where the
//! first of them is, and back where something needs the other order, so that a convolutional network
//! has one `Transpose` at its entrance and at most one before its head.
//!
//! An input that only embeddings take is of `int64`. Nodes are named `layer/Operator`, constants
//! `layer/parameter`. The file's metadata are:
//!
//! | key | value |
//! | --- | --- |
//! | `tabgrad.classNames` | the names of the classes as a list in JSON |
//! | `names` | the same as `{0: "cat", 1: "dog"}`, which is what readers of YOLO's files look for |
//! | `tabgrad.preprocessing` | how data become the network's inputs, in JSON |
//! | `tabgrad.preprocessingIncluded` | `true` if the network itself does it |

mod activations;
mod attention;
mod builder;
mod context;
mod convolutions;
mod dense;
mod fold;
mod layers;
mod masks;
mod merges;
mod normalizations;
mod pixels;
mod poolings;
mod preprocessing;
mod recurrent;
mod sequences;
mod shapes;
mod weights;

#[cfg(test)]
mod tests;

use prost::Message;

use self::builder::Builder;
use self::context::Context;
use super::proto::{GraphProto, ModelProto, OperatorSetIdProto, StringStringEntryProto};
use crate::formats::safetensors::ModelInfo;
use crate::json::Json;
use crate::memory::reserve;
use crate::model::Model;
use crate::{Error, Result, err};

/// The version of ONNX's operators that is written.
pub const OPSET: i64 = 17;
/// The version of the file format that came with it.
pub const IR_VERSION: i64 = 8;

/// The most bytes that protobuf allows a message.
const MOST_BYTES: usize = i32::MAX as usize;

/// As what numbers the kernels and vectors of layers are stored. Biases and what normalisations have
/// are single precision in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weights {
    /// Single precision.
    #[default]
    F32,
    /// Half precision, cast to single when the file is loaded. A kernel with numbers beyond 65,504 stays
    /// as it is.
    F16,
    /// Whole numbers from -127 to 127 with a factor for each output channel.
    Int8,
}

/// How a model is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportOptions {
    /// As what numbers weights are stored.
    pub weights: Weights,
    /// Whether the network takes pixels and does itself what makes its inputs of them.
    pub include_preprocessing: bool,
    /// Whether a batch normalisation becomes part of the layer before it, where that is possible.
    pub fold_batch_normalization: bool,
}

/// Writes a model.
///
/// # Errors
/// `Unsupported` for preprocessing that cannot be a part of the network, with every step and why;
/// `TooLarge` where the file would have more than 2 GB or there is no memory for it. All layers can be
/// written.
pub fn write(model: &Model, info: &ModelInfo, options: &ExportOptions) -> Result<Vec<u8>> {
    let message = message(model, info, options)?;
    let len = message.encoded_len();
    if len > MOST_BYTES {
        return Err(too_large(len));
    }
    let mut bytes = reserve("an ONNX file", len)?;
    message
        .encode(&mut bytes)
        .map_err(|error| err!(TooLarge, "an ONNX file of {len} bytes: {error}"))?;
    Ok(bytes)
}

/// What is written.
fn message(model: &Model, info: &ModelInfo, options: &ExportOptions) -> Result<ModelProto> {
    let graph = graph(model, info, options)?;
    Ok(ModelProto {
        ir_version: IR_VERSION,
        producer_name: "tabgrad".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        metadata_props: metadata(info, options)?,
        functions: Vec::new(),
    })
}

/// The network.
fn graph(model: &Model, info: &ModelInfo, options: &ExportOptions) -> Result<GraphProto> {
    let mut cx = Context::new(model, options);
    cx.inputs(options.include_preprocessing.then_some(&info.preprocessing))?;
    for node in model.graph().nodes() {
        cx.layer(node).map_err(|fault| fault.at_layer(&node.name))?;
    }
    cx.finish()
}

fn too_large(bytes: usize) -> Error {
    err!(
        TooLarge,
        "an ONNX file would have {bytes} bytes, expected at most {MOST_BYTES}, the limit of protobuf"
    )
}

fn metadata(info: &ModelInfo, options: &ExportOptions) -> Result<Vec<StringStringEntryProto>> {
    let mut entries = Vec::new();
    let mut entry = |key: &str, value: String| {
        entries.push(StringStringEntryProto { key: key.into(), value });
    };
    let written = |value: &serde_json::Value| value.to_string();
    if !info.class_names.is_empty() {
        entry("tabgrad.classNames", written(&info.class_names.to_json()));
        let named = info.class_names.iter().enumerate();
        // A text in JSON is one in Python, too, which is what readers take this for.
        let named: Vec<String> =
            named.map(|(class, name)| format!("{class}: {}", written(&name.to_json()))).collect();
        entry("names", format!("{{{}}}", named.join(", ")));
    }
    entry("tabgrad.preprocessing", written(&info.preprocessing.to_json()));
    if options.include_preprocessing {
        entry("tabgrad.preprocessingIncluded", "true".into());
    }
    Ok(entries)
}
