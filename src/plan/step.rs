//! One op of a plan at its place: which buffers it reads and writes in either pass.

use std::mem::{swap, take};
use std::ops::Range;

use crate::Result;
use crate::kernels::elementwise::accumulate;
use crate::layers::{Backward, Fold, Forward, InputGradients, Inputs, Masks, Op, Pass, Reads};

/// Where a value lies: which buffer, and how many floats of it belong to a sample.
pub(super) type Place = (usize, usize);

/// Where the weights of an op lie.
#[derive(Clone)]
pub(super) enum Weights {
    /// Among the model's.
    Own(Range<usize>),
    /// In the fold of this number.
    Folded(usize),
}

impl Weights {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Own(range) if range.is_empty())
    }

    /// Which of the model's they are.
    pub fn own(&self) -> Range<usize> {
        match self {
            Self::Own(range) => range.clone(),
            Self::Folded(_) => 0..0,
        }
    }
}

/// One op with its values.
pub(super) struct Step {
    pub op: Box<dyn Op>,
    /// The layer's number in the graph.
    pub owner: usize,
    /// The layer's number in the specification.
    pub layer: u64,
    pub weights: Weights,
    /// Whether training leaves weights and state as they are.
    pub frozen: bool,
    pub state: Range<usize>,
    pub inputs: Vec<Place>,
    /// Which positions of the inputs count, for an op that asks.
    pub masks: Vec<Option<Place>>,
    /// Whether its weights have gradients from another step, to which its own are added.
    pub adds: bool,
    /// Whether it computes a mask, which has no gradient.
    pub makes_mask: bool,
    pub output: Place,
    pub reads: Reads,
    /// Whether anything before it is trained, so that it has a backward pass.
    pub backward: bool,
    pub doutput: Option<Place>,
    /// Where it writes the gradients of its inputs.
    pub dinputs: Vec<Option<Place>>,
    /// Gradients that were written aside and are added afterwards: from, to.
    pub sums: Vec<(Place, Place)>,
}

impl Step {
    /// Whether the gradients of its weights are wanted.
    pub fn is_trained(&self) -> bool {
        !self.frozen && !self.weights.is_empty()
    }

    /// The gradients that its backward pass writes aside: nobody wants them, or they are added to others.
    pub fn unwanted(&self) -> usize {
        let aside = self.backward && (self.frozen || self.adds);
        if aside { self.weights.own().len() } else { 0 }
    }

    pub fn forward(
        &mut self,
        n: usize,
        buffers: &mut [Vec<f32>],
        weights: &[f32],
        folds: &[Fold],
        weights_changed: bool,
        pass: Pass<'_>,
    ) -> Result<()> {
        self.op.check(Inputs::new(n, buffers, &self.inputs))?;
        let (buffer, len) = self.output;
        // Taken out, so that the inputs may be read from the same list.
        let mut output = take(&mut buffers[buffer]);
        self.op.forward(Forward {
            n,
            inputs: Inputs::new(n, buffers, &self.inputs),
            masks: Masks::new(n, buffers, &self.masks),
            weights: match &self.weights {
                Weights::Own(range) => &weights[range.clone()],
                Weights::Folded(fold) => folds[*fold].weights(),
            },
            weights_changed,
            pass,
            output: &mut output[..n * len],
        });
        buffers[buffer] = output;
        Ok(())
    }

    pub fn backward(
        &mut self,
        n: usize,
        buffers: &mut [Vec<f32>],
        lent: &mut [Vec<f32>],
        weights: &[f32],
        gradients: &mut [f32],
        unwanted: &mut [f32],
    ) {
        let Some((at, len)) = self.doutput else { return };
        let mut doutput = take(&mut buffers[at]);
        for (dinput, lent) in self.dinputs.iter().zip(&mut *lent) {
            dinput.iter().for_each(|(buffer, _)| swap(&mut buffers[*buffer], lent));
        }
        let inputs = if self.reads.inputs { &self.inputs[..] } else { &[] };
        let (output, output_len) = self.output;
        let own = self.weights.own();
        self.op.backward(Backward {
            n,
            inputs: Inputs::new(n, buffers, inputs),
            masks: Masks::new(n, buffers, &self.masks),
            output: if self.reads.output { &buffers[output][..n * output_len] } else { &[] },
            doutput: &mut doutput[..n * len],
            dinputs: InputGradients::new(n, lent, &self.dinputs),
            weights: &weights[own.clone()],
            dweights: if self.frozen || self.adds {
                &mut unwanted[..own.len()]
            } else {
                &mut gradients[own.clone()]
            },
        });
        if self.adds && !self.frozen {
            accumulate(&unwanted[..own.len()], &mut gradients[own]);
        }
        for (dinput, lent) in self.dinputs.iter().zip(lent) {
            dinput.iter().for_each(|(buffer, _)| swap(&mut buffers[*buffer], lent));
        }
        buffers[at] = doutput;
        for &((from, len), (to, _)) in &self.sums {
            let aside = take(&mut buffers[from]);
            accumulate(&aside[..n * len], &mut buffers[to][..n * len]);
            buffers[from] = aside;
        }
    }
}
