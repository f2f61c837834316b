//! How fast the kernels are: GFLOP/s of every convolution and dense layer of three networks in all
//! three directions, images a second of their training steps made of kernels alone, and the peak of
//! the machine to hold them against.
//!
//! `npm run bench -- kernels` runs it natively, in Node and in Chromium. To see what V8 makes of a
//! kernel (look for accumulators kept in memory: the share of the peak drops by half), add
//! `NODE_ARGS=--print-wasm-code`.

#[path = "common/mod.rs"]
mod common;
#[path = "kernels/depthwise.rs"]
mod depthwise;
#[path = "kernels/networks.rs"]
mod networks;
#[path = "common/numbers.rs"]
mod numbers;
#[path = "kernels/peak.rs"]
mod peak;

use common::report;

common::start!();

fn run() {
    let peak = peak::multiply_add();
    let build = if tabgrad::simd::FUSES { "relaxed" } else { "baseline" };
    report(&format!("{build} build, peak multiply-add {peak:.1} GFLOP/s; speeds in GFLOP/s"));
    for mut network in networks::all() {
        networks::report_head(network.name);
        network.bench_layers(peak);
        network.bench_step();
    }
    for (name, layers) in networks::layer_sets() {
        networks::report_head(name);
        for mut layer in layers {
            layer.bench_layers(peak);
        }
    }
    depthwise::bench();
}
