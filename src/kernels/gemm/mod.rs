//! Matrix products whose left rows lie anywhere inside a larger buffer.
//!
//! A convolution over NHWC activations is such a product without any copying: the inputs that one
//! output pixel sees are `KH` contiguous runs of `KW * C` floats, and neighbouring pixels see the
//! same runs a little further on ("implicit GEMM"). A dense layer is the case of one run.
//!
//! All three products of training stand on the same tile of accumulators:
//! - [`multiply`]: `y[q, :] = x(q) B`, the forward pass;
//! - [`scatter`]: `x(q) += dy[q, :] Bᵀ`, the gradient of the input;
//! - [`outer`]: `B += Σ_q x(q)ᵀ dy[q, :]`, the gradient of the weights.
//!
//! [`narrow`] has the last for dense layers of a few outputs.

pub mod multiply;
pub mod narrow;
pub mod outer;
pub mod panels;
pub mod rows;
pub mod scatter;
mod tile;

pub use panels::Panels;
pub use rows::Rows;
