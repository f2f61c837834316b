//! The confusion matrix, and precision, recall and F1 of its classes.
//!
//! A ratio of nothing to nothing is 0 (scikit-learn's `zero_division=0`).

use serde::{Deserialize, Serialize};

/// `a / b`, and 0 where nothing was counted.
pub(super) fn ratio(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}

/// How often a class was meant, said, and both.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// It was said and meant.
    pub hits: f64,
    /// It was said.
    pub predicted: f64,
    /// It was meant.
    pub support: f64,
}

/// Precision, recall and F1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Scores {
    /// Hits of what was said.
    pub precision: f64,
    /// Hits of what was meant.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
}

impl Counts {
    /// The scores of one class.
    pub fn scores(self) -> Scores {
        Scores {
            precision: ratio(self.hits, self.predicted),
            recall: ratio(self.hits, self.support),
            f1: ratio(2.0 * self.hits, self.predicted + self.support),
        }
    }
}

/// How the scores of classes become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Averaging {
    /// The mean over classes: each counts the same.
    #[default]
    Macro,
    /// The scores of all decisions taken together.
    Micro,
    /// The mean over classes, weighted by how often each occurs.
    Weighted,
}

impl Averaging {
    /// One set of scores of all classes.
    pub fn of(self, classes: impl Iterator<Item = Counts>) -> Scores {
        let mut total = Counts::default();
        let (mut sum, mut weights) = (Scores::default(), 0.0);
        for counts in classes {
            total.hits += counts.hits;
            total.predicted += counts.predicted;
            total.support += counts.support;
            let weight = if self == Self::Weighted { counts.support } else { 1.0 };
            let scores = counts.scores();
            sum.precision += weight * scores.precision;
            sum.recall += weight * scores.recall;
            sum.f1 += weight * scores.f1;
            weights += weight;
        }
        match self {
            Self::Micro => total.scores(),
            Self::Macro | Self::Weighted => Scores {
                precision: ratio(sum.precision, weights),
                recall: ratio(sum.recall, weights),
                f1: ratio(sum.f1, weights),
            },
        }
    }
}

/// How often samples of each class were taken for each class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ConfusionMatrix {
    /// How many classes there are.
    pub classes: usize,
    /// `counts[meant * classes + said]`.
    pub counts: Vec<u32>,
}

/// The scores of one class and how often it occurs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ClassMetrics {
    /// Of what was said to be of this class, the fraction that is.
    pub precision: f64,
    /// Of what is of this class, the fraction that was said to be.
    pub recall: f64,
    /// The harmonic mean of the two.
    pub f1: f64,
    /// How many samples are of this class.
    pub support: u32,
}

impl ConfusionMatrix {
    /// A matrix of zeros.
    pub fn new(classes: usize) -> Self {
        Self { classes, counts: vec![0; classes * classes] }
    }

    /// Counts one sample.
    ///
    /// # Panics
    /// If a class is not below the number of classes.
    pub fn add(&mut self, meant: usize, said: usize) {
        assert!(said < self.classes, "class {said} of {}", self.classes);
        self.counts[meant * self.classes + said] += 1;
    }

    /// The counts of each class.
    pub fn class_counts(&self) -> impl Iterator<Item = Counts> + '_ {
        (0..self.classes).map(|class| {
            let meant = &self.counts[class * self.classes..(class + 1) * self.classes];
            let said = self.counts.iter().skip(class).step_by(self.classes);
            Counts {
                hits: f64::from(meant[class]),
                predicted: said.map(|&count| f64::from(count)).sum(),
                support: meant.iter().map(|&count| f64::from(count)).sum(),
            }
        })
    }

    /// The scores of each class.
    pub fn class_metrics(&self) -> Vec<ClassMetrics> {
        self.class_counts()
            .map(|counts| {
                let Scores { precision, recall, f1 } = counts.scores();
                ClassMetrics { precision, recall, f1, support: counts.support as u32 }
            })
            .collect()
    }
}
