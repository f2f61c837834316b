//! How far confidences are from how often they are right.

use serde::{Deserialize, Serialize};

use super::confusion::ratio;
use super::{Decision, Metric, MetricBatch};
use crate::{Result, err};

/// The difference between how sure decisions are and how many of them are right, over bins of equal
/// width and weighted by how many decisions each has (Guo et al., 2017). A decision between yes and
/// no is as sure as the probability of what it says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct ExpectedCalibrationError {
    /// Into how many bins confidences are sorted, 1 to 1000; default 15.
    #[serde(default = "default_bins")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub bins: u32,
}

fn default_bins() -> u32 {
    15
}

impl Default for ExpectedCalibrationError {
    fn default() -> Self {
        Self { bins: default_bins() }
    }
}

impl Metric for ExpectedCalibrationError {
    fn name(&self) -> String {
        "expectedCalibrationError".into()
    }

    fn validate(&self, _width: usize, _decision: Decision) -> Result<()> {
        if (1..=1000).contains(&self.bins) {
            return Ok(());
        }
        Err(err!(Argument, "expectedCalibrationError: bins is {}, expected 1 to 1000", self.bins))
    }

    fn probabilities(&self) -> bool {
        true
    }

    /// Of each bin: decisions, those that are right, confidence.
    fn sums(&self, _width: usize) -> usize {
        3 * self.bins as usize
    }

    fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]) {
        let mut count = |confidence: f32, right: bool| {
            let confidence = f64::from(confidence);
            // A bound belongs to the bin below it, 0 to the first.
            let bin = libm::ceil(confidence * f64::from(self.bins)) as usize;
            let bin = bin.clamp(1, self.bins as usize) - 1;
            sums[3 * bin] += 1.0;
            sums[3 * bin + 1] += f64::from(u8::from(right));
            sums[3 * bin + 2] += confidence;
        };
        for row in 0..batch.rows {
            match batch.decision {
                Decision::OneOf => {
                    let class = batch.predicted_class(row);
                    count(batch.row(row)[class], class == batch.true_class(row));
                }
                Decision::Each { threshold } => {
                    for (i, &p) in batch.row(row).iter().enumerate() {
                        let yes = p > threshold;
                        count(if yes { p } else { 1.0 - p }, yes == batch.is_true(row, i));
                    }
                }
            }
        }
    }

    fn value(&self, _width: usize, sums: &[f64]) -> f64 {
        let decisions: f64 = sums.iter().step_by(3).sum();
        let gaps: f64 = sums.chunks_exact(3).map(|bin| (bin[1] - bin[2]).abs()).sum();
        ratio(gaps, decisions)
    }
}
