//! Accuracy.

use serde::{Deserialize, Serialize};

use super::{Decision, Metric, MetricBatch};
use crate::Result;

/// The fraction of right decisions: of rows where one class of several is meant, of outputs where
/// each is a yes or no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct Accuracy {}

impl Metric for Accuracy {
    fn name(&self) -> String {
        "accuracy".into()
    }

    fn validate(&self, _width: usize, _decision: Decision) -> Result<()> {
        Ok(())
    }

    fn sums(&self, _width: usize) -> usize {
        2
    }

    fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]) {
        let rows = 0..batch.rows;
        let (right, decisions) = match batch.decision {
            Decision::OneOf => {
                let right =
                    rows.filter(|&row| batch.predicted_class(row) == batch.true_class(row)).count();
                (right, batch.rows)
            }
            Decision::Each { threshold } => {
                let right = |row: usize| {
                    let outputs = batch.row(row).iter().enumerate();
                    outputs.filter(|&(i, &y)| (y > threshold) == batch.is_true(row, i)).count()
                };
                (rows.map(right).sum(), batch.rows * batch.width)
            }
        };
        sums[0] += right as f64;
        sums[1] += decisions as f64;
    }

    fn value(&self, _width: usize, sums: &[f64]) -> f64 {
        super::confusion::ratio(sums[0], sums[1])
    }
}
