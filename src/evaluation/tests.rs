//! Evaluations of models whose answers are known.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};

use super::*;
use crate::ErrorKind;
use crate::data::{Column, Preprocessing, Targets, Values};

/// A dense layer from three numbers to `units`, with ones on the diagonal of its kernel.
fn model(units: usize, activation: &str) -> Model {
    let spec = json!({
        "inputs": [{ "name": "x", "shape": [3] }],
        "nodes": [{
            "name": "y", "inputs": ["x"],
            "layer": { "type": "dense", "units": units, "activation": activation },
        }],
        "outputs": ["y"],
    });
    let mut model = Model::new(serde_json::from_value(spec).unwrap()).unwrap();
    model.weights_mut().fill(0.0);
    (0..units.min(3)).for_each(|i| model.weights_mut()[i * units + i] = 1.0);
    model
}

fn dataset(x: &[f32], targets: Targets) -> Dataset {
    let column = Column::new(vec![3], Values::F32(x.to_vec())).unwrap();
    Dataset::new(vec![column], targets, Vec::new(), Preprocessing::default()).unwrap()
}

fn run(model: &Model, spec: Value, dataset: &Dataset) -> Result<EvaluationReport> {
    let spec = serde_json::from_value(spec).unwrap();
    let mut evaluation = Evaluation::new(model, &spec, dataset)?;
    while !evaluation.finished() {
        evaluation.advance(model, dataset)?;
    }
    Ok(evaluation.finish())
}

const X: [f32; 12] = [2.0, 0.0, 0.0, 0.0, 3.0, 1.0, 0.0, 1.0, 2.0, 5.0, 1.0, 0.0];

#[test]
fn classes_are_decided_by_the_highest_output() {
    let data = dataset(&X, Targets::Classes(vec![0, 1, 2, 1]));
    for batch_size in [1, 3, 64] {
        let spec = json!({
            "loss": "sparseCategoricalCrossentropy", "metrics": ["accuracy", "f1Score"],
            "batchSize": batch_size, "details": true,
        });
        let report = run(&model(3, "softmax"), spec, &data).unwrap();
        let details = report.details.unwrap();
        assert_eq!(report.samples, 4);
        assert_eq!(report.logs["accuracy"], 0.75);
        assert_eq!(details.predictions, [0, 1, 2, 0]);
        assert_eq!(details.targets, [0, 1, 2, 1]);
        assert_eq!(details.confusion.counts, [1, 0, 0, 1, 1, 0, 0, 0, 1]);
        assert_eq!(details.classes[0].precision, 0.5);
        assert_eq!(details.macro_average.f1, report.logs["f1Score"]);
        let sum = |x: [f64; 3]| x.iter().map(|x| x.exp()).sum::<f64>();
        let expected = 2f64.exp() / sum([2.0, 0.0, 0.0]);
        assert!((f64::from(details.confidences[0]) - expected).abs() < 1e-6);
        let losses = [
            sum([2.0, 0.0, 0.0]).ln() - 2.0,
            sum([0.0, 3.0, 1.0]).ln() - 3.0,
            sum([0.0, 1.0, 2.0]).ln() - 2.0,
            sum([5.0, 1.0, 0.0]).ln() - 1.0,
        ];
        let expected = losses.iter().sum::<f64>() / 4.0;
        assert!((report.logs["loss"] - expected).abs() < 1e-6);
    }
}

#[test]
fn a_single_output_decides_between_two_classes() {
    let data = dataset(&[1.0, 0.0, 0.0, -2.0, 0.0, 0.0], Targets::Classes(vec![1, 1]));
    let spec = json!({ "loss": "binaryCrossentropy", "metrics": ["accuracy"], "details": true });
    let report = run(&model(1, "sigmoid"), spec, &data).unwrap();
    let details = report.details.unwrap();
    assert_eq!(details.predictions, [1, 0]);
    assert_eq!(details.confusion.counts, [0, 0, 1, 1]);
    let expected = 1.0 / (1.0 + (-2f64).exp());
    assert!((f64::from(details.confidences[1]) - expected).abs() < 1e-6);
    assert_eq!(report.logs["accuracy"], 0.5);
}

#[test]
fn values_are_measured() {
    let targets = Targets::Dense { shape: vec![3], values: vec![0.0; 12] };
    let spec = json!({ "loss": "meanSquaredError", "metrics": ["meanAbsoluteError"] });
    let report = run(&model(3, "linear"), spec, &dataset(&X, targets)).unwrap();
    assert!((report.logs["loss"] - 45.0 / 12.0).abs() < 1e-6);
    assert!((report.logs["meanAbsoluteError"] - 15.0 / 12.0).abs() < 1e-6);
    assert!(report.details.is_none());
}

