//! A graph made ready for batches: buffers, a kernel for each layer, the order of the passes.
//!
//! Everything is allocated when the plan is made; a step allocates nothing, and the memory it takes
//! is known before any is ([`Plan::estimate`]). The plan chooses what runs ([`Plan::report`]):
//!
//! - Views share a value. A ReLU or ReLU6 is part of the kernel before it, or of the max-pooling
//!   behind that; other activations are ops of their own. In inference a batch normalisation becomes
//!   part of the weights before it.
//! - Values and gradients share buffers where they are never wanted at the same time. Each op says
//!   what its backward pass reads ([`Op::backward_reads`](crate::layers::Op::backward_reads)).
//!   [`Plan::with_activations`] keeps them all apart, and fuses nothing.

mod gradients;
mod layout;
mod liveness;
mod lower;
mod masks;
mod options;
mod passes;
mod report;
mod step;
#[cfg(test)]
mod tests;

pub use report::{LayerPlan, PlanReport};

use crate::graph::{FrozenFront, Graph};
use crate::layers::Fold;
use crate::memory::allocate;
use crate::{Result, err};
use layout::Layout;
use options::{Options, Part};
use step::{Place, Step};

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
    /// The same for some of the outputs: bit `i` stands for output `i`.
    LogitsOf(u64),
}

/// Refuses what is too large for any plan.
fn check_bytes(bytes: u64, max_batch: usize) -> Result<()> {
    if bytes <= MAX_BYTES {
        return Ok(());
    }
    Err(err!(
        TooLarge,
        "a batch of {max_batch} samples would need {} MiB, expected at most {} MiB: choose a \
         smaller batch or model",
        bytes >> 20,
        MAX_BYTES >> 20
    ))
}

/// A graph with buffers for up to `max_batch` samples.
pub struct Plan {
    /// What is known of the layers before their steps are looked at.
    layers: Vec<LayerPlan>,
    bytes: u64,
    max_batch: usize,
    /// Whether it was made for training.
    training: bool,
    /// The number of samples of the last forward pass.
    n: usize,
    steps: Vec<Step>,
    folds: Vec<Fold>,
    /// Values of the forward pass and gradients.
    buffers: Vec<Vec<f32>>,
    /// Buffers that an op writes gradients to, while it does.
    lent: Vec<Vec<f32>>,
    inputs: Vec<Place>,
    outputs: Vec<Place>,
    output_gradients: Vec<Option<Place>>,
    output_masks: Vec<Option<Place>>,
    input_gradients: Vec<Option<Place>>,
    /// Whether an output lacks the activation that the model ends in.
    logits: Vec<bool>,
    /// Every input and layer with its value, if they are kept.
    named: Vec<(String, Place)>,
    /// For gradients that are written and not wanted.
    unwanted: Vec<f32>,
    weights: usize,
    trained: usize,
    state: usize,
}

/// Which weights are not those of the last pass.
#[derive(Clone, Copy, PartialEq)]
enum Changed {
    All,
    Trained,
    None,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").field("report", &self.report()).finish_non_exhaustive()
    }
}

impl Plan {
    /// A plan for batches of up to `max_batch` samples.
    ///
    /// # Errors
    /// `Argument` for a `max_batch` of 0, `TooLarge` where it would take more than [`MAX_BYTES`] or
    /// more than there is.
    pub fn new(graph: &Graph, max_batch: usize, mode: Mode, head: Head) -> Result<Self> {
        Self::made(graph, max_batch, Options::new(mode, head))
    }

