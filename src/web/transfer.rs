//! Models that come of others.

use wasm_bindgen::prelude::*;

use super::model::{State, WebModel};
use super::value::{OrThrow, WebResult, throw, to_value};
use crate::err;
use crate::formats::safetensors::ModelInfo;

#[wasm_bindgen(js_class = Model)]
impl WebModel {
    /// A model of the layers that lead to one of them, with their weights and this preprocessing; not
    /// compiled.
    ///
    /// # Errors
    /// What [`Model::up_to`](crate::model::Model::up_to) refuses.
    #[wasm_bindgen(js_name = upTo)]
    pub fn up_to(&self, layer: &str) -> WebResult<WebModel> {
        let model = self.model().up_to(layer).or_throw()?;
        let preprocessing = self.info.preprocessing.clone();
        let info = ModelInfo { preprocessing, ..ModelInfo::default() };
        Ok(Self::of(State::Bare(Box::new(model)), info))
    }

    /// Takes weights of another model that have the same names and shapes. `layers` holds names of
    /// layers of the other and of this one in turn, and restricts it to these; empty means all. With
    /// `strict`, nothing is taken unless all fit.
    ///
    /// # Errors
    /// What [`Model::take_weights`](crate::model::Model::take_weights) refuses; `Argument` for an odd
    /// number of names; what does not fit, if it is strict.
    #[wasm_bindgen(js_name = takeWeights, unchecked_return_type = "WeightsReport")]
    pub fn take_weights(
        &mut self,
        source: &WebModel,
        layers: Vec<String>,
        strict: bool,
    ) -> WebResult<JsValue> {
        let (pairs, []) = layers.as_chunks::<2>() else {
            return Err(throw(&err!(
                Argument,
                "weights: found {} names of layers, expected pairs",
                layers.len()
            )));
        };
        let pairs: Vec<(&str, &str)> =
            pairs.iter().map(|[from, to]| (from.as_str(), to.as_str())).collect();
        if strict {
            self.model().compare_weights(source.model(), &pairs).require_all().or_throw()?;
        }
        to_value(&self.model_mut().take_weights(source.model(), &pairs).or_throw()?)
    }
}
