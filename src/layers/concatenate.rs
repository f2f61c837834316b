//! Concatenation.

use super::axes::place;
use super::shapes::{len, list};
use super::{
    Arity, Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Masking, Op, Reads,
    Shape,
};
use crate::json::Json;
use crate::{Result, err};

/// Puts its inputs one after the other along an axis, as Keras `Concatenate`.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Concatenate {
    /// The axis; the batch counts as axis 0, negative numbers count from the end.
    #[serde(default = "default_axis")]
    pub axis: i32,
}

fn default_axis() -> i32 {
    -1
}

impl Default for Concatenate {
    fn default() -> Self {
        Self { axis: default_axis() }
    }
}

impl Describe for Concatenate {
    const HELP: &'static str = "Puts its inputs one after the other.";
    const ATTRIBUTES: &'static [Attribute] = &[Attribute::new(
        "axis",
        Kind::Integer(-16, 16),
        "Along which axis; 0 is the batch, -1 the last.",
    )];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![
            (Self::default(), vec![vec![2, 3, 1], vec![2, 3, 4]]),
            (Self { axis: 1 }, vec![vec![2, 5], vec![1, 5], vec![3, 5]]),
            (Self { axis: -2 }, vec![vec![2, 3, 5], vec![2, 1, 5]]),
        ]
    }
}

impl Layer for Concatenate {
    fn arity(&self) -> Arity {
        Arity::Several
    }

    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let place = place("axis", self.axis, inputs[0].len())?;
        let mut shape = inputs[0].clone();
        for input in &inputs[1..] {
            let fits = input.len() == shape.len()
                && (0..shape.len()).all(|i| i == place || input[i] == shape[i]);
            if !fits {
                return Err(err!(
                    Shape,
                    "concatenate: the inputs have shapes {}, expected the same but along axis {}",
                    list(inputs),
                    self.axis
                ));
            }
            shape[place] = shape[place].saturating_add(input[place]);
        }
        Ok(shape)
    }

    /// Joined along their first axis, inputs have other positions.
    fn masking(&self, inputs: &[Shape]) -> Masking {
        let first = self.axis == 1 || self.axis == -(inputs[0].len() as i32);
        if first { Masking::Drops } else { Masking::Keeps }
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let place = place("axis", self.axis, inputs[0].len())?;
        Ok(Box::new(ConcatenateOp {
            rows: len(&inputs[0][..place]),
            widths: inputs.iter().map(|shape| len(&shape[place..])).collect(),
        }))
    }
}

struct ConcatenateOp {
    /// Rows of a sample: what lies before the axis.
    rows: usize,
    /// What each input has in a row.
    widths: Vec<usize>,
}

impl ConcatenateOp {
    /// Where each input begins in a row of the output, and the row's width.
    fn offset(&self, number: usize) -> (usize, usize) {
        (self.widths[..number].iter().sum(), self.widths.iter().sum())
    }
}

impl Op for ConcatenateOp {
    fn name(&self) -> &'static str {
        "copy"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        for (number, &width) in self.widths.iter().enumerate() {
            let (offset, total) = self.offset(number);
            let rows = pass.output.chunks_exact_mut(total).take(pass.n * self.rows);
            for (y, x) in rows.zip(pass.inputs.get(number).chunks_exact(width)) {
                y[offset..][..width].copy_from_slice(x);
            }
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        for (number, &width) in self.widths.iter().enumerate() {
            let (offset, total) = self.offset(number);
            let Some(dx) = pass.dinputs.get(number) else { continue };
            for (dx, dy) in dx.chunks_exact_mut(width).zip(pass.doutput.chunks_exact(total)) {
                dx.copy_from_slice(&dy[offset..][..width]);
            }
        }
    }
}
