//! Average precision.

use serde::{Deserialize, Serialize};

use super::confusion::ratio;
use super::ranking::{self, Ranking, Ranks};
use super::{Averaging, Decision, Metric, MetricBatch, check_class, class_name};
use crate::Result;

/// The precision at each recall that the scores of a class allow, as a mean over the recalls; no
/// interpolation (`Σ (R_n - R_{n-1}) P_n`, scikit-learn's `average_precision_score`). Of several
/// classes, each against the rest, then averaged; of two, that of the second.
///
/// Exact in evaluation and validation, where all scores are put in order; of a training epoch an
/// approximation by scores that are counted in bins. 0, with a warning, for a class without samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct AveragePrecision {
    /// How classes are put together.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub average: Averaging,
    /// The number of the class that it is of, alone: its output, or of a single output 0 for no and 1
    /// for yes. Reported with `class` and its number in front.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub class: Option<u32>,
}

impl Metric for AveragePrecision {
    fn name(&self) -> String {
        class_name("averagePrecision", self.average, self.class)
    }

    fn validate(&self, width: usize, _decision: Decision) -> Result<()> {
        check_class("averagePrecision", self.average, self.class, width)
    }

    fn probabilities(&self) -> bool {
        true
    }

    fn sums(&self, width: usize) -> usize {
        ranking::sums(width, self.class)
    }

    fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]) {
        ranking::add(batch, self.class, sums);
    }

    fn value(&self, width: usize, sums: &[f64]) -> f64 {
        self.ranking().map_or(f64::NAN, |ranking| ranking::value(ranking, width, sums))
    }

    fn ranking(&self) -> Option<Ranking> {
        let value = |ranks: &Ranks| ratio(ranks.precisions, ranks.positives);
        Some(Ranking { average: self.average, class: self.class, value })
    }

    fn warning(&self, width: usize, sums: &[f64]) -> Option<String> {
        ranking::warning((self.average, self.class), (width, sums), |ranks| {
            (ranks.positives == 0.0).then_some("no positive samples")
        })
        .map(|why| format!("{why}, which counts as 0"))
    }
}
