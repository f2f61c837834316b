//! How much each sample counts.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::data::Augmentation;
use crate::trainer::Batch;

fn weighted(data: &Dataset, weight: impl Fn(usize) -> f32) -> Dataset {
    data.clone().with_sample_weight((0..data.len()).map(weight).collect()).unwrap()
}

/// A step of gradient descent on all samples in two shards; the weights after it, and the loss before.
fn step(data: &Dataset, rate: f64) -> (Vec<f32>, f64) {
    let optimizer = json!({ "type": "sgd", "learningRate": rate });
    let spec = json!({
        "seed": 4,
        "inputs": [{ "name": "image", "shape": [SIDE, SIDE, 1] }],
        "nodes": [
            { "name": "flat", "inputs": ["image"], "layer": { "type": "flatten" } },
            { "name": "dense", "inputs": ["flat"],
              "layer": { "type": "dense", "units": CLASSES, "activation": "softmax" } },
        ],
        "outputs": ["dense"],
    });
    let model = Model::new(serde_json::from_value(spec).unwrap()).unwrap();
    let mut trainer = Trainer::new(model, super::spec(optimizer)).unwrap();
    let run = RunSpec { shuffle: false, shards: Some(2), ..RunSpec::new(1, 64, 0) };
    trainer.start(run, data).unwrap();
    let loss = trainer.advance(data).unwrap().loss;
    (trainer.model().weights().to_vec(), loss)
}

/// Keras: the mean over all samples of their losses times their weights.
#[test]
fn a_weight_of_two_is_a_sample_twice() {
    let data = bars(6);
    let weights = [2.0, 1.0, 0.0, 3.0, 1.0, 1.0];
    let (found, loss) = step(&weighted(&data, |sample| weights[sample]), 0.2);
    let repeated = data.subset(&[0, 0, 1, 3, 3, 3, 4, 5]).unwrap();
    let (expected, mean) = step(&repeated, 0.2 * 8.0 / 6.0);
    assert!((loss - mean * 8.0 / 6.0).abs() < 1e-6, "{loss} {mean}");
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
    let (plain, plain_loss) = step(&data, 0.2);
    assert!(plain.iter().zip(&found).any(|(a, b)| (a - b).abs() > 1e-3));
    // Weights of one change no bit.
    let (ones, same) = step(&weighted(&data, |_| 1.0), 0.2);
    assert_eq!((bits(&ones), same), (bits(&plain), plain_loss));
}

#[test]
fn they_multiply_the_weights_of_classes() {
    let data = bars(9);
    let of_classes = |sample: usize| [0.5, 2.0, 1.5][sample % 3];
    let own = |sample: usize| 0.25 * (1 + sample % 4) as f32;
    let run = |data: &Dataset, weights: Option<Vec<f32>>| {
        let class_weight = weights.map(Into::into);
        let mut trainer = trainer(adamw());
        trainer.start(RunSpec { class_weight, ..RunSpec::new(1, 4, 0) }, data).unwrap();
        finish(&mut trainer, data)[0].logs["loss"]
    };
    let found = run(&weighted(&data, own), Some(vec![0.5, 2.0, 1.5]));
    let expected = run(&weighted(&data, |sample| own(sample) * of_classes(sample)), None);
    assert!((found - expected).abs() < 1e-6, "{found} {expected}");
}

