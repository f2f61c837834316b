//! What comes next, by models whose answers are known.

use serde_json::json;

use super::*;
use crate::ErrorKind;
use crate::spec::ModelSpec;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A model over 4 ids that sees `length` of them; after id `i` the logits are `table[i]`.
fn model(length: usize, everywhere: bool, table: [[f32; 4]; 4]) -> Model {
    let embedding = json!({"type": "embedding", "inputDim": 4, "outputDim": 4});
    let mut nodes = vec![json!({"name": "table", "layer": embedding, "inputs": ["ids"]})];
    let mut last = "table";
    if !everywhere {
        // A recurrent layer that forgets everything but the last step.
        let layer =
            json!({"type": "simpleRnn", "units": 4, "activation": "linear", "useBias": false});
        nodes.push(json!({"name": "last", "layer": layer, "inputs": ["table"]}));
        last = "last";
    }
    let spec = json!({
        "inputs": [{"name": "ids", "shape": [length]}], "nodes": nodes, "outputs": [last],
    });
    let spec: ModelSpec = serde_json::from_value(spec).expect("a specification");
    let mut model = Model::new(spec).expect("a valid model");
    let weights = model.weights_mut();
    weights.fill(0.0);
    weights[..16].copy_from_slice(table.as_flattened());
    if !everywhere {
        (0..4).for_each(|i| weights[16 + 5 * i] = 1.0);
    }
    model
}

/// After 2 comes 3, after 3 comes 2, after 0 and 1 comes 2.
const TURNS: [[f32; 4]; 4] =
    [[0.0, 0.0, 9.0, 0.0], [0.0, 0.0, 9.0, 0.0], [9.0, 0.0, 0.0, 8.0], [9.0, 0.0, 8.0, 0.0]];

fn written(model: &Model, spec: GenerationSpec, prompt: &[u32], count: usize) -> Vec<u32> {
    let mut text = Generation::new(model, spec, prompt.to_vec(), 2).expect("a language model");
    for _ in 0..count {
        text.advance(model).expect("finite numbers");
    }
    text.ids()[prompt.len()..].to_vec()
}

#[test]
fn the_likeliest_comes_next_and_padding_never_does() {
    let likeliest = GenerationSpec { temperature: 0.0, ..GenerationSpec::default() };
    for (length, everywhere) in [(3, true), (1, true), (3, false), (8, false)] {
        let model = model(length, everywhere, TURNS);
        assert_eq!(written(&model, likeliest.clone(), &[2], 4), [3, 2, 3, 2]);
        assert_eq!(written(&model, likeliest.clone(), &[2, 3, 2, 3], 3), [2, 3, 2]);
    }
}

#[test]
fn draws_follow_the_probabilities_and_the_seed() {
    // After anything, 2 with probability 1/4 and 3 with 3/4.
    let row = [0.0, 0.0, 0.0, 3f32.ln()];
    let model = model(2, true, [row; 4]);
    let drawn = |spec: GenerationSpec| written(&model, spec, &[2], 2000);
    let threes = |ids: &[u32]| ids.iter().filter(|&&id| id == 3).count();
    let seeded = |seed| GenerationSpec { seed, ..GenerationSpec::default() };
    assert!((1430..1570).contains(&threes(&drawn(seeded(1)))));
    assert_eq!(drawn(seeded(1)), drawn(seeded(1)));
    assert_ne!(drawn(seeded(1)), drawn(seeded(2)));
    // Half the temperature squares the odds: 9 to 1.
    let colder = drawn(GenerationSpec { temperature: 0.5, ..seeded(1) });
    assert!((1740..1860).contains(&threes(&colder)));
    assert_eq!(threes(&drawn(GenerationSpec { top_k: Some(1), ..seeded(3) })), 2000);
}

#[test]
fn what_makes_no_text_is_refused() {
    let language = model(3, true, TURNS);
    let refused = |model: &Model, spec: GenerationSpec, ids: &[u32]| {
        let error = Generation::new(model, spec, ids.to_vec(), 2).expect_err("no text");
        (error.kind(), error.message().to_owned())
    };
    let plain = GenerationSpec::default();
    let (kind, text) = refused(&language, plain.clone(), &[]);
    assert!(kind == ErrorKind::Data && text.contains("the prompt is empty"));
    assert!(refused(&language, plain.clone(), &[4]).1.contains("the id 4, expected less than 4"));
    let hot = GenerationSpec { temperature: -1.0, ..plain.clone() };
    assert!(refused(&language, hot, &[2]).1.contains("temperature is -1"));
    let none = GenerationSpec { top_k: Some(0), ..plain.clone() };
    assert!(refused(&language, none, &[2]).1.contains("topK is 0"));
    let digits = json!({
        "inputs": [{"name": "x", "shape": [2, 2]}], "outputs": ["y"],
        "nodes": [{"name": "y", "layer": {"type": "flatten"}, "inputs": ["x"]}],
    });
    let digits = Model::new(serde_json::from_value(digits).expect("a specification"));
    let (kind, text) = refused(&digits.expect("a valid model"), plain, &[2]);
    assert!(kind == ErrorKind::Unsupported && text.contains("makes [4] of [2, 2]"), "{text}");
}
