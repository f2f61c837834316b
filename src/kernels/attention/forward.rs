//! The forward pass.

use super::heads::{Head, part};
use super::{Attention, Geometry};
use crate::kernels::Rectifier;
use crate::kernels::elementwise::multiply;
use crate::kernels::softmax::softmax_in_place;

/// What a position that may not be asked has for a score: its share is then zero.
const NEVER: f32 = -1e30;

/// The arguments of a forward pass.
pub struct Forward<'a> {
    /// Samples.
    pub n: usize,
    /// [n, queries, heads * key_dim]
    pub queries: &'a [f32],
    /// [n, keys, heads * key_dim]
    pub keys: &'a [f32],
    /// [n, keys, heads * value_dim]
    pub values: &'a [f32],
    /// Which keys count, [n, keys]. A query that may ask none gets zeros.
    pub mask: Option<&'a [f32]>,
    /// Whether shares are multiplied by the mask of dropout.
    pub dropout: bool,
    /// [n, queries, heads * value_dim]
    pub output: &'a mut [f32],
}

impl Attention {
    /// Computes the output.
    pub fn forward(&mut self, pass: Forward<'_>) {
        let Forward { n, queries, keys, values, mask, dropout, output } = pass;
        let geometry = self.geometry;
        let Geometry { heads, key_dim, value_dim, .. } = geometry;
        let scale = (1.0 / (key_dim as f64).sqrt()) as f32;
        for (sample, head) in (0..n).flat_map(|n| (0..heads).map(move |head| (n, head))) {
            let head = Head { sample, head, heads };
            let number = head.number();
            let buffers = &mut self.buffers;
            let len = geometry.queries * geometry.keys;
            let q = part(&mut buffers.queries, number, geometry.queries * key_dim);
            let k = part(&mut buffers.keys, number, geometry.keys * key_dim);
            let v = part(&mut buffers.values, number, geometry.keys * value_dim);
            let shares = part(&mut buffers.shares, number, len);
            head.take(queries, key_dim, scale, q);
            head.take(keys, key_dim, 1.0, k);
            head.take(values, value_dim, 1.0, v);
            self.with_keys.backward_a(geometry.queries, q, k, shares);
            let mask = mask.map(|mask| &mask[sample * geometry.keys..][..geometry.keys]);
            spread(shares, geometry.keys, mask, geometry.causal);
            let shares = if dropout {
                let dropped = &mut buffers.dropped[..len];
                multiply(shares, part(&mut buffers.mask, number, len), dropped);
                dropped
            } else {
                shares
            };
            let result = &mut buffers.output[..geometry.queries * value_dim];
            let rows = geometry.queries;
            self.with_values.forward(rows, shares, v, None, Rectifier::Linear, result);
            head.put(result, value_dim, 1.0, output);
        }
    }
}

/// From scores [queries, keys] the shares, in place.
fn spread(scores: &mut [f32], keys: usize, mask: Option<&[f32]>, causal: bool) {
    for (query, row) in scores.chunks_exact_mut(keys).enumerate() {
        let seen = if causal { (query + 1).min(keys) } else { keys };
        let (row, later) = row.split_at_mut(seen);
        later.fill(0.0);
        if let Some(mask) = mask {
            if mask[..seen].iter().all(|counts| *counts == 0.0) {
                row.fill(0.0);
                continue;
            }
            let hidden = row.iter_mut().zip(mask).filter(|(_, counts)| **counts == 0.0);
            hidden.for_each(|(score, _)| *score = NEVER);
        }
        softmax_in_place(row);
    }
}
