//! Attention from its definition, in double precision.

use super::super::*;
use super::reference::Tensor;

/// The output of one sample, where every key counts.
pub(super) fn naive(
    layer: &MultiHeadAttention,
    inputs: &[Tensor<'_>],
    weights: &[f64],
) -> Vec<f64> {
    dropped(layer, inputs, weights, |_, _, _| 1.0)
}

/// The output of one sample whose share of a head, a query and a key is multiplied by the mask's.
pub(super) fn dropped(
    layer: &MultiHeadAttention,
    inputs: &[Tensor<'_>],
    weights: &[f64],
    mask: impl Fn(usize, usize, usize) -> f64,
) -> Vec<f64> {
    let [heads, dim] = [layer.num_heads, layer.key_dim];
    let value_dim = layer.value_dim.unwrap_or(dim);
    let query = &inputs[0];
    let value = inputs.get(1).unwrap_or(query);
    let key = inputs.get(2).unwrap_or(value);
    let mut rest = weights;
    // Each projection: [positions, heads * dim].
    let mut project = |x: &[f64], from: usize, to: usize| -> Vec<f64> {
        let (kernel, after) = rest.split_at(from * to);
        let (bias, after) = after.split_at(if layer.use_bias { to } else { 0 });
        rest = after;
        let row = |x: &[f64]| -> Vec<f64> {
            (0..to)
                .map(|j| {
                    let sum: f64 = x.iter().enumerate().map(|(i, x)| x * kernel[i * to + j]).sum();
                    sum + bias.get(j).unwrap_or(&0.0)
                })
                .collect()
        };
        x.chunks(from).flat_map(row).collect()
    };
    let q = project(&query.values, query.shape[1], heads * dim);
    let k = project(&key.values, key.shape[1], heads * dim);
    let v = project(&value.values, value.shape[1], heads * value_dim);
    let [queries, keys] = [query.shape[0], key.shape[0]];
    let mut joined = vec![0.0; queries * heads * value_dim];
    for (head, i) in (0..heads).flat_map(|head| (0..queries).map(move |i| (head, i))) {
        let score = |j: usize| -> f64 {
            let at = |x: &[f64], row: usize, d: usize| x[(row * heads + head) * dim + d];
            let sum: f64 = (0..dim).map(|d| at(&q, i, d) * at(&k, j, d)).sum();
            sum / (dim as f64).sqrt()
        };
        let seen = if layer.use_causal_mask { (i + 1).min(keys) } else { keys };
        let shares: Vec<f64> = (0..seen).map(|j| libm::exp(score(j))).collect();
        let total: f64 = shares.iter().sum();
        for (j, share) in shares.iter().enumerate() {
            let share = share * mask(head, i, j);
            for d in 0..value_dim {
                joined[(i * heads + head) * value_dim + d] +=
                    share / total * v[(j * heads + head) * value_dim + d];
            }
        }
    }
    project(&joined, heads * value_dim, query.shape[1])
}
