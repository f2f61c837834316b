//! The wasm surface: what JavaScript can call. Every function turns its arguments into the engine's
//! values, calls the engine and turns the result back; nothing is computed here.
//!
//! Errors become a JavaScript `Error` with `name` "TabgradError", `code` and, where there is one,
//! `layer`. Arrays are copied on the way in and out, so nobody keeps a view of memory that may
//! grow. A panic leaves the instance in the middle of something: it must be thrown away.

mod dataset;
mod error;
mod evaluation;
mod images;
mod memory;
mod model;
mod plan;
mod rows;
mod sharing;
mod training;
mod value;

pub use dataset::{WebDataset, WebDatasetBuilder, read_idx_dataset};
pub use evaluation::WebEvaluation;
pub use images::{WebPreparation, prepare_image};
pub use memory::refused_bytes;
pub use model::WebModel;
pub use plan::shard_count;
pub use rows::WebRows;

use wasm_bindgen::prelude::*;

use value::{WebResult, from_value, to_value};

/// What the generated types name without defining it.
#[wasm_bindgen(typescript_custom_section)]
const SHAPE: &str =
    "/** The sizes of one sample, without the batch. */\nexport type Shape = number[];";

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

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
