//! Many normally distributed numbers, fast.

use crate::rng::Key;

/// Levels of the distribution.
const LEVELS: usize = 1 << BITS;
const BITS: u32 = 12;

/// The quantiles of the standard normal distribution in the middles of 4096 equal parts, of which
/// one is chosen by 12 random bits. The largest is 3.67; the variance is 1.
#[derive(Clone, Debug)]
pub(super) struct Normal {
    quantiles: Vec<f32>,
}

impl Normal {
    pub fn new() -> Self {
        let mut quantiles = vec![0.0; LEVELS];
        let mut x = 0.0_f64;
        let mut squares = 0.0;
        for i in 0..LEVELS / 2 {
            let part = (i as f64 + 0.5) / LEVELS as f64;
            // Newton's method from the quantile before, on the convex side of the distribution.
            for _ in 0..8 {
                let density = libm::exp(-x * x / 2.0) / libm::sqrt(std::f64::consts::TAU);
                x += (part - libm::erf(x * std::f64::consts::FRAC_1_SQRT_2) / 2.0) / density;
            }
            quantiles[LEVELS / 2 + i] = x as f32;
            quantiles[LEVELS / 2 - 1 - i] = -x as f32;
            squares += 2.0 * x * x;
        }
        let factor = libm::sqrt(LEVELS as f64 / squares) as f32;
        quantiles.iter_mut().for_each(|value| *value *= factor);
        Self { quantiles }
    }

    /// Two numbers of a random word.
    pub fn pair(&self, word: u32) -> [f32; 2] {
        let mask = LEVELS as u32 - 1;
        [word & mask, word >> 16 & mask].map(|level| self.quantiles[level as usize])
    }

    /// Adds numbers of this standard deviation, drawn by this key.
    pub fn add(&self, deviation: f32, key: Key, values: &mut [f32]) {
        for (number, values) in (0..).zip(values.chunks_mut(8)) {
            let words = key.block(number);
            let pairs = words.map(|word| self.pair(word));
            for (value, normal) in values.iter_mut().zip(pairs.as_flattened()) {
                *value += deviation * normal;
            }
        }
    }
}
