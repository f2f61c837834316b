//! Convolution of sequences.

use super::convolution::Convolution;
use super::shapes::{check_span, len, sequence};
use super::values::{ActivationName, SequencePadding};
use super::{Attribute, CompileOptions, Describe, Kind, Layer, Op, ParameterSpec, Shape};
use crate::Result;
use crate::initializers::{Fans, Initializer};
use crate::json::Json;
use crate::kernels::activation::Activation as Function;

/// Convolution along a sequence: `y[i, f] = bias[f] + Σ x[i s + k d, c] kernel[k, c, f]`, as Keras
/// `Conv1D` (PyTorch has channels first, and kernels [filters, channels, size]). `groups` as in
/// `conv2d`.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Conv1d {
    /// Output channels.
    pub filters: usize,
    /// The window.
    pub kernel_size: usize,
    /// How far windows lie apart.
    #[serde(default = "super::one")]
    pub strides: usize,
    /// How the ends are treated.
    #[serde(default)]
    pub padding: SequencePadding,
    /// How far the places of a window lie apart.
    #[serde(default = "super::one")]
    pub dilation_rate: usize,
    /// Parts of the channels that have filters of their own.
    #[serde(default = "super::one")]
    pub groups: usize,
    /// Whether a number is added to each output channel.
    #[serde(default = "super::yes")]
    pub use_bias: bool,
    /// What follows.
    #[serde(default)]
    pub activation: ActivationName,
    /// How the kernel is filled.
    #[serde(default)]
    pub kernel_initializer: Initializer,
    /// How the bias is filled.
    #[serde(default = "super::zeros")]
    pub bias_initializer: Initializer,
}

impl Conv1d {
    /// A convolution with Keras's defaults.
    #[must_use]
    pub fn new(filters: usize, kernel_size: usize) -> Self {
        Self {
            filters,
            kernel_size,
            strides: 1,
            padding: SequencePadding::Valid,
            dilation_rate: 1,
            groups: 1,
            use_bias: true,
            activation: ActivationName::Linear,
            kernel_initializer: Initializer::GlorotUniform,
            bias_initializer: Initializer::Zeros,
        }
    }

    /// Its sizes.
    fn convolution(&self, inputs: &[Shape]) -> Result<Convolution> {
        let [length, channels] = sequence("conv1d", inputs)?;
        if self.padding == SequencePadding::Valid {
            check_span("kernel", length, self.kernel_size, self.dilation_rate)?;
        }
        Ok(Convolution {
            layer: "conv1d",
            image: [1, length, channels],
            filters: self.filters,
            kernel: [1, self.kernel_size],
            strides: [1, self.strides],
            dilation: [1, self.dilation_rate],
            padding: self.padding.into(),
            groups: self.groups,
        })
    }
}

impl Describe for Conv1d {
    const HELP: &'static str = "Slides a window of weights along a sequence.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new("filters", Kind::Integer(1, 65_536), "Output channels."),
        Attribute::new("kernelSize", Kind::Integer(1, 65_536), "Length of the window."),
        Attribute::new("strides", Kind::Integer(1, 65_536), "How far windows lie apart."),
        Attribute::new(
            "padding",
            Kind::SequencePadding,
            "Whether windows stay inside (valid), or zeros are added so that the length is kept: at \
             both ends (same) or only before the first place (causal).",
        ),
        Attribute::new(
            "dilationRate",
            Kind::Integer(1, 65_536),
            "How far the places that a window sees lie apart.",
        ),
        Attribute::new(
            "groups",
            Kind::Integer(1, 65_536),
            "Into how many parts the channels are cut that have filters of their own.",
        ),
        Attribute::new("useBias", Kind::Boolean, "Whether a number is added to each channel."),
        Attribute::new("activation", Kind::Activation, "The function applied to the output."),
        Attribute::new("kernelInitializer", Kind::Initializer, "How the weights begin."),
        Attribute::new("biasInitializer", Kind::Initializer, "How the bias begins."),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        let (same, causal) = (SequencePadding::Same, SequencePadding::Causal);
        vec![
            (Self { activation: ActivationName::Relu, ..Self::new(5, 3) }, vec![vec![9, 3]]),
            (
                Self {
                    padding: same,
                    strides: 2,
                    activation: ActivationName::Silu,
                    ..Self::new(3, 4)
                },
                vec![vec![7, 2]],
            ),
            (
                Self { padding: causal, dilation_rate: 2, use_bias: false, ..Self::new(4, 3) },
                vec![vec![6, 3]],
            ),
            (Self { padding: causal, strides: 2, ..Self::new(2, 5) }, vec![vec![4, 1]]),
            (Self { groups: 2, padding: causal, ..Self::new(6, 2) }, vec![vec![5, 4]]),
            (Self { groups: 3, padding: causal, ..Self::new(6, 3) }, vec![vec![5, 3]]),
        ]
    }
}

impl Layer for Conv1d {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let group = self.convolution(inputs)?.group()?;
        Ok(vec![group.out_width, self.filters])
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let shape = vec![self.kernel_size, inputs[0][1] / self.groups, self.filters];
        let fans = Fans { fan_in: len(&shape[..2]), fan_out: self.kernel_size * self.filters };
        super::kernel_and_bias(
            (shape, self.kernel_initializer),
            self.use_bias.then_some((self.filters, self.bias_initializer)),
            fans,
        )
    }

    fn multiply_adds(&self, inputs: &[Shape]) -> u64 {
        self.convolution(inputs).map_or(0, |convolution| convolution.multiply_adds())
    }

    fn activation(&self) -> Function {
        super::unfused(self.activation)
    }

    fn final_activation(&self) -> Function {
        self.activation.with_defaults()
    }

    fn with_bias(&self) -> Option<Box<dyn Layer>> {
        let bare = self.activation == ActivationName::Linear;
        bare.then(|| Box::new(Self { use_bias: true, ..self.clone() }) as Box<dyn Layer>)
    }

    fn compile(
        &self,
        inputs: &[Shape],
        max_batch: usize,
        options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let rectifier = super::fused(self.activation);
        self.convolution(inputs)?.compile(self.use_bias, rectifier, max_batch, options)
    }
}
