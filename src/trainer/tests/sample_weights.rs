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
    let run = |data: &Dataset, class_weight| {
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
        samples,
    };
    let report = given.train_on(batch(Some(weights), 21)).unwrap();
    assert_eq!(whole.train_on_samples(&weighted).unwrap(), report);
    assert_eq!(bits(whole.model().weights()), bits(given.model().weights()));
    let without = sgd().train_on(batch(None, 21)).unwrap();
    assert!((without.loss - report.loss).abs() > 0.1);
    for (wrong, kind) in [(&[1.0; 20][..], ErrorKind::Shape), (&[-1.0; 21], ErrorKind::Data)] {
        assert_eq!(given.train_on(batch(Some(wrong), 21)).unwrap_err().kind(), kind);
    }
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
