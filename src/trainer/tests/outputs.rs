//! Models with several inputs and outputs.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::Value;

use super::shards::shared_by;
use super::*;
use crate::data::cleaning::{ClassWeights, Fix};
use crate::objective::ClassWeightSpecs;
use crate::trainer::Batch;

/// Two inputs, two layers that both outputs share, a digit of three and a size.
fn network() -> Model {
    let dense = |name: &str, input: &str, units: u32, activation: &str| {
        json!({ "name": name, "inputs": [input],
                "layer": { "type": "dense", "units": units, "activation": activation } })
    };
    let spec = json!({
        "seed": 3,
        "inputs": [{ "name": "row", "shape": [4] }, { "name": "more", "shape": [3] }],
        "nodes": [
            { "name": "both", "inputs": ["row", "more"], "layer": { "type": "concatenate" } },
            dense("hidden", "both", 6, "tanh"),
            dense("digit", "hidden", 3, "softmax"),
            dense("size", "hidden", 1, "linear"),
        ],
        "outputs": ["digit", "size"],
    });
    Model::new(serde_json::from_value(spec).unwrap()).unwrap()
}

const SAMPLES: usize = 45;

fn columns() -> [Column; 2] {
    let mut stream = Key::new(9, Purpose::Augmentation).stream();
    [4, 3].map(|width| {
        let values = (0..SAMPLES * width).map(|_| stream.uniform() - 0.5).collect();
        Column::new(vec![width], Values::F32(values)).unwrap()
    })
}

fn digits() -> Targets {
    Targets::Classes((0..SAMPLES as u32).map(|sample| sample % 3).collect())
}

fn sizes() -> Targets {
    let values = (0..SAMPLES).map(|sample| (sample % 7) as f32 / 7.0).collect();
    Targets::Dense { shape: vec![1], values }
}

fn data() -> Dataset {
    Dataset::new(columns().to_vec(), digits(), vec![], Preprocessing::default())
        .unwrap()
        .with_further_targets(vec![sizes()])
        .unwrap()
}

/// The same data, with inputs and targets in another order, by their names.
fn turned() -> Dataset {
    let [row, more] = columns();
    let names = |names: [&str; 2]| names.map(String::from).to_vec();
    Dataset::new(vec![more, row], sizes(), vec![], Preprocessing::default())
        .unwrap()
        .with_further_targets(vec![digits()])
        .unwrap()
        .with_output_names(names(["size", "digit"]))
        .unwrap()
        .with_input_names(names(["more", "row"]))
        .unwrap()
}

fn losses() -> Value {
    json!({ "digit": "sparseCategoricalCrossentropy", "size": "meanSquaredError" })
}

fn trainer_of(optimizer: Value, loss: Value, weights: Value) -> Trainer {
    let spec = json!({
        "optimizer": optimizer, "loss": loss, "lossWeights": weights,
        "metrics": { "digit": ["accuracy"], "size": ["meanAbsoluteError"] },
    });
    Trainer::new(network(), serde_json::from_value(spec).unwrap()).unwrap()
}

fn adam() -> Trainer {
    trainer_of(json!({ "type": "adam" }), losses(), json!({ "size": 0.25 }))
}

/// What a step of gradient descent at a learning rate of 1 takes from the weights.
fn gradient(loss: Value, weights: Value, data: &Dataset) -> (Vec<f32>, Logs) {
    weighted_gradient(loss, weights, None, data)
}

/// The same with weights of classes.
fn weighted_gradient(
    loss: Value,
    weights: Value,
    class_weight: Option<&ClassWeightSpecs>,
    data: &Dataset,
) -> (Vec<f32>, Logs) {
    let sgd = json!({ "type": "sgd", "learningRate": 1 });
    let mut trainer = trainer_of(sgd, loss, weights);
    let before = trainer.model().weights().to_vec();
    let logs = trainer.train_on_samples(data, class_weight).unwrap().logs;
    let after = trainer.model().weights();
    (before.iter().zip(after).map(|(before, after)| before - after).collect(), logs)
}

