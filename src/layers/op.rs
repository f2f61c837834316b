//! What the plan runs: a layer made ready for certain shapes.

use crate::Result;
use crate::kernels::Rectifier;
use crate::kernels::pool::PoolGeometry;
use crate::rng::{Key, Purpose};

/// A layer at work. Buffers are those of `n` samples, NHWC, batch first; every result is
/// overwritten. Scratch memory is counted when the layer is compiled and allocated by
/// [`Op::allocate`], before the first pass and never in one.
pub trait Op: Send {
    /// The kernel that was chosen.
    fn name(&self) -> &'static str;

    /// The scratch memory that does not grow with the batch, in bytes.
    fn bytes(&self) -> usize {
        0
    }

    /// The scratch memory for each sample of a batch, in bytes.
    fn sample_bytes(&self) -> usize {
        0
    }

    /// Allocates the scratch memory.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    fn allocate(&mut self, _max_batch: usize) -> Result<()> {
        Ok(())
    }

    /// What its `backward` looks at; the plan may have overwritten the rest by then.
    fn backward_reads(&self) -> Reads {
        Reads { inputs: true, output: true }
    }

    /// The rectifier that it applies to its output, with its gradient; `None` if it cannot. The plan
    /// may set it before the first pass.
    fn rectifier(&mut self) -> Option<&mut Rectifier> {
        None
    }

    /// Whether a rectifier before it may as well be applied to its output, which is smaller: the
    /// plan then moves it there.
    fn delays_rectifier(&self) -> bool {
        false
    }

    /// An op for training that does this one's work and a max-pooling of its output, to be
    /// allocated; `None` if there is none that is faster than both.
    fn pooled(&self, _pool: &PoolGeometry, _max_batch: usize) -> Option<Box<dyn Op>> {
        None
    }

    /// Refuses inputs that it cannot work on, before every [`Op::forward`].
    ///
    /// # Errors
    /// `Data`, with the number that is wrong and where it is.
    fn check(&self, _inputs: Inputs<'_>) -> Result<()> {
        Ok(())
    }

    /// Computes the output.
    fn forward(&mut self, pass: Forward<'_>);

    /// Computes the gradients of what the last [`Op::forward`] saw.
    fn backward(&mut self, pass: Backward<'_>);
}

/// What a backward pass looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reads {
    /// The inputs of the forward pass.
    pub inputs: bool,
    /// Its output.
    pub output: bool,
}

/// What decides the random numbers of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepKey {
    /// The seed of the run.
    pub seed: u64,
    /// The number of the step in the run.
    pub step: u64,
    /// The position of the first sample in the whole batch, of which this may be a shard.
    pub first_sample: u64,
}

impl StepKey {
    /// The key of a step that works on the whole batch.
    #[must_use]
    pub fn new(seed: u64, step: u64) -> Self {
        Self { seed, step, first_sample: 0 }
    }

    /// What decides the dropout of a sample of this batch in a layer.
    pub(super) fn dropout(self, layer: u64, sample: usize) -> Key {
        self.of(Purpose::Dropout, layer, sample)
    }

    /// What decides the noise that a layer adds to a sample of this batch.
    pub(super) fn noise(self, layer: u64, sample: usize) -> Key {
        self.of(Purpose::Noise, layer, sample)
    }

    fn of(self, purpose: Purpose, layer: u64, sample: usize) -> Key {
        let key = Key::new(self.seed, purpose).child(self.step).child(layer);
        key.child(self.first_sample + sample as u64)
    }
}

/// Whether a pass is one of training.
#[derive(Debug)]
pub enum Pass<'a> {
    /// Dropout drops, batch normalisation takes and keeps the statistics of the batch.
    Training {
        /// The layer's running statistics.
        state: &'a mut [f32],
        /// What decides the random numbers.
        key: StepKey,
        /// The layer's number in the model.
        layer: u64,
    },
    /// The model as it is used.
    Inference {
        /// The layer's running statistics.
        state: &'a [f32],
    },
}

