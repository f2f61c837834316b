//! A random part of numbers whose count is not known before.

use crate::rng::{Key, Stream};

/// So many of the numbers at most, each with the same chance, by as many draws as numbers are exchanged
/// instead of one for each (algorithm L of Li, "Reservoir-sampling algorithms of time complexity
/// O(n(1 + log(N/n)))", 1994).
#[derive(Debug)]
pub(super) struct Sampled {
    kept: Vec<f64>,
    most: usize,
    stream: Stream,
    /// How many numbers are passed over before the next exchange.
    skipped: u64,
    /// If every number drew a key from 0 to 1 and those of the least were kept: the largest key of these.
    threshold: f64,
}

impl Sampled {
    pub(super) fn new(key: Key, most: usize) -> Self {
        Self { kept: Vec::new(), most, stream: key.stream(), skipped: 0, threshold: 1.0 }
    }

    pub(super) fn take(&mut self, number: f64) {
        if self.kept.len() < self.most {
            self.kept.push(number);
            if self.kept.len() == self.most {
                self.draw();
            }
        } else if self.skipped > 0 {
            self.skipped -= 1;
        } else {
            let place = self.stream.below(self.most as u32) as usize;
            self.kept[place] = number;
            self.draw();
        }
    }

    /// In ascending order.
    pub(super) fn sorted(mut self) -> Vec<f64> {
        self.kept.sort_unstable_by(f64::total_cmp);
        self.kept
    }

    fn draw(&mut self) {
        self.threshold *= libm::exp(self.logarithm() / self.most as f64);
        let skipped = libm::floor(self.logarithm() / libm::log1p(-self.threshold));
        // Beyond all counts where the threshold has become too small to tell.
        self.skipped = skipped as u64;
    }

    /// Of a uniform number.
    fn logarithm(&mut self) -> f64 {
        libm::log((f64::from(self.stream.word()) + 0.5) / 4_294_967_296.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn of(count: u32, most: usize, seed: u64) -> Vec<f64> {
        let mut sampled = Sampled::new(Key::new(seed, Purpose::Split), most);
        (0..count).for_each(|number| sampled.take(f64::from(number)));
        sampled.sorted()
    }

    #[test]
    fn few_numbers_are_all_kept() {
        for count in [0, 1, 4, 5] {
            assert_eq!(of(count, 5, 0), (0..count).map(f64::from).collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_number_has_the_same_chance() {
        let (count, most, runs) = (40_u32, 5, 4000);
        let mut times = vec![0_u32; count as usize];
        for seed in 0..runs {
            let kept = of(count, most, seed);
            assert_eq!(kept.len(), most);
            assert!(kept.windows(2).all(|pair| pair[0] < pair[1]), "none is there twice");
            kept.iter().for_each(|&number| times[number as usize] += 1);
        }
        // A binomial of mean 500 and deviation 20.9.
        assert!(times.iter().all(|&times| (400..600).contains(&times)), "{times:?}");
    }

    #[test]
    fn the_beginning_of_many_numbers_is_no_more_likely_than_their_end() {
        let kept = of(1_000_000, 4096, 3);
        for quarter in 1..4 {
            let below = kept.iter().filter(|&&number| number < 250_000.0 * f64::from(quarter));
            let expected = 1024 * quarter as usize;
            assert!(below.count().abs_diff(expected) < 150);
        }
    }
}
