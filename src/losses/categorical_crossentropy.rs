//! Categorical cross-entropy against a probability for each class.

use serde::{Deserialize, Serialize};

use super::cross_entropy::cross_entropy;
use super::{Loss, LossBatch, TargetBatch, TargetKind, check_smoothing, needs_values};
use crate::kernels::activation::Activation;
use crate::{Result, err};

/// `-sum_j t_j ln p_j` of a row of class probabilities `p` and targets `t`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CategoricalCrossentropy {
    /// The network's outputs are logits: it has no softmax at its end.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub from_logits: bool,
    /// How much of the target is spread evenly over all classes: `t (1 - s) + s / classes`.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub label_smoothing: f32,
}

impl Loss for CategoricalCrossentropy {
    fn fuses(&self) -> Option<Activation> {
        Some(Activation::Softmax)
    }

    fn outputs_are_logits(&self) -> bool {
        self.from_logits
    }

    fn validate(&self, width: usize, targets: TargetKind) -> Result<()> {
        needs_values("categoricalCrossentropy", targets)?;
        if width < 2 {
            return Err(err!(
                Shape,
                "categoricalCrossentropy: the model has {width} output, expected one for each \
                 class; binaryCrossentropy takes a single output"
            ));
        }
        check_smoothing("categoricalCrossentropy", self.label_smoothing)
    }

    fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]) {
        let TargetBatch::Dense(values) = batch.targets else { return };
        let width = batch.width;
        let spread = self.label_smoothing / width as f32;
        let target = |row: usize, class: usize| {
            values[row * width + class] * (1.0 - self.label_smoothing) + spread
        };
        cross_entropy(batch, target, losses, doutputs);
    }
}
