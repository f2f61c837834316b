//! The op of layers that make one number of several.

use crate::Result;
use crate::kernels::Rectifier;
use crate::kernels::elementwise::{map2, scale, update, update_in_place, update2};
use crate::layers::shapes::len;
use crate::layers::spread::Spread;
use crate::layers::{Backward, Forward, Inputs, Op, Reads, Shape};
use crate::memory::Room;
use crate::simd::F32x4;

/// What is made of several numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Merge {
    Add,
    Average,
    Multiply,
    Maximum,
    Minimum,
    Subtract,
}

impl Merge {
    fn reads_inputs(self) -> bool {
        matches!(self, Self::Multiply | Self::Maximum | Self::Minimum)
    }

    /// `y` = the merged `x(0)`, ..., `x(count - 1)`, rectified; all of one length.
    fn forward<'a>(
        self,
        count: usize,
        x: impl Fn(usize) -> &'a [f32],
        rectifier: Rectifier,
        y: &mut [f32],
    ) {
        for number in 1..count {
            let own = if number + 1 == count { rectifier } else { Rectifier::Linear };
            match self {
                Self::Add => step(&x, number, y, |a, b| own.apply(a + b)),
                Self::Average => step(&x, number, y, |a, b| a + b),
                Self::Multiply => step(&x, number, y, |a, b| own.apply(a * b)),
                Self::Maximum => step(&x, number, y, |a, b| own.apply(b.gt(a).select(b, a))),
                Self::Minimum => step(&x, number, y, |a, b| own.apply(b.lt(a).select(b, a))),
                Self::Subtract => step(&x, number, y, |a, b| own.apply(a - b)),
            }
        }
        if self == Self::Average {
            let share = F32x4::splat(1.0 / count as f32);
            update_in_place(y, |y| rectifier.apply(y * share));
        }
    }

    /// `dx` = the gradient of the input `number`, from that of the output before it was rectified.
    fn backward<'a>(
        self,
        number: usize,
        count: usize,
        x: impl Fn(usize) -> &'a [f32],
        dy: &[f32],
        dx: &mut [f32],
    ) {
        let others = (0..count).filter(|&other| other != number);
        match self {
            Self::Average => return scale(1.0 / count as f32, dy, dx),
            Self::Subtract if number == 1 => return scale(-1.0, dy, dx),
            _ => dx.copy_from_slice(dy),
        }
        for other in others {
            let is_first = number < other;
            match self {
                Self::Multiply => update(dx, x(other), |dx, x| dx * x),
                Self::Maximum => update2(dx, x(number), x(other), |dx, own, other| {
                    (if is_first { other.le(own) } else { other.lt(own) }).keep(dx)
                }),
                Self::Minimum => update2(dx, x(number), x(other), |dx, own, other| {
                    (if is_first { own.le(other) } else { own.lt(other) }).keep(dx)
                }),
                Self::Add | Self::Average | Self::Subtract => {}
            }
        }
    }
}

/// Adds the input `number` to what has been merged; the first two at once.
fn step<'a>(
    x: &impl Fn(usize) -> &'a [f32],
    number: usize,
    y: &mut [f32],
    f: impl Fn(F32x4, F32x4) -> F32x4,
) {
    match number {
        1 => map2(x(0), x(1), y, f),
        _ => update(y, x(number), f),
    }
}

pub(super) struct MergeOp {
    merge: Merge,
    rectifier: Rectifier,
    /// The floats of a sample of the output.
    len: usize,
    /// For each input that is smaller than the output, how it lies in it.
    spreads: Vec<Option<Spread>>,
    /// One sample of those inputs as large as the output.
    spread: Room,
    /// One sample of the gradient of one of them, as large.
    gradient: Room,
}

impl MergeOp {
    pub(super) fn new(merge: Merge, inputs: &[Shape], output: &[usize]) -> Self {
        let spread = |shape: &Shape| (shape != output).then(|| Spread::new(shape, output));
        let spreads: Vec<_> = inputs.iter().map(spread).collect();
        let (len, smaller) = (len(output), spreads.iter().flatten().count());
        Self {
            merge,
            rectifier: Rectifier::Linear,
            len,
            spread: Room::new(smaller * len),
            gradient: Room::new(smaller.min(1) * len),
            spreads,
        }
    }

    /// The floats that are worked on at a time: all, unless an input is to be spread.
    fn chunk(&self, n: usize) -> usize {
        if self.spread.is_empty() { n * self.len } else { self.len }
    }

    /// Spreads the smaller inputs of a sample.
    fn fill(&mut self, inputs: &Inputs<'_>, sample: usize) {
        let numbers = self.spreads.iter().enumerate();
        let smaller = numbers.filter_map(|(number, spread)| Some((number, spread.as_ref()?)));
        for ((number, spread), large) in smaller.zip(self.spread.chunks_exact_mut(self.len)) {
            spread.expand(&inputs.get(number)[sample * spread.small_len()..], large);
        }
    }
}

/// One chunk of an input, as large as the output.
fn operand<'a>(
    inputs: &Inputs<'a>,
    spreads: &[Option<Spread>],
    spread: &'a [f32],
    [number, chunk, len]: [usize; 3],
) -> &'a [f32] {
    match &spreads[number] {
        None => &inputs.get(number)[chunk * len..][..len],
        Some(_) => &spread[spreads[..number].iter().flatten().count() * len..][..len],
    }
}

impl Op for MergeOp {
    fn name(&self) -> &'static str {
        match self.merge {
            Merge::Add => "add",
            Merge::Average => "average",
            Merge::Multiply => "multiply",
            Merge::Maximum => "maximum",
            Merge::Minimum => "minimum",
            Merge::Subtract => "subtract",
        }
    }

    fn bytes(&self) -> usize {
        self.spread.bytes() + self.gradient.bytes()
    }

    fn allocate(&mut self, _max_batch: usize) -> Result<()> {
        self.spread.allocate("inputs that are spread")?;
        self.gradient.allocate("a gradient that is spread")
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: self.merge.reads_inputs(), output: self.rectifier != Rectifier::Linear }
    }

    fn rectifier(&mut self) -> Option<&mut Rectifier> {
        Some(&mut self.rectifier)
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let (count, len) = (pass.inputs.count(), self.chunk(pass.n));
        for (chunk, y) in pass.output.chunks_exact_mut(len).enumerate() {
            self.fill(&pass.inputs, chunk);
            let x =
                |number| operand(&pass.inputs, &self.spreads, &self.spread, [number, chunk, len]);
            self.merge.forward(count, x, self.rectifier, y);
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        self.rectifier.backward(pass.output, pass.doutput);
        let (count, len) = (pass.dinputs.count(), self.chunk(pass.n));
        for (chunk, dy) in pass.doutput.chunks_exact(len).enumerate() {
            if self.merge.reads_inputs() {
                self.fill(&pass.inputs, chunk);
            }
            let Self { merge, spreads, spread, gradient, .. } = self;
            let x = |number| operand(&pass.inputs, spreads, spread, [number, chunk, len]);
            for (number, own) in spreads.iter().enumerate() {
                let Some(dx) = pass.dinputs.get(number) else { continue };
                match own {
                    None => merge.backward(number, count, x, dy, &mut dx[chunk * len..][..len]),
                    Some(spread) => {
                        merge.backward(number, count, x, dy, gradient);
                        let small = spread.small_len();
                        spread.reduce(gradient, &mut dx[chunk * small..][..small]);
                    }
                }
            }
        }
    }
}
