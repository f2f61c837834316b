//! Dropout inside of recurrent layers and of attention: seen through weights that let it show, and then
//! against the definitions.

use super::super::*;
use super::kept::numbers;
use super::reference::Tensor;
use super::{attention, parse, recurrent};
use crate::model::Model;
use crate::plan::Plan;
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const RATE: f64 = 0.25;
const RECURRENT: [&str; 3] = ["simpleRnn", "lstm", "gru"];
const STEPS: usize = 3;

/// What a layer gives for `n` samples in this step of training, or in inference.
fn run(
    layer: &Value,
    n: usize,
    inputs: &[(Shape, Vec<f32>)],
    weights: &[f32],
    step: Option<u64>,
) -> Vec<f32> {
    let names: Vec<String> = (0..inputs.len()).map(|input| format!("x{input}")).collect();
    let given = names.iter().zip(inputs);
    let spec = json!({
        "inputs":
            given.map(|(name, (shape, _))| json!({"name": name, "shape": shape})).collect::<Vec<_>>(),
        "nodes": [{"name": "layer", "layer": layer, "inputs": names}],
        "outputs": ["layer"],
    });
    let model = Model::new(serde_json::from_value(spec).expect("a specification"));
    let model = model.expect("a model");
    assert_eq!(model.weights().len(), weights.len(), "{layer}");
    let mut plan = Plan::with_input_gradients(model.graph(), n).expect("a small plan");
    for (input, (_, values)) in inputs.iter().enumerate() {
        plan.input_mut(input).copy_from_slice(values);
    }
    let passed = match step {
        Some(step) => plan.forward(n, weights, &mut [], StepKey::new(1, step)),
        None => plan.infer(n, weights, &[]),
    };
    passed.expect("a batch");
    plan.output(0).to_vec()
}

/// Whether these numbers are 0 for the share that is dropped and else `1 / (1 - rate)`.
fn check(what: &str, masks: &[f32]) {
    let kept = (1.0 / (1.0 - RATE)) as f32;
    assert!(masks.iter().all(|&m| m == 0.0 || (m - kept).abs() < 1e-5), "{what}: neither");
    let zeros = masks.iter().filter(|&&m| m == 0.0).count() as f64 / masks.len() as f64;
    let five_deviations = 5.0 * (RATE * (1.0 - RATE) / masks.len() as f64).sqrt();
    assert!((zeros - RATE).abs() < five_deviations, "{what}: {zeros} are zero");
}

/// A recurrent layer of as many units as features whose functions are linear, with weights that make
/// it `h' = x + h`: gates let the candidate through and keep nothing else.
fn transparent(kind: &str, size: usize, rates: [f64; 2]) -> (Value, Vec<f32>) {
    let (candidate, biases): (usize, &[f32]) = match kind {
        "lstm" => (2, &[1.0, 0.0, 0.0, 1.0]),
        "gru" => (2, &[0.0, 1.0, 0.0]),
        _ => (0, &[0.0]),
    };
    let mut layer = layer(kind, size, rates);
    layer["activation"] = "linear".into();
    if kind != "simpleRnn" {
        layer["recurrentActivation"] = "linear".into();
    }
    let width = biases.len() * size;
    let mut kernel = vec![0.0; size * width];
    for i in 0..size {
        kernel[i * width + candidate * size + i] = 1.0;
    }
    let mut weights = [&kernel[..], &kernel[..]].concat();
    weights.extend(biases.iter().flat_map(|&bias| vec![bias; size]));
    // The second row of its bias, for the state.
    weights.resize(weights.len() + if kind == "gru" { width } else { 0 }, 0.0);
    (layer, weights)
}

fn layer(kind: &str, units: usize, [dropout, recurrent]: [f64; 2]) -> Value {
    json!({
        "type": kind, "units": units, "returnSequences": true,
        "dropout": dropout, "recurrentDropout": recurrent,
    })
}

