//! Outputs whose losses look at them alone, and need no targets.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::Value;

use super::bits::hash;
use super::features::features_of;
use super::shards::{shared_by, shared_from};
use super::*;
use crate::data::{Augmentation, Rows};
use crate::trainer::Batch;

const SAMPLES: usize = 45;

/// A code of six numbers, a digit of three and a size, of images; `frozen` says whether what is before the
/// code is trained.
fn network_of(frozen: bool) -> Model {
    let dense = |name: &str, input: &str, units: u32, activation: &str| {
        json!({ "name": name, "inputs": [input],
                "layer": { "type": "dense", "units": units, "activation": activation } })
    };
    let mut first = dense("first", "flat", 8, "tanh");
    first["trainable"] = (!frozen).into();
    let spec = json!({
        "seed": 3,
        "inputs": [{ "name": "image", "shape": [SIDE, SIDE, 1] }],
        "nodes": [
            { "name": "flat", "inputs": ["image"], "layer": { "type": "flatten" } },
            first,
            dense("code", "first", 6, "tanh"),
            dense("digit", "code", 3, "softmax"),
            dense("size", "code", 1, "linear"),
        ],
        "outputs": ["digit", "code", "size"],
    });
    Model::new(serde_json::from_value(spec).unwrap()).unwrap()
}

/// The sum of the squares of the code; where `told`, with a target times 0 besides.
fn small(told: bool) -> Value {
    let node = |name: &str, inputs: &[&str], layer: Value| json!({ "name": name, "inputs": inputs, "layer": layer });
    let sum = json!({ "type": "dense", "units": 1, "useBias": false, "kernelInitializer": "ones" });
    let mut inputs = vec![json!({ "name": "yPred", "shape": [6] })];
    let mut nodes = vec![
        node("square", &["yPred", "yPred"], json!({ "type": "multiply" })),
        node("sum", &["square"], sum),
    ];
    if told {
        inputs.push(json!({ "name": "yTrue", "shape": [1] }));
        nodes.push(node("nothing", &["yTrue"], json!({ "type": "rescaling", "scale": 0 })));
        nodes.push(node("both", &["sum", "nothing"], json!({ "type": "add" })));
    }
    let outputs = [if told { "both" } else { "sum" }];
    json!({ "type": "graph", "model": { "inputs": inputs, "nodes": nodes, "outputs": outputs } })
}

fn trainer_of(model: Model, loss: Value) -> Trainer {
    let spec = json!({
        "optimizer": { "type": "adam", "learningRate": 0.01 }, "loss": loss, "lossWeights": { "code": 0.5 },
        "metrics": { "digit": ["accuracy"] },
    });
    Trainer::new(model, serde_json::from_value(spec).unwrap()).unwrap()
}

/// A trainer of all outputs.
fn all(told: bool) -> Trainer {
    let loss = json!({ "digit": "sparseCategoricalCrossentropy", "code": small(told),
                       "size": "meanSquaredError" });
    trainer_of(network_of(false), loss)
}

/// A trainer of the code alone.
fn alone() -> Trainer {
    let spec = json!({ "optimizer": { "type": "adam", "learningRate": 0.01 },
                       "loss": { "code": small(false) } });
    Trainer::new(network_of(false), serde_json::from_value(spec).unwrap()).unwrap()
}

fn with_targets(targets: Vec<Targets>, names: &[&str]) -> Dataset {
    let column = bars(SAMPLES).inputs()[0].clone();
    let mut targets = targets.into_iter();
    let first = targets.next().unwrap_or(Targets::None);
    let data = Dataset::new(vec![column], first, vec![], Preprocessing::default()).unwrap();
    let further: Vec<Targets> = targets.collect();
    let data = if further.is_empty() { data } else { data.with_further_targets(further).unwrap() };
    if names.is_empty() {
        return data;
    }
    data.with_output_names(names.iter().map(|name| (*name).to_owned()).collect()).unwrap()
}

fn digits() -> Targets {
    bars(SAMPLES).targets().clone()
}

fn sizes() -> Targets {
    let values = (0..SAMPLES).map(|sample| (sample % 7) as f32 / 7.0).collect();
    Targets::Dense { shape: vec![1], values }
}

