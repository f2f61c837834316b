//! A convolution and the max-pooling behind it as one kernel, for training.
//!
//! Forward, a few images at a time are convolved into a scratch and pooled from there. Backward, only
//! the pixel that won a window has a gradient, and none where the rectifier stopped it: the sums go
//! over those few ([`sparse`]) instead of over a tensor of which three quarters and more are zeros.

mod list;
mod sparse;

use super::{Algorithm, Algorithms, Conv2d, Conv2dGeometry};
use crate::Result;
use crate::kernels::Rectifier;
use crate::kernels::pool::{PoolGeometry, max_forward};
use crate::kernels::reduce::column_sums;
use crate::memory::{Room, allocate};
use sparse::SparseGradient;

/// The floats of convolved images that are worked on at a time: 128 KiB, unless one has more.
const BLOCK: usize = 1 << 15;

/// A convolution, perhaps a rectifier, and a max-pooling, of one geometry, with the memory they need
/// besides their arguments.
#[derive(Clone, Debug)]
pub struct PooledConv2d {
    conv: Conv2d,
    pool: PoolGeometry,
    /// The images worked on at a time.
    block: usize,
    /// A block of convolved images.
    convolved: Room,
    gradient: SparseGradient,
    /// Which pixel of its window won, for each output of the last forward pass.
    winners: Vec<u32>,
    max_batch: usize,
}

impl PooledConv2d {
    /// Whether training is faster so than by these algorithms and a pooling by itself.
    #[must_use]
    pub fn pays(geometry: &Conv2dGeometry, algorithms: Algorithms, pool: &PoolGeometry) -> bool {
        // One pixel in so many has a gradient, and no more where windows overlap.
        let pixels = pool.strides[0] * pool.strides[1];
        let is_direct = [algorithms.backward_input, algorithms.backward_kernel]
            .iter()
            .all(|algorithm| *algorithm == Algorithm::Direct);
        // Winograd's products are a fourth of the direct ones, its transforms a part of the work
        // that shrinks with the channels. At 32 channels it depends on the processor.
        let is_shallow = geometry.in_channels.max(geometry.filters) <= 16;
        pixels >= if is_direct || is_shallow { 4 } else { 9 }
    }

    /// A convolution of up to `max_batch` images, whose output is what `pool` takes, to be
    /// allocated.
    #[must_use]
    pub fn new(
        (geometry, pool): (Conv2dGeometry, PoolGeometry),
        max_batch: usize,
        algorithms: Algorithms,
    ) -> Self {
        debug_assert_eq!(geometry.output_len(), pool.input_len());
        let block = (BLOCK / geometry.output_len()).clamp(1, max_batch.max(1));
        let convolved = Room::new(block * geometry.output_len());
        let gradient = SparseGradient::new(geometry.clone(), &pool, max_batch);
        let conv = Conv2d::with_algorithms(geometry, block, false, algorithms);
        Self { conv, pool, block, convolved, gradient, winners: Vec::new(), max_batch }
    }

    /// Takes the memory that it needs, before the first pass.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        self.conv.allocate()?;
        self.convolved.allocate("convolved images")?;
        self.gradient.allocate()?;
        let winners = self.max_batch * self.pool.output_len();
        self.winners = allocate("winners of maxPooling2d", winners)?;
        Ok(())
    }

    /// How the convolution is computed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.conv.algorithms().forward {
            Algorithm::Direct => "implicit-gemm + max-pool",
            Algorithm::Winograd(_) => "winograd + max-pool",
        }
    }

    /// The memory it holds that does not grow with the batch, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.conv.bytes() + self.convolved.bytes() + self.gradient.bytes()
    }

    /// The memory it holds for each image, in bytes.
    #[must_use]
    pub fn sample_bytes(&self) -> usize {
        size_of::<u32>() * self.pool.output_len()
    }

    /// As [`Conv2d::reuse_kernel`].
    pub fn reuse_kernel(&mut self, reuse: bool) {
        self.conv.reuse_kernel(reuse);
        if !reuse {
            self.gradient.forget_kernel();
        }
    }

    /// Convolves `n` images `x` [n, height, width, in_channels] with `kernel` (HWIO), adds `bias`
    /// [filters] and writes the maximum of each window, rectified, into `y`.
    pub fn forward(
        &mut self,
        n: usize,
        x: &[f32],
        kernel: &[f32],
        bias: Option<&[f32]>,
        rectifier: Rectifier,
        y: &mut [f32],
    ) {
        let [input, convolved] =
            [self.conv.geometry().input_len(), self.conv.geometry().output_len()];
        let pooled = self.pool.output_len();
        let x = x[..n * input].chunks(self.block * input);
        let y = y[..n * pooled].chunks_mut(self.block * pooled);
        let winners = self.winners.chunks_mut(self.block * pooled);
        for ((x, y), winners) in x.zip(y).zip(winners) {
            let images = x.len() / input;
            let full = &mut self.convolved[..images * convolved];
            self.conv.forward(images, x, kernel, bias, Rectifier::Linear, full);
            self.conv.reuse_kernel(true);
            max_forward(&self.pool, images, full, rectifier, y, Some(winners));
        }
    }

    /// From the input `x` of the last forward pass, the gradient `dy` of its `n` outputs before the
    /// rectifier, and the kernel: the gradient of the kernel, summed over the images, of the bias,
    /// and of the input where it is wanted.
    #[allow(clippy::too_many_arguments, reason = "as many as a convolution has gradients")]
    pub fn backward(
        &mut self,
        n: usize,
        x: &[f32],
        dy: &[f32],
        kernel: &[f32],
        dkernel: &mut [f32],
        dbias: Option<&mut [f32]>,
        dx: Option<&mut [f32]>,
    ) {
        let dy = &dy[..n * self.pool.output_len()];
        if let Some(dbias) = dbias {
            column_sums(dy, dbias);
        }
        self.gradient.run(n, x, (dy, &self.winners), kernel, dkernel, dx);
    }
}
