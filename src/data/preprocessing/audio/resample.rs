//! Sound at another rate: a low-pass filter, a sinc under a Kaiser window, seen at the places of the
//! new samples (J. O. Smith: Digital audio resampling, 2002).
//!
//! Between two rates of ratio `up / down` there are `up` different places between old samples. Where
//! these are few, each has its weights in a table; the weights of others are computed for each
//! sample anew, by the same function.

use super::window::bessel;
use crate::kernels::reduce::dot;
use crate::memory::reserve;
use crate::{Result, err};

/// Zero crossings of the sinc on each side, the parameter of the Kaiser window, and the share of the
/// lower rate's band that is kept: those of resampy's filter "kaiser_best", whose stop band is below
/// -120 dB.
const ZEROS: f64 = 64.0;
const BETA: f64 = 14.769_656_459_379_492;
const ROLLOFF: f64 = 0.947_593_716_739_959_6;

/// Steps of the table of the window; what lies between is interpolated linearly, to 3e-7.
const STEPS: usize = 1 << 13;
/// The most weights that are kept in a table.
const MOST_WEIGHTS: usize = 1 << 19;
/// The most samples of a result.
const MOST_SAMPLES: u64 = 1 << 28;

/// From one rate to another.
#[derive(Clone, Debug)]
pub(super) struct Resampler {
    from: u32,
    up: u64,
    down: u64,
    /// Samples on each side that a new one sees.
    reach: usize,
    /// Cycles of the filter's sinc for each old sample, twice.
    cutoff: f64,
    /// The upper half of the Kaiser window.
    window: Vec<f64>,
    /// The weights of each place, where they are few.
    weights: Vec<f32>,
}

impl Resampler {
    /// Rates are at least 1.
    pub fn new(from: u32, to: u32) -> Self {
        let common = greatest_common_divisor(from, to);
        let (up, down) = (u64::from(to / common), u64::from(from / common));
        let narrower = f64::min(1.0, f64::from(to) / f64::from(from));
        let reach = libm::ceil(ZEROS / narrower) as usize;
        let whole = bessel(BETA);
        let window = (0..=STEPS + 1).map(|step| {
            let place = f64::min(step as f64 / STEPS as f64, 1.0);
            bessel(BETA * libm::sqrt(1.0 - place * place)) / whole
        });
        let mut resampler = Self {
            from,
            up,
            down,
            reach,
            cutoff: ROLLOFF * narrower,
            window: window.collect(),
            weights: Vec::new(),
        };
        if up.saturating_mul(2 * reach as u64) <= MOST_WEIGHTS as u64 {
            let mut place = vec![0.0; 2 * reach];
            for phase in 0..up {
                resampler.weigh(phase, &mut place);
                resampler.weights.extend_from_slice(&place);
            }
        }
        resampler
    }

    /// The rate that it takes.
    pub fn from(&self) -> u32 {
        self.from
    }

    /// The sound at the new rate: `ceil(len * to / from)` samples, the first where the first was.
    ///
    /// # Errors
    /// `TooLarge` for more than 2^28 samples, and where there is no memory for them.
    pub fn resample(&self, x: &[f32]) -> Result<Vec<f32>> {
        let len = (x.len() as u64).saturating_mul(self.up).div_ceil(self.down);
        if len > MOST_SAMPLES {
            return Err(err!(
                TooLarge,
                "audio: {len} samples at the new rate, expected at most {MOST_SAMPLES}"
            ));
        }
        let taps = 2 * self.reach;
        let mut y = reserve("the sound", len as usize)?;
        // Around the sound is silence.
        let mut padded = reserve("the sound", x.len() + taps)?;
        padded.resize(self.reach - 1, 0.0);
        padded.extend_from_slice(x);
        padded.resize(x.len() + taps, 0.0);
        let mut computed = vec![0.0; if self.weights.is_empty() { taps } else { 0 }];
        for i in 0..len {
            let (at, phase) = (i * self.down / self.up, i * self.down % self.up);
            let weights = if self.weights.is_empty() {
                self.weigh(phase, &mut computed);
                &computed[..]
            } else {
                &self.weights[phase as usize * taps..][..taps]
            };
            y.push(dot(&padded[at as usize..][..taps], weights));
        }
        Ok(y)
    }

    /// The weights of the old samples for a new one that lies `phase / up` behind the middle one of
    /// them, index `reach - 1`. They add up to 1, so that a constant stays what it is.
    fn weigh(&self, phase: u64, weights: &mut [f32]) {
        let ahead = phase as f64 / self.up as f64 + (self.reach - 1) as f64;
        // The sine of each weight follows from that of the one before by a turn.
        let angle = std::f64::consts::PI * self.cutoff;
        let (turn_sin, turn_cos) = (libm::sin(angle), libm::cos(angle));
        let (mut sin, mut cos) = (libm::sin(angle * ahead), libm::cos(angle * ahead));
        let mut total = 0.0;
        for (i, weight) in weights.iter_mut().enumerate() {
            let distance = ahead - i as f64;
            let sinc = if distance.abs() < 1e-9 { self.cutoff } else { sin / (distance * PI) };
            let value = sinc * self.window_at(distance.abs() / self.reach as f64);
            (sin, cos) = (sin * turn_cos - cos * turn_sin, cos * turn_cos + sin * turn_sin);
            *weight = value as f32;
            total += value;
        }
        let factor = (1.0 / total) as f32;
        weights.iter_mut().for_each(|weight| *weight *= factor);
    }

    /// The Kaiser window at a share of its half.
    fn window_at(&self, place: f64) -> f64 {
        if place >= 1.0 {
            return 0.0;
        }
        let step = place * STEPS as f64;
        let before = step as usize;
        let share = step - before as f64;
        self.window[before] + share * (self.window[before + 1] - self.window[before])
    }
}

const PI: f64 = std::f64::consts::PI;

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
