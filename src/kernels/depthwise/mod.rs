//! Depthwise convolution: every channel has filters of its own.
//!
//! Lanes go over channels, which lie side by side in images, kernel and output. Forward pass and
//! gradient of the input are one loop ([`correlate`]) over differently placed windows
//! ([`windows`]). Several filters a channel are one each for a channel that is repeated: the kernel
//! [height, width, channels, multiplier] is laid out the same either way.

mod backward_kernel;
mod correlate;
mod geometry;
mod windows;

pub use geometry::DepthwiseGeometry;

use super::Rectifier;
use super::reduce::column_sums;
use crate::Result;
use crate::memory::Room;
use correlate::{Correlation, Tap};
use windows::Windows;

/// A depthwise convolution of one geometry, with the memory it needs besides its arguments.
#[derive(Clone, Debug)]
pub struct Depthwise {
    geometry: DepthwiseGeometry,
    /// Windows of the output over the input, down and across.
    forward: [Windows; 2],
    /// Windows of the input over the output, by the remainders of their place by the strides.
    backward: [Vec<Windows>; 2],
    /// The elements of a window, made for each row of the output.
    taps: Vec<Tap>,
    /// An image with its channels repeated, where they are.
    repeated: Room,
}

impl Depthwise {
    /// A convolution, to be allocated; without `training` only `forward` may be called.
    #[must_use]
    pub fn new(geometry: DepthwiseGeometry, training: bool) -> Self {
        let g = &geometry;
        let [down, across] = [0, 1].map(|axis| g.axis(axis));
        let repeated = if g.multiplier > 1 { g.input_len() * g.multiplier } else { 0 };
        Self {
            forward: [down.forward(), across.forward()],
            backward: [down, across]
                .map(|axis| if training { axis.backward() } else { Vec::new() }),
            taps: Vec::with_capacity(g.kernel[0] * g.kernel[1]),
            repeated: Room::new(repeated),
            geometry,
        }
    }

    /// Takes the memory that it needs, before the first pass.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        self.repeated.allocate("an image with its channels repeated")
    }

    /// The geometry it was made for.
    #[must_use]
    pub fn geometry(&self) -> &DepthwiseGeometry {
        &self.geometry
    }

    /// How it is computed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        "depthwise 4x8"
    }

    /// The memory it holds, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let backward = self.backward.iter().flatten();
        let windows: usize = self.forward.iter().chain(backward).map(Windows::bytes).sum();
        windows + self.taps.capacity() * size_of::<Tap>() + self.repeated.bytes()
    }

    /// Convolves `n` images `x` [n, height, width, channels] with `kernel` [kernel height, kernel
    /// width, channels, multiplier] into `y` [n, out_height, out_width, channels * multiplier];
    /// adds `bias` [channels * multiplier], then applies the rectifier.
    pub fn forward(
        &mut self,
        n: usize,
        x: &[f32],
        kernel: &[f32],
        bias: Option<&[f32]>,
        rectifier: Rectifier,
        y: &mut [f32],
    ) {
        let g = &self.geometry;
        let x = x[..n * g.input_len()].chunks_exact(g.input_len());
        let y = y[..n * g.output_len()].chunks_exact_mut(g.output_len());
        for (x, y) in x.zip(y) {
            let x = repeated(x, g.multiplier, &mut self.repeated);
            Correlation {
                windows: self.forward.each_ref(),
                channels: g.filters(),
                x,
                x_width: g.width,
                kernel,
                kernel_width: g.kernel[1],
                bias,
                rectifier,
                y_width: g.out_width,
            }
            .run(&mut self.taps, y);
        }
    }

    /// From the input `x` and the gradient `dy` of the output of `n` images: the gradient of the
    /// kernel, summed over the images, and of the bias.
    pub fn backward_kernel(
        &mut self,
        n: usize,
        x: &[f32],
        dy: &[f32],
        dkernel: &mut [f32],
        dbias: Option<&mut [f32]>,
    ) {
        let g = &self.geometry;
        let dy = &dy[..n * g.output_len()];
        if let Some(dbias) = dbias {
            column_sums(dy, dbias);
        }
        let dkernel = &mut dkernel[..g.kernel_len()];
        dkernel.fill(0.0);
        let x = x[..n * g.input_len()].chunks_exact(g.input_len());
        for (x, dy) in x.zip(dy.chunks_exact(g.output_len())) {
            let x = repeated(x, g.multiplier, &mut self.repeated);
            backward_kernel::add(g, &self.forward, x, dy, dkernel);
        }
    }

    /// From the gradient `dy` of the output of `n` images and the kernel: the gradient `dx` of the
    /// input. Only if it was made for training.
    pub fn backward_input(&mut self, n: usize, dy: &[f32], kernel: &[f32], dx: &mut [f32]) {
        let g = &self.geometry;
        let dy = dy[..n * g.output_len()].chunks_exact(g.output_len());
        let dx = dx[..n * g.input_len()].chunks_exact_mut(g.input_len());
        for (dy, dx) in dy.zip(dx) {
            let target = if g.multiplier > 1 { &mut self.repeated[..] } else { &mut *dx };
            for rows in &self.backward[0] {
                for columns in &self.backward[1] {
                    Correlation {
                        windows: [rows, columns],
                        channels: g.filters(),
                        x: dy,
                        x_width: g.out_width,
                        kernel,
                        kernel_width: g.kernel[1],
                        bias: None,
                        rectifier: Rectifier::Linear,
                        y_width: g.width,
                    }
                    .run(&mut self.taps, target);
                }
            }
            if g.multiplier > 1 {
                for (dx, parts) in dx.iter_mut().zip(self.repeated.chunks_exact(g.multiplier)) {
                    *dx = parts.iter().sum();
                }
            }
        }
    }
}

/// An image with every channel `times` in a row, in `scratch` if that is more than one.
fn repeated<'a>(x: &'a [f32], times: usize, scratch: &'a mut [f32]) -> &'a [f32] {
    if times == 1 {
        return x;
    }
    for (&x, copies) in x.iter().zip(scratch.chunks_exact_mut(times)) {
        copies.fill(x);
    }
    scratch
}
