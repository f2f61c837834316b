//! Randomness as a function: what is drawn depends on a key alone, not on what was drawn before.
//!
//! A [`Key`] is made from a seed and a [`Purpose`] and refined by numbers: epoch, step, layer,
//! sample. Shuffles, masks and augmentations then do not depend on how the work is split or where
//! a run was interrupted. The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel
//! random numbers, as easy as 1, 2, 3; SC 2011).

/// What random numbers are for: the same seed gives each purpose numbers of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// The first weights of a model.
    Weights = 1,
    /// The order of samples in an epoch.
    Shuffle = 2,
    /// Dropout masks.
    Dropout = 3,
    /// Random changes of samples.
    Augmentation = 4,
    /// Which samples go to which part of a dataset.
    Split = 5,
    /// Noise that is added to numbers between layers.
    Noise = 6,
    /// How a text goes on.
    Generation = 7,
}

/// What decides the numbers: 64 bits, refined by [`Key::child`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key([u32; 2]);

/// Words of the counter that keep the uses of a key apart.
const DRAW: u32 = 0;
const CHILD: u32 = 1;

impl Key {
    /// The key of a purpose.
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose) -> Self {
        Self(halves(seed)).child(purpose as u64)
    }

    /// The key for one of many: an epoch, a layer, a sample. Keys of different numbers have nothing
    /// in common, nor has any with its parent.
    #[must_use]
    pub fn child(self, number: u64) -> Self {
        let [low, high] = halves(number);
        let [a, b, ..] = philox([low, high, CHILD, 0], self.0);
        Self([a, b])
    }

    /// Four uniformly distributed words, for the `number`th time.
    #[must_use]
    pub fn block(self, number: u64) -> [u32; 4] {
        let [low, high] = halves(number);
        philox([low, high, DRAW, 0], self.0)
    }

    /// The words of all blocks, one after the other.
    #[must_use]
    pub fn stream(self) -> Stream {
        Stream { key: self, number: 0, block: [0; 4], used: 4 }
    }
}

/// Random numbers of one key, in order.
#[derive(Clone, Debug)]
pub struct Stream {
    key: Key,
    number: u64,
    block: [u32; 4],
    used: usize,
}

impl Stream {
    /// A word.
    pub fn word(&mut self) -> u32 {
        if self.used == self.block.len() {
            self.block = self.key.block(self.number);
            self.number += 1;
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    /// A number of at least 0 and less than 1, a multiple of 2^-24.
    pub fn uniform(&mut self) -> f32 {
        (self.word() >> 8) as f32 * (1.0 / (1 << 24) as f32)
    }

    /// A number of the standard normal distribution (Box and Muller, 1958).
    pub fn normal(&mut self) -> f32 {
        let (radius, angle) = self.polar();
        (radius * libm::cos(angle)) as f32
    }

    /// Fills a slice with such numbers, of which both coordinates of a point make two.
    pub fn fill_normal(&mut self, numbers: &mut [f32]) {
        for pair in numbers.chunks_mut(2) {
            let (radius, angle) = self.polar();
            let (sin, cos) = libm::sincos(angle);
            for (number, coordinate) in pair.iter_mut().zip([cos, sin]) {
                *number = (radius * coordinate) as f32;
            }
        }
    }

    /// A point of which both coordinates are normally distributed: how far and in which direction.
    fn polar(&mut self) -> (f64, f64) {
        // In 0..1 without 0, of which the logarithm is taken.
        let radius = (f64::from(self.word()) + 0.5) * (1.0 / (1u64 << 32) as f64);
        let turn = f64::from(self.word()) * (1.0 / (1u64 << 32) as f64);
        (libm::sqrt(-2.0 * libm::log(radius)), std::f64::consts::TAU * turn)
    }

    /// A number of at least 0 and less than `bound`, each as likely as the other; 0 for a bound of
    /// 0 (Lemire: Fast random integer generation in an interval, 2019).
    pub fn below(&mut self, bound: u32) -> u32 {
        let short = bound.wrapping_neg().checked_rem(bound).unwrap_or(0);
        loop {
            let product = u64::from(self.word()) * u64::from(bound);
            if product as u32 >= short {
                return (product >> 32) as u32;
            }
        }
    }

    /// Puts the items in an order of which each is as likely as the other (Fisher and Yates). Up
    /// to 2^32 items.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u32 + 1) as usize);
        }
    }
}

fn halves(x: u64) -> [u32; 2] {
    [x as u32, (x >> 32) as u32]
}

