//! Runs with all that an optimiser can do.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::optimizers::{OptimizerAlgorithm, OptimizerOptions, OptimizerSpec};

/// A network without anything random or shared by the samples of a batch.
fn plain() -> Model {
    let layers = json!([
        { "type": "conv2d", "filters": 4, "kernelSize": 3, "activation": "relu" },
        { "type": "flatten" },
        { "type": "dense", "units": CLASSES, "activation": "softmax" },
    ]);
    let layers = serde_json::from_value(layers).unwrap();
    Model::new(crate::spec::ModelSpec::sequential(None, vec![SIDE, SIDE, 1], layers)).unwrap()
}

/// Everything at once.
fn options() -> OptimizerOptions {
    OptimizerOptions {
        global_clip_norm: Some(0.5),
        gradient_accumulation_steps: 2,
        use_ema: true,
        ema_momentum: 0.9,
        decay_biases: false,
        ..OptimizerOptions::default()
    }
}

fn with(algorithm: OptimizerAlgorithm, options: OptimizerOptions) -> TrainerSpec {
    TrainerSpec { optimizer: OptimizerSpec { algorithm, options }, ..adamw() }
}

#[test]
fn every_optimizer_learns() {
    let train = bars(60);
    for algorithm in OptimizerAlgorithm::all() {
        let rate = match &algorithm {
            OptimizerAlgorithm::Adadelta(_) => 5.0,
            OptimizerAlgorithm::Adagrad(_) => 0.05,
            OptimizerAlgorithm::Sgd(_) => 0.2,
            OptimizerAlgorithm::Lion(_) => 0.003,
            _ => 0.01,
        };
        let mut json = serde_json::to_value(&algorithm).unwrap();
        json["learningRate"] = json!(rate);
        let mut trainer = trainer(spec(json));
        trainer.start(RunSpec::new(10, 16, 3), &train).unwrap();
        let reports = finish(&mut trainer, &train);
        let (first, last) = (reports[0].logs["loss"], reports[9].logs["loss"]);
        assert!(last < 0.7 * first, "{algorithm:?}: {first} to {last}");
    }
}

#[test]
fn a_run_with_all_options_is_restored_to_the_same_bits() {
    let train = bars(50);
    for algorithm in OptimizerAlgorithm::all() {
        let mut whole = trainer(with(algorithm.clone(), options()));
        whole.start(RunSpec::new(3, 16, 3), &train).unwrap();
        // In the middle of an epoch and of an update, and at the end of an epoch, where the model
        // has the averaged weights.
        for steps in [5, 3] {
            for _ in 0..steps {
                whole.advance(&train).unwrap();
            }
            let bytes = whole.save(&ModelInfo::default()).unwrap();
            let mut restored = Trainer::restore(&bytes).unwrap().0;
            assert_eq!(bits(restored.model().weights()), bits(whole.model().weights()));
            let again = Trainer::restore(&bytes).unwrap().0;
            assert_eq!(again.save(&ModelInfo::default()).unwrap(), bytes);
            if steps == 3 {
                assert_eq!(finish(&mut restored, &train), finish(&mut whole, &train));
                assert_eq!(bits(restored.model().weights()), bits(whole.model().weights()));
                assert_eq!(bits(restored.model().state()), bits(whole.model().state()));
            }
        }
    }
}

