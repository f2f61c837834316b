//! What a classifier decided, sample by sample.

use serde::{Deserialize, Serialize};

use crate::losses::Form;
use crate::metrics::{Averaging, ClassMetrics, ConfusionMatrix, Decision, MetricBatch, Scores};

/// The decisions of a classifier. A model with a single output decides between two classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct EvaluationDetails {
    /// The fraction of right decisions.
    pub accuracy: f64,
    /// How often each class was taken for each.
    pub confusion: ConfusionMatrix,
    /// Precision, recall and F1 of each class.
    pub classes: Vec<ClassMetrics>,
    /// Their mean over classes.
    #[serde(rename = "macro")]
    pub macro_average: Scores,
    /// Those of all decisions together.
    #[serde(rename = "micro")]
    pub micro_average: Scores,
    /// Their mean over classes, weighted by how often each occurs.
    #[serde(rename = "weighted")]
    pub weighted_average: Scores,
    /// The class that was predicted for each sample, in the order of the dataset.
    pub predictions: Vec<u32>,
    /// The probability that the model gave it; under a hinge loss, the output that says so.
    pub confidences: Vec<f32>,
    /// The class that each sample is of.
    pub targets: Vec<u32>,
}

/// What a classifier decided, one entry a sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decisions {
    /// The class that was predicted.
    pub predictions: Vec<u32>,
    /// The probability that the model gave it.
    pub confidences: Vec<f32>,
    /// The class that the sample is of.
    pub targets: Vec<u32>,
}

impl Decisions {
    /// Adds the decision of each row, which has these probabilities.
    pub(super) fn add(&mut self, batch: &MetricBatch<'_>, probabilities: &[f32]) {
        for row in 0..batch.rows {
            let (target, prediction) = batch.classes_of(row);
            let confidence = match batch.decision {
                Decision::OneOf => probabilities[row * batch.width + prediction],
                Decision::Each { .. } if prediction == 1 => probabilities[row],
                // A margin on either side of the threshold, where there are no probabilities.
                Decision::Each { threshold } => {
                    let both = if batch.form == Form::Logits { 1.0 } else { 2.0 * threshold };
                    both - probabilities[row]
                }
            };
            self.predictions.push(prediction as u32);
            self.confidences.push(confidence);
            self.targets.push(target as u32);
        }
    }

    pub(super) fn details(self, classes: usize) -> EvaluationDetails {
        let mut confusion = ConfusionMatrix::new(classes);
        for (&target, &prediction) in self.targets.iter().zip(&self.predictions) {
            confusion.add(target as usize, prediction as usize);
        }
        EvaluationDetails {
            accuracy: Averaging::Micro.of(confusion.class_counts()).recall,
            classes: confusion.class_metrics(),
            macro_average: Averaging::Macro.of(confusion.class_counts()),
            micro_average: Averaging::Micro.of(confusion.class_counts()),
            weighted_average: Averaging::Weighted.of(confusion.class_counts()),
            confusion,
            predictions: self.predictions,
            confidences: self.confidences,
            targets: self.targets,
        }
    }
}
