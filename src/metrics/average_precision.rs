//! Average precision.

use serde::{Deserialize, Serialize};

use super::confusion::ratio;
use super::ranking::{self, Ranking, Ranks};
use super::{Averaging, Decision, Metric, MetricBatch};
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
}

impl Metric for AveragePrecision {
    fn name(&self) -> String {
        match self.average {
            Averaging::Macro => "averagePrecision".into(),
            Averaging::Micro => "microAveragePrecision".into(),
            Averaging::Weighted => "weightedAveragePrecision".into(),
        }
    }

    fn validate(&self, _width: usize, _decision: Decision, _logits: bool) -> Result<()> {
        Ok(())
    }

    fn probabilities(&self) -> bool {
        true
    }

    fn sums(&self, width: usize) -> usize {
        ranking::sums(width)
    }

    fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]) {
        ranking::add(batch, sums);
    }

    fn value(&self, width: usize, sums: &[f64]) -> f64 {
        self.ranking().map_or(f64::NAN, |ranking| ranking::value(ranking, width, sums))
    }

    fn ranking(&self) -> Option<Ranking> {
        let value = |ranks: &Ranks| ratio(ranks.precisions, ranks.positives);
        Some(Ranking { average: self.average, value })
    }

    fn warning(&self, width: usize, sums: &[f64]) -> Option<String> {
        ranking::warning(self.average, (width, sums), |ranks| {
            (ranks.positives == 0.0).then_some("no positive samples")
        })
        .map(|why| format!("{why}, which counts as 0"))
    }
}
