//! Normalisation of each sample by itself, in groups of channels (Wu and He, 2018); of one row in one
//! group it is layer normalisation (Ba, Kiros and Hinton, 2016).

use super::lanes::{load_part, store_part};
use super::norm::Gradients;
use super::reduce::column_totals;
use crate::Result;
use crate::memory::{Room, allocate};
use crate::simd::{F32x4, LANES};

/// Normalisation of samples [positions, channels]: with `mean` and biased `variance` over all
/// positions and the channels of a group, `y = (x - mean) / sqrt(variance + epsilon) * gamma + beta`.
#[derive(Clone, Debug)]
pub struct GroupNorm {
    positions: usize,
    channels: usize,
    groups: usize,
    epsilon: f64,
    /// Of each channel of a sample, padded to whole vectors.
    mean: Room,
    inv_std: Room,
    gamma: Room,
    beta: Room,
    /// Of the gradient of the input.
    dy_mean: Room,
    slope: Room,
    /// The means and `1 / sqrt(variance + epsilon)` of the groups of every sample of the last pass.
    statistics: Vec<[f32; 2]>,
    /// Of each channel: sums over positions, of which those of a group are made, and of gradients.
    sums: Vec<[f64; 2]>,
    gradients: Vec<[f64; 2]>,
}

impl GroupNorm {
    /// For samples of so many positions and channels, to be allocated; `groups` divides the channels.
    #[must_use]
    pub fn new(positions: usize, channels: usize, groups: usize, epsilon: f64) -> Self {
        let padded = || Room::new(channels.next_multiple_of(LANES));
        Self {
            positions,
            channels,
            groups,
            epsilon,
            mean: padded(),
            inv_std: padded(),
            gamma: padded(),
            beta: padded(),
            dy_mean: padded(),
            slope: padded(),
            statistics: Vec::new(),
            sums: Vec::new(),
            gradients: Vec::new(),
        }
    }

