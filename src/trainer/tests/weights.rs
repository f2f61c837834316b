//! How much the samples of each class count.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde::Serialize;
use serde_json::Value;

use super::*;
use crate::data::cleaning::{ClassWeights, Fix};
use crate::objective::ClassWeightSpecs;
use crate::trainer::Batch;

/// Twelve numbers a sample, of three classes that are not equally frequent.
fn rows(classes: &[u32]) -> Dataset {
    let mut stream = Key::new(9, Purpose::Augmentation).stream();
    // The same numbers for a class and its turn, whatever comes before.
    let values: Vec<f32> = (0..60).map(|_| stream.uniform() - 0.5).collect();
    let mut turns = [0; 3];
    let samples = classes.iter().flat_map(|&class| {
        let turn = turns[class as usize];
        turns[class as usize] += 1;
        let begin = 20 * class as usize + turn % 4 * 4;
        values[begin..begin + 4].to_vec()
    });
    let column = Column::new(vec![4], Values::F32(samples.collect())).unwrap();
    let targets = Targets::Classes(classes.to_vec());
    let names = ["a", "b", "c"].map(String::from).to_vec();
    Dataset::new(vec![column], targets, names, Preprocessing::default()).unwrap()
}

/// A step of gradient descent on all samples; the weights after it, and the loss before.
fn step(
    data: &Dataset,
    rate: f64,
    loss: impl Serialize,
    weights: Option<Vec<f32>>,
) -> (Vec<f32>, f64) {
    let spec = json!({
        "seed": 4,
        "inputs": [{ "name": "row", "shape": [4] }],
        "nodes": [{ "name": "dense", "inputs": ["row"],
                    "layer": { "type": "dense", "units": 3, "activation": "softmax" } }],
        "outputs": ["dense"],
    });
    let model = Model::new(serde_json::from_value(spec).unwrap()).unwrap();
    let optimizer = json!({ "type": "sgd", "learningRate": rate });
    let spec = serde_json::from_value(json!({ "optimizer": optimizer, "loss": loss })).unwrap();
    let mut trainer = Trainer::new(model, spec).unwrap();
    let class_weight = weights.map(Into::into);
    let run = RunSpec { class_weight, shuffle: false, ..RunSpec::new(1, 64, 0) };
    trainer.start(RunSpec { shards: Some(2), ..run }, data).unwrap();
    let progress = trainer.advance(data).unwrap();
    (trainer.model().weights().to_vec(), progress.loss)
}

const SPARSE: &str = "sparseCategoricalCrossentropy";

/// Keras: the mean over all samples of their losses times their weights.
#[test]
fn a_weight_of_two_is_a_sample_twice() {
    let data = rows(&[0, 1, 1, 2, 1, 2]);
    let (weighted, loss) = step(&data, 0.3, SPARSE, Some(vec![2.0, 1.0, 3.0]));
    // The same samples as often as they weigh; the mean is over eleven then, not six.
    let indices = [0, 0, 1, 2, 3, 3, 3, 4, 5, 5, 5];
    let repeated = data.subset(&indices).unwrap();
    let (expected, mean) = step(&repeated, 0.3 * 11.0 / 6.0, SPARSE, None);
    assert!((loss - mean * 11.0 / 6.0).abs() < 1e-6, "{loss} {mean}");
    for (found, expected) in weighted.iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-6, "{weighted:?} {expected:?}");
    }
    let (plain, _) = step(&data, 0.3, SPARSE, None);
    assert!(plain.iter().zip(&weighted).any(|(a, b)| (a - b).abs() > 1e-3));
    // Those behind the last weigh 1.
    let few = step(&data, 0.3, SPARSE, Some(vec![2.0]));
    assert_eq!(few, step(&data, 0.3, SPARSE, Some(vec![2.0, 1.0, 1.0])));
    // Weights of one change no bit, and a class of weight 0 is not learned from.
    assert_eq!(bits(&step(&data, 0.3, SPARSE, Some(vec![1.0; 3])).0), bits(&plain));
    let (without, _) = step(&data, 0.3, SPARSE, Some(vec![1.0, 0.0, 1.0]));
    let rest = data.subset(&[0, 3, 5]).unwrap();
    let (expected, _) = step(&rest, 0.15, SPARSE, None);
    for (found, expected) in without.iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-6, "{without:?} {expected:?}");
    }
}

#[test]
fn targets_of_several_classes_weigh_as_much_of_each() {
    let classes = [0, 1, 1, 2, 1, 2];
    let data = rows(&classes);
    let weights = Some(vec![2.0, 1.0, 3.0]);
    let mut values = vec![0.0; 18];
    for (row, class) in classes.iter().enumerate() {
        values[3 * row + *class as usize] = 1.0;
    }
    let column = data.inputs()[0].clone();
    let targets = Targets::Dense { shape: vec![3], values };
    let dense = Dataset::new(vec![column], targets, Vec::new(), Preprocessing::default()).unwrap();
    let (found, loss) = step(&dense, 0.3, "categoricalCrossentropy", weights.clone());
    let (expected, same) = step(&data, 0.3, SPARSE, weights);
    assert!((loss - same).abs() < 1e-6);
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6));
}

