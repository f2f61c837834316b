//! Every kernel against a naive reference in double precision, over awkward sizes.

mod activation;
mod clip;
mod conv;
mod depthwise;
mod elementwise;
mod group_norm;
mod matmul;
mod norm;
mod permute;
mod pool;
mod pooled;
mod reference;
mod resample;
mod softmax;
mod update;
mod vecmath;
mod winograd;