#[test]
fn a_saved_run_that_contradicts_itself_is_refused() {
    let train = bars(50);
    let mut trainer = trainer(with(OptimizerAlgorithm::Sgd(Default::default()), options()));
    trainer.start(RunSpec::new(3, 16, 3), &train).unwrap();
    for _ in 0..3 {
        trainer.advance(&train).unwrap();
    }
    let bytes = trainer.save(&ModelInfo::default()).unwrap();
    let changed = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = bytes.windows(from.len()).position(|found| found == from.as_bytes());
        let mut changed = bytes.clone();
        changed[at.unwrap()..][..to.len()].copy_from_slice(to.as_bytes());
        Trainer::restore(&changed).map(|_| ()).unwrap_err().kind()
    };
    // Quotes are escaped in the metadata.
    assert_eq!(changed(r#"\"gathered\":1"#, r#"\"gathered\":2"#), ErrorKind::Format);
    assert_eq!(changed("optimizer/average", "optimizer/averaga"), ErrorKind::Format);
}

#[test]
fn averaged_weights_are_those_of_every_epoch_and_leave_the_run_alone() {
    let train = bars(50);
    let averaging =
        OptimizerOptions { use_ema: true, ema_momentum: 0.8, ..OptimizerOptions::default() };
    let algorithm = adamw().optimizer.algorithm;
    let mut plain = trainer(adamw());
    let mut averaged = trainer(with(algorithm, averaging));
    for trainer in [&mut plain, &mut averaged] {
        trainer.start(RunSpec::new(3, 16, 3), &train).unwrap();
    }
    let mut expected: Option<Vec<f64>> = None;
    loop {
        let progress = plain.advance(&train).unwrap();
        assert_eq!(averaged.advance(&train).unwrap(), progress);
        let weights = plain.model().weights().iter().map(|w| f64::from(*w));
        let average = match expected.take() {
            None => weights.collect(),
            Some(average) => {
                let both = average.into_iter().zip(weights);
                both.map(|(average, w)| 0.8 * average + 0.2 * w).collect::<Vec<f64>>()
            }
        };
        let found = averaged.model().weights();
        if progress.epoch_end.is_none() {
            assert_eq!(bits(found), bits(plain.model().weights()));
        } else {
            let far = |(found, a): (&f32, &f64)| (f64::from(*found) - a).abs() > 1e-6;
            assert!(!found.iter().zip(&average).any(far));
            assert_ne!(bits(found), bits(plain.model().weights()));
        }
        expected = Some(average);
        if progress.finished {
            break;
        }
    }
    // A run that ends elsewhere, and one that goes on from there.
    averaged.start(RunSpec::new(3, 16, 3), &train).unwrap();
    let begin = bits(averaged.model().weights());
    averaged.use_average();
    assert_eq!(bits(averaged.model().weights()), begin, "there is no average yet");
    averaged.advance(&train).unwrap();
    averaged.advance(&train).unwrap();
    let trained = bits(averaged.model().weights());
    averaged.use_average();
    assert_ne!(bits(averaged.model().weights()), trained);
    averaged.advance(&train).unwrap();
    averaged.use_average();
    let kept = bits(averaged.model().weights());
    averaged.start(RunSpec::new(3, 16, 3), &train).unwrap();
    assert_eq!(bits(averaged.model().weights()), kept);
}

#[test]
fn what_comes_behind_a_run_goes_on_from_its_average() {
    let train = bars(50);
    let sgd = json!({ "type": "sgd", "learningRate": 0.1, "useEma": true });
    let mut trainer = trainer(spec(sgd));
    trainer.start(RunSpec::new(2, 16, 3), &train).unwrap();
    finish(&mut trainer, &train);
    let average = bits(trainer.model().weights());
    trainer.set_learning_rate_scale(0.0).unwrap();
    let x = vec![0.5; SIDE * SIDE];
    trainer.train_on_batch(&[&x], TargetBatch::Classes(&[1]), 1).unwrap();
    assert_eq!(bits(trainer.model().weights()), average);
}

#[test]
fn workers_agree_with_all_options() {
    let train = bars(50);
    let muon = serde_json::from_value(json!({ "type": "muon", "normalize": true })).unwrap();
    let spec = with(muon, options());
    let run = RunSpec { shards: Some(4), ..RunSpec::new(2, 16, 3) };
    let mut alone = trainer(spec.clone());
    alone.start(run.clone(), &train).unwrap();
    finish(&mut alone, &train);
    let mut team: Vec<Trainer> = (0..3).map(|_| trainer(spec.clone())).collect();
    team.iter_mut().for_each(|trainer| trainer.start(run.clone(), &train).unwrap());
    loop {
        let mut finished = false;
        for worker in 0..3 {
            let part = Part { worker, workers: 3 };
            team[worker as usize].compute(&train, part).unwrap();
        }
        let blocks: Vec<Vec<Block>> = team.iter().map(|t| t.blocks().to_vec()).collect();
        for (worker, trainer) in team.iter_mut().enumerate() {
            let others = blocks.iter().enumerate().filter(|(from, _)| *from != worker);
            for block in others.flat_map(|(_, blocks)| blocks) {
                let fill = |numbers: &mut [f32], sums: &mut [f64]| -> Result<()> {
                    numbers.copy_from_slice(block.numbers());
                    sums.copy_from_slice(block.sums());
                    Ok(())
                };
                trainer.insert(block.shards(), fill).unwrap();
            }
            finished = trainer.apply().unwrap().finished;
        }
        if finished {
            break;
        }
    }
    for trainer in team {
        assert_eq!(bits(trainer.model().weights()), bits(alone.model().weights()));
    }
}

#[test]
fn gathered_batches_are_one_larger_batch() {
    let train = bars(48);
    let ends = |batch_size, batches| {
        let options = OptimizerOptions {
            gradient_accumulation_steps: batches,
            ..OptimizerOptions::default()
        };
        let sgd = json!({ "type": "sgd", "learningRate": 0.2, "momentum": 0.5 });
        let spec = with(serde_json::from_value(sgd).unwrap(), options);
        let mut trainer = Trainer::new(plain(), spec).unwrap();
        trainer.start(RunSpec::new(2, batch_size, 3), &train).unwrap();
        finish(&mut trainer, &train);
        trainer.model().weights().to_vec()
    };
    let expected = ends(24, 1);
    assert_ne!(expected, plain().weights());
    for (found, expected) in ends(8, 3).iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}
