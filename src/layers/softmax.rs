//! Softmax over any axes.

use super::activation::ActivationOp;
use super::axes::{AsRows, Axes};
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Masking, Op, Reads, Shape,
};
use crate::json::Json;
use crate::kernels::activation::Activation as Function;
use crate::kernels::softmax::{softmax, softmax_backward};
use crate::memory::Room;
use crate::{Result, err};

/// `e^x / Σ e^x` over an axis or several, as Keras `Softmax`.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Softmax {
    /// The axes that sum to one; the batch counts as axis 0, negative numbers count from the end.
    #[serde(default = "Axes::last")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | number[]"))]
    pub axis: Axes,
}

impl Default for Softmax {
    fn default() -> Self {
        Self { axis: Axes::last() }
    }
}

impl Softmax {
    /// The last axis is an activation, which a loss may take over.
    fn is_activation(&self) -> bool {
        self.axis == Axes::last()
    }

    fn rows(&self, shape: &[usize]) -> Result<AsRows> {
        let places = self.axis.places("axis", shape.len())?;
        if places.is_empty() {
            return Err(err!(Argument, "axis is [], expected at least one"));
        }
        Ok(AsRows::new(shape, &places))
    }
}

impl Describe for Softmax {
    const HELP: &'static str = "Turns numbers into shares that sum to one.";
    const ATTRIBUTES: &'static [Attribute] = &[Attribute::new(
        "axis",
        Kind::Axes(-16, 16),
        "Over which axes; 0 is the batch, -1 the last.",
    )];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![
            (Self::default(), vec![vec![3, 5]]),
            (Self { axis: 1.into() }, vec![vec![3, 5]]),
            (Self { axis: 2.into() }, vec![vec![3, 5]]),
            (Self { axis: Axes(vec![-1, 1]) }, vec![vec![2, 3, 4]]),
        ]
    }
}

impl Layer for Softmax {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        self.rows(&inputs[0])?;
        Ok(inputs[0].clone())
    }

    fn is_view(&self, _training: bool) -> bool {
        self.is_activation()
    }

    fn activation(&self) -> Function {
        if self.is_activation() { Function::Softmax } else { Function::Linear }
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
        if self.is_activation() {
            return Ok(ActivationOp::boxed(Function::Linear, &inputs[0]));
        }
        let rows = self.rows(&inputs[0])?;
        let room = rows.room(if options.training { 3 } else { 2 });
        Ok(Box::new(SoftmaxOp { rows, room }))
    }
}

struct SoftmaxOp {
    rows: AsRows,
    /// Samples as rows: what goes in and what comes out.
    room: Room,
}

impl Op for SoftmaxOp {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn bytes(&self) -> usize {
        self.room.bytes()
    }

    fn allocate(&mut self, _max_batch: usize) -> Result<()> {
        self.room.allocate("a sample whose axes are moved")
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: true }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let (x, y) = (pass.inputs.get(0), pass.output);
        let Self { rows, room } = self;
        if !rows.moves() {
            return softmax(rows.width, x, y);
        }
        let (from, to) = room.split_at_mut(rows.sample());
        let to = &mut to[..rows.sample()];
        for (x, y) in x.chunks_exact(rows.sample()).zip(y.chunks_exact_mut(rows.sample())) {
            rows.gather(x, from);
            softmax(rows.width, from, to);
            rows.scatter(to, y);
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let Some(dx) = pass.dinputs.get(0) else { return };
        let (y, dy) = (pass.output, &*pass.doutput);
        let Self { rows, room } = self;
        if !rows.moves() {
            return softmax_backward(rows.width, y, dy, dx);
        }
        let sample = rows.sample();
        let (own_y, rest) = room.split_at_mut(sample);
        let (own_dy, own_dx) = rest.split_at_mut(sample);
        let samples = y.chunks_exact(sample).zip(dy.chunks_exact(sample));
        for ((y, dy), dx) in samples.zip(dx.chunks_exact_mut(sample)) {
            rows.gather(y, own_y);
            rows.gather(dy, own_dy);
            softmax_backward(rows.width, own_y, own_dy, own_dx);
            rows.scatter(own_dx, dx);
        }
    }
}
