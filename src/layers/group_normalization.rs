//! Group normalisation.

use super::common::{gamma_and_beta, scale_and_shift};
use super::shapes::len;
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Masking, Op,
    ParameterSpec, Reads, Shape,
};
use crate::json::Json;
use crate::kernels::group_norm::GroupNorm;
use crate::kernels::norm::Gradients;
use crate::{Result, err};

/// Normalises each sample in groups of channels, the last axis (Wu and He, 2018), as Keras
/// `GroupNormalization`: `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`, with mean and
/// biased variance over all positions and the channels of a group (PyTorch's epsilon is 1e-5 by
/// default). One group for each channel is instance normalisation; one for all normalises whole
/// samples.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupNormalization {
    /// Into how many groups the channels are cut; -1: each is one.
    #[serde(default = "default_groups")]
    pub groups: i32,
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

fn default_groups() -> i32 {
    32
}

impl Default for GroupNormalization {
    fn default() -> Self {
        let (groups, epsilon) = (default_groups(), super::epsilon());
        Self { groups, epsilon, center: true, scale: true }
    }
}

impl GroupNormalization {
    /// The channels and into how many groups they are cut.
    fn sizes(&self, shape: &[usize]) -> Result<[usize; 2]> {
        let channels = *shape.last().ok_or_else(|| {
            err!(
                Shape,
                "groupNormalization: the input has shape [], expected at least one dimension"
            )
        })?;
        let groups = match usize::try_from(self.groups) {
            Ok(0) => {
                return Err(err!(
                    Argument,
                    "groups is 0, expected at least 1, or -1 for one of each channel"
                ));
            }
            Ok(groups) => groups,
            Err(_) => channels,
        };
        if !channels.is_multiple_of(groups) {
            return Err(err!(
                Shape,
                "groupNormalization: {channels} channels in {groups} groups, expected a multiple of \
                 the groups"
            ));
        }
        Ok([channels, groups])
    }
}

impl Describe for GroupNormalization {
    const HELP: &'static str =
        "Brings groups of channels of each sample to mean 0 and variance 1, then to their own.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new(
            "groups",
            Kind::Integer(-1, 65_536),
            "Into how many groups the channels are cut; -1 makes each channel one.",
        ),
        Attribute::new("epsilon", Kind::Number(1e-12, 1.0), "Added to the variance."),
        Attribute::new("center", Kind::Boolean, "Whether a number is added to each channel."),
        Attribute::new("scale", Kind::Boolean, "Whether each channel is multiplied by a number."),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        let groups = |groups| Self { groups, ..Self::default() };
        vec![
            (groups(2), vec![vec![2, 3, 6]]),
            (Self { scale: false, ..groups(-1) }, vec![vec![5, 3]]),
            (Self { center: false, epsilon: 1e-2, ..groups(1) }, vec![vec![3, 5]]),
            (groups(2), vec![vec![8]]),
        ]
    }
}

impl Layer for GroupNormalization {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        self.sizes(&inputs[0])?;
        Ok(inputs[0].clone())
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let channels = inputs[0].last().copied().unwrap_or(1);
        gamma_and_beta(&[channels], self.scale, self.center)
    }

    fn multiply_adds(&self, inputs: &[Shape]) -> u64 {
        len(&inputs[0]) as u64
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
        let [channels, groups] = self.sizes(&inputs[0])?;
        Ok(Box::new(GroupNormalizationOp {
            norm: GroupNorm::new(len(&inputs[0]) / channels, channels, groups, self.epsilon),
            channels,
            center: self.center,
            scale: self.scale,
        }))
    }
}

struct GroupNormalizationOp {
    norm: GroupNorm,
    channels: usize,
    center: bool,
    scale: bool,
}

impl Op for GroupNormalizationOp {
    fn name(&self) -> &'static str {
        "group-norm"
    }

    fn bytes(&self) -> usize {
        self.norm.bytes()
    }

    fn sample_bytes(&self) -> usize {
        self.norm.sample_bytes()
    }

    fn allocate(&mut self, max_batch: usize) -> Result<()> {
        self.norm.allocate(max_batch)
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: true, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let [gamma, beta] = scale_and_shift(pass.weights, self.channels, self.scale, self.center);
        self.norm.forward(pass.inputs.get(0), gamma, beta, pass.output);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let [gamma, _] = scale_and_shift(pass.weights, self.channels, self.scale, self.center);
        let split = if self.scale { self.channels } else { 0 };
        let (dgamma, dbeta) = pass.dweights.split_at_mut(split);
        let gradients = Gradients {
            dx: pass.dinputs.get(0),
            dgamma: self.scale.then_some(dgamma),
            dbeta: self.center.then_some(dbeta),
        };
        self.norm.backward(pass.inputs.get(0), gamma, pass.doutput, gradients);
    }
}
