//! Depthwise convolution of images.

use super::convolution::{ConvolutionOp, Kernel};
use super::shapes::{check_window, image, len};
use super::values::{ActivationName, Padding, Pair};
use super::{Attribute, CompileOptions, Describe, Kind, Layer, Op, ParameterSpec, Shape};
use crate::Result;
use crate::initializers::{Fans, Initializer};
use crate::json::Json;
use crate::kernels::activation::Activation as Function;
use crate::kernels::depthwise::{Depthwise, DepthwiseGeometry};

/// Convolution of each channel by filters of its own, as Keras `DepthwiseConv2D`: with `m` below
/// `depthMultiplier`,
/// `y[i, j, c M + m] = bias[c M + m] + Σ x[i s + k d, j s + l d, c] kernel[k, l, c, m]`. (PyTorch's
/// `Conv2d` with as many groups as channels; its kernel is [c M + m, 1, height, width].)
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DepthwiseConv2d {
    /// The window.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | [number, number]"))]
    pub kernel_size: Pair,
    /// How far windows lie apart.
    #[serde(default = "Pair::ones")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | [number, number]"))]
    pub strides: Pair,
    /// How borders are treated.
    #[serde(default)]
    pub padding: Padding,
    /// Output channels for each input channel.
    #[serde(default = "super::one")]
    pub depth_multiplier: usize,
    /// How far the pixels of a window lie apart.
    #[serde(default = "Pair::ones")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | [number, number]"))]
    pub dilation_rate: Pair,
    /// Whether a number is added to each output channel.
    #[serde(default = "super::yes")]
    pub use_bias: bool,
    /// What follows.
    #[serde(default)]
    pub activation: ActivationName,
    /// How the kernel is filled.
    #[serde(default)]
    pub depthwise_initializer: Initializer,
    /// How the bias is filled.
    #[serde(default = "super::zeros")]
    pub bias_initializer: Initializer,
}

impl DepthwiseConv2d {
    /// A depthwise convolution with Keras's defaults.
    #[must_use]
    pub fn new(kernel_size: impl Into<Pair>) -> Self {
        Self {
            kernel_size: kernel_size.into(),
            strides: Pair::ones(),
            padding: Padding::Valid,
            depth_multiplier: 1,
            dilation_rate: Pair::ones(),
            use_bias: true,
            activation: ActivationName::Linear,
            depthwise_initializer: Initializer::GlorotUniform,
            bias_initializer: Initializer::Zeros,
        }
    }

    fn geometry(&self, inputs: &[Shape]) -> Result<DepthwiseGeometry> {
        let image = image("depthwiseConv2d", inputs)?;
        if self.padding == Padding::Valid {
            check_window("kernel", image, self.kernel_size.0, self.dilation_rate.0)?;
        }
        DepthwiseGeometry::new(
            image,
            self.depth_multiplier,
            self.kernel_size.0,
            self.strides.0,
            self.dilation_rate.0,
            self.padding.into(),
        )
    }
}

impl Describe for DepthwiseConv2d {
    const HELP: &'static str = "Slides small learned filters over each channel by itself.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new("kernelSize", Kind::Pair(1, 1024), "Height and width of the filters."),
        Attribute::new("strides", Kind::Pair(1, 1024), "How far the filters move each time."),
        Attribute::new(
            "padding",
            Kind::Padding,
            "Whether windows stay inside (valid) or zeros are added so that the size is kept (same).",
        ),
        Attribute::new(
            "depthMultiplier",
            Kind::Integer(1, 65_536),
            "The number of filters for each channel.",
        ),
        Attribute::new(
            "dilationRate",
            Kind::Pair(1, 1024),
            "How far the pixels that a window sees lie apart.",
        ),
        Attribute::new("useBias", Kind::Boolean, "Whether a number is added to each channel."),
        Attribute::new("activation", Kind::Activation, "The function applied to the output."),
        Attribute::new("depthwiseInitializer", Kind::Initializer, "How the weights begin."),
        Attribute::new("biasInitializer", Kind::Initializer, "How the bias begins."),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![
            (
                Self { padding: Padding::Same, activation: ActivationName::Relu6, ..Self::new(3) },
                vec![vec![4, 7, 5]],
            ),
            (
                Self {
                    strides: [2, 1].into(),
                    depth_multiplier: 2,
                    activation: ActivationName::Tanh,
                    ..Self::new([3, 2])
                },
                vec![vec![6, 5, 3]],
            ),
            (
                Self {
                    padding: Padding::Same,
                    strides: 2.into(),
                    dilation_rate: 2.into(),
                    use_bias: false,
                    ..Self::new(3)
                },
                vec![vec![5, 6, 2]],
            ),
        ]
    }
}

impl Layer for DepthwiseConv2d {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let geometry = self.geometry(inputs)?;
        Ok(vec![geometry.out_height, geometry.out_width, geometry.filters()])
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let ([height, width], channels) = (self.kernel_size.0, inputs[0][2]);
        let shape = vec![height, width, channels, self.depth_multiplier];
        // Keras goes by the kernel's last two sizes, as for any convolution.
        let fan_out = len(&[height, width, self.depth_multiplier]);
        super::kernel_and_bias(
            (shape.clone(), self.depthwise_initializer),
            self.use_bias.then_some((channels * self.depth_multiplier, self.bias_initializer)),
            Fans { fan_in: len(&shape[..3]), fan_out },
        )
    }

    fn multiply_adds(&self, inputs: &[Shape]) -> u64 {
        self.geometry(inputs).map_or(0, |geometry| geometry.multiply_adds())
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
        _max_batch: usize,
        options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let geometry = self.geometry(inputs)?;
        Ok(Box::new(ConvolutionOp {
            kernel_len: geometry.kernel_len(),
            kernel: Kernel::Depthwise(Depthwise::new(geometry, options.training)),
            use_bias: self.use_bias,
            rectifier: super::fused(self.activation),
        }))
    }
}
