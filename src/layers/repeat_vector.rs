//! One row several times.

use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Op, Reads, Shape,
};
use crate::json::Json;
use crate::kernels::elementwise::accumulate;
use crate::{Result, err};

/// Repeats a row of numbers: [features] to [n, features], as Keras `RepeatVector`.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RepeatVector {
    /// How often.
    pub n: usize,
}

impl Describe for RepeatVector {
    const HELP: &'static str = "Repeats a row of numbers.";
    const ATTRIBUTES: &'static [Attribute] =
        &[Attribute::new("n", Kind::Integer(1, 1 << 20), "How often the row is there.")];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![(Self { n: 3 }, vec![vec![7]]), (Self { n: 1 }, vec![vec![4]])]
    }
}

impl Layer for RepeatVector {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let [features] = inputs[0][..] else {
            return Err(err!(
                Shape,
                "repeatVector: the input has shape {:?}, expected [features]",
                inputs[0]
            ));
        };
        Ok(vec![self.n, features])
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        Ok(Box::new(RepeatOp { n: self.n, width: inputs[0][0] }))
    }
}

struct RepeatOp {
    n: usize,
    width: usize,
}

impl Op for RepeatOp {
    fn name(&self) -> &'static str {
        "copy"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let rows = pass.inputs.get(0).chunks_exact(self.width);
        for (y, x) in pass.output.chunks_exact_mut(self.n * self.width).zip(rows) {
            y.chunks_exact_mut(self.width).for_each(|y| y.copy_from_slice(x));
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let Some(dx) = pass.dinputs.get(0) else { return };
        dx.fill(0.0);
        let rows = dx.chunks_exact_mut(self.width);
        for (dx, dy) in rows.zip(pass.doutput.chunks_exact(self.n * self.width)) {
            dy.chunks_exact(self.width).for_each(|dy| accumulate(dy, dx));
        }
    }
}
