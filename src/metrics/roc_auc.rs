//! The area under the receiver operating characteristic.

use serde::{Deserialize, Serialize};

use super::ranking::{self, Ranking, Ranks};
use super::{Averaging, Decision, Metric, MetricBatch, check_class, class_name};
use crate::Result;

/// How often a sample of a class has a higher score for it than one of another class, ties counting
/// half: the area under the ROC curve. Of several classes, each against the rest, then averaged; of
/// two, that of the second.
///
/// Exact in evaluation and validation, where all scores are put in order; of a training epoch an
/// approximation by scores that are counted in bins. Not a number, with a warning, while a class has
/// no samples or all of them (as scikit-learn's `roc_auc_score`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct RocAuc {
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

impl Metric for RocAuc {
    fn name(&self) -> String {
        class_name("rocAuc", self.average, self.class)
    }

    fn validate(&self, width: usize, _decision: Decision) -> Result<()> {
        check_class("rocAuc", self.average, self.class, width)
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
        let value = |ranks: &Ranks| ranks.pairs / (ranks.positives * ranks.negatives);
        Some(Ranking { average: self.average, class: self.class, value })
    }

    fn warning(&self, width: usize, sums: &[f64]) -> Option<String> {
        ranking::warning((self.average, self.class), (width, sums), |ranks| match ranks {
            Ranks { positives: 0.0, .. } => Some("no positive samples"),
            Ranks { negatives: 0.0, .. } => Some("no negative samples"),
            _ => None,
        })
        .map(|why| format!("{why}, so it is not defined"))
    }
}
