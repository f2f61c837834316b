//! A convolution and the max-pooling behind it as one kernel.
//!
//! Forward, a few images at a time are convolved into a scratch and pooled from there. Backward, only the pixel that won a window has a gradient, and none
//! where the rectifier stopped it: the sums go over those few ([`sparse`]) instead of over a tensor
//! of which three quarters and more are zeros.

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
    /// For training.
    gradient: Option<SparseGradient>,
    /// Which pixel of its window won, for each output of the last forward pass; in training.
    winners: Vec<u32>,
    max_batch: usize,
}

impl PooledConv2d {
    /// Whether it is faster than a convolution by these algorithms and a pooling by themselves.
    #[must_use]
    pub fn pays(algorithms: Algorithms, pool: &PoolGeometry, training: bool) -> bool {
        let [down, across] = pool.strides;
        let direct = |algorithm| algorithm == Algorithm::Direct;
        let few = down * across >= 4;
        direct(algorithms.forward)
            && (!training
                || few && direct(algorithms.backward_input) && direct(algorithms.backward_kernel))
    }

    /// A convolution of up to `max_batch` images, whose output is what `pool` takes, to be
    /// allocated. Without `training` only `forward` may be called.
    #[must_use]
    pub fn new(
        geometry: Conv2dGeometry,
        pool: PoolGeometry,
        max_batch: usize,
        training: bool,
        algorithms: Algorithms,
    ) -> Self {
        debug_assert_eq!(geometry.output_len(), pool.input_len());
        let block = (BLOCK / geometry.output_len()).clamp(1, max_batch.max(1));
        let convolved = Room::new(block * geometry.output_len());
        let gradient = training.then(|| SparseGradient::new(geometry.clone(), &pool, max_batch));
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
        if let Some(gradient) = &mut self.gradient {
            gradient.allocate()?;
            self.winners =
                allocate("winners of maxPooling2d", self.max_batch * self.pool.output_len())?;
        }
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
        self.conv.bytes()
            + self.convolved.bytes()
            + self.gradient.as_ref().map_or(0, SparseGradient::bytes)
    }

    /// The memory it holds for each image, in bytes.
    #[must_use]
    pub fn sample_bytes(&self) -> usize {
        if self.gradient.is_some() { size_of::<u32>() * self.pool.output_len() } else { 0 }
    }

    /// As [`Conv2d::reuse_kernel`].
    pub fn reuse_kernel(&mut self, reuse: bool) {
        self.conv.reuse_kernel(reuse);
        if let (false, Some(gradient)) = (reuse, &mut self.gradient) {
            gradient.forget_kernel();
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
        let mut winners = &mut self.winners[..];
        let blocks = x[..n * input].chunks(self.block * input);
        for (x, y) in blocks.zip(y[..n * pooled].chunks_mut(self.block * pooled)) {
            let images = x.len() / input;
            let full = &mut self.convolved[..images * convolved];
            self.conv.forward(images, x, kernel, bias, Rectifier::Linear, full);
            self.conv.reuse_kernel(true);
            let own = winners.split_off_mut(..y.len());
            max_forward(&self.pool, images, full, rectifier, y, own);
        }
    }

    /// From the input `x` of the last forward pass, the gradient `dy` of its `n` outputs before the
    /// rectifier, and the kernel: the gradient of the kernel, summed over the images, of the bias,
    /// and of the input where it is wanted.
    ///
    /// # Panics
    /// If it was not made for training.
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
        let gradient = self.gradient.as_mut().expect("made for training");
        let dy = &dy[..n * self.pool.output_len()];
        if let Some(dbias) = dbias {
            column_sums(dy, dbias);
        }
        gradient.run(n, x, (dy, &self.winners), kernel, dkernel, dx);
    }
}
