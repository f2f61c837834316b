//! Features: what a frozen front makes of a run's samples.

use std::sync::Arc;

use js_sys::{Array, Float32Array};
use wasm_bindgen::prelude::*;

use super::dataset::WebDataset;
use super::model::WebModel;
use super::rows::WebRows;
use super::value::{OrThrow, WebResult, floats_of, object, sizes_of, throw};
use crate::data::Dataset;
use crate::err;
use crate::model::Model;
use crate::trainer::Features;

/// Features in the making.
#[wasm_bindgen(js_name = FrontFeatures)]
#[derive(Debug)]
pub struct WebFeatures(Features);

impl WebFeatures {
    fn computed(
        &mut self,
        model: &Model,
        dataset: &Dataset,
        from: u32,
        to: u32,
    ) -> WebResult<Array> {
        let samples = to.saturating_sub(from) as usize;
        let found = self.0.compute(model, dataset, from as usize..to as usize).or_throw()?;
        let all = Array::new();
        for values in &found {
            let shape = [samples, values.len() / samples.max(1)];
            let data = Float32Array::from(values.as_slice()).into();
            all.push(&object(&[("data", data), ("shape", sizes_of(&shape))])?);
        }
        Ok(all)
    }
}

#[wasm_bindgen(js_class = FrontFeatures)]
impl WebFeatures {
    /// Room for the features of so many samples.
    ///
    /// # Errors
    /// What [`Features::new`] refuses; `Argument` for a model without a frozen front.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &WebModel, samples: u32) -> WebResult<WebFeatures> {
        let features = Features::new(model.model(), samples as usize).or_throw()?;
        let none = || throw(&err!(Argument, "features: the model has no frozen front"));
        features.map(Self).ok_or_else(none)
    }

    /// Those of the samples `from..to`, one array for each value of the front.
    ///
    /// # Errors
    /// What [`Features::compute`] refuses.
    #[wasm_bindgen(unchecked_return_type = "{ data: Float32Array; shape: number[] }[]")]
    pub fn compute(
        &mut self,
        model: &WebModel,
        dataset: &WebDataset,
        from: u32,
        to: u32,
    ) -> WebResult<Array> {
        self.computed(model.model(), dataset.inner(), from, to)
    }

    /// Those of the first rows, one array for each value of the front.
    ///
    /// # Errors
    /// What [`Features::compute`] refuses.
    #[wasm_bindgen(
        js_name = computeRows,
        unchecked_return_type = "{ data: Float32Array; shape: number[] }[]"
    )]
    pub fn compute_rows(
        &mut self,
        model: &WebModel,
        rows: &WebRows,
        samples: u32,
    ) -> WebResult<Array> {
        self.computed(model.model(), rows.dataset(), 0, samples)
    }

    /// Adds those of the next samples, in the order of the dataset.
    ///
    /// # Errors
    /// What [`Features::add`] refuses.
    pub fn add(&mut self, values: Vec<Float32Array>) -> WebResult<()> {
        let values = values.iter().map(|values| floats_of("features", values));
        let values: Vec<Vec<f32>> = values.collect::<WebResult<_>>()?;
        self.0.add(&values.iter().map(Vec::as_slice).collect::<Vec<_>>()).or_throw()
    }

    /// Those of all samples of a dataset, with its targets.
    ///
    /// # Errors
    /// What [`Features::finish`] refuses.
    pub fn finish(self, model: &WebModel, dataset: &WebDataset) -> WebResult<WebDataset> {
        self.0.finish(model.model(), dataset.inner()).or_throw().map(WebDataset::from)
    }
}

#[wasm_bindgen(js_class = Model)]
impl WebModel {
    /// The frozen front, if there is one: its share of the multiply-adds of a forward pass, and the
    /// numbers of its features for a sample.
    ///
    /// # Errors
    /// None in practice: two numbers can always be written.
    #[wasm_bindgen(
        js_name = frozenFront,
        unchecked_return_type = "{ share: number; width: number } | undefined"
    )]
    pub fn frozen_front(&self) -> WebResult<JsValue> {
        let graph = self.model().graph();
        let Some(front) = graph.frozen_front() else { return Ok(JsValue::UNDEFINED) };
        let share = front.multiply_adds() as f64 / graph.multiply_adds().max(1) as f64;
        object(&[("share", share.into()), ("width", (front.width(graph) as f64).into())])
    }

    /// Lets the run go on from features of its samples.
    ///
    /// # Errors
    /// What [`Trainer::use_features`](crate::trainer::Trainer::use_features) refuses.
    #[wasm_bindgen(js_name = useFeatures)]
    pub fn use_features(&mut self, features: &WebDataset) -> WebResult<()> {
        self.trainer_mut()?.use_features(features.hold()).or_throw()
    }

    /// Whether the run goes on from features.
    ///
    /// # Errors
    /// If the model is not compiled.
    #[wasm_bindgen(js_name = usesFeatures)]
    pub fn uses_features(&self) -> WebResult<bool> {
        Ok(self.trainer()?.features().is_some())
    }

    /// Says that the rows of a shared run are features.
    ///
    /// # Errors
    /// What [`Trainer::expect_features`](crate::trainer::Trainer::expect_features) refuses.
    #[wasm_bindgen(js_name = expectFeatures)]
    pub fn expect_features(&mut self) -> WebResult<()> {
        self.trainer_mut()?.expect_features().or_throw()
    }

    /// Lets the run go on from its samples.
    ///
    /// # Errors
    /// If the model is not compiled.
    #[wasm_bindgen(js_name = forgetFeatures)]
    pub fn forget_features(&mut self) -> WebResult<()> {
        self.trainer_mut()?.forget_features();
        Ok(())
    }

    /// What the samples of a share of the run are rows of: its features, or this dataset of its samples.
    ///
    /// # Errors
    /// If the model is not compiled.
    #[wasm_bindgen(js_name = rowsFrom)]
    pub fn rows_from(&self, dataset: &WebDataset) -> WebResult<WebDataset> {
        let features = self.trainer()?.features().map(Arc::clone);
        Ok(features.map_or_else(|| dataset.share(), WebDataset::from))
    }
}
