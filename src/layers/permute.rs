//! Axes in another order.

use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Op, Reads, Shape,
};
use crate::json::Json;
use crate::kernels::permute::Permutation;
use crate::{Result, err};

/// Puts the axes of a sample in another order, as Keras `Permute` (PyTorch's `permute` counts from 0
/// and with the batch).
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Permute {
    /// For each axis of the output, which axis of the input it is; counted from 1, without the batch.
    pub dims: Vec<usize>,
}

impl Permute {
    /// The order, counted from 0.
    fn order(&self, rank: usize) -> Result<Vec<usize>> {
        let mut sorted = self.dims.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(1..=rank) {
            return Err(err!(
                Argument,
                "dims is {:?}, expected the numbers from 1 to {rank} in any order",
                self.dims
            ));
        }
        Ok(self.dims.iter().map(|axis| axis - 1).collect())
    }
}

impl Describe for Permute {
    const HELP: &'static str = "Puts the axes in another order.";
    const ATTRIBUTES: &'static [Attribute] = &[Attribute::new(
        "dims",
        Kind::Axes(1, 16),
        "Which axis of the input each of the output is; 1 is the first after the batch.",
    )];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![
            (Self { dims: vec![2, 1] }, vec![vec![3, 5]]),
            (Self { dims: vec![3, 1, 2] }, vec![vec![2, 3, 4]]),
            (Self { dims: vec![2, 1, 3] }, vec![vec![2, 3, 4]]),
            (Self { dims: vec![1] }, vec![vec![5]]),
        ]
    }
}

impl Layer for Permute {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let order = self.order(inputs[0].len())?;
        Ok(order.iter().map(|&axis| inputs[0][axis]).collect())
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let order = self.order(inputs[0].len())?;
        Ok(Box::new(PermuteOp { permutation: Permutation::new(&inputs[0], &order) }))
    }
}

struct PermuteOp {
    permutation: Permutation,
}

impl Op for PermuteOp {
    fn name(&self) -> &'static str {
        "transpose"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let samples = pass.inputs.get(0).chunks_exact(self.permutation.numbers());
        for (y, x) in pass.output.chunks_exact_mut(self.permutation.numbers()).zip(samples) {
            self.permutation.apply(x, y);
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let Some(dx) = pass.dinputs.get(0) else { return };
        let samples = dx.chunks_exact_mut(self.permutation.numbers());
        for (dx, dy) in samples.zip(pass.doutput.chunks_exact(self.permutation.numbers())) {
            self.permutation.invert(dy, dx);
        }
    }
}
