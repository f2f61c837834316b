//! Runs that go on from features: every bit is that of a run on samples.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::Value;

use super::bits::hash;
use super::fronts::networks;
use super::shards::{shared_by, shared_from};
use super::*;
use crate::data::Augmentation;
use crate::spec::InputSpec;

const SAMPLES: usize = 41;

/// Samples that weigh differently, with a class and, for a second output, a number.
fn data(model: &Model) -> Dataset {
    let mut stream = Key::new(8, Purpose::Augmentation).stream();
    let images = bars(SAMPLES);
    let row = Values::F32((0..4 * SAMPLES).map(|_| stream.below(4) as f32).collect());
    let row = Column::new(vec![4], row).unwrap();
    let column = |input: &InputSpec| match &input.name[..] {
        "row" => row.clone(),
        _ => images.inputs()[0].clone(),
    };
    let columns = model.graph().inputs().iter().map(column).collect();
    let weights = (0..SAMPLES).map(|sample| 0.5 + (sample % 3) as f32).collect();
    let data = Dataset::new(columns, images.targets().clone(), vec![], Preprocessing::default());
    let data = data.unwrap().with_sample_weight(weights).unwrap();
    if model.graph().outputs().len() == 1 {
        return data;
    }
    let values = (0..SAMPLES).map(|sample| (sample % 7) as f32 / 7.0).collect();
    data.with_further_targets(vec![Targets::Dense { shape: vec![1], values }]).unwrap()
}

fn trainer_of(model: &Model) -> Trainer {
    let losses = json!({ "end": "sparseCategoricalCrossentropy", "size": "meanSquaredError",
                         "fixed": "meanSquaredError" });
    let names = model.spec().outputs.iter();
    let losses: Value = names.map(|name| (name.clone(), losses[name].clone())).collect();
    let spec = json!({
        "optimizer": { "type": "adamw", "learningRate": 0.01, "useEma": true },
        "loss": losses, "metrics": { "end": ["accuracy"] },
    });
    Trainer::new(model.clone(), serde_json::from_value(spec).unwrap()).unwrap()
}

fn run_of(model: &Model) -> RunSpec {
    let single = model.graph().outputs().len() == 1;
    let class_weight = single.then(|| vec![1.0, 0.5, 2.0].into());
    RunSpec { shards: Some(3), class_weight, ..RunSpec::new(3, 12, 5) }
}

