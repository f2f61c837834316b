//! Pooling over whole images.

use crate::kernels::lanes::{load_lanes, store_lanes, store_lanes_u32};
use crate::simd::{I32x4, LANES};

/// The mean of each channel over all pixels: `x` [n, pixels, channels] to `y` [n, channels].
pub fn global_average_forward(n: usize, channels: usize, x: &[f32], y: &mut [f32]) {
    let image = x.len() / n;
    let share = (channels as f64) / image as f64;
    for (x, y) in x.chunks_exact(image).zip(y.chunks_exact_mut(channels)) {
        crate::kernels::reduce::column_totals(
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
            crate::kernels::elementwise::scale(share, dy, pixel);
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
