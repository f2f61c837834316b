//! Dropout.

use super::activation::ActivationOp;
use super::shapes::len;
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Masking, Op, Pass, Reads,
    Shape, StepKey,
};
use crate::Result;
use crate::json::Json;
use crate::kernels::activation::Activation as Function;
use crate::kernels::elementwise::multiply;
use crate::memory::allocate;
use crate::rng::Key;

/// In training sets each number to zero with probability `rate` and multiplies the others by
/// `1 / (1 - rate)` (Srivastava et al., 2014); otherwise leaves them alone. Which ones is a function
/// of the run's seed, the step, the layer, the sample and the position.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dropout {
    /// The share of numbers that are set to zero.
    pub rate: f64,
}

impl Describe for Dropout {
    const HELP: &'static str = "Leaves out a random part of the numbers while training.";
    const ATTRIBUTES: &'static [Attribute] =
        &[Attribute::new("rate", Kind::Number(0.0, 1.0), "The share that is left out.")];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![(Self { rate: 0.4 }, vec![vec![3, 7]]), (Self { rate: 0.0 }, vec![vec![5]])]
    }
}

impl Layer for Dropout {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        Ok(inputs[0].clone())
    }

    fn is_random(&self) -> bool {
        self.rate > 0.0
    }

    fn is_view(&self, training: bool) -> bool {
        !training || self.rate == 0.0
    }

    fn masking(&self, _inputs: &[Shape]) -> Masking {
        Masking::Keeps
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        if self.is_view(options.training) {
            return Ok(ActivationOp::boxed(Function::Linear, &inputs[0]));
        }
        Ok(Box::new(DropoutOp::new(self.rate, len(&inputs[0]))))
    }
}

/// What the numbers of a sample are multiplied by: 0 for this share of them, else `1 / (1 - rate)`.
pub(super) fn draw(rate: f64, key: Key, mask: &mut [f32]) {
    // Of 2^32 equally likely words, so many mean zero.
    let threshold = (rate * (1u64 << 32) as f64) as u32;
    let scale = (1.0 / (1.0 - rate)) as f32;
    for (block, mask) in mask.chunks_mut(4).enumerate() {
        for (mask, word) in mask.iter_mut().zip(key.block(block as u64)) {
            *mask = if word < threshold { 0.0 } else { scale };
        }
    }
}

/// The op of every dropout.
pub(super) struct DropoutOp {
    rate: f64,
    /// The numbers of a sample's mask, which all its rows of so many share.
    len: usize,
    /// What each number of the last pass was multiplied by.
    mask: Vec<f32>,
}

impl DropoutOp {
    /// For samples of rows of `len` numbers, of which all rows of a sample lose the same.
    pub(super) fn new(rate: f64, len: usize) -> Self {
        Self { rate, len, mask: Vec::new() }
    }

    /// `to = from` times the mask of its sample.
    fn apply(&self, n: usize, from: &[f32], to: &mut [f32]) {
        let sample = from.len() / n;
        let samples = from.chunks_exact(sample).zip(to.chunks_exact_mut(sample));
        for ((from, to), mask) in samples.zip(self.mask.chunks_exact(self.len)) {
            let rows = from.chunks_exact(self.len).zip(to.chunks_exact_mut(self.len));
            rows.for_each(|(from, to)| multiply(from, mask, to));
        }
    }

    fn draw(&mut self, n: usize, key: StepKey, layer: u64) {
        for (sample, mask) in self.mask[..n * self.len].chunks_exact_mut(self.len).enumerate() {
            draw(self.rate, key.dropout(layer, sample), mask);
        }
    }
}

impl Op for DropoutOp {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn sample_bytes(&self) -> usize {
        4 * self.len
    }

    fn allocate(&mut self, max_batch: usize) -> Result<()> {
        self.mask = allocate("the mask of dropout", max_batch * self.len)?;
        Ok(())
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        match pass.pass {
            Pass::Training { key, layer, .. } => self.draw(pass.n, key, layer),
            Pass::Inference { .. } => self.mask[..pass.n * self.len].fill(1.0),
        }
        self.apply(pass.n, pass.inputs.get(0), pass.output);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        if let Some(dx) = pass.dinputs.get(0) {
            self.apply(pass.n, pass.doutput, dx);
        }
    }
}
