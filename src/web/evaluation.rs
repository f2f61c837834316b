//! Evaluations.

use wasm_bindgen::prelude::*;

use super::dataset::WebDataset;
use super::model::WebModel;
use super::value::{OrThrow, WebResult, to_value};
use crate::evaluation::{Evaluation, EvaluationSpec};

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
        model: &WebModel,
        dataset: &WebDataset,
        batch_size: u32,
        details: bool,
    ) -> WebResult<WebEvaluation> {
        let trainer = model.trainer()?;
        let spec = EvaluationSpec {
            loss: trainer.spec().loss,
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

    /// What was measured.
    ///
    /// # Errors
    /// None in practice: a report can always be written.
    #[wasm_bindgen(unchecked_return_type = "EvaluationReport")]
    pub fn finish(self) -> WebResult<JsValue> {
        to_value(&self.0.finish())
    }
}
