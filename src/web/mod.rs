//! The wasm surface: what JavaScript can call. Every function turns its arguments into the engine's
//! values, calls the engine and turns the result back; nothing is computed here.
//!
//! Errors become a JavaScript `Error` with `name` "TabgradError", `code` and, where there is one,
//! `layer`. Arrays are copied on the way in and out, so nobody keeps a view of memory that may
//! grow. A panic leaves the instance in the middle of something: it must be thrown away.
//!
//! There are two modules: with the feature `engine` what computes, with `data` what reads files.

#[cfg(feature = "engine")]
mod audio;
#[cfg(feature = "engine")]
mod boxes;
#[cfg(feature = "engine")]
mod builder;
mod bytes;
#[cfg(feature = "engine")]
mod dataset;
#[cfg(feature = "engine")]
mod encoders;
mod error;
#[cfg(feature = "engine")]
mod evaluation;
#[cfg(feature = "data")]
mod examination;
#[cfg(feature = "engine")]
mod features;
#[cfg(feature = "engine")]
mod generation;
#[cfg(feature = "engine")]
mod images;
#[cfg(feature = "data")]
mod import;
#[cfg(feature = "engine")]
mod info;
#[cfg(feature = "data")]
mod interchange;
mod memory;
#[cfg(feature = "engine")]
mod model;
#[cfg(feature = "engine")]
mod plan;
#[cfg(feature = "engine")]
mod records;
#[cfg(feature = "engine")]
mod rows;
#[cfg(feature = "engine")]
mod samples;
#[cfg(feature = "engine")]
mod sharing;
#[cfg(feature = "engine")]
mod splits;
#[cfg(feature = "engine")]
mod targets;
#[cfg(feature = "engine")]
mod texts;
#[cfg(feature = "engine")]
mod training;
#[cfg(feature = "engine")]
mod transfer;
mod value;

#[cfg(feature = "engine")]
pub use audio::WebAudioEncoder;
#[cfg(feature = "engine")]
pub use builder::WebDatasetBuilder;
#[cfg(feature = "engine")]
pub use dataset::{WebDataset, read_idx_dataset};
#[cfg(feature = "engine")]
pub use evaluation::WebEvaluation;
#[cfg(feature = "data")]
pub use examination::WebExamination;
#[cfg(feature = "engine")]
pub use generation::WebGeneration;
#[cfg(feature = "engine")]
pub use images::{WebComponentFit, WebPreparation, prepare_image};
#[cfg(feature = "data")]
pub use import::{WebExport, WebForeign, WebImport, read_wav};
#[cfg(feature = "engine")]
pub use info::{inspect, is_relaxed, layer_types};
#[cfg(feature = "data")]
pub use interchange::{WebImportedModel, export_model, read_weights};
pub use memory::refused_bytes;
#[cfg(feature = "engine")]
pub use model::WebModel;
#[cfg(feature = "engine")]
pub use plan::shard_count;
#[cfg(feature = "engine")]
pub use records::{WebRecords, open_records};
#[cfg(feature = "engine")]
pub use rows::WebRows;
#[cfg(feature = "engine")]
pub use texts::text_dataset;

use wasm_bindgen::prelude::*;

/// What the generated types name without defining it.
#[wasm_bindgen(typescript_custom_section)]
const SHAPE: &str =
    "/** The sizes of one sample, without the batch. */\nexport type Shape = number[];";

/// Losses and metrics as they are read, which serde's types do not tell.
#[cfg(feature = "engine")]
#[wasm_bindgen(typescript_custom_section)]
const OBJECTIVE: &str = r#"type OneLoss = LossSpec | LossSpec["type"];
/** What is made small: a loss for every output, or one for each, in a list or by the names of outputs. */
export type LossSpecs = OneLoss | OneLoss[] | { [output: string]: OneLoss };
type OneMetric = MetricSpec | MetricSpec["type"];
/** What is reported next to the loss: of every output, or of each, in a list or by the names of outputs. */
export type MetricSpecs = OneMetric[] | OneMetric[][] | { [output: string]: OneMetric | OneMetric[] };
"#;

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}
