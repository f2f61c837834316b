//! The backward pass: the steps in reverse, then the gradients of the weights over all of them.

use super::cell::BackwardRow;
use super::{Gradients, Recurrent, Weights, counts, rows, rows_mut};
use crate::kernels::elementwise::{accumulate, update};
use crate::kernels::reduce::column_sums;

/// The arguments of a backward pass, after a forward pass of a kernel made for training.
pub struct Backward<'a> {
    /// Samples.
    pub n: usize,
    /// Which steps count, as in the forward pass.
    pub mask: Option<&'a [f32]>,
    /// The parameters.
    pub weights: Weights<'a>,
    /// The gradient of the output.
    pub doutput: &'a [f32],
    /// The gradient of the sequences, if it is wanted.
    pub dx: Option<&'a mut [f32]>,
    /// The gradients of the parameters.
    pub dweights: Gradients<'a>,
}

impl Recurrent {
    /// From the gradient of the output all others; those of the state and of the memory before the
    /// first step are then [`Recurrent::initial_gradients`].
    pub fn backward(&mut self, pass: Backward<'_>) {
        let Backward { n, mask, weights, doutput, dx, dweights } = pass;
        let geometry = self.geometry;
        let states = n * geometry.units;
        if geometry.sequences {
            self.buffers.dh[..states].fill(0.0);
        } else {
            self.buffers.dh[..states].copy_from_slice(doutput);
        }
        if self.cell.has_memory() {
            self.buffers.dc[..states].fill(0.0);
        }
        for step in (0..geometry.steps).rev() {
            if geometry.sequences {
                self.add_output_gradient(n, step, doutput);
            }
            self.step_back(n, step, mask, &weights);
        }
        self.weight_gradients(n, dweights);
        if let Some(dx) = dx {
            self.input_gradient(n, &weights, dx);
        }
    }

    /// The gradients of the state and of the memory before the first step, [n, units] each, after a
    /// backward pass.
    #[must_use]
    pub fn initial_gradients(&self, n: usize) -> [&[f32]; 2] {
        let states = n * self.geometry.units;
        let Self { buffers, .. } = self;
        [&buffers.dh[..states], &buffers.dc[..states.min(buffers.dc.len())]]
    }

    fn add_output_gradient(&mut self, n: usize, step: usize, doutput: &[f32]) {
        let (units, place) = (self.geometry.units, self.geometry.place(step));
        let dh = self.buffers.dh[..n * units].chunks_exact_mut(units);
        for (dh, d) in dh.zip(doutput.chunks_exact(self.geometry.steps * units)) {
            accumulate(&d[place * units..][..units], dh);
        }
    }

    fn step_back(&mut self, n: usize, step: usize, mask: Option<&[f32]>, weights: &Weights<'_>) {
        let geometry = self.geometry;
        let (units, width, time) = (geometry.units, self.width, geometry.time(step));
        let buffers = &mut self.buffers;
        let apart = self.cell.recurrent_gradient();
        let gates = rows_mut(&mut buffers.gates, step, n * width);
        let recurrent: &mut [f32] =
            if apart { rows_mut(&mut buffers.recurrent, step, n * width) } else { &mut [] };
        let saved = rows(&buffers.saved, step, n * units);
        let h_before = rows(&buffers.h, step, n * units);
        let c_before = rows(&buffers.c, step, n * units);
        let mut any = false;
        for sample in 0..n {
            let gates = rows_mut(gates, sample, width);
            let recurrent = rows_mut(recurrent, sample, width);
            if !counts(mask, sample * geometry.steps + time) {
                // The state passed over it, and so does its gradient.
                gates.fill(0.0);
                recurrent.fill(0.0);
                continue;
            }
            any = true;
            self.cell.backward(BackwardRow {
                units,
                gates,
                recurrent,
                h_before: rows(h_before, sample, units),
                c_before: rows(c_before, sample, units),
                saved: rows(saved, sample, units),
                dh: rows_mut(&mut buffers.dh, sample, units),
                dc: rows_mut(&mut buffers.dc, sample, units),
            });
        }
        if !any {
            return;
        }
        let dgates = if apart { &*recurrent } else { gates };
        let product = &mut buffers.product[..n * units];
        self.recurrent.backward_a(n, dgates, weights.recurrent, product);
        if !buffers.recurrent_mask.is_empty() {
            update(product, &buffers.recurrent_mask[..n * units], |d, m| d * m);
        }
        accumulate(product, &mut buffers.dh[..n * units]);
    }

    fn weight_gradients(&mut self, n: usize, dweights: Gradients<'_>) {
        let (steps, buffers) = (self.geometry.steps, &self.buffers);
        let count = steps * n;
        let gates = &buffers.gates[..count * self.width];
        let apart = self.cell.recurrent_gradient();
        let recurrent = if apart { &buffers.recurrent[..count * self.width] } else { gates };
        let states = if buffers.dropped.is_empty() { &buffers.h } else { &buffers.dropped };
        self.recurrent.backward_b(count, states, recurrent, dweights.recurrent, None);
        self.input.backward_b(count, &buffers.x, gates, dweights.kernel, dweights.bias);
        if let Some(bias) = dweights.recurrent_bias {
            column_sums(recurrent, bias);
        }
    }

    fn input_gradient(&mut self, n: usize, weights: &Weights<'_>, dx: &mut [f32]) {
        let geometry = self.geometry;
        let (steps, features) = (geometry.steps, geometry.features);
        let count = steps * n;
        let Self { buffers, input, .. } = self;
        // The inputs are no longer needed.
        let product = &mut buffers.x[..count * features];
        input.backward_a(count, &buffers.gates, weights.kernel, product);
        for (step, rows) in product.chunks_exact_mut(n * features).enumerate() {
            if !buffers.input_mask.is_empty() {
                update(rows, &buffers.input_mask[..n * features], |d, m| d * m);
            }
            let time = geometry.time(step);
            let to = dx.chunks_exact_mut(steps * features);
            for (from, to) in rows.chunks_exact(features).zip(to) {
                to[time * features..][..features].copy_from_slice(from);
            }
        }
    }
}
