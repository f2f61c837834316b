//! Statistics of streams, in bounded memory.

use std::borrow::Borrow;
use std::collections::BTreeMap;

/// Number, mean, sum of squared distances from it and range, as Chan, Golub and LeVeque combine them
/// (Updating formulae and a pairwise algorithm for computing sample variances, 1979).
#[derive(Clone, Copy, Debug)]
pub(super) struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
    least: f64,
    most: f64,
}

impl Default for Moments {
    fn default() -> Self {
        Self { count: 0, mean: 0.0, squares: 0.0, least: f64::INFINITY, most: f64::NEG_INFINITY }
    }
}

impl Moments {
    /// Further numbers, which are finite.
    pub fn add(&mut self, numbers: &[f64]) {
        if numbers.is_empty() {
            return;
        }
        let count = numbers.len() as u64;
        let mean = numbers.iter().sum::<f64>() / count as f64;
        let squares = numbers.iter().map(|x| (x - mean) * (x - mean)).sum();
        let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        self.merge(Self { count, mean, squares, least, most });
    }

    /// The same number so many times.
    pub fn add_same(&mut self, number: f64, count: u64) {
        if count > 0 {
            self.merge(Self { count, mean: number, squares: 0.0, least: number, most: number });
        }
    }

    fn merge(&mut self, other: Self) {
        let count = self.count + other.count;
        let distance = other.mean - self.mean;
        let share = other.count as f64 / count as f64;
        self.mean += distance * share;
        self.squares += other.squares + distance * distance * share * self.count as f64;
        self.count = count;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }

    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    pub fn range(&self) -> Option<(f64, f64)> {
        (self.count > 0).then_some((self.least, self.most))
    }

    /// Standard deviation of the population; 0 where rounding is all there is, which scikit-learn's
    /// bound tells.
    pub fn deviation(&self) -> f64 {
        let count = self.count as f64;
        let variance = self.squares / count;
        let error = count * self.mean * f64::EPSILON;
        if variance <= count * f64::EPSILON * variance + error * error {
            0.0
        } else {
            variance.sqrt()
        }
    }
}

/// Numbers that are kept before every second of them is left out.
const KEPT: usize = 1 << 16;

/// Ranks of numbers: exact up to [`KEPT`], beyond it every second of the sorted numbers stands for two
/// (Manku, Rajagopalan, Lindsay: Approximate medians and other quantiles in one pass and with limited
/// memory, 1998). Halving a level of weight w once moves a rank by at most w, so n numbers move one by
/// n / 65,536 for each doubling of 65,536 that n is; half of that where, as here, first and second ones
/// are left out in turn.
#[derive(Clone, Debug, Default)]
pub(super) struct Quantiles {
    /// Each number of level i stands for 2^i.
    levels: Vec<Vec<f64>>,
    /// Whether a level leaves out the first next time.
    turns: Vec<bool>,
}

impl Quantiles {
    /// A further number, which is finite.
    pub fn add(&mut self, number: f64) {
        if self.levels.is_empty() {
            self.levels.push(Vec::new());
            self.turns.push(false);
        }
        self.levels[0].push(number);
        let mut level = 0;
        while self.levels[level].len() >= KEPT {
            self.halve(level);
            level += 1;
        }
    }

    fn halve(&mut self, level: usize) {
        if self.levels.len() == level + 1 {
            self.levels.push(Vec::new());
            self.turns.push(false);
        }
        let mut numbers = std::mem::take(&mut self.levels[level]);
        numbers.sort_unstable_by(f64::total_cmp);
        let first = usize::from(self.turns[level]);
        self.turns[level] = first == 0;
        self.levels[level + 1].extend(numbers.iter().skip(first).step_by(2));
        numbers.clear();
        self.levels[level] = numbers;
    }

    /// The numbers below which these shares of all lie, between two ranks on the line between them, as
    /// NumPy does; with a further number that is there so many times. `None` where there are none.
    pub fn quantiles<const N: usize>(
        &self,
        shares: [f64; N],
        further: Option<(f64, u64)>,
    ) -> Option<[f64; N]> {
        let mut weighted: Vec<(f64, u64)> =
            further.filter(|further| further.1 > 0).into_iter().collect();
        for (level, numbers) in self.levels.iter().enumerate() {
            weighted.extend(numbers.iter().map(|&number| (number, 1 << level)));
        }
        weighted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let total: u64 = weighted.iter().map(|(_, weight)| weight).sum();
        let last = total.checked_sub(1)?;
        let at_rank = |rank: u64| {
            let mut seen = 0;
            let found = weighted.iter().find(|(_, weight)| {
                seen += weight;
                seen > rank
            });
            found.map_or(f64::NAN, |(number, _)| *number)
        };
        Some(shares.map(|share| {
            let rank = share * last as f64;
            let (below, part) = (rank.floor(), rank - rank.floor());
            let (low, high) = (at_rank(below as u64), at_rank((below as u64 + 1).min(last)));
            // From the nearer end, as NumPy, whose results are the same to the last bit.
            if part < 0.5 { low + (high - low) * part } else { high - (high - low) * (1.0 - part) }
        }))
    }
}

/// Different values that are counted at a time. Where there are more, the rarest are forgotten.
const MOST_COUNTED: usize = 1 << 20;

/// How often each value occurs. Beyond a million different ones those seen least are forgotten (Manku,
/// Motwani: Approximate frequency counts over data streams, 2002), so that memory is bounded.
#[derive(Clone, Debug)]
pub(in crate::data::preprocessing) struct Counts<K> {
    counts: BTreeMap<K, u64>,
    /// Values that were counted no more often than this were forgotten.
    forgotten: u64,
    limit: usize,
}

impl<K: Ord> Default for Counts<K> {
    fn default() -> Self {
        Self::with_limit(MOST_COUNTED)
    }
}

impl<K: Ord> Counts<K> {
    /// Counts at most so many different values.
    pub fn with_limit(limit: usize) -> Self {
        Self { counts: BTreeMap::new(), forgotten: 0, limit }
    }

    /// Counts a value once; `own` makes one to keep.
    pub fn add<Q: Ord + ?Sized>(&mut self, value: &Q, own: impl FnOnce(&Q) -> K)
    where
        K: Borrow<Q>,
    {
        if let Some(count) = self.counts.get_mut(value) {
            *count += 1;
            return;
        }
        self.counts.insert(own(value), 1);
        while self.counts.len() > self.limit {
            self.forgotten += 1;
            self.counts.retain(|_, count| *count > self.forgotten);
        }
    }

    /// Counts a value so many times more, even if it was not there.
    pub fn add_times(&mut self, value: K, times: u64) {
        *self.counts.entry(value).or_insert(0) += times;
    }

    /// The values in their order, and how often each was there.
    pub fn iter(&self) -> impl Iterator<Item = (&K, u64)> {
        self.counts.iter().map(|(value, &count)| (value, count))
    }

    /// All counts.
    pub fn into_map(self) -> BTreeMap<K, u64> {
        self.counts
    }
}
