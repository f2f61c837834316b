//! Fully connected layer.

use super::shapes::{element_count, len};
use super::values::ActivationName;
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Masking, Op,
    ParameterSpec, Reads, Shape,
};
use crate::initializers::{Fans, Initializer};
use crate::json::Json;
use crate::kernels::Rectifier;
use crate::kernels::activation::Activation as Function;
use crate::kernels::matmul::MatMul;
use crate::{Result, err};

/// Fully connected: `y = x kernel + bias` over the last axis, as Keras `Dense`; other axes are
/// positions that share the weights.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dense {
    /// The size of the output's last axis.
    pub units: usize,
    /// Whether a number is added to each output.
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

impl Dense {
    /// A layer with Keras's defaults.
    #[must_use]
    pub fn new(units: usize) -> Self {
        Self {
            units,
            use_bias: true,
            activation: ActivationName::Linear,
            kernel_initializer: Initializer::GlorotUniform,
            bias_initializer: Initializer::Zeros,
        }
    }
}

impl Describe for Dense {
    const HELP: &'static str = "Connects every input with every output.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new("units", Kind::Integer(1, 1 << 20), "The number of outputs."),
        Attribute::new("useBias", Kind::Boolean, "Whether a number is added to each output."),
        Attribute::new("activation", Kind::Activation, "The function applied to the output."),
        Attribute::new("kernelInitializer", Kind::Initializer, "How the weights begin."),
        Attribute::new("biasInitializer", Kind::Initializer, "How the bias begins."),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![
            (Self { activation: ActivationName::Relu, ..Self::new(7) }, vec![vec![13]]),
            (Self { activation: ActivationName::Softmax, ..Self::new(9) }, vec![vec![3, 5]]),
            (Self { use_bias: false, ..Self::new(1) }, vec![vec![4]]),
        ]
    }
}

impl Layer for Dense {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let mut shape = inputs[0].clone();
        let last = shape.last_mut().ok_or_else(|| {
            err!(Shape, "dense: the input has shape [], expected at least one dimension")
        })?;
        element_count("dense: the kernel", &[*last, self.units])?;
        *last = self.units;
        Ok(shape)
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let fan_in = last(inputs);
        let fans = Fans { fan_in, fan_out: self.units };
        super::kernel_and_bias(
            (vec![fan_in, self.units], self.kernel_initializer),
            self.use_bias.then_some((self.units, self.bias_initializer)),
            fans,
        )
    }

    fn multiply_adds(&self, inputs: &[Shape]) -> u64 {
        len(&inputs[0]) as u64 * self.units as u64
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

    fn masking(&self, inputs: &[Shape]) -> Masking {
        if inputs[0].len() > 1 { Masking::Keeps } else { Masking::Drops }
    }

    fn compile(
        &self,
        inputs: &[Shape],
        max_batch: usize,
        options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let k = last(inputs);
        let rows = len(&inputs[0]) / k;
        Ok(Box::new(DenseOp {
            matmul: MatMul::new(max_batch.saturating_mul(rows), k, self.units, options.training)?,
            rows,
            kernel_len: k * self.units,
            use_bias: self.use_bias,
            rectifier: super::fused(self.activation),
        }))
    }
}

/// The size of the input's last axis.
fn last(inputs: &[Shape]) -> usize {
    inputs[0].last().copied().unwrap_or(1)
}

struct DenseOp {
    matmul: MatMul,
    /// Rows of a sample.
    rows: usize,
    kernel_len: usize,
    use_bias: bool,
    rectifier: Rectifier,
}

impl Op for DenseOp {
    fn name(&self) -> &'static str {
        self.matmul.name()
    }

    fn bytes(&self) -> usize {
        self.matmul.bytes()
    }

    fn allocate(&mut self, _max_batch: usize) -> Result<()> {
        self.matmul.allocate()
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: true, output: self.rectifier != Rectifier::Linear }
    }

    fn rectifier(&mut self) -> Option<&mut Rectifier> {
        Some(&mut self.rectifier)
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let (kernel, bias) = pass.weights.split_at(self.kernel_len);
        let (rows, bias) = (pass.n * self.rows, self.use_bias.then_some(bias));
        self.matmul.reuse_b(!pass.weights_changed);
        self.matmul.forward(rows, pass.inputs.get(0), kernel, bias, self.rectifier, pass.output);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        self.rectifier.backward(pass.output, pass.doutput);
        let (dkernel, dbias) = pass.dweights.split_at_mut(self.kernel_len);
        let (rows, dbias) = (pass.n * self.rows, self.use_bias.then_some(dbias));
        self.matmul.backward_b(rows, pass.inputs.get(0), pass.doutput, dkernel, dbias);
        if let Some(dinput) = pass.dinputs.get(0) {
            let kernel = &pass.weights[..self.kernel_len];
            self.matmul.backward_a(rows, pass.doutput, kernel, dinput);
        }
    }
}
