//! Metrics: what a network is judged by, next to its loss.
//!
//! A metric is a row of sums that grows with every batch and a formula over it, so that batches,
//! shards and interrupted runs add up to the same value. The sums are f64 because counts of up to
//! 2^53 are exact in it.
//!
//! Adding a metric is one file and one line in the table below.

mod accuracy;
mod average_precision;
mod balanced_accuracy;
mod batch;
mod cohen_kappa;
mod confusion;
mod expected_calibration_error;
mod explained;
mod likelihood;
mod ranking;
mod regression;
mod retrieval;
mod roc_auc;
mod sums;
#[cfg(test)]
mod tests;
mod top_k;

pub use accuracy::Accuracy;
pub use average_precision::AveragePrecision;
pub use balanced_accuracy::BalancedAccuracy;
pub use batch::{Decision, MetricBatch, arg_max};
pub use cohen_kappa::{CohenKappa, KappaWeights};
pub use confusion::{Averaging, ClassMetrics, ConfusionMatrix, Counts, Scores};
pub use expected_calibration_error::ExpectedCalibrationError;
pub use explained::{R2Score, RootMeanSquaredError};
pub use likelihood::{LogLoss, Perplexity};
pub use ranking::{RankedScores, Ranking, Ranks};
pub use regression::{MeanAbsoluteError, MeanSquaredError};
pub use retrieval::{F1Score, Precision, Recall};
pub use roc_auc::RocAuc;
pub use sums::MetricSums;
pub use top_k::TopKAccuracy;

use serde::Serialize;

use crate::{Result, err};

/// What every metric answers.
pub trait Metric {
    /// The name under which its value is reported.
    fn name(&self) -> String;

    /// Refuses attributes that make no sense for rows of `width` outputs.
    ///
    /// # Errors
    /// `Argument`, with the attribute, its value and what is allowed.
    fn validate(&self, width: usize, decision: Decision) -> Result<()>;

    /// Whether it looks at probabilities where the loss works on logits; it is then given batches
    /// with these for outputs.
    fn probabilities(&self) -> bool {
        false
    }

    /// How many sums it keeps for rows of `width` outputs.
    fn sums(&self, width: usize) -> usize;

    /// Adds a batch to the sums.
    fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]);

    /// The value of the sums for rows of `width` outputs. Where nothing was counted it is 0, or not a
    /// number where 0 would be a value like others.
    fn value(&self, width: usize, sums: &[f64]) -> f64;

    /// How it is computed from all scores in order, for those whose sums only come close to that.
    fn ranking(&self) -> Option<Ranking> {
        None
    }

    /// Why the value of the sums is not defined, if it is not.
    fn warning(&self, width: usize, sums: &[f64]) -> Option<String> {
        let _ = (width, sums);
        None
    }
}

/// Refuses outputs that do not choose one class of several, or between two.
fn needs_classes(name: &str, width: usize, decision: Decision) -> Result<()> {
    if decision == Decision::OneOf || width == 1 {
        return Ok(());
    }
    Err(err!(
        Argument,
        "{name}: each of the {width} outputs is a yes or no, expected one class of several"
    ))
}

/// The name of a metric of several classes: put together, or of one of them.
fn class_name(name: &str, average: Averaging, class: Option<u32>) -> String {
    let word = match (class, average) {
        (Some(class), _) => format!("class{class}"),
        (None, Averaging::Macro) => return name.into(),
        (None, Averaging::Micro) => "micro".into(),
        (None, Averaging::Weighted) => "weighted".into(),
    };
    let (first, rest) = name.split_at(1);
    format!("{word}{}{rest}", first.to_uppercase())
}

/// Refuses a class that rows of `width` outputs do not have, and one together with an average.
fn check_class(name: &str, average: Averaging, class: Option<u32>, width: usize) -> Result<()> {
    let Some(class) = class else { return Ok(()) };
    if average != Averaging::Macro {
        return Err(err!(
            Argument,
            "{name}: found an average and class {class}, expected one of them"
        ));
    }
    let classes = width.max(2);
    if class as usize >= classes {
        return Err(err!(
            Argument,
            "{name}: class is {class}, expected less than {classes}, the number of classes"
        ));
    }
    Ok(())
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A metric and its attributes.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize)]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(tag = "type")]
        pub enum MetricSpec {
            $($(#[$doc])* #[serde(rename = $name)] $variant($variant),)*
        }

        crate::named::read_by_type!(MetricSpec { $($name => MetricSpec::$variant,)* });

        impl MetricSpec {
            /// One of each, with the attributes' defaults.
            pub fn all() -> Vec<Self> {
                vec![$(Self::$variant($variant::default()),)*]
            }

            fn metric(&self) -> &dyn Metric {
                match self {
                    $(Self::$variant(metric) => metric,)*
                }
            }
        }
    };
}

metrics! {
    /// The fraction of right decisions.
    Accuracy = "accuracy",
    /// The fraction of rows whose class is among the `k` highest outputs.
    TopKAccuracy = "topKAccuracy",
    /// Of what was said to be of a class, the fraction that is.
    Precision = "precision",
    /// Of what is of a class, the fraction that was said to be.
    Recall = "recall",
    /// The harmonic mean of precision and recall.
    F1Score = "f1Score",
    /// The mean of squared differences.
    MeanSquaredError = "meanSquaredError",
    /// The mean of absolute differences.
    MeanAbsoluteError = "meanAbsoluteError",
    /// The root of the mean of squared differences.
    RootMeanSquaredError = "rootMeanSquaredError",
    /// The share of the targets' variance that is explained.
    R2Score = "r2Score",
    /// How often what is true has a higher score than what is not.
    RocAuc = "rocAuc",
    /// The mean precision over all recalls.
    AveragePrecision = "averagePrecision",
    /// The mean of the classes' recalls.
    BalancedAccuracy = "balancedAccuracy",
    /// Agreement beyond chance.
    CohenKappa = "cohenKappa",
    /// How far confidences are from how often they are right.
    ExpectedCalibrationError = "expectedCalibrationError",
    /// The mean of `-ln p` of what is true.
    LogLoss = "logLoss",
    /// e to the mean of `-ln p` of the true class.
    Perplexity = "perplexity",
}
