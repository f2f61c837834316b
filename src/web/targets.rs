//! What the samples of a dataset should be answered by, as JavaScript sees it.

use js_sys::{Array, Float32Array, Uint32Array};
use wasm_bindgen::prelude::*;

use super::dataset::WebDataset;
use super::value::{OrThrow, WebResult, floats_of, from_shape, object, to_value};
use crate::data::Targets;
use crate::data::cleaning::ClassWeights;

#[wasm_bindgen(js_class = Dataset)]
impl WebDataset {
    /// Samples of each class.
    pub fn counts(&self) -> Vec<u32> {
        from_shape(&self.inner().counts())
    }

    /// The weights that make the classes of these targets count the same, whatever their numbers of
    /// samples.
    #[wasm_bindgen(js_name = balancedWeights)]
    pub fn balanced_weights(&self, targets: u32) -> Vec<f32> {
        let counts = self.inner().counts_of(targets as usize);
        let counts: Vec<u32> = counts.iter().map(|&count| count as u32).collect();
        ClassWeights::balanced(&counts).weights
    }

    /// The class of each sample; empty where targets are not classes.
    pub fn labels(&self) -> Uint32Array {
        self.inner().labels().unwrap_or_default().into()
    }

    /// What each sample should be answered by, sample after sample, where that is numbers; else nothing.
    ///
    /// # Errors
    /// None in practice: it can always be written.
    #[wasm_bindgen(unchecked_return_type = "{ data: Float32Array; shape: number[] } | undefined")]
    pub fn targets(&self) -> WebResult<JsValue> {
        self.dense_targets(0)
    }

    /// How much each sample counts, where that was said; else nothing.
    #[wasm_bindgen(js_name = sampleWeight)]
    pub fn sample_weight(&self) -> Option<Float32Array> {
        self.inner().sample_weight().map(Float32Array::from)
    }

    /// The same samples, of which each counts so much.
    ///
    /// # Errors
    /// What [`crate::data::Dataset::with_sample_weight`] refuses, and `TooLarge` where there is no memory
    /// for them.
    #[wasm_bindgen(js_name = withSampleWeight)]
    pub fn with_sample_weight(&self, weights: &Float32Array) -> WebResult<Self> {
        let weights = floats_of("the weights of the samples", weights)?;
        self.inner().clone().with_sample_weight(weights).or_throw().map(Self::from)
    }
}

impl WebDataset {
    /// What each output should answer.
    pub(super) fn all_targets(&self) -> WebResult<Array> {
        let outputs =
            (0..self.inner().outputs()).map(|output| match self.inner().targets_of(output) {
                Targets::Classes(classes) => {
                    object(&[("classes", Uint32Array::from(classes.as_slice()).into())])
                }
                _ => object(&[("dense", self.dense_targets(output)?)]),
            });
        outputs.collect()
    }

    /// The targets of an output, where those are numbers.
    fn dense_targets(&self, output: usize) -> WebResult<JsValue> {
        let Targets::Dense { shape, values } = self.inner().targets_of(output) else {
            return Ok(JsValue::UNDEFINED);
        };
        // With the samples in front, as targets come in.
        let shape = [&[self.inner().len()], shape.as_slice()].concat();
        let data = Float32Array::from(values.as_slice());
        object(&[("data", data.into()), ("shape", to_value(&shape)?)])
    }
}
