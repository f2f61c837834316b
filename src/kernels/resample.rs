//! Larger images, by repetition or bilinear interpolation.

use super::elementwise::{accumulate, axpy};
use super::lanes::{load_part, store_part};
use crate::Result;
use crate::memory::reserve;
use crate::simd::{F32x4, LANES};

/// Which two elements of an axis an output lies between, and how far behind the first.
type Tap = (u32, u32, f32);

/// Images [height, width, channels] made `factors` times as high and wide.
#[derive(Clone, Debug)]
pub struct Upsampling {
    size: [usize; 3],
    factors: [usize; 2],
    /// Down and across; only for bilinear interpolation, and once allocated.
    taps: [Vec<Tap>; 2],
    is_bilinear: bool,
}

impl Upsampling {
    /// By repetition, or bilinear with the pixels' centres at half-integers and the border's colour
    /// outside (TensorFlow's and Keras's `resize`; PyTorch's with `align_corners=False`), to be
    /// allocated.
    #[must_use]
    pub fn new(size: [usize; 3], factors: [usize; 2], is_bilinear: bool) -> Self {
        Self { size, factors, taps: Default::default(), is_bilinear }
    }

    /// The memory it holds, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let taps = self.out_height() + self.out_width();
        if self.is_bilinear { taps * size_of::<Tap>() } else { 0 }
    }

    /// Takes the memory that it needs, before the first pass.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        if self.is_bilinear {
            self.taps =
                [taps(self.size[0], self.factors[0])?, taps(self.size[1], self.factors[1])?];
        }
        Ok(())
    }

    fn out_height(&self) -> usize {
        self.size[0] * self.factors[0]
    }

    fn out_width(&self) -> usize {
        self.size[1] * self.factors[1]
    }

    /// The floats of an input and of an output.
    fn lens(&self) -> [usize; 2] {
        let [height, width, channels] = self.size;
        [height * width * channels, self.out_height() * self.out_width() * channels]
    }

    /// Writes the larger images of `x` [n, height, width, channels].
    pub fn forward(&self, x: &[f32], y: &mut [f32]) {
        let [len, out_len] = self.lens();
        for (x, y) in x.chunks_exact(len).zip(y.chunks_exact_mut(out_len)) {
            if self.is_bilinear {
                self.interpolate(x, y);
            } else {
                self.nearest(|from, to, c| y[to..][..c].copy_from_slice(&x[from..][..c]));
            }
        }
    }

    /// From the gradient of the larger images: that of the images.
    pub fn backward(&self, dy: &[f32], dx: &mut [f32]) {
        dx.fill(0.0);
        let [len, out_len] = self.lens();
        for (dx, dy) in dx.chunks_exact_mut(len).zip(dy.chunks_exact(out_len)) {
            if self.is_bilinear {
                self.spread(dy, dx);
            } else {
                self.nearest(|from, to, c| accumulate(&dy[to..][..c], &mut dx[from..][..c]));
            }
        }
    }

    /// Calls `each(pixel of the input, pixel of the output, channels)`.
    #[inline(always)]
    fn nearest(&self, mut each: impl FnMut(usize, usize, usize)) {
        let [_, width, channels] = self.size;
        let [down, across] = self.factors;
        for row in 0..self.out_height() {
            for column in 0..self.out_width() {
                let from = row / down * width + column / across;
                each(from * channels, (row * self.out_width() + column) * channels, channels);
            }
        }
    }

    /// Calls `each(output pixel, its four input pixels, how far below and right of the first)`.
    #[inline(always)]
    fn corners(&self, mut each: impl FnMut(usize, [usize; 4], [f32; 2])) {
        let [_, width, channels] = self.size;
        let mut to = 0;
        for &(above, below, down) in &self.taps[0] {
            for &(left, right, across) in &self.taps[1] {
                let at =
                    |row: u32, column: u32| (row as usize * width + column as usize) * channels;
                let corners =
                    [at(above, left), at(above, right), at(below, left), at(below, right)];
                each(to, corners, [down, across]);
                to += channels;
            }
        }
    }

    fn interpolate(&self, x: &[f32], y: &mut [f32]) {
        let channels = self.size[2];
        self.corners(|to, corners, [down, across]| {
            let (down, across) = (F32x4::splat(down), F32x4::splat(across));
            let y = &mut y[to..][..channels];
            let [a, b, c, d] = corners.map(|at| &x[at..][..channels]);
            for i in (0..channels).step_by(LANES) {
                let between = |from: &[f32], to: &[f32]| {
                    let from = load_part(from, i);
                    from + (load_part(to, i) - from) * across
                };
                let (upper, lower) = (between(a, b), between(c, d));
                store_part(upper + (lower - upper) * down, y, i);
            }
        });
    }

    fn spread(&self, dy: &[f32], dx: &mut [f32]) {
        let channels = self.size[2];
        self.corners(|from, corners, [down, across]| {
            let dy = &dy[from..][..channels];
            let (up, left) = (1.0 - down, 1.0 - across);
            let shares = [up * left, up * across, down * left, down * across];
            for (at, share) in corners.into_iter().zip(shares) {
                axpy(share, dy, &mut dx[at..][..channels]);
            }
        });
    }
}

/// What each output of an axis lies between.
fn taps(size: usize, factor: usize) -> Result<Vec<Tap>> {
    let mut taps = reserve("the places of pixels", size * factor)?;
    for place in 0..size * factor {
        // (place + 1/2) / factor - 1/2, which is negative for the first half of the first pixel.
        let at = ((place as f64 + 0.5) / factor as f64 - 0.5).max(0.0);
        let first = at as usize;
        taps.push((first as u32, (first + 1).min(size - 1) as u32, (at - first as f64) as f32));
    }
    Ok(taps)
}
