//! Batch normalisation over the last axis (Ioffe and Szegedy, 2015).

use super::Rectifier;
use super::lanes::{load_part, vectors};
use super::rectifier::specialised;
use super::reduce::column_totals;
use crate::Result;
use crate::kernels::arrays;
use crate::memory::Room;
use crate::simd::{F32x4, LANES};

/// The rows whose mean the statistics are taken around.
const SHIFT_ROWS: usize = 16;

/// Batch normalisation of rows of `channels`: `y = rectifier((x - mean) / sqrt(variance + epsilon) *
/// gamma + beta)`, with the statistics of the last training batch and the memory it needs.
#[derive(Clone, Debug)]
pub struct BatchNorm {
    channels: usize,
    epsilon: f32,
    /// What follows; applied in the same pass, forward and backward.
    pub rectifier: Rectifier,
    /// All padded to whole vectors.
    mean: Room,
    variance: Room,
    inv_std: Room,
    /// `gamma * inv_std` and `beta` of the last pass.
    scale: Room,
    offset: Room,
    /// Of the gradient of the input.
    dy_mean: Room,
    slope: Room,
}

/// Where the gradients are written that are wanted.
#[derive(Debug, Default)]
pub struct Gradients<'a> {
    /// Of the input [rows, channels].
    pub dx: Option<&'a mut [f32]>,
    /// Of `gamma` [channels].
    pub dgamma: Option<&'a mut [f32]>,
    /// Of `beta` [channels].
    pub dbeta: Option<&'a mut [f32]>,
}

impl BatchNorm {
    /// Room for the statistics of so many channels, to be allocated.
    #[must_use]
    pub fn new(channels: usize, epsilon: f32) -> Self {
        let padded = || Room::new(channels.next_multiple_of(LANES));
        Self {
            channels,
            epsilon,
            rectifier: Rectifier::Linear,
            mean: padded(),
            variance: padded(),
            inv_std: padded(),
            scale: padded(),
            offset: padded(),
            dy_mean: padded(),
            slope: padded(),
        }
    }

    /// Takes the memory that it needs, before the first pass.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        let Self { mean, variance, inv_std, scale, offset, dy_mean, slope, .. } = self;
        let mut rooms = [mean, variance, inv_std, scale, offset, dy_mean, slope].into_iter();
        rooms.try_for_each(|room| room.allocate("statistics of channels"))
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
        7 * self.mean.bytes()
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
        self.find_statistics(x);
        self.prepare(gamma, beta);
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
        self.mean[..self.channels].copy_from_slice(mean);
        self.variance[..self.channels].copy_from_slice(variance);
        self.prepare(gamma, beta);
        self.normalise(x, y);
    }

    /// From the input and the output's gradient of the last `forward_training`: the gradients that
    /// are wanted. With `g` the gradient before the rectifier,
    /// `dx = gamma * inv_std * (g - mean(g) - x_hat * mean(g * x_hat))`.
    pub fn backward(&mut self, x: &[f32], dy: &[f32], gradients: Gradients<'_>) {
        let Gradients { dx, dgamma, dbeta } = gradients;
        specialised!(self.rectifier, |rectifier| {
            self.sums(rectifier, x, dy, dgamma, dbeta);
            let Some(dx) = dx else { return };
            let parameters = [&self.mean, &self.scale, &self.offset, &self.dy_mean, &self.slope];
            let parameters = parameters.map(|room| &room[..]);
            for_each_lane([x, dy], parameters, self.channels, dx, |[x, dy], parameters| {
                let [mean, scale, offset, dy_mean, slope] = parameters;
                let centred = x - mean;
                let g = rectifier.gradient(F32x4::mul_add(centred, scale, offset), dy);
                scale * F32x4::mul_add(centred, slope, g - dy_mean)
            });
        });
    }

    /// The same for the last `inference`, whose statistics do not depend on the input:
    /// `dx = gamma * inv_std * g`.
    pub fn backward_inference(&mut self, x: &[f32], dy: &[f32], gradients: Gradients<'_>) {
        let Gradients { dx, dgamma, dbeta } = gradients;
        specialised!(self.rectifier, |rectifier| {
            self.sums(rectifier, x, dy, dgamma, dbeta);
            let Some(dx) = dx else { return };
            let parameters = [&self.mean, &self.scale, &self.offset].map(|room| &room[..]);
            let gradient = |[x, dy]: [F32x4; 2], [mean, scale, offset]: [F32x4; 3]| {
                scale * rectifier.gradient(F32x4::mul_add(x - mean, scale, offset), dy)
            };
            for_each_lane([x, dy], parameters, self.channels, dx, gradient);
        });
    }

    /// Mean and variance in one pass, around a value of the data's size: the plain sum of squares
    /// would cancel where the mean is large (Chan, Golub and LeVeque, 1983).
    #[inline(never)]
    fn find_statistics(&mut self, x: &[f32]) {
        let rows = x.len() / self.channels;
        let sample = SHIFT_ROWS.min(rows);
        let shift = &mut self.dy_mean;
        shift.fill(0.0);
        for i in 0..sample {
            let row = &x[i * rows / sample * self.channels..][..self.channels];
            super::elementwise::accumulate(row, &mut shift[..self.channels]);
        }
        super::elementwise::scale_in_place(1.0 / sample as f32, shift);
        let (shift, mean, variance) = (&self.dy_mean, &mut self.mean, &mut self.variance);
        let share = 1.0 / rows as f64;
        column_totals(
            [x],
            [shift],
            self.channels,
            |[x], [shift]| {
                let centred = x - shift;
                [centred, centred * centred]
            },
            |c, [total, squares]| {
                let off = total * share;
                mean[c] = (f64::from(shift[c]) + off) as f32;
                variance[c] = (squares * share - off * off).max(0.0) as f32;
            },
        );
    }

    /// The factors of a pass.
    fn prepare(&mut self, gamma: Option<&[f32]>, beta: Option<&[f32]>) {
        for c in 0..self.channels {
            self.inv_std[c] = 1.0 / (self.variance[c] + self.epsilon).sqrt();
            self.scale[c] = gamma.map_or(1.0, |gamma| gamma[c]) * self.inv_std[c];
            self.offset[c] = beta.map_or(0.0, |beta| beta[c]);
        }
    }

    /// `y = rectifier((x - mean) * scale + offset)`.
    #[inline(never)]
    fn normalise(&self, x: &[f32], y: &mut [f32]) {
        let parameters = [&self.mean, &self.scale, &self.offset].map(|room| &room[..]);
        specialised!(self.rectifier, |rectifier| {
            let normal = |[x]: [F32x4; 1], [mean, scale, offset]: [F32x4; 3]| {
                rectifier.apply(F32x4::mul_add(x - mean, scale, offset))
            };
            for_each_lane([x], parameters, self.channels, y, normal);
        });
    }

    /// The gradients of `gamma` and `beta`, and the factors of that of the input: `dy_mean =
    /// mean(g)`, `slope = -inv_std * mean(g * x_hat)`. The rectifier's input is computed again: that
    /// is cheaper than to read its output.
    #[inline(always)]
    fn sums(
        &mut self,
        rectifier: Rectifier,
        x: &[f32],
        dy: &[f32],
        mut dgamma: Option<&mut [f32]>,
        mut dbeta: Option<&mut [f32]>,
    ) {
        let share = self.channels as f64 / x.len() as f64;
        let (inv_std, dy_mean, slope) = (&self.inv_std, &mut self.dy_mean, &mut self.slope);
        column_totals(
            [x, dy],
            [&self.mean, &self.scale, &self.offset],
            self.channels,
            |[x, dy], [mean, scale, offset]| {
                let centred = x - mean;
                let g = rectifier.gradient(F32x4::mul_add(centred, scale, offset), dy);
                [g, centred * g]
            },
            |c, [total, product]| {
                let scaled = product * f64::from(inv_std[c]);
                dy_mean[c] = (total * share) as f32;
                slope[c] = -((scaled * share) as f32 * inv_std[c]);
                if let Some(dgamma) = dgamma.as_deref_mut() {
                    dgamma[c] = scaled as f32;
                }
                if let Some(dbeta) = dbeta.as_deref_mut() {
                    dbeta[c] = total as f32;
                }
            },
        );
    }
}

