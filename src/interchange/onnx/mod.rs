//! ONNX, the Open Neural Network Exchange: <https://github.com/onnx/onnx/blob/main/docs/IR.md>.

pub mod export;
pub mod import;
pub mod proto;
