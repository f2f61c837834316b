//! Max and average pooling over windows, and over whole images.

mod geometry;
mod global;

pub use geometry::PoolGeometry;
pub use global::{
    global_average_backward, global_average_forward, global_max_backward, global_max_forward,
};

use super::Rectifier;
use super::arrays;
use super::lanes::{load_lanes, load_lanes_u32, store_lanes, store_lanes_u32};
use crate::simd::{F32x4, I32x4, LANES};

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
    if WHOLE && g.halves() {
        return max_quarters::<WINNERS>(g, x, rectifier, y, argmax);
    }
    g.windows(|window| {
        for c in (0..g.channels).step_by(LANES) {
            let end = g.channels - c;
            let mut max = load_lanes::<WHOLE>(x, window.at + c, end);
            let mut winner = I32x4::splat(window.first_tap as i32);
            g.taps(window, |tap, at| {
                let x = load_lanes::<WHOLE>(x, at + c, end);
                let larger = x.gt(max);
                max = x.max(max);
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

/// As [`max_image`] for windows of 2x2 side by side, by far the commonest, and channels that are whole
/// vectors; without the search for what lies in a window.
fn max_quarters<const WINNERS: bool>(
    g: &PoolGeometry,
    x: &[f32],
    rectifier: Rectifier,
    y: &mut [f32],
    argmax: &mut [u32],
) {
    let (line, out_line) = (g.width * g.channels, g.out_width * g.channels);
    let vectors = g.channels / LANES;
    let (y, argmax) = (y.as_chunks_mut().0, argmax.as_chunks_mut().0);
    for row in 0..g.out_height {
        let (upper, lower) = x[2 * row * line..][..2 * line].split_at(line);
        let [upper, lower] = [upper, lower].map(|line| line.as_chunks().0);
        for column in 0..g.out_width {
            let (at, out) = (2 * column * vectors, (row * out_line / LANES) + column * vectors);
            let taps = [&upper[at..], &upper[at + vectors..], &lower[at..], &lower[at + vectors..]];
            let taps = arrays::map(taps, |tap| &tap[..vectors]);
            let y = &mut y[out..][..vectors];
            let argmax = if WINNERS { &mut argmax[out..][..vectors] } else { &mut [] };
            for v in 0..vectors {
                let mut max = F32x4::load(&taps[0][v]);
                let mut winner = I32x4::splat(0);
                for (tap, x) in taps.iter().enumerate().skip(1) {
                    let x = F32x4::load(&x[v]);
                    if WINNERS {
                        winner = x.gt(max).select_int(I32x4::splat(tap as i32), winner);
                    }
                    max = x.max(max);
                }
                rectifier.apply(max).store(&mut y[v]);
                if WINNERS {
                    winner.store_u32(&mut argmax[v]);
                }
            }
        }
    }
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
