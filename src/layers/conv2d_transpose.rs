//! Transposed convolution of images.

use super::shapes::{element_count, image, len};
use super::values::{ActivationName, Padding, Pair};
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Op, ParameterSpec, Reads,
    Shape,
};
use crate::initializers::{Fans, Initializer};
use crate::json::Json;
use crate::kernels::Rectifier;
use crate::kernels::activation::Activation as Function;
use crate::kernels::conv::{Algorithm, Algorithms, Conv2d, Conv2dGeometry, Directions};
use crate::kernels::elementwise::update;
use crate::kernels::reduce::column_sums;
use crate::{Result, err};

/// Transposed convolution, as Keras `Conv2DTranspose`: every pixel adds `x[i, j, c] kernel[k, l, f,
/// c]` to the output's pixel `[i s + k d, j s + l d]`, without what `same` padding cuts off; it is the
/// gradient of a convolution of the same padding. The output has `in stride` rows and columns (`same`)
/// or `(in - 1) stride + span`, at least `in stride` (`valid`), where a window spans `(size - 1)
/// dilation + 1`.
///
/// Where `outputPadding` is given there are `(in - 1) stride + outputPadding` and `span` (`valid`) or
/// `span mod 2` (`same`) more. (PyTorch's `padding` cuts off on both sides; what `same` cuts off may
/// be one more at the end, and its kernels are [in, out, height, width].)
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Conv2dTranspose {
    /// Output channels.
    pub filters: usize,
    /// The window.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | [number, number]"))]
    pub kernel_size: Pair,
    /// How far windows lie apart in the output.
    #[serde(default = "Pair::ones")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | [number, number]"))]
    pub strides: Pair,
    /// How borders are treated.
    #[serde(default)]
    pub padding: Padding,
    /// Rows and columns added at the end, fewer than the strides; by default as many as make the
    /// output a multiple of the strides.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | [number, number]"))]
    pub output_padding: Option<Pair>,
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

impl Conv2dTranspose {
    /// A transposed convolution with Keras's defaults.
    #[must_use]
    pub fn new(filters: usize, kernel_size: impl Into<Pair>) -> Self {
        Self {
            filters,
            kernel_size: kernel_size.into(),
            strides: Pair::ones(),
            padding: Padding::Valid,
            output_padding: None,
            dilation_rate: Pair::ones(),
            use_bias: true,
            activation: ActivationName::Linear,
            kernel_initializer: Initializer::GlorotUniform,
            bias_initializer: Initializer::Zeros,
        }
    }

    /// The size of the output along an axis.
    fn output(&self, axis: usize, size: usize) -> Result<usize> {
        let stride = self.strides.0[axis];
        let span = (self.kernel_size.0[axis] - 1) * self.dilation_rate.0[axis] + 1;
        let Some(Pair(more)) = self.output_padding else {
            let beyond =
                if self.padding == Padding::Same { 0 } else { span.saturating_sub(stride) };
            return Ok(size.saturating_mul(stride).saturating_add(beyond));
        };
        let own = if self.padding == Padding::Same { span % 2 } else { span };
        // Else the convolution whose gradient it is would not have this input.
        if more[axis] >= stride || more[axis] + own == 0 {
            return Err(err!(
                Argument,
                "outputPadding is {}, expected {} to {} for a stride of {stride} and a window that \
                 spans {span}",
                more[axis],
                usize::from(own == 0),
                stride - 1
            ));
        }
        Ok((size - 1).saturating_mul(stride).saturating_add(own + more[axis]))
    }

    /// The convolution whose gradient it is, from the output to the input.
    fn geometry(&self, inputs: &[Shape]) -> Result<Conv2dGeometry> {
        let [height, width, channels] = image("conv2dTranspose", inputs)?;
        let output = [self.output(0, height)?, self.output(1, width)?, self.filters];
        element_count("conv2dTranspose: the output", &output)?;
        let [down, across] = self.kernel_size.0;
        element_count("conv2dTranspose: the kernel", &[down, across, self.filters, channels])?;
        Conv2dGeometry::new(
            output,
            channels,
            self.kernel_size.0,
            self.strides.0,
            self.dilation_rate.0,
            self.padding.into(),
        )
    }
}

impl Describe for Conv2dTranspose {
    const HELP: &'static str = "Draws a window of weights for every pixel: makes images larger.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new("filters", Kind::Integer(1, 65_536), "Output channels."),
        Attribute::new("kernelSize", Kind::Pair(1, 1024), "Height and width of the window."),
        Attribute::new(
            "strides",
            Kind::Pair(1, 1024),
            "How far windows lie apart in the output: how many times as large it is.",
        ),
        Attribute::new(
            "padding",
            Kind::Padding,
            "Whether the output holds all windows (valid) or is a multiple of the input (same).",
        ),
        Attribute::new(
            "outputPadding",
            Kind::Pair(0, 1024),
            "Rows and columns added at the end, fewer than the strides.",
        ),
        Attribute::new(
            "dilationRate",
            Kind::Pair(1, 1024),
            "How far the pixels of a window lie apart.",
        ),
        Attribute::new("useBias", Kind::Boolean, "Whether a number is added to each channel."),
        Attribute::new("activation", Kind::Activation, "The function applied to the output."),
        Attribute::new("kernelInitializer", Kind::Initializer, "How the weights begin."),
        Attribute::new("biasInitializer", Kind::Initializer, "How the bias begins."),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        let (same, strides) = (Padding::Same, Pair([2, 1]));
        let relu = ActivationName::Relu;
        vec![
            (Self { strides: 2.into(), activation: relu, ..Self::new(3, 3) }, vec![vec![3, 2, 4]]),
            (
                Self {
                    padding: same,
                    strides,
                    activation: ActivationName::Tanh,
                    ..Self::new(5, [4, 3])
                },
                vec![vec![3, 4, 2]],
            ),
            (
                Self { strides: 3.into(), use_bias: false, ..Self::new(2, [2, 5]) },
                vec![vec![2, 3, 3]],
            ),
            (
                Self {
                    strides: [3, 2].into(),
                    output_padding: Some([2, 1].into()),
                    activation: ActivationName::Softplus,
                    ..Self::new(2, 3)
                },
                vec![vec![3, 2, 1]],
            ),
            (
                Self {
                    padding: same,
                    strides: [3, 2].into(),
                    output_padding: Some([1, 0].into()),
                    ..Self::new(2, [4, 3])
                },
                vec![vec![3, 4, 2]],
            ),
            (Self { dilation_rate: 2.into(), ..Self::new(2, [2, 3]) }, vec![vec![3, 2, 3]]),
            // Winograd's algorithm.
            (Self { padding: same, ..Self::new(8, 3) }, vec![vec![6, 5, 9]]),
        ]
    }
}

