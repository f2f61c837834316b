//! Precision, recall and F1 as single numbers; a class at a time they are in [`ClassMetrics`].
//!
//! [`ClassMetrics`]: super::ClassMetrics

use serde::{Deserialize, Serialize};

use super::confusion::{Averaging, Counts, Scores};
use super::{Decision, Metric, MetricBatch};
use crate::Result;

macro_rules! retrieval {
    ($(#[$doc:meta])* $name:ident, $field:ident, $plain:literal, $capital:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// How classes are put together.
            #[serde(default)]
            #[cfg_attr(target_arch = "wasm32", tsify(optional))]
            pub average: Averaging,
        }

        impl Metric for $name {
            fn name(&self) -> String {
                match self.average {
                    Averaging::Macro => $plain.into(),
                    Averaging::Micro => concat!("micro", $capital).into(),
                    Averaging::Weighted => concat!("weighted", $capital).into(),
                }
            }

            fn validate(&self, _: usize, _: Decision, _: bool) -> Result<()> {
                Ok(())
            }

            fn sums(&self, width: usize) -> usize {
                3 * width
            }

            fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]) {
                add_counts(batch, sums);
            }

            fn value(&self, _width: usize, sums: &[f64]) -> f64 {
                scores(sums, self.average).$field
            }
        }
    };
}

retrieval! {
    /// Of what was said to be of a class, the fraction that is; 0 for a class that was never said.
    Precision, precision, "precision", "Precision"
}
retrieval! {
    /// Of what is of a class, the fraction that was said to be; 0 for a class that never occurs.
    Recall, recall, "recall", "Recall"
}
retrieval! {
    /// The harmonic mean of precision and recall of a class, then averaged over classes.
    F1Score, f1, "f1Score", "F1Score"
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

fn scores(sums: &[f64], average: Averaging) -> Scores {
    let counts = sums.chunks_exact(3);
    average.of(counts.map(|c| Counts { hits: c[0], predicted: c[1], support: c[2] }))
}
