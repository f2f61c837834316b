//! How fast the kernels are: GFLOP/s of every convolution and dense layer of three networks in all
//! three directions, images a second of their training steps made of kernels alone, and the peak of
//! the machine to hold them against. Each figure is the median of [`SAMPLES`] samples.
//!
//! ```text
//! cargo bench --bench kernels                                              natively
//! CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER="cargo xtask test-runner" \
//!   cargo test --release --bench kernels --target wasm32-unknown-unknown -- --nocapture
//!                                                                          WebAssembly in Node
//! ```
//!
//! In Chromium: the second with `WASM_BINDGEN_USE_BROWSER=1` and `CHROMEDRIVER` set. To see what V8
//! makes of a kernel (look for accumulators kept in memory), add `NODE_ARGS=--print-wasm-code`.

#[path = "kernels/clock.rs"]
mod clock;
#[path = "kernels/depthwise.rs"]
mod depthwise;
#[path = "kernels/networks.rs"]
mod networks;
#[path = "kernels/peak.rs"]
mod peak;

use clock::{median_seconds, report};

/// Samples a figure is the median of.
const SAMPLES: usize = 15;

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    // `cargo test --benches` only asks whether it builds.
    if std::env::args().any(|argument| argument == "--bench") {
        run();
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(target_arch = "wasm32")]
#[wasm_bindgen_test::wasm_bindgen_test]
fn bench() {
    run();
}

fn run() {
    report(&format!("peak multiply-add: {:.1} GFLOP/s", peak::multiply_add()));
    for mut network in networks::all() {
        network.bench_layers();
        network.bench_step();
    }
    depthwise::bench();
}
