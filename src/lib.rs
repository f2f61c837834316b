//! tabgrad trains and runs neural networks, natively and inside a web page.
//!
//! Modules stand in floors; each imports only from the floors below it (docs/architecture.md).

pub mod error;
pub mod kernels;
pub mod simd;

pub use error::{Error, ErrorKind, Result};
