//! The plain recurrent cell: `h' = f(x K + h R + b)`.

use super::GateFunction;
use super::cell::{BackwardRow, Cell, ForwardRow};
use crate::kernels::elementwise;

/// A cell without gates.
#[derive(Clone, Copy, Debug)]
pub struct Simple {
    /// The function of the state.
    pub activation: GateFunction,
}

impl Cell for Simple {
    fn name(&self) -> &'static str {
        "simple-rnn"
    }

    fn gates(&self) -> usize {
        1
    }

    fn forward(&self, row: ForwardRow<'_>) {
        let ForwardRow { gates, recurrent, h, .. } = row;
        elementwise::accumulate(recurrent, gates);
        self.activation.apply(gates);
        h.copy_from_slice(gates);
    }

    fn backward(&self, row: BackwardRow<'_>) {
        let BackwardRow { gates, dh, .. } = row;
        elementwise::update(gates, dh, |y, dh| dh * self.activation.slope(y));
        dh.fill(0.0);
    }
}
