//! What a plan will run and how much memory it will take, before the memory is there.

use super::liveness::{self, Span};
use super::report::{LayerPlan, PlanReport};
use super::step::{Place, Step};
use crate::layers::Fold;

/// All steps and the buffers that they want.
pub(super) struct Layout {
    pub max_batch: usize,
    pub training: bool,
    pub steps: Vec<Step>,
    pub folds: Vec<Fold>,
    /// The floats of a sample in each buffer.
    pub buffers: Vec<usize>,
    pub inputs: Vec<Place>,
    pub outputs: Vec<Place>,
    pub output_gradients: Vec<Option<Place>>,
    pub output_masks: Vec<Option<Place>>,
    pub input_gradients: Vec<Option<Place>>,
    pub logits: Vec<bool>,
    /// Every input and layer with its value, if all are kept.
    pub named: Vec<(String, Place)>,
    pub layers: Vec<LayerPlan>,
    pub weights: usize,
    pub trained: usize,
    pub state: usize,
}

impl Layout {
    /// When each value is wanted. Time: 0 where the inputs are written, `i + 1` at the forward pass
    /// of step `i`, then the loss, then the backward passes, then whoever asks for results.
    pub(super) fn spans(&self, lens: &[usize], keep: bool) -> Vec<Span> {
        let steps = self.steps.len();
        let (loss, end) = (steps + 1, 2 * steps + 2);
        let mut spans: Vec<Option<Span>> = vec![None; lens.len()];
        let mut want = |(value, _): Place, time: usize| {
            let span = Span { len: lens[value], from: time, to: time };
            spans[value].get_or_insert(span).reach(time);
        };
        for (i, step) in self.steps.iter().enumerate() {
            let (forward, backward) = (i + 1, 2 * steps + 1 - i);
            step.inputs.iter().for_each(|&input| want(input, forward));
            step.masks.iter().flatten().for_each(|&mask| want(mask, forward));
            want(step.output, forward);
            if keep {
                want(step.output, end);
            }
            if !step.backward {
                continue;
            }
            if step.reads.inputs {
                step.inputs.iter().for_each(|&input| want(input, backward));
            }
            if step.reads.output {
                want(step.output, backward);
            }
            step.masks.iter().flatten().for_each(|&mask| want(mask, backward));
            let sums = step.sums.iter().flat_map(|&(from, to)| [from, to]);
            let gradients = step.dinputs.iter().chain([&step.doutput]).flatten().copied();
            gradients.chain(sums).for_each(|place| want(place, backward));
        }
        // Inputs stay for the next pass, results until they are read.
        self.inputs.iter().for_each(|&input| {
            want(input, 0);
            want(input, end);
        });
        let outputs = self.outputs.iter().chain(self.output_masks.iter().flatten());
        outputs.for_each(|&output| want(output, end));
        self.output_gradients.iter().flatten().for_each(|&gradient| want(gradient, loss));
        self.input_gradients.iter().flatten().for_each(|&gradient| want(gradient, end));
        let unwanted = |&len: &usize| Span { len, from: 0, to: 0 };
        let spans = spans.into_iter().zip(lens);
        spans.map(|(span, len)| span.unwrap_or_else(|| unwanted(len))).collect()
    }

    /// Puts the values into buffers, as many into one as can be.
    pub(super) fn share(&mut self, spans: &[Span]) {
        let (buffers, lens) = liveness::share(spans);
        let place = |place: &mut Place| place.0 = buffers[place.0];
        for step in &mut self.steps {
            step.inputs.iter_mut().for_each(place);
            step.masks.iter_mut().flatten().for_each(place);
            place(&mut step.output);
            step.dinputs.iter_mut().chain([&mut step.doutput]).flatten().for_each(place);
            step.sums.iter_mut().for_each(|(from, to)| {
                place(from);
                place(to);
            });
        }
        self.inputs.iter_mut().chain(&mut self.outputs).for_each(place);
        self.output_masks.iter_mut().flatten().for_each(place);
        let gradients = self.output_gradients.iter_mut().chain(&mut self.input_gradients);
        gradients.flatten().for_each(place);
        self.named.iter_mut().for_each(|(_, named)| place(named));
        self.buffers = lens;
    }

    /// The memory that the plan will take.
    pub(super) fn bytes(&self) -> u64 {
        let scratch = |step: &Step| {
            let sample = step.op.sample_bytes() as u64;
            sample.saturating_mul(self.max_batch as u64).saturating_add(step.op.bytes() as u64)
        };
        let buffers = self.buffers.iter().map(|&len| self.buffer_bytes(len));
        let folds = self.folds.iter().map(|fold| fold.bytes() as u64);
        let buffers = buffers.chain([4 * self.unwanted() as u64]);
        let all = buffers.chain(self.steps.iter().map(scratch)).chain(folds);
        all.fold(0, u64::saturating_add)
    }

    /// Room for gradients that are written and not wanted.
    pub(super) fn unwanted(&self) -> usize {
        self.steps.iter().map(Step::unwanted).max().unwrap_or(0)
    }

    /// The memory for so many floats of each sample.
    fn buffer_bytes(&self, len: usize) -> u64 {
        (len as u64).saturating_mul(4 * self.max_batch as u64)
    }

    /// What was chosen.
    pub(super) fn report(&self) -> PlanReport {
        let report = PlanReport {
            batch_size: self.max_batch as u64,
            training: self.training,
            bytes: self.bytes(),
            buffers: self.buffers.iter().map(|&len| self.buffer_bytes(len)).collect(),
            layers: self.layers.clone(),
        };
        report.of(&self.steps)
    }
}