/// Whether the loss takes the activation over or not, errors are those of the probabilities.
#[test]
fn errors_of_probabilities_are_measured() {
    let metrics = ["meanSquaredError", "meanAbsoluteError", "rootMeanSquaredError", "r2Score"];
    let labels = [0, 1, 2, 1];
    let one_hot: Vec<f32> =
        labels.iter().flat_map(|&l| (0..3).map(move |i| f32::from(u8::from(l == i)))).collect();
    let data = dataset(&X, Targets::Classes(labels.to_vec()));
    let dense = dataset(&X, Targets::Dense { shape: vec![3], values: one_hot.clone() });
    let p: Vec<f64> = X
        .chunks_exact(3)
        .flat_map(|x| {
            let sum: f64 = x.iter().map(|&x| f64::from(x).exp()).sum();
            x.iter().map(move |&x| f64::from(x).exp() / sum)
        })
        .collect();
    let mean = |of: fn(f64) -> f64| {
        p.iter().zip(&one_hot).map(|(p, &t)| of(p - f64::from(t))).sum::<f64>() / 12.0
    };
    let fused =
        json!({ "loss": "sparseCategoricalCrossentropy", "metrics": metrics, "batchSize": 3 });
    let logs = run(&model(3, "softmax"), fused, &data).unwrap().logs;
    assert!((logs["meanSquaredError"] - mean(|d| d * d)).abs() < 1e-6, "{logs:?}");
    assert!((logs["meanAbsoluteError"] - mean(f64::abs)).abs() < 1e-6, "{logs:?}");
    let declared = json!({ "type": "sparseCategoricalCrossentropy", "fromLogits": true });
    for (activation, loss, data) in [
        ("softmax", json!("categoricalCrossentropy"), &dense),
        ("softmax", json!("meanSquaredError"), &dense),
        ("linear", declared, &data),
    ] {
        let spec = json!({ "loss": loss, "metrics": metrics, "batchSize": 3 });
        let found = run(&model(3, activation), spec, data).unwrap().logs;
        for name in metrics {
            assert!((found[name] - logs[name]).abs() < 1e-6, "{name}: {found:?} {logs:?}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let labels = |labels: &[u32]| dataset(&X, Targets::Classes(labels.to_vec()));
    let good = labels(&[0, 1, 2, 1]);
    let sparse = json!({ "loss": "sparseCategoricalCrossentropy", "details": true });
    let kind = |model: &Model, spec: &Value, data: &Dataset| {
        run(model, spec.clone(), data).unwrap_err().kind()
    };
    let softmax = model(3, "softmax");
    assert_eq!(kind(&softmax, &sparse, &labels(&[0, 1, 2, 3])), ErrorKind::Data);
    assert_eq!(kind(&softmax, &sparse, &dataset(&X, Targets::None)), ErrorKind::Data);
    let dense = Targets::Dense { shape: vec![3], values: vec![0.0; 12] };
    assert_eq!(kind(&softmax, &sparse, &dataset(&X, dense)), ErrorKind::Argument);
    let batchless = json!({ "loss": "sparseCategoricalCrossentropy", "batchSize": 0 });
    assert_eq!(kind(&softmax, &batchless, &good), ErrorKind::Argument);
    let error = run(&model(3, "relu"), sparse.clone(), &good).unwrap_err();
    assert!(error.message().contains("no probabilities"), "{error}");

    let yes = Targets::Dense { shape: vec![3], values: vec![1.0; 12] };
    let several = json!({ "loss": "binaryCrossentropy", "details": true });
    assert_eq!(kind(&model(3, "sigmoid"), &several, &dataset(&X, yes)), ErrorKind::Argument);
    let shares = Targets::Dense { shape: vec![3], values: vec![2.0; 12] };
    let dense = json!({ "loss": "categoricalCrossentropy" });
    assert_eq!(kind(&softmax, &dense, &dataset(&X, shares)), ErrorKind::Data);

    let mut broken = model(3, "softmax");
    broken.weights_mut()[0] = f32::INFINITY;
    assert_eq!(kind(&broken, &sparse, &good), ErrorKind::Diverged);

    let spec = serde_json::from_value(sparse).unwrap();
    let mut evaluation = Evaluation::new(&softmax, &spec, &good).unwrap();
    let other = dataset(&X[..6], Targets::Classes(vec![0, 1]));
    assert_eq!(evaluation.advance(&softmax, &other).unwrap_err().kind(), ErrorKind::Data);
}

#[test]
fn batches_measured_out_of_order_come_to_the_same_bits() {
    let model = model(3, "softmax");
    let dataset = dataset(&X, Targets::Classes(vec![0, 1, 2, 2]));
    let spec = json!({
        "loss": "sparseCategoricalCrossentropy",
        "metrics": ["accuracy", "precision", "rocAuc", "averagePrecision"],
        "batchSize": 3, "details": true,
    });
    let expected = run(&model, spec.clone(), &dataset).unwrap();
    let spec: EvaluationSpec = serde_json::from_value(spec).unwrap();
    let mut evaluation = Evaluation::new(&model, &spec, &dataset).unwrap();
    let mut helper = Evaluation::new(&model, &spec, &dataset).unwrap();
    let last = helper.measure(&model, &dataset, 3..4).unwrap();
    let first = evaluation.measure(&model, &dataset, 0..3).unwrap();
    let kind = |result: Result<()>| result.unwrap_err().kind();
    let cut = Measured { decisions: Decisions::default(), ..first.clone() };
    assert_eq!(kind(evaluation.add(cut)), ErrorKind::Argument);
    assert_eq!(
        kind(evaluation.add(Measured { sums: vec![1.0], ..first.clone() })),
        ErrorKind::Format
    );
    assert_eq!(
        kind(evaluation.add(Measured { scores: vec![1.0], ..first.clone() })),
        ErrorKind::Argument
    );
    for (range, expected) in [(0..4, "1 to 3"), (2..2, "0 samples"), (3..5, "sample 4")] {
        let error = evaluation.measure(&model, &dataset, range).unwrap_err();
        assert!(
            error.kind() == ErrorKind::Argument && error.message().contains(expected),
            "{error}"
        );
    }
    evaluation.add(first.clone()).unwrap();
    evaluation.add(last).unwrap();
    assert_eq!(kind(evaluation.add(first)), ErrorKind::Argument);
    assert_eq!(evaluation.finish(), expected);
}

#[test]
fn ranks_are_exact_however_close_the_scores() {
    // Of one pair of scores that share a bin, the lower is true.
    let x: Vec<f32> = [2.0, 2.0001, -1.0, 1.0].iter().flat_map(|x| [*x, 0.0, 0.0]).collect();
    let data = dataset(&x, Targets::Classes(vec![1, 0, 0, 1]));
    let spec = json!({ "loss": "binaryCrossentropy", "metrics": ["rocAuc"], "batchSize": 3 });
    let report = run(&model(1, "sigmoid"), spec.clone(), &data).unwrap();
    assert_eq!(report.logs["rocAuc"], 0.5);
    assert!(report.warnings.is_empty());

    let report =
        run(&model(1, "sigmoid"), spec, &dataset(&x, Targets::Classes(vec![1; 4]))).unwrap();
    assert!(report.logs["rocAuc"].is_nan());
    assert_eq!(report.warnings, ["rocAuc: there are no negative samples, so it is not defined"]);
}

#[test]
fn padding_has_no_rank() {
    let spec = json!({
        "inputs": [{ "name": "x", "shape": [3, 1] }],
        "nodes": [
            { "name": "masking", "inputs": ["x"], "layer": { "type": "masking" } },
            {
                "name": "y", "inputs": ["masking"],
                "layer": { "type": "dense", "units": 1, "activation": "sigmoid" },
            },
        ],
        "outputs": ["y"],
    });
    let mut model = Model::new(serde_json::from_value(spec).unwrap()).unwrap();
    model.weights_mut().copy_from_slice(&[1.0, 0.0]);
    let x = Values::F32(vec![3.0, 1.0, 0.0, 2.0, 0.0, 0.0, 1.0, 4.0, 2.5]);
    let column = Column::new(vec![3, 1], x).unwrap();
    // Of the padding: true, with a lower score than what is false.
    let truth = vec![1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0];
    let targets = Targets::Dense { shape: vec![3, 1], values: truth };
    let data = Dataset::new(vec![column], targets, Vec::new(), Preprocessing::default()).unwrap();
    for batch_size in [1, 2, 3] {
        let spec = json!({
            "loss": "binaryCrossentropy", "metrics": ["rocAuc", "averagePrecision"],
            "batchSize": batch_size,
        });
        let report = run(&model, spec, &data).unwrap();
        assert_eq!([report.logs["rocAuc"], report.logs["averagePrecision"]], [1.0, 1.0]);
    }
}
