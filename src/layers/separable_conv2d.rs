//! Separable convolution of images.

use super::shapes::{check_window, element_count, image, len};
use super::values::{ActivationName, Padding, Pair};
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Op, ParameterSpec, Reads,
    Shape,
};
use crate::Result;
use crate::initializers::{Fans, Initializer};
use crate::json::Json;
use crate::kernels::Rectifier;
use crate::kernels::activation::Activation as Function;
use crate::kernels::depthwise::{Depthwise, DepthwiseGeometry};
use crate::kernels::matmul::MatMul;
use crate::memory::allocate;

/// Convolution of each channel by filters of its own, then a product with the channels of each pixel,
/// as Keras `SeparableConv2D`: a `depthwiseConv2d` without a bias and a `conv2d` of 1x1. (In PyTorch
/// two layers, `Conv2d` with as many groups as channels and `Conv2d`, with kernels [out, in, height,
/// width].)
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeparableConv2d {
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
    /// Channels between the two for each input channel.
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
    /// How the kernel of the window is filled.
    #[serde(default)]
    pub depthwise_initializer: Initializer,
    /// How the kernel of the channels is filled.
    #[serde(default)]
    pub pointwise_initializer: Initializer,
    /// How the bias is filled.
    #[serde(default = "super::zeros")]
    pub bias_initializer: Initializer,
}

impl SeparableConv2d {
    /// A separable convolution with Keras's defaults.
    #[must_use]
    pub fn new(filters: usize, kernel_size: impl Into<Pair>) -> Self {
        Self {
            filters,
            kernel_size: kernel_size.into(),
            strides: Pair::ones(),
            padding: Padding::Valid,
            depth_multiplier: 1,
            dilation_rate: Pair::ones(),
            use_bias: true,
            activation: ActivationName::Linear,
            depthwise_initializer: Initializer::GlorotUniform,
            pointwise_initializer: Initializer::GlorotUniform,
            bias_initializer: Initializer::Zeros,
        }
    }

    /// The sizes of the first convolution.
    fn geometry(&self, inputs: &[Shape]) -> Result<DepthwiseGeometry> {
        let image = image("separableConv2d", inputs)?;
        if self.padding == Padding::Valid {
            check_window("kernel", image, self.kernel_size.0, self.dilation_rate.0)?;
        }
        let geometry = DepthwiseGeometry::new(
            image,
            self.depth_multiplier,
            self.kernel_size.0,
            self.strides.0,
            self.dilation_rate.0,
            self.padding.into(),
        )?;
        element_count("separableConv2d: a kernel", &[geometry.filters(), self.filters])?;
        Ok(geometry)
    }
}

impl Describe for SeparableConv2d {
    const HELP: &'static str = "Filters each channel by itself, then mixes the channels.";
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
            "depthMultiplier",
            Kind::Integer(1, 65_536),
            "The number of filters for each input channel.",
        ),
        Attribute::new(
            "dilationRate",
            Kind::Pair(1, 1024),
            "How far the pixels that a window sees lie apart.",
        ),
        Attribute::new("useBias", Kind::Boolean, "Whether a number is added to each channel."),
        Attribute::new("activation", Kind::Activation, "The function applied to the output."),
        Attribute::new(
            "depthwiseInitializer",
            Kind::Initializer,
            "How the weights of the window begin.",
        ),
        Attribute::new(
            "pointwiseInitializer",
            Kind::Initializer,
            "How the weights of the channels begin.",
        ),
        Attribute::new("biasInitializer", Kind::Initializer, "How the bias begins."),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![
            (
                Self {
                    padding: Padding::Same,
                    activation: ActivationName::Relu,
                    ..Self::new(5, 3)
                },
                vec![vec![4, 5, 3]],
            ),
            (
                Self {
                    strides: 2.into(),
                    depth_multiplier: 2,
                    activation: ActivationName::Tanh,
                    ..Self::new(3, [3, 2])
                },
                vec![vec![5, 6, 2]],
            ),
            (
                Self {
                    padding: Padding::Same,
                    dilation_rate: 2.into(),
                    use_bias: false,
                    ..Self::new(4, [2, 3])
                },
                vec![vec![4, 3, 3]],
            ),
        ]
    }
}

