//! Balanced accuracy.

use serde::{Deserialize, Serialize};

use super::{Decision, Metric, MetricBatch, needs_classes};
use crate::Result;

/// The mean of the recalls of the classes that occur: each counts the same, however many samples it
/// has (scikit-learn's `balanced_accuracy_score`). Not a number, with a warning, where it is adjusted
/// and one class alone occurs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct BalancedAccuracy {
    /// Whether it is stretched so that guessing comes to 0, and 1 stays 1; default false.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub adjusted: bool,
}

impl Metric for BalancedAccuracy {
    fn name(&self) -> String {
        if self.adjusted { "adjustedBalancedAccuracy".into() } else { "balancedAccuracy".into() }
    }

    fn validate(&self, width: usize, decision: Decision) -> Result<()> {
        needs_classes("balancedAccuracy", width, decision)
    }

    /// Of each class: hits, samples.
    fn sums(&self, width: usize) -> usize {
        2 * width.max(2)
    }

    fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]) {
        for row in 0..batch.rows {
            let (meant, said) = batch.classes_of(row);
            sums[2 * meant] += f64::from(u8::from(meant == said));
            sums[2 * meant + 1] += 1.0;
        }
    }

    fn value(&self, _width: usize, sums: &[f64]) -> f64 {
        let (mut recalls, mut classes) = (0.0, 0.0);
        for class in sums.chunks_exact(2).filter(|class| class[1] > 0.0) {
            recalls += class[0] / class[1];
            classes += 1.0;
        }
        let score = super::confusion::ratio(recalls, classes);
        if !self.adjusted || classes == 0.0 {
            return score;
        }
        let chance = 1.0 / classes;
        if classes > 1.0 { (score - chance) / (1.0 - chance) } else { f64::NAN }
    }

    fn warning(&self, _width: usize, sums: &[f64]) -> Option<String> {
        let classes = sums.chunks_exact(2).filter(|class| class[1] > 0.0).count();
        (self.adjusted && classes == 1)
            .then(|| "there are samples of one class only, so it is not defined".into())
    }
}
