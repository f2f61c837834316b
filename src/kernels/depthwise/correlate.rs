//! `y[q, c] = rectifier(bias[c] + Σ x[q + tap, c] kernel[tap, c])` over windows of any placing.

use super::windows::Windows;
use crate::kernels::Rectifier;
use crate::kernels::arrays;
use crate::kernels::lanes::{load_vectors, store_vectors};
use crate::simd::{F32x4, LANES};

/// Windows that are worked on together, so that a vector of weights is loaded once for all.
const GROUP: usize = 4;

/// What is computed for an image.
pub(super) struct Correlation<'a> {
    /// Down and across.
    pub windows: [&'a Windows; 2],
    pub channels: usize,
    /// [height, `x_width`, `channels`]
    pub x: &'a [f32],
    pub x_width: usize,
    /// [height, `kernel_width`, `channels`]
    pub kernel: &'a [f32],
    pub kernel_width: usize,
    pub bias: Option<&'a [f32]>,
    pub rectifier: Rectifier,
    /// The width of `y`.
    pub y_width: usize,
}

/// One element of a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tap {
    /// Where its pixel begins, for the first of the windows at hand.
    x: usize,
    /// Where its weights begin.
    weights: usize,
}

impl Correlation<'_> {
    /// Writes what the windows write of `y` [height, `y_width`, `channels`]. `taps` is scratch with
    /// room for a whole kernel.
    pub fn run(&self, taps: &mut Vec<Tap>, y: &mut [f32]) {
        let [rows, columns] = self.windows;
        let inside = columns.inside();
        let whole = inside.len() / GROUP * GROUP;
        for row in 0..rows.count {
            let line = (rows.first + row * rows.write_step) * self.y_width;
            let mut windows = |from: usize, count: usize| {
                if count == 0 {
                    return;
                }
                self.find_taps(row, from, taps);
                let place = line + columns.first + from * columns.write_step;
                let y = &mut y[place * self.channels..];
                if count.is_multiple_of(GROUP) {
                    self.group::<GROUP>(count / GROUP, taps, y);
                } else {
                    self.group::<1>(count, taps, y);
                }
            };
            // At the edges every window has taps of its own; inside, all have the same.
            (0..inside.start).for_each(|column| windows(column, 1));
            windows(inside.start, whole);
            windows(inside.start + whole, inside.len() - whole);
            (inside.end..columns.count).for_each(|column| windows(column, 1));
        }
    }

    /// The taps of a window as far as they lie inside.
    fn find_taps(&self, row: usize, column: usize, taps: &mut Vec<Tap>) {
        let [rows, columns] = self.windows;
        taps.clear();
        for &(down, offset) in rows.taps_of(row) {
            let line = rows.element(row, offset) * self.x_width;
            for &(across, offset) in columns.taps_of(column) {
                taps.push(Tap {
                    x: (line + columns.element(column, offset)) * self.channels,
                    weights: (down * self.kernel_width + across) * self.channels,
                });
            }
        }
    }

    /// `count` times `P` windows side by side, from the one on whose taps are given.
    #[inline(never)]
    fn group<const P: usize>(&self, count: usize, taps: &[Tap], y: &mut [f32]) {
        let columns = self.windows[1];
        let steps = [columns.read_step, columns.write_step].map(|step| step * self.channels);
        for group in 0..count {
            let at = arrays::map(steps, |step| group * P * step);
            let mut c = 0;
            while self.channels - c >= 2 * LANES {
                self.tile::<P, 2, true>(taps, steps, arrays::map(at, |at| at + c), c, y);
                c += 2 * LANES;
            }
            if self.channels - c >= LANES {
                self.tile::<P, 1, true>(taps, steps, arrays::map(at, |at| at + c), c, y);
                c += LANES;
            }
            if c < self.channels {
                self.tile::<P, 1, false>(taps, steps, arrays::map(at, |at| at + c), c, y);
            }
        }
    }

    /// `P` windows, `V` vectors of channels from `c` on (the last ones, fewer than a vector, unless
    /// `WHOLE`), at these places of `x` and `y`.
    #[inline(always)]
    fn tile<const P: usize, const V: usize, const WHOLE: bool>(
        &self,
        taps: &[Tap],
        [x_step, y_step]: [usize; 2],
        [x_at, y_at]: [usize; 2],
        c: usize,
        y: &mut [f32],
    ) {
        let left = self.channels - c;
        let zero = [F32x4::zero(); V];
        let bias = self.bias.map_or(zero, |bias| load_vectors::<V, WHOLE>(bias, c, left));
        let mut sums = [bias; P];
        for tap in taps {
            let weights = load_vectors::<V, WHOLE>(self.kernel, tap.weights + c, left);
            for (p, sums) in sums.iter_mut().enumerate() {
                let x = load_vectors::<V, WHOLE>(self.x, tap.x + x_at + p * x_step, left);
                for v in 0..V {
                    sums[v] += x[v] * weights[v];
                }
            }
        }
        for (p, sums) in sums.into_iter().enumerate() {
            let values = arrays::map(sums, |sum| self.rectifier.apply(sum));
            store_vectors::<V, WHOLE>(values, y, y_at + p * y_step, left);
        }
    }
}
