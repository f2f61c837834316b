//! The table of layers: what writes each.

use super::context::{Call, Context, TensorId};
use super::{
    activations, attention, convolutions, dense, merges, normalizations, pixels, poolings,
    recurrent, sequences, shapes,
};
use crate::Result;
use crate::layers::LayerSpec;

/// Writes a layer's operators and says which value is its output.
///
/// # Errors
/// `Unsupported` where ONNX cannot express it.
pub(super) fn write(cx: &mut Context<'_>, call: &Call<'_>, layer: &LayerSpec) -> Result<TensorId> {
    match layer {
        LayerSpec::Conv1d(layer) => convolutions::conv1d(cx, call, layer),
        LayerSpec::Conv2d(layer) => convolutions::conv2d(cx, call, layer),
        LayerSpec::DepthwiseConv2d(layer) => convolutions::depthwise(cx, call, layer),
        LayerSpec::SeparableConv2d(layer) => convolutions::separable(cx, call, layer),
        LayerSpec::Conv2dTranspose(layer) => convolutions::transposed(cx, call, layer),
        LayerSpec::MaxPooling1d(layer) => poolings::max1d(cx, call, layer),
        LayerSpec::MaxPooling2d(layer) => poolings::max2d(cx, call, layer),
        LayerSpec::AveragePooling1d(layer) => poolings::average1d(cx, call, layer),
        LayerSpec::AveragePooling2d(layer) => poolings::average2d(cx, call, layer),
        LayerSpec::GlobalAveragePooling1d(_) | LayerSpec::GlobalAveragePooling2d(_) => {
            poolings::global_average(cx, call)
        }
        LayerSpec::GlobalMaxPooling1d(_) | LayerSpec::GlobalMaxPooling2d(_) => {
            poolings::global_max(cx, call)
        }
        LayerSpec::Flatten(_) => shapes::flatten(cx, call),
        LayerSpec::Reshape(_) => shapes::reshape(cx, call),
        LayerSpec::Permute(layer) => shapes::permute(cx, call, layer),
        LayerSpec::Flip(layer) => shapes::flip(cx, call, layer),
        LayerSpec::RepeatVector(layer) => shapes::repeat_vector(cx, call, layer),
        LayerSpec::Dense(layer) => dense::dense(cx, call, layer),
        LayerSpec::Activation(layer) => activations::activation(cx, call, layer),
        LayerSpec::Softmax(layer) => activations::softmax(cx, call, layer),
        LayerSpec::Prelu(_) => activations::prelu(cx, call),
        LayerSpec::Dropout(_)
        | LayerSpec::SpatialDropout1d(_)
        | LayerSpec::SpatialDropout2d(_)
        | LayerSpec::GaussianNoise(_) => Ok(call.inputs[0]),
        LayerSpec::BatchNormalization(layer) => normalizations::batch(cx, call, layer),
        LayerSpec::LayerNormalization(layer) => normalizations::layer(cx, call, layer),
        LayerSpec::GroupNormalization(layer) => normalizations::group(cx, call, layer),
        LayerSpec::Add(_) => merges::of_all(cx, call, "Add", "Sum"),
        LayerSpec::Average(_) => merges::of_all(cx, call, "Mean", "Mean"),
        LayerSpec::Multiply(_) => merges::of_pairs(cx, call, "Mul"),
        LayerSpec::Maximum(_) => merges::of_all(cx, call, "Max", "Max"),
        LayerSpec::Minimum(_) => merges::of_all(cx, call, "Min", "Min"),
        LayerSpec::Subtract(_) => merges::of_pairs(cx, call, "Sub"),
        LayerSpec::Concatenate(layer) => merges::concatenate(cx, call, layer),
        LayerSpec::ZeroPadding2d(layer) => pixels::zero_padding(cx, call, layer),
        LayerSpec::Cropping2d(layer) => pixels::cropping(cx, call, layer),
        LayerSpec::UpSampling2d(layer) => pixels::up_sampling(cx, call, layer),
        LayerSpec::Rescaling(layer) => pixels::rescaling(cx, call, layer),
        LayerSpec::Embedding(layer) => sequences::embedding(cx, call, layer),
        LayerSpec::MaskingLayer(layer) => sequences::masking(cx, call, layer),
        LayerSpec::SimpleRnn(layer) => recurrent::one(cx, call, &layer.into()),
        LayerSpec::Lstm(layer) => recurrent::one(cx, call, &layer.into()),
        LayerSpec::Gru(layer) => recurrent::one(cx, call, &layer.into()),
        LayerSpec::Bidirectional(layer) => recurrent::both(cx, call, layer),
        LayerSpec::TimeDistributed(layer) => sequences::time_distributed(cx, call, layer),
        LayerSpec::MultiHeadAttention(layer) => attention::attention(cx, call, layer),
        LayerSpec::PositionEmbedding(layer) => sequences::position(cx, call, layer),
    }
}
