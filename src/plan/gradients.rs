//! Where the gradients of values are written.

use std::collections::BTreeSet;

use super::lower::Lowering;
use super::step::Place;

impl Lowering<'_> {
    /// Decides which steps have a backward pass and where each writes the gradients of its inputs.
    /// Gradients are values too; returns that of each value of the forward pass which has one.
    pub(super) fn gradients(&mut self, input_gradients: bool) -> Vec<Option<Place>> {
        let values = self.lens.len();
        let inputs = self.graph.inputs().len();
        let mut needed = vec![false; values];
        if input_gradients {
            needed[..inputs].fill(true);
        }
        for step in &mut self.steps {
            step.backward = !step.makes_mask
                && (step.is_trained() || step.inputs.iter().any(|input| needed[input.0]));
            needed[step.output.0] = step.backward;
        }
        let mut gradients = vec![None; values];
        for value in 0..values {
            if needed[value] || self.is_output[value] {
                gradients[value] = Some((self.lens.len(), self.lens[value]));
                self.lens.push(self.lens[value]);
            }
        }
        // Of steps with the same weights, too, the first to write gradients overwrites them.
        let mut begun = BTreeSet::new();
        for step in self.steps.iter_mut().rev().filter(|step| step.is_trained()) {
            step.adds = !begun.insert(step.weights.own().start);
        }
        // The first to write a gradient overwrites it, from the last layer to the first; the others
        // write aside. The model's outputs have theirs from outside.
        let mut written = self.is_output.clone();
        for step in self.steps.iter_mut().rev().filter(|step| step.backward) {
            step.doutput = gradients[step.output.0];
            for (&(input, len), dinput) in step.inputs.iter().zip(&mut step.dinputs) {
                let Some(gradient) = gradients[input].filter(|_| needed[input]) else { continue };
                if !std::mem::replace(&mut written[input], true) {
                    *dinput = Some(gradient);
                    continue;
                }
                let aside = (self.lens.len(), len);
                self.lens.push(len);
                *dinput = Some(aside);
                step.sums.push((aside, gradient));
            }
        }
        gradients
    }
}
