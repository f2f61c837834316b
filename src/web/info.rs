//! What the engine can tell without a model.

use wasm_bindgen::prelude::*;

use super::value::{WebResult, from_value, to_value};

/// What a specification comes to: shapes, parameters and cost of each layer, and what is wrong.
///
/// # Errors
/// Only for a value that is no specification at all.
#[wasm_bindgen(unchecked_return_type = "ModelReport")]
pub fn inspect(
    #[wasm_bindgen(unchecked_param_type = "DraftSpec")] spec: JsValue,
) -> WebResult<JsValue> {
    to_value(&crate::inspect::inspect_draft(&from_value("model", spec)?))
}

/// The kinds of layers with their attributes.
///
/// # Errors
/// None in practice: the table can always be written.
#[wasm_bindgen(js_name = layerTypes, unchecked_return_type = "LayerType[]")]
pub fn layer_types() -> WebResult<JsValue> {
    to_value(&crate::layers::layer_types())
}

/// Whether this is the build with relaxed SIMD.
#[wasm_bindgen(js_name = isRelaxed)]
#[must_use]
pub fn is_relaxed() -> bool {
    crate::simd::FUSES
}
