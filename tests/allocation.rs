//! A step of training allocates nothing: every buffer was made when the run was started.

#![cfg(not(target_arch = "wasm32"))]
// Counting allocations takes an allocator, and an allocator is unsafe code.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use serde_json::json;
use tabgrad::data::{Augmentation, Column, Dataset, Preprocessing, Targets, Values};
use tabgrad::layers::{LayerSpec, StepKey};
use tabgrad::model::Model;
use tabgrad::plan::{Head, Mode, Plan};
use tabgrad::spec::{InputSpec, ModelSpec, NodeSpec};
use tabgrad::trainer::{RunSpec, Trainer};

struct Counting;

thread_local! {
    // Of the thread of one test.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    ALLOCATIONS.with(|count| count.set(count.get() + 1));
}

// SAFETY: every call is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

#[test]
fn a_step_allocates_nothing() {
    let model = json!({
        "seed": 1,
        "inputs": [{ "name": "image", "shape": [12, 12, 3] }],
        "nodes": [
            { "name": "conv", "inputs": ["image"],
              "layer": { "type": "conv2d", "filters": 5, "kernelSize": 3, "padding": "same" } },
            { "name": "norm", "inputs": ["conv"], "layer": { "type": "batchNormalization" } },
            { "name": "relu", "inputs": ["norm"], "layer": { "type": "activation", "activation": "relu" } },
            { "name": "twin", "inputs": ["relu"],
              "layer": { "type": "conv2d", "filters": 5, "kernelSize": 1, "activation": "gelu" } },
            { "name": "sum", "inputs": ["relu", "twin"], "layer": { "type": "add" } },
            { "name": "pool", "inputs": ["sum"], "layer": { "type": "maxPooling2d", "poolSize": 2 } },
            { "name": "drop", "inputs": ["pool"], "layer": { "type": "dropout", "rate": 0.5 } },
            { "name": "flat", "inputs": ["drop"], "layer": { "type": "flatten" } },
            { "name": "y", "inputs": ["flat"], "layer": { "type": "dense", "units": 4, "activation": "softmax" } },
        ],
        "outputs": ["y"],
    });
    let model = Model::new(serde_json::from_value(model).expect("a specification"))
        .expect("a model that can be built");
    let spec = json!({
        "optimizer": { "type": "adamw", "learningRate": { "type": "oneCycle", "peak": 0.01 } },
        "loss": "sparseCategoricalCrossentropy",
        "metrics": ["accuracy", { "type": "topKAccuracy", "k": 2 }, "precision", "recall", "f1Score"],
    });
    let spec = serde_json::from_value(spec).expect("a specification");
    let pixels = (0..100 * 12 * 12 * 3).map(|i| (i * 7 % 256) as u8).collect();
    let column = Column::new(vec![12, 12, 3], Values::U8(pixels)).expect("images");
    let labels = Targets::Classes((0..100).map(|i| i % 4).collect());
    let dataset = Dataset::new(vec![column], labels, Vec::new(), Preprocessing::default())
        .expect("a dataset");

    let mut trainer = Trainer::new(model, spec).expect("a trainer");
    let all = json!({
        "flipHorizontal": 0.5, "crop": 2, "rotation": 10, "elastic": 0.5, "thickness": 0.5,
        "brightness": 0.1, "contrast": 0.1, "saturation": 0.1, "hue": 10, "noise": 0.1, "cutout": 3,
        "mixup": 0.2, "cutmix": 1,
    });
    let all: Augmentation = serde_json::from_value(all).expect("a specification");
    let augmentations = [None, Some(all)];
    for (shards, augmentation) in [1, 5].into_iter().flat_map(|n| augmentations.map(|a| (n, a))) {
        let run = RunSpec { shards: Some(shards), augmentation, ..RunSpec::new(2, 16, 0) };
        trainer.start(run, &dataset).expect("a run");
        let count = allocations(|| {
            for _ in 0..6 {
                let progress = trainer.advance(&dataset).expect("a step");
                assert!(progress.epoch_end.is_none());
            }
        });
        assert_eq!(count, 0, "allocations in six steps of {shards} shards");
        let progress = trainer.advance(&dataset).expect("a step");
        assert!(progress.epoch_end.is_some(), "the epoch has seven steps");
    }
}

/// Three steps of training, the middle one with a smaller batch.
fn train(spec: ModelSpec) -> usize {
    const BATCH: usize = 9;
    let mut model = Model::new(spec).expect("a valid model");
    let mut plan =
        Plan::new(model.graph(), BATCH, Mode::Training, Head::Logits).expect("a small plan");
    let mut gradients = vec![0.0; model.weights().len()];
    let outputs = model.graph().outputs().len();
    allocations(|| {
        for (step, n) in [BATCH, 4, BATCH].into_iter().enumerate() {
            let (weights, state) = model.weights_and_state_mut();
            let key = StepKey::new(1, step as u64);
            plan.forward(n, weights, state, key).expect("a valid batch");
            for output in 0..outputs {
                plan.output_grad_mut(output).fill(1.0);
            }
            plan.backward(n, weights, &mut gradients).expect("a valid batch");
        }
    })
}

#[test]
fn the_count_sees_allocations() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![0u8; 9]))), 1);
}

#[test]
fn steps_of_every_layer_allocate_nothing() {
    for (layer, shapes) in LayerSpec::examples() {
        let name = format!("{layer:?}");
        let names: Vec<String> = (0..shapes.len()).map(|i| format!("x{i}")).collect();
        let inputs = names.iter().zip(shapes);
        let inputs = inputs.map(|(name, shape)| InputSpec { name: name.clone(), shape });
        let spec = ModelSpec {
            name: None,
            seed: 0,
            winograd: true,
            inputs: inputs.collect(),
            nodes: vec![NodeSpec { name: "layer".into(), layer, inputs: names }],
            outputs: vec!["layer".into()],
        };
        assert_eq!(train(spec), 0, "{name}");
    }
}