/// What the inputs of `n` samples and what their states are multiplied by, [n, size] each.
fn recurrent_masks(kind: &str, n: usize, size: usize, step: Option<u64>) -> [Vec<f32>; 2] {
    let shape = vec![STEPS, size];
    // The second step of each sample, after a look at how all follow from it.
    let second = |y: Vec<f32>, follows: fn(usize, f32, f32) -> bool| -> Vec<f32> {
        let samples = y.chunks_exact(STEPS * size).flat_map(|sample| {
            let masks = &sample[size..2 * size];
            for (at, y) in sample.iter().enumerate() {
                assert!(follows(at / size, masks[at % size], *y), "{kind}: step {}", at / size);
            }
            masks.to_vec()
        });
        samples.collect()
    };
    // Ones at every step add up to the mask, twice the mask and so on.
    let (layer, weights) = transparent(kind, size, [RATE, 0.0]);
    let ones = [(shape.clone(), vec![1.0; n * STEPS * size])];
    let sums = run(&layer, n, &ones, &weights, step);
    let twice = second(sums, |step, twice, y| (y - (step + 1) as f32 * twice / 2.0).abs() < 1e-5);
    let of_inputs = twice.iter().map(|twice| twice / 2.0).collect();
    // A one at the first step becomes the mask, its square and so on.
    let (layer, weights) = transparent(kind, size, [0.0, RATE]);
    let mut first = ones;
    for sample in first[0].1.chunks_exact_mut(STEPS * size) {
        sample[size..].fill(0.0);
    }
    let powers = run(&layer, n, &first, &weights, step);
    let of_states = second(powers, |step, mask, y| {
        let power = (0..step).fold(1.0, |power, _| power * mask);
        (y - power).abs() < 1e-5
    });
    [of_inputs, of_states]
}

#[test]
fn recurrent_layers_drop_the_same_at_all_steps_of_a_sample() {
    const N: usize = 200;
    const SIZE: usize = 100;
    for kind in RECURRENT {
        let masks = recurrent_masks(kind, N, SIZE, Some(2));
        let others = recurrent_masks(kind, N, SIZE, Some(3));
        let whole = recurrent_masks(kind, N, SIZE, None);
        for (mask, other) in masks.iter().zip(&others) {
            check(kind, mask);
            assert_ne!(mask[..SIZE], mask[SIZE..2 * SIZE], "{kind}: another sample");
            assert_ne!(mask, other, "{kind}: another step of training");
        }
        assert_ne!(masks[0], masks[1], "{kind}: inputs and state");
        assert!(whole.iter().flatten().all(|&m| m == 1.0), "{kind}: inference");
        assert_eq!(masks, recurrent_masks(kind, N, SIZE, Some(2)), "{kind}: the same step");
    }
}

#[test]
fn recurrent_layers_with_dropout_keep_to_their_definition() {
    const N: usize = 3;
    const SIZE: usize = 5;
    let shape = vec![STEPS, SIZE];
    for kind in RECURRENT {
        let masks = recurrent_masks(kind, N, SIZE, Some(5));
        let layer = layer(kind, SIZE, [RATE, RATE]);
        let weights = numbers(transparent(kind, SIZE, [0.0; 2]).1.len(), 3);
        let x = numbers(N * STEPS * SIZE, 4);
        let found = run(&layer, N, &[(shape.clone(), x.clone())], &weights, Some(5));
        let (spec, weights) = (parse(layer), doubles(&weights));
        for (sample, found) in found.chunks_exact(STEPS * SIZE).enumerate() {
            let values = doubles(&x[sample * STEPS * SIZE..][..STEPS * SIZE]);
            let [inputs, states] = masks.each_ref().map(|m| doubles(&m[sample * SIZE..][..SIZE]));
            let input = [Tensor { shape: &shape, values }];
            let expected = recurrent::dropped(&spec, &input, &weights, [&inputs, &states]);
            close(kind, found, &expected);
        }
    }
}

#[test]
fn each_direction_drops_for_itself() {
    const SIZE: usize = 40;
    let (layer, weights) = transparent("simpleRnn", SIZE, [RATE, 0.0]);
    let both = json!({"type": "bidirectional", "layer": layer});
    let weights = [&weights[..], &weights[..]].concat();
    let ones = [(vec![STEPS, SIZE], vec![1.0; STEPS * SIZE])];
    let y = run(&both, 1, &ones, &weights, Some(2));
    // The first step of the one, and of the other, which begins at the end.
    let (forwards, backwards) = (&y[..SIZE], &y[y.len() - SIZE..]);
    assert!([forwards, backwards].concat().iter().all(|&m| m == 0.0 || m > 1.0));
    assert_ne!(forwards, backwards);
}