/// The floats of each matrix that are worked on at a time, so that they are still in the innermost
/// cache when the next channels are.
const BLOCK: usize = 2048;

/// `y = f(x, parameters)` for rows of `channels` in the matrices `x`; the parameters, one a channel,
/// are padded to whole vectors. They stay in registers for a block of rows: loading them for every
/// row took more time than computing.
#[inline(always)]
fn for_each_lane<const N: usize, const M: usize>(
    x: [&[f32]; N],
    parameters: [&[f32]; M],
    channels: usize,
    y: &mut [f32],
    f: impl Fn([F32x4; N], [F32x4; M]) -> F32x4,
) {
    let block = BLOCK.div_ceil(channels) * channels;
    for (i, y) in y.chunks_mut(block).enumerate() {
        let x = arrays::map(x, |x| &x[i * block..][..y.len()]);
        for c in (0..channels).step_by(2 * LANES) {
            match channels - c {
                0..LANES => lanes::<N, M, 1, false>(x, parameters, channels, c, y, &f),
                LANES => lanes::<N, M, 1, true>(x, parameters, channels, c, y, &f),
                rest if rest < 2 * LANES => {
                    lanes::<N, M, 1, true>(x, parameters, channels, c, y, &f);
                    lanes::<N, M, 1, false>(x, parameters, channels, c + LANES, y, &f);
                }
                _ => lanes::<N, M, 2, true>(x, parameters, channels, c, y, &f),
            }
        }
    }
}

/// [`for_each_lane`] of `V` vectors of channels; if not `WHOLE`, of what is left of one.
#[inline(always)]
fn lanes<const N: usize, const M: usize, const V: usize, const WHOLE: bool>(
    x: [&[f32]; N],
    parameters: [&[f32]; M],
    channels: usize,
    first: usize,
    y: &mut [f32],
    f: &impl Fn([F32x4; N], [F32x4; M]) -> F32x4,
) {
    let parameters: [[F32x4; M]; V] =
        arrays::from_fn(|v| arrays::map(parameters, |p| load_part(p, first + LANES * v)));
    for (row, y) in y.chunks_exact_mut(channels).enumerate() {
        let (at, y) = (row * channels + first, y.get_mut(first..).unwrap_or_default());
        if WHOLE {
            let y = y.as_chunks_mut::<LANES>().0.first_chunk_mut::<V>();
            let (Some(x), Some(y)) = (vectors::<N, V>(x, at), y) else { break };
            for v in 0..V {
                f(arrays::map(x, |x| F32x4::load(&x[v])), parameters[v]).store(&mut y[v]);
            }
        } else {
            f(arrays::map(x, |x| load_part(x, at)), parameters[0]).store_part(y);
        }
    }
}