impl Layer for Conv2dTranspose {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let geometry = self.geometry(inputs)?;
        Ok(vec![geometry.height, geometry.width, self.filters])
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let [height, width] = self.kernel_size.0;
        let shape = vec![height, width, self.filters, inputs[0][2]];
        // Keras goes by the kernel's last two sizes, as for any convolution.
        let fans = Fans { fan_in: len(&shape[..3]), fan_out: len(&[height, width, inputs[0][2]]) };
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

    fn compile(
        &self,
        inputs: &[Shape],
        max_batch: usize,
        CompileOptions { training, winograd }: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let geometry = self.geometry(inputs)?;
        let algorithms = if winograd {
            Algorithms::fastest(&geometry)
        } else {
            Algorithms::all(Algorithm::Direct)
        };
        let wanted =
            Directions { forward: training, backward_input: true, backward_kernel: training };
        Ok(Box::new(TransposedOp {
            kernel_len: geometry.kernel_len(),
            filters: self.filters,
            conv: Conv2d::for_directions(geometry, max_batch, wanted, algorithms),
            use_bias: self.use_bias,
            rectifier: super::fused(self.activation),
        }))
    }
}

struct TransposedOp {
    /// From the output to the input.
    conv: Conv2d,
    /// The floats of the kernel; those of the bias follow.
    kernel_len: usize,
    filters: usize,
    use_bias: bool,
    rectifier: Rectifier,
}

impl Op for TransposedOp {
    fn name(&self) -> &'static str {
        match self.conv.algorithms().backward_input {
            Algorithm::Direct => "transposed implicit-gemm",
            Algorithm::Winograd(_) => "transposed winograd",
        }
    }

    fn bytes(&self) -> usize {
        self.conv.bytes()
    }

    fn allocate(&mut self, _max_batch: usize) -> Result<()> {
        self.conv.allocate()
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: true, output: self.rectifier != Rectifier::Linear }
    }

    fn rectifier(&mut self) -> Option<&mut Rectifier> {
        Some(&mut self.rectifier)
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let (kernel, bias) = pass.weights.split_at(self.kernel_len);
        let (x, y, rectifier) = (pass.inputs.get(0), pass.output, self.rectifier);
        self.conv.reuse_kernel(!pass.weights_changed);
        self.conv.backward_input(pass.n, x, kernel, y);
        if self.use_bias {
            let rows = y.chunks_exact_mut(self.filters);
            rows.for_each(|row| update(row, bias, |y, bias| rectifier.apply(y + bias)));
        } else {
            rectifier.apply_to(y);
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        self.rectifier.backward(pass.output, pass.doutput);
        let (dkernel, dbias) = pass.dweights.split_at_mut(self.kernel_len);
        if self.use_bias {
            column_sums(pass.doutput, dbias);
        }
        let (n, x, dy) = (pass.n, pass.inputs.get(0), &*pass.doutput);
        self.conv.backward_kernel(n, dy, x, dkernel, None);
        if let Some(dx) = pass.dinputs.get(0) {
            // What the forward pass made ready is the kernel of the other direction.
            self.conv.reuse_kernel(false);
            let kernel = &pass.weights[..self.kernel_len];
            self.conv.forward(n, dy, kernel, None, Rectifier::Linear, dx);
        }
    }
}
