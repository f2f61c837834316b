//! The parameters of a recurrent layer, one after the other.

use super::Recurrent;

/// The parameters: `kernel` [features, width], `recurrent` [units, width], and a bias for the inputs
/// and, where a cell tells them apart, for the state [width each].
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// Of the inputs.
    pub kernel: &'a [f32],
    /// Of the state.
    pub recurrent: &'a [f32],
    /// Added to what the inputs give.
    pub bias: Option<&'a [f32]>,
    /// Added to what the state gives.
    pub recurrent_bias: Option<&'a [f32]>,
}

/// Their gradients.
#[derive(Debug)]
pub struct Gradients<'a> {
    /// Of the inputs' kernel.
    pub kernel: &'a mut [f32],
    /// Of the state's kernel.
    pub recurrent: &'a mut [f32],
    /// Of the inputs' bias.
    pub bias: Option<&'a mut [f32]>,
    /// Of the state's bias.
    pub recurrent_bias: Option<&'a mut [f32]>,
}

impl Recurrent {
    /// The parameters in a slice: kernel, recurrent kernel, biases as far as they are there.
    #[must_use]
    pub fn weights<'a>(&self, all: &'a [f32]) -> Weights<'a> {
        let (kernel, rest) = all.split_at(self.geometry.features * self.width);
        let (recurrent, biases) = rest.split_at(self.geometry.units * self.width);
        let mut biases = biases.chunks_exact(self.width);
        Weights { kernel, recurrent, bias: biases.next(), recurrent_bias: biases.next() }
    }

    /// Their gradients, likewise.
    #[must_use]
    pub fn gradients<'a>(&self, all: &'a mut [f32]) -> Gradients<'a> {
        let (kernel, rest) = all.split_at_mut(self.geometry.features * self.width);
        let (recurrent, biases) = rest.split_at_mut(self.geometry.units * self.width);
        let mut biases = biases.chunks_exact_mut(self.width);
        Gradients { kernel, recurrent, bias: biases.next(), recurrent_bias: biases.next() }
    }
}
