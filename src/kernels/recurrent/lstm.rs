//! Long short-term memory (Hochreiter and Schmidhuber, 1997; with the forget gate of Gers,
//! Schmidhuber and Cummins, 2000).

use super::GateFunction;
use super::cell::{BackwardRow, Cell, ForwardRow};
use crate::kernels::elementwise;
use crate::kernels::lanes::{load_part, store_part};

/// `i, f, o = s(x K + h R + b)`, `g = a(x K + h R + b)`, `c' = f c + i g`, `h' = o a(c')`. The
/// gates lie in the order i, f, g, o, as in Keras and PyTorch.
#[derive(Clone, Copy, Debug)]
pub struct Lstm {
    /// `a`, of the candidate and of the memory.
    pub activation: GateFunction,
    /// `s`, of the gates.
    pub recurrent_activation: GateFunction,
}

impl Cell for Lstm {
    fn name(&self) -> &'static str {
        "lstm"
    }

    fn gates(&self) -> usize {
        4
    }

    fn has_memory(&self) -> bool {
        true
    }

    /// `a(c')`
    fn saves(&self) -> bool {
        true
    }

    fn forward(&self, row: ForwardRow<'_>) {
        let ForwardRow { units, gates, recurrent, c_before, h, c, saved, .. } = row;
        elementwise::accumulate(recurrent, gates);
        let [input, forget, candidate, output] = quarters(gates, units);
        self.recurrent_activation.apply(input);
        self.recurrent_activation.apply(forget);
        self.activation.apply(candidate);
        self.recurrent_activation.apply(output);
        for at in (0..units).step_by(4) {
            let kept = load_part(forget, at) * load_part(c_before, at);
            let new = kept + load_part(input, at) * load_part(candidate, at);
            store_part(new, c, at);
            store_part(new, saved, at);
        }
        self.activation.apply(saved);
        elementwise::multiply(output, saved, h);
    }

    fn backward(&self, row: BackwardRow<'_>) {
        let BackwardRow { units, gates, c_before, saved, dh, dc, .. } = row;
        let [input, forget, candidate, output] = quarters(gates, units);
        let (a, s) = (self.activation, self.recurrent_activation);
        for at in (0..units).step_by(4) {
            let [i, f, g, o] = [&*input, forget, candidate, output].map(|x| load_part(x, at));
            let (kept, dh_after) = (load_part(saved, at), load_part(dh, at));
            let memory = load_part(dc, at) + dh_after * o * a.slope(kept);
            store_part(memory * g * s.slope(i), input, at);
            store_part(memory * load_part(c_before, at) * s.slope(f), forget, at);
            store_part(memory * i * a.slope(g), candidate, at);
            store_part(dh_after * kept * s.slope(o), output, at);
            store_part(memory * f, dc, at);
        }
        dh.fill(0.0);
    }
}

/// The four gates of a row.
fn quarters(gates: &mut [f32], units: usize) -> [&mut [f32]; 4] {
    let (first, second) = gates.split_at_mut(2 * units);
    let ((a, b), (c, d)) = (first.split_at_mut(units), second.split_at_mut(units));
    [a, b, c, d]
}