/// Nothing, as classes.
fn zeros() -> Targets {
    Targets::Classes(vec![0; SAMPLES])
}

fn run() -> RunSpec {
    RunSpec { shards: Some(4), ..RunSpec::new(2, 16, 5) }
}

/// What a run comes to: the model's bits, and the reports of its epochs.
fn outcome(mut trainer: Trainer, run: RunSpec, data: &Dataset) -> (u64, Vec<EpochReport>) {
    trainer.start(run, data).unwrap();
    let reports = finish(&mut trainer, data);
    (hash(trainer.model()), reports)
}

#[test]
fn they_come_to_the_bits_of_a_target_times_nothing() {
    let told = with_targets(vec![zeros(), digits(), sizes()], &["code", "digit", "size"]);
    let expected = outcome(all(true), run(), &told);
    for data in [
        with_targets(vec![digits(), sizes()], &[]),
        with_targets(vec![sizes(), digits()], &["size", "digit"]),
        told.clone(),
    ] {
        assert_eq!(outcome(all(false), run(), &data), expected);
        for workers in [2, 3] {
            let found = shared_by(|| all(false), run(), &data, workers);
            assert!(found.iter().all(|found| *found == expected.0));
        }
        let weighted = |data: &Dataset| {
            let weights = (0..SAMPLES).map(|sample| (sample % 3) as f32).collect();
            data.clone().with_sample_weight(weights).unwrap()
        };
        assert_eq!(
            outcome(all(false), run(), &weighted(&data)),
            outcome(all(true), run(), &weighted(&told))
        );
        let step =
            |mut trainer: Trainer, data: &Dataset| trainer.train_on_samples(data, None).unwrap();
        assert_eq!(step(all(false), &data), step(all(true), &told));
    }
}

#[test]
fn targets_are_left_aside_where_no_output_takes_some() {
    let nothing = with_targets(vec![], &[]);
    let expected = outcome(alone(), run(), &nothing);
    assert!(expected.1[1].logs["loss"] < expected.1[0].logs["loss"], "{expected:?}");
    for data in [
        with_targets(vec![digits()], &[]),
        with_targets(vec![sizes(), digits()], &[]),
        with_targets(vec![sizes()], &["other"]),
    ] {
        assert_eq!(outcome(alone(), run(), &data), expected);
    }
    let found = shared_by(alone, run(), &nothing, 3);
    assert!(found.iter().all(|found| *found == expected.0));

    let mut whole = alone();
    whole.start(run(), &nothing).unwrap();
    whole.advance(&nothing).unwrap();
    let (mut restored, _) = Trainer::restore(&whole.save(&ModelInfo::default()).unwrap()).unwrap();
    assert_eq!(finish(&mut restored, &nothing), expected.1);

    let mut x = vec![0.0; SAMPLES * SIDE * SIDE];
    let indices: Vec<u32> = (0..SAMPLES as u32).collect();
    nothing.input_into(0, &indices, &mut x).unwrap();
    let inputs = [&x[..]];
    let batch = |targets| Batch {
        inputs: &inputs,
        targets,
        sample_weight: None,
        class_weight: None,
        samples: SAMPLES,
    };
    let report = alone().train_on(batch(&[])).unwrap();
    assert_eq!(report, alone().train_on_samples(&nothing, None).unwrap());
    let error = alone().train_on(batch(&[TargetBatch::Classes(&[0; SAMPLES])])).unwrap_err();
    assert!(error.message().contains("those of 1 outputs, expected 0"), "{error}");
}

