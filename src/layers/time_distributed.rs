//! A layer at every step of a sequence.

use super::{
    Attribute, Backward, CompileOptions, Dense, Describe, Forward, Inputs, Kind, Layer, LayerSpec,
    Masking, MaxPooling2d, Op, ParameterSpec, Pass, Reads, Shape, StepKey,
};
use crate::json::Json;
use crate::kernels::Rectifier;
use crate::kernels::activation::Activation as Function;
use crate::{Result, err};

/// A layer applied to every step of a sequence [steps, ...] by itself, with the same weights, as Keras
/// `TimeDistributed`.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TimeDistributed {
    /// The layer.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "LayerSpec"))]
    pub layer: Box<LayerSpec>,
}

impl TimeDistributed {
    /// The only input of the layer inside.
    fn inner(inputs: &[Shape]) -> [Shape; 1] {
        [inputs[0][1..].to_vec()]
    }
}

impl Describe for TimeDistributed {
    const HELP: &'static str = "Applies a layer to every step of a sequence.";
    const ATTRIBUTES: &'static [Attribute] =
        &[Attribute::new("layer", Kind::Layer(&[]), "The layer that is applied.")];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        let of = |layer: LayerSpec| Self { layer: Box::new(layer) };
        vec![
            (of(Dense::new(3).into()), vec![vec![4, 5]]),
            (of(MaxPooling2d::new(2).into()), vec![vec![2, 4, 5, 3]]),
        ]
    }
}

impl Layer for TimeDistributed {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        if inputs[0].len() < 2 {
            return Err(err!(
                Shape,
                "timeDistributed: the input has shape {:?}, expected [steps, ...]",
                inputs[0]
            ));
        }
        let shape = self.layer.checked_output_shape(&Self::inner(inputs))?;
        Ok([&inputs[0][..1], &shape[..]].concat())
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        self.layer.layer().parameters(&Self::inner(inputs))
    }

    fn multiply_adds(&self, inputs: &[Shape]) -> u64 {
        inputs[0][0] as u64 * self.layer.layer().multiply_adds(&Self::inner(inputs))
    }

    fn activation(&self) -> Function {
        self.layer.layer().activation()
    }

    fn final_activation(&self) -> Function {
        self.layer.layer().final_activation()
    }

    fn is_random(&self) -> bool {
        self.layer.layer().is_random()
    }

    fn is_view(&self, training: bool) -> bool {
        self.layer.layer().is_view(training)
    }

    fn masking(&self, _inputs: &[Shape]) -> Masking {
        Masking::Keeps
    }

    fn vocabulary(&self) -> Option<usize> {
        self.layer.layer().vocabulary()
    }

    fn compile(
        &self,
        inputs: &[Shape],
        max_batch: usize,
        options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let steps = inputs[0][0];
        let max_steps = max_batch.saturating_mul(steps);
        let op = self.layer.layer().compile(&Self::inner(inputs), max_steps, options)?;
        Ok(Box::new(StepsOp { op, steps }))
    }
}

/// An op that takes the steps of all samples for samples.
struct StepsOp {
    op: Box<dyn Op>,
    steps: usize,
}

impl Op for StepsOp {
    fn name(&self) -> &'static str {
        self.op.name()
    }

    fn bytes(&self) -> usize {
        self.op.bytes()
    }

    fn sample_bytes(&self) -> usize {
        self.op.sample_bytes().saturating_mul(self.steps)
    }

    fn allocate(&mut self, max_batch: usize) -> Result<()> {
        self.op.allocate(max_batch * self.steps)
    }

    fn backward_reads(&self) -> Reads {
        self.op.backward_reads()
    }

    fn rectifier(&mut self) -> Option<&mut Rectifier> {
        self.op.rectifier()
    }

    fn check(&self, inputs: Inputs<'_>) -> Result<()> {
        self.op.check(inputs)
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let inner = match pass.pass {
            Pass::Training { state, key, layer } => {
                let first_sample = key.first_sample * self.steps as u64;
                Pass::Training { state, key: StepKey { first_sample, ..key }, layer }
            }
            inference @ Pass::Inference { .. } => inference,
        };
        self.op.forward(Forward { n: pass.n * self.steps, pass: inner, ..pass });
    }

    fn backward(&mut self, pass: Backward<'_>) {
        self.op.backward(Backward { n: pass.n * self.steps, ..pass });
    }
}
