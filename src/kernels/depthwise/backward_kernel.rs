//! The gradient of the kernel: `dkernel[tap, c] = Σ x[q + tap, c] dy[q, c]`.

use std::ops::Range;

use super::DepthwiseGeometry;
use super::windows::Windows;
use crate::kernels::arrays;
use crate::kernels::lanes::{load_vectors, store_vectors};
use crate::simd::{F32x4, LANES};

/// Taps of a kernel's row that are worked on together, so that a vector of `dy` is loaded once for
/// all.
const GROUP: usize = 3;

/// One row of the output beside the row of the input that a row of the kernel sees.
struct Row<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    channels: usize,
    /// From what an output sees to what the next one does.
    step: usize,
}

/// Adds the gradient for one image `x` [height, width, filters] (with repeated channels) to
/// `dkernel`.
pub(super) fn add(
    g: &DepthwiseGeometry,
    [rows, columns]: &[Windows; 2],
    x: &[f32],
    dy: &[f32],
    dkernel: &mut [f32],
) {
    let channels = g.filters();
    let [x_line, dy_line, kernel_line] = [g.width, g.out_width, g.kernel[1]].map(|w| w * channels);
    for (row, dy) in dy.chunks_exact(dy_line).enumerate() {
        for &(tap, offset) in rows.taps_of(row) {
            let x = &x[rows.element(row, offset) * x_line..][..x_line];
            let dkernel = &mut dkernel[tap * kernel_line..][..kernel_line];
            let row = Row { x, dy, channels, step: columns.read_step * channels };
            row.add(columns, dkernel);
        }
    }
}

impl Row<'_> {
    /// Adds to the gradients of a row of the kernel.
    fn add(&self, columns: &Windows, dkernel: &mut [f32]) {
        let (groups, rest) = columns.taps().as_chunks::<GROUP>();
        for taps in groups {
            let ranges = taps.map(|(_, offset)| columns.windows_of(offset));
            let from = ranges.iter().map(|range| range.start).fold(0, usize::max);
            let to = ranges.iter().map(|range| range.end).fold(columns.count, usize::min);
            if from >= to {
                taps.iter().for_each(|tap| self.add_one(columns, *tap, dkernel));
                continue;
            }
            self.add_taps(columns, taps, from..to, dkernel);
            // Outputs near the edges that only some of the taps reach.
            for (tap, range) in taps.iter().zip(ranges) {
                self.add_taps(columns, &[*tap], range.start..from, dkernel);
                self.add_taps(columns, &[*tap], to..range.end, dkernel);
            }
        }
        rest.iter().for_each(|tap| self.add_one(columns, *tap, dkernel));
    }

    fn add_one(&self, columns: &Windows, tap: (usize, isize), dkernel: &mut [f32]) {
        self.add_taps(columns, &[tap], columns.windows_of(tap.1), dkernel);
    }

    /// Adds for some of the outputs, all of which these taps reach.
    fn add_taps<const T: usize>(
        &self,
        columns: &Windows,
        taps: &[(usize, isize); T],
        outputs: Range<usize>,
        dkernel: &mut [f32],
    ) {
        if outputs.is_empty() {
            return;
        }
        let x = arrays::map(*taps, |(_, offset)| {
            columns.element(outputs.start, offset) * self.channels
        });
        let targets = arrays::map(*taps, |(tap, _)| tap * self.channels);
        self.sums::<T>(outputs.start * self.channels, outputs.len(), x, targets, dkernel);
    }

    /// `count` outputs from `dy_at` on, and for each tap the inputs from `x_at[tap]` on.
    #[inline(never)]
    fn sums<const T: usize>(
        &self,
        dy_at: usize,
        count: usize,
        x_at: [usize; T],
        targets: [usize; T],
        dkernel: &mut [f32],
    ) {
        let mut c = 0;
        while self.channels - c >= 2 * LANES {
            self.tile::<T, 2, true>(dy_at, count, x_at, targets, c, dkernel);
            c += 2 * LANES;
        }
        if self.channels - c >= LANES {
            self.tile::<T, 1, true>(dy_at, count, x_at, targets, c, dkernel);
            c += LANES;
        }
        if c < self.channels {
            self.tile::<T, 1, false>(dy_at, count, x_at, targets, c, dkernel);
        }
    }

    /// [`Row::sums`] of `V` vectors of channels from `c` on; of the last ones, fewer than a vector,
    /// unless `WHOLE`.
    #[inline(always)]
    fn tile<const T: usize, const V: usize, const WHOLE: bool>(
        &self,
        dy_at: usize,
        count: usize,
        x_at: [usize; T],
        targets: [usize; T],
        c: usize,
        dkernel: &mut [f32],
    ) {
        let left = self.channels - c;
        let mut sums = [[F32x4::zero(); V]; T];
        for output in 0..count {
            let dy = load_vectors::<V, WHOLE>(self.dy, dy_at + output * self.channels + c, left);
            for (sums, x_at) in sums.iter_mut().zip(x_at) {
                let x = load_vectors::<V, WHOLE>(self.x, x_at + output * self.step + c, left);
                for v in 0..V {
                    sums[v] += x[v] * dy[v];
                }
            }
        }
        for (sums, target) in sums.into_iter().zip(targets) {
            let mut total = load_vectors::<V, WHOLE>(dkernel, target + c, left);
            for v in 0..V {
                total[v] += sums[v];
            }
            store_vectors::<V, WHOLE>(total, dkernel, target + c, left);
        }
    }
}
