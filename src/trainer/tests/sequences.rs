//! Networks that answer at every step of a sequence, of which some do not count.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};

use super::*;
use crate::data::preprocessing::text::{Split, TextSpec};
use crate::spec::ModelSpec;

/// A model that gives one of `classes` at each of so many steps.
fn tagger(steps: usize, words: usize, classes: usize, mask_zero: bool) -> Model {
    let layers: Value = json!([
        {"type": "embedding", "inputDim": words, "outputDim": 6, "maskZero": mask_zero},
        {"type": "gru", "units": 12, "returnSequences": true},
        {"type": "dense", "units": classes, "activation": "softmax"},
    ]);
    let layers = serde_json::from_value(layers).expect("layers");
    Model::new(ModelSpec::sequential(None, vec![steps], layers).with_seed(3)).expect("a model")
}

fn trained(model: Model) -> Trainer {
    let spec = json!({
        "optimizer": {"type": "adam", "learningRate": 0.02},
        "loss": "sparseCategoricalCrossentropy", "metrics": ["accuracy"],
    });
    Trainer::new(model, serde_json::from_value(spec).expect("a specification")).expect("a trainer")
}

/// Sequences with a label at every step.
fn labelled(steps: usize, words: Vec<f32>, labels: Vec<f32>) -> Result<Dataset> {
    let column = Column::new(vec![steps], Values::F32(words))?;
    let targets = Targets::Dense { shape: vec![steps], values: labels };
    Dataset::new(vec![column], targets, Vec::new(), Preprocessing::default())
}

#[test]
fn a_language_model_learns_what_comes_next() {
    let spec = TextSpec {
        split: Split::Characters,
        lowercase: false,
        min_count: 1,
        ..TextSpec::default()
    };
    let text = "abcd".repeat(60);
    let dataset = Dataset::of_continuations(&text, &spec, 8, 4).expect("a text");
    let mut trainer = trained(tagger(8, 6, 6, false));
    trainer.start(RunSpec::new(12, 8, 0), &dataset).expect("a run");
    let mut last = None;
    while trainer.run().is_some() {
        last = trainer.advance(&dataset).expect("a step").epoch_end.or(last);
    }
    let logs = last.expect("an epoch").logs;
    assert!(logs["loss"] < 0.3 && logs["accuracy"] > 0.9, "{logs:?}");
}

/// What stands behind the end of a sequence, and what is said of it, changes nothing.
#[test]
fn padding_counts_nothing() {
    let words = [[1.0, 2.0, 0.0, 0.0], [2.0, 1.0, 2.0, 0.0], [1.0, 1.0, 2.0, 2.0]];
    let run = |behind: f32| {
        let labels: Vec<f32> = words
            .as_flattened()
            .iter()
            .map(|&word| if word == 0.0 { behind } else { word - 1.0 })
            .collect();
        let dataset = labelled(4, words.as_flattened().to_vec(), labels).expect("a dataset");
        let mut trainer = trained(tagger(4, 3, 3, true));
        let mut spec = RunSpec::new(3, 3, 0);
        spec.shards = Some(1);
        trainer.start(spec, &dataset).expect("a run");
        let mut logs = Vec::new();
        while trainer.run().is_some() {
            logs.push(trainer.advance(&dataset).expect("a step").epoch_end.expect("an epoch").logs);
        }
        let spec = json!({"loss": "sparseCategoricalCrossentropy", "metrics": ["accuracy"]});
        let spec: EvaluationSpec = serde_json::from_value(spec).expect("a specification");
        let mut evaluation = Evaluation::new(trainer.model(), &spec, &dataset).expect("it fits");
        evaluation.advance(trainer.model(), &dataset).expect("a batch");
        (logs, trainer.model().weights().to_vec(), evaluation.finish().logs)
    };
    let (logs, weights, evaluated) = run(0.0);
    assert_eq!(run(2.0), (logs.clone(), weights, evaluated.clone()));
    // Of the nine steps that count every one is right or wrong.
    let ninths = evaluated["accuracy"] * 9.0;
    assert!((ninths - ninths.round()).abs() < 1e-9, "{evaluated:?}");
    assert!(logs[2]["loss"] < logs[0]["loss"], "{logs:?}");
}

