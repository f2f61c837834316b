//! What adds borders to images, and what takes them away: each is the gradient of the other.

use super::{Backward, Forward, Op, Reads};

/// Copies the inside of images; sizes are in floats.
pub(super) struct BordersOp {
    /// Of the image with borders.
    outer: usize,
    outer_line: usize,
    /// Before the first pixel of the inside.
    before: usize,
    inner: usize,
    inner_line: usize,
    /// Whether the borders are taken away.
    crops: bool,
}

impl BordersOp {
    /// Of images `outer` [height, width, channels], whose inside of [height, width] begins at
    /// [row, column].
    pub(super) fn new(
        [height, width, channels]: [usize; 3],
        [top, left]: [usize; 2],
        [inner_height, inner_width]: [usize; 2],
        crops: bool,
    ) -> Self {
        let (line, inner_line) = (width * channels, inner_width * channels);
        Self {
            outer: height * line,
            outer_line: line,
            before: top * line + left * channels,
            inner: inner_height * inner_line,
            inner_line,
            crops,
        }
    }

    /// Puts zeros around.
    fn pad(&self, from: &[f32], to: &mut [f32]) {
        to.fill(0.0);
        let images = from.chunks_exact(self.inner);
        for (to, from) in to.chunks_exact_mut(self.outer).zip(images) {
            // The last line may end before a whole outer one does.
            let lines = to[self.before..].chunks_mut(self.outer_line);
            for (to, from) in lines.zip(from.chunks_exact(self.inner_line)) {
                to[..self.inner_line].copy_from_slice(from);
            }
        }
    }

    /// Keeps the inside.
    fn crop(&self, from: &[f32], to: &mut [f32]) {
        let images = to.chunks_exact_mut(self.inner);
        for (from, to) in from.chunks_exact(self.outer).zip(images) {
            let lines = from[self.before..].chunks(self.outer_line);
            for (from, to) in lines.zip(to.chunks_exact_mut(self.inner_line)) {
                to.copy_from_slice(&from[..self.inner_line]);
            }
        }
    }
}

impl Op for BordersOp {
    fn name(&self) -> &'static str {
        "copy"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let (x, y) = (pass.inputs.get(0), pass.output);
        if self.crops { self.crop(x, y) } else { self.pad(x, y) }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let Some(dx) = pass.dinputs.get(0) else { return };
        if self.crops { self.pad(pass.doutput, dx) } else { self.crop(pass.doutput, dx) }
    }
}
