//! Max and average pooling over windows, and over whole images.

use super::window::{Axis, Padding, elements};
use crate::simd::{F32x4, I32x4};
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
struct Window {
    /// Where its output lies, in channels.
    out: usize,
    /// Its rows and columns of input.
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
    /// The tap (position in the unclipped window) of its first element.
    first_tap: usize,
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

    /// The windows of one image, row by row.
    fn windows(&self) -> impl Iterator<Item = Window> + '_ {
        let columns = move |column: usize| {
            clip(column * self.strides[1], self.pads[1], self.pool[1], self.width)
        };
        (0..self.out_height).flat_map(move |row| {
            let (rows, top) = clip(row * self.strides[0], self.pads[0], self.pool[0], self.height);
            (0..self.out_width).map(move |column| {
                let (columns, left) = columns(column);
                Window {
                    out: (row * self.out_width + column) * self.channels,
                    rows: rows.clone(),
                    columns,
                    first_tap: top * self.pool[1] + left,
                }
            })
        })
    }

    /// Calls `tap(number, where its pixel lies in the image)` for the elements of a window.
    #[inline(always)]
    fn taps(&self, window: &Window, mut tap: impl FnMut(u32, usize)) {
        for (i, row) in window.rows.clone().enumerate() {
            for (j, column) in window.columns.clone().enumerate() {
                let number = window.first_tap + i * self.pool[1] + j;
                tap(number as u32, (row * self.width + column) * self.channels);
            }
        }
    }
}

/// The part of a window that lies inside, and how much of it lies before.
fn clip(start: usize, pad: usize, size: usize, length: usize) -> (std::ops::Range<usize>, usize) {
    let begin = start.saturating_sub(pad);
    let end = (start + size - pad).min(length);
    (begin..end, begin + pad - start)
}

/// The maximum of each window of `n` images `x` into `y`. `argmax`, of the length of `y`, receives
/// which tap of its window won (row-major in the window; the first of equals), for
/// [`max_backward`]. A NaN wins only in the first tap.
pub fn max_forward(
    geometry: &PoolGeometry,
    n: usize,
    x: &[f32],
    y: &mut [f32],
    argmax: &mut [u32],
) {
    let (input, output) = (geometry.input_len(), geometry.output_len());
    let images = x[..n * input].chunks_exact(input);
    let outputs =
        y[..n * output].chunks_exact_mut(output).zip(argmax[..n * output].chunks_exact_mut(output));
    for (x, (y, argmax)) in images.zip(outputs) {
        for window in geometry.windows() {
            let y = &mut y[window.out..][..geometry.channels];
            let argmax = &mut argmax[window.out..][..geometry.channels];
            max_window(geometry, &window, x, y, argmax);
        }
    }
}

#[inline(always)]
fn max_window(
    geometry: &PoolGeometry,
    window: &Window,
    x: &[f32],
    y: &mut [f32],
    argmax: &mut [u32],
) {
    let (y, y_rest) = y.as_chunks_mut::<4>();
    let (argmax, argmax_rest) = argmax.as_chunks_mut::<4>();
    for (i, (y, argmax)) in y.iter_mut().zip(argmax).enumerate() {
        let mut best: Option<(F32x4, I32x4)> = None;
        geometry.taps(window, |tap, at| {
            let x = F32x4::load(&x[at + 4 * i..][..4].as_chunks::<4>().0[0]);
            let tap = I32x4::splat(tap as i32);
            best = Some(best.map_or((x, tap), |(max, winner)| {
                let larger = x.gt(max);
                (larger.select(x, max), larger.select_int(tap, winner))
            }));
        });
        if let Some((max, winner)) = best {
            max.store(y);
            winner.store_u32(argmax);
        }
    }
    let rest = geometry.channels - y_rest.len();
    for (i, (y, argmax)) in y_rest.iter_mut().zip(argmax_rest).enumerate() {
        let mut first = true;
        geometry.taps(window, |tap, at| {
            let x = x[at + rest + i];
            if first || x > *y {
                (*y, *argmax, first) = (x, tap, false);
            }
        });
    }
}

/// The gradient of the input of [`max_forward`]: each winner receives the gradients of the windows
/// it won.
pub fn max_backward(geometry: &PoolGeometry, n: usize, dy: &[f32], argmax: &[u32], dx: &mut [f32]) {
    let (input, output) = (geometry.input_len(), geometry.output_len());
    let dx = &mut dx[..n * input];
    dx.fill(0.0);
    let outputs =
        dy[..n * output].chunks_exact(output).zip(argmax[..n * output].chunks_exact(output));
    for (dx, (dy, argmax)) in dx.chunks_exact_mut(input).zip(outputs) {
        for window in geometry.windows() {
            let dy = &dy[window.out..][..geometry.channels];
            let argmax = &argmax[window.out..][..geometry.channels];
            geometry.taps(&window, |tap, at| {
                let dx = &mut dx[at..][..geometry.channels];
                for ((dx, dy), &winner) in dx.iter_mut().zip(dy).zip(argmax) {
                    *dx += if winner == tap { *dy } else { 0.0 };
                }
            });
        }
    }
}