/// A loss of a whole sequence has its own gradient, whatever of the sequence does not count elsewhere.
#[test]
fn a_loss_of_all_positions_together_has_its_gradient_behind_a_mask() {
    let loss = json!({"type": "graph", "model": {
        "inputs": [{"name": "yPred", "shape": [4, 3]}],
        "nodes": [
            {"name": "squares", "inputs": ["yPred", "yPred"], "layer": {"type": "multiply"}},
            {"name": "row", "inputs": ["squares"], "layer": {"type": "flatten"}},
            {"name": "sum", "inputs": ["row"], "layer": {"type": "dense", "units": 1}},
        ],
        "outputs": ["sum"], "seed": 5,
    }});
    let model = tagger(4, 3, 3, true);
    let column = Column::new(vec![4], Values::F32(vec![2.0, 1.0, 0.0, 0.0])).expect("a column");
    let dataset = Dataset::new(vec![column], Targets::None, Vec::new(), Preprocessing::default());
    let dataset = dataset.expect("a dataset");
    let loss_of = |model: &Model| {
        let spec = serde_json::from_value(json!({"loss": loss})).expect("a specification");
        let mut evaluation = Evaluation::new(model, &spec, &dataset).expect("it fits");
        evaluation.advance(model, &dataset).expect("a batch");
        evaluation.finish().logs["loss"]
    };
    const RATE: f32 = 0.25;
    let spec = json!({"optimizer": {"type": "sgd", "learningRate": RATE}, "loss": loss});
    let spec = serde_json::from_value(spec).expect("a specification");
    let mut trainer = Trainer::new(model.clone(), spec).expect("a trainer");
    trainer.train_on_samples(&dataset, None).expect("a step");
    let after = trainer.model().weights();
    for (at, &before) in model.weights().iter().enumerate().step_by(17) {
        const STEP: f32 = 1e-2;
        let moved = |by: f32| {
            let mut other = model.clone();
            other.weights_mut()[at] = before + by;
            loss_of(&other)
        };
        let expected = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
        let found = f64::from((before - after[at]) / RATE);
        assert!(
            (found - expected).abs() < 1e-3 + 1e-2 * expected.abs(),
            "{at}: {found} {expected}"
        );
    }
}

#[test]
fn labels_of_steps_are_checked() {
    let mut trainer = trained(tagger(2, 3, 3, false));
    for (labels, expected) in [
        (vec![0.0, 3.0], "found 3 at position 1, expected whole numbers below 3"),
        (vec![0.5, 1.0], "found 0.5 at position 0"),
        (vec![-1.0, 1.0], "found -1 at position 0"),
    ] {
        let dataset = labelled(2, vec![1.0, 2.0], labels).expect("a dataset");
        let error = trainer.start(RunSpec::new(1, 1, 0), &dataset).expect_err("no labels");
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(error.to_string().contains(expected), "{error}");
    }
    let dataset = labelled(3, vec![1.0, 2.0, 0.0], vec![0.0; 3]).expect("a dataset");
    let error = trainer.start(RunSpec::new(1, 1, 0), &dataset).expect_err("another length");
    assert_eq!(error.kind(), ErrorKind::Shape);
}

/// A batch that is refused in the middle of a pass leaves nothing behind that the next would use.
#[test]
fn a_refused_batch_changes_nothing() {
    let batch =
        |words: [f32; 4]| labelled(2, words.to_vec(), vec![0.0, 1.0, 2.0, 1.0]).expect("a dataset");
    let run = |refused: bool| {
        let mut trainer = trained(tagger(2, 3, 3, false));
        trainer.train_on_samples(&batch([1.0, 2.0, 0.0, 1.0]), None).expect("a step");
        if refused {
            let error =
                trainer.train_on_samples(&batch([1.0, 2.0, 3.0, 1.0]), None).expect_err("no word");
            assert_eq!(error.kind(), ErrorKind::Data);
        }
        trainer.train_on_samples(&batch([2.0, 2.0, 0.0, 1.0]), None).expect("a step");
        trainer.into_model().weights().to_vec()
    };
    assert_eq!(run(true), run(false));
}
