//! The algorithms of 3x3 convolutions side by side: GFLOP/s, counted as those of the direct
//! algorithm, for each direction, by layer shape. [`Algorithms::fastest`] rests on these figures.
//!
//! ```text
//! cargo bench --bench winograd                                             natively
//! CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER="cargo xtask test-runner" \
//!   cargo test --release --bench winograd --target wasm32-unknown-unknown -- --nocapture
//!                                                                          WebAssembly in Node
//! ```

#[path = "common/mod.rs"]
mod common;
#[path = "common/numbers.rs"]
mod numbers;

use common::{median_seconds, report};
use numbers::numbers;
use tabgrad::kernels::Rectifier;
use tabgrad::kernels::conv::{Algorithm, Algorithms, Conv2d, Conv2dGeometry, Padding, Size};

/// Size of the map, input channels, filters, images.
const LAYERS: [[usize; 4]; 14] = [
    // W2.
    [32, 3, 32, 64],
    [32, 32, 32, 64],
    [16, 32, 64, 64],
    [16, 64, 64, 64],
    // ResNet-20.
    [32, 16, 16, 64],
    [16, 32, 32, 64],
    [8, 64, 64, 64],
    // Where the algorithms cross.
    [32, 8, 8, 64],
    [2, 64, 64, 64],
    [3, 64, 64, 64],
    [6, 64, 64, 64],
    [16, 64, 64, 1],
    [8, 256, 256, 16],
    [4, 512, 512, 4],
];

common::start!();

fn run() {
    report("map, channels, filters, images: direct | F(2x2,3x3) | F(4x4,3x3), GFLOP/s (ratio)");
    for layer in LAYERS {
        compare(layer);
    }
}

fn compare([size, channels, filters, n]: [usize; 4]) {
    let g =
        Conv2dGeometry::new([size, size, channels], filters, [3, 3], [1, 1], [1, 1], Padding::Same)
            .expect("a valid geometry");
    let algorithms =
        [Algorithm::Direct, Algorithm::Winograd(Size::Two), Algorithm::Winograd(Size::Four)];
    let x = numbers(n * g.input_len());
    let dy = numbers(n * g.output_len());
    let kernel = numbers(g.kernel_len());
    let (mut y, mut dx) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
    let mut dkernel = vec![0.0; kernel.len()];
    let times = algorithms.map(|algorithm| {
        let algorithms = Algorithms::all(algorithm);
        let mut conv = Conv2d::with_algorithms(g.clone(), n, true, algorithms);
        conv.allocate().expect("little memory");
        [
            median_seconds(|| conv.forward(n, &x, &kernel, None, Rectifier::Linear, &mut y)),
            median_seconds(|| conv.backward_kernel(n, &x, &dy, &mut dkernel, None)),
            median_seconds(|| conv.backward_input(n, &dy, &kernel, &mut dx)),
        ]
    });
    let flops = 2.0 * n as f64 * g.multiply_adds() as f64;
    for (i, direction) in ["forward", "weights", "input"].into_iter().enumerate() {
        let speeds = times.map(|times| flops / times[i] / 1e9);
        let [direct, two, four] = speeds;
        report(&format!(
            "{size:3} {channels:4} {filters:4} {n:3} {direction:8} {direct:6.1} | {two:6.1} \
             ({:4.2}) | {four:6.1} ({:4.2})",
            two / direct,
            four / direct,
        ));
    }
}
