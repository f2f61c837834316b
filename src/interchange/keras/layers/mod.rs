//! Layers of Keras as ours: one table, one function a layer.

mod affine;
mod convolution;
mod plain;
mod recurrent;
mod training;

use super::constants::Channels;
use super::settings::Settings;
use super::weights;
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
    /// What its only layer multiplies and moves channels by, where the configuration has that.
    pub channels: Option<Channels>,
    /// Whether it takes sequences and its only layer images, of which a sequence is a row.
    pub is_row: bool,
    /// What is not as in Keras while training.
    pub note: Option<&'static str>,
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
        Self { layers, last_axis: None, gates: None, channels: None, is_row: false, note: None }
    }

    /// A layer by itself.
    fn one(layer: impl Into<LayerSpec>) -> Self {
        Self::of(layer, Vec::new())
    }

    /// A number for each channel.
    fn channels(channels: Channels) -> Self {
        Self { channels: Some(channels), ..Self::one(Channels::layer()) }
    }

    /// Layers of images for sequences.
    fn row(self) -> Self {
        Self { is_row: true, ..self }
    }

    fn noting(self, note: &'static str) -> Self {
        Self { note: Some(note), ..self }
    }

    /// Whether its layers can stand by themselves, without weights.
    pub fn is_bare(&self) -> bool {
        !self.is_row && self.channels.is_none() && !self.layers.iter().any(weights::has_parameters)
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
    ("SeparableConv1D", convolution::separable_conv1d),
    ("DepthwiseConv1D", convolution::depthwise_conv1d),
    ("Conv1DTranspose", convolution::conv1d_transpose),
    ("MaxPooling1D", convolution::max_pooling1d),
    ("MaxPooling2D", convolution::max_pooling2d),
    ("AveragePooling1D", convolution::average_pooling1d),
    ("AveragePooling2D", convolution::average_pooling2d),
    ("GlobalAveragePooling1D", convolution::global_average_pooling1d),
    ("GlobalAveragePooling2D", convolution::global_average_pooling2d),
    ("GlobalMaxPooling1D", convolution::global_max_pooling1d),
    ("GlobalMaxPooling2D", convolution::global_max_pooling2d),
    ("ZeroPadding1D", convolution::zero_padding1d),
    ("Cropping1D", convolution::cropping1d),
    ("UpSampling1D", convolution::up_sampling1d),
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
    ("Dropout", training::dropout),
    ("SpatialDropout1D", training::spatial_dropout1d),
    ("SpatialDropout2D", training::spatial_dropout2d),
    ("GaussianNoise", training::gaussian_noise),
    ("GaussianDropout", training::gaussian_dropout),
    ("AlphaDropout", training::alpha_dropout),
    ("StochasticDepth", training::stochastic_depth),
    ("ActivityRegularization", training::activity_regularization),
    ("RandomFlip", training::augmentation),
    ("RandomRotation", training::augmentation),
    ("RandomZoom", training::augmentation),
    ("RandomTranslation", training::augmentation),
    ("RandomShear", training::augmentation),
    ("RandomPerspective", training::augmentation),
    ("RandomElasticTransform", training::augmentation),
    ("RandomContrast", training::augmentation),
    ("RandomBrightness", training::augmentation),
    ("RandomHue", training::augmentation),
    ("RandomSaturation", training::augmentation),
    ("RandomColorDegeneration", training::augmentation),
    ("RandomColorJitter", training::augmentation),
    ("RandomGrayscale", training::augmentation),
    ("RandomInvert", training::augmentation),
    ("RandomPosterization", training::augmentation),
    ("RandomSharpness", training::augmentation),
    ("RandomGaussianBlur", training::augmentation),
    ("RandomErasing", training::augmentation),
    ("BatchNormalization", plain::batch_normalization),
    ("LayerNormalization", plain::layer_normalization),
    ("GroupNormalization", plain::group_normalization),
    ("Normalization", affine::normalization),
    ("Rescaling", affine::rescaling),
    ("LayerScale", affine::layer_scale),
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
