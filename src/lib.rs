//! tabgrad trains and runs neural networks, natively and inside a web page.
//!
//! ```
//! use tabgrad::data::{Column, Dataset, Preprocessing, Targets, Values};
//! use tabgrad::model::Model;
//! use tabgrad::spec::ModelSpec;
//! use tabgrad::trainer::{RunSpec, Trainer};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let layers = serde_json::from_str(
//!     r#"[{ "type": "dense", "units": 8, "activation": "tanh" },
//!         { "type": "dense", "units": 2, "activation": "softmax" }]"#,
//! )?;
//! let model = Model::new(ModelSpec::sequential(Some("xor"), vec![2], layers).with_seed(7))?;
//! let spec = r#"{ "optimizer": { "type": "adam", "learningRate": 0.1 },
//!                 "loss": "sparseCategoricalCrossentropy", "metrics": ["accuracy"] }"#;
//! let mut trainer = Trainer::new(model, serde_json::from_str(spec)?)?;
//!
//! let corners = Values::F32(vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
//! let data = Dataset::new(
//!     vec![Column::new(vec![2], corners)?],
//!     Targets::Classes(vec![0, 1, 1, 0]),
//!     vec!["same".into(), "different".into()],
//!     Preprocessing::default(),
//! )?;
//! trainer.start(RunSpec::new(100, 4, 7), &data)?;
//! while !trainer.advance(&data)?.finished {}
//!
//! let x = ndarray::arr2(&[[0.0, 1.0]]).into_dyn();
//! let probabilities = trainer.into_model().predict(&[x.view()])?.remove(0);
//! assert!(probabilities[[0, 1]] > 0.9);
//! # Ok(())
//! # }
//! ```
//!
//! Modules stand in floors; each imports only from the floors below it (docs/architecture.md).

pub mod constraints;
pub mod data;
pub mod error;
pub mod evaluation;
pub mod formats;
#[cfg(all(any(test, fuzzing), feature = "data", not(target_arch = "wasm32")))]
pub mod fuzzing;
pub mod generation;
pub mod graph;
#[cfg(feature = "data")]
pub mod import;
pub mod initializers;
pub mod inspect;
#[cfg(feature = "data")]
pub mod interchange;
pub mod json;
pub mod kernels;
pub mod layers;
pub mod losses;
mod memory;
pub mod metrics;
pub mod model;
pub mod named;
pub mod objective;
pub mod optimizers;
pub mod plan;
pub mod regularizers;
pub mod rng;
pub mod schedules;
pub mod simd;
pub mod spec;
pub mod trainer;
#[cfg(target_arch = "wasm32")]
pub mod web;

pub use error::{Error, ErrorKind, Result};
