//! The rows of an output that count, where a mask hides some of its positions.

use super::OutputObjective;
use crate::Result;
use crate::losses::TargetBatch;
use crate::memory::allocate;

/// Which of so many rows count, by a mask with a number for each, or for as many in a row each.
pub fn counts(mask: &[f32], rows: usize) -> impl Fn(usize) -> bool {
    let each = (rows / mask.len().max(1)).max(1);
    move |row| mask[row / each] != 0.0
}

/// Room for the rows that count, for metrics, which look at all that they are given.
#[derive(Clone, Debug)]
pub struct Counted {
    outputs: Vec<f32>,
    classes: Vec<u32>,
    values: Vec<f32>,
}

impl Counted {
    /// Room for the rows of so many samples.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for them.
    pub fn new(output: &OutputObjective, samples: usize) -> Result<Self> {
        Ok(Self {
            outputs: allocate("outputs that count", output.values(samples))?,
            classes: allocate("targets that count", output.rows(samples))?,
            values: allocate("targets that count", output.values(samples))?,
        })
    }

    /// The outputs and targets of the rows that count.
    pub fn of<'a>(
        &'a mut self,
        output: &OutputObjective,
        mask: &[f32],
        outputs: &[f32],
        targets: TargetBatch<'_>,
    ) -> (&'a [f32], TargetBatch<'a>) {
        let width = output.width();
        let counts = counts(mask, outputs.len() / width);
        let mut count = 0;
        for (row, found) in outputs.chunks_exact(width).enumerate() {
            if !counts(row) {
                continue;
            }
            let place = count * width..(count + 1) * width;
            self.outputs[place.clone()].copy_from_slice(found);
            match targets {
                TargetBatch::Classes(labels) => self.classes[count] = labels[row],
                TargetBatch::Dense(values) => {
                    self.values[place].copy_from_slice(&values[row * width..(row + 1) * width]);
                }
            }
            count += 1;
        }
        let targets = match targets {
            TargetBatch::Classes(_) => TargetBatch::Classes(&self.classes[..count]),
            TargetBatch::Dense(_) => TargetBatch::Dense(&self.values[..count * width]),
        };
        (&self.outputs[..count * width], targets)
    }
}
