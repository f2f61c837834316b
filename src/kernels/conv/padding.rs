//! Copies between images and their padded form.

use super::Conv2dGeometry;

impl Conv2dGeometry {
    /// Copies images into padded images; the borders become zero.
    pub(super) fn pad(&self, x: &[f32], padded: &mut [f32]) {
        let [top, left, bottom, _] = self.pads;
        let c = self.in_channels;
        let (line, padded_line) = (self.width * c, self.padded_width() * c);
        let images = x.chunks_exact(self.input_len());
        for (x, padded) in images.zip(padded.chunks_exact_mut(self.padded_len())) {
            let (before, rest) = padded.split_at_mut(top * padded_line);
            let (inside, after) = rest.split_at_mut(self.height * padded_line);
            debug_assert_eq!(after.len(), bottom * padded_line);
            before.fill(0.0);
            after.fill(0.0);
            for (x, padded) in x.chunks_exact(line).zip(inside.chunks_exact_mut(padded_line)) {
                padded[..left * c].fill(0.0);
                padded[left * c..][..line].copy_from_slice(x);
                padded[left * c + line..].fill(0.0);
            }
        }
    }

    /// Copies the inside of padded images.
    pub(super) fn crop(&self, padded: &[f32], x: &mut [f32]) {
        let [top, left, ..] = self.pads;
        let c = self.in_channels;
        let (line, padded_line) = (self.width * c, self.padded_width() * c);
        let images = x.chunks_exact_mut(self.input_len());
        for (x, padded) in images.zip(padded.chunks_exact(self.padded_len())) {
            let inside = padded[top * padded_line..].chunks_exact(padded_line);
            for (x, padded) in x.chunks_exact_mut(line).zip(inside) {
                x.copy_from_slice(&padded[left * c..][..line]);
            }
        }
    }
}
