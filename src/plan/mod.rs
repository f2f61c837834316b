//! A graph made ready for batches: buffers, a kernel for each layer, the order of the passes.
//!
//! Everything is allocated when the plan is made; a step allocates nothing, and the memory it takes
//! is known before ([`Plan::bytes`]). The plan chooses what runs: views share a buffer, a ReLU is
//! part of the kernel before it, other activations follow as ops of their own, and
//! [`Plan::kernels`] tells which kernel each layer got. Every value keeps its own buffer, since the
//! backward pass and [`Plan::activation`] read them; `lower::Lowering::buffer` is the one place
//! that hands buffers out.

mod lower;
#[cfg(test)]
mod tests;

use std::mem::take;
use std::ops::Range;

use crate::graph::Graph;
use crate::kernels::elementwise::accumulate;
use crate::layers::{Backward, Forward, InputGradients, Inputs, Op, Pass, StepKey};
use crate::{Result, err};

/// The most memory that a plan may take, in bytes.
pub const MAX_BYTES: u64 = 2 << 30;

/// What a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Only the forward pass.
    Inference,
    /// Forward and backward.
    Training,
}

/// What a plan's outputs are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// What the model says.
    Output,
    /// The same without a softmax or sigmoid at the end, for a loss that does it itself.
    Logits,
}

/// The kernel that computes a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelChoice {
    /// The layer's name.
    pub layer: String,
    /// The kernel's name.
    pub kernel: &'static str,
}

/// Where a value lies: which buffer, and how many floats of it belong to a sample.
type Place = (usize, usize);

/// One op with its buffers.
struct Step {
    op: Box<dyn Op>,
    /// The layer's number in the specification.
    layer: u64,
    weights: Range<usize>,
    state: Range<usize>,
    inputs: Vec<Place>,
    output: Place,
    /// Whether anything before it is trained, so that it has a backward pass.
    backward: bool,
    /// Where it writes the gradients of its inputs.
    dinputs: Vec<Option<Place>>,
    /// Gradients that were written aside and are added afterwards: from, to.
    sums: Vec<(Place, Place)>,
}

impl Step {
    fn forward(&mut self, n: usize, values: &mut [Vec<f32>], weights: &[f32], pass: Pass<'_>) {
        let (buffer, len) = self.output;
        // Taken out, so that the inputs may be read from the same list.
        let mut output = take(&mut values[buffer]);
        self.op.forward(Forward {
            n,
            inputs: Inputs::new(n, values, &self.inputs),
            weights: &weights[self.weights.clone()],
            pass,
            output: &mut output[..n * len],
        });
        values[buffer] = output;
    }
}

/// A graph with buffers for up to `max_batch` samples.
pub struct Plan {
    max_batch: usize,
    /// Whether it was made for training.
    training: bool,
    /// The number of samples of the last forward pass.
    n: usize,
    steps: Vec<Step>,
    /// Values of the forward pass.
    values: Vec<Vec<f32>>,
    /// Gradients of those values, empty where nobody needs one; then scratch for gradients that
    /// are added.
    gradients: Vec<Vec<f32>>,
    inputs: Vec<Place>,
    outputs: Vec<Place>,
    /// Whether an output lacks the activation that the model ends in.
    logits: Vec<bool>,
    /// Every input and layer with its value.
    named: Vec<(String, Place)>,
    kernels: Vec<KernelChoice>,
    weights: usize,
    state: usize,
    bytes: u64,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan")
            .field("max_batch", &self.max_batch)
            .field("kernels", &self.kernels)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl Plan {
    /// A plan for batches of up to `max_batch` samples.
    ///
    /// # Errors
    /// `Argument` for a `max_batch` of 0, `TooLarge` where it would take more than [`MAX_BYTES`].
    pub fn new(graph: &Graph, max_batch: usize, mode: Mode, head: Head) -> Result<Self> {
        lower::lower(graph, max_batch, &lower::Options { mode, head, input_gradients: false })
    }

    /// A plan for training that also gives the gradients of the model's inputs.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn with_input_gradients(graph: &Graph, max_batch: usize) -> Result<Self> {
        let (mode, head) = (Mode::Training, Head::Output);
        lower::lower(graph, max_batch, &lower::Options { mode, head, input_gradients: true })
    }

    /// The most samples of a batch.
    #[must_use]
    pub fn max_batch(&self) -> usize {
        self.max_batch
    }

    /// The memory that it takes: values, gradients and scratch, without the weights.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The kernels in the order in which they run; a layer that is only a view has none.
    #[must_use]
    pub fn kernels(&self) -> &[KernelChoice] {
        &self.kernels
    }

    /// Whether this output lacks the softmax or sigmoid that the model ends in.
    #[must_use]
    pub fn output_is_logits(&self, output: usize) -> bool {
        self.logits[output]
    }

    /// An input of the model, `[max_batch, ...]`, to be filled before a pass.
    pub fn input_mut(&mut self, input: usize) -> &mut [f32] {
        &mut self.values[self.inputs[input].0]
    }

