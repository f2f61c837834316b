//! How memory is asked for: a step of training asks for none, since every buffer was made when the run was
//! started; and wherever much is asked for and refused, that is an error which harms nothing.

#![cfg(not(target_arch = "wasm32"))]
// Counting and refusing allocations takes an allocator, and an allocator is unsafe code.
#![allow(unsafe_code)]

mod training;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use serde_json::json;
use tabgrad::data::{
    Augmentation, Column, Dataset, Image, Preparation, Preprocessing, Targets, Values,
};
use tabgrad::formats::idx::{self, Idx};
use tabgrad::formats::safetensors::{self, ModelInfo};
use tabgrad::layers::{LayerSpec, StepKey};
use tabgrad::model::Model;
use tabgrad::plan::{Head, Mode, Plan};
use tabgrad::spec::{InputSpec, ModelSpec, NodeSpec};
use tabgrad::trainer::{RunSpec, Trainer, TrainerSpec};
use tabgrad::{ErrorKind, Result};

struct Watching;

thread_local! {
    // Of the thread of one test.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<u64> = const { Cell::new(0) };
    /// How many large allocations are granted before one is refused.
    static GRANTED: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// The bytes from which on an allocation is large.
const LARGE: usize = 4 << 10;

/// Counts an allocation; says whether it is the one to be refused.
fn refuses(size: usize) -> bool {
    ALLOCATIONS.with(|count| count.set(count.get() + 1));
    BYTES.with(|bytes| bytes.set(bytes.get() + size as u64));
    let granted = GRANTED.with(Cell::get);
    if size < LARGE || granted == usize::MAX {
        return false;
    }
    GRANTED.with(|left| left.set(granted.checked_sub(1).unwrap_or(usize::MAX)));
    granted == 0
}

// SAFETY: every call is passed on to the system's allocator or refused.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if refuses(layout.size()) {
            return std::ptr::null_mut();
        }
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if refuses(size) {
            return std::ptr::null_mut();
        }
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

/// Does the work again and again, refusing another large allocation each time, until none is left to
/// refuse; says how many there were.
fn refused_one_by_one<T>(mut work: impl FnMut() -> Result<T>) -> usize {
    for granted in 0.. {
        GRANTED.with(|left| left.set(granted));
        let result = work();
        let all_granted = GRANTED.with(|left| left.replace(usize::MAX)) != usize::MAX;
        match result {
            Ok(_) => assert!(all_granted, "refusal {granted} passed unnoticed"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}"),
        }
        if all_granted {
            return granted;
        }
    }
    unreachable!("the work ends")
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
        "metrics": [
            "accuracy", { "type": "topKAccuracy", "k": 2 }, "precision", "recall", "f1Score",
            "rocAuc", "averagePrecision", "cohenKappa", "logLoss", "expectedCalibrationError",
        ],
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
            nodes: vec![NodeSpec::new("layer", layer, names)],
            outputs: vec!["layer".into()],
        };
        assert_eq!(train(spec), 0, "{name}");
    }
}

/// A model with kernels of every kind, each of which needs more than [`LARGE`].
fn of_every_kernel() -> ModelSpec {
    let model = json!({
        "seed": 1,
        "inputs": [{ "name": "image", "shape": [16, 16, 4] }],
        "nodes": [
            { "name": "winograd", "inputs": ["image"],
              "layer": { "type": "conv2d", "filters": 16, "kernelSize": 3, "padding": "same" } },
            { "name": "direct", "inputs": ["winograd"],
              "layer": { "type": "conv2d", "filters": 32, "kernelSize": 5, "strides": 2, "padding": "same" } },
            { "name": "grouped", "inputs": ["direct"],
              "layer": { "type": "conv2d", "filters": 32, "kernelSize": 3, "groups": 2 } },
            { "name": "depthwise", "inputs": ["grouped"],
              "layer": { "type": "depthwiseConv2d", "kernelSize": 3, "depthMultiplier": 2 } },
            { "name": "pool", "inputs": ["depthwise"],
              "layer": { "type": "maxPooling2d", "poolSize": 2 } },
            { "name": "flat", "inputs": ["pool"], "layer": { "type": "flatten" } },
            { "name": "dense", "inputs": ["flat"], "layer": { "type": "dense", "units": 1200 } },
            { "name": "norm", "inputs": ["dense"], "layer": { "type": "batchNormalization" } },
            { "name": "drop", "inputs": ["norm"], "layer": { "type": "dropout", "rate": 0.5 } },
            { "name": "y", "inputs": ["drop"],
              "layer": { "type": "dense", "units": 4, "activation": "softmax" } },
        ],
        "outputs": ["y"],
    });
    serde_json::from_value(model).expect("a specification")
}

#[test]
fn what_a_plan_takes_is_told_without_taking_it() {
    let model = Model::new(of_every_kernel()).expect("a valid model");
    for mode in [Mode::Inference, Mode::Training] {
        let estimate = || Plan::estimate(model.graph(), 50, mode, Head::Logits);
        assert_eq!(refused_one_by_one(estimate), 0);
        let expected = estimate().expect("a small plan").bytes;
        let before = BYTES.with(Cell::get);
        let plan = Plan::new(model.graph(), 50, mode, Head::Logits).expect("a small plan");
        let taken = BYTES.with(Cell::get) - before;
        assert_eq!(plan.bytes(), expected);
        // The rest are names and lists.
        assert!((expected..expected + (64 << 10)).contains(&taken), "{taken} of {expected}");
    }
}