/// The sum of squared differences between outputs and a target for each, or between the sum of their
/// squares and the number of the class.
fn squares(of_number: bool) -> Value {
    let node = |name: &str, inputs: &[&str], layer: Value| json!({ "name": name, "inputs": inputs, "layer": layer });
    let sum = json!({ "type": "dense", "units": 1, "useBias": false, "kernelInitializer": "ones" });
    let size = if of_number { 1 } else { 3 };
    let output = if of_number { "middle" } else { "yPred" };
    let mut nodes = vec![
        node("difference", &[output, "yTrue"], json!({ "type": "subtract" })),
        node("square", &["difference", "difference"], json!({ "type": "multiply" })),
        node("sum", &["square"], sum.clone()),
    ];
    if of_number {
        nodes.push(node("own", &["yPred", "yPred"], json!({ "type": "multiply" })));
        nodes.push(node("middle", &["own"], sum));
    }
    let inputs = json!([{ "name": "yTrue", "shape": [size] }, { "name": "yPred", "shape": [3] }]);
    json!({ "type": "graph",
            "model": { "inputs": inputs, "nodes": nodes, "outputs": ["sum"] } })
}

/// The mean over samples of a loss by its definition, times the weights of their classes.
fn naive(parameters: &[f64], data: &Dataset, weights: &[f32], of_number: bool) -> f64 {
    let Values::F32(x) = data.inputs()[0].values().unwrap() else { panic!("numbers") };
    let labels = data.labels().unwrap();
    let losses = x.chunks_exact(4).zip(labels).map(|(x, &label)| {
        let logit = |unit: usize| {
            let sum = (0..4).map(|i| f64::from(x[i]) * parameters[3 * i + unit]).sum::<f64>();
            (sum + parameters[12 + unit]).exp()
        };
        let all: f64 = (0..3).map(logit).sum();
        let p = |unit: usize| logit(unit) / all;
        let loss = if of_number {
            ((0..3).map(|unit| p(unit).powi(2)).sum::<f64>() - f64::from(label)).powi(2)
        } else {
            (0..3).map(|unit| (p(unit) - f64::from(u8::from(label as usize == unit))).powi(2)).sum()
        };
        f64::from(weights[label as usize]) * loss
    });
    losses.sum::<f64>() / labels.len() as f64
}

#[test]
fn a_graph_of_classes_is_weighted() {
    let data = rows(&[0, 1, 1, 2, 1, 2]);
    let weights = vec![2.0, 0.5, 3.0];
    for of_number in [false, true] {
        let loss = squares(of_number);
        let (before, _) = step(&data, 0.0, &loss, None);
        let (after, found) = step(&data, 1.0, &loss, Some(weights.clone()));
        let before: Vec<f64> = before.iter().map(|&weight| weight.into()).collect();
        let expected = naive(&before, &data, &weights, of_number);
        assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        for (at, after) in after.iter().enumerate() {
            let moved = |by: f64| {
                let mut parameters = before.clone();
                parameters[at] += by;
                naive(&parameters, &data, &weights, of_number)
            };
            let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            let found = before[at] - f64::from(*after);
            assert!((found - expected).abs() < 1e-5, "{at}: {found} {expected}");
        }
    }
    // One-hot targets are the same.
    let one_hot = |one: f32| {
        let hot = data
            .labels()
            .unwrap()
            .iter()
            .flat_map(|&label| (0..3).map(move |class| if class == label { one } else { 0.0 }));
        let targets = Targets::Dense { shape: vec![3], values: hot.collect() };
        let column = data.inputs()[0].clone();
        Dataset::new(vec![column], targets, Vec::new(), Preprocessing::default()).unwrap()
    };
    let loss = squares(false);
    assert_eq!(
        step(&one_hot(1.0), 0.3, &loss, Some(weights.clone())),
        step(&data, 0.3, &loss, Some(weights.clone()))
    );
    // Other numbers say nothing of classes.
    let spec = json!({ "optimizer": "sgd", "loss": loss });
    let mut trainer = {
        let spec = json!({
            "inputs": [{ "name": "row", "shape": [4] }],
            "nodes": [{ "name": "dense", "inputs": ["row"], "layer": { "type": "dense", "units": 3 } }],
            "outputs": ["dense"],
        });
        Model::new(serde_json::from_value(spec).unwrap())
    }
    .and_then(|model| Trainer::new(model, serde_json::from_value(spec).unwrap()))
    .unwrap();
    let run = RunSpec { class_weight: Some(weights.clone().into()), ..RunSpec::new(1, 4, 0) };
    for error in [
        trainer.start(run, &one_hot(1.5)).unwrap_err(),
        trainer.train_on_samples(&one_hot(1.5), Some(&weights.into())).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(error.message().contains("the target at position 0 is 1.5"), "{error}");
    }
}

