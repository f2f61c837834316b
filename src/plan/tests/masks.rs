//! Positions that do not count change nothing, in any layer that passes or reads a mask.

use serde_json::{Value, json};

use super::probe::Probe;
use crate::ErrorKind;
use crate::layers::StepKey;
use crate::model::Model;
use crate::plan::{Head, Mode, Plan};
use crate::spec::ModelSpec;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Words of a vocabulary of 6, padded with 0 to seven steps: 3, 5 and none of them count.
const WORDS: [[f32; 7]; 3] =
    [[3.0, 1.0, 5.0, 0.0, 0.0, 0.0, 0.0], [2.0, 2.0, 4.0, 1.0, 3.0, 0.0, 0.0], [0.0; 7]];

/// Layers in a row behind an embedding of so many steps.
fn model(steps: usize, layers: &[Value]) -> ModelSpec {
    let embedding = json!({"type": "embedding", "inputDim": 6, "outputDim": 4, "maskZero": true});
    let mut nodes = vec![json!({"name": "n0", "layer": embedding, "inputs": ["words"]})];
    for (number, layer) in layers.iter().enumerate() {
        let (name, from) = (format!("n{}", number + 1), format!("n{number}"));
        nodes.push(json!({"name": name, "layer": layer, "inputs": [from]}));
    }
    let spec = json!({
        "seed": 4, "inputs": [{"name": "words", "shape": [steps]}], "nodes": nodes,
        "outputs": [format!("n{}", layers.len())],
    });
    serde_json::from_value(spec).expect("a specification")
}

/// What the model says of the first words of each row, and which of its positions count.
fn output(spec: ModelSpec, rows: &[&[f32]]) -> (Vec<f32>, Option<Vec<f32>>) {
    let model = Model::new(spec).expect("a valid model");
    let mut plan =
        Plan::new(model.graph(), rows.len(), Mode::Inference, Head::Output).expect("a plan");
    let words = rows.concat();
    plan.input_mut(0).copy_from_slice(&words);
    plan.infer(rows.len(), model.weights(), model.state()).expect("words of the vocabulary");
    (plan.output(0).to_vec(), plan.output_mask(0).map(<[f32]>::to_vec))
}

fn last(kind: &str) -> Value {
    json!({"type": kind, "units": 3})
}

fn sequences(kind: &str) -> Value {
    json!({"type": kind, "units": 3, "returnSequences": true})
}

#[test]
fn what_is_padded_is_as_if_it_were_not_there() {
    let both = |layer: Value, merge: &str| json!({"type": "bidirectional", "layer": layer, "mergeMode": merge});
    let attention = json!({"type": "multiHeadAttention", "numHeads": 2, "keyDim": 2});
    let dense = json!({"type": "dense", "units": 3, "activation": "tanh"});
    let each = json!({"type": "timeDistributed", "layer": {"type": "dense", "units": 2}});
    let backwards = json!({"type": "gru", "units": 3, "goBackwards": true});
    let turned = json!({"type": "lstm", "units": 3, "goBackwards": true, "returnSequences": true});
    for layers in [
        vec![last("lstm")],
        vec![last("gru")],
        vec![last("simpleRnn")],
        vec![backwards],
        vec![sequences("gru"), last("lstm")],
        vec![turned, last("gru")],
        vec![both(last("lstm"), "concat")],
        vec![both(sequences("gru"), "sum"), last("simpleRnn")],
        vec![dense.clone(), json!({"type": "dropout", "rate": 0.5}), last("gru")],
        vec![each, json!({"type": "activation", "activation": "relu"}), last("gru")],
        vec![attention, last("lstm")],
        vec![json!({"type": "globalAveragePooling1d"})],
        vec![json!({"type": "layerNormalization"}), json!({"type": "globalMaxPooling1d"})],
    ] {
        let (padded, _) = output(model(7, &layers), &[&WORDS[0], &WORDS[1]]);
        for (row, padded) in padded.chunks(padded.len() / 2).enumerate() {
            let words: Vec<f32> = WORDS[row].iter().copied().filter(|id| *id != 0.0).collect();
            let (alone, _) = output(model(words.len(), &layers), &[&words]);
            let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-6;
            assert!(alone.iter().zip(padded).all(near), "{layers:?}: {alone:?}, {padded:?}");
        }
    }
}

#[test]
fn outputs_say_which_of_their_positions_count() {
    let counts: Vec<f32> =
        WORDS.as_flattened().iter().map(|id| f32::from(u8::from(*id != 0.0))).collect();
    let rows: Vec<&[f32]> = WORDS.iter().map(|row| &row[..]).collect();
    let dense = json!({"type": "dense", "units": 2});
    let (_, mask) = output(model(7, &[sequences("lstm"), dense]), &rows);
    assert_eq!(mask, Some(counts));
    assert_eq!(output(model(7, &[last("lstm")]), &rows).1, None);
    let flat = json!({"type": "flatten"});
    assert_eq!(output(model(7, &[flat]), &rows).1, None);
}

#[test]
fn a_mask_that_hides_everything_leaves_numbers() {
    let attention = json!({"type": "multiHeadAttention", "numHeads": 2, "keyDim": 2});
    let both = json!({"type": "bidirectional", "layer": last("gru")});
    let poolings =
        ["globalAveragePooling1d", "globalMaxPooling1d"].map(|kind| json!({"type": kind}));
    for layer in [last("lstm"), attention, both].into_iter().chain(poolings) {
        let (found, _) = output(model(7, &[layer]), &[&WORDS[2]]);
        assert!(found.iter().all(|x| x.is_finite()), "{found:?}");
    }
}

/// A model whose mask comes from the values themselves, which the difference quotients leave alone.
#[test]
fn gradients_behind_masks_are_difference_quotients() {
    for layer in [
        last("lstm"),
        sequences("gru"),
        json!({"type": "bidirectional", "layer": sequences("simpleRnn")}),
        json!({"type": "multiHeadAttention", "numHeads": 2, "keyDim": 2}),
        json!({"type": "globalAveragePooling1d"}),
        json!({"type": "globalMaxPooling1d"}),
        json!({"type": "gru", "units": 2, "dropout": 0.3, "recurrentDropout": 0.3}),
    ] {
        let spec = model(5, &[json!({"type": "dense", "units": 3}), layer.clone()]);
        Probe::new(spec, true).check(&layer.to_string());
    }
}

#[test]
fn words_outside_of_the_vocabulary_are_refused() {
    let model = Model::new(model(3, &[last("gru")])).expect("a valid model");
    let mut plan = Plan::new(model.graph(), 2, Mode::Training, Head::Output).expect("a plan");
    for (word, found) in [(6.0, "found 6"), (-1.0, "found -1"), (1.5, "1.5"), (f32::NAN, "NaN")] {
        plan.input_mut(0).copy_from_slice(&[1.0, 2.0, 3.0, 4.0, word, 0.0]);
        let error = plan.infer(2, model.weights(), model.state()).expect_err("no such word");
        assert_eq!(error.kind(), ErrorKind::Data);
        let text = error.to_string();
        assert!(text.contains(found) && text.contains("position 1 of sample 1"), "{text}");
        assert!(text.contains("n0") && text.contains("from 0 to 5"), "{text}");
        let key = StepKey::new(0, 0);
        plan.forward(2, model.weights(), &mut [], key).expect_err("no such word");
    }
}