#[test]
fn refused_memory_is_an_error_that_harms_nothing() {
    const SAMPLES: usize = 2000;
    let spec = of_every_kernel();
    assert!(refused_one_by_one(|| Model::new(spec.clone())) > 1);
    let model = Model::new(spec).expect("a valid model");
    let pixels = (0..SAMPLES * 16 * 16 * 4).map(|i| (i * 7 % 251) as u8).collect();
    let column = Column::new(vec![16, 16, 4], Values::U8(pixels)).expect("images");
    let labels = Targets::Classes((0..SAMPLES as u32).map(|i| i % 4).collect());
    let dataset = Dataset::new(vec![column], labels, Vec::new(), Preprocessing::default())
        .expect("a dataset");
    let indices: Vec<u32> = (0..SAMPLES as u32).rev().collect();
    assert_eq!(refused_one_by_one(|| dataset.subset(&indices)), 2);

    // What was refused leaves the model as it was.
    let mut copy = model.try_clone().expect("a small model");
    let x = ndarray::Array::from_shape_fn((70, 16, 16, 4), |(n, ..)| n as f32).into_dyn();
    let expected = copy.predict(&[x.view()]).expect("a small batch");
    let mut fresh = model.try_clone().expect("a small model");
    assert!(refused_one_by_one(|| fresh.try_clone()) > 0);
    let refusals = refused_one_by_one(|| fresh.predict(&[x.view()]));
    assert!(refusals > 10, "{refusals}");
    assert_eq!(fresh.predict(&[x.view()]).expect("memory again"), expected);
    assert!(refused_one_by_one(|| fresh.activations(&[x.view()], &["dense"])) > 5);

    // And the run that follows to the same bits.
    let training = json!({ "optimizer": "adam", "loss": "sparseCategoricalCrossentropy" });
    let training: TrainerSpec = serde_json::from_value(training).expect("a specification");
    let mut expected = Trainer::new(model.try_clone().expect("a small model"), training.clone())
        .expect("a trainer");
    let new = || Trainer::new(fresh.try_clone()?, training.clone());
    assert!(refused_one_by_one(new) > 4);
    let run = RunSpec { shards: Some(2), ..RunSpec::new(1, 64, 0) };
    let mut trainer = Trainer::new(model, training).expect("a trainer");
    let refusals = refused_one_by_one(|| trainer.start(run.clone(), &dataset));
    assert!(refusals > 20, "{refusals}");
    for trainer in [&mut expected, &mut trainer] {
        trainer.start(run.clone(), &dataset).expect("memory again");
        trainer.advance(&dataset).expect("a step");
    }
    assert_eq!(trainer.model().weights(), expected.model().weights());
}

#[test]
fn refused_memory_for_samples_is_an_error() {
    const SAMPLES: usize = 5000;
    let file = |shape: &[usize]| {
        let bytes = (0..shape.iter().product()).map(|i: usize| (i % 7) as u8).collect();
        idx::write(&Idx { shape: shape.to_vec(), values: Values::U8(bytes) }).expect("a file")
    };
    let (images, labels) = (file(&[SAMPLES, 4, 4, 4]), file(&[SAMPLES]));
    let read = || idx::read_dataset(&images, Some(&labels), Vec::new(), Preprocessing::default());
    assert_eq!(refused_one_by_one(read), 3);
    let dataset = read().expect("a dataset");
    assert_eq!(refused_one_by_one(|| dataset.joined(&dataset)), 2);
    assert_eq!(refused_one_by_one(|| dataset.with_preprocessing(Preprocessing::digits())), 1);
    let prepared = || {
        let mut preparation = Preparation::new(&dataset, Preprocessing::digits())?;
        while !preparation.advance(&dataset, 1000)? {}
        preparation.finish(&dataset)
    };
    assert_eq!(refused_one_by_one(prepared), 2);

    // A picture on its way to a sample: its own bytes, and each further size or number of channels.
    for (channels, shape, allocations) in
        [(4, [200, 200, 1], 1), (4, [200, 200, 3], 1), (1, [200, 200, 3], 2), (4, [100, 100, 3], 2)]
    {
        let picture = file(&[200, 200, channels]);
        let sample = || {
            let Values::U8(bytes) = idx::read(&picture)?.values else { unreachable!("bytes") };
            Preprocessing::default().prepare(Image::new(200, 200, channels, bytes)?, &shape)
        };
        assert_eq!(refused_one_by_one(sample), allocations, "{channels} channels to {shape:?}");
    }
}

#[test]
fn refused_memory_for_the_file_of_a_model_is_an_error() {
    let layers = json!([{ "type": "dense", "units": 10, "activation": "softmax" }]);
    let layers = serde_json::from_value(layers).expect("one layer");
    let model = Model::new(ModelSpec::sequential(None, vec![784], layers)).expect("a valid model");
    let info = ModelInfo::default();
    assert_eq!(refused_one_by_one(|| safetensors::write(&model, &info, None)), 1);
    let training = json!({ "optimizer": "adam", "loss": "sparseCategoricalCrossentropy" });
    let training = serde_json::from_value(training).expect("a specification");
    let trainer = Trainer::new(model, training).expect("a trainer");
    // Both moments of the optimiser, and the file.
    assert_eq!(refused_one_by_one(|| trainer.save(&info)), 3);
    let file = trainer.save(&info).expect("memory again");
    assert!(refused_one_by_one(|| Trainer::restore(&file)) > 3);
}