/// The arguments of [`Op::forward`].
#[derive(Debug)]
pub struct Forward<'a> {
    /// The number of samples.
    pub n: usize,
    /// The inputs.
    pub inputs: Inputs<'a>,
    /// Their masks, for a layer that reads them.
    pub masks: Masks<'a>,
    /// The layer's trainable parameters, one after the other.
    pub weights: &'a [f32],
    /// Whether they may differ from those of the op's last forward pass.
    pub weights_changed: bool,
    /// Whether it is training.
    pub pass: Pass<'a>,
    /// The output.
    pub output: &'a mut [f32],
}

/// The arguments of [`Op::backward`].
#[derive(Debug)]
pub struct Backward<'a> {
    /// The number of samples.
    pub n: usize,
    /// The inputs of the forward pass; none unless the op reads them.
    pub inputs: Inputs<'a>,
    /// Their masks, for a layer that reads them.
    pub masks: Masks<'a>,
    /// Its output; empty unless the op reads it.
    pub output: &'a [f32],
    /// The gradient of the output; the op may overwrite it.
    pub doutput: &'a mut [f32],
    /// The gradients of the inputs.
    pub dinputs: InputGradients<'a>,
    /// The layer's trainable parameters.
    pub weights: &'a [f32],
    /// Their gradients.
    pub dweights: &'a mut [f32],
}

/// The inputs of an op: some of the plan's buffers.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    n: usize,
    buffers: &'a [Vec<f32>],
    /// Which buffer is which input, and how many floats of it belong to a sample.
    places: &'a [(usize, usize)],
}

impl<'a> Inputs<'a> {
    /// The inputs at these places: (buffer, floats a sample).
    pub(crate) fn new(n: usize, buffers: &'a [Vec<f32>], places: &'a [(usize, usize)]) -> Self {
        Self { n, buffers, places }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// The input of this number.
    #[must_use]
    pub fn get(&self, number: usize) -> &'a [f32] {
        let (buffer, len) = self.places[number];
        &self.buffers[buffer][..self.n * len]
    }
}

/// The masks of an op's inputs: some of the plan's buffers.
#[derive(Clone, Copy, Debug)]
pub struct Masks<'a> {
    n: usize,
    buffers: &'a [Vec<f32>],
    places: &'a [Option<(usize, usize)>],
}

impl<'a> Masks<'a> {
    /// The masks at these places: (buffer, floats a sample).
    pub(crate) fn new(
        n: usize,
        buffers: &'a [Vec<f32>],
        places: &'a [Option<(usize, usize)>],
    ) -> Self {
        Self { n, buffers, places }
    }

    /// No masks.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self { n: 0, buffers: &[], places: &[] }
    }

    /// The mask of the input of this number, [n, positions], if there is one.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<&'a [f32]> {
        let (buffer, len) = (*self.places.get(number)?)?;
        Some(&self.buffers[buffer][..self.n * len])
    }
}

/// Where an op writes the gradients of its inputs.
#[derive(Debug)]
pub struct InputGradients<'a> {
    n: usize,
    /// One for each input; of no length where its gradient is not wanted.
    buffers: &'a mut [Vec<f32>],
    /// For each input whose gradient is wanted, where the plan keeps it and its floats of a sample.
    places: &'a [Option<(usize, usize)>],
}

impl<'a> InputGradients<'a> {
    /// Gradients in these buffers, which the plan lends from those places.
    pub(crate) fn new(
        n: usize,
        buffers: &'a mut [Vec<f32>],
        places: &'a [Option<(usize, usize)>],
    ) -> Self {
        Self { n, buffers, places }
    }

    /// How many inputs there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// The gradient of the input of this number, unless nobody wants it.
    pub fn get(&mut self, number: usize) -> Option<&mut [f32]> {
        let (_, len) = self.places[number]?;
        Some(&mut self.buffers[number][..self.n * len])
    }
}
