//! How fast a run trains: images a second of `Trainer::advance` on four networks, and what share of it
//! is not the network's forward and backward pass. The images are made up, which changes nothing but
//! the losses.
//!
//! ```text
//! cargo bench --bench fit                                              natively
//! CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER="cargo xtask test-runner" \
//!   cargo bench --bench fit --target wasm32-unknown-unknown            in Node, on WebAssembly
//! ```
//!
//! In Chromium: the second with `WASM_BINDGEN_USE_BROWSER=1` and `CHROMEDRIVER` set.

#[path = "common/mod.rs"]
mod common;

use common::{median_seconds, report};
use serde_json::json;
use tabgrad::data::{Column, Dataset, Preprocessing, Targets, Values};
use tabgrad::layers::StepKey;
use tabgrad::model::Model;
use tabgrad::plan::{Head, Mode, Plan};
use tabgrad::spec::ModelSpec;
use tabgrad::trainer::{RunSpec, Trainer};

const IMAGES: usize = 1024;

const NETWORKS: [&str; 4] = [
    include_str!("fit/w1.json"),
    include_str!("fit/v3.json"),
    include_str!("fit/w3.json"),
    include_str!("fit/cifar-fast.json"),
];

common::start!();

fn run() {
    for network in NETWORKS {
        let spec: ModelSpec = serde_json::from_str(network).expect("a specification");
        let dataset = images(&spec.inputs[0].shape);
        for batch in [64, 128] {
            fit(&spec, &dataset, batch);
        }
    }
}

/// Images of noise; every class has its own level.
fn images(shape: &[usize]) -> Dataset {
    let size = shape.iter().product::<usize>() as u64;
    let pixels =
        (0..IMAGES as u64 * size).map(|i| ((i * i % 251 + i / size * 11) % 256) as u8).collect();
    let column = Column::new(shape.to_vec(), Values::U8(pixels)).expect("images");
    let labels = Targets::Classes((0..IMAGES as u32).map(|i| i % 10).collect());
    let preprocessing = json!({ "numeric": [{ "type": "scale", "factor": 1.0 / 255.0 }] });
    let preprocessing: Preprocessing = serde_json::from_value(preprocessing).expect("steps");
    Dataset::new(vec![column], labels, Vec::new(), preprocessing).expect("a dataset")
}

fn fit(spec: &ModelSpec, dataset: &Dataset, batch: usize) {
    let mut model = Model::new(spec.clone()).expect("a model");
    let mut plan = Plan::new(model.graph(), batch, Mode::Training, Head::Logits).expect("a plan");
    let mut gradients = vec![0.0; model.weights().len()];
    let indices: Vec<u32> = (0..batch as u32).collect();
    dataset.input_into(0, &indices, plan.input_mut(0)).expect("a batch");
    // As large as those of a loss: denormal numbers would be slow.
    let doutputs: Vec<f32> = (0..batch * 10).map(|i| (i % 10) as f32 * 1e-3 - 4.5e-3).collect();
    let network = median_seconds(|| {
        let (weights, state) = model.weights_and_state_mut();
        plan.forward(batch, weights, state, StepKey::new(0, 0)).expect("a pass");
        plan.output_grad_mut(0).copy_from_slice(&doutputs);
        plan.backward(batch, weights, &mut gradients).expect("a pass");
    });

    let trainer = json!({
        "optimizer": { "type": "adamw", "learningRate": 1e-4 },
        "loss": "sparseCategoricalCrossentropy",
        "metrics": ["accuracy"],
    });
    let trainer = serde_json::from_value(trainer).expect("a specification");
    let mut trainer = Trainer::new(model, trainer).expect("a trainer");
    let epochs = 1_000_000;
    trainer.start(RunSpec::new(epochs, batch as u32, 0), dataset).expect("a run");
    let step = median_seconds(|| {
        trainer.advance(dataset).expect("a step");
    });
    report(&format!(
        "{} batch {batch}: {:.0} images/s in training, {:.0} forward and backward alone; all else \
         takes {:.1} %",
        spec.name.as_deref().unwrap_or_default(),
        batch as f64 / step,
        batch as f64 / network,
        100.0 * (step - network) / step,
    ));
}
