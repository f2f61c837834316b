//! Poolings over sequences of which some steps do not count.

use super::{Backward, Forward, Op, Reads};
use crate::Result;
use crate::kernels::elementwise::{axpy, scale};
use crate::memory::allocate;

/// What is taken of the steps that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Their mean.
    Mean,
    /// The largest of each channel; of equals the first.
    Largest,
}

/// A pooling over whole sequences that passes over steps which a mask hides, and is another op where
/// nothing does. Where all are hidden, it gives zeros.
pub(super) struct MaskedPooling<O> {
    pub taken: Taken,
    /// For sequences without a mask.
    pub whole: O,
    pub steps: usize,
    pub channels: usize,
    /// Which step gave each number, of the largest; `NONE` where no step counts.
    winners: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl<O: Op> MaskedPooling<O> {
    pub fn new(taken: Taken, whole: O, [steps, channels]: [usize; 2]) -> Self {
        Self { taken, whole, steps, channels, winners: Vec::new() }
    }

    /// One sample of each: its steps, its mask and its pooled numbers.
    fn pool(&mut self, sample: usize, x: &[f32], mask: &[f32], y: &mut [f32]) {
        let steps = || x.chunks_exact(self.channels).zip(mask).enumerate();
        let counting = || steps().filter(|(_, (_, counts))| **counts != 0.0);
        y.fill(0.0);
        match self.taken {
            Taken::Mean => {
                let share = share(mask);
                counting().for_each(|(_, (step, _))| axpy(share, step, y));
            }
            Taken::Largest => {
                let winners = &mut self.winners[sample * self.channels..][..self.channels];
                winners.fill(NONE);
                for (number, (step, _)) in counting() {
                    for ((largest, winner), x) in y.iter_mut().zip(&mut *winners).zip(step) {
                        if *winner == NONE || x > largest {
                            (*largest, *winner) = (*x, number as u32);
                        }
                    }
                }
            }
        }
    }

    fn pool_back(&self, sample: usize, mask: &[f32], dy: &[f32], dx: &mut [f32]) {
        dx.fill(0.0);
        match self.taken {
            Taken::Mean => {
                let share = share(mask);
                let steps = dx.chunks_exact_mut(self.channels).zip(mask);
                let counting = steps.filter(|(_, counts)| **counts != 0.0);
                counting.for_each(|(dx, _)| scale(share, dy, dx));
            }
            Taken::Largest => {
                let winners = &self.winners[sample * self.channels..][..self.channels];
                for (channel, (winner, dy)) in winners.iter().zip(dy).enumerate() {
                    if *winner != NONE {
                        dx[*winner as usize * self.channels + channel] = *dy;
                    }
                }
            }
        }
    }
}

/// What each step that counts is multiplied by in a mean.
fn share(mask: &[f32]) -> f32 {
    let count = mask.iter().filter(|counts| **counts != 0.0).count();
    1.0 / count.max(1) as f32
}

impl<O: Op> Op for MaskedPooling<O> {
    fn name(&self) -> &'static str {
        self.whole.name()
    }

    fn bytes(&self) -> usize {
        self.whole.bytes()
    }

    fn sample_bytes(&self) -> usize {
        let winners = if self.taken == Taken::Largest { 4 * self.channels } else { 0 };
        self.whole.sample_bytes() + winners
    }

    fn allocate(&mut self, max_batch: usize) -> Result<()> {
        self.whole.allocate(max_batch)?;
        if self.taken == Taken::Largest {
            self.winners = allocate("the winners of a pooling", max_batch * self.channels)?;
        }
        Ok(())
    }

    fn backward_reads(&self) -> Reads {
        self.whole.backward_reads()
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let Some(mask) = pass.masks.get(0) else { return self.whole.forward(pass) };
        let len = self.steps * self.channels;
        let samples = pass.inputs.get(0).chunks_exact(len).zip(mask.chunks_exact(self.steps));
        for (sample, (y, (x, mask))) in
            pass.output.chunks_exact_mut(self.channels).zip(samples).enumerate()
        {
            self.pool(sample, x, mask, y);
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let Some(mask) = pass.masks.get(0) else { return self.whole.backward(pass) };
        let Some(dx) = pass.dinputs.get(0) else { return };
        let samples = pass.doutput.chunks_exact(self.channels).zip(mask.chunks_exact(self.steps));
        let len = self.steps * self.channels;
        for (sample, (dx, (dy, mask))) in dx.chunks_exact_mut(len).zip(samples).enumerate() {
            self.pool_back(sample, mask, dy, dx);
        }
    }
}
