//! Top-k accuracy.

use serde::{Deserialize, Serialize};

use super::{Decision, Metric, MetricBatch};
use crate::{Result, err};

/// The fraction of rows whose class is among the `k` highest outputs; of equal outputs the one of
/// the lower class comes first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct TopKAccuracy {
    /// How many classes count.
    #[serde(default = "default_k")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub k: u32,
}

fn default_k() -> u32 {
    5
}

impl Default for TopKAccuracy {
    fn default() -> Self {
        Self { k: default_k() }
    }
}

impl Metric for TopKAccuracy {
    fn name(&self) -> String {
        format!("top{}Accuracy", self.k)
    }

    fn validate(&self, width: usize, decision: Decision) -> Result<()> {
        if decision != Decision::OneOf {
            return Err(err!(
                Argument,
                "topKAccuracy: the outputs are yes or no, expected one class of several"
            ));
        }
        if self.k == 0 || self.k as usize > width {
            return Err(err!(
                Argument,
                "topKAccuracy: k is {}, expected 1 to the number of classes, {width}",
                self.k
            ));
        }
        Ok(())
    }

    fn sums(&self, _width: usize) -> usize {
        2
    }

    fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]) {
        let found = (0..batch.rows)
            .filter(|&row| {
                let class = batch.true_class(row);
                let outputs = batch.row(row);
                let own = outputs[class];
                let better = outputs
                    .iter()
                    .enumerate()
                    .filter(|&(i, &y)| y > own || (y == own && i < class))
                    .count();
                better < self.k as usize
            })
            .count();
        sums[0] += found as f64;
        sums[1] += batch.rows as f64;
    }

    fn value(&self, _width: usize, sums: &[f64]) -> f64 {
        super::confusion::ratio(sums[0], sums[1])
    }
}
