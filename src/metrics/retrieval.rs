//! Precision, recall and F1 as single numbers; those of every class are in [`ClassMetrics`].
//!
//! [`ClassMetrics`]: super::ClassMetrics

use serde::{Deserialize, Serialize};

use super::confusion::{Averaging, Counts, Scores};
use super::{Decision, Metric, MetricBatch, check_class, class_name};
use crate::Result;

macro_rules! retrieval {
    ($(#[$doc:meta])* $name:ident, $field:ident, $plain:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// How classes are put together.
            #[serde(default)]
            #[cfg_attr(target_arch = "wasm32", tsify(optional))]
            pub average: Averaging,
            /// The number of the class that it is of, alone: its output, or of a single output 0 for no
            /// and 1 for yes. Reported with `class` and its number in front.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[cfg_attr(target_arch = "wasm32", tsify(optional))]
            pub class: Option<u32>,
        }

        impl Metric for $name {
            fn name(&self) -> String {
                class_name($plain, self.average, self.class)
            }

            fn validate(&self, width: usize, _decision: Decision) -> Result<()> {
                check_class($plain, self.average, self.class, width)
            }

            fn sums(&self, width: usize) -> usize {
                if self.class.is_some() { 3 } else { 3 * width }
            }

            fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]) {
                match self.class {
                    Some(class) => add_class(batch, class as usize, sums),
                    None => add_counts(batch, sums),
                }
            }

            fn value(&self, _width: usize, sums: &[f64]) -> f64 {
                scores(sums, self.average).$field
            }
        }
    };
}

retrieval! {
    /// Of what was said to be of a class, the fraction that is; 0 for a class that was never said.
    Precision, precision, "precision"
}
retrieval! {
    /// Of what is of a class, the fraction that was said to be; 0 for a class that never occurs.
    Recall, recall, "recall"
}
retrieval! {
    /// The harmonic mean of precision and recall of a class, then averaged over classes.
    F1Score, f1, "f1Score"
}

/// Adds to three numbers a class: said and true, said, true.
fn add_counts(batch: &MetricBatch<'_>, sums: &mut [f64]) {
    for row in 0..batch.rows {
        match batch.decision {
            Decision::OneOf => {
                let (predicted, class) = (batch.predicted_class(row), batch.true_class(row));
                sums[3 * predicted + 1] += 1.0;
                sums[3 * class + 2] += 1.0;
                if predicted == class {
                    sums[3 * class] += 1.0;
                }
            }
            Decision::Each { threshold } => {
                for (i, &y) in batch.row(row).iter().enumerate() {
                    let (said, is) = (y > threshold, batch.is_true(row, i));
                    sums[3 * i] += f64::from(u8::from(said && is));
                    sums[3 * i + 1] += f64::from(u8::from(said));
                    sums[3 * i + 2] += f64::from(u8::from(is));
                }
            }
        }
    }
}

/// The same of one class.
fn add_class(batch: &MetricBatch<'_>, class: usize, sums: &mut [f64]) {
    for row in 0..batch.rows {
        let (is, said) = (batch.is_of(row, class), batch.says(row, class));
        sums[0] += f64::from(u8::from(said && is));
        sums[1] += f64::from(u8::from(said));
        sums[2] += f64::from(u8::from(is));
    }
}

fn scores(sums: &[f64], average: Averaging) -> Scores {
    let counts = sums.chunks_exact(3);
    average.of(counts.map(|c| Counts { hits: c[0], predicted: c[1], support: c[2] }))
}
