//! tabgrad trains and runs neural networks, natively and inside a web page.
//!
//! Modules stand in floors; each imports only from the floors below it (docs/architecture.md).

pub mod data;
pub mod error;
pub mod evaluation;
pub mod formats;
pub mod graph;
pub mod initializers;
pub mod inspect;
pub mod kernels;
pub mod layers;
pub mod losses;
pub mod metrics;
pub mod model;
pub mod named;
pub mod objective;
pub mod optimizers;
pub mod plan;
pub mod rng;
pub mod schedules;
pub mod simd;
pub mod spec;
pub mod trainer;
#[cfg(target_arch = "wasm32")]
pub mod web;

pub use error::{Error, ErrorKind, Result};
