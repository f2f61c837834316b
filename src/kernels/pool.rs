//! Max and average pooling over windows, and over whole images.

use super::Rectifier;
use super::lanes::{load_lanes, load_lanes_u32, store_lanes, store_lanes_u32};
use super::window::{Axis, Padding, elements};
use crate::simd::{F32x4, I32x4, LANES};
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
    /// Where its output lies.
    out: usize,
    /// Where its first element lies in the image.
    at: usize,
    /// Its rows and columns.
    size: [usize; 2],
    /// The tap (position in the unclipped window, row-major) of its first element.
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

    /// Whether every element of the input lies in exactly one window.
    fn is_partition(&self) -> bool {
        self.strides == self.pool
            && self.pads == [0; 4]
            && self.out_height * self.pool[0] == self.height
            && self.out_width * self.pool[1] == self.width
    }

    /// Calls `each` for the windows of one image, row by row.
    #[inline(always)]
    fn windows(&self, mut each: impl FnMut(&Window)) {
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
    fn taps(&self, window: &Window, mut tap: impl FnMut(u32, usize)) {
        let [down, across] = [self.width * self.channels, self.channels];
        if window.size == [2, 2] && self.pool == [2, 2] {
            // By far the commonest, without loops.
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

/// The maximum of each window of `n` images `x`, rectified, into `y`. `argmax`, of the length of
/// `y`, receives which tap of its window won (row-major in the window; the first of equals), for
/// [`max_backward`]. A NaN wins only in the first tap.
pub fn max_forward(
    g: &PoolGeometry,
    n: usize,
    x: &[f32],
    rectifier: Rectifier,
    y: &mut [f32],
    argmax: Option<&mut [u32]>,
) {
    let (input, output) = (g.input_len(), g.output_len());
    let images = x[..n * input].chunks_exact(input).zip(y[..n * output].chunks_exact_mut(output));
    let whole = g.channels.is_multiple_of(LANES);
    let Some(argmax) = argmax else {
        let forward = if whole { max_image::<true, false> } else { max_image::<false, false> };
        return images.for_each(|(x, y)| forward(g, x, rectifier, y, &mut []));
    };
    let forward = if whole { max_image::<true, true> } else { max_image::<false, true> };
    for ((x, y), argmax) in images.zip(argmax[..n * output].chunks_exact_mut(output)) {
        forward(g, x, rectifier, y, argmax);
    }
}

/// One image; its channels are whole vectors if `WHOLE`, and `argmax` is wanted if `WINNERS`.
#[inline(never)]
fn max_image<const WHOLE: bool, const WINNERS: bool>(
    g: &PoolGeometry,
    x: &[f32],
    rectifier: Rectifier,
    y: &mut [f32],
    argmax: &mut [u32],
) {
    g.windows(|window| {
        for c in (0..g.channels).step_by(LANES) {
            let end = g.channels - c;
            let mut max = load_lanes::<WHOLE>(x, window.at + c, end);
            let mut winner = I32x4::splat(window.first_tap as i32);
            g.taps(window, |tap, at| {
                let x = load_lanes::<WHOLE>(x, at + c, end);
                let larger = x.gt(max);
                max = larger.select(x, max);
                if WINNERS {
                    winner = larger.select_int(I32x4::splat(tap as i32), winner);
                }
            });
            store_lanes::<WHOLE>(rectifier.apply(max), y, window.out + c, end);
            if WINNERS {
                store_lanes_u32::<WHOLE>(winner, argmax, window.out + c, end);
            }
        }
    });
}

/// The gradient of the input of [`max_forward`]: each winner receives the gradients of the windows
/// it won.
pub fn max_backward(g: &PoolGeometry, n: usize, dy: &[f32], argmax: &[u32], dx: &mut [f32]) {
    let (input, output) = (g.input_len(), g.output_len());
    let dx = &mut dx[..n * input];
    let backward = match (g.channels.is_multiple_of(LANES), g.is_partition()) {
        (true, true) => max_backward_image::<true, true>,
        (true, false) => max_backward_image::<true, false>,
        (false, true) => max_backward_image::<false, true>,
        (false, false) => max_backward_image::<false, false>,
    };
    if !g.is_partition() {
        dx.fill(0.0);
    }
    let outputs = dy[..n * output].chunks_exact(output);
    let outputs = outputs.zip(argmax[..n * output].chunks_exact(output));
    for (dx, (dy, argmax)) in dx.chunks_exact_mut(input).zip(outputs) {
        backward(g, dy, argmax, dx);
    }
}

/// One image; its channels are whole vectors if `WHOLE`. If `PARTITION`, every element of `dx` lies
/// in one window and is written, else it is added to.
#[inline(never)]
fn max_backward_image<const WHOLE: bool, const PARTITION: bool>(
    g: &PoolGeometry,
    dy: &[f32],
    argmax: &[u32],
    dx: &mut [f32],
) {
    g.windows(|window| {
        for c in (0..g.channels).step_by(LANES) {
            let end = g.channels - c;
            let dy = load_lanes::<WHOLE>(dy, window.out + c, end);
            let winner = load_lanes_u32::<WHOLE>(argmax, window.out + c, end);
            g.taps(window, |tap, at| {
                let mut sum = winner.eq(I32x4::splat(tap as i32)).keep(dy);
                if !PARTITION {
                    sum += load_lanes::<WHOLE>(dx, at + c, end);
                }
                store_lanes::<WHOLE>(sum, dx, at + c, end);
            });
        }
    });
}

/// The mean of each window of `n` images `x` into `y`; padding does not count.
pub fn average_forward(g: &PoolGeometry, n: usize, x: &[f32], y: &mut [f32]) {
    let (input, output) = (g.input_len(), g.output_len());
    let whole = g.channels.is_multiple_of(LANES);
    let forward = if whole { average_image::<true> } else { average_image::<false> };
    for (x, y) in x[..n * input].chunks_exact(input).zip(y[..n * output].chunks_exact_mut(output)) {
        forward(g, x, y);
    }
}

/// One image; its channels are whole vectors if `WHOLE`.
#[inline(never)]
fn average_image<const WHOLE: bool>(g: &PoolGeometry, x: &[f32], y: &mut [f32]) {
    g.windows(|window| {
        let count = F32x4::splat((window.size[0] * window.size[1]) as f32);
        for c in (0..g.channels).step_by(LANES) {
            let end = g.channels - c;
            let mut sum = F32x4::zero();
            g.taps(window, |_, at| sum += load_lanes::<WHOLE>(x, at + c, end));
            store_lanes::<WHOLE>(sum / count, y, window.out + c, end);
        }
    });
}

/// The gradient of the input of [`average_forward`].
pub fn average_backward(g: &PoolGeometry, n: usize, dy: &[f32], dx: &mut [f32]) {
    let (input, output) = (g.input_len(), g.output_len());
    let dx = &mut dx[..n * input];
    let backward = match (g.channels.is_multiple_of(LANES), g.is_partition()) {
        (true, true) => average_backward_image::<true, true>,
        (true, false) => average_backward_image::<true, false>,
        (false, true) => average_backward_image::<false, true>,
        (false, false) => average_backward_image::<false, false>,
    };
    if !g.is_partition() {
        dx.fill(0.0);
    }
    for (dx, dy) in dx.chunks_exact_mut(input).zip(dy[..n * output].chunks_exact(output)) {
        backward(g, dy, dx);
    }
}

/// One image; as [`max_backward_image`].
#[inline(never)]
fn average_backward_image<const WHOLE: bool, const PARTITION: bool>(
    g: &PoolGeometry,
    dy: &[f32],
    dx: &mut [f32],
) {
    g.windows(|window| {
        let share = F32x4::splat(1.0 / (window.size[0] * window.size[1]) as f32);
        for c in (0..g.channels).step_by(LANES) {
            let end = g.channels - c;
            let part = load_lanes::<WHOLE>(dy, window.out + c, end) * share;
            g.taps(window, |_, at| {
                let before =
                    if PARTITION { F32x4::zero() } else { load_lanes::<WHOLE>(dx, at + c, end) };
                store_lanes::<WHOLE>(before + part, dx, at + c, end);
            });
        }
    });
}

/// The mean of each channel over all pixels: `x` [n, pixels, channels] to `y` [n, channels].
pub fn global_average_forward(n: usize, channels: usize, x: &[f32], y: &mut [f32]) {
    let image = x.len() / n;
    let share = (channels as f64) / image as f64;
    for (x, y) in x.chunks_exact(image).zip(y.chunks_exact_mut(channels)) {
        super::reduce::column_totals(
            [x],
            [],
            channels,
            |[x], []| [x],
            |c, [total]| y[c] = (total * share) as f32,
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
        for c in (0..channels).step_by(LANES) {
            let end = channels - c;
            let mut max = load_lanes::<false>(x, c, end.min(LANES));
            let mut winner = I32x4::splat(0);
            for (pixel, at) in (c..image).step_by(channels).enumerate().skip(1) {
                let x = load_lanes::<false>(x, at, end.min(LANES));
                let larger = x.gt(max);
                max = larger.select(x, max);
                winner = larger.select_int(I32x4::splat(pixel as i32), winner);
            }
            store_lanes::<false>(max, y, c, end.min(LANES));
            store_lanes_u32::<false>(winner, argmax, c, end.min(LANES));
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