/// The features of all samples, some at a time.
pub fn features_of(model: &Model, data: &Dataset) -> Option<Arc<Dataset>> {
    let mut features = Features::new(model, data.len()).unwrap()?;
    for from in (0..data.len()).step_by(19) {
        let found = features.compute(model, data, from..data.len().min(from + 19)).unwrap();
        features.add(&found.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
    }
    Some(Arc::new(features.finish(model, data).unwrap()))
}

#[test]
fn features_are_of_what_the_front_ends_in() {
    for (model, expected) in networks() {
        let front = model.graph().frozen_front();
        let names = front.map(|front| {
            front.values().iter().map(|&value| model.graph().name_of(value).to_owned()).collect()
        });
        let names: Vec<String> = names.unwrap_or_default();
        assert_eq!(names, expected, "{:?}", model.spec());
        let features = features_of(&model, &data(&model));
        assert_eq!(features.map_or(0, |features| features.inputs().len()), expected.len());
    }
}

#[test]
fn features_change_no_bit() {
    for (model, expected) in networks() {
        let (data, spec) = (data(&model), run_of(&model));
        let mut slow = trainer_of(&model);
        slow.start(spec.clone(), &data).unwrap();
        let reports = finish(&mut slow, &data);
        assert_ne!(hash(slow.model()), hash(&model));
        let mut fast = trainer_of(&model);
        fast.start(spec.clone(), &data).unwrap();
        let features = features_of(&model, &data);
        match &features {
            Some(features) => fast.use_features(Arc::clone(features)).unwrap(),
            None => assert!(expected.is_empty() && fast.expect_features().is_err()),
        }
        assert_eq!(finish(&mut fast, &data), reports, "{expected:?}");
        assert_eq!(hash(fast.model()), hash(slow.model()), "{expected:?}");
        assert!(fast.features().is_none());
        for workers in [1, 2, 3] {
            let make = || trainer_of(&model);
            let found = shared_from(make, spec.clone(), &data, features.as_ref(), workers);
            assert!(found.iter().all(|found| *found == hash(slow.model())), "{expected:?}");
            assert_eq!(found, shared_by(make, spec.clone(), &data, workers));
        }
    }
}

#[test]
fn saved_runs_know_nothing_of_features() {
    let save = |trainer: &Trainer| trainer.save(&ModelInfo::default()).unwrap();
    for (model, _) in networks() {
        let (data, spec) = (data(&model), run_of(&model));
        let Some(features) = features_of(&model, &data) else { continue };
        let [mut slow, mut fast] = [(); 2].map(|()| trainer_of(&model));
        slow.start(spec.clone(), &data).unwrap();
        fast.start(spec, &data).unwrap();
        fast.use_features(Arc::clone(&features)).unwrap();
        for _ in 0..6 {
            assert_eq!(slow.advance(&data).unwrap(), fast.advance(&data).unwrap());
            assert_eq!(save(&slow), save(&fast));
        }
        // On samples again, on features made anew, and as the one that was not interrupted.
        let mut plain = Trainer::restore(&save(&fast)).unwrap().0;
        let mut again = Trainer::restore(&save(&fast)).unwrap().0;
        again.use_features(features_of(again.model(), &data).unwrap()).unwrap();
        let reports = finish(&mut slow, &data);
        for trainer in [&mut plain, &mut again, &mut fast] {
            assert_eq!(finish(trainer, &data), reports);
            assert_eq!(save(trainer), save(&slow));
        }
    }
}

#[test]
fn features_of_other_weights_are_given_up() {
    let (mut model, _) = networks().swap_remove(1);
    let (data, spec) = (data(&model), run_of(&model));
    let features = features_of(&model, &data).unwrap();
    let [mut slow, mut fast] = [(); 2].map(|()| trainer_of(&model));
    for trainer in [&mut slow, &mut fast] {
        trainer.start(spec.clone(), &data).unwrap();
    }
    fast.use_features(Arc::clone(&features)).unwrap();
    for trainer in [&mut slow, &mut fast] {
        trainer.advance(&data).unwrap();
        trainer.model_mut().weights_mut().iter_mut().for_each(|weight| *weight *= 0.5);
    }
    assert!(fast.features().is_none());
    assert_eq!(slow.advance(&data).unwrap(), fast.advance(&data).unwrap());
    // A step outside of the run takes samples, and so does the run from there on.
    fast.use_features(features_of(fast.model(), &data).unwrap()).unwrap();
    for trainer in [&mut slow, &mut fast] {
        trainer.train_on_samples(&data, None).unwrap();
    }
    assert_eq!(finish(&mut slow, &data), finish(&mut fast, &data));
    assert_eq!(hash(slow.model()), hash(fast.model()));

    let mut features = Features::new(&model, 4).unwrap().unwrap();
    let mut others = Features::new(&model, 4).unwrap().unwrap();
    let found = features.compute(&model, &data, 0..4).unwrap();
    let found: Vec<&[f32]> = found.iter().map(Vec::as_slice).collect();
    features.add(&found).unwrap();
    others.add(&found).unwrap();
    assert_eq!(features.add(&found).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(features.finish(&model, &data).unwrap_err().kind(), ErrorKind::Shape);
    model.weights_mut()[0] += 1.0;
    assert_eq!(others.compute(&model, &data, 0..4).unwrap_err().kind(), ErrorKind::Argument);
    let four = data.subset(&[0, 1, 2, 3]).unwrap();
    assert_eq!(others.finish(&model, &four).unwrap_err().kind(), ErrorKind::Argument);
}

#[test]
fn features_that_do_not_fit_are_refused() {
    let (model, _) = networks().swap_remove(0);
    let data = data(&model);
    let features = features_of(&model, &data).unwrap();
    let refused = |trainer: &mut Trainer, features: &Dataset| {
        trainer.use_features(Arc::new(features.clone())).unwrap_err().kind()
    };
    let mut trainer = trainer_of(&model);
    assert_eq!(refused(&mut trainer, &features), ErrorKind::Argument);
    trainer.start(run_of(&model), &data).unwrap();
    assert_eq!(refused(&mut trainer, &features.subset(&[0, 1]).unwrap()), ErrorKind::Data);
    assert_eq!(refused(&mut trainer, &data), ErrorKind::Shape);
    let augmentation = Augmentation { rotation: 10.0, ..Augmentation::default() };
    let run = RunSpec { augmentation: Some(augmentation), ..run_of(&model) };
    trainer.start(run, &data).unwrap();
    assert_eq!(refused(&mut trainer, &features), ErrorKind::Argument);
}
