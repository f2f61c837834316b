//! The gradient of the input.

use super::Direct;
use crate::kernels::gemm::scatter::scatter;

impl Direct {
    /// Packs a kernel (HWIO) for the gradients of the input that follow.
    pub fn set_transposed_kernel(&mut self, kernel: &[f32]) {
        let g = &self.geometry;
        let segments = kernel[..g.kernel_len()].chunks_exact(self.rows.run * g.filters);
        for (panels, segment) in self.transposed.iter_mut().zip(segments) {
            panels.pack_transposed(segment);
        }
    }

    /// As [`Conv2d::backward_input`](super::super::Conv2d::backward_input), with the kernel that was
    /// set last.
    pub fn backward_input(&mut self, n: usize, dy: &[f32], dx: &mut [f32]) {
        let g = &self.geometry;
        let dy = dy[..n * g.output_len()].chunks(self.block * g.output_len());
        let dx = dx[..n * g.input_len()].chunks_mut(self.block * g.input_len());
        for (dy, dx) in dy.zip(dx) {
            let count = dy.len() / g.filters;
            if g.is_padded() {
                self.padded.fill(0.0);
                scatter(&self.rows, count, dy, &self.transposed, &mut self.padded);
                g.crop(&self.padded, dx);
            } else {
                dx.fill(0.0);
                scatter(&self.rows, count, dy, &self.transposed, dx);
            }
        }
    }
}
