//! Errors of numbers; of a classifier, those of its probabilities.

use serde::{Deserialize, Serialize};

use super::{Decision, Metric, MetricBatch};
use crate::Result;

/// The mean of squared differences between outputs and targets; where the loss works on logits, of their
/// probabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct MeanSquaredError {}

/// The mean of absolute differences between outputs and targets; where the loss works on logits, of their
/// probabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct MeanAbsoluteError {}

impl Metric for MeanSquaredError {
    fn name(&self) -> String {
        "meanSquaredError".into()
    }

    fn validate(&self, _width: usize, _decision: Decision) -> Result<()> {
        Ok(())
    }

    fn probabilities(&self) -> bool {
        true
    }

    fn sums(&self, _width: usize) -> usize {
        2
    }

    fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]) {
        add_differences(batch, sums, |difference| difference * difference);
    }

    fn value(&self, _width: usize, sums: &[f64]) -> f64 {
        super::confusion::ratio(sums[0], sums[1])
    }
}

impl Metric for MeanAbsoluteError {
    fn name(&self) -> String {
        "meanAbsoluteError".into()
    }

    fn validate(&self, _width: usize, _decision: Decision) -> Result<()> {
        Ok(())
    }

    fn probabilities(&self) -> bool {
        true
    }

    fn sums(&self, _width: usize) -> usize {
        2
    }

    fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]) {
        add_differences(batch, sums, f64::abs);
    }

    fn value(&self, _width: usize, sums: &[f64]) -> f64 {
        super::confusion::ratio(sums[0], sums[1])
    }
}

fn add_differences(batch: &MetricBatch<'_>, sums: &mut [f64], measure: impl Fn(f64) -> f64) {
    for row in 0..batch.rows {
        for (output, &y) in batch.row(row).iter().enumerate() {
            sums[0] += measure(f64::from(y) - f64::from(batch.target(row, output)));
        }
    }
    sums[1] += (batch.rows * batch.width) as f64;
}
