//! Batch normalisation over the last axis (Ioffe and Szegedy, 2015).

use super::lanes::{load_part, store_part};
use super::reduce::column_totals;
use crate::simd::F32x4;

/// Batch normalisation of rows of `channels`: `y = (x - mean) / sqrt(variance + epsilon) * gamma +
/// beta`, with the statistics of the last training batch and the memory it needs.
#[derive(Clone, Debug)]
pub struct BatchNorm {
    channels: usize,
    epsilon: f32,
    mean: Vec<f32>,
    variance: Vec<f32>,
    inv_std: Vec<f32>,
    /// Factors of one pass over the rows, padded to whole vectors.
    a: Vec<f32>,
    b: Vec<f32>,
    c: Vec<f32>,
}

impl BatchNorm {
    /// Room for the statistics of so many channels.
    #[must_use]
    pub fn new(channels: usize, epsilon: f32) -> Self {
        let padded = vec![0.0; channels.next_multiple_of(4)];
        Self {
            channels,
            epsilon,
            mean: padded.clone(),
            variance: padded.clone(),
            inv_std: padded.clone(),
            a: padded.clone(),
            b: padded.clone(),
            c: padded,
        }
    }

    /// The means of the last training batch.
    #[must_use]
    pub fn mean(&self) -> &[f32] {
        &self.mean[..self.channels]
    }

    /// The biased variances (sum of squares over the number of rows) of the last training batch.
    #[must_use]
    pub fn variance(&self) -> &[f32] {
        &self.variance[..self.channels]
    }