    /// A plan for training that also gives the gradients of the model's inputs.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn with_input_gradients(graph: &Graph, max_batch: usize) -> Result<Self> {
        let options = Options::new(Mode::Training, Head::Output);
        Self::made(graph, max_batch, Options { input_gradients: true, ..options })
    }

    /// A plan for inference that gives the output of every layer ([`Plan::activation`]).
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn with_activations(graph: &Graph, max_batch: usize) -> Result<Self> {
        let options = Options::new(Mode::Inference, Head::Output);
        Self::made(graph, max_batch, Options { keep: true, ..options })
    }

    /// A plan of the frozen front of this graph, as it runs in training: its outputs are the
    /// [values](FrozenFront::values) of the front.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn of_front(graph: &Graph, max_batch: usize, front: &FrozenFront) -> Result<Self> {
        let options = Options::new(Mode::Training, Head::Output);
        Self::made(graph, max_batch, Options { part: Part::Front(front), ..options })
    }

    /// A plan for training of what is behind the frozen front of this graph: its inputs are the
    /// [values](FrozenFront::values) of the front. Everything is where a plan of the whole has it, so
    /// its passes take the whole's weights and state and give the whole's gradients.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn behind(
        graph: &Graph,
        max_batch: usize,
        head: Head,
        front: &FrozenFront,
    ) -> Result<Self> {
        let options = Options::new(Mode::Training, head);
        Self::made(graph, max_batch, Options { part: Part::Behind(front), ..options })
    }

    /// What [`Plan::new`] would choose and take, without taking it.
    ///
    /// # Errors
    /// As [`Plan::new`]; it does not find out how much memory there is.
    pub fn estimate(graph: &Graph, max_batch: usize, mode: Mode, head: Head) -> Result<PlanReport> {
        Ok(lower::lower(graph, max_batch, Options::new(mode, head))?.report())
    }

    fn made(graph: &Graph, max_batch: usize, options: Options<'_>) -> Result<Self> {
        Self::allocated(lower::lower(graph, max_batch, options)?)
    }

    fn allocated(layout: Layout) -> Result<Self> {
        let (bytes, max_batch) = (layout.bytes(), layout.max_batch);
        check_bytes(bytes, max_batch)?;
        let unwanted = allocate("gradients of the plan", layout.unwanted())?;
        let Layout { mut steps, mut folds, buffers, layers, .. } = layout;
        let buffers = buffers.iter().map(|len| allocate("a buffer of the plan", len * max_batch));
        let buffers = buffers.collect::<Result<Vec<_>>>()?;
        steps.iter_mut().try_for_each(|step| step.op.allocate(max_batch))?;
        folds.iter_mut().try_for_each(Fold::allocate)?;
        let most = steps.iter().map(|step| step.inputs.len()).max();
        Ok(Self {
            layers,
            bytes,
            max_batch,
            training: layout.training,
            n: 0,
            lent: vec![Vec::new(); most.unwrap_or(0)],
            steps,
            folds,
            buffers,
            inputs: layout.inputs,
            outputs: layout.outputs,
            output_gradients: layout.output_gradients,
            output_masks: layout.output_masks,
            input_gradients: layout.input_gradients,
            logits: layout.logits,
            named: layout.named,
            unwanted,
            weights: layout.weights,
            trained: layout.trained,
            state: layout.state,
        })
    }

    /// The most samples of a batch.
    #[must_use]
    pub fn max_batch(&self) -> usize {
        self.max_batch
    }

    /// The memory that it takes, in bytes: buffers and scratch, without the weights.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What it chose.
    #[must_use]
    pub fn report(&self) -> PlanReport {
        let report = PlanReport {
            batch_size: self.max_batch as u64,
            training: self.training,
            bytes: self.bytes,
            buffers: self.buffers.iter().map(|buffer| size_of_val(&buffer[..]) as u64).collect(),
            layers: self.layers.clone(),
        };
        report.of(&self.steps)
    }

    /// Whether this output lacks the softmax or sigmoid that the model ends in.
    #[must_use]
    pub fn output_is_logits(&self, output: usize) -> bool {
        self.logits[output]
    }

    /// An input, `[max_batch, ...]`, to be filled before a pass.
    pub fn input_mut(&mut self, input: usize) -> &mut [f32] {
        &mut self.buffers[self.inputs[input].0]
    }

    /// An output of the last pass, `[n, ...]`.
    #[must_use]
    pub fn output(&self, output: usize) -> &[f32] {
        self.value(self.outputs[output])
    }

    /// Which positions of an output count in the last pass, `[n, positions]`, 0 where they do not;
    /// `None` if all of them do.
    #[must_use]
    pub fn output_mask(&self, output: usize) -> Option<&[f32]> {
        self.output_masks[output].map(|place| self.value(place))
    }

    /// The output of a layer (or an input) in the last pass, `[n, ...]`; `None` if no layer has
    /// this name, and in a plan that was not made by [`Plan::with_activations`].
    #[must_use]
    pub fn activation(&self, layer: &str) -> Option<&[f32]> {
        let (_, place) = self.named.iter().find(|(name, _)| name == layer)?;
        Some(self.value(*place))
    }

    fn value(&self, (buffer, len): Place) -> &[f32] {
        &self.buffers[buffer][..self.n * len]
    }

    /// The gradient of an output, `[n, ...]`, to be written before every backward pass; it is no
    /// longer the same afterwards. Empty in a plan for inference.
    pub fn output_grad_mut(&mut self, output: usize) -> &mut [f32] {
        match self.output_gradients[output] {
            Some((buffer, len)) => &mut self.buffers[buffer][..self.n * len],
            None => &mut [],
        }
    }

    /// The gradient of an input after a backward pass, `[n, ...]`; `None` unless the plan was made
    /// by [`Plan::with_input_gradients`].
    #[must_use]
    pub fn input_grad(&self, input: usize) -> Option<&[f32]> {
        self.input_gradients[input].map(|place| self.value(place))
    }
}
