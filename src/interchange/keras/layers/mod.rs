//! Layers of Keras as ours: one table, one function a layer.

mod convolution;
mod plain;
mod recurrent;

use super::settings::Settings;
use crate::Result;
use crate::layers::LayerSpec;

/// What a layer of Keras becomes.
#[derive(Clone, Debug)]
pub struct Made {
    /// Layers one after the other; the first has all parameters.
    pub layers: Vec<LayerSpec>,
    /// The axis that it goes by, if it must be the last: counted with the batch.
    pub last_axis: Option<i64>,
    /// What the columns of gates are multiplied by, of blocks in the last axis of all parameters.
    pub gates: Option<Gates>,
}

/// Gates whose function is ours of a multiple of their numbers.
#[derive(Clone, Copy, Debug)]
pub struct Gates {
    /// The factor.
    pub scale: f64,
    /// For each block of units whether it is such a gate.
    pub blocks: &'static [bool],
}

impl Made {
    /// A layer and what follows it.
    fn of(layer: impl Into<LayerSpec>, after: Vec<LayerSpec>) -> Self {
        let mut layers = vec![layer.into()];
        layers.extend(after);
        Self { layers, last_axis: None, gates: None }
    }

    /// A layer by itself.
    fn one(layer: impl Into<LayerSpec>) -> Self {
        Self::of(layer, Vec::new())
    }
}

/// Reads the settings of a class.
type Read = fn(&Settings<'_>) -> Result<Made>;

/// The classes that are read, as their configurations name them.
pub const LAYERS: &[(&str, Read)] = &[
    ("Conv1D", convolution::conv1d),
    ("Conv2D", convolution::conv2d),
    ("DepthwiseConv2D", convolution::depthwise_conv2d),
    ("SeparableConv2D", convolution::separable_conv2d),
    ("Conv2DTranspose", convolution::conv2d_transpose),
    ("MaxPooling1D", convolution::max_pooling1d),
    ("MaxPooling2D", convolution::max_pooling2d),
    ("AveragePooling1D", convolution::average_pooling1d),
    ("AveragePooling2D", convolution::average_pooling2d),
    ("GlobalAveragePooling1D", convolution::global_average_pooling1d),
    ("GlobalAveragePooling2D", convolution::global_average_pooling2d),
    ("GlobalMaxPooling1D", convolution::global_max_pooling1d),
    ("GlobalMaxPooling2D", convolution::global_max_pooling2d),
    ("ZeroPadding2D", convolution::zero_padding2d),
    ("Cropping2D", convolution::cropping2d),
    ("UpSampling2D", convolution::up_sampling2d),
    ("Dense", plain::dense),
    ("Flatten", plain::flatten),
    ("Reshape", plain::reshape),
    ("Permute", plain::permute),
    ("RepeatVector", plain::repeat_vector),
    ("Activation", plain::activation),
    ("ReLU", plain::relu),
    ("LeakyReLU", plain::leaky_relu),
    ("ELU", plain::elu),
    ("PReLU", plain::prelu),
    ("Softmax", plain::softmax),
    ("Dropout", plain::dropout),
    ("SpatialDropout1D", plain::spatial_dropout1d),
    ("SpatialDropout2D", plain::spatial_dropout2d),
    ("GaussianNoise", plain::gaussian_noise),
    ("BatchNormalization", plain::batch_normalization),
    ("LayerNormalization", plain::layer_normalization),
    ("GroupNormalization", plain::group_normalization),
    ("Normalization", plain::normalization),
    ("Rescaling", plain::rescaling),
    ("Add", plain::add),
    ("Subtract", plain::subtract),
    ("Multiply", plain::multiply),
    ("Average", plain::average),
    ("Maximum", plain::maximum),
    ("Minimum", plain::minimum),
    ("Concatenate", plain::concatenate),
    ("Embedding", recurrent::embedding),
    ("Masking", recurrent::masking),
    ("SimpleRNN", recurrent::simple_rnn),
    ("LSTM", recurrent::lstm),
    ("GRU", recurrent::gru),
    ("Bidirectional", recurrent::bidirectional),
    ("TimeDistributed", recurrent::time_distributed),
    ("MultiHeadAttention", recurrent::multi_head_attention),
];

/// Whether a class is in the table.
pub fn is_known(class: &str) -> bool {
    LAYERS.iter().any(|(known, _)| *known == class)
}

/// Makes a layer.
///
/// # Errors
/// `Unsupported` for a class that is not in the table and for settings that ours have not.
pub fn make(settings: &Settings<'_>) -> Result<Made> {
    let class = LAYERS.iter().find(|(class, _)| *class == settings.class);
    let Some((_, read)) = class else {
        return Err(settings.unsupported(match settings.class {
            "Lambda" | "TFOpLambda" | "SlicingOpLambda" => {
                "it holds a program and no settings, expected a layer of its own"
            }
            _ => "there is no such layer here",
        }));
    };
    read(settings)
}
