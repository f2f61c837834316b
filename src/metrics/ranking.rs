//! How well scores order what is true before what is not: what [`RocAuc`] and [`AveragePrecision`]
//! are made of.
//!
//! Ranks need all scores at once. An evaluation has them ([`RankedScores`]) and comes to the exact
//! value. A training epoch only keeps sums, which workers exchange and saved runs hold: how many
//! scores fell into each of some hundred bins, with those of a bin taken for equal. The bins are
//! narrow towards 0 and 1, so what that gives differs in the third or fourth digit.
//!
//! [`RocAuc`]: super::RocAuc
//! [`AveragePrecision`]: super::AveragePrecision

use std::ops::Range;

use super::{Averaging, Decision, MetricBatch};
use crate::Result;
use crate::memory::reserve;

/// What a metric makes of ranks.
#[derive(Clone, Copy, Debug)]
pub struct Ranking {
    /// How classes are put together.
    pub average: Averaging,
    /// The only class that counts, if it is one.
    pub class: Option<u32>,
    /// The value of one class, or of all decisions together.
    pub value: fn(&Ranks) -> f64,
}

/// True and false ones counted from the highest score down.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ranks {
    /// What is true.
    pub positives: f64,
    /// What is not.
    pub negatives: f64,
    /// Pairs of a true and a false one with the true one before the other; a tie is half a pair.
    pub pairs: f64,
    /// The precision down to each true one, added up.
    pub precisions: f64,
}

impl Ranks {
    /// Counts those of the next lower score, true ones and others.
    pub fn add(&mut self, positives: f64, negatives: f64) {
        self.pairs += negatives * (self.positives + 0.5 * positives);
        self.positives += positives;
        self.negatives += negatives;
        if positives > 0.0 {
            self.precisions += positives * self.positives / (self.positives + self.negatives);
        }
    }

    fn is_empty(&self) -> bool {
        self.positives + self.negatives == 0.0
    }
}

/// Whether a score of this output counts: of two classes, the scores of the second say all.
fn counts(decision: Decision, width: usize, output: usize) -> bool {
    decision != Decision::OneOf || width != 2 || output == 1
}

fn is_true(batch: &MetricBatch<'_>, row: usize, output: usize) -> bool {
    match batch.decision {
        Decision::OneOf => batch.true_class(row) == output,
        Decision::Each { .. } => batch.is_true(row, output),
    }
}

/// The bins of a class.
fn bins(width: usize) -> usize {
    2 * (4096 / width.max(1)).clamp(8, 256)
}

/// How many sums the bins of all classes are, or of one.
pub(super) fn sums(width: usize, class: Option<u32>) -> usize {
    2 * bins(width) * if class.is_some() { 1 } else { width }
}

/// Powers of two between a half and the lowest bound of a bin.
const OCTAVES: u32 = 16;

/// The bin of a score, which grows with it. From a half to both sides each power of two has as many
/// bins, up to 2^-16 before the end; what is below 0 or above 1 counts as that.
fn bin(score: f32, bins: usize) -> usize {
    let score = score.clamp(0.0, 1.0);
    let upper = score >= 0.5;
    let from_end = if upper { 1.0 - score } else { score };
    let half = bins / 2;
    let least = 0.5_f32.to_bits() - (OCTAVES << 23);
    let above = u64::from(from_end.to_bits().saturating_sub(least));
    let bin = ((above * half as u64) >> 23) as usize / OCTAVES as usize;
    let bin = bin.min(half - 1);
    if upper { bins - 1 - bin } else { bin }
}

/// Whether a class is that of a single output's no: what scores high for the output is low for it.
fn is_turned(width: usize, class: usize) -> bool {
    width == 1 && class == 0
}

