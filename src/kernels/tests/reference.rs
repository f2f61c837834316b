//! Naive references in double precision, and what the tests compare with.

use crate::kernels::conv::Conv2dGeometry;
use crate::kernels::pool::PoolGeometry;

/// Reproducible numbers between -1 and 1 (a linear congruential generator).
pub fn numbers(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32) / (1 << 23) as f32 - 1.0
        })
        .collect()
}

/// Panics unless every element is within `tolerance` times the largest of them (at least 0.1).
#[track_caller]
pub fn assert_close(found: &[f32], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}: length");
    let scale = expected.iter().fold(0.1, |scale: f64, x| scale.max(x.abs()));
    for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(found) - expected).abs();
        assert!(
            error <= tolerance * scale,
            "{what}: element {i} is {found}, expected {expected} within {tolerance} of {scale}"
        );
    }
}

/// Calls `tap(input index, kernel index, output index)` for every multiply-add of one image.
fn for_each_tap(g: &Conv2dGeometry, mut tap: impl FnMut(usize, usize, usize)) {
    for (oh, ow) in (0..g.out_height).flat_map(|oh| (0..g.out_width).map(move |ow| (oh, ow))) {
        for (kh, kw) in (0..g.kernel[0]).flat_map(|kh| (0..g.kernel[1]).map(move |kw| (kh, kw))) {
            let h = (oh * g.strides[0] + kh * g.dilation[0]).checked_sub(g.pads[0]);
            let w = (ow * g.strides[1] + kw * g.dilation[1]).checked_sub(g.pads[1]);
            let (Some(h), Some(w)) = (h, w) else { continue };
            if h >= g.height || w >= g.width {
                continue;
            }
            for c in 0..g.in_channels {
                for f in 0..g.filters {
                    tap(
                        (h * g.width + w) * g.in_channels + c,
                        ((kh * g.kernel[1] + kw) * g.in_channels + c) * g.filters + f,
                        (oh * g.out_width + ow) * g.filters + f,
                    );
                }
            }
        }
    }
}

/// The convolution of `n` images.
pub fn conv_forward(
    g: &Conv2dGeometry,
    n: usize,
    x: &[f32],
    kernel: &[f32],
    bias: &[f32],
) -> Vec<f64> {
    let mut y: Vec<f64> = (0..n * g.output_len())
        .map(|i| bias.get(i % g.filters).copied().unwrap_or(0.0).into())
        .collect();
    for image in 0..n {
        for_each_tap(g, |i, k, o| {
            y[image * g.output_len() + o] +=
                f64::from(x[image * g.input_len() + i]) * f64::from(kernel[k]);
        });
    }
    y
}

/// Its gradients of kernel and input.
pub fn conv_backward(
    g: &Conv2dGeometry,
    n: usize,
    x: &[f32],
    kernel: &[f32],
    dy: &[f32],
) -> (Vec<f64>, Vec<f64>) {
    let mut dkernel = vec![0.0; g.kernel_len()];
    let mut dx = vec![0.0; n * g.input_len()];
    for image in 0..n {
        for_each_tap(g, |i, k, o| {
            let dy = f64::from(dy[image * g.output_len() + o]);
            dkernel[k] += dy * f64::from(x[image * g.input_len() + i]);
            dx[image * g.input_len() + i] += dy * f64::from(kernel[k]);
        });
    }
    (dkernel, dx)
}

/// `a` [m, k] times `b` [k, n], with any way to index the operands.
pub fn matmul(
    [m, k, n]: [usize; 3],
    a: impl Fn(usize, usize) -> f32,
    b: impl Fn(usize, usize) -> f32,
) -> Vec<f64> {
    let mut c = vec![0.0; m * n];
    for i in 0..m {
        for j in 0..n {
            c[i * n + j] = (0..k).map(|l| f64::from(a(i, l)) * f64::from(b(l, j))).sum();
        }
    }
    c
}

/// The sums of the columns of `x` [rows, columns].
pub fn column_sums(x: &[f32], columns: usize) -> Vec<f64> {
    (0..columns).map(|c| x.iter().skip(c).step_by(columns).map(|&x| f64::from(x)).sum()).collect()
}

/// The inputs of every output of one image: (output, its inputs in row-major order).
pub fn windows(g: &PoolGeometry) -> Vec<(usize, Vec<usize>)> {
    let mut windows = Vec::new();
    for oh in 0..g.out_height {
        for ow in 0..g.out_width {
            for c in 0..g.channels {
                let mut inputs = Vec::new();
                for ph in 0..g.pool[0] {
                    for pw in 0..g.pool[1] {
                        let h = (oh * g.strides[0] + ph)
                            .checked_sub(g.pads[0])
                            .filter(|&h| h < g.height);
                        let w = (ow * g.strides[1] + pw)
                            .checked_sub(g.pads[1])
                            .filter(|&w| w < g.width);
                        if let (Some(h), Some(w)) = (h, w) {
                            inputs.push((h * g.width + w) * g.channels + c);
                        }
                    }
                }
                windows.push(((oh * g.out_width + ow) * g.channels + c, inputs));
            }
        }
    }
    windows
}