#[test]
fn evaluations_need_no_targets() {
    let model = network_of(false);
    let measured = |loss: Value, data: &Dataset| {
        let spec = json!({ "loss": loss, "batchSize": 7 });
        let spec: EvaluationSpec = serde_json::from_value(spec).unwrap();
        let mut evaluation = Evaluation::new(&model, &spec, data).unwrap();
        while !evaluation.finished() {
            // As a peer does, which has the samples of its batch only.
            let from = evaluation.done();
            let batch: Vec<u32> = (from as u32..SAMPLES.min(from + 7) as u32).collect();
            let mut rows = Rows::new(data, 7).unwrap();
            rows.gather(data, &batch).unwrap();
            let found = evaluation.measure(&model, rows.dataset(), 0..batch.len()).unwrap();
            assert_eq!(evaluation.measure(&model, data, from..from + batch.len()).unwrap(), found);
            evaluation.add(found).unwrap();
        }
        evaluation.finish().logs
    };
    let nothing = with_targets(vec![], &[]);
    let code = measured(json!({ "code": small(false) }), &nothing);
    let told = measured(json!({ "code": small(true) }), &with_targets(vec![zeros()], &[]));
    assert_eq!(code, told);
    let both = json!({ "code": small(false), "size": "meanSquaredError" });
    let logs = measured(both, &with_targets(vec![sizes()], &[]));
    assert_eq!(logs["codeLoss"], code["loss"]);
    assert!(logs["sizeLoss"] > 0.0);
}

#[test]
fn mixed_and_computed_samples_need_none_either() {
    let mixed = || {
        let augmentation = Augmentation { mixup: 1.0, cutmix: 0.5, ..Augmentation::default() };
        RunSpec { augmentation: Some(augmentation), ..run() }
    };
    let expected = outcome(alone(), mixed(), &with_targets(vec![], &[]));
    assert_ne!(expected, outcome(alone(), run(), &with_targets(vec![], &[])));
    assert_eq!(outcome(alone(), mixed(), &with_targets(vec![digits()], &[])), expected);
    let both = json!({ "code": small(false), "digit": "sparseCategoricalCrossentropy" });
    let both = || trainer_of(network_of(false), both.clone());
    let data = with_targets(vec![digits()], &[]);
    let expected = outcome(both(), mixed(), &data);
    let found = shared_by(both, mixed(), &data, 3);
    assert!(found.iter().all(|found| *found == expected.0));

    let data = with_targets(vec![sizes()], &[]);
    let loss = json!({ "code": small(false), "size": "meanSquaredError" });
    let spec = json!({ "loss": loss });
    let make =
        || Trainer::new(network_of(true), serde_json::from_value(spec.clone()).unwrap()).unwrap();
    let expected = outcome(make(), run(), &data).0;
    let features = features_of(&network_of(true), &data);
    assert!(features.is_some());
    let found = shared_from(make, run(), &data, features.as_ref(), 2);
    assert!(found.iter().all(|found| *found == expected));
}

#[test]
fn what_they_do_not_have_is_refused() {
    let start = |data: &Dataset| all(false).start(run(), data).unwrap_err();
    let error = start(&with_targets(vec![], &[]));
    assert_eq!(error.kind(), ErrorKind::Data);
    assert!(error.message().contains("found no targets"), "{error}");
    let error = start(&with_targets(vec![digits(), zeros(), sizes()], &[]));
    assert_eq!(error.kind(), ErrorKind::Shape);
    let expected = "targets of 3 outputs, expected those of 2: digit, size";
    assert!(error.message().contains(expected), "{error}");
    let error = start(&with_targets(vec![digits(), zeros()], &["digit", "code"]));
    assert!(error.message().contains("no targets of the output \"size\""), "{error}");
    let run = RunSpec { class_weight: Some(vec![2.0].into()), ..run() };
    let error = alone().start(run, &with_targets(vec![], &[])).unwrap_err();
    assert!(error.message().contains("the loss knows no classes"), "{error}");

    let spec = |metrics: Value, details: bool| {
        let spec =
            json!({ "loss": { "code": small(false) }, "metrics": metrics, "details": details });
        serde_json::from_value::<EvaluationSpec>(spec).unwrap()
    };
    let data = with_targets(vec![digits()], &[]);
    for (spec, expected) in [
        (spec(json!(["accuracy"]), false), "the loss of the output \"code\" takes no targets"),
        (spec(json!({ "code": "rocAuc" }), false), "takes no targets"),
        (spec(json!([]), true), "details: "),
    ] {
        let error = Evaluation::new(&network_of(false), &spec, &data).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert!(error.message().contains(expected), "{error}");
    }
}