/// Counts the scores of a batch in bins: `sums[(output * bins + bin) * 2 + whether it is true]`, or
/// those of one class as if it were the only one.
pub(super) fn add(batch: &MetricBatch<'_>, class: Option<u32>, sums: &mut [f64]) {
    let bins = bins(batch.width);
    if let Some(class) = class.map(|class| class as usize) {
        for row in 0..batch.rows {
            let score = batch.row(row)[class.min(batch.width - 1)];
            let score = if is_turned(batch.width, class) { 1.0 - score } else { score };
            sums[bin(score, bins) * 2 + usize::from(batch.is_of(row, class))] += 1.0;
        }
        return;
    }
    for row in 0..batch.rows {
        for (output, &score) in batch.row(row).iter().enumerate() {
            if counts(batch.decision, batch.width, output) {
                let truth = usize::from(is_true(batch, row, output));
                sums[(output * bins + bin(score, bins)) * 2 + truth] += 1.0;
            }
        }
    }
}

/// The ranks of one class, or of all together, by its bins.
fn binned(width: usize, sums: &[f64], outputs: Range<usize>) -> Ranks {
    let bins = bins(width);
    let mut ranks = Ranks::default();
    for bin in (0..bins).rev() {
        let at = |output: usize| &sums[(output * bins + bin) * 2..][..2];
        let count = |truth: usize| outputs.clone().map(|output| at(output)[truth]).sum();
        ranks.add(count(1), count(0));
    }
    ranks
}

/// What a metric makes of bins.
pub(super) fn value(ranking: Ranking, width: usize, sums: &[f64]) -> f64 {
    match ranking.class {
        Some(_) => (ranking.value)(&binned(width, sums, 0..1)),
        None => ranking.of(width, |outputs| binned(width, sums, outputs)),
    }
}

/// The first class for which a metric is not defined, in words.
pub(super) fn warning(
    (average, class): (Averaging, Option<u32>),
    (width, sums): (usize, &[f64]),
    wrong: impl Fn(&Ranks) -> Option<&'static str>,
) -> Option<String> {
    if class.is_some() {
        return wrong(&binned(width, sums, 0..1)).map(|what| format!("there are {what}"));
    }
    let all = binned(width, sums, 0..width);
    if average == Averaging::Micro || width == 1 || all.is_empty() {
        return wrong(&all).map(|what| format!("there are {what}"));
    }
    let counts = |ranks: &Ranks| {
        let weightless = average == Averaging::Weighted && ranks.positives == 0.0;
        !(ranks.is_empty() || weightless && all.positives > 0.0)
    };
    (0..width).find_map(|class| {
        let ranks = binned(width, sums, class..class + 1);
        let what = wrong(&ranks).filter(|_| counts(&ranks))?;
        Some(format!("there are {what} for class {class}"))
    })
}

impl Ranking {
    fn of(self, width: usize, mut ranks: impl FnMut(Range<usize>) -> Ranks) -> f64 {
        if self.average == Averaging::Micro || width == 1 {
            return (self.value)(&ranks(0..width));
        }
        let (mut sum, mut weights, mut classes, mut last) = (0.0, 0.0, 0, f64::NAN);
        for class in 0..width {
            let ranks = ranks(class..class + 1);
            if ranks.is_empty() {
                continue;
            }
            classes += 1;
            last = (self.value)(&ranks);
            let weight = if self.average == Averaging::Weighted { ranks.positives } else { 1.0 };
            // A class without a weight does not count, even where its value is not defined.
            if weight > 0.0 {
                sum += weight * last;
                weights += weight;
            }
        }
        match (classes, weights) {
            (0, _) => (self.value)(&Ranks::default()),
            (1, _) => last,
            (_, 0.0) => 0.0,
            _ => sum / weights,
        }
    }
}

/// Instead of the truth of a row that does not count.
const HIDDEN: f32 = -1.0;

/// The scores of an evaluation, and what is true of each.
#[derive(Clone, Debug)]
pub struct RankedScores {
    width: usize,
    decision: Decision,
    /// A row: its scores, then its class, or for each score 1 or 0.
    values: Vec<f32>,
    /// Room to sort in.
    sorted: Vec<(f32, bool)>,
}