#[test]
fn evaluations_and_single_batches_take_them() {
    let data = bars(21);
    let weight = |sample: usize| (sample % 5) as f32;
    let weighted = weighted(&data, weight);
    let expected = {
        let of = |sample| evaluate(&network(), &data.subset(&[sample]).unwrap()).logs["loss"];
        (0..21).map(|sample| f64::from(weight(sample as usize)) * of(sample)).sum::<f64>() / 21.0
    };
    let found = evaluate(&network(), &weighted).logs;
    assert!((found["loss"] - expected).abs() < 1e-5, "{} {expected}", found["loss"]);
    // Metrics count every sample the same.
    let plain = evaluate(&network(), &data).logs;
    assert_eq!(found["accuracy"], plain["accuracy"]);
    assert!((found["loss"] - plain["loss"]).abs() > 0.1);

    let sgd = || trainer(spec(json!({ "type": "sgd", "learningRate": 0.1 })));
    let (mut whole, mut given) = (sgd(), sgd());
    let mut x = vec![0.0; 21 * SIDE * SIDE];
    let indices: Vec<u32> = (0..21).collect();
    data.input_into(0, &indices, &mut x).unwrap();
    let (weights, labels) = (weighted.sample_weight().unwrap(), data.labels().unwrap());
    let (inputs, targets) = ([&x[..]], [TargetBatch::Classes(labels)]);
    let batch = |sample_weight, samples| Batch {
        inputs: &inputs,
        targets: &targets,
        sample_weight,
        class_weight: None,
        samples,
    };
    let report = given.train_on(batch(Some(weights), 21)).unwrap();
    assert_eq!(whole.train_on_samples(&weighted, None).unwrap(), report);
    assert_eq!(bits(whole.model().weights()), bits(given.model().weights()));
    let without = sgd().train_on(batch(None, 21)).unwrap();
    assert!((without.loss - report.loss).abs() > 0.1);
    for (wrong, kind) in [(&[1.0; 20][..], ErrorKind::Shape), (&[-1.0; 21], ErrorKind::Data)] {
        assert_eq!(given.train_on(batch(Some(wrong), 21)).unwrap_err().kind(), kind);
    }
}

const POSITIONS: usize = 5;

/// Sequences of two numbers, with a class of three at each position.
fn sequences(samples: usize) -> Dataset {
    let mut stream = Key::new(4, Purpose::Augmentation).stream();
    let x = (0..samples * POSITIONS * 2).map(|_| stream.uniform() - 0.5).collect();
    let column = Column::new(vec![POSITIONS, 2], Values::F32(x)).unwrap();
    let values = (0..samples * POSITIONS).map(|at| (at * at % 3) as f32).collect();
    let targets = Targets::Dense { shape: vec![POSITIONS], values };
    Dataset::new(vec![column], targets, vec![], Preprocessing::default()).unwrap()
}

fn of_sequences(loss: serde_json::Value, learning_rate: f64) -> Trainer {
    let spec = json!({
        "seed": 4,
        "inputs": [{ "name": "x", "shape": [POSITIONS, 2] }],
        "nodes": [{ "name": "y", "inputs": ["x"],
                    "layer": { "type": "dense", "units": 3, "activation": "softmax" } }],
        "outputs": ["y"],
    });
    let model = Model::new(serde_json::from_value(spec).unwrap()).unwrap();
    let optimizer = json!({ "type": "sgd", "learningRate": learning_rate });
    let spec = json!({ "optimizer": optimizer, "loss": loss });
    Trainer::new(model, serde_json::from_value(spec).unwrap()).unwrap()
}

#[test]
fn each_position_may_have_its_weight() {
    let sparse = json!("sparseCategoricalCrossentropy");
    let data = sequences(4);
    let weight = |at: usize| (at * 7 % 4) as f32 * 0.5;
    let all = weighted_positions(&data, weight);
    let step = |data: &Dataset| {
        let mut trainer = of_sequences(sparse.clone(), 1.0);
        let before = trainer.model().weights().to_vec();
        let loss = trainer.train_on_samples(data, None).unwrap().loss;
        let after = trainer.model().weights().iter();
        (loss, before.iter().zip(after).map(|(before, after)| before - after).collect::<Vec<_>>())
    };
    // The sum over positions of what each comes to alone, times its weight.
    let (loss, gradient) = step(&all);
    let (mut sum, mut gradients) = (0.0, vec![0.0; gradient.len()]);
    for at in 0..4 * POSITIONS {
        let (loss, gradient) = step(&weighted_positions(&data, |other| f32::from(other == at)));
        sum += f64::from(weight(at)) * loss;
        for (sum, gradient) in gradients.iter_mut().zip(gradient) {
            *sum += weight(at) * gradient;
        }
    }
    assert!((loss - sum).abs() < 1e-5, "{loss} {sum}");
    assert!(gradient.iter().zip(&gradients).all(|(a, b)| (a - b).abs() < 1e-5));
    // And by the differences of the loss.
    let loss_of = |moved: usize, by: f32| {
        let mut trainer = of_sequences(sparse.clone(), 0.0);
        trainer.model_mut().weights_mut()[moved] += by;
        trainer.train_on_samples(&all, None).unwrap().loss
    };
    for (at, found) in gradient.iter().enumerate() {
        let expected = (loss_of(at, 0.01) - loss_of(at, -0.01)) / 0.02;
        assert!((f64::from(*found) - expected).abs() < 1e-4, "{at}: {found} {expected}");
    }
    // Those of a sample at all of its positions are its own.
    let of_sample = |sample: usize| 0.25 * sample as f32;
    let same = weighted_positions(&data, |at| of_sample(at / POSITIONS));
    assert_eq!(step(&same), step(&weighted(&data, of_sample)));
}

