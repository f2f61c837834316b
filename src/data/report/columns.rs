//! Statistics of a table's columns, in one pass and memory that does not grow with the rows.

use xxhash_rust::xxh3::xxh3_64;

use super::hashes::Hashes;
use super::sampled::Sampled;
use super::{ColumnSummary, Outlier, Statistics};
use crate::rng::{Key, Purpose};

/// A value of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing, or what stands for nothing.
    Missing,
    /// A number; one that is not finite is missing.
    Number(f64),
    /// Anything else.
    Text(&'a str),
}

/// Numbers that quartiles are taken of; fewer where a table has very many columns.
const SAMPLED: usize = 4096;
/// Numbers that are kept for all columns together.
const MOST_KEPT: usize = 4 << 20;
/// Different values that are counted, and those of all columns together.
const MOST_DISTINCT: usize = 10_000;
const MOST_DISTINCT_ALL: usize = 2 << 20;
/// The least and the greatest numbers that are kept with their rows.
const EXTREMES: usize = 32;
/// Interquartile ranges beyond a quartile that are far (Tukey's outer fences).
const FAR: f64 = 3.0;

/// What is known of a column.
#[derive(Debug)]
pub(super) struct Column {
    name: String,
    missing: u32,
    numbers: u32,
    texts: u32,
    /// Hashes of the different values.
    distinct: Option<Hashes>,
    most_distinct: usize,
    /// Mean and sum of squared differences from it (Welford, 1962).
    mean: f64,
    squares: f64,
    sampled: Sampled,
    /// The least and the greatest, each with its row.
    least: Vec<(f64, u32)>,
    greatest: Vec<(f64, u32)>,
}

/// The columns of these names.
pub(super) fn columns(names: &[String]) -> Vec<Column> {
    let key = Key::new(0, Purpose::Split);
    let share = |all: usize, most: usize| most.min(all / names.len().max(1)).max(16);
    let column = |(number, name): (u64, &String)| Column {
        name: name.clone(),
        missing: 0,
        numbers: 0,
        texts: 0,
        distinct: Some(Hashes::default()),
        most_distinct: share(MOST_DISTINCT_ALL, MOST_DISTINCT),
        mean: 0.0,
        squares: 0.0,
        sampled: Sampled::new(key.child(number), share(MOST_KEPT, SAMPLED)),
        least: Vec::new(),
        greatest: Vec::new(),
    };
    (0..).zip(names).map(column).collect()
}

impl Column {
    /// Takes the value of a row.
    pub fn observe(&mut self, row: u32, cell: Cell) {
        match cell {
            Cell::Number(number) if number.is_finite() => {
                self.observe_number(row, number);
                // Both zeros are one value.
                self.observe_value(&(number + 0.0).to_le_bytes());
            }
            Cell::Text(text) => {
                self.texts += 1;
                self.observe_value(text.as_bytes());
            }
            Cell::Missing | Cell::Number(_) => self.missing += 1,
        }
    }

    fn observe_value(&mut self, bytes: &[u8]) {
        if let Some(distinct) = &mut self.distinct {
            distinct.insert(xxh3_64(bytes));
            if distinct.len() > self.most_distinct {
                self.distinct = None;
            }
        }
    }

    fn observe_number(&mut self, row: u32, number: f64) {
        self.numbers += 1;
        let off = number - self.mean;
        self.mean += off / f64::from(self.numbers);
        self.squares += off * (number - self.mean);
        self.sampled.take(number);
        keep(&mut self.least, (number, row), |a, b| a < b);
        keep(&mut self.greatest, (number, row), |a, b| a > b);
    }

    /// What is to be said of the column, and its values that are far from the others.
    pub fn finish(self) -> (ColumnSummary, Vec<Outlier>) {
        let sampled = self.sampled.sorted();
        let statistics = (self.numbers > 0).then(|| Statistics {
            mean: self.mean,
            std: libm::sqrt(self.squares / f64::from(self.numbers)),
            min: self.least[0].0,
            quartiles: [0.25, 0.5, 0.75].map(|share| quantile(&sampled, share)),
            max: self.greatest[0].0,
        });
        let mut outliers = Vec::new();
        if let Some(Statistics { quartiles: [lower, _, upper], .. }) = statistics {
            let range = upper - lower;
            let far = |(value, sample): &(f64, u32)| {
                let beyond = (lower - value).max(value - upper) / range;
                (range > 0.0 && beyond > FAR).then(|| Outlier {
                    sample: *sample,
                    what: self.name.clone(),
                    value: *value,
                    distance: beyond,
                })
            };
            outliers.extend(self.least.iter().chain(&self.greatest).filter_map(far));
            // In a short column, an extreme may be among both.
            outliers.sort_by_key(|outlier| outlier.sample);
            outliers.dedup_by_key(|outlier| outlier.sample);
        }
        let distinct = self.distinct.map(|distinct| distinct.len() as u32);
        let report = ColumnSummary {
            name: self.name,
            missing: self.missing,
            numbers: self.numbers,
            texts: self.texts,
            distinct,
            constant: distinct == Some(1),
            statistics,
            outliers: outliers.len() as u32,
        };
        (report, outliers)
    }
}

/// Keeps the most extreme values, those that come `before` others first; of equal ones the earliest.
fn keep(kept: &mut Vec<(f64, u32)>, value: (f64, u32), before: fn(f64, f64) -> bool) {
    if kept.len() == EXTREMES && !before(value.0, kept[EXTREMES - 1].0) {
        return;
    }
    let place = kept.partition_point(|other| !before(value.0, other.0));
    kept.insert(place, value);
    kept.truncate(EXTREMES);
}

/// The value below which such a share of sorted ones lies, between two of them where it falls there.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len().saturating_sub(1)) as f64;
    let (at, between) = (place as usize, place - libm::floor(place));
    let next = sorted[(at + 1).min(sorted.len() - 1)];
    sorted[at] + between * (next - sorted[at])
}
