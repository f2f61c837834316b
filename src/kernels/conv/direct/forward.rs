//! `y = rectifier(x * kernel + bias)`.

use super::Direct;
use crate::kernels::gemm::multiply::{Epilogue, multiply};

impl Direct {
    /// Packs a kernel (HWIO) for the forward passes that follow.
    pub fn set_kernel(&mut self, kernel: &[f32]) {
        self.panels.pack(&kernel[..self.geometry.kernel_len()]);
    }

    /// As [`Conv2d::forward`](super::super::Conv2d::forward), with the kernel that was set last.
    pub fn forward(&mut self, n: usize, x: &[f32], epilogue: Epilogue<'_>, y: &mut [f32]) {
        let g = &self.geometry;
        let x = x[..n * g.input_len()].chunks(self.block * g.input_len());
        let y = y[..n * g.output_len()].chunks_mut(self.block * g.output_len());
        for (x, y) in x.zip(y) {
            let count = y.len() / g.filters;
            let x = if g.is_padded() {
                g.pad(x, &mut self.padded);
                &self.padded
            } else {
                x
            };
            multiply(&self.rows, count, x, &self.panels, epilogue, y);
        }
    }
}
