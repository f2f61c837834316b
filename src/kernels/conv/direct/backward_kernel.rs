//! The gradient of the kernel and of the bias.

use super::Direct;
use crate::kernels::gemm::outer::outer;

impl Direct {
    /// The gradient of the kernel, as [`Conv2d::backward_kernel`](super::super::Conv2d::backward_kernel).
    pub fn backward_kernel(&mut self, n: usize, x: &[f32], dy: &[f32], dkernel: &mut [f32]) {
        let g = &self.geometry;
        let scratch = self.scratch.as_mut().expect("made for training");
        let dkernel = &mut dkernel[..g.kernel_len()];
        dkernel.fill(0.0);
        let x = x[..n * g.input_len()].chunks(self.block * g.input_len());
        let dy = &dy[..n * g.output_len()];
        for (x, dy) in x.zip(dy.chunks(self.block * g.output_len())) {
            let count = dy.len() / g.filters;
            let x = if g.is_padded() {
                g.pad(x, &mut self.padded);
                &self.padded
            } else {
                x
            };
            outer(&self.rows, count, x, dy, g.filters, scratch, dkernel);
        }
    }
}
