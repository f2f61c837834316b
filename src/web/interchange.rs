//! Models of other systems, as JavaScript reads and writes them.

use js_sys::{Array, Float32Array, Uint8Array};
use wasm_bindgen::prelude::*;

use super::value::{OrThrow, WebResult, bytes_of, from_value, object, to_value};
use crate::formats::safetensors;
use crate::interchange::files::{self, ExportSpec, ModelFile};

/// A model of another system as a file of ours.
#[wasm_bindgen(js_name = ImportedModel)]
#[derive(Debug)]
pub struct WebImportedModel {
    file: Vec<u8>,
    notes: Vec<String>,
}

#[wasm_bindgen(js_class = ImportedModel)]
impl WebImportedModel {
    /// Reads a model of its files, which have these names. `shapes` are those of a sample of each input,
    /// for files that do not say them.
    ///
    /// # Errors
    /// What [`files::read`] refuses, and `TooLarge` where there is no memory.
    #[wasm_bindgen(constructor)]
    pub fn new(
        names: Vec<String>,
        contents: Vec<Uint8Array>,
        #[wasm_bindgen(unchecked_param_type = "number[][]")] shapes: JsValue,
    ) -> WebResult<WebImportedModel> {
        let shapes: Vec<Vec<usize>> = from_value("inputShape", shapes)?;
        let contents = contents
            .iter()
            .map(|bytes| bytes_of("a model's file", bytes))
            .collect::<WebResult<Vec<_>>>()?;
        let files: Vec<_> =
            names.iter().zip(&contents).map(|(name, bytes)| ModelFile { name, bytes }).collect();
        let imported = files::read(&files, &shapes).or_throw()?;
        let file = safetensors::write(&imported.model, &imported.info, None).or_throw()?;
        Ok(Self { file, notes: imported.notes })
    }

    /// The file.
    pub fn file(&self) -> Uint8Array {
        Uint8Array::from(self.file.as_slice())
    }

    /// What was read otherwise than it was written, or left aside, in sentences.
    pub fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

/// Writes a model, given as a file of ours, for another system.
///
/// # Errors
/// What [`safetensors::read`] and [`files::write`] refuse.
#[wasm_bindgen(js_name = exportModel)]
pub fn export_model(
    file: &Uint8Array,
    #[wasm_bindgen(unchecked_param_type = "ExportSpec")] spec: JsValue,
) -> WebResult<Vec<u8>> {
    let spec: ExportSpec = from_value("export", spec)?;
    let saved = safetensors::read(&bytes_of("the model's file", file)?).or_throw()?;
    files::write(&saved.model, &saved.info, spec).or_throw()
}

/// Reads weights alone for a model, given as a file of ours: what was found, and the tensors that fit.
/// `layers` and `modules` are the layers and modules of a state dict that belong together. With `strict`
/// nothing but all of them will do.
///
/// # Errors
/// What [`safetensors::read`], [`files::read_weights`] and, with `strict`,
/// [`require_all`](crate::model::WeightsReport::require_all) refuse.
#[wasm_bindgen(
    js_name = readWeights,
    unchecked_return_type = "{ report: WeightsReport; weights: { name: string; data: Float32Array; shape: number[] }[] }"
)]
pub fn read_weights(
    file: &Uint8Array,
    weights: &Uint8Array,
    layers: Vec<String>,
    modules: Vec<String>,
    strict: bool,
) -> WebResult<JsValue> {
    let mut model = safetensors::read(&bytes_of("the model's file", file)?).or_throw()?.model;
    let names: Vec<_> = layers
        .iter()
        .zip(&modules)
        .map(|(layer, module)| (layer.as_str(), module.as_str()))
        .collect();
    let bytes = bytes_of("the file of weights", weights)?;
    let report = files::read_weights(&mut model, &bytes, &names).or_throw()?;
    if strict {
        report.require_all().or_throw()?;
    }
    let tensors = Array::new();
    for slot in model.tensors().iter().filter(|slot| report.loaded.contains(&slot.name)) {
        let values = if slot.trainable { model.weights() } else { model.state() };
        tensors.push(&object(&[
            ("name", slot.name.as_str().into()),
            ("data", Float32Array::from(&values[slot.range.clone()]).into()),
            ("shape", to_value(&slot.shape)?),
        ])?);
    }
    object(&[("report", to_value(&report)?), ("weights", tensors.into())])
}