    /// The memory it holds, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        6 * size_of_val(self.a.as_slice())
    }

    /// Normalises `x` [rows, channels] by its own mean and biased variance into `y`, and keeps them.
    /// Without `gamma` it is one, without `beta` zero.
    pub fn forward_training(
        &mut self,
        x: &[f32],
        gamma: Option<&[f32]>,
        beta: Option<&[f32]>,
        y: &mut [f32],
    ) {
        let share = self.channels as f64 / x.len() as f64;
        let mean = &mut self.mean;
        column_totals([x], self.channels, |[x], _| x, |c, total| mean[c] = (total * share) as f32);
        // A second pass around the mean: the one-pass formula cancels when the mean is large.
        let (mean, variance) = (&self.mean, &mut self.variance);
        let deviation = |x: F32x4, c: usize| x - load(mean, c);
        column_totals(
            [x],
            self.channels,
            |[x], c| deviation(x, c) * deviation(x, c),
            |c, total| variance[c] = (total * share) as f32,
        );
        for c in 0..self.channels {
            self.inv_std[c] = 1.0 / (self.variance[c] + self.epsilon).sqrt();
            self.a[c] = gamma.map_or(1.0, |gamma| gamma[c]) * self.inv_std[c];
            self.b[c] = beta.map_or(0.0, |beta| beta[c]);
        }
        affine(x, &self.mean, &self.a, &self.b, self.channels, y);
    }

    /// Normalises `x` [rows, channels] by given statistics into `y`, and keeps them.
    pub fn inference(
        &mut self,
        x: &[f32],
        gamma: Option<&[f32]>,
        beta: Option<&[f32]>,
        mean: &[f32],
        variance: &[f32],
        y: &mut [f32],
    ) {
        for c in 0..self.channels {
            self.mean[c] = mean[c];
            self.variance[c] = variance[c];
            self.inv_std[c] = 1.0 / (variance[c] + self.epsilon).sqrt();
            self.a[c] = gamma.map_or(1.0, |gamma| gamma[c]) * self.inv_std[c];
            self.b[c] = beta.map_or(0.0, |beta| beta[c]);
        }
        affine(x, &self.mean, &self.a, &self.b, self.channels, y);
    }

    /// From the input and the output's gradient of the last `inference`, whose statistics do not
    /// depend on the input: the gradients, where wanted, of the input and of `gamma` and `beta`.
    pub fn backward_inference(
        &mut self,
        x: &[f32],
        dy: &[f32],
        gamma: Option<&[f32]>,
        dx: Option<&mut [f32]>,
        dgamma: Option<&mut [f32]>,
        dbeta: Option<&mut [f32]>,
    ) {
        self.sums(x, dy, gamma, dgamma, dbeta);
        if let Some(dx) = dx {
            let rows = dy.chunks_exact(self.channels).zip(dx.chunks_exact_mut(self.channels));
            for (dy, dx) in rows {
                for c in (0..self.channels).step_by(4) {
                    store_part(load(&self.a, c) * load_part(dy, c), dx, c);
                }
            }
        }
    }

    /// From the input and the output's gradient of the last `forward_training`: the gradients,
    /// where wanted, of the input and of `gamma` and `beta` [channels].
    ///
    /// `dx = gamma * inv_std * (dy - mean(dy) - x_hat * mean(dy * x_hat))`.
    pub fn backward(
        &mut self,
        x: &[f32],
        dy: &[f32],
        gamma: Option<&[f32]>,
        dx: Option<&mut [f32]>,
        dgamma: Option<&mut [f32]>,
        dbeta: Option<&mut [f32]>,
    ) {
        self.sums(x, dy, gamma, dgamma, dbeta);
        let Some(dx) = dx else { return };
        let rows = x.chunks_exact(self.channels).zip(dy.chunks_exact(self.channels));
        for (dx, (x, dy)) in dx.chunks_exact_mut(self.channels).zip(rows) {
            for c in (0..self.channels).step_by(4) {
                let centred = load_part(x, c) - load(&self.mean, c);
                let rest = load_part(dy, c) - load(&self.b, c) - centred * load(&self.c, c);
                store_part(load(&self.a, c) * rest, dx, c);
            }
        }
    }

    /// The gradients of `gamma` and `beta`, and the factors of that of the input: `a = gamma *
    /// inv_std`, `b = mean(dy)`, `c = inv_std * mean(dy * x_hat)`.
    fn sums(
        &mut self,
        x: &[f32],
        dy: &[f32],
        gamma: Option<&[f32]>,
        mut dgamma: Option<&mut [f32]>,
        mut dbeta: Option<&mut [f32]>,
    ) {
        let share = self.channels as f64 / x.len() as f64;
        let b = &mut self.b;
        column_totals(
            [dy],
            self.channels,
            |[dy], _| dy,
            |c, total| {
                b[c] = (total * share) as f32;
                if let Some(dbeta) = dbeta.as_deref_mut() {
                    dbeta[c] = total as f32;
                }
            },
        );
        let (mean, inv_std, factor) = (&self.mean, &self.inv_std, &mut self.c);
        column_totals(
            [x, dy],
            self.channels,
            |[x, dy], c| (x - load(mean, c)) * dy,
            |c, total| {
                let scaled = total * f64::from(inv_std[c]);
                factor[c] = (scaled * share) as f32 * inv_std[c];
                if let Some(dgamma) = dgamma.as_deref_mut() {
                    dgamma[c] = scaled as f32;
                }
            },
        );
        for c in 0..self.channels {
            self.a[c] = gamma.map_or(1.0, |gamma| gamma[c]) * self.inv_std[c];
        }
    }
}

/// `y = (x - mean) * a + b` for every row.
#[inline(never)]
fn affine(x: &[f32], mean: &[f32], a: &[f32], b: &[f32], channels: usize, y: &mut [f32]) {
    for (x, y) in x.chunks_exact(channels).zip(y.chunks_exact_mut(channels)) {
        for c in (0..channels).step_by(4) {
            let x = load_part(x, c);
            store_part((x - load(mean, c)) * load(a, c) + load(b, c), y, c);
        }
    }
}

/// Four channels of a vector padded to whole vectors.
#[inline(always)]
fn load(x: &[f32], c: usize) -> F32x4 {
    F32x4::load(&x[c..c + 4].as_chunks::<4>().0[0])
}
