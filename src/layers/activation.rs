//! Activation as a layer of its own.

use super::shapes::len;
use super::values::ActivationName;
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Masking, Op, Reads, Shape,
};
use crate::Result;
use crate::json::Json;
use crate::kernels::activation::Activation as Function;

/// A function of each number; softmax and log-softmax: of each row of the last axis.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Activation {
    /// Which.
    pub activation: ActivationName,
    /// The slope of `leakyRelu` below zero.
    #[serde(default = "default_slope")]
    pub negative_slope: f64,
    /// Minus the limit of `elu` at minus infinity.
    #[serde(default = "default_alpha")]
    pub alpha: f64,
    /// Whether `gelu` is computed by its approximation with tanh.
    #[serde(default)]
    pub approximate: bool,
}

fn default_slope() -> f64 {
    0.3
}

fn default_alpha() -> f64 {
    1.0
}

impl Activation {
    /// An activation with the defaults of Keras's layers.
    #[must_use]
    pub fn new(activation: ActivationName) -> Self {
        Self {
            activation,
            negative_slope: default_slope(),
            alpha: default_alpha(),
            approximate: false,
        }
    }

    /// The function with its parameters.
    #[must_use]
    pub fn function(&self) -> Function {
        match self.activation {
            ActivationName::Linear => Function::Linear,
            ActivationName::Relu => Function::Relu,
            ActivationName::Relu6 => Function::Relu6,
            ActivationName::LeakyRelu => Function::LeakyRelu { alpha: self.negative_slope as f32 },
            ActivationName::Elu => Function::Elu { alpha: self.alpha as f32 },
            ActivationName::Gelu => Function::Gelu { approximate: self.approximate },
            ActivationName::Sigmoid => Function::Sigmoid,
            ActivationName::Tanh => Function::Tanh,
            ActivationName::Softplus => Function::Softplus,
            ActivationName::Softmax => Function::Softmax,
            ActivationName::Selu => Function::Selu,
            ActivationName::Silu => Function::Silu,
            ActivationName::Mish => Function::Mish,
            ActivationName::HardSigmoid => Function::HardSigmoid,
            ActivationName::HardSwish => Function::HardSwish,
            ActivationName::Softsign => Function::Softsign,
            ActivationName::Exponential => Function::Exponential,
            ActivationName::LogSoftmax => Function::LogSoftmax,
        }
    }
}

impl Describe for Activation {
    const HELP: &'static str = "Applies a function to every number.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new("activation", Kind::Activation, "Which function."),
        Attribute::new(
            "negativeSlope",
            Kind::Number(0.0, 1e6),
            "The slope below zero; for leakyRelu.",
        ),
        Attribute::new("alpha", Kind::Number(0.0, 1e6), "How far below zero it goes; for elu."),
        Attribute::new(
            "approximate",
            Kind::Boolean,
            "Whether the approximation with tanh is used; for gelu.",
        ),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        let mut examples: Vec<_> =
            ActivationName::ALL.iter().map(|name| (Self::new(*name), vec![vec![3, 7]])).collect();
        let gelu = Self { approximate: true, ..Self::new(ActivationName::Gelu) };
        examples.push((gelu, vec![vec![5]]));
        examples
    }
}

impl Layer for Activation {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        Ok(inputs[0].clone())
    }

    fn is_view(&self, _training: bool) -> bool {
        true
    }

    fn activation(&self) -> Function {
        self.function()
    }

    fn masking(&self, _inputs: &[Shape]) -> Masking {
        Masking::Keeps
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        Ok(ActivationOp::boxed(Function::Linear, &inputs[0]))
    }
}

/// The activation of a layer.
pub(crate) struct ActivationOp {
    function: Function,
    len: usize,
    width: usize,
}

impl ActivationOp {
    /// For samples of this shape.
    pub(crate) fn boxed(function: Function, shape: &[usize]) -> Box<dyn Op> {
        let width = shape.last().copied().unwrap_or(1);
        Box::new(Self { function, len: len(shape), width })
    }

    fn rows(&self, n: usize) -> usize {
        n * self.len / self.width
    }
}

impl Op for ActivationOp {
    fn name(&self) -> &'static str {
        match self.function {
            Function::Linear => "copy",
            Function::Relu => "relu",
            Function::Relu6 => "relu6",
            Function::LeakyRelu { .. } => "leaky-relu",
            Function::Elu { .. } => "elu",
            Function::Gelu { .. } => "gelu",
            Function::Sigmoid => "sigmoid",
            Function::Tanh => "tanh",
            Function::Softplus => "softplus",
            Function::Softmax => "softmax",
            Function::Selu => "selu",
            Function::Silu => "silu",
            Function::Mish => "mish",
            Function::HardSigmoid => "hard-sigmoid",
            Function::HardSwish => "hard-swish",
            Function::Softsign => "softsign",
            Function::Exponential => "exponential",
            Function::LogSoftmax => "log-softmax",
        }
    }

    fn backward_reads(&self) -> Reads {
        let output = self.function.gradient_reads_output();
        Reads { inputs: !output, output }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let rows = self.rows(pass.n);
        self.function.forward(rows, self.width, pass.inputs.get(0), pass.output);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let rows = self.rows(pass.n);
        if let Some(dx) = pass.dinputs.get(0) {
            let read = if self.function.gradient_reads_output() {
                pass.output
            } else {
                pass.inputs.get(0)
            };
            self.function.backward(rows, self.width, read, pass.doutput, dx);
        }
    }
}
