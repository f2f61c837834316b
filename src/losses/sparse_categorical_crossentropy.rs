//! Categorical cross-entropy against labels.

use serde::{Deserialize, Serialize};

use super::categorical_crossentropy::CategoricalCrossentropy;
use super::cross_entropy::cross_entropy;
use super::{Loss, LossBatch, TargetBatch, TargetKind, check_smoothing};
use crate::kernels::activation::Activation;
use crate::{Result, err};

/// `-ln p(label)` of a row of class probabilities `p`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SparseCategoricalCrossentropy {
    /// The network's outputs are logits: it has no softmax at its end.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub from_logits: bool,
    /// How much of the target is spread evenly over all classes.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub label_smoothing: f32,
}

impl Loss for SparseCategoricalCrossentropy {
    fn fuses(&self) -> Option<Activation> {
        Some(Activation::Softmax)
    }

    fn outputs_are_logits(&self) -> bool {
        self.from_logits
    }

    fn validate(&self, width: usize, targets: TargetKind) -> Result<()> {
        if targets != TargetKind::Classes {
            return Err(err!(
                Argument,
                "sparseCategoricalCrossentropy: the targets are a value for each output, expected \
                 class labels; categoricalCrossentropy takes such targets"
            ));
        }
        if width < 2 {
            return Err(err!(
                Shape,
                "sparseCategoricalCrossentropy: the model has {width} output, expected one for \
                 each class; binaryCrossentropy takes a single output"
            ));
        }
        check_smoothing("sparseCategoricalCrossentropy", self.label_smoothing)
    }

    fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]) {
        let others = self.label_smoothing / batch.width as f32;
        let own = 1.0 - self.label_smoothing + others;
        match batch.targets {
            TargetBatch::Classes(labels) => {
                let target = |row: usize, class: usize| {
                    if labels[row] as usize == class { own } else { others }
                };
                cross_entropy(batch, target, losses, doutputs);
            }
            // Labels that were mixed with one another.
            TargetBatch::Dense(_) => CategoricalCrossentropy {
                from_logits: self.from_logits,
                label_smoothing: self.label_smoothing,
            }
            .evaluate(batch, losses, doutputs),
        }
    }
}