fn weighted_positions(data: &Dataset, weight: impl Fn(usize) -> f32) -> Dataset {
    let weights = (0..data.len() * POSITIONS).map(weight).collect();
    data.clone().with_sample_weight(weights).unwrap()
}

#[test]
fn weights_of_positions_go_along_with_their_samples() {
    let sparse = json!("sparseCategoricalCrossentropy");
    let data = weighted_positions(&sequences(30), |at| (at * 7 % 4) as f32);
    let run = || RunSpec { shards: Some(4), ..RunSpec::new(2, 8, 3) };
    let make = || of_sequences(sparse.clone(), 0.1);
    let mut alone = make();
    alone.start(run(), &data).unwrap();
    finish(&mut alone, &data);
    let expected = super::bits::hash(alone.model());
    let found = super::shards::shared_by(make, run(), &data, 3);
    assert!(found.iter().all(|found| *found == expected));
    let [first, second] =
        [0..13, 13..30].map(|range| data.subset(&range.collect::<Vec<u32>>()).unwrap());
    assert_eq!(first.joined(&second).unwrap(), data);

    let refused = |trainer: &mut Trainer, data: &Dataset| trainer.start(run(), data).unwrap_err();
    let three = sequences(4).with_sample_weight(vec![1.0; 12]).unwrap();
    let error = refused(&mut make(), &three);
    assert_eq!(error.kind(), ErrorKind::Shape);
    let expected = "found 3 weights of a sample, expected 1, or 5, one for each position";
    assert!(error.message().contains(expected), "{error}");
    let images = bars(4).with_sample_weight(vec![1.0; 8]).unwrap();
    let error = refused(&mut trainer(adamw()), &images);
    assert!(error.message().contains("found 2 weights of a sample, expected 1"), "{error}");
    // A loss of whole sequences has none of a position.
    let graph = json!({ "type": "graph", "model": {
        "inputs": [{ "name": "yPred", "shape": [POSITIONS, 3] }],
        "nodes": [
            { "name": "flat", "inputs": ["yPred"], "layer": { "type": "flatten" } },
            { "name": "sum", "inputs": ["flat"], "layer": { "type": "dense", "units": 1 } },
        ],
        "outputs": ["sum"],
    } });
    let error = refused(&mut of_sequences(graph.clone(), 0.1), &data);
    assert!(error.message().contains("the loss is one of all together"), "{error}");
    let plain = weighted(&sequences(4), |sample| sample as f32);
    of_sequences(graph, 0.1).start(run(), &plain).unwrap();
}

#[test]
fn several_workers_weigh_alike() {
    let data = weighted(&bars(50), |sample| 0.1 * (sample % 11) as f32);
    let run = super::shards::sharded(16, 4);
    let mut alone = trainer(adamw());
    alone.start(run.clone(), &data).unwrap();
    finish(&mut alone, &data);
    let expected = super::bits::hash(alone.model());
    assert!(super::shards::shared(run, &data, 3).iter().all(|found| *found == expected));
}

#[test]
fn mixed_samples_have_mixed_weights() {
    let data = bars(32);
    let run = |data: &Dataset| {
        let augmentation = Augmentation { mixup: 1.0, ..Augmentation::default() };
        let run = RunSpec { augmentation: Some(augmentation), ..RunSpec::new(1, 8, 0) };
        let mut trainer = trainer(adamw());
        trainer.start(run, data).unwrap();
        trainer.advance(data).unwrap().loss
    };
    let plain = run(&data);
    // Of samples that weigh the same, mixed ones do, too.
    assert!((run(&weighted(&data, |_| 2.0)) - 2.0 * plain).abs() < 1e-5);
    assert_eq!(run(&weighted(&data, |_| 0.0)), 0.0);
}
