//! Runs whose samples are changed: the same bits whoever computes them and wherever they are resumed.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::bits::{assert_bits, hash};
use super::shards::{sharded, shared};
use super::*;
use crate::data::Augmentation;

fn everything() -> Augmentation {
    Augmentation {
        flip_horizontal: 0.5,
        crop: 1,
        shift: 0.5,
        rotation: 5.0,
        elastic: 0.2,
        thickness: 0.2,
        brightness: 0.1,
        contrast: 0.2,
        noise: 0.05,
        cutout: 2,
        mixup: 0.3,
        cutmix: 1.0,
        ..Augmentation::default()
    }
}

fn augmented(spec: RunSpec) -> RunSpec {
    RunSpec { augmentation: Some(everything()), ..spec }
}

/// As `a_seeded_run_has_the_same_bits_everywhere`.
#[test]
fn an_augmented_run_has_the_same_bits_everywhere() {
    let run = || {
        let train = bars(50);
        let mut trainer = trainer(adamw());
        trainer.start(augmented(sharded(16, 4)), &train).unwrap();
        finish(&mut trainer, &train);
        trainer
    };
    assert_bits(run, "8d7f255bf96d29d0");
}

#[test]
fn the_number_of_workers_changes_no_bit_of_an_augmented_run() {
    let train = bars(50);
    for (batch_size, shards) in [(16, 8), (20, 7), (64, 4)] {
        let spec = augmented(sharded(batch_size, shards));
        let mut alone = trainer(adamw());
        alone.start(spec.clone(), &train).unwrap();
        finish(&mut alone, &train);
        for workers in [2, 3] {
            for found in shared(spec.clone(), &train, workers) {
                assert_eq!(found, hash(alone.model()), "{spec:?} by {workers} workers");
            }
        }
        let mut plain = trainer(adamw());
        plain.start(sharded(batch_size, shards), &train).unwrap();
        finish(&mut plain, &train);
        assert_ne!(hash(plain.model()), hash(alone.model()));
    }
}

#[test]
fn a_restored_run_changes_samples_as_it_would_have() {
    let train = bars(50);
    let mut whole = trainer(adamw());
    whole.start(augmented(RunSpec::new(3, 16, 3)), &train).unwrap();
    for _ in 0..6 {
        whole.advance(&train).unwrap();
    }
    let bytes = whole.save(&ModelInfo::default()).unwrap();
    let mut restored = Trainer::restore(&bytes).unwrap().0;
    assert_eq!(restored.run(), whole.run());
    assert_eq!(finish(&mut restored, &train), finish(&mut whole, &train));
    assert_eq!(hash(restored.model()), hash(whole.model()));
}

#[test]
fn a_network_learns_from_changed_samples_what_holds_for_those_as_they_are() {
    let train = bars(240);
    let augmentation = Augmentation {
        shift: 1.0,
        noise: 0.1,
        flip_vertical: 0.5,
        mixup: 0.2,
        ..Augmentation::default()
    };
    let spec = RunSpec { augmentation: Some(augmentation), ..RunSpec::new(12, 16, 3) };
    let mut trainer = trainer(adamw());
    trainer.start(spec, &train).unwrap();
    finish(&mut trainer, &train);
    let accuracy = evaluate(trainer.model(), &train).logs["accuracy"];
    assert!(accuracy > 0.9, "accuracy {accuracy}");
}

/// A linear network with one output and targets that are numbers: mixed in the same proportion as
/// the images, they stay a linear function of those, and the loss of the right weights zero.
#[test]
fn numbers_are_mixed_as_their_images_are() {
    let train = bars(40);
    let sums = (0..40).map(|sample| match train.sample(sample).unwrap() {
        crate::data::Values::U8(bytes) => bytes.iter().map(|&byte| f32::from(byte) / 255.0).sum(),
        crate::data::Values::F32(_) => f32::NAN,
    });
    let targets = Targets::Dense { shape: vec![1], values: sums.collect() };
    let train =
        Dataset::new(train.inputs().to_vec(), targets, Vec::new(), Preprocessing::default());
    let train = train.unwrap();
    let model = json!({
        "inputs": [{ "name": "image", "shape": [SIDE, SIDE, 1] }],
        "nodes": [
            { "name": "flat", "inputs": ["image"], "layer": { "type": "flatten" } },
            { "name": "sum", "inputs": ["flat"],
              "layer": { "type": "dense", "units": 1, "kernelInitializer": "ones" } },
        ],
        "outputs": ["sum"],
    });
    let model = Model::new(serde_json::from_value(model).unwrap()).unwrap();
    let spec =
        json!({ "loss": "meanSquaredError", "optimizer": { "type": "sgd", "learningRate": 0 } });
    let mut trainer = Trainer::new(model, serde_json::from_value(spec).unwrap()).unwrap();
    let mut run = |augmentation| {
        let spec = RunSpec { augmentation: Some(augmentation), ..RunSpec::new(1, 16, 3) };
        trainer.start(spec, &train).unwrap();
        trainer.advance(&train).unwrap().loss
    };
    let mixup = run(Augmentation { mixup: 1.0, ..Augmentation::default() });
    assert!(mixup < 1e-8, "a loss of {mixup}");
    // The share of a rectangle's area is not that of its sum.
    let cutmix = run(Augmentation { cutmix: 1.0, ..Augmentation::default() });
    assert!(cutmix > 1e-3, "a loss of {cutmix}");
}

#[test]
fn what_cannot_be_changed_is_refused() {
    let train = bars(20);
    let mut trainer = trainer(adamw());
    let mut start = |augmentation| {
        let spec = RunSpec { augmentation: Some(augmentation), ..RunSpec::new(1, 16, 3) };
        trainer.start(spec, &train).unwrap_err()
    };
    let error = start(Augmentation { rotation: -1.0, ..Augmentation::default() });
    assert_eq!(error.message(), "augmentation: rotation is -1, expected 0 to 180");
    let error = start(Augmentation { saturation: 0.5, ..Augmentation::default() });
    assert_eq!(error.kind(), ErrorKind::Argument);
}