#[test]
fn gradients_of_the_outputs_add_up_by_their_weights() {
    let one =
        |name: &str, data: Dataset| gradient(json!({ name: losses()[name] }), json!({}), &data);
    let only = |targets| {
        Dataset::new(columns().to_vec(), targets, vec![], Preprocessing::default()).unwrap()
    };
    let ((digit, digit_logs), (size, size_logs)) =
        (one("digit", only(digits())), one("size", only(sizes())));
    // An output without a loss is left alone.
    let head = network().weights().len() - 7;
    assert!(digit[head..].iter().all(|&gradient| gradient == 0.0));
    assert!(size[head..].iter().all(|&gradient| gradient != 0.0));
    let weights = json!({ "digit": 0.5, "size": 2 });
    let (both, logs) = gradient(losses(), weights, &data());
    for ((found, digit), size) in both.iter().zip(&digit).zip(&size) {
        let expected = 0.5 * digit + 2.0 * size;
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
    assert_eq!(logs["digitLoss"], digit_logs["loss"]);
    assert_eq!(logs["sizeLoss"], size_logs["loss"]);
    assert_eq!(logs["loss"], 0.5 * digit_logs["loss"] + 2.0 * size_logs["loss"]);
    assert_eq!(logs["digitAccuracy"], digit_logs["accuracy"]);
    assert_eq!(logs["sizeMeanAbsoluteError"], size_logs["meanAbsoluteError"]);
    assert_eq!(logs.len(), 5);
}

fn weights_of(output: &str, weights: &[f32]) -> ClassWeightSpecs {
    ClassWeightSpecs::Named([(output.to_owned(), weights.to_vec())].into())
}

#[test]
fn classes_weigh_by_the_names_of_outputs() {
    let only = |targets| {
        Dataset::new(columns().to_vec(), targets, vec![], Preprocessing::default()).unwrap()
    };
    let of = |name: &str| json!({ name: losses()[name] });
    let (weights, named) = (vec![2.0, 0.5, 3.0], weights_of("digit", &[2.0, 0.5, 3.0]));
    let (digit, digit_logs) =
        weighted_gradient(of("digit"), json!({}), Some(&weights.into()), &only(digits()));
    let same = weighted_gradient(of("digit"), json!({}), Some(&named), &only(digits()));
    assert_eq!((&same.0, &same.1), (&digit, &digit_logs));
    let (size, size_logs) = gradient(of("size"), json!({}), &only(sizes()));
    let (both, logs) = weighted_gradient(losses(), json!({}), Some(&named), &data());
    for ((found, digit), size) in both.iter().zip(&digit).zip(&size) {
        assert!((found - digit - size).abs() < 1e-6, "{found} {digit} {size}");
    }
    assert_eq!(logs["digitLoss"], digit_logs["loss"]);
    assert_eq!(logs["sizeLoss"], size_logs["loss"]);
    let plain = gradient(of("digit"), json!({}), &only(digits())).1;
    assert!((plain["loss"] - digit_logs["loss"]).abs() > 0.1);

    // Those that a fix recorded are of the dataset's first targets.
    let fix = Fix::ClassWeights(ClassWeights { weights: vec![2.0, 0.5, 3.0] });
    let steps = Preprocessing { cleaning: vec![fix], ..Preprocessing::default() };
    let run = |data: &Dataset, class_weight| {
        let mut trainer = adam();
        let run = RunSpec { shards: Some(4), class_weight, ..RunSpec::new(2, 16, 5) };
        trainer.start(run.clone(), data).unwrap();
        let saved = trainer.save(&ModelInfo::default()).unwrap();
        let (mut restored, _) = Trainer::restore(&saved).unwrap();
        assert_eq!(restored.run(), trainer.run());
        finish(&mut restored, data);
        finish(&mut trainer, data);
        let found = super::bits::hash(trainer.model());
        assert_eq!(super::bits::hash(restored.model()), found);
        assert!(shared_by(adam, run, data, 3).iter().all(|other| *other == found));
        found
    };
    let expected = run(&data(), Some(named.clone()));
    assert_eq!(run(&turned(), Some(named)), expected);
    assert_eq!(run(&data().with_preprocessing(steps).unwrap(), None), expected);
    assert_ne!(run(&data(), None), expected);
}

#[test]
fn weights_of_classes_are_read_as_a_list_or_by_names() {
    for (given, expected) in [
        (json!([2.0, 0.5]), ClassWeightSpecs::from(vec![2.0, 0.5])),
        (json!({ "digit": [2.0, 0.5] }), weights_of("digit", &[2.0, 0.5])),
    ] {
        let run = json!({ "epochs": 1, "batchSize": 4, "classWeight": given });
        let run: RunSpec = serde_json::from_value(run).unwrap();
        assert_eq!(run.class_weight, Some(expected));
        assert_eq!(serde_json::to_value(&run).unwrap()["classWeight"], given);
    }
    for (weights, layer, expected) in [
        (vec![2.0].into(), None, "2 are trained; expected those of each by its name: digit, size"),
        (
            weights_of("digits", &[2.0]),
            None,
            "no output \"digits\" is trained, expected names of digit",
        ),
        (weights_of("size", &[2.0]), Some("size"), "the loss knows no classes"),
        (weights_of("digit", &[2.0; 4]), Some("digit"), "found 4 weights, expected at most 3"),
    ] {
        let run = RunSpec { class_weight: Some(weights), ..RunSpec::new(1, 16, 5) };
        let error = adam().start(run, &data()).unwrap_err();
        assert_eq!((error.kind(), error.layer()), (ErrorKind::Argument, layer), "{error}");
        assert!(error.message().contains(expected), "{error}");
    }
}

#[test]
fn names_say_which_input_and_which_target_is_which() {
    let run = |data: &Dataset| {
        let mut trainer = adam();
        trainer.start(RunSpec::new(2, 16, 5), data).unwrap();
        let reports = finish(&mut trainer, data);
        (bits(trainer.model().weights()), reports)
    };
    assert_eq!(run(&turned()), run(&data()));
}

#[test]
fn workers_share_steps_of_several_outputs() {
    for data in [data(), turned(), data().with_sample_weight(vec![0.5; SAMPLES]).unwrap()] {
        let run = RunSpec { shards: Some(4), ..RunSpec::new(2, 16, 5) };
        let mut alone = adam();
        alone.start(run.clone(), &data).unwrap();
        finish(&mut alone, &data);
        let expected = super::bits::hash(alone.model());
        assert!(shared_by(adam, run, &data, 3).iter().all(|found| *found == expected));
    }
}

#[test]
fn a_saved_run_goes_on_with_all_outputs() {
    let data = data();
    let mut whole = adam();
    whole.start(RunSpec::new(3, 16, 5), &data).unwrap();
    (0..4).for_each(|_| drop(whole.advance(&data).unwrap()));
    let (mut restored, _) = Trainer::restore(&whole.save(&ModelInfo::default()).unwrap()).unwrap();
    assert_eq!(restored.logs(), whole.logs());
    assert_eq!(restored.spec(), whole.spec());
    assert_eq!(finish(&mut restored, &data), finish(&mut whole, &data));
    assert_eq!(bits(restored.model().weights()), bits(whole.model().weights()));
}

#[test]
fn evaluations_report_what_training_does() {
    let spec = json!({
        "loss": losses(), "lossWeights": { "size": 2 }, "batchSize": 7,
        "metrics": { "digit": ["accuracy"], "size": ["meanAbsoluteError"] },
    });
    let mut spec: EvaluationSpec = serde_json::from_value(spec).unwrap();
    let (_, expected) = gradient(losses(), json!({ "size": 2 }), &data());
    for data in [data(), turned()] {
        let model = network();
        let mut evaluation = Evaluation::new(&model, &spec, &data).unwrap();
        while !evaluation.finished() {
            evaluation.advance(&model, &data).unwrap();
        }
        let found = evaluation.finish().logs;
        assert!(found.keys().eq(expected.keys()), "{found:?}");
        for (name, value) in &found {
            assert!((value - expected[name]).abs() < 1e-6, "{name}: {value} {}", expected[name]);
        }
    }
    spec.details = true;
    assert_eq!(
        Evaluation::new(&network(), &spec, &data()).unwrap_err().kind(),
        ErrorKind::Argument
    );
}

#[test]
fn a_batch_has_targets_of_every_output() {
    let (row, more) = (vec![0.5; 8], vec![0.25; 6]);
    let inputs: [&[f32]; 2] = [&row, &more];
    let sizes = [1.0, 2.0];
    let targets = [TargetBatch::Classes(&[0, 2]), TargetBatch::Dense(&sizes)];
    let batch = |targets| Batch {
        inputs: &inputs,
        targets,
        sample_weight: None,
        class_weight: None,
        samples: 2,
    };
    let report = adam().train_on(batch(&targets)).unwrap();
    assert!(report.logs["loss"] > 0.0 && report.loss == report.logs["loss"]);
    let error = adam().train_on(batch(&targets[..1])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert!(error.message().contains("those of 1 outputs, expected 2"), "{error}");
    let wrong = [TargetBatch::Classes(&[0, 3]), TargetBatch::Dense(&sizes)];
    assert_eq!(adam().train_on(batch(&wrong)).unwrap_err().layer(), Some("digit"));
}

/// The absolute difference, as a graph: relu(d) + relu(-d).
fn absolute() -> Value {
    let node = |name: &str, inputs: &[&str], layer: Value| json!({ "name": name, "inputs": inputs, "layer": layer });
    let (minus, relu) = (
        json!({ "type": "rescaling", "scale": -1 }),
        json!({ "type": "activation", "activation": "relu" }),
    );
    let model = json!({
        "inputs": [{ "name": "yTrue", "shape": [1] }, { "name": "yPred", "shape": [1] }],
        "nodes": [
            node("minus", &["yTrue"], minus.clone()),
            node("d", &["yPred", "minus"], json!({ "type": "add" })),
            node("other", &["d"], minus),
            node("up", &["d"], relu.clone()),
            node("down", &["other"], relu),
            node("both", &["up", "down"], json!({ "type": "add" })),
        ],
        "outputs": ["both"],
    });
    json!({ "type": "graph", "model": model })
}

#[test]
fn a_loss_may_be_a_graph() {
    let data = data().with_sample_weight((0..SAMPLES).map(|n| (n % 3) as f32).collect()).unwrap();
    let trained = |size: Value| {
        let loss = json!({ "digit": "sparseCategoricalCrossentropy", "size": size });
        let mut trainer =
            trainer_of(json!({ "type": "sgd", "learningRate": 0.1 }), loss, json!({ "size": 2 }));
        trainer.start(RunSpec { shards: Some(2), ..RunSpec::new(2, 16, 5) }, &data).unwrap();
        trainer.advance(&data).unwrap();
        // It is saved with the run.
        let (mut trainer, _) =
            Trainer::restore(&trainer.save(&ModelInfo::default()).unwrap()).unwrap();
        let logs = finish(&mut trainer, &data).remove(1).logs;
        (trainer.model().weights().to_vec(), logs)
    };
    let (graph, graph_logs) = trained(absolute());
    let (known, known_logs) = trained(json!("meanAbsoluteError"));
    for (found, expected) in graph.iter().zip(&known) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
    for (name, value) in &graph_logs {
        assert!((value - known_logs[name]).abs() < 1e-6, "{name}: {graph_logs:?} {known_logs:?}");
    }
    let spec = json!({ "loss": { "size": absolute() } });
    let spec: EvaluationSpec = serde_json::from_value(spec).unwrap();
    let model = network();
    let data = Dataset::new(columns().to_vec(), sizes(), vec![], Preprocessing::default()).unwrap();
    let mut evaluation = Evaluation::new(&model, &spec, &data).unwrap();
    evaluation.advance(&model, &data).unwrap();
    let found = evaluation.finish().logs["loss"];
    let (_, logs) = gradient(json!({ "size": "meanAbsoluteError" }), json!({}), &data);
    assert!((found - logs["loss"]).abs() < 1e-6, "{found} {logs:?}");
    // Of three outputs there is no such loss.
    let spec = json!({ "loss": { "digit": absolute() } });
    let error = Trainer::new(network(), serde_json::from_value(spec).unwrap()).unwrap_err();
    assert!(error.message().contains("yPred has the shape [1], expected [3]"), "{error}");
}
