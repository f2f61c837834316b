//! Batch normalisation over the last axis (Ioffe and Szegedy, 2015).

use super::lanes::{load_part, store_part};
use super::reduce::column_totals;
use crate::simd::{F32x4, LANES};

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
        self.normalise(x, y);
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
        self.normalise(x, y);
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
            for_each_lane([dy], [&self.a], self.channels, dx, |[dy], [a]| a * dy);
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
        let parameters = [&self.mean, &self.a, &self.b, &self.c].map(Vec::as_slice);
        for_each_lane([x, dy], parameters, self.channels, dx, |[x, dy], [mean, a, b, c]| {
            a * (dy - b - (x - mean) * c)
        });
    }

    /// `y = (x - mean) * a + b`.
    #[inline(never)]
    fn normalise(&self, x: &[f32], y: &mut [f32]) {
        let parameters = [&self.mean, &self.a, &self.b].map(Vec::as_slice);
        for_each_lane([x], parameters, self.channels, y, |[x], [mean, a, b]| (x - mean) * a + b);
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

/// `y = f(x, parameters)` for rows of `channels` in the matrices `x`; the parameters, one a channel,
/// are padded to whole vectors.
#[inline(always)]
fn for_each_lane<const N: usize, const M: usize>(
    x: [&[f32]; N],
    parameters: [&[f32]; M],
    channels: usize,
    y: &mut [f32],
    f: impl Fn([F32x4; N], [F32x4; M]) -> F32x4,
) {
    let whole = channels / LANES;
    let lanes = parameters.map(|p| &p.as_chunks::<LANES>().0[..whole]);
    for (row, y) in y.chunks_exact_mut(channels).enumerate() {
        let x = x.map(|x| &x[row * channels..][..channels]);
        let x_lanes = x.map(|x| &x.as_chunks::<LANES>().0[..whole]);
        for (i, y) in y.as_chunks_mut::<LANES>().0.iter_mut().enumerate().take(whole) {
            f(x_lanes.map(|x| F32x4::load(&x[i])), lanes.map(|p| F32x4::load(&p[i]))).store(y);
        }
        if whole * LANES < channels {
            let c = whole * LANES;
            store_part(f(x.map(|x| load_part(x, c)), parameters.map(|p| load(p, c))), y, c);
        }
    }
}

/// Four channels of a vector padded to whole vectors.
#[inline(always)]
fn load(x: &[f32], c: usize) -> F32x4 {
    F32x4::load(&x[c..c + 4].as_chunks::<4>().0[0])
}
