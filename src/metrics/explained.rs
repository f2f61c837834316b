//! R², and the root of the mean squared error; of a classifier, those of its probabilities.

use serde::{Deserialize, Serialize};

use super::{Decision, Metric, MetricBatch};
use crate::Result;

/// The root of the mean of squared differences, in the unit of the target; of several outputs, the
/// mean of their roots (scikit-learn's `root_mean_squared_error`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct RootMeanSquaredError {}

/// The share of the targets' variance that the outputs explain: 1 is all, 0 no more than their mean
/// does, and it may be below; of several outputs, the mean (scikit-learn's `r2_score`). Targets that
/// are all the same give 1 where they are met, otherwise 0. Not a number, with a warning, for fewer
/// than two samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct R2Score {}

impl Metric for RootMeanSquaredError {
    fn name(&self) -> String {
        "rootMeanSquaredError".into()
    }

    fn validate(&self, _width: usize, _decision: Decision) -> Result<()> {
        Ok(())
    }

    fn probabilities(&self) -> bool {
        true
    }

    /// Rows, then the squares of each output.
    fn sums(&self, width: usize) -> usize {
        1 + width
    }

    fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]) {
        for row in 0..batch.rows {
            for (output, &y) in batch.row(row).iter().enumerate() {
                let difference = f64::from(y) - f64::from(batch.target(row, output));
                sums[1 + output] += difference * difference;
            }
        }
        sums[0] += batch.rows as f64;
    }

    fn value(&self, width: usize, sums: &[f64]) -> f64 {
        if sums[0] == 0.0 {
            return 0.0;
        }
        sums[1..].iter().map(|squares| (squares / sums[0]).sqrt()).sum::<f64>() / width as f64
    }
}

impl Metric for R2Score {
    fn name(&self) -> String {
        "r2Score".into()
    }

    fn validate(&self, _width: usize, _decision: Decision) -> Result<()> {
        Ok(())
    }

    fn probabilities(&self) -> bool {
        true
    }

    /// Rows, then of each output: targets, their squares, the squares of the differences, and how many
    /// targets are not the one before.
    fn sums(&self, width: usize) -> usize {
        1 + 4 * width
    }

    fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]) {
        for row in 0..batch.rows {
            for (output, &y) in batch.row(row).iter().enumerate() {
                let target = f64::from(batch.target(row, output));
                let difference = f64::from(y) - target;
                let own = &mut sums[1 + 4 * output..][..4];
                own[0] += target;
                own[1] += target * target;
                own[2] += difference * difference;
                let before = batch.target(row.saturating_sub(1), output);
                own[3] += f64::from(u8::from(f64::from(before) != target));
            }
        }
        sums[0] += batch.rows as f64;
    }

    fn value(&self, width: usize, sums: &[f64]) -> f64 {
        let rows = sums[0];
        if rows == 0.0 {
            return 0.0;
        }
        if rows < 2.0 {
            return f64::NAN;
        }
        let share = |own: &[f64]| {
            let variance = own[1] - own[0] * own[0] / rows;
            // What rounding may leave of equal targets is none.
            let least = if own[3] > 0.0 { 0.0 } else { 4.0 * f64::EPSILON * rows * own[1] };
            if variance > least {
                1.0 - own[2] / variance
            } else {
                f64::from(u8::from(own[2] == 0.0))
            }
        };
        sums[1..].chunks_exact(4).map(share).sum::<f64>() / width as f64
    }

    fn warning(&self, _width: usize, sums: &[f64]) -> Option<String> {
        (sums[0] == 1.0).then(|| "there is one sample, so it is not defined".into())
    }
}
