//! Runs on small tasks: that they learn, repeat themselves to the bit, and survive what goes wrong.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

mod augmented;
mod bits;
mod features;
mod files;
mod fronts;
mod frozen;
mod limits;
mod optimizers;
mod outputs;
mod sample_weights;
mod sequences;
mod shards;
mod untargeted;
mod weights;

use ::safetensors::SafeTensors;
use serde_json::json;

use super::*;
use crate::ErrorKind;
use crate::data::{Column, Preprocessing, Targets, Values};
use crate::evaluation::{Evaluation, EvaluationReport, EvaluationSpec};
use crate::formats::safetensors::{self, ModelInfo};
use crate::layers::LayerSpec;
use crate::losses::TargetBatch;
use crate::metrics::{MetricSpec, RocAuc};
use crate::rng::{Key, Purpose};

const CLASSES: u32 = 3;
const SIDE: usize = 9;

/// Images of a horizontal, a vertical or a diagonal bar, with noise.
fn bars(samples: usize) -> Dataset {
    let mut stream = Key::new(5, Purpose::Augmentation).stream();
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for sample in 0..samples {
        let class = sample as u32 % CLASSES;
        let at = 1 + stream.below(SIDE as u32 - 2) as usize;
        for y in 0..SIDE {
            for x in 0..SIDE {
                let ink = match class {
                    0 => y == at,
                    1 => x == at,
                    _ => (x + at) % SIDE == y,
                };
                let noise = stream.below(60) as u8;
                pixels.push(if ink { 255 - noise } else { noise });
            }
        }
        labels.push(class);
    }
    let column = Column::new(vec![SIDE, SIDE, 1], Values::U8(pixels)).unwrap();
    Dataset::new(vec![column], Targets::Classes(labels), Vec::new(), Preprocessing::default())
        .unwrap()
}

/// A convolutional network with all that makes a run depend on its position: dropout, running
/// statistics.
fn network() -> Model {
    let spec = json!({
        "seed": 11,
        "inputs": [{ "name": "image", "shape": [SIDE, SIDE, 1] }],
        "nodes": [
            { "name": "conv", "inputs": ["image"],
              "layer": { "type": "conv2d", "filters": 6, "kernelSize": 3, "useBias": false } },
            { "name": "norm", "inputs": ["conv"], "layer": { "type": "batchNormalization", "momentum": 0.9 } },
            { "name": "relu", "inputs": ["norm"], "layer": { "type": "activation", "activation": "relu" } },
            { "name": "pool", "inputs": ["relu"], "layer": { "type": "maxPooling2d", "poolSize": 2 } },
            { "name": "flat", "inputs": ["pool"], "layer": { "type": "flatten" } },
            { "name": "drop", "inputs": ["flat"], "layer": { "type": "dropout", "rate": 0.25 } },
            { "name": "dense", "inputs": ["drop"],
              "layer": { "type": "dense", "units": CLASSES, "activation": "softmax" } },
        ],
        "outputs": ["dense"],
    });
    Model::new(serde_json::from_value(spec).unwrap()).unwrap()
}

fn spec(optimizer: serde_json::Value) -> TrainerSpec {
    let loss = "sparseCategoricalCrossentropy";
    serde_json::from_value(json!({ "optimizer": optimizer, "loss": loss, "metrics": ["accuracy"] }))
        .unwrap()
}

fn adamw() -> TrainerSpec {
    spec(json!({ "type": "adamw", "learningRate": { "type": "oneCycle", "peak": 0.02 } }))
}

fn trainer(spec: TrainerSpec) -> Trainer {
    Trainer::new(network(), spec).unwrap()
}