const HEADS: usize = 2;
const QUERIES: usize = 5;
const KEYS: usize = 20;

fn heads(dropout: f64) -> Value {
    json!({
        "type": "multiHeadAttention", "numHeads": HEADS, "keyDim": 3, "valueDim": KEYS,
        "useBias": false, "dropout": dropout,
    })
}

/// What the shares of `n` samples are multiplied by, [n, queries, heads, keys]: every query asks all
/// keys the same, whose values tell which they are, and all heads stand beside each other in the
/// output.
fn share_masks(n: usize, step: Option<u64>) -> Vec<f32> {
    let eye = |size: usize| -> Vec<f32> {
        (0..size * size).map(|at| f32::from(u8::from(at / size == at % size))).collect()
    };
    let width = HEADS * KEYS;
    let values = eye(KEYS).chunks_exact(KEYS).flat_map(|row| row.repeat(HEADS)).collect();
    let asked = [vec![0.0; (width + KEYS) * HEADS * 3], values, eye(width)].concat();
    let inputs = [
        (vec![QUERIES, width], numbers(n * QUERIES * width, 5)),
        (vec![KEYS; 2], eye(KEYS).repeat(n)),
    ];
    let mut masks = run(&heads(RATE), n, &inputs, &asked, step);
    masks.iter_mut().for_each(|share| *share *= KEYS as f32);
    masks
}

#[test]
fn attention_drops_shares() {
    const N: usize = 50;
    let masks = share_masks(N, Some(2));
    check("attention", &masks);
    let rows: Vec<&[f32]> = masks.chunks_exact(KEYS).collect();
    let sample = QUERIES * HEADS;
    assert_ne!(rows[0], rows[1], "another head");
    assert_ne!(rows[0], rows[HEADS], "another query");
    assert_ne!(rows[..sample], rows[sample..2 * sample], "another sample");
    assert_ne!(masks, share_masks(N, Some(3)), "another step of training");
    assert_eq!(masks, share_masks(N, Some(2)), "the same step");
    assert!(share_masks(N, None).iter().all(|m| (m - 1.0).abs() < 1e-5), "inference");
}

#[test]
fn attention_with_dropout_keeps_to_its_definition() {
    const N: usize = 3;
    let masks = share_masks(N, Some(4));
    let (query, value) = (vec![QUERIES, 4], vec![KEYS, 3]);
    let weights = numbers(HEADS * (3 * 4 + 3 * 3 + KEYS * 3 + KEYS * 4), 6);
    let x = [numbers(N * QUERIES * 4, 7), numbers(N * KEYS * 3, 8)];
    let inputs = [(query.clone(), x[0].clone()), (value.clone(), x[1].clone())];
    let found = run(&heads(RATE), N, &inputs, &weights, Some(4));
    let LayerSpec::MultiHeadAttention(layer) = parse(heads(RATE)) else { panic!("another layer") };
    for (sample, found) in found.chunks_exact(QUERIES * 4).enumerate() {
        let of = |input: usize, shape| {
            let len = x[input].len() / N;
            Tensor { shape, values: doubles(&x[input][sample * len..][..len]) }
        };
        let mask = |head: usize, query: usize, key: usize| {
            f64::from(masks[((sample * QUERIES + query) * HEADS + head) * KEYS + key])
        };
        let inputs = [of(0, &query), of(1, &value)];
        let expected = attention::dropped(&layer, &inputs, &doubles(&weights), mask);
        close("attention", found, &expected);
    }
}

fn doubles(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

fn close(what: &str, found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1.0f64, |largest, value| largest.max(value.abs()));
    for (found, expected) in found.iter().zip(expected) {
        let off = (f64::from(*found) - expected).abs();
        assert!(off < 2e-5 * largest, "{what}: {found}, expected {expected}");
    }
}
