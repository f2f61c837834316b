//! Batch normalisation as part of the layer before it, for inference.

use std::ops::Range;

use super::{BatchNormalization, CompileOptions, Layer, Op, Shape, shapes};
use crate::Result;
use crate::kernels::elementwise::multiply;
use crate::memory::Room;

/// The weights of a convolution or dense layer and of the batch normalisation behind it, as one
/// kernel and one bias: with `s = gamma / sqrt(variance + epsilon)` of each channel, `kernel s` and
/// `(bias - mean) s + beta`.
pub(crate) struct Fold {
    /// Those of the layer and, behind its kernel, of its bias if it has one.
    weights: Range<usize>,
    kernel_len: usize,
    norm: BatchNormalization,
    /// `gamma` and `beta`, as far as they are there.
    norm_weights: Range<usize>,
    /// Mean and variance.
    norm_state: Range<usize>,
    channels: usize,
    /// Of each channel.
    scales: Room,
    /// Kernel and bias.
    folded: Room,
}

impl Fold {
    /// The layer with a bias, made ready, and the fold that makes its weights, both to be allocated; `None` for a layer
    /// that something else follows.
    ///
    /// # Errors
    /// As [`Layer::compile`].
    pub fn new(
        (layer, weights): (&dyn Layer, Range<usize>),
        (norm, norm_weights, norm_state): (&BatchNormalization, Range<usize>, Range<usize>),
        inputs: &[Shape],
        max_batch: usize,
        options: CompileOptions,
    ) -> Result<Option<(Box<dyn Op>, Self)>> {
        let Some(layer) = layer.with_bias() else { return Ok(None) };
        let parameters = layer.parameters(inputs);
        let [kernel, bias] = [0, 1].map(|i| shapes::len(&parameters[i].shape));
        let fold = Self {
            weights,
            kernel_len: kernel,
            norm: norm.clone(),
            norm_weights,
            norm_state,
            channels: bias,
            scales: Room::new(bias),
            folded: Room::new(kernel + bias),
        };
        Ok(Some((layer.compile(inputs, max_batch, options)?, fold)))
    }

    /// Takes the memory.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        self.scales.allocate("folded weights")?;
        self.folded.allocate("folded weights")
    }

    /// The memory it holds, in bytes.
    pub fn bytes(&self) -> usize {
        self.folded.bytes() + self.scales.bytes()
    }

    /// Kernel and bias of the last [`Fold::update`].
    pub fn weights(&self) -> &[f32] {
        &self.folded
    }

    /// Folds the weights of a model.
    pub fn update(&mut self, weights: &[f32], state: &[f32]) {
        let (kernel, bias) = weights[self.weights.clone()].split_at(self.kernel_len);
        let own = &weights[self.norm_weights.clone()];
        let (gamma, beta) = own.split_at(if self.norm.scale { self.channels } else { 0 });
        let (mean, variance) = state[self.norm_state.clone()].split_at(self.channels);
        let (folded, folded_bias) = self.folded.split_at_mut(self.kernel_len);
        for c in 0..self.channels {
            let scale =
                gamma.get(c).unwrap_or(&1.0) / (variance[c] + self.norm.epsilon as f32).sqrt();
            self.scales[c] = scale;
            folded_bias[c] =
                (bias.get(c).unwrap_or(&0.0) - mean[c]) * scale + beta.get(c).unwrap_or(&0.0);
        }
        let rows = folded.chunks_exact_mut(self.channels);
        for (folded, kernel) in rows.zip(kernel.chunks_exact(self.channels)) {
            multiply(kernel, &self.scales, folded);
        }
    }
}