impl RankedScores {
    /// Room for so many rows of `width` scores.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for them.
    pub fn new(rows: usize, width: usize, decision: Decision) -> Result<Self> {
        let mut scores = Self { width, decision, values: Vec::new(), sorted: Vec::new() };
        scores.values = reserve("scores", rows.saturating_mul(scores.stride()))?;
        scores.sorted = reserve("scores in order", rows.saturating_mul(width))?;
        Ok(scores)
    }

    /// How many numbers a row is.
    pub fn stride(&self) -> usize {
        self.width + if self.decision == Decision::OneOf { 1 } else { self.width }
    }

    /// The rows of a batch, whose outputs are probabilities by `scores`. Those that do not count are
    /// among them, so that there are as many in every batch.
    pub fn rows_of(
        &self,
        batch: &MetricBatch<'_>,
        scores: &[f32],
        counts: impl Fn(usize) -> bool,
    ) -> Vec<f32> {
        let mut values = Vec::with_capacity(batch.rows * self.stride());
        for (row, scores) in scores.chunks_exact(self.width).enumerate() {
            values.extend_from_slice(scores);
            if !counts(row) {
                values.resize(values.len() + self.stride() - self.width, HIDDEN);
                continue;
            }
            match self.decision {
                Decision::OneOf => values.push(batch.true_class(row) as f32),
                Decision::Each { .. } => {
                    values.extend((0..self.width).map(|i| f32::from(batch.is_true(row, i))));
                }
            }
        }
        values
    }

    /// Adds rows that [`rows_of`](Self::rows_of) made.
    pub fn extend(&mut self, rows: &[f32]) {
        for row in rows.chunks_exact(self.stride()) {
            if row[self.width] != HIDDEN {
                self.values.extend_from_slice(row);
            }
        }
    }

    /// The exact value of a metric.
    pub fn value(&mut self, ranking: Ranking) -> f64 {
        match ranking.class {
            Some(class) => (ranking.value)(&self.ranks_of(class as usize)),
            None => ranking.of(self.width, |outputs| self.ranks(outputs)),
        }
    }

    /// The ranks of these outputs together.
    fn ranks(&mut self, outputs: Range<usize>) -> Ranks {
        let (width, decision) = (self.width, self.decision);
        self.sorted.clear();
        for row in self.values.chunks_exact(self.stride()) {
            let counted = outputs.clone().filter(|&output| counts(decision, width, output));
            self.sorted.extend(counted.map(|output| scored(row, width, decision, output)));
        }
        self.sorted_ranks()
    }

    /// The ranks of one class.
    fn ranks_of(&mut self, class: usize) -> Ranks {
        let (width, decision) = (self.width, self.decision);
        let output = class.min(width - 1);
        let rows = self.values.chunks_exact(self.stride());
        let scores = rows.map(|row| match scored(row, width, decision, output) {
            (score, truth) if is_turned(width, class) => (-score, !truth),
            same => same,
        });
        self.sorted.clear();
        self.sorted.extend(scores);
        self.sorted_ranks()
    }

    fn sorted_ranks(&mut self) -> Ranks {
        self.sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let mut ranks = Ranks::default();
        for equal in self.sorted.chunk_by(|a, b| a.0 == b.0) {
            let positives = equal.iter().filter(|(_, truth)| *truth).count();
            ranks.add(positives as f64, (equal.len() - positives) as f64);
        }
        ranks
    }
}

/// The score of an output in a row of [`RankedScores`], and whether it is true.
fn scored(row: &[f32], width: usize, decision: Decision, output: usize) -> (f32, bool) {
    let (scores, truths) = row.split_at(width);
    let truth = match decision {
        Decision::OneOf => truths[0] as usize == output,
        Decision::Each { .. } => truths[output] == 1.0,
    };
    (scores[output], truth)
}
