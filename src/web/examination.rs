//! A report on samples that JavaScript has.

use wasm_bindgen::prelude::*;

use super::value::{OrThrow, WebResult, from_value, to_shape, to_value};
use crate::data::Values;
use crate::data::report::{Collector, Impression, Observed};

/// Looks at samples one after the other.
#[wasm_bindgen(js_name = Examination)]
#[derive(Debug)]
pub struct WebExamination(Collector);

#[wasm_bindgen(js_class = Examination)]
impl WebExamination {
    /// One of samples of these classes.
    #[wasm_bindgen(constructor)]
    pub fn new(class_names: Vec<String>) -> Self {
        Self(Collector::new(class_names))
    }

    /// Looks at a sample of bytes, of this class and part.
    ///
    /// # Errors
    /// What [`Collector::take`] refuses.
    #[wasm_bindgen(js_name = addBytes)]
    pub fn add_bytes(
        &mut self,
        shape: &[u32],
        values: Vec<u8>,
        class: Option<u32>,
        #[wasm_bindgen(unchecked_param_type = "Part | undefined")] part: JsValue,
    ) -> WebResult<()> {
        self.add(shape, &Values::U8(values), class, part)
    }

    /// Looks at a sample of numbers, of this class and part.
    ///
    /// # Errors
    /// What [`Collector::take`] refuses.
    #[wasm_bindgen(js_name = addFloats)]
    pub fn add_floats(
        &mut self,
        shape: &[u32],
        values: Vec<f32>,
        class: Option<u32>,
        #[wasm_bindgen(unchecked_param_type = "Part | undefined")] part: JsValue,
    ) -> WebResult<()> {
        self.add(shape, &Values::F32(values), class, part)
    }

    /// What was found.
    ///
    /// # Errors
    /// None in practice: it can always be written.
    #[wasm_bindgen(unchecked_return_type = "DataReport")]
    pub fn finish(self) -> WebResult<JsValue> {
        to_value(&self.0.finish())
    }

    fn add(
        &mut self,
        shape: &[u32],
        values: &Values,
        class: Option<u32>,
        part: JsValue,
    ) -> WebResult<()> {
        let part = from_value("part", part)?;
        let observed = Observed { class, part, group: None };
        self.0.take(observed, &Impression::of_values(&to_shape(shape), values)).or_throw()
    }
}
