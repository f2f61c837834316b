//! Evaluations.

use js_sys::{Float32Array, Float64Array, Uint32Array};
use wasm_bindgen::prelude::*;

use super::dataset::WebDataset;
use super::model::WebModel;
use super::rows::WebRows;
use super::value::{OrThrow, WebResult, object, to_value};
use crate::evaluation::{Decisions, Evaluation, EvaluationSpec, Measured};

/// An evaluation under way.
#[wasm_bindgen(js_name = Evaluation)]
#[derive(Debug)]
pub struct WebEvaluation(Evaluation);

#[wasm_bindgen(js_class = Evaluation)]
impl WebEvaluation {
    /// An evaluation by the loss and the metrics that the model is compiled with.
    ///
    /// # Errors
    /// What [`Evaluation::new`] refuses, and a model that is not compiled.
    #[wasm_bindgen(constructor)]
    pub fn new(
        model: &mut WebModel,
        dataset: &WebDataset,
        batch_size: u32,
        details: bool,
    ) -> WebResult<WebEvaluation> {
        let trainer = model.trainer_mut()?;
        let spec = EvaluationSpec {
            loss: trainer.spec().loss.clone(),
            loss_weights: trainer.spec().loss_weights.clone(),
            metrics: trainer.spec().metrics.clone(),
            batch_size,
            details,
        };
        Evaluation::new(trainer.model(), &spec, dataset.inner()).or_throw().map(Self)
    }

    /// Measures the next batch; returns the number of samples measured so far.
    ///
    /// # Errors
    /// What [`Evaluation::advance`] refuses.
    pub fn advance(&mut self, model: &WebModel, dataset: &WebDataset) -> WebResult<usize> {
        self.0.advance(model.model(), dataset.inner()).or_throw()
    }

    /// Measures the samples `from..to` without adding them up.
    ///
    /// # Errors
    /// What [`Evaluation::measure`] refuses.
    #[wasm_bindgen(unchecked_return_type = "Measured")]
    pub fn measure(
        &mut self,
        model: &WebModel,
        dataset: &WebDataset,
        from: u32,
        to: u32,
    ) -> WebResult<JsValue> {
        let samples = from as usize..to as usize;
        plain(&self.0.measure(model.model(), dataset.inner(), samples).or_throw()?)
    }

    /// Measures the first rows.
    ///
    /// # Errors
    /// What [`Evaluation::measure`] refuses.
    #[wasm_bindgen(js_name = measureRows, unchecked_return_type = "Measured")]
    pub fn measure_rows(
        &mut self,
        model: &WebModel,
        rows: &WebRows,
        samples: u32,
    ) -> WebResult<JsValue> {
        plain(&self.0.measure(model.model(), rows.dataset(), 0..samples as usize).or_throw()?)
    }

    /// Adds the next batch in the order of the dataset.
    ///
    /// # Errors
    /// What [`Evaluation::add`] refuses.
    pub fn add(
        &mut self,
        samples: u32,
        sums: Vec<f64>,
        predictions: Vec<u32>,
        confidences: Vec<f32>,
        targets: Vec<u32>,
        scores: Vec<f32>,
    ) -> WebResult<()> {
        let decisions = Decisions { predictions, confidences, targets };
        self.0.add(Measured { samples: samples as usize, sums, decisions, scores }).or_throw()
    }

    /// What was measured.
    ///
    /// # Errors
    /// None in practice: a report can always be written.
    #[wasm_bindgen(unchecked_return_type = "EvaluationReport")]
    pub fn finish(self) -> WebResult<JsValue> {
        to_value(&self.0.finish())
    }
}

/// What a batch comes to, as it travels.
#[wasm_bindgen(typescript_custom_section)]
const MEASURED: &str = "/** What a batch of an evaluation comes to. */\n\
    export interface Measured { samples: number; sums: Float64Array; predictions: Uint32Array; \
    confidences: Float32Array; targets: Uint32Array; \
    scores: Float32Array }";

fn plain(measured: &Measured) -> WebResult<JsValue> {
    let Measured { samples, sums, decisions, scores } = measured;
    object(&[
        ("samples", (*samples as u32).into()),
        ("sums", Float64Array::from(sums.as_slice()).into()),
        ("predictions", Uint32Array::from(decisions.predictions.as_slice()).into()),
        ("confidences", Float32Array::from(decisions.confidences.as_slice()).into()),
        ("targets", Uint32Array::from(decisions.targets.as_slice()).into()),
        ("scores", Float32Array::from(scores.as_slice()).into()),
    ])
}