    /// The memory that does not grow with the batch, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        6 * self.mean.bytes() + 2 * self.channels * size_of::<[f64; 2]>()
    }

    /// The memory for each sample, in bytes.
    #[must_use]
    pub fn sample_bytes(&self) -> usize {
        self.groups * size_of::<[f32; 2]>()
    }

    /// Takes the memory that it needs, before the first pass of up to so many samples.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self, max_samples: usize) -> Result<()> {
        let Self { mean, inv_std, gamma, beta, dy_mean, slope, .. } = self;
        for room in [mean, inv_std, gamma, beta, dy_mean, slope] {
            room.allocate("statistics of channels")?;
        }
        self.sums = allocate("sums of channels", self.channels)?;
        self.gradients = allocate("gradients of channels", self.channels)?;
        self.statistics = allocate("statistics of groups", max_samples * self.groups)?;
        Ok(())
    }

    /// Normalises the samples `x` [n, positions, channels] into `y`. Without `gamma` it is one,
    /// without `beta` zero.
    pub fn forward(
        &mut self,
        x: &[f32],
        gamma: Option<&[f32]>,
        beta: Option<&[f32]>,
        y: &mut [f32],
    ) {
        self.prepare(gamma, beta);
        let len = self.positions * self.channels;
        for (sample, (x, y)) in x.chunks_exact(len).zip(y.chunks_exact_mut(len)).enumerate() {
            self.find_statistics(sample, x);
            let parameters = [&self.mean, &self.inv_std, &self.gamma, &self.beta];
            let parameters = parameters.map(|room| &room[..]);
            let rows = x.chunks_exact(self.channels).zip(y.chunks_exact_mut(self.channels));
            for (x, y) in rows {
                for c in (0..self.channels).step_by(LANES) {
                    let [mean, inv_std, gamma, beta] = parameters.map(|p| load_part(p, c));
                    let normal = (load_part(x, c) - mean) * inv_std;
                    store_part(normal * gamma + beta, y, c);
                }
            }
        }
    }

    /// From the input of the last `forward` and the output's gradient: the gradients that are wanted.
    /// With `g = gamma dy` and means over a group,
    /// `dx = inv_std * (g - mean(g) - x_hat * mean(g * x_hat))`.
    pub fn backward(
        &mut self,
        x: &[f32],
        gamma: Option<&[f32]>,
        dy: &[f32],
        gradients: Gradients<'_>,
    ) {
        let Gradients { mut dx, dgamma, dbeta } = gradients;
        self.prepare(gamma, None);
        self.gradients.fill([0.0; 2]);
        let len = self.positions * self.channels;
        for (sample, (x, dy)) in x.chunks_exact(len).zip(dy.chunks_exact(len)).enumerate() {
            self.recall(sample);
            self.gradient_sums(x, dy);
            if let Some(dx) = dx.as_deref_mut() {
                self.group_gradients();
                self.input_gradient(x, dy, &mut dx[sample * len..][..len]);
            }
        }
        if let Some(dgamma) = dgamma {
            dgamma.iter_mut().zip(&self.gradients).for_each(|(d, sums)| *d = sums[1] as f32);
        }
        if let Some(dbeta) = dbeta {
            dbeta.iter_mut().zip(&self.gradients).for_each(|(d, sums)| *d = sums[0] as f32);
        }
    }

    /// The channels of a group.
    fn width(&self) -> usize {
        self.channels / self.groups
    }

    /// The factors of a pass.
    fn prepare(&mut self, gamma: Option<&[f32]>, beta: Option<&[f32]>) {
        match gamma {
            Some(gamma) => self.gamma[..self.channels].copy_from_slice(gamma),
            None => self.gamma.fill(1.0),
        }
        match beta {
            Some(beta) => self.beta[..self.channels].copy_from_slice(beta),
            None => self.beta.fill(0.0),
        }
    }

    /// Puts the statistics of a sample's groups where its channels find them.
    fn recall(&mut self, sample: usize) {
        let width = self.width();
        let groups = &self.statistics[sample * self.groups..][..self.groups];
        let means = self.mean[..self.channels].chunks_exact_mut(width);
        let deviations = self.inv_std[..self.channels].chunks_exact_mut(width);
        for ((means, deviations), [mean, inv_std]) in means.zip(deviations).zip(groups) {
            means.fill(*mean);
            deviations.fill(*inv_std);
        }
    }

    /// The mean, then the variance around it: the plain sum of squares would cancel where the mean is
    /// large.
    fn find_statistics(&mut self, sample: usize, x: &[f32]) {
        let share = 1.0 / (self.positions * self.width()) as f64;
        let first = sample * self.groups;
        let sums = &mut self.sums;
        column_totals([x], [], self.channels, |[x], []| [x], |c, [total]| sums[c][0] = total);
        for group in 0..self.groups {
            self.statistics[first + group][0] = (self.total(group, 0) * share) as f32;
        }
        self.recall(sample);
        let (mean, sums) = (&self.mean[..], &mut self.sums);
        column_totals(
            [x],
            [mean],
            self.channels,
            |[x], [mean]| {
                let centred = x - mean;
                [centred, centred * centred]
            },
            |c, totals| sums[c] = totals,
        );
        for group in 0..self.groups {
            // What the mean lost when it was rounded.
            let off = self.total(group, 0) * share;
            let variance = (self.total(group, 1) * share - off * off).max(0.0);
            let statistics = &mut self.statistics[first + group];
            statistics[0] = (f64::from(statistics[0]) + off) as f32;
            statistics[1] = (1.0 / (variance + self.epsilon).sqrt()) as f32;
        }
        self.recall(sample);
    }

    /// One of the sums over the channels of a group.
    fn total(&self, group: usize, which: usize) -> f64 {
        self.sums[group * self.width()..][..self.width()].iter().map(|sums| sums[which]).sum()
    }

    /// Of each channel: the sums of `dy` and of `dy * x_hat`, which add up to the gradients of `beta`
    /// and `gamma`.
    fn gradient_sums(&mut self, x: &[f32], dy: &[f32]) {
        let (sums, gradients) = (&mut self.sums, &mut self.gradients);
        column_totals(
            [x, dy],
            [&self.mean[..], &self.inv_std[..]],
            self.channels,
            |[x, dy], [mean, inv_std]| [dy, dy * ((x - mean) * inv_std)],
            |c, totals| {
                sums[c] = totals;
                gradients[c][0] += totals[0];
                gradients[c][1] += totals[1];
            },
        );
    }

    /// Of each group: the means of `g` and of `g * x_hat`.
    fn group_gradients(&mut self) {
        let (width, share) = (self.width(), 1.0 / (self.positions * self.width()) as f64);
        for group in 0..self.groups {
            let channels = group * width..(group + 1) * width;
            let mut totals = [0.0; 2];
            for (sums, gamma) in
                self.sums[channels.clone()].iter().zip(&self.gamma[channels.clone()])
            {
                totals[0] += sums[0] * f64::from(*gamma);
                totals[1] += sums[1] * f64::from(*gamma);
            }
            self.dy_mean[channels.clone()].fill((totals[0] * share) as f32);
            self.slope[channels].fill((totals[1] * share) as f32);
        }
    }

    fn input_gradient(&self, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        let parameters = [&self.mean, &self.inv_std, &self.gamma, &self.dy_mean, &self.slope];
        let parameters = parameters.map(|room| &room[..]);
        let rows = x.chunks_exact(self.channels).zip(dy.chunks_exact(self.channels));
        for (dx, (x, dy)) in dx.chunks_exact_mut(self.channels).zip(rows) {
            for c in (0..self.channels).step_by(LANES) {
                let [mean, inv_std, gamma, dy_mean, slope] = parameters.map(|p| load_part(p, c));
                let normal: F32x4 = (load_part(x, c) - mean) * inv_std;
                let g = load_part(dy, c) * gamma;
                store_part(inv_std * (g - dy_mean - normal * slope), dx, c);
            }
        }
    }
}
