//! A batch as metrics see it.

use crate::kernels::{softmax, vecmath};
use crate::losses::{Form, TargetBatch};

/// What a row of outputs says about its sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// One class of several: the one with the highest output, the first of equals.
    OneOf,
    /// Each output is a yes or no of its own: yes above the threshold (0.5 for probabilities, 0
    /// for logits).
    Each {
        /// An output above it says yes.
        threshold: f32,
    },
}

/// A batch as metrics see it.
#[derive(Clone, Copy, Debug)]
pub struct MetricBatch<'a> {
    /// Rows of outputs; more than samples where a network answers at several positions.
    pub rows: usize,
    /// Outputs of a row.
    pub width: usize,
    /// The network's outputs, `[rows, width]`; logits or probabilities.
    pub outputs: &'a [f32],
    /// What they should have been.
    pub targets: TargetBatch<'a>,
    /// How outputs become decisions.
    pub decision: Decision,
    /// Whether the outputs are logits of probabilities.
    pub form: Form,
}

impl<'a> MetricBatch<'a> {
    /// The outputs of one row.
    pub fn row(&self, row: usize) -> &'a [f32] {
        &self.outputs[row * self.width..(row + 1) * self.width]
    }

    /// The class that a row's outputs say, under [`Decision::OneOf`].
    pub fn predicted_class(&self, row: usize) -> usize {
        arg_max(self.row(row))
    }

    /// The class that a row belongs to, under [`Decision::OneOf`].
    pub fn true_class(&self, row: usize) -> usize {
        match self.targets {
            TargetBatch::Classes(labels) => labels[row] as usize,
            TargetBatch::Dense(values) => {
                arg_max(&values[row * self.width..(row + 1) * self.width])
            }
        }
    }

    /// What one output should have been: for labels of several classes 1 at the class and 0 else.
    pub fn target(&self, row: usize, output: usize) -> f32 {
        match (self.targets, self.decision) {
            (TargetBatch::Dense(values), _) => values[row * self.width + output],
            (TargetBatch::Classes(labels), Decision::OneOf) => {
                f32::from(labels[row] as usize == output)
            }
            (TargetBatch::Classes(labels), Decision::Each { .. }) => labels[row] as f32,
        }
    }

    /// The class of a row that chooses one of several, or between two, and the one that it chooses.
    pub fn classes_of(&self, row: usize) -> (usize, usize) {
        match self.decision {
            Decision::OneOf => (self.true_class(row), self.predicted_class(row)),
            Decision::Each { threshold } => {
                let said = self.row(row)[0] > threshold;
                (usize::from(self.is_true(row, 0)), usize::from(said))
            }
        }
    }

    /// Whether a row is of this class: that of an output, or of a single output 0 for no and 1 for yes.
    pub fn is_of(&self, row: usize, class: usize) -> bool {
        match self.decision {
            Decision::OneOf => self.true_class(row) == class,
            Decision::Each { .. } if self.width == 1 => self.is_true(row, 0) == (class == 1),
            Decision::Each { .. } => self.is_true(row, class),
        }
    }

    /// Whether a row's outputs say this class.
    pub fn says(&self, row: usize, class: usize) -> bool {
        match self.decision {
            Decision::OneOf => self.predicted_class(row) == class,
            Decision::Each { threshold } if self.width == 1 => {
                (self.row(row)[0] > threshold) == (class == 1)
            }
            Decision::Each { threshold } => self.row(row)[class] > threshold,
        }
    }

    /// Writes the outputs as probabilities where they are logits, and as they are where they are not.
    pub fn probabilities_into(&self, probabilities: &mut [f32]) {
        match (self.form, self.decision) {
            (Form::Outputs, _) => probabilities.copy_from_slice(self.outputs),
            (Form::Logits, Decision::OneOf) => {
                softmax::softmax(self.width, self.outputs, probabilities);
            }
            (Form::Logits, Decision::Each { .. }) => {
                for (p, &x) in probabilities.iter_mut().zip(self.outputs) {
                    *p = vecmath::sigmoid_scalar(x);
                }
            }
        }
    }

    /// One row, with these probabilities for outputs.
    pub(super) fn with_probabilities<'b>(
        &self,
        row: usize,
        probabilities: &'b mut [f32],
    ) -> MetricBatch<'b>
    where
        'a: 'b,
    {
        let targets = match self.targets {
            TargetBatch::Classes(labels) => TargetBatch::Classes(&labels[row..=row]),
            TargetBatch::Dense(values) => {
                TargetBatch::Dense(&values[row * self.width..(row + 1) * self.width])
            }
        };
        let row = MetricBatch { rows: 1, outputs: self.row(row), targets, ..*self };
        row.probabilities_into(probabilities);
        let decision = match self.decision {
            Decision::OneOf => Decision::OneOf,
            Decision::Each { .. } => Decision::Each { threshold: 0.5 },
        };
        MetricBatch { outputs: probabilities, decision, form: Form::Outputs, ..row }
    }

    /// Whether the target of one output says yes, under [`Decision::Each`].
    pub fn is_true(&self, row: usize, output: usize) -> bool {
        self.target(row, output) > 0.5
    }
}

/// The position of the highest value, the first of equals; 0 for an empty row.
pub fn arg_max(row: &[f32]) -> usize {
    let mut best = 0;
    for (i, &value) in row.iter().enumerate() {
        if value > row[best] {
            best = i;
        }
    }
    best
}
