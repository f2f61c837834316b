//! tabgrad trains and runs neural networks, natively and inside a web page.
//!
//! Modules stand in floors; each imports only from the floors below it (docs/architecture.md).

pub mod data;
pub mod error;
pub mod formats;
pub mod kernels;
pub mod losses;
pub mod metrics;
pub mod named;
pub mod optimizers;
pub mod rng;
pub mod schedules;
pub mod simd;

pub use error::{Error, ErrorKind, Result};
