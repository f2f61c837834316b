//! The gated recurrent unit (Cho et al., 2014), with the reset gate behind the product as cuDNN,
//! PyTorch and Keras (`reset_after`) have it.

use super::GateFunction;
use super::cell::{BackwardRow, Cell, ForwardRow};
use crate::kernels::lanes::{load_part, store_part};
use crate::simd::F32x4;

/// `z, r = s(x K + b + h R + b')`, `g = a(x K + b + r (h R + b'))`, `h' = z h + (1 - z) g`. The
/// gates lie in the order z, r, g, as in Keras; PyTorch has r, z, g.
#[derive(Clone, Copy, Debug)]
pub struct Gru {
    /// `a`, of the candidate.
    pub activation: GateFunction,
    /// `s`, of the gates.
    pub recurrent_activation: GateFunction,
}

impl Cell for Gru {
    fn name(&self) -> &'static str {
        "gru"
    }

    fn gates(&self) -> usize {
        3
    }

    /// `h R + b'` of the candidate.
    fn saves(&self) -> bool {
        true
    }

    fn recurrent_gradient(&self) -> bool {
        true
    }

    fn forward(&self, row: ForwardRow<'_>) {
        let ForwardRow { units, gates, recurrent, h_before, h, saved, .. } = row;
        let (both, candidate) = gates.split_at_mut(2 * units);
        crate::kernels::elementwise::accumulate(&recurrent[..2 * units], both);
        self.recurrent_activation.apply(both);
        let (update, reset) = both.split_at_mut(units);
        saved.copy_from_slice(&recurrent[2 * units..]);
        for at in (0..units).step_by(4) {
            let state = load_part(reset, at) * load_part(saved, at);
            store_part(load_part(candidate, at) + state, candidate, at);
        }
        self.activation.apply(candidate);
        for at in (0..units).step_by(4) {
            let [z, g] = [&*update, candidate].map(|x| load_part(x, at));
            store_part(z * load_part(h_before, at) + (F32x4::splat(1.0) - z) * g, h, at);
        }
    }

    fn backward(&self, row: BackwardRow<'_>) {
        let BackwardRow { units, gates, recurrent, h_before, saved, dh, .. } = row;
        let (both, candidate) = gates.split_at_mut(2 * units);
        let (update, reset) = both.split_at_mut(units);
        let (a, s) = (self.activation, self.recurrent_activation);
        let one = F32x4::splat(1.0);
        let (both_state, candidate_state) = recurrent.split_at_mut(2 * units);
        for at in (0..units).step_by(4) {
            let [z, r, g] = [&*update, reset, candidate].map(|x| load_part(x, at));
            let dh_after = load_part(dh, at);
            let dg = dh_after * (one - z) * a.slope(g);
            store_part(dh_after * (load_part(h_before, at) - g) * s.slope(z), update, at);
            store_part(dg * load_part(saved, at) * s.slope(r), reset, at);
            store_part(dg, candidate, at);
            store_part(dg * r, candidate_state, at);
            store_part(dh_after * z, dh, at);
        }
        both_state.copy_from_slice(both);
    }
}
