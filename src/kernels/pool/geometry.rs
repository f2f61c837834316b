//! The sizes of a pooling and where its windows lie.

use crate::kernels::window::{Axis, Padding, elements};
use crate::{Result, err};

/// The sizes of a pooling of [height, width, channels] images. Made by [`PoolGeometry::new`], which
/// checks them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct PoolGeometry {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    /// [height, width].
    pub pool: [usize; 2],
    /// [down, across].
    pub strides: [usize; 2],
    /// [top, left, bottom, right].
    pub pads: [usize; 4],
    pub out_height: usize,
    pub out_width: usize,
}

/// One window clipped to the image.
pub(super) struct Window {
    /// Where its output lies.
    pub out: usize,
    /// Where its first element lies in the image.
    pub at: usize,
    /// Its rows and columns.
    pub size: [usize; 2],
    /// The tap (position in the unclipped window, row-major) of its first element.
    pub first_tap: usize,
}

impl PoolGeometry {
    /// Works out padding and output size for images [height, width, channels].
    ///
    /// # Errors
    /// `Argument` where a size or stride is zero, `Shape` where the window does not fit an unpadded
    /// image, `TooLarge` where a tensor would have more than 2^28 elements.
    pub fn new(
        input: [usize; 3],
        pool: [usize; 2],
        strides: [usize; 2],
        padding: Padding,
    ) -> Result<Self> {
        let [height, width, channels] = input;
        if channels == 0 {
            return Err(err!(Argument, "pool: 0 channels, expected at least 1"));
        }
        let rows = Axis::new("pool height", height, pool[0], strides[0], 1, padding)?;
        let columns = Axis::new("pool width", width, pool[1], strides[1], 1, padding)?;
        elements("pool input", &[height, width, channels])?;
        elements("pool output", &[rows.out, columns.out, channels])?;
        elements("pool window", &pool)?;
        Ok(Self {
            height,
            width,
            channels,
            pool,
            strides,
            pads: [rows.before, columns.before, rows.after, columns.after],
            out_height: rows.out,
            out_width: columns.out,
        })
    }

    /// The floats of one image.
    #[must_use]
    pub fn input_len(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// The floats of one output.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.out_height * self.out_width * self.channels
    }

    /// Whether every element of the input lies in exactly one window.
    pub(super) fn is_partition(&self) -> bool {
        self.strides == self.pool
            && self.pads == [0; 4]
            && self.out_height * self.pool[0] == self.height
            && self.out_width * self.pool[1] == self.width
    }

    /// Whether its windows are of 2x2 and lie side by side inside of the image.
    pub(super) fn halves(&self) -> bool {
        (self.pool, self.strides, self.pads) == ([2; 2], [2; 2], [0; 4])
    }

    /// Calls `each` for the windows of one image, row by row.
    #[inline(always)]
    pub(super) fn windows(&self, mut each: impl FnMut(&Window)) {
        for row in 0..self.out_height {
            let (top, height, above) =
                clip(row * self.strides[0], self.pads[0], self.pool[0], self.height);
            for column in 0..self.out_width {
                let (left, width, before) =
                    clip(column * self.strides[1], self.pads[1], self.pool[1], self.width);
                each(&Window {
                    out: (row * self.out_width + column) * self.channels,
                    at: (top * self.width + left) * self.channels,
                    size: [height, width],
                    first_tap: above * self.pool[1] + before,
                });
            }
        }
    }

    /// Calls `tap(number, where its pixel lies in the image)` for the elements of a window.
    #[inline(always)]
    pub(super) fn taps(&self, window: &Window, mut tap: impl FnMut(u32, usize)) {
        let [down, across] = [self.width * self.channels, self.channels];
        if window.size == [2, 2] && self.pool == [2, 2] {
            // Without loops.
            tap(0, window.at);
            tap(1, window.at + across);
            tap(2, window.at + down);
            tap(3, window.at + down + across);
            return;
        }
        for row in 0..window.size[0] {
            let number = window.first_tap + row * self.pool[1];
            let at = window.at + row * down;
            for column in 0..window.size[1] {
                tap((number + column) as u32, at + column * across);
            }
        }
    }
}

/// The part of a window that lies inside: where it begins, its length, and how much lies before.
fn clip(start: usize, pad: usize, size: usize, length: usize) -> (usize, usize, usize) {
    let begin = start.saturating_sub(pad);
    let end = (start + size - pad).min(length);
    (begin, end - begin, begin + pad - start)
}
