//! The hinge loss of classes.

use serde::{Deserialize, Serialize};

use super::{Allowed, Form, Loss, LossBatch, TargetBatch, TargetKind};
use crate::{Result, err};

/// `max(0, 1 + max_j (1 - t_j) y_j - sum_j t_j y_j)` of a row: the right class is to be ahead of every
/// other by 1. Targets are labels, or a 1 for the class among zeros.
///
/// As in Keras, the right class takes part in the maximum with 0. Of equal outputs the first counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct CategoricalHinge {}

impl Loss for CategoricalHinge {
    fn knows_classes(&self, _width: usize) -> bool {
        true
    }

    fn threshold(&self, _form: Form) -> f32 {
        0.0
    }

    fn allowed_targets(&self) -> Allowed {
        Allowed::Between(0.0, 1.0)
    }

    fn validate(&self, width: usize, _targets: TargetKind) -> Result<()> {
        if width < 2 {
            return Err(err!(
                Shape,
                "categoricalHinge: the model has {width} output, expected one for each class; hinge \
                 takes a single output"
            ));
        }
        Ok(())
    }

    fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]) {
        match batch.targets {
            TargetBatch::Classes(labels) => {
                let target = |row: usize, class| f32::from(labels[row] as usize == class);
                hinge(batch, target, losses, doutputs);
            }
            TargetBatch::Dense(values) => {
                hinge(batch, |row, class| values[row * batch.width + class], losses, doutputs);
            }
        }
    }
}

fn hinge(
    batch: &LossBatch<'_>,
    target: impl Fn(usize, usize) -> f32,
    losses: &mut [f32],
    doutputs: &mut [f32],
) {
    let LossBatch { width, outputs, scale, .. } = *batch;
    let rows = outputs.chunks_exact(width).zip(doutputs.chunks_exact_mut(width));
    for (row, (loss, (y, dy))) in losses.iter_mut().zip(rows).enumerate() {
        let mut own = 0.0f64;
        let (mut rival, mut ahead) = (0, f32::NEG_INFINITY);
        for (class, (&y, dy)) in y.iter().zip(dy.iter_mut()).enumerate() {
            let t = target(row, class);
            own += f64::from(t) * f64::from(y);
            let other = (1.0 - t) * y;
            if other > ahead {
                (rival, ahead) = (class, other);
            }
            *dy = -scale * t;
        }
        *loss = (1.0 + f64::from(ahead) - own).max(0.0) as f32;
        if *loss > 0.0 {
            dy[rival] += scale * (1.0 - target(row, rival));
        } else {
            dy.fill(0.0);
        }
    }
}
