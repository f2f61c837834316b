//! Texts that go on.

use wasm_bindgen::prelude::*;

use super::model::WebModel;
use super::value::{OrThrow, WebResult, from_value};
use crate::data::preprocessing::text::FIRST_TOKEN;
use crate::generation::{Generation, GenerationSpec};

/// A text that is being written.
#[wasm_bindgen(js_name = Generation)]
#[derive(Debug)]
pub struct WebGeneration(Generation);

#[wasm_bindgen(js_class = Generation)]
impl WebGeneration {
    /// A text that begins so, by a model with `preprocessing.text`.
    ///
    /// # Errors
    /// What [`Generation::new`] refuses, and a model that knows no text.
    #[wasm_bindgen(constructor)]
    pub fn new(
        model: &WebModel,
        prompt: &str,
        #[wasm_bindgen(unchecked_param_type = "GenerationSpec")] spec: JsValue,
    ) -> WebResult<WebGeneration> {
        let spec: GenerationSpec = from_value("generate", spec)?;
        let steps = &model.info.preprocessing;
        let ids = model.encoders.with_text(steps, |encoder| Ok(encoder.tokens(prompt)));
        let generation = Generation::new(model.model(), spec, ids.or_throw()?, FIRST_TOKEN);
        generation.or_throw().map(Self)
    }

    /// Writes one more token.
    ///
    /// # Errors
    /// What [`Generation::advance`] refuses.
    pub fn advance(&mut self, model: &WebModel) -> WebResult<u32> {
        self.0.advance(model.model()).or_throw()
    }

    /// The text so far, the prompt included.
    ///
    /// # Errors
    /// For an id that the vocabulary does not have.
    pub fn text(&self, model: &WebModel) -> WebResult<String> {
        let steps = &model.info.preprocessing;
        model.encoders.with_text(steps, |encoder| encoder.decode(self.0.ids())).or_throw()
    }
}
