//! How probable the targets are under the model: the cross-entropy as a metric.

use serde::{Deserialize, Serialize};

use super::confusion::ratio;
use super::{Decision, Metric, MetricBatch};
use crate::{Result, err};

/// The mean of `-ln p` of what is true (scikit-learn's `log_loss`), with probabilities no nearer to 0
/// and 1 than 1e-7, as Keras has it. Of outputs that are each a yes or no, the mean over these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct LogLoss {}

/// e to the mean of `-ln p` of the true class: among how many equally probable classes the model
/// would have to guess to be as unsure. Needs one class of several, such as the next token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct Perplexity {}

impl Metric for LogLoss {
    fn name(&self) -> String {
        "logLoss".into()
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
        const LEAST: f64 = 1e-7;
        add(batch, sums, LEAST, 1.0 - LEAST);
    }

    fn value(&self, _width: usize, sums: &[f64]) -> f64 {
        ratio(sums[0], sums[1])
    }
}

impl Metric for Perplexity {
    fn name(&self) -> String {
        "perplexity".into()
    }

    fn validate(&self, _width: usize, decision: Decision) -> Result<()> {
        if decision == Decision::OneOf {
            return Ok(());
        }
        Err(err!(Argument, "perplexity: the outputs are yes or no, expected one class of several"))
    }

    fn probabilities(&self) -> bool {
        true
    }

    fn sums(&self, _width: usize) -> usize {
        2
    }

    fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]) {
        add(batch, sums, f64::from(f32::MIN_POSITIVE), 1.0);
    }

    fn value(&self, _width: usize, sums: &[f64]) -> f64 {
        if sums[1] == 0.0 { 0.0 } else { libm::exp(sums[0] / sums[1]) }
    }
}

/// Adds the sum of `-ln p`, with `p` from `least` to `most`, and how many there are.
fn add(batch: &MetricBatch<'_>, sums: &mut [f64], least: f64, most: f64) {
    let bits = |p: f64| -libm::log(p.clamp(least, most));
    for row in 0..batch.rows {
        for (output, &p) in batch.row(row).iter().enumerate() {
            let (p, target) = (f64::from(p), f64::from(batch.target(row, output)));
            if target != 0.0 {
                sums[0] += target * bits(p);
            }
            if batch.decision != Decision::OneOf && target != 1.0 {
                sums[0] += (1.0 - target) * bits(1.0 - p);
            }
        }
    }
    let rows = batch.rows as f64;
    sums[1] += if batch.decision == Decision::OneOf { rows } else { rows * batch.width as f64 };
}
