//! Convolution of images.

use super::convolution::Convolution;
use super::shapes::{check_window, image, len};
use super::values::{ActivationName, Padding, Pair};
use super::{Attribute, CompileOptions, Describe, Kind, Layer, Op, ParameterSpec, Shape};
use crate::Result;
use crate::initializers::{Fans, Initializer};
use crate::json::Json;
use crate::kernels::activation::Activation as Function;

/// Convolution: `y[i, j, f] = bias[f] + Σ x[i s + k d, j s + l d, c] kernel[k, l, c, f]`, as Keras
/// `Conv2D`. In `groups`, channels and filters are cut into so many parts, and the filters of a part
/// see only its channels, from which `c` is then counted.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Conv2d {
    /// Output channels.
    pub filters: usize,
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
    /// How far the pixels of a window lie apart.
    #[serde(default = "Pair::ones")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | [number, number]"))]
    pub dilation_rate: Pair,
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

impl Conv2d {
    /// A convolution with Keras's defaults.
    #[must_use]
    pub fn new(filters: usize, kernel_size: impl Into<Pair>) -> Self {
        Self {
            filters,
            kernel_size: kernel_size.into(),
            strides: Pair::ones(),
            padding: Padding::Valid,
            dilation_rate: Pair::ones(),
            groups: 1,
            use_bias: true,
            activation: ActivationName::Linear,
            kernel_initializer: Initializer::GlorotUniform,
            bias_initializer: Initializer::Zeros,
        }
    }

    /// Its sizes.
    fn convolution(&self, inputs: &[Shape]) -> Result<Convolution> {
        let image = image("conv2d", inputs)?;
        if self.padding == Padding::Valid {
            check_window("kernel", image, self.kernel_size.0, self.dilation_rate.0)?;
        }
        Ok(Convolution {
            layer: "conv2d",
            image,
            filters: self.filters,
            kernel: self.kernel_size.0,
            strides: self.strides.0,
            dilation: self.dilation_rate.0,
            padding: self.padding.into(),
            groups: self.groups,
        })
    }
}

impl Describe for Conv2d {
    const HELP: &'static str = "Slides a window of weights over an image.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new("filters", Kind::Integer(1, 65_536), "Output channels."),
        Attribute::new("kernelSize", Kind::Pair(1, 1024), "Height and width of the window."),
        Attribute::new("strides", Kind::Pair(1, 1024), "How far windows lie apart."),
        Attribute::new(
            "padding",
            Kind::Padding,
            "Whether windows stay inside (valid) or zeros are added so that the size is kept (same).",
        ),
        Attribute::new(
            "dilationRate",
            Kind::Pair(1, 1024),
            "How far the pixels that a window sees lie apart.",
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
        vec![
            (Self { activation: ActivationName::Relu, ..Self::new(5, 3) }, vec![vec![6, 5, 3]]),
            (
                Self {
                    padding: Padding::Same,
                    strides: [2, 1].into(),
                    activation: ActivationName::Tanh,
                    ..Self::new(9, [3, 2])
                },
                vec![vec![5, 7, 2]],
            ),
            (
                Self {
                    padding: Padding::Same,
                    dilation_rate: 2.into(),
                    use_bias: false,
                    ..Self::new(4, 3)
                },
                vec![vec![5, 6, 1]],
            ),
            (
                Self { groups: 2, activation: ActivationName::Relu6, ..Self::new(6, [2, 3]) },
                vec![vec![4, 5, 4]],
            ),
            (Self { groups: 3, padding: Padding::Same, ..Self::new(6, 3) }, vec![vec![4, 5, 3]]),
            // Winograd's algorithm.
            (Self { padding: Padding::Same, ..Self::new(9, 3) }, vec![vec![6, 7, 8]]),
        ]
    }
}

impl Layer for Conv2d {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let group = self.convolution(inputs)?.group()?;
        Ok(vec![group.out_height, group.out_width, self.filters])
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let [height, width] = self.kernel_size.0;
        let shape = vec![height, width, inputs[0][2] / self.groups, self.filters];
        let fans = Fans { fan_in: len(&shape[..3]), fan_out: len(&[height, width, self.filters]) };
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
