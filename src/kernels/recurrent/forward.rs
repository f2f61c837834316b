//! The forward pass: steps in order, each from the state of the one before.

use super::cell::ForwardRow;
use super::{Recurrent, Weights, counts, rows, rows_mut, two_rows};
use crate::kernels::Rectifier;
use crate::kernels::elementwise::multiply;

/// The arguments of a forward pass.
pub struct Forward<'a> {
    /// Samples.
    pub n: usize,
    /// The sequences, [n, steps, features].
    pub x: &'a [f32],
    /// Which steps count, [n, steps]; the state passes over the others unchanged.
    pub mask: Option<&'a [f32]>,
    /// The state and the memory before the first step, [n, units] each; zeros if not given.
    pub initial: [Option<&'a [f32]>; 2],
    /// The parameters.
    pub weights: Weights<'a>,
    /// Whether they may differ from those of the pass before.
    pub weights_changed: bool,
    /// The states after all steps, [n, steps, units], or after the last one, [n, units].
    pub output: &'a mut [f32],
}

impl Recurrent {
    /// Goes through the sequences.
    pub fn forward(&mut self, pass: Forward<'_>) {
        let Forward { n, x, mask, initial, weights, weights_changed, output } = pass;
        let geometry = self.geometry;
        self.input.reuse_b(!weights_changed);
        self.recurrent.reuse_b(!weights_changed);
        let units = geometry.units;
        for (room, initial) in [&mut self.buffers.h, &mut self.buffers.c].into_iter().zip(initial) {
            let first = rows_mut(room, 0, n * units);
            match initial {
                Some(initial) if !first.is_empty() => first.copy_from_slice(initial),
                _ => first.fill(0.0),
            }
        }
        for step in 0..geometry.steps {
            if step % self.chunk == 0 {
                let count = self.chunk.min(geometry.steps - step);
                self.project(n, x, step..step + count, &weights);
                self.input.reuse_b(true);
            }
            self.step(n, step, mask, &weights);
            let after = rows(&self.buffers.h, self.kept(step + 1, 2), n * units);
            if geometry.sequences {
                let place = geometry.place(step);
                for (row, h) in
                    output.chunks_exact_mut(geometry.steps * units).zip(after.chunks_exact(units))
                {
                    row[place * units..][..units].copy_from_slice(h);
                }
            } else if step + 1 == geometry.steps {
                output.copy_from_slice(after);
            }
        }
    }

    /// What the inputs of these steps add to the gates.
    fn project(
        &mut self,
        n: usize,
        x: &[f32],
        steps: std::ops::Range<usize>,
        weights: &Weights<'_>,
    ) {
        let geometry = self.geometry;
        let features = geometry.features;
        let first = self.kept(steps.start, self.chunk);
        for (at, step) in steps.clone().enumerate() {
            let time = geometry.time(step);
            let to = rows_mut(&mut self.buffers.x, first + at, n * features);
            let from = x.chunks_exact(geometry.steps * features);
            for (from, to) in from.zip(to.chunks_exact_mut(features)) {
                to.copy_from_slice(&from[time * features..][..features]);
            }
            let dropout = &self.buffers.input_mask;
            if !dropout.is_empty() {
                let to = rows_mut(&mut self.buffers.x, first + at, n * features);
                crate::kernels::elementwise::update(to, &dropout[..n * features], |x, m| x * m);
            }
        }
        let count = steps.len() * n;
        self.input.forward(
            count,
            &self.buffers.x[first * n * features..],
            weights.kernel,
            weights.bias,
            Rectifier::Linear,
            &mut self.buffers.gates[first * n * self.width..],
        );
    }

    /// One step of all samples.
    fn step(&mut self, n: usize, step: usize, mask: Option<&[f32]>, weights: &Weights<'_>) {
        let geometry = self.geometry;
        let (units, width, time) = (geometry.units, self.width, geometry.time(step));
        let (before, after) = (self.kept(step, 2), self.kept(step + 1, 2));
        let (gates, saved) = (self.kept(step, self.chunk), self.kept(step, 1));
        let buffers = &mut self.buffers;
        let (h_before, h) = two_rows(&mut buffers.h, before, after, n * units);
        let (c_before, c) = two_rows(&mut buffers.c, before, after, n * units);
        let any =
            mask.is_none_or(|mask| mask.chunks_exact(geometry.steps).any(|mask| mask[time] != 0.0));
        let recurrent = &mut buffers.recurrent[..n * width];
        if any {
            let dropped = rows_mut(&mut buffers.dropped, saved, n * units);
            let state = if dropped.is_empty() {
                h_before
            } else {
                multiply(h_before, &buffers.recurrent_mask[..n * units], dropped);
                dropped
            };
            self.recurrent.forward(
                n,
                state,
                weights.recurrent,
                weights.recurrent_bias,
                Rectifier::Linear,
                recurrent,
            );
            self.recurrent.reuse_b(true);
        }
        let gates = rows_mut(&mut buffers.gates, gates, n * width);
        let saved = rows_mut(&mut buffers.saved, saved, n * units);
        for sample in 0..n {
            let h_before = rows(h_before, sample, units);
            let c_before = rows(c_before, sample, units);
            let (h, c) = (rows_mut(h, sample, units), rows_mut(c, sample, units));
            if counts(mask, sample * geometry.steps + time) {
                self.cell.forward(ForwardRow {
                    units,
                    gates: rows_mut(gates, sample, width),
                    recurrent: rows(recurrent, sample, width),
                    h_before,
                    c_before,
                    h,
                    c,
                    saved: rows_mut(saved, sample, units),
                });
            } else {
                h.copy_from_slice(h_before);
                c.copy_from_slice(c_before);
            }
        }
    }
}
