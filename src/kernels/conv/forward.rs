//! `y = rectifier(x * kernel + bias)`.

use super::Conv2d;
use crate::kernels::Rectifier;
use crate::kernels::gemm::multiply::{Epilogue, multiply};

impl Conv2d {
    /// Convolves `n` images `x` [n, height, width, in_channels] with `kernel` (HWIO) into `y`
    /// [n, out_height, out_width, filters]; adds `bias` [filters], then applies the
    /// rectifier.
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
        self.panels.pack(&kernel[..g.kernel_len()]);
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
            multiply(&self.rows, count, x, &self.panels, Epilogue { bias, rectifier }, y);
        }
    }
}
