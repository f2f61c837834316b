//! The arithmetic of the layers: functions and small objects over slices of `f32`.
//!
//! Activations are NHWC, batch first; kernels of convolutions are HWIO and those of dense layers
//! [in, out]. What an object needs besides its arguments it allocates once, in `new`. Slices of the
//! wrong length are a programming error and panic; everything a user can get wrong is refused
//! before, where geometries are made.
//!
//! The order of every sum is fixed and nothing is fused, so results are the same bits natively and
//! on WebAssembly.

pub mod activation;
mod arrays;
pub mod attention;
pub mod clip;
pub mod conv;
pub mod depthwise;
pub mod elementwise;
pub mod fft;
pub mod gemm;
pub mod group_norm;
pub mod grouped;
mod lanes;
pub mod matmul;
pub mod norm;
pub mod orthogonal;
pub mod permute;
pub mod pool;
mod rectifier;
pub mod recurrent;
pub mod reduce;
pub mod resample;
pub mod softmax;
pub mod update;
pub mod vecmath;
mod window;

pub use rectifier::Rectifier;
pub use window::Padding;

#[cfg(test)]
mod tests;
