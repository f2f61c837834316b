//! Axes in reverse.

use super::axes::Axes;
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Masking, Op, Reads, Shape,
};
use crate::json::Json;
use crate::{Result, err};

/// Reverses an axis or several, as `flip` of Keras's operations and of PyTorch: the second axis of
/// an image [height, width, channels] exchanges left and right.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Flip {
    /// The axes; the batch counts as axis 0, negative numbers count from the end.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | number[]"))]
    pub axis: Axes,
}

impl Flip {
    /// Of each axis whether it is reversed.
    fn reversed(&self, rank: usize) -> Result<Vec<bool>> {
        let places = self.axis.places("axis", rank)?;
        if places.is_empty() {
            return Err(err!(Argument, "axis is [], expected at least one"));
        }
        Ok((0..rank).map(|axis| places.contains(&axis)).collect())
    }
}

impl Describe for Flip {
    const HELP: &'static str = "Reverses axes, such as left and right of an image.";
    const ATTRIBUTES: &'static [Attribute] = &[Attribute::new(
        "axis",
        Kind::Axes(-16, 16),
        "Which axes; 0 is the batch, 2 the columns of an image, -1 the last.",
    )];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![
            (Self { axis: 2.into() }, vec![vec![3, 5, 2]]),
            (Self { axis: 1.into() }, vec![vec![4, 3]]),
            (Self { axis: Axes(vec![-1, 1]) }, vec![vec![2, 3, 4]]),
            (Self { axis: 1.into() }, vec![vec![7]]),
        ]
    }
}

impl Layer for Flip {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        self.reversed(inputs[0].len())?;
        Ok(inputs[0].clone())
    }

    fn masking(&self, inputs: &[Shape]) -> Masking {
        match self.reversed(inputs[0].len()).as_deref() {
            Ok([true, ..]) => Masking::Reverses,
            _ => Masking::First,
        }
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let shape = inputs[0].clone();
        Ok(Box::new(FlipOp { reversed: self.reversed(shape.len())?, shape }))
    }
}

struct FlipOp {
    shape: Shape,
    reversed: Vec<bool>,
}

impl FlipOp {
    /// Flips each sample; once more, and it is as it was.
    fn flip(&self, x: &[f32], y: &mut [f32]) {
        let numbers = self.shape.iter().product();
        for (x, y) in x.chunks_exact(numbers).zip(y.chunks_exact_mut(numbers)) {
            flip(&self.shape, &self.reversed, x, y);
        }
    }
}

/// Flips what has this shape, axis after axis.
fn flip(shape: &[usize], reversed: &[bool], x: &[f32], y: &mut [f32]) {
    if !reversed.contains(&true) {
        return y.copy_from_slice(x);
    }
    let (size, inner) = (shape[0], x.len() / shape[0]);
    for (place, y) in y.chunks_exact_mut(inner).enumerate() {
        let from = if reversed[0] { size - 1 - place } else { place };
        flip(&shape[1..], &reversed[1..], &x[from * inner..(from + 1) * inner], y);
    }
}

impl Op for FlipOp {
    fn name(&self) -> &'static str {
        "flip"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        self.flip(pass.inputs.get(0), pass.output);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let Some(dx) = pass.dinputs.get(0) else { return };
        self.flip(pass.doutput, dx);
    }
}
