//! What becomes of each operator: a function here and a line in the table.

mod activation;
mod attention;
mod constant;
mod convolution;
mod dense;
mod elementwise;
mod embedding;
mod expand;
mod normalization;
mod pooling;
mod recurrent;
mod reduce;
mod resample;
mod shape;
mod slice;
mod windows;

pub(super) use attention::{Attention, Scores, step as attention};
pub(super) use expand::{Expanded, repeated, settled};

use super::builder::Builder;
use crate::Result;
use crate::interchange::onnx::proto::NodeProto;

/// Makes layers of a node and says what its outputs are.
pub(super) type Operator = fn(&mut Builder, &NodeProto) -> Result<()>;

/// By name. Names that ONNX has not are those that patterns leave behind.
const OPERATORS: &[(&str, Operator)] = &[
    ("Add", elementwise::add),
    ("AveragePool", pooling::average),
    ("BatchNormalization", normalization::batch),
    ("Cast", shape::identity),
    ("CastLike", shape::cast_like),
    ("Clip", activation::clip),
    ("Concat", shape::concat),
    ("Conv", convolution::convolution),
    ("ConvTranspose", convolution::transposed),
    ("Div", elementwise::divide),
    ("Dropout", shape::identity),
    ("Einsum", dense::einsum),
    ("Elu", activation::elu),
    ("Exp", activation::named),
    ("Expand", expand::expand),
    ("Flatten", shape::flatten),
    ("Gather", embedding::gather),
    ("Gelu", activation::gelu),
    ("Gemm", dense::gemm),
    ("GlobalAveragePool", reduce::global_average),
    ("GlobalMaxPool", reduce::global_max),
    ("GroupNormalization", normalization::group),
    ("GRU", recurrent::gru),
    ("HardSigmoid", activation::hard_sigmoid),
    ("HardSwish", activation::named),
    ("Identity", shape::identity),
    ("InstanceNormalization", normalization::instance),
    ("LayerNormalization", normalization::layer),
    ("LeakyRelu", activation::leaky_relu),
    ("LogSoftmax", activation::softmax),
    ("LSTM", recurrent::lstm),
    ("MatMul", dense::matmul),
    ("Max", elementwise::maximum),
    ("MaxPool", pooling::max),
    ("Mean", elementwise::mean),
    ("Min", elementwise::minimum),
    ("Mish", activation::named),
    ("MomentsNormalization", normalization::by_moments),
    ("Mul", elementwise::multiply),
    ("Neg", elementwise::negate),
    ("Pad", resample::pad),
    ("PRelu", activation::prelu),
    ("ReduceMax", reduce::max),
    ("ReduceMean", reduce::mean),
    ("ReduceSum", reduce::sum),
    ("Relu", activation::named),
    ("Reshape", shape::reshape),
    ("Resize", resample::resize),
    ("RNN", recurrent::rnn),
    ("Selu", activation::selu),
    ("Shape", shape::shape),
    ("Sigmoid", activation::named),
    ("Silu", activation::named),
    ("Slice", slice::slice),
    ("Softmax", activation::softmax),
    ("Softplus", activation::named),
    ("Softsign", activation::named),
    ("Split", slice::split),
    ("Squeeze", shape::squeeze),
    ("Sub", elementwise::subtract),
    ("Sum", elementwise::add),
    ("Swish", activation::named),
    ("Tanh", activation::named),
    ("Transpose", shape::transpose),
    ("Unsqueeze", shape::unsqueeze),
    ("Upsample", resample::upsample),
    ("Where", constant::choose),
];

/// What becomes of an operator.
pub(super) fn operator(node: &NodeProto) -> Option<Operator> {
    if !matches!(node.domain.as_str(), "" | "ai.onnx") {
        return None;
    }
    OPERATORS.iter().find(|(name, _)| *name == node.op_type).map(|(_, operator)| *operator)
}