#[test]
fn a_single_batch_is_weighted_as_a_run() {
    let data = bars(21);
    let weights = ClassWeightSpecs::from(vec![2.0, 0.5]);
    let sgd = || trainer(spec(json!({ "type": "sgd", "learningRate": 0.1 })));
    let (mut whole, mut given) = (sgd(), sgd());
    let mut x = vec![0.0; 21 * SIDE * SIDE];
    let indices: Vec<u32> = (0..21).collect();
    data.input_into(0, &indices, &mut x).unwrap();
    let (inputs, targets) = ([&x[..]], [TargetBatch::Classes(data.labels().unwrap())]);
    let batch = |class_weight| Batch {
        inputs: &inputs,
        targets: &targets,
        sample_weight: None,
        class_weight,
        samples: 21,
    };
    let report = whole.train_on_samples(&data, Some(&weights)).unwrap();
    assert_eq!(given.train_on(batch(Some(&weights))).unwrap(), report);
    assert_eq!(bits(whole.model().weights()), bits(given.model().weights()));
    let by_sample = data.labels().unwrap().iter().map(|&label| [2.0, 0.5, 1.0][label as usize]);
    let by_sample = data.clone().with_sample_weight(by_sample.collect()).unwrap();
    let mut other = sgd();
    assert_eq!(other.train_on_samples(&by_sample, None).unwrap(), report);
    assert_eq!(bits(other.model().weights()), bits(whole.model().weights()));
    let error = sgd().train_on(batch(Some(&vec![1.0; 4].into()))).unwrap_err();
    assert!(error.message().contains("classWeight: found 4 weights"), "{error}");
}

#[test]
fn what_a_fix_recorded_is_used_unless_the_run_says_otherwise() {
    let data = rows(&[0, 1, 1, 2, 1, 2]);
    let fix = Fix::ClassWeights(ClassWeights { weights: vec![2.0, 1.0, 3.0] });
    let steps = Preprocessing { cleaning: vec![fix], ..Preprocessing::default() };
    let targets = data.targets().clone();
    let names = data.class_names().to_vec();
    let fixed = Dataset::new(data.inputs().to_vec(), targets, names, steps).unwrap();
    let weights = Some(vec![2.0, 1.0, 3.0]);
    let said = step(&data, 0.3, SPARSE, weights);
    assert_eq!(step(&fixed, 0.3, SPARSE, None), said);
    let even = step(&data, 0.3, SPARSE, None);
    assert_eq!(step(&fixed, 0.3, SPARSE, Some(vec![1.0; 3])).1, even.1);
}

#[test]
fn a_saved_run_goes_on_with_its_weights() {
    let data = bars(50);
    let run = RunSpec { class_weight: Some(vec![0.5, 1.0, 2.5].into()), ..RunSpec::new(2, 16, 3) };
    let mut whole = trainer(adamw());
    whole.start(run, &data).unwrap();
    whole.advance(&data).unwrap();
    let (mut restored, _) = Trainer::restore(&whole.save(&ModelInfo::default()).unwrap()).unwrap();
    finish(&mut whole, &data);
    finish(&mut restored, &data);
    assert_eq!(bits(restored.model().weights()), bits(whole.model().weights()));
}

#[test]
fn several_workers_weigh_alike() {
    let data = bars(50);
    let run =
        RunSpec { class_weight: Some(vec![0.5, 1.0, 2.5].into()), ..super::shards::sharded(16, 4) };
    let mut alone = trainer(adamw());
    alone.start(run.clone(), &data).unwrap();
    finish(&mut alone, &data);
    let expected = super::bits::hash(alone.model());
    assert!(super::shards::shared(run, &data, 3).iter().all(|found| *found == expected));
}

#[test]
fn impossible_weights_are_refused() {
    let data = bars(20);
    for (weights, message) in [
        (vec![1.0; 4], "classWeight: found 4 weights, expected at most 3, one for each class"),
        (vec![1.0, -1.0, 1.0], "classWeight: found -1, expected finite numbers from 0 on"),
        (vec![1.0, f32::NAN, 1.0], "classWeight: found NaN, expected finite numbers from 0 on"),
    ] {
        let run = RunSpec { class_weight: Some(weights.into()), ..RunSpec::new(1, 16, 3) };
        let error = trainer(adamw()).start(run, &data).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Argument, message));
    }
}
