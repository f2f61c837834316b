//! Models as files of other systems, by one table.

use serde::{Deserialize, Serialize};

use super::onnx::export::{self as onnx, Weights};
use super::{Imported, keras, pixels, pytorch, tfjs, weights};
use crate::formats::safetensors::{self, ModelInfo, foreign};
use crate::layers::Shape;
use crate::model::{Model, WeightsReport};
use crate::{Result, err};

/// A file with its name.
#[derive(Clone, Copy, Debug)]
pub struct ModelFile<'a> {
    /// Its name, without folders.
    pub name: &'a str,
    /// All of it.
    pub bytes: &'a [u8],
}

/// A format that models are read from.
struct Format {
    name: &'static str,
    /// Whether a file is one of these, or the first of those that belong together.
    is: fn(ModelFile<'_>) -> bool,
    read: fn(ModelFile<'_>, &[ModelFile<'_>], &[Shape]) -> Result<Imported>,
}

/// In the order in which they are tried.
const FORMATS: &[Format] = &[
    Format { name: "safetensors", is: is_safetensors, read: |file, _, _| own(file.bytes) },
    Format {
        name: "Keras (.keras)",
        is: |file| file.bytes.starts_with(b"PK\x03\x04"),
        read: |file, _, shapes| match pytorch::is_pickle(file.bytes) {
            true => Err(err!(
                Unsupported,
                "{}: found a pickle of PyTorch (torch.save), expected the model as torch.onnx.export \
                 writes it, or weights as safetensors.torch.save_file writes a state dict, for a model \
                 of the same layers",
                file.name
            )),
            false => keras::read(file.bytes, shapes),
        },
    },
    Format {
        name: "Keras (.h5)",
        is: |file| file.bytes.starts_with(b"\x89HDF\r\n\x1a\n"),
        read: |file, _, shapes| keras::read(file.bytes, shapes),
    },
    // Numbers of a tensor beside an ONNX file may begin as JSON does.
    Format {
        name: "ONNX (.onnx) with its .onnx.data",
        is: is_onnx,
        read: |file, all, shapes| {
            let models: Vec<_> =
                all.iter().filter(|file| is_onnx(**file)).map(|file| file.name).collect();
            match models.len() {
                1 => super::onnx::import::read_with(file.bytes, &named(all), shapes),
                _ => Err(err!(Argument, "model: found {}, expected one model", models.join(", "))),
            }
        },
    },
    Format {
        name: "TensorFlow.js (model.json with its weights)",
        is: |file| file.bytes.trim_ascii_start().starts_with(b"{"),
        read: |file, all, shapes| tfjs::read(file.bytes, &named(all), shapes),
    },
];

/// Files by their names, for readers of several.
fn named<'a>(files: &[ModelFile<'a>]) -> Vec<(&'a str, &'a [u8])> {
    files.iter().map(|file| (file.name, file.bytes)).collect()
}

/// The names of the formats that models are read from.
pub fn readable() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|format| format.name)
}

/// Reads a model, by what its files are, and finds out what pixels it takes; `shapes` are those of a sample of
/// each input, for files that do not say them.
///
/// # Errors
/// `Format` if none of them is a model, `Argument` for several of ONNX, and what the reader refuses.
pub fn read(files: &[ModelFile<'_>], shapes: &[Shape]) -> Result<Imported> {
    for format in FORMATS {
        if let Some(file) = files.iter().find(|file| (format.is)(**file)) {
            let mut imported = (format.read)(*file, files, shapes)?;
            if !imported.knows_preprocessing {
                pixels::settle(&mut imported);
            }
            return Ok(imported);
        }
    }
    let names: Vec<_> = files.iter().map(|file| file.name).collect();
    let formats: Vec<_> = readable().collect();
    Err(err!(
        Format,
        "model: {} is none that can be read, expected {}",
        if names.is_empty() { "no file".into() } else { names.join(", ") },
        formats.join(", ")
    ))
}

fn is_onnx(file: ModelFile<'_>) -> bool {
    file.name.to_ascii_lowercase().ends_with(".onnx")
}

fn is_safetensors(file: ModelFile<'_>) -> bool {
    file.bytes.get(8) == Some(&b'{') && file.name.to_ascii_lowercase().ends_with(".safetensors")
}

fn own(bytes: &[u8]) -> Result<Imported> {
    let safetensors::SavedModel { model, info, .. } = safetensors::read(bytes)?;
    Ok(Imported { model, info, knows_preprocessing: true, notes: Vec::new() })
}

/// Reads weights alone into a model, by what the file is: npz; safetensors with names of the model's own,
/// `layer/parameter`; or else a state dict of PyTorch as safetensors, of which `names` says what layers
/// are which modules, as for [`pytorch::load`].
///
/// # Errors
/// `Unsupported` for a pickle of PyTorch, `Argument` for names where there are no modules, and what the
/// readers refuse.
pub fn read_weights(
    model: &mut Model,
    bytes: &[u8],
    names: &[(&str, &str)],
) -> Result<WeightsReport> {
    if bytes.starts_with(b"PK\x03\x04") {
        if pytorch::is_pickle(bytes) {
            return Err(err!(
                Unsupported,
                "weights: found a pickle of PyTorch (torch.save), expected safetensors, as safetensors.torch.save_file writes a state dict"
            ));
        }
        if !names.is_empty() {
            return Err(err!(
                Argument,
                "names: found an npz file, expected a state dict of PyTorch, whose modules they are of"
            ));
        }
        return weights::read_npz(model, bytes);
    }
    let is_own = |name: &String| model.tensors().iter().any(|slot| slot.name == *name);
    if names.is_empty() && foreign::names(bytes)?.iter().any(is_own) {
        return weights::read_safetensors(model, bytes);
    }
    pytorch::load(model, bytes, names)
}

/// As what a model is written.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum ExportSpec {
    /// ONNX: the network with class names and preprocessing in its metadata.
    Onnx {
        /// As what numbers kernels are stored: single precision if nothing is said.
        #[serde(default)]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        weights: WeightType,
        /// Whether the network takes pixels, and does itself what makes its inputs of them.
        #[serde(default)]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        include_preprocessing: bool,
        /// Whether a batch normalisation becomes part of the layer before it, where that is possible.
        #[serde(default)]
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        fold_batch_normalization: bool,
    },
    /// The weights alone, by `layer/parameter`, as NumPy reads them.
    Npz,
}

impl ExportSpec {
    /// ONNX with all numbers as they are.
    pub fn onnx() -> Self {
        Self::Onnx {
            weights: WeightType::F32,
            include_preprocessing: false,
            fold_batch_normalization: false,
        }
    }
}

/// As what numbers kernels are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum WeightType {
    /// Single precision.
    #[default]
    F32,
    /// Half precision.
    F16,
    /// Whole numbers of 8 bits, with a factor for each output channel.
    Int8,
}

/// Writes a model for another system.
///
/// # Errors
/// What its writer refuses, with every layer that the format has no words for.
pub fn write(model: &Model, info: &ModelInfo, spec: ExportSpec) -> Result<Vec<u8>> {
    match spec {
        ExportSpec::Onnx { weights, include_preprocessing, fold_batch_normalization } => {
            let weights = match weights {
                WeightType::F32 => Weights::F32,
                WeightType::F16 => Weights::F16,
                WeightType::Int8 => Weights::Int8,
            };
            let options =
                onnx::ExportOptions { weights, include_preprocessing, fold_batch_normalization };
            onnx::write(model, info, &options)
        }
        ExportSpec::Npz => weights::write_npz(model),
    }
}