/// Runs to the end and returns the reports of the epochs.
fn finish(trainer: &mut Trainer, dataset: &Dataset) -> Vec<EpochReport> {
    let mut reports = Vec::new();
    loop {
        let progress = trainer.advance(dataset).unwrap();
        reports.extend(progress.epoch_end);
        if progress.finished {
            return reports;
        }
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn evaluate(model: &Model, dataset: &Dataset) -> EvaluationReport {
    let spec = json!({
        "loss": "sparseCategoricalCrossentropy", "metrics": ["accuracy", "precision"],
        "batchSize": 16, "details": true,
    });
    let spec: EvaluationSpec = serde_json::from_value(spec).unwrap();
    let mut evaluation = Evaluation::new(model, &spec, dataset).unwrap();
    while !evaluation.finished() {
        evaluation.advance(model, dataset).unwrap();
    }
    evaluation.finish()
}

#[test]
fn a_network_learns_bars() {
    let (train, test) = (bars(200), bars(71));
    let area = MetricSpec::RocAuc(RocAuc::default());
    let mut trainer = trainer(TrainerSpec { metrics: vec![area].into(), ..adamw() });
    trainer.start(RunSpec::new(8, 16, 3), &train).unwrap();
    let reports = finish(&mut trainer, &train);
    assert_eq!(reports.len(), 8);
    assert!(reports[7].logs["loss"] < 0.5 * reports[0].logs["loss"], "{reports:?}");
    assert!(reports[7].logs["rocAuc"] > reports[0].logs["rocAuc"], "{reports:?}");
    let report = evaluate(trainer.model(), &test);
    let details = report.details.unwrap();
    assert!(report.logs["accuracy"] > 0.9, "{:?}", report.logs);
    assert_eq!(report.logs["accuracy"], details.accuracy);
    assert!((report.logs["precision"] - details.macro_average.precision).abs() < 1e-12);
    assert_eq!(details.predictions.len(), 71);
    assert_eq!(details.confusion.counts.iter().sum::<u32>(), 71);
    assert!(details.confidences.iter().all(|&p| p > 1.0 / 3.0 && p <= 1.0));
    assert!(trainer.run().is_none() && trainer.advance(&train).is_err());
}

#[test]
fn a_network_learns_exclusive_or() {
    let model = json!({
        "seed": 4,
        "inputs": [{ "name": "x", "shape": [2] }],
        "nodes": [
            { "name": "hidden", "inputs": ["x"], "layer": { "type": "dense", "units": 8, "activation": "tanh" } },
            { "name": "y", "inputs": ["hidden"], "layer": { "type": "dense", "units": 1, "activation": "sigmoid" } },
        ],
        "outputs": ["y"],
    });
    let model = Model::new(serde_json::from_value(model).unwrap()).unwrap();
    let spec = json!({
        "optimizer": { "type": "sgd", "learningRate": 0.5, "momentum": 0.9, "nesterov": true },
        "loss": "binaryCrossentropy", "metrics": ["accuracy"],
    });
    let mut trainer = Trainer::new(model, serde_json::from_value(spec).unwrap()).unwrap();
    let x = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
    let targets = TargetBatch::Classes(&[0, 1, 1, 0]);
    for _ in 0..200 {
        trainer.train_on_batch(&[&x], targets, 4).unwrap();
    }
    let report = trainer.train_on_batch(&[&x], targets, 4).unwrap();
    assert!(report.loss < 0.05 && report.logs["accuracy"] == 1.0, "{report:?}");
}

#[test]
fn a_restored_run_goes_on_to_the_same_bits() {
    let train = bars(50);
    let area = MetricSpec::RocAuc(RocAuc::default());
    let mut whole = trainer(TrainerSpec { metrics: vec![area].into(), ..adamw() });
    whole.start(RunSpec::new(3, 16, 3), &train).unwrap();
    // In the middle of the second epoch.
    for _ in 0..6 {
        whole.advance(&train).unwrap();
    }
    whole.set_learning_rate_scale(0.3).unwrap();
    let info = ModelInfo { class_names: vec!["a".into()], ..ModelInfo::default() };
    let bytes = whole.save(&info).unwrap();
    assert_eq!(bytes, whole.save(&info).unwrap(), "the same run gives other bytes");
    let (mut restored, found) = Trainer::restore(&bytes).unwrap();
    assert_eq!(found, info);
    assert_eq!(restored.logs(), whole.logs());
    assert_eq!(restored.resume(RunSpec::new(3, 16, 3), &train).unwrap(), (1, 2));
    for (spec, samples, message) in [
        (RunSpec::new(4, 16, 3), 50, "run: epochs is 4, expected 3, with which it was started"),
        (RunSpec::new(3, 16, 4), 50, "run: seed is 4, expected 3, with which it was started"),
        (RunSpec::new(3, 16, 3), 49, "run: it was started on 50 samples, found 49"),
    ] {
        let error = restored.resume(spec, &bars(samples)).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Argument, message));
    }
    assert_eq!(finish(&mut restored, &train), finish(&mut whole, &train));
    assert_eq!(bits(restored.model().weights()), bits(whole.model().weights()));
    assert_eq!(bits(restored.model().state()), bits(whole.model().state()));
    let again = Trainer::restore(&whole.save(&info).unwrap()).unwrap().0;
    assert!(again.run().is_none(), "the run was finished");
    let error = again.resume(RunSpec::new(3, 16, 3), &train).unwrap_err();
    assert_eq!(error.to_string(), "run: found none to go on with, expected one");
}

