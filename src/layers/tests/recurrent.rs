//! The recurrent layers from their definitions, in double precision, and what masks do to them.

use super::super::*;
use super::reference::Tensor;

/// What is read of a recurrent layer.
struct Attributes {
    units: usize,
    use_bias: bool,
    sequences: bool,
    backwards: bool,
    activation: RecurrentActivation,
    gates: RecurrentActivation,
}

fn attributes(layer: &LayerSpec) -> Attributes {
    macro_rules! read {
        ($layer:expr, $gates:expr) => {
            Attributes {
                units: $layer.units,
                use_bias: $layer.use_bias,
                sequences: $layer.return_sequences,
                backwards: $layer.go_backwards,
                activation: $layer.activation,
                gates: $gates,
            }
        };
    }
    match layer {
        LayerSpec::SimpleRnn(layer) => read!(layer, RecurrentActivation::Linear),
        LayerSpec::Lstm(layer) => read!(layer, layer.recurrent_activation),
        LayerSpec::Gru(layer) => read!(layer, layer.recurrent_activation),
        _ => panic!("{layer:?} is not recurrent"),
    }
}

fn apply(function: RecurrentActivation, x: f64) -> f64 {
    match function {
        RecurrentActivation::Tanh => libm::tanh(x),
        RecurrentActivation::Sigmoid => 1.0 / (1.0 + libm::exp(-x)),
        RecurrentActivation::HardSigmoid => (x + 3.0).clamp(0.0, 6.0) / 6.0,
        RecurrentActivation::Relu => x.max(0.0),
        RecurrentActivation::Linear => x,
    }
}

/// `x` times a matrix [x.len(), width], plus a bias.
fn product(x: &[f64], matrix: &[f64], bias: &[f64], width: usize) -> Vec<f64> {
    let column =
        |j: usize| -> f64 { x.iter().enumerate().map(|(i, x)| x * matrix[i * width + j]).sum() };
    (0..width).map(|j| column(j) + bias.get(j).unwrap_or(&0.0)).collect()
}

/// The output of one sample.
pub(super) fn naive(layer: &LayerSpec, inputs: &[Tensor<'_>], weights: &[f64]) -> Vec<f64> {
    let Attributes { units, .. } = attributes(layer);
    dropped(layer, inputs, weights, [&vec![1.0; inputs[0].shape[1]], &vec![1.0; units]])
}

/// The output of one sample where at every step the inputs, and the state as the gates see it, are
/// multiplied by these.
pub(super) fn dropped(
    layer: &LayerSpec,
    inputs: &[Tensor<'_>],
    weights: &[f64],
    masks: [&[f64]; 2],
) -> Vec<f64> {
    let Attributes { units, use_bias, sequences, backwards, activation, gates } = attributes(layer);
    let [steps, features] = [inputs[0].shape[0], inputs[0].shape[1]];
    let blocks = match layer {
        LayerSpec::Lstm(_) => 4,
        LayerSpec::Gru(_) => 3,
        _ => 1,
    };
    let width = blocks * units;
    let (kernel, rest) = weights.split_at(features * width);
    let (recurrent, bias) = rest.split_at(units * width);
    let bias = if use_bias { bias } else { &[] };
    let (bias, state_bias) = bias.split_at(width.min(bias.len()));
    let state = |i: usize| inputs.get(i).map_or(vec![0.0; units], |state| state.values.clone());
    let (mut h, mut c) = (state(1), state(2));
    let mut outputs = Vec::new();
    for step in 0..steps {
        let time = if backwards { steps - 1 - step } else { step };
        let seen = |values: &[f64], mask: &[f64]| -> Vec<f64> {
            values.iter().zip(mask).map(|(value, mask)| value * mask).collect()
        };
        let x = seen(&inputs[0].values[time * features..][..features], masks[0]);
        let x = product(&x, kernel, bias, width);
        let s = product(&seen(&h, masks[1]), recurrent, state_bias, width);
        let gate = |block: usize, i: usize| {
            let at = block * units + i;
            apply(gates, x[at] + s[at])
        };
        h = (0..units)
            .map(|i| match layer {
                LayerSpec::Lstm(_) => {
                    let candidate = apply(activation, x[2 * units + i] + s[2 * units + i]);
                    c[i] = gate(1, i) * c[i] + gate(0, i) * candidate;
                    gate(3, i) * apply(activation, c[i])
                }
                LayerSpec::Gru(_) => {
                    let (update, reset) = (gate(0, i), gate(1, i));
                    let inner = x[2 * units + i] + reset * s[2 * units + i];
                    update * h[i] + (1.0 - update) * apply(activation, inner)
                }
                _ => apply(activation, x[i] + s[i]),
            })
            .collect();
        if sequences || step + 1 == steps {
            outputs.extend_from_slice(&h);
        }
    }
    outputs
}

/// The output of one sample in both directions, each from its definition.
pub(super) fn both_directions(layer: &Bidirectional, x: &Tensor<'_>, weights: &[f64]) -> Vec<f64> {
    let units = attributes(&layer.layer).units;
    let (own, other) = weights.split_at(weights.len() / 2);
    let reverse = |values: &[f64], len: usize| -> Vec<f64> {
        values.chunks(len).rev().flatten().copied().collect()
    };
    let forwards = naive(&layer.layer, std::slice::from_ref(x), own);
    let turned = Tensor { shape: x.shape, values: reverse(&x.values, x.shape[1]) };
    let backwards = reverse(&naive(&layer.layer, &[turned], other), units);
    let pairs = forwards.iter().zip(&backwards);
    match layer.merge_mode {
        MergeMode::Concat => {
            let rows = forwards.chunks(units).zip(backwards.chunks(units));
            rows.flat_map(|(a, b)| [a, b].concat()).collect()
        }
        MergeMode::Sum => pairs.map(|(a, b)| a + b).collect(),
        MergeMode::Mul => pairs.map(|(a, b)| a * b).collect(),
        MergeMode::Ave => pairs.map(|(a, b)| (a + b) / 2.0).collect(),
    }
}
