//! Models of other systems: they predict here what they predicted there.

#![cfg(all(feature = "data", not(target_arch = "wasm32")))] // reads files

mod case;
mod keras;
mod onnx;
mod pytorch;
mod tfjs;