/// The mean of each window of `n` images `x` into `y`; padding does not count.
pub fn average_forward(geometry: &PoolGeometry, n: usize, x: &[f32], y: &mut [f32]) {
    let (input, output) = (geometry.input_len(), geometry.output_len());
    let y = &mut y[..n * output];
    y.fill(0.0);
    for (x, y) in x[..n * input].chunks_exact(input).zip(y.chunks_exact_mut(output)) {
        for window in geometry.windows() {
            let y = &mut y[window.out..][..geometry.channels];
            geometry.taps(&window, |_, at| {
                for (y, x) in y.iter_mut().zip(&x[at..]) {
                    *y += x;
                }
            });
            let count = (window.rows.len() * window.columns.len()) as f32;
            y.iter_mut().for_each(|y| *y /= count);
        }
    }
}

/// The gradient of the input of [`average_forward`].
pub fn average_backward(geometry: &PoolGeometry, n: usize, dy: &[f32], dx: &mut [f32]) {
    let (input, output) = (geometry.input_len(), geometry.output_len());
    let dx = &mut dx[..n * input];
    dx.fill(0.0);
    for (dx, dy) in dx.chunks_exact_mut(input).zip(dy[..n * output].chunks_exact(output)) {
        for window in geometry.windows() {
            let dy = &dy[window.out..][..geometry.channels];
            let share = 1.0 / (window.rows.len() * window.columns.len()) as f32;
            geometry.taps(&window, |_, at| {
                for (dx, dy) in dx[at..].iter_mut().zip(dy) {
                    *dx += dy * share;
                }
            });
        }
    }
}

/// The mean of each channel over all pixels: `x` [n, pixels, channels] to `y` [n, channels].
pub fn global_average_forward(n: usize, channels: usize, x: &[f32], y: &mut [f32]) {
    let image = x.len() / n;
    let share = (channels as f64) / image as f64;
    for (x, y) in x.chunks_exact(image).zip(y.chunks_exact_mut(channels)) {
        super::reduce::column_totals(
            [x],
            channels,
            |[x], _| x,
            |c, total| y[c] = (total * share) as f32,
        );
    }
}

/// The gradient of the input of [`global_average_forward`]: `dy` [n, channels] to `dx`
/// [n, pixels, channels].
pub fn global_average_backward(n: usize, channels: usize, dy: &[f32], dx: &mut [f32]) {
    let image = dx.len() / n;
    let share = channels as f32 / image as f32;
    for (dx, dy) in dx.chunks_exact_mut(image).zip(dy.chunks_exact(channels)) {
        for pixel in dx.chunks_exact_mut(channels) {
            super::elementwise::scale(share, dy, pixel);
        }
    }
}

/// The maximum of each channel over all pixels: `x` [n, pixels, channels] to `y` [n, channels];
/// `argmax` [n, channels] receives the number of the winning pixel, the first of equals.
pub fn global_max_forward(n: usize, channels: usize, x: &[f32], y: &mut [f32], argmax: &mut [u32]) {
    let image = x.len() / n;
    let outputs = y.chunks_exact_mut(channels).zip(argmax.chunks_exact_mut(channels));
    for (x, (y, argmax)) in x.chunks_exact(image).zip(outputs) {
        y.copy_from_slice(&x[..channels]);
        argmax.fill(0);
        for (pixel, x) in x.chunks_exact(channels).enumerate().skip(1) {
            for ((y, winner), &x) in y.iter_mut().zip(&mut *argmax).zip(x) {
                if x > *y {
                    (*y, *winner) = (x, pixel as u32);
                }
            }
        }
    }
}

/// The gradient of the input of [`global_max_forward`].
pub fn global_max_backward(n: usize, channels: usize, dy: &[f32], argmax: &[u32], dx: &mut [f32]) {
    dx.fill(0.0);
    let image = dx.len() / n;
    let outputs = dy.chunks_exact(channels).zip(argmax.chunks_exact(channels));
    for (dx, (dy, argmax)) in dx.chunks_exact_mut(image).zip(outputs) {
        for (channel, (dy, &pixel)) in dy.iter().zip(argmax).enumerate() {
            dx[pixel as usize * channels + channel] = *dy;
        }
    }
}
