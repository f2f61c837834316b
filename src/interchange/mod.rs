//! Models of other systems: theirs become ours, and ours are written for them.
//!
//! A reader makes an [`Imported`] of bytes that it does not trust; a writer makes bytes of a model, or says
//! which layer the format has no words for before it has written any.

pub mod files;
pub mod keras;
pub mod onnx;
mod open;
mod pixels;
pub mod pytorch;
pub mod tfjs;
pub mod weights;

use crate::formats::safetensors::ModelInfo;
use crate::model::Model;

/// A model read from another system's file.
#[derive(Debug)]
pub struct Imported {
    /// The network with its weights.
    pub model: Model,
    /// Class names, preprocessing and what else the file said.
    pub info: ModelInfo,
    /// Whether the file says how data become the network's inputs.
    pub knows_preprocessing: bool,
    /// What was read otherwise than it was written, or left aside, in sentences.
    pub notes: Vec<String>,
}
