//! How much rows count in the loss: by their class, their sample, their position.

use super::OutputObjective;
use crate::losses::TargetBatch;
use crate::{Result, err};

impl OutputObjective {
    /// A weight for each class: these, and 1 for the classes behind them.
    ///
    /// # Errors
    /// `Argument` for a loss that knows no classes, more weights than there are classes, and weights
    /// that are no finite number from 0 on.
    pub fn class_weight(&self, weights: &[f32]) -> Result<Vec<f32>> {
        let classes = self.width.max(2);
        if !self.loss().loss().knows_classes(self.width) {
            return Err(err!(
                Argument,
                "classWeight: the loss knows no classes, expected a cross-entropy, for example"
            ));
        }
        if weights.len() > classes {
            return Err(err!(
                Argument,
                "classWeight: found {} weights, expected at most {classes}, one for each class",
                weights.len()
            ));
        }
        if let Some(weight) = weights.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
            return Err(err!(
                Argument,
                "classWeight: found {weight}, expected finite numbers from 0 on"
            ));
        }
        Ok(weights.iter().copied().chain(std::iter::repeat(1.0)).take(classes).collect())
    }

    /// Multiplies what [`evaluate`](Self::evaluate) gave by the weights of the rows' classes, which
    /// have been checked. A row that is some of several classes weighs as much of each.
    pub fn weigh(
        &self,
        targets: TargetBatch<'_>,
        weights: &[f32],
        losses: &mut [f32],
        doutputs: &mut [f32],
    ) {
        let width = self.width;
        for (row, (loss, outputs)) in
            losses.iter_mut().zip(doutputs.chunks_exact_mut(width)).enumerate()
        {
            let weight = match targets {
                TargetBatch::Classes(labels) => weights[labels[row] as usize],
                TargetBatch::Dense(values) => match &values[row * width..(row + 1) * width] {
                    // Of two classes, the second; a hinge loss may call the first -1.
                    &[share] if share < 0.0 => weights[0],
                    &[share] => (1.0 - share) * weights[0] + share * weights[1],
                    shares => {
                        shares.iter().zip(weights).map(|(share, weight)| share * weight).sum()
                    }
                },
            };
            *loss *= weight;
            outputs.iter_mut().for_each(|gradient| *gradient *= weight);
        }
    }

    /// Multiplies what [`evaluate`](Self::evaluate) gave by the weights of the samples.
    pub fn weigh_samples(&self, weights: &[f32], losses: &mut [f32], doutputs: &mut [f32]) {
        let rows = losses.iter_mut().zip(doutputs.chunks_exact_mut(self.width));
        for (row, (loss, outputs)) in rows.enumerate() {
            let weight = weights[row / self.positions];
            *loss *= weight;
            outputs.iter_mut().for_each(|gradient| *gradient *= weight);
        }
    }

    /// Lets only the positions of each sample count that a mask [samples, positions] does not hide: a
    /// sample's loss is the mean over those, and nothing where there are none. (Keras takes the mean over
    /// the positions of the whole batch.)
    pub fn weigh_positions(&self, mask: &[f32], losses: &mut [f32], doutputs: &mut [f32]) {
        let samples = losses.len() / self.positions.max(1);
        let masked = mask.len() / samples.max(1);
        let each = self.positions / masked.max(1);
        let rows = losses
            .chunks_exact_mut(self.positions)
            .zip(doutputs.chunks_exact_mut(self.positions * self.width));
        for ((losses, outputs), mask) in rows.zip(mask.chunks_exact(masked.max(1))) {
            let count = mask.iter().filter(|counts| **counts != 0.0).count();
            let weight = masked as f32 / count.max(1) as f32;
            let rows = losses.iter_mut().zip(outputs.chunks_exact_mut(self.width));
            for (row, (loss, outputs)) in rows.enumerate() {
                let weight = if mask[row / each] == 0.0 { 0.0 } else { weight };
                *loss *= weight;
                outputs.iter_mut().for_each(|gradient| *gradient *= weight);
            }
        }
    }
}
