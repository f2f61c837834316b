//! Convolution of images.

use serde::{Deserialize, Serialize};

use super::shapes::{check_window, image, len};
use super::values::{ActivationName, Padding, Pair};
use super::{Attribute, Backward, Describe, Forward, Kind, Layer, Op, ParameterSpec, Shape};
use crate::Result;
use crate::initializers::{Fans, Initializer};
use crate::kernels::activation::Activation as Function;
use crate::kernels::{Rectifier, conv};

/// Convolution: `y[i, j, f] = bias[f] + Σ x[i s + k d, j s + l d, c] kernel[k, l, c, f]`, as Keras
/// `Conv2D`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
            use_bias: true,
            activation: ActivationName::Linear,
            kernel_initializer: Initializer::GlorotUniform,
            bias_initializer: Initializer::Zeros,
        }
    }

    fn geometry(&self, inputs: &[Shape]) -> Result<conv::Conv2dGeometry> {
        let image = image("conv2d", inputs)?;
        if self.padding == Padding::Valid {
            check_window("kernel", image, self.kernel_size.0, self.dilation_rate.0)?;
        }
        conv::Conv2dGeometry::new(
            image,
            self.filters,
            self.kernel_size.0,
            self.strides.0,
            self.dilation_rate.0,
            self.padding.into(),
        )
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
        ]
    }
}

impl Layer for Conv2d {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let geometry = self.geometry(inputs)?;
        Ok(vec![geometry.out_height, geometry.out_width, geometry.filters])
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let [height, width] = self.kernel_size.0;
        let shape = vec![height, width, inputs[0][2], self.filters];
        let fans = Fans { fan_in: len(&shape[..3]), fan_out: len(&[height, width, self.filters]) };
        super::kernel_and_bias(
            (shape, self.kernel_initializer),
            self.use_bias.then_some((self.filters, self.bias_initializer)),
            fans,
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

    fn compile(&self, inputs: &[Shape], max_batch: usize, training: bool) -> Result<Box<dyn Op>> {
        Ok(Box::new(Conv2dOp {
            conv: conv::Conv2d::new(self.geometry(inputs)?, max_batch, training),
            use_bias: self.use_bias,
            rectifier: super::fused(self.activation),
        }))
    }
}

struct Conv2dOp {
    conv: conv::Conv2d,
    use_bias: bool,
    rectifier: Rectifier,
}

impl Op for Conv2dOp {
    fn name(&self) -> &'static str {
        self.conv.name()
    }

    fn bytes(&self) -> usize {
        self.conv.bytes()
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let (kernel, bias) = pass.weights.split_at(self.conv.geometry().kernel_len());
        let bias = self.use_bias.then_some(bias);
        self.conv.forward(pass.n, pass.inputs.get(0), kernel, bias, self.rectifier, pass.output);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        self.rectifier.backward(pass.output, pass.doutput);
        let kernel_len = self.conv.geometry().kernel_len();
        let (dkernel, dbias) = pass.dweights.split_at_mut(kernel_len);
        let dbias = self.use_bias.then_some(dbias);
        let (n, kernel) = (pass.n, &pass.weights[..kernel_len]);
        self.conv.backward_kernel(n, pass.inputs.get(0), pass.doutput, dkernel, dbias);
        if let Some(dinput) = pass.dinputs.get(0) {
            self.conv.backward_input(n, pass.doutput, kernel, dinput);
        }
    }
}