    /// A pass of training over the first `n` samples of the inputs: dropout drops, batch
    /// normalisation uses the batch and moves the running statistics in `state`.
    ///
    /// # Errors
    /// `Argument` for an `n` of 0 or above `max_batch` and in a plan for inference, `Shape` where
    /// weights or state are not the graph's.
    pub fn forward(
        &mut self,
        n: usize,
        weights: &[f32],
        state: &mut [f32],
        key: StepKey,
    ) -> Result<()> {
        self.check_training("forward")?;
        self.check(n, weights, state)?;
        for step in &mut self.steps {
            let state = &mut state[step.state.clone()];
            let pass = Pass::Training { state, key, layer: step.layer };
            step.forward(n, &mut self.values, weights, pass);
        }
        self.n = n;
        Ok(())
    }

    /// A pass of the model as it is used: no dropout, batch normalisation by the running
    /// statistics. [`Plan::backward`] then gives the gradients of that function.
    ///
    /// # Errors
    /// As [`Plan::forward`].
    pub fn infer(&mut self, n: usize, weights: &[f32], state: &[f32]) -> Result<()> {
        self.check(n, weights, state)?;
        for step in &mut self.steps {
            let pass = Pass::Inference { state: &state[step.state.clone()] };
            step.forward(n, &mut self.values, weights, pass);
        }
        self.n = n;
        Ok(())
    }

    /// An output of the last pass, `[n, ...]`.
    #[must_use]
    pub fn output(&self, output: usize) -> &[f32] {
        self.value(self.outputs[output])
    }

    /// The output of a layer (or an input) in the last pass, `[n, ...]`; `None` if no layer has
    /// this name.
    #[must_use]
    pub fn activation(&self, layer: &str) -> Option<&[f32]> {
        let (_, place) = self.named.iter().find(|(name, _)| name == layer)?;
        Some(self.value(*place))
    }

    fn value(&self, (buffer, len): Place) -> &[f32] {
        &self.values[buffer][..self.n * len]
    }

    /// The gradient of an output, `[n, ...]`, to be written before every backward pass; it is no
    /// longer the same afterwards. Empty in a plan for inference.
    pub fn output_grad_mut(&mut self, output: usize) -> &mut [f32] {
        let (buffer, len) = self.outputs[output];
        let gradient = self.gradients.get_mut(buffer).map_or(&mut [][..], Vec::as_mut_slice);
        let end = gradient.len().min(self.n * len);
        &mut gradient[..end]
    }

    /// The gradient of an input after a backward pass, `[n, ...]`; `None` unless the plan was made
    /// by [`Plan::with_input_gradients`].
    #[must_use]
    pub fn input_grad(&self, input: usize) -> Option<&[f32]> {
        let (buffer, len) = self.inputs[input];
        self.gradients.get(buffer)?.get(..self.n * len)
    }

    /// From the gradients of the outputs those of all weights, over the `n` samples of the last
    /// forward pass.
    ///
    /// # Errors
    /// `Argument` if the plan is for inference or `n` is not that of the last pass, `Shape` where
    /// weights or gradients are not the graph's.
    pub fn backward(&mut self, n: usize, weights: &[f32], gradients: &mut [f32]) -> Result<()> {
        self.check_training("backward")?;
        if n == 0 || n != self.n {
            return Err(err!(
                Argument,
                "backward: {n} samples, expected the {} of the last forward pass",
                self.n
            ));
        }
        self.check_len("weights", weights.len(), self.weights)?;
        self.check_len("gradients", gradients.len(), self.weights)?;
        for step in self.steps.iter_mut().rev().filter(|step| step.backward) {
            let (buffer, len) = step.output;
            let mut doutput = take(&mut self.gradients[buffer]);
            step.op.backward(Backward {
                n,
                inputs: Inputs::new(n, &self.values, &step.inputs),
                output: &self.values[buffer][..n * len],
                doutput: &mut doutput[..n * len],
                dinputs: InputGradients::new(n, &mut self.gradients, &step.dinputs),
                weights: &weights[step.weights.clone()],
                dweights: &mut gradients[step.weights.clone()],
            });
            self.gradients[buffer] = doutput;
            for &((from, len), (to, _)) in &step.sums {
                let aside = take(&mut self.gradients[from]);
                accumulate(&aside[..n * len], &mut self.gradients[to][..n * len]);
                self.gradients[from] = aside;
            }
        }
        Ok(())
    }

    fn check_training(&self, pass: &str) -> Result<()> {
        if self.training {
            return Ok(());
        }
        Err(err!(Argument, "{pass}: the plan is for inference, expected one for training"))
    }

    fn check(&self, n: usize, weights: &[f32], state: &[f32]) -> Result<()> {
        if n == 0 || n > self.max_batch {
            return Err(err!(
                Argument,
                "a batch of {n} samples, expected at least 1 and at most {}",
                self.max_batch
            ));
        }
        self.check_len("weights", weights.len(), self.weights)?;
        self.check_len("state", state.len(), self.state)
    }

    fn check_len(&self, name: &str, found: usize, expected: usize) -> Result<()> {
        if found == expected {
            return Ok(());
        }
        Err(err!(Shape, "{name}: {found} numbers, expected the graph's {expected}"))
    }
}