/// Ten rounds of Philox with four words of 32 bits.
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let [low0, high0] = halves(u64::from(counter[0]) * 0xD251_1F53);
        let [low1, high1] = halves(u64::from(counter[2]) * 0xCD9E_8D57);
        counter = [high1 ^ counter[1] ^ key[0], low1, high0 ^ counter[3] ^ key[1], low0];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn stream(seed: u64) -> Stream {
        Key::new(seed, Purpose::Weights).stream()
    }

    /// The known answers of the authors' library Random123 (kat_vectors).
    #[test]
    fn philox_gives_the_authors_answers() {
        let answers = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, expected) in answers {
            assert_eq!(philox(counter, key), expected);
        }
    }

    #[test]
    fn keys_differ_by_everything_that_makes_them() {
        let base = Key::new(7, Purpose::Shuffle);
        let others = [
            Key::new(8, Purpose::Shuffle),
            Key::new(7 + (1 << 32), Purpose::Shuffle),
            Key::new(7, Purpose::Dropout),
            base.child(0),
            base.child(1),
            base.child(1 << 32),
        ];
        for (i, a) in others.iter().enumerate() {
            assert_ne!(*a, base);
            assert!(others[..i].iter().all(|b| a != b && a.block(0) != b.block(0)));
        }
        assert_eq!(base.child(3).block(5), Key::new(7, Purpose::Shuffle).child(3).block(5));
    }

    #[test]
    fn uniform_numbers_have_their_moments() {
        let mut stream = stream(1);
        let n = 200_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..n {
            let x = stream.uniform();
            assert!((0.0..1.0).contains(&x));
            sum += f64::from(x);
            squares += f64::from(x) * f64::from(x);
        }
        let mean = sum / f64::from(n);
        // Five standard errors of the mean, 1 / sqrt(12 n).
        assert!((mean - 0.5).abs() < 0.0033, "mean {mean}");
        let variance = squares / f64::from(n) - mean * mean;
        assert!((variance - 1.0 / 12.0).abs() < 0.001, "variance {variance}");
    }

    #[test]
    fn normal_numbers_have_their_moments_and_tails() {
        let mut stream = stream(2);
        let n = 200_000;
        let xs: Vec<f64> = (0..n).map(|_| f64::from(stream.normal())).collect();
        let moment = |p: i32| xs.iter().map(|x| x.powi(p)).sum::<f64>() / f64::from(n);
        assert!(moment(1).abs() < 0.0112, "mean {}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.016, "variance {}", moment(2));
        assert!((moment(4) - 3.0).abs() < 0.11, "fourth moment {}", moment(4));
        let beyond = xs.iter().filter(|x| x.abs() > 1.959_964).count() as f64 / f64::from(n);
        assert!((beyond - 0.05).abs() < 0.0025, "{beyond} beyond 1.96, expected 0.05");
    }

    #[test]
    fn filled_numbers_are_normal_and_independent() {
        let mut numbers = vec![f32::NAN; 200_001];
        stream(4).fill_normal(&mut numbers);
        assert_eq!(numbers[0], stream(4).normal());
        let n = numbers.len() as f64;
        let mean = |f: &dyn Fn(usize) -> f64| (0..numbers.len() - 2).map(f).sum::<f64>() / n;
        let x = |i: usize| f64::from(numbers[i]);
        // Five standard errors each.
        for (what, found, expected, within) in [
            ("mean", mean(&|i| x(i)), 0.0, 0.0112),
            ("variance", mean(&|i| x(i) * x(i)), 1.0, 0.016),
            ("fourth moment", mean(&|i| x(i) * x(i) * x(i) * x(i)), 3.0, 0.11),
            ("product with the next", mean(&|i| x(i) * x(i + 1)), 0.0, 0.0112),
            ("product with the one after", mean(&|i| x(i) * x(i + 2)), 0.0, 0.0112),
        ] {
            assert!((found - expected).abs() < within, "{what} {found}, expected {expected}");
        }
    }

    #[test]
    fn integers_are_equally_likely() {
        let mut stream = stream(3);
        let mut counts = [0u32; 7];
        for _ in 0..70_000 {
            counts[stream.below(7) as usize] += 1;
        }
        // Five standard deviations of a count: sqrt(10,000 * 6 / 7).
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 463), "{counts:?}");
        // Two thirds of 2^32: without rejection the first half would come twice as often.
        let bound = 0xAAAA_AAAA;
        let low = (0..30_000).filter(|_| stream.below(bound) < bound / 2).count();
        assert!(low.abs_diff(15_000) < 433, "{low} of 30000 in the lower half");
        assert_eq!((stream.below(1), stream.below(0)), (0, 0));
    }

    #[test]
    fn shuffles_are_permutations_and_equally_likely() {
        let mut counts = std::collections::BTreeMap::new();
        for seed in 0..24_000 {
            let mut items = [0, 1, 2, 3];
            Key::new(seed, Purpose::Shuffle).stream().shuffle(&mut items);
            *counts.entry(items).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        assert!(counts.values().all(|count| count.abs_diff(1000) < 155), "{counts:?}");
    }
}