#[test]
fn a_run_sees_every_sample_once_an_epoch() {
    let Learner { metrics, objective, .. } = trainer(adamw()).learner;
    let mut run = Run::new(RunSpec::new(2, 16, 3), 50, 1, metrics).unwrap();
    run.prepare().unwrap();
    let mut orders = Vec::new();
    while !run.finished() {
        let mut order = run.indices().to_vec();
        while run.advance(&objective).is_none() {
            order.extend_from_slice(run.indices());
        }
        orders.push(order);
        run.prepare().unwrap();
    }
    assert_ne!(orders[0], orders[1]);
    for mut order in orders {
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<u32>>());
    }
}

#[test]
fn means_of_an_epoch_weigh_samples_equally() {
    // A learning rate of 0 leaves the weights, and without dropout and batch norm a sample's loss
    // does not depend on its batch.
    let model = json!({
        "seed": 2,
        "inputs": [{ "name": "image", "shape": [SIDE, SIDE, 1] }],
        "nodes": [
            { "name": "flat", "inputs": ["image"], "layer": { "type": "flatten" } },
            { "name": "y", "inputs": ["flat"], "layer": { "type": "dense", "units": 3, "activation": "softmax" } },
        ],
        "outputs": ["y"],
    });
    let model = Model::new(serde_json::from_value(model).unwrap()).unwrap();
    let spec = spec(json!({ "type": "sgd", "learningRate": 0 }));
    let train = bars(50);
    let mut trainer = Trainer::new(model, spec).unwrap();
    trainer.start(RunSpec::new(1, 16, 3), &train).unwrap();
    let report = finish(&mut trainer, &train).remove(0);
    let expected = evaluate(trainer.model(), &train);
    assert!((report.logs["loss"] - expected.logs["loss"]).abs() < 1e-6);
    assert!((report.logs["accuracy"] - expected.logs["accuracy"]).abs() < 1e-12);
}

