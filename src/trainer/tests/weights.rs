//! How much the samples of each class count.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::data::cleaning::{ClassWeights, Fix};

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
fn step(data: &Dataset, rate: f64, loss: &str, weights: Option<Vec<f32>>) -> (Vec<f32>, f64) {
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
    let run = RunSpec { class_weight: weights, shuffle: false, ..RunSpec::new(1, 64, 0) };
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
    let run = RunSpec { class_weight: Some(vec![0.5, 1.0, 2.5]), ..RunSpec::new(2, 16, 3) };
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
    let run = RunSpec { class_weight: Some(vec![0.5, 1.0, 2.5]), ..super::shards::sharded(16, 4) };
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
        let run = RunSpec { class_weight: Some(weights), ..RunSpec::new(1, 16, 3) };
        let error = trainer(adamw()).start(run, &data).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Argument, message));
    }
}
