//! A convolution with ReLU and the max-pooling behind it, one after the other (by the fastest
//! algorithms) and as one kernel: microseconds an image for the forward and the backward pass, by
//! layer shape. [`PooledConv2d::pays`] rests on these figures.
//!
//! ```text
//! cargo bench --bench pooled                                             natively
//! CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER="cargo xtask test-runner" \
//!   cargo test --release --bench pooled --target wasm32-unknown-unknown -- --nocapture
//!                                                                        WebAssembly in Node
//! ```

#[path = "common/mod.rs"]
mod common;
#[path = "common/numbers.rs"]
mod numbers;

use common::{median_seconds, report};
use numbers::numbers;
use tabgrad::kernels::Padding::{self, Same, Valid};
use tabgrad::kernels::Rectifier;
use tabgrad::kernels::conv::{Algorithms, Conv2d, Conv2dGeometry, PooledConv2d};
use tabgrad::kernels::pool::{PoolGeometry, max_backward, max_forward};

/// One shard.
const N: usize = 16;

const ROUNDS: usize = 5;

/// Size of the map, input channels, filters, size of the kernel, padding, size of the windows.
const LAYERS: [(usize, usize, usize, usize, Padding, usize); 16] = [
    // W1.
    (28, 1, 8, 5, Valid, 2),
    (12, 8, 16, 5, Valid, 2),
    // LeNet and others for small images.
    (28, 1, 6, 5, Same, 2),
    (14, 6, 16, 5, Valid, 2),
    (28, 1, 32, 3, Valid, 2),
    (13, 32, 64, 3, Valid, 2),
    (32, 3, 32, 3, Same, 2),
    (32, 3, 32, 5, Same, 2),
    (16, 32, 64, 5, Same, 2),
    (28, 1, 8, 5, Valid, 3),
    // Where Winograd's algorithm suits. The first two are of W2.
    (32, 32, 32, 3, Same, 2),
    (16, 64, 64, 3, Same, 2),
    (16, 32, 32, 3, Same, 2),
    (32, 16, 16, 3, Same, 2),
    (32, 16, 16, 3, Same, 3),
    (8, 64, 64, 3, Same, 2),
];

common::start!();

fn run() {
    report("map, channels, filters, kernel, windows: apart | as one (ratio), us an image");
    for layer in LAYERS {
        compare(layer);
    }
}

fn compare(
    (size, channels, filters, kernel, padding, window): (
        usize,
        usize,
        usize,
        usize,
        Padding,
        usize,
    ),
) {
    let input = [size, size, channels];
    let g = Conv2dGeometry::new(input, filters, [kernel; 2], [1, 1], [1, 1], padding)
        .expect("a valid geometry");
    let output = [g.out_height, g.out_width, filters];
    let pool = PoolGeometry::new(output, [window; 2], [window; 2], Valid).expect("a valid pooling");
    let x = numbers(N * g.input_len());
    let weights = numbers(g.kernel_len());
    let bias = numbers(filters);
    let relu = Rectifier::Relu;
    let upstream = numbers(N * pool.output_len());
    let mut y = vec![0.0; upstream.len()];
    let mut dy = upstream.clone();
    let (mut dkernel, mut dbias) = (vec![0.0; weights.len()], vec![0.0; filters]);
    let mut dx = vec![0.0; x.len()];
    let algorithms = Algorithms::fastest(&g);

    let mut conv = Conv2d::with_algorithms(g.clone(), N, true, algorithms);
    conv.allocate().expect("little memory");
    let mut full = vec![0.0; N * g.output_len()];
    let mut dfull = full.clone();
    let mut winners = vec![0; y.len()];
    conv.forward(N, &x, &weights, Some(&bias), Rectifier::Linear, &mut full);
    conv.reuse_kernel(true);
    let mut one = PooledConv2d::new((g, pool.clone()), N, algorithms);
    one.allocate().expect("little memory");
    one.forward(N, &x, &weights, Some(&bias), relu, &mut y);
    one.reuse_kernel(true);
    let wants_dx = channels > 3;

    // In turns, and the least: what else the machine does disturbs one of them only.
    let mut times = [[f64::INFINITY; 2]; 2];
    for _ in 0..ROUNDS {
        let round = [
            [
                median_seconds(|| {
                    conv.forward(N, &x, &weights, Some(&bias), Rectifier::Linear, &mut full);
                    max_forward(&pool, N, &full, relu, &mut y, Some(&mut winners));
                }),
                median_seconds(|| one.forward(N, &x, &weights, Some(&bias), relu, &mut y)),
            ],
            [
                median_seconds(|| {
                    dy.copy_from_slice(&upstream);
                    relu.backward(&y, &mut dy);
                    max_backward(&pool, N, &dy, &winners, &mut dfull);
                    conv.backward_kernel(N, &x, &dfull, &mut dkernel, Some(&mut dbias));
                    if wants_dx {
                        conv.backward_input(N, &dfull, &weights, &mut dx);
                    }
                }),
                median_seconds(|| {
                    dy.copy_from_slice(&upstream);
                    relu.backward(&y, &mut dy);
                    let dx = wants_dx.then_some(&mut dx[..]);
                    one.backward(N, &x, &dy, &weights, &mut dkernel, Some(&mut dbias), dx);
                }),
            ],
        ];
        for (least, found) in times.as_flattened_mut().iter_mut().zip(round.as_flattened()) {
            *least = least.min(*found);
        }
    }
    let zeros = dy.iter().filter(|dy| **dy == 0.0).count() * 100 / dy.len();
    let [forward, backward] = times.map(|times| {
        let [apart, one] = times.map(|time| time / N as f64 * 1e6);
        format!("{apart:7.1} | {one:7.1} ({:4.2})", apart / one)
    });
    report(&format!(
        "{size:3} {channels:4} {filters:4} {kernel} {padding:?} {window}: forward {forward}, backward \
         {backward}, zeros of ReLU {zeros} %"
    ));
}