#[test]
fn divergence_keeps_the_last_good_weights() {
    let train = bars(50);
    let mut trainer = trainer(spec(json!({ "type": "sgd", "learningRate": 1e30 })));
    trainer.start(RunSpec::new(9, 16, 3), &train).unwrap();
    let error = loop {
        match trainer.advance(&train) {
            Ok(progress) => assert!(!progress.finished, "it did not diverge"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Diverged);
    assert!(trainer.run().is_none());
    let report = evaluate(trainer.model(), &train);
    assert!(report.logs["loss"].is_finite());
    // It can be trained again from there.
    let mut again = Trainer::new(trainer.into_model(), adamw()).unwrap();
    again.start(RunSpec::new(1, 16, 3), &train).unwrap();
    assert!(finish(&mut again, &train)[0].logs["loss"].is_finite());
}

#[test]
fn weights_that_were_put_in_are_good_until_shown_otherwise() {
    let mut trainer = trainer(spec(json!({ "type": "sgd", "learningRate": 0.1 })));
    let x = vec![0.5; SIDE * SIDE];
    trainer.train_on_batch(&[&x], TargetBatch::Classes(&[1]), 1).unwrap();
    trainer.model_mut().weights_mut().fill(f32::MAX);
    let error = trainer.train_on_batch(&[&x], TargetBatch::Classes(&[1]), 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    assert!(trainer.model().weights().iter().all(|&w| w == f32::MAX));
}

#[test]
fn what_does_not_fit_is_refused() {
    let train = bars(50);
    let kind = |result: Result<()>| result.unwrap_err().kind();
    let mut plain = trainer(adamw());
    let start = |trainer: &mut Trainer, spec| trainer.start(spec, &train);
    assert_eq!(kind(start(&mut plain, RunSpec::new(0, 16, 0))), ErrorKind::Argument);
    assert_eq!(kind(start(&mut plain, RunSpec::new(1, 0, 0))), ErrorKind::Argument);
    for shards in [0, MAX_SHARDS + 1] {
        let spec = RunSpec { shards: Some(shards), ..RunSpec::new(1, 16, 0) };
        assert_eq!(kind(start(&mut plain, spec)), ErrorKind::Argument);
    }
    assert!(plain.set_learning_rate_scale(f64::NAN).is_err());
    assert!(plain.set_learning_rate_scale(-1.0).is_err());

    plain.start(RunSpec::new(1, 16, 0), &train).unwrap();
    let error = plain.advance(&bars(51)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    assert!(plain.advance(&train).is_ok(), "the run does not go on after a wrong dataset");

    let column = Column::new(vec![4], Values::F32(vec![0.0; 8])).unwrap();
    let targets = Targets::Classes(vec![0, 1]);
    let small = Dataset::new(vec![column], targets, Vec::new(), Preprocessing::default()).unwrap();
    assert_eq!(kind(plain.start(RunSpec::new(1, 16, 0), &small)), ErrorKind::Shape);

    let mut adam = trainer(spec(json!("adam")));
    let x = vec![0.0; SIDE * SIDE];
    let mut batch = |x: &[f32], targets, n| adam.train_on_batch(&[x], targets, n).map(|_| ());
    let one = TargetBatch::Classes(&[1]);
    assert_eq!(kind(batch(&x, TargetBatch::Classes(&[3]), 1)), ErrorKind::Data);
    assert_eq!(kind(batch(&x, TargetBatch::Dense(&[1.0]), 1)), ErrorKind::Argument);
    assert_eq!(kind(batch(&x[1..], one, 1)), ErrorKind::Shape);
    assert_eq!(kind(batch(&x, one, 2)), ErrorKind::Shape);
    assert_eq!(kind(batch(&[f32::NAN; SIDE * SIDE], one, 1)), ErrorKind::Data);
    assert_eq!(kind(batch(&[], TargetBatch::Classes(&[]), 0)), ErrorKind::Data);
    assert!(batch(&x, one, 1).is_ok());
    // A schedule needs a run.
    let result = trainer(adamw()).train_on_batch(&[&x], one, 1).map(|_| ());
    assert_eq!(kind(result), ErrorKind::Argument);

    let read = |json| serde_json::from_value::<TrainerSpec>(json).unwrap_err().to_string();
    assert!(read(json!({ "loss": "mse", "optimizer": "adam" })).contains("`meanSquaredError`"));
    assert!(read(json!({ "loss": "meanSquaredError", "epochs": 1 })).contains("`epochs`"));
    let logits = json!({ "loss": { "type": "sparseCategoricalCrossentropy", "fromLogits": true } });
    let logits = serde_json::from_value(logits).unwrap();
    assert!(Trainer::new(network(), logits).unwrap_err().message().contains("fromLogits"));
}

#[test]
fn the_factor_of_the_learning_rate_holds_until_the_next_run() {
    let train = bars(50);
    let mut trainer = trainer(spec(json!({ "type": "sgd", "learningRate": 0.5 })));
    trainer.start(RunSpec::new(1, 16, 3), &train).unwrap();
    assert_eq!(trainer.advance(&train).unwrap().learning_rate, 0.5);
    trainer.set_learning_rate_scale(0.0).unwrap();
    assert_eq!(trainer.advance(&train).unwrap().learning_rate, 0.0);
    let before = bits(trainer.model().weights());
    let x = vec![0.5; SIDE * SIDE];
    trainer.train_on_batch(&[&x], TargetBatch::Classes(&[1]), 1).unwrap();
    assert_eq!(bits(trainer.model().weights()), before);
    trainer.start(RunSpec::new(1, 16, 3), &train).unwrap();
    assert_eq!(trainer.learning_rate_scale(), 1.0);
}

#[test]
fn every_prefix_of_a_saved_run_is_an_error_and_flipped_bits_never_panic() {
    let train = bars(20);
    let mut trainer = trainer(adamw());
    trainer.start(RunSpec::new(2, 8, 3), &train).unwrap();
    trainer.advance(&train).unwrap();
    let bytes = trainer.save(&ModelInfo::default()).unwrap();
    for end in 0..bytes.len() {
        assert!(Trainer::restore(&bytes[..end]).is_err(), "a prefix of {end} bytes is taken");
    }
    // All of the header, and some of the numbers.
    let header = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize + 8;
    for at in (0..header).chain((header..bytes.len()).step_by(97)) {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            if let Ok((mut restored, _)) = Trainer::restore(&flipped) {
                let _ = restored.advance(&train);
            }
        }
    }
}
