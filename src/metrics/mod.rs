//! Metrics: what a network is judged by, next to its loss.
//!
//! A metric is a row of sums that grows with every batch and a formula over it, so that batches,
//! shards and interrupted runs add up to the same value. The sums are f64 because counts of up to
//! 2^53 are exact in it.
//!
//! Adding a metric is one file and one line in the table below.

mod accuracy;
mod confusion;
mod regression;
mod retrieval;
#[cfg(test)]
mod tests;
mod top_k;

pub use accuracy::Accuracy;
pub use confusion::{Average, ClassMetrics, ConfusionMatrix, Counts, Scores};
pub use regression::{MeanAbsoluteError, MeanSquaredError};
pub use retrieval::{F1Score, Precision, Recall};
pub use top_k::TopKAccuracy;

use serde::Serialize;

use crate::losses::TargetBatch;
use crate::{Result, err};

/// What a row of outputs says about its sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// One class of several: the one with the highest output, the first of equals.
    OneOf,
    /// Each output is a yes or no of its own: yes above the threshold (0.5 for probabilities, 0
    /// for logits).
    Each {
        /// An output above it says yes.
        threshold: f32,
    },
}

/// A batch as metrics see it.
#[derive(Clone, Copy, Debug)]
pub struct MetricBatch<'a> {
    /// Rows of outputs; more than samples where a network answers at several positions.
    pub rows: usize,
    /// Outputs of a row.
    pub width: usize,
    /// The network's outputs, `[rows, width]`; logits or probabilities.
    pub outputs: &'a [f32],
    /// What they should have been.
    pub targets: TargetBatch<'a>,
    /// How outputs become decisions.
    pub decision: Decision,
}

impl<'a> MetricBatch<'a> {
    /// The outputs of one row.
    pub fn row(&self, row: usize) -> &'a [f32] {
        &self.outputs[row * self.width..(row + 1) * self.width]
    }

    /// The class that a row's outputs say, under [`Decision::OneOf`].
    pub fn predicted_class(&self, row: usize) -> usize {
        arg_max(self.row(row))
    }

    /// The class that a row belongs to, under [`Decision::OneOf`].
    pub fn true_class(&self, row: usize) -> usize {
        match self.targets {
            TargetBatch::Classes(labels) => labels[row] as usize,
            TargetBatch::Dense(values) => {
                arg_max(&values[row * self.width..(row + 1) * self.width])
            }
        }
    }

    /// What one output should have been: for labels of several classes 1 at the class and 0 else.
    pub fn target(&self, row: usize, output: usize) -> f32 {
        match (self.targets, self.decision) {
            (TargetBatch::Dense(values), _) => values[row * self.width + output],
            (TargetBatch::Classes(labels), Decision::OneOf) => {
                f32::from(labels[row] as usize == output)
            }
            (TargetBatch::Classes(labels), Decision::Each { .. }) => labels[row] as f32,
        }
    }

    /// Whether the target of one output says yes, under [`Decision::Each`].
    pub fn is_true(&self, row: usize, output: usize) -> bool {
        self.target(row, output) > 0.5
    }
}

/// The position of the highest value, the first of equals; 0 for an empty row.
pub fn arg_max(row: &[f32]) -> usize {
    let mut best = 0;
    for (i, &value) in row.iter().enumerate() {
        if value > row[best] {
            best = i;
        }
    }
    best
}

/// What every metric answers.
pub trait Metric {
    /// The name under which its value is reported.
    fn name(&self) -> String;

    /// Refuses attributes that make no sense for rows of `width` outputs; `logits` says whether
    /// the outputs are to be seen before their last activation.
    ///
    /// # Errors
    /// `Argument`, with the attribute, its value and what is allowed.
    fn validate(&self, width: usize, decision: Decision, logits: bool) -> Result<()>;

    /// How many sums it keeps for rows of `width` outputs.
    fn sums(&self, width: usize) -> usize;

    /// Adds a batch to the sums.
    fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]);

    /// The value of the sums; 0 where nothing was counted.
    fn value(&self, sums: &[f64]) -> f64;
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
}

/// The sums of several metrics, as one row.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricSums {
    specs: Vec<MetricSpec>,
    names: Vec<String>,
    width: usize,
    sums: Vec<f64>,
}

impl MetricSums {
    /// Sums of zero for rows of `width` outputs.
    ///
    /// # Errors
    /// What [`Metric::validate`] refuses, and a metric that is named twice.
    pub fn new(
        specs: &[MetricSpec],
        width: usize,
        decision: Decision,
        logits: bool,
    ) -> Result<Self> {
        let mut names: Vec<String> = Vec::with_capacity(specs.len());
        let mut length = 0;
        for metric in specs.iter().map(MetricSpec::metric) {
            metric.validate(width, decision, logits)?;
            let name = metric.name();
            if names.contains(&name) {
                return Err(err!(Argument, "metrics: {name} is named twice, expected once"));
            }
            names.push(name);
            length += metric.sums(width);
        }
        Ok(Self { specs: specs.to_vec(), names, width, sums: vec![0.0; length] })
    }

    /// The names under which the values are reported, in the order of the specification.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Sets every sum to zero.
    pub fn reset(&mut self) {
        self.sums.fill(0.0);
    }

    /// Adds a batch.
    pub fn add(&mut self, batch: &MetricBatch<'_>) {
        let mut rest = self.sums.as_mut_slice();
        for metric in self.specs.iter().map(MetricSpec::metric) {
            let (own, others) = rest.split_at_mut(metric.sums(self.width));
            metric.add(batch, own);
            rest = others;
        }
    }

    /// Adds the sums of others, which are of the same metrics.
    pub fn merge(&mut self, other: &Self) {
        for (sum, &more) in self.sums.iter_mut().zip(&other.sums) {
            *sum += more;
        }
    }

    /// Writes the values, one a metric.
    pub fn values_into(&self, values: &mut [f64]) {
        let mut rest = self.sums.as_slice();
        for (value, metric) in values.iter_mut().zip(self.specs.iter().map(MetricSpec::metric)) {
            let (own, others) = rest.split_at(metric.sums(self.width));
            *value = metric.value(own);
            rest = others;
        }
    }

    /// The sums, to be kept with an interrupted run.
    pub fn sums(&self) -> &[f64] {
        &self.sums
    }

    /// Takes sums that were kept.
    ///
    /// # Errors
    /// `Format` if there are more or fewer than these metrics have, or if one is no number.
    pub fn set_sums(&mut self, sums: &[f64]) -> Result<()> {
        if sums.len() != self.sums.len() || sums.iter().any(|sum| !sum.is_finite()) {
            return Err(err!(
                Format,
                "metrics: found {} sums, expected {} finite ones",
                sums.len(),
                self.sums.len()
            ));
        }
        self.sums.copy_from_slice(sums);
        Ok(())
    }
}
