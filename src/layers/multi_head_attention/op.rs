//! Attention between its projections, forward and backward.

use super::role_input;
use crate::Result;
use crate::kernels::Rectifier;
use crate::kernels::attention::{self, Attention};
use crate::kernels::elementwise::accumulate;
use crate::kernels::matmul::MatMul;
use crate::layers::{Backward, Forward, Op, Pass, Reads, dropout};
use crate::memory::Room;

/// A dense layer on the rows of an input.
pub(super) struct Projection {
    pub matmul: MatMul,
    /// Rows of a sample.
    pub rows: usize,
    pub from: usize,
    pub to: usize,
    pub use_bias: bool,
}

impl Projection {
    /// How many of the layer's weights are its own.
    fn weights(&self) -> usize {
        self.from * self.to + if self.use_bias { self.to } else { 0 }
    }

    fn forward(&mut self, n: usize, x: &[f32], weights: &[f32], reuse: bool, y: &mut [f32]) {
        let (kernel, bias) = weights.split_at(self.from * self.to);
        self.matmul.reuse_b(reuse);
        let bias = self.use_bias.then_some(bias);
        self.matmul.forward(n * self.rows, x, kernel, bias, Rectifier::Linear, y);
    }

    fn weight_gradients(&mut self, n: usize, x: &[f32], dy: &[f32], dweights: &mut [f32]) {
        let (dkernel, dbias) = dweights.split_at_mut(self.from * self.to);
        let dbias = self.use_bias.then_some(dbias);
        self.matmul.backward_b(n * self.rows, x, dy, dkernel, dbias);
    }

    fn input_gradient(&mut self, n: usize, dy: &[f32], weights: &[f32], dx: &mut [f32]) {
        let kernel = &weights[..self.from * self.to];
        self.matmul.backward_a(n * self.rows, dy, kernel, dx);
    }
}

pub(super) struct AttentionOp {
    pub attention: Attention,
    /// Of query, key, value and output.
    pub projections: Vec<Projection>,
    /// Queries, keys, values and what the heads make of them; in the backward pass their gradients.
    pub projected: [Room; 4],
    /// A gradient that is added to another.
    pub aside: Room,
    pub rate: f64,
    /// Shares of a sample.
    pub shares: usize,
    pub max_batch: usize,
    pub inputs: usize,
    /// Whether the last pass had dropout.
    pub dropped: bool,
}

impl AttentionOp {
    fn split<'a>(&self, weights: &'a [f32]) -> [&'a [f32]; 4] {
        let mut rest = weights;
        [0, 1, 2, 3].map(|role| {
            let own;
            (own, rest) = rest.split_at(self.projections[role].weights());
            own
        })
    }
}

impl Op for AttentionOp {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn bytes(&self) -> usize {
        let own: usize = self.projections.iter().map(|own| own.matmul.bytes()).sum();
        own + self.attention.bytes()[0]
    }

    fn sample_bytes(&self) -> usize {
        let [fixed, all] = self.attention.bytes();
        let rooms = self.projected.iter().chain([&self.aside]).map(Room::bytes).sum::<usize>();
        (rooms + all - fixed).div_ceil(self.max_batch.max(1))
    }

    fn allocate(&mut self, _max_batch: usize) -> Result<()> {
        self.projections.iter_mut().try_for_each(|own| own.matmul.allocate())?;
        let rooms = self.projected.iter_mut().chain([&mut self.aside]);
        rooms.into_iter().try_for_each(|room| room.allocate("the projections of attention"))?;
        self.attention.allocate()
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: true, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let n = pass.n;
        let weights = self.split(pass.weights);
        let roles = self.projections.iter_mut().zip(&mut self.projected).zip(weights);
        for (role, ((projection, y), weights)) in roles.enumerate().take(3) {
            let x = pass.inputs.get(role_input(role, self.inputs));
            projection.forward(n, x, weights, !pass.weights_changed, y);
        }
        self.dropped = false;
        if let Pass::Training { key, layer, .. } = pass.pass {
            let mask = self.attention.dropout_mask(n);
            self.dropped = !mask.is_empty();
            for (sample, mask) in mask.chunks_exact_mut(self.shares).enumerate() {
                dropout::draw(self.rate, key.dropout(layer, sample), mask);
            }
        }
        let [queries, keys, values, heads] = &mut self.projected;
        self.attention.forward(attention::Forward {
            n,
            queries,
            keys,
            values,
            mask: pass.masks.get(role_input(2, self.inputs)),
            dropout: self.dropped,
            output: heads,
        });
        self.projections[3].forward(n, heads, weights[3], !pass.weights_changed, pass.output);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let n = pass.n;
        let weights = self.split(pass.weights);
        let mut dweights = pass.dweights;
        let gradients = [0, 1, 2, 3].map(|role| {
            let (own, rest) =
                std::mem::take(&mut dweights).split_at_mut(self.projections[role].weights());
            dweights = rest;
            own
        });
        let [dqueries, dkeys, dvalues, heads] = &mut self.projected;
        let output = &mut self.projections[3];
        output.weight_gradients(n, heads, pass.doutput, gradients[3]);
        output.input_gradient(n, pass.doutput, weights[3], heads);
        self.attention.backward(attention::Backward {
            n,
            dropout: self.dropped,
            doutput: heads,
            dqueries,
            dkeys,
            dvalues,
        });
        let mut written = [false; 3];
        for role in 0..3 {
            let (input, dy) = (role_input(role, self.inputs), &self.projected[role]);
            let own = &mut self.projections[role];
            own.weight_gradients(n, pass.inputs.get(input), dy, gradients[role]);
            let Some(dx) = pass.dinputs.get(input) else { continue };
            if std::mem::replace(&mut written[input], true) {
                let aside = &mut self.aside[..dx.len()];
                own.input_gradient(n, dy, weights[role], aside);
                accumulate(aside, dx);
            } else {
                own.input_gradient(n, dy, weights[role], dx);
            }
        }
    }
}
