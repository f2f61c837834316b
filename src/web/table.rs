//! Rows of tables on their way to samples.

use js_sys::Float32Array;
use serde_json::{Map, Value};
use wasm_bindgen::prelude::*;

use super::value::{OrThrow, WebResult, from_value, throw, to_preprocessing, to_value};
use crate::data::preprocessing::table::TableEncoder;
use crate::err;

/// What a preprocessing makes of rows.
#[wasm_bindgen(js_name = TableEncoder)]
#[derive(Debug)]
pub struct WebTableEncoder(TableEncoder);

#[wasm_bindgen(js_class = TableEncoder)]
impl WebTableEncoder {
    /// From a model's preprocessing, whose table must have been computed from a training part.
    ///
    /// # Errors
    /// `Argument` for a preprocessing without a table, and what [`TableEncoder::new`] refuses.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "Preprocessing")] preprocessing: JsValue,
    ) -> WebResult<WebTableEncoder> {
        let table = to_preprocessing(preprocessing)?.table.ok_or_else(|| {
            throw(&err!(Argument, "preprocessing: found no table, expected one for rows"))
        })?;
        TableEncoder::new(table).or_throw().map(Self)
    }

    /// The shapes of the inputs that a row becomes.
    ///
    /// # Errors
    /// None in practice: they can always be written.
    #[wasm_bindgen(unchecked_return_type = "Shape[]")]
    pub fn shapes(&self) -> WebResult<JsValue> {
        to_value(&self.0.shapes())
    }

    /// What each number of the first input is.
    #[wasm_bindgen(js_name = featureNames)]
    pub fn feature_names(&self) -> Vec<String> {
        self.0.feature_names()
    }

    /// The inputs of one row, an object with a value for each column.
    ///
    /// # Errors
    /// What [`TableEncoder::prepare`] refuses.
    #[wasm_bindgen(unchecked_return_type = "Float32Array[]")]
    pub fn prepare(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Record<string, unknown>")] row: JsValue,
    ) -> WebResult<Vec<Float32Array>> {
        let row: Map<String, Value> = from_value("row", row)?;
        let inputs = self.0.prepare(&row).or_throw()?;
        Ok(inputs.iter().map(|input| Float32Array::from(input.as_slice())).collect())
    }
}
