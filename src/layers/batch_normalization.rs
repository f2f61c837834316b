//! Batch normalisation.

use super::common::{gamma_and_beta, scale_and_shift};
use super::shapes::element_count;
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Masking, Op,
    ParameterSpec, Pass, Reads, Shape,
};
use crate::initializers::{Fans, Initializer};
use crate::json::Json;
use crate::kernels::Rectifier;
use crate::kernels::norm::{BatchNorm, Gradients};
use crate::{Result, err};

/// Batch normalisation over the last axis (Ioffe and Szegedy, 2015), as Keras
/// `BatchNormalization`: `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`.
///
/// In training mean and variance are those of the batch, and the running ones follow them:
/// `running = momentum running + (1 - momentum) batch`, both with the biased variance (Keras;
/// PyTorch keeps the unbiased one, and its momentum is one minus this). Otherwise the running ones
/// are used.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BatchNormalization {
    /// How much of the running statistics a step keeps.
    #[serde(default = "default_momentum")]
    pub momentum: f64,
    /// Added to the variance.
    #[serde(default = "super::epsilon")]
    pub epsilon: f64,
    /// Whether `beta` is added.
    #[serde(default = "super::yes")]
    pub center: bool,
    /// Whether the result is multiplied by `gamma`.
    #[serde(default = "super::yes")]
    pub scale: bool,
}

fn default_momentum() -> f64 {
    0.99
}

impl Default for BatchNormalization {
    fn default() -> Self {
        let (momentum, epsilon) = (default_momentum(), super::epsilon());
        Self { momentum, epsilon, center: true, scale: true }
    }
}

impl Describe for BatchNormalization {
    const HELP: &'static str = "Brings each channel to mean 0 and variance 1, then to its own.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new(
            "momentum",
            Kind::Number(0.0, 1.0),
            "How much of the running statistics each step keeps.",
        ),
        Attribute::new("epsilon", Kind::Number(1e-12, 1.0), "Added to the variance."),
        Attribute::new("center", Kind::Boolean, "Whether a number is added to each channel."),
        Attribute::new("scale", Kind::Boolean, "Whether each channel is multiplied by a number."),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![
            (Self::default(), vec![vec![3, 2, 5]]),
            (Self { scale: false, ..Self::default() }, vec![vec![6]]),
            (Self { center: false, epsilon: 1e-5, ..Self::default() }, vec![vec![4]]),
        ]
    }
}

/// The size of the input's last axis.
fn channels(inputs: &[Shape]) -> usize {
    inputs[0].last().copied().unwrap_or(1)
}

impl Layer for BatchNormalization {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        if inputs[0].is_empty() {
            return Err(err!(
                Shape,
                "batchNormalization: the input has shape [], expected at least one dimension"
            ));
        }
        element_count("batchNormalization: the input", &inputs[0])?;
        Ok(inputs[0].clone())
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let channels = channels(inputs);
        let running = |name, initializer| ParameterSpec {
            name,
            shape: vec![channels],
            initializer,
            fans: Fans { fan_in: channels, fan_out: channels },
            ones: 0..0,
            trainable: false,
        };
        let mut parameters = gamma_and_beta(&[channels], self.scale, self.center);
        parameters.push(running("movingMean", Initializer::Zeros));
        parameters.push(running("movingVariance", Initializer::Ones));
        parameters
    }

    fn multiply_adds(&self, inputs: &[Shape]) -> u64 {
        super::shapes::len(&inputs[0]) as u64
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
        let channels = channels(inputs);
        Ok(Box::new(BatchNormalizationOp {
            norm: BatchNorm::new(channels, self.epsilon as f32),
            channels,
            momentum: self.momentum as f32,
            center: self.center,
            scale: self.scale,
            frozen: false,
        }))
    }
}

struct BatchNormalizationOp {
    norm: BatchNorm,
    channels: usize,
    momentum: f32,
    center: bool,
    scale: bool,
    /// Whether the last pass used the running statistics.
    frozen: bool,
}

impl BatchNormalizationOp {
    /// Lets running statistics follow those of the batch.
    fn follow(&self, running: &mut [f32], batch: &[f32]) {
        let (keep, take) = (self.momentum, 1.0 - self.momentum);
        for (running, batch) in running.iter_mut().zip(batch) {
            *running = *running * keep + batch * take;
        }
    }
}

impl Op for BatchNormalizationOp {
    fn name(&self) -> &'static str {
        "batch-norm"
    }

    fn bytes(&self) -> usize {
        self.norm.bytes()
    }

    fn allocate(&mut self, _max_batch: usize) -> Result<()> {
        self.norm.allocate()
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: true, output: false }
    }

    fn rectifier(&mut self) -> Option<&mut Rectifier> {
        Some(&mut self.norm.rectifier)
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let [gamma, beta] = scale_and_shift(pass.weights, self.channels, self.scale, self.center);
        let x = pass.inputs.get(0);
        match pass.pass {
            Pass::Training { state, .. } => {
                self.frozen = false;
                self.norm.forward_training(x, gamma, beta, pass.output);
                let (mean, variance) = state.split_at_mut(self.channels);
                self.follow(mean, self.norm.mean());
                self.follow(variance, self.norm.variance());
            }
            Pass::Inference { state } => {
                self.frozen = true;
                let (mean, variance) = state.split_at(self.channels);
                self.norm.inference(x, gamma, beta, mean, variance, pass.output);
            }
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let split = if self.scale { self.channels } else { 0 };
        let (dgamma, dbeta) = pass.dweights.split_at_mut(split);
        let gradients = Gradients {
            dx: pass.dinputs.get(0),
            dgamma: self.scale.then_some(dgamma),
            dbeta: self.center.then_some(dbeta),
        };
        let x = pass.inputs.get(0);
        if self.frozen {
            self.norm.backward_inference(x, pass.doutput, gradients);
        } else {
            self.norm.backward(x, pass.doutput, gradients);
        }
    }
}
