//! The cosine of the angle between outputs and targets.

use serde::{Deserialize, Serialize};

use super::{Loss, LossBatch, TargetBatch, TargetKind, needs_values};
use crate::{Result, err};

/// Lengths below it count as it, as in Keras.
const EPSILON: f64 = 1e-7;

/// `-sum_j t_j y_j / (|t| |y|)` of a row: -1 where outputs and targets point the same way, 1 where they
/// point in opposite ways. A row of zeros points nowhere: its loss and its gradient are 0.
///
/// `d/dy_j = (c y_j / |y| - t_j / |t|) / |y|`, `c` being the cosine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct CosineSimilarity {}

impl Loss for CosineSimilarity {
    fn validate(&self, width: usize, targets: TargetKind) -> Result<()> {
        if width < 2 {
            return Err(err!(
                Shape,
                "cosineSimilarity: the model has {width} output, expected at least 2: a single \
                 number has no direction"
            ));
        }
        needs_values("cosineSimilarity", targets)
    }

    fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]) {
        let TargetBatch::Dense(values) = batch.targets else { return };
        let LossBatch { width, outputs, scale, .. } = *batch;
        let rows = outputs.chunks_exact(width).zip(values.chunks_exact(width));
        for ((loss, dy), (y, t)) in
            losses.iter_mut().zip(doutputs.chunks_exact_mut(width)).zip(rows)
        {
            let (y_size, t_size) = (dot(y, y).sqrt(), dot(t, t).sqrt());
            if y_size < EPSILON || t_size < EPSILON {
                *loss = 0.0;
                dy.fill(0.0);
                continue;
            }
            let cosine = dot(y, t) / (y_size * t_size);
            *loss = -cosine as f32;
            let share = f64::from(scale) / y_size;
            for ((dy, &y), &t) in dy.iter_mut().zip(y).zip(t) {
                *dy = (share * (cosine * f64::from(y) / y_size - f64::from(t) / t_size)) as f32;
            }
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}