impl Layer for SeparableConv2d {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let geometry = self.geometry(inputs)?;
        Ok(vec![geometry.out_height, geometry.out_width, self.filters])
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let ([height, width], channels) = (self.kernel_size.0, inputs[0][2]);
        let kernel = |name, shape: [usize; 4], initializer| {
            let [height, width, within, out] = shape;
            let fans = Fans { fan_in: height * width * within, fan_out: height * width * out };
            ParameterSpec {
                name,
                shape: shape.to_vec(),
                initializer,
                fans,
                ones: 0..0,
                trainable: true,
            }
        };
        let between = channels * self.depth_multiplier;
        let depthwise = [height, width, channels, self.depth_multiplier];
        let pointwise = [1, 1, between, self.filters];
        let mut parameters = vec![
            kernel("depthwiseKernel", depthwise, self.depthwise_initializer),
            kernel("pointwiseKernel", pointwise, self.pointwise_initializer),
        ];
        if self.use_bias {
            let (shape, fans) = (vec![self.filters], parameters[1].fans);
            let initializer = self.bias_initializer;
            parameters.push(ParameterSpec {
                name: "bias",
                shape,
                initializer,
                fans,
                ones: 0..0,
                trainable: true,
            });
        }
        parameters
    }

    fn multiply_adds(&self, inputs: &[Shape]) -> u64 {
        self.geometry(inputs).map_or(0, |geometry| {
            geometry.multiply_adds() + geometry.output_len() as u64 * self.filters as u64
        })
    }

    fn activation(&self) -> Function {
        super::unfused(self.activation)
    }

    fn final_activation(&self) -> Function {
        self.activation.with_defaults()
    }

    fn compile(
        &self,
        inputs: &[Shape],
        max_batch: usize,
        CompileOptions { training, .. }: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let geometry = self.geometry(inputs)?;
        let (between, pixels) = (geometry.filters(), geometry.out_height * geometry.out_width);
        let rows = max_batch.saturating_mul(pixels);
        Ok(Box::new(SeparableOp {
            kernels: [geometry.kernel_len(), len(&[between, self.filters])],
            between: geometry.output_len(),
            pixels,
            depthwise: Depthwise::new(geometry, training),
            pointwise: MatMul::new(rows, between, self.filters, training)?,
            training,
            middle: Vec::new(),
            gradient: Vec::new(),
            use_bias: self.use_bias,
            rectifier: super::fused(self.activation),
        }))
    }
}

struct SeparableOp {
    depthwise: Depthwise,
    pointwise: MatMul,
    /// The floats of both kernels; those of the bias follow.
    kernels: [usize; 2],
    /// The floats between the two, of a sample.
    between: usize,
    pixels: usize,
    training: bool,
    /// What lies between them.
    middle: Vec<f32>,
    /// Its gradient, in training.
    gradient: Vec<f32>,
    use_bias: bool,
    rectifier: Rectifier,
}

impl Op for SeparableOp {
    fn name(&self) -> &'static str {
        "separable"
    }

    fn bytes(&self) -> usize {
        self.depthwise.bytes() + self.pointwise.bytes()
    }

    fn sample_bytes(&self) -> usize {
        4 * self.between * if self.training { 2 } else { 1 }
    }

    fn allocate(&mut self, max_batch: usize) -> Result<()> {
        self.middle = allocate("what lies between the convolutions", max_batch * self.between)?;
        if self.training {
            self.gradient = allocate("the gradient between them", max_batch * self.between)?;
        }
        self.depthwise.allocate()?;
        self.pointwise.allocate()
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: true, output: self.rectifier != Rectifier::Linear }
    }

    fn rectifier(&mut self) -> Option<&mut Rectifier> {
        Some(&mut self.rectifier)
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let (depthwise, rest) = pass.weights.split_at(self.kernels[0]);
        let (pointwise, bias) = rest.split_at(self.kernels[1]);
        let (n, x, bias) = (pass.n, pass.inputs.get(0), self.use_bias.then_some(bias));
        let middle = &mut self.middle[..n * self.between];
        self.depthwise.forward(n, x, depthwise, None, Rectifier::Linear, middle);
        self.pointwise.reuse_b(!pass.weights_changed);
        let rows = n * self.pixels;
        self.pointwise.forward(rows, middle, pointwise, bias, self.rectifier, pass.output);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        self.rectifier.backward(pass.output, pass.doutput);
        let (depthwise, rest) = pass.weights.split_at(self.kernels[0]);
        let (ddepthwise, rest_gradient) = pass.dweights.split_at_mut(self.kernels[0]);
        let (dpointwise, dbias) = rest_gradient.split_at_mut(self.kernels[1]);
        let (n, rows, dy) = (pass.n, pass.n * self.pixels, &*pass.doutput);
        let middle = &self.middle[..n * self.between];
        let gradient = &mut self.gradient[..n * self.between];
        let dbias = self.use_bias.then_some(dbias);
        self.pointwise.backward_b(rows, middle, dy, dpointwise, dbias);
        self.pointwise.backward_a(rows, dy, &rest[..self.kernels[1]], gradient);
        self.depthwise.backward_kernel(n, pass.inputs.get(0), gradient, ddepthwise, None);
        if let Some(dx) = pass.dinputs.get(0) {
            self.depthwise.backward_input(n, gradient, depthwise, dx);
        }
    }
}
