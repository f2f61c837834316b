//! The backward pass.

use super::heads::{Head, part};
use super::{Attention, Geometry};
use crate::kernels::Rectifier;
use crate::kernels::elementwise::{multiply, update};
use crate::kernels::reduce::dot;
use crate::simd::F32x4;

/// The arguments of a backward pass, after a forward pass of a kernel made for training.
pub struct Backward<'a> {
    /// Samples.
    pub n: usize,
    /// Whether the forward pass had dropout.
    pub dropout: bool,
    /// The gradient of the output, [n, queries, heads * value_dim].
    pub doutput: &'a [f32],
    /// [n, queries, heads * key_dim]
    pub dqueries: &'a mut [f32],
    /// [n, keys, heads * key_dim]
    pub dkeys: &'a mut [f32],
    /// [n, keys, heads * value_dim]
    pub dvalues: &'a mut [f32],
}

impl Attention {
    /// Computes the gradients of queries, keys and values.
    pub fn backward(&mut self, pass: Backward<'_>) {
        let Backward { n, dropout, doutput, dqueries, dkeys, dvalues } = pass;
        let Geometry { queries, keys, heads, key_dim, value_dim, .. } = self.geometry;
        let scale = (1.0 / (key_dim as f64).sqrt()) as f32;
        let len = queries * keys;
        for (sample, head) in (0..n).flat_map(|n| (0..heads).map(move |head| (n, head))) {
            let head = Head { sample, head, heads };
            let number = head.number();
            let buffers = &mut self.buffers;
            let q = part(&mut buffers.queries, number, queries * key_dim);
            let k = part(&mut buffers.keys, number, keys * key_dim);
            let v = part(&mut buffers.values, number, keys * value_dim);
            let shares = part(&mut buffers.shares, number, len);
            let dshares = &mut buffers.dshares[..len];
            let dresult = &mut buffers.output[..queries * value_dim];
            head.take(doutput, value_dim, 1.0, dresult);

            let dv = &mut buffers.dvalues[..keys * value_dim];
            let applied = if dropout {
                let dropped = &mut buffers.dropped[..len];
                multiply(shares, part(&mut buffers.mask, number, len), dropped);
                dropped
            } else {
                &mut *shares
            };
            self.with_values.backward_b(queries, applied, dresult, dv, None);
            head.put(dv, value_dim, 1.0, dvalues);
            self.with_values.backward_a(queries, dresult, v, dshares);
            if dropout {
                update(dshares, part(&mut buffers.mask, number, len), |d, m| d * m);
            }
            through_softmax(shares, dshares, keys);

            let dq = &mut buffers.dqueries[..queries * key_dim];
            self.with_keys.forward(queries, dshares, k, None, Rectifier::Linear, dq);
            head.put(dq, key_dim, scale, dqueries);
            let dk = &mut buffers.dkeys[..keys * key_dim];
            // The queries are scaled already.
            self.with_keys.backward_b(queries, dshares, q, dk, None);
            head.put(dk, key_dim, 1.0, dkeys);
        }
    }
}

/// The gradients of scores in place of those of shares: `s (ds - Σ s ds)` in each row.
fn through_softmax(shares: &[f32], dshares: &mut [f32], keys: usize) {
    for (s, ds) in shares.chunks_exact(keys).zip(dshares.chunks_exact_mut(keys)) {
        let total = F32x4::splat(dot(s, ds));
        update(ds, s, |ds, s| s * (ds - total));
    }
}
