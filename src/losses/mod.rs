//! Losses: how far outputs are from their targets, and the gradient of that.
//!
//! A loss sees rows of outputs: for a network that answers once a sample, row = sample; for one
//! that answers at several positions, each position is a row. The loss of a batch is the mean of
//! its rows' losses (Keras's `sum_over_batch_size`).
//!
//! Where a network ends in the activation that a loss fuses (softmax for categorical
//! cross-entropy, sigmoid for binary cross-entropy), the trainer leaves the activation out and the
//! loss works on the logits: exact for outputs whose probability rounds to 0 or 1.
//!
//! Adding a loss is one file and one line in the table below.

mod binary_crossentropy;
mod categorical_crossentropy;
mod cross_entropy;
mod mean_absolute_error;
mod mean_squared_error;
mod sparse_categorical_crossentropy;
#[cfg(test)]
mod tests;

pub use binary_crossentropy::BinaryCrossentropy;
pub use categorical_crossentropy::CategoricalCrossentropy;
pub use mean_absolute_error::MeanAbsoluteError;
pub use mean_squared_error::MeanSquaredError;
pub use sparse_categorical_crossentropy::SparseCategoricalCrossentropy;

use std::ops::RangeInclusive;

use serde::Serialize;

use crate::kernels::activation::Activation;
use crate::{Result, err};

/// The targets of a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TargetBatch<'a> {
    /// The class of each row, `[rows]`.
    Classes(&'a [u32]),
    /// A value for each output, `[rows, width]`.
    Dense(&'a [f32]),
}

/// The kind of targets that a dataset or batch has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// One label a row.
    Classes,
    /// One value an output.
    Dense,
}

impl TargetBatch<'_> {
    /// Which kind these are.
    pub fn kind(&self) -> TargetKind {
        match self {
            Self::Classes(_) => TargetKind::Classes,
            Self::Dense(_) => TargetKind::Dense,
        }
    }

    /// Refuses targets that do not belong to `rows` rows of `width` outputs, or are out of `range`.
    ///
    /// # Errors
    /// `Shape` for a wrong number, `Data` for a label that is no class and a value that is not
    /// finite or out of range.
    pub fn check(&self, rows: usize, width: usize, range: &RangeInclusive<f32>) -> Result<()> {
        let (found, expected) = match self {
            Self::Classes(labels) => (labels.len(), rows),
            Self::Dense(values) => (values.len(), rows * width),
        };
        if found != expected {
            return Err(err!(Shape, "targets: found {found} numbers, expected {expected}"));
        }
        match self {
            Self::Classes(labels) => {
                let classes = width.max(2);
                match labels.iter().find(|&&label| label as usize >= classes) {
                    Some(label) => Err(err!(
                        Data,
                        "targets: found label {label}, expected labels below {classes}, the \
                         number of classes"
                    )),
                    None => Ok(()),
                }
            }
            Self::Dense(values) => match values.iter().position(|value| !range.contains(value)) {
                Some(at) => Err(err!(
                    Data,
                    "targets: found {} at position {at}, expected numbers from {} to {}",
                    values[at],
                    range.start(),
                    range.end()
                )),
                None => Ok(()),
            },
        }
    }
}

/// Whether a loss sees logits or what the network answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The inputs of the activation that the loss fuses.
    Logits,
    /// Probabilities, or plain values.
    Outputs,
}

/// A batch as a loss sees it.
#[derive(Clone, Copy, Debug)]
pub struct LossBatch<'a> {
    /// Rows of outputs.
    pub rows: usize,
    /// Outputs of a row.
    pub width: usize,
    /// `[rows, width]`.
    pub outputs: &'a [f32],
    /// What the outputs are.
    pub form: Form,
    /// What they should have been; checked by [`TargetBatch::check`] and of a kind that the loss
    /// takes.
    pub targets: TargetBatch<'a>,
    /// What the gradient is multiplied by: 1 / rows of the whole batch, of which these rows may be
    /// a part.
    pub scale: f32,
}

/// What every loss answers.
pub trait Loss {
    /// The terminal activation that the loss takes over, if it takes one over.
    fn fuses(&self) -> Option<Activation> {
        None
    }

    /// Whether the network's outputs are declared to be logits already.
    fn outputs_are_logits(&self) -> bool {
        false
    }

    /// Whether each output is a yes or no of its own, also where there are several.
    fn is_binary(&self) -> bool {
        false
    }

    /// Between which numbers dense targets must be.
    fn target_range(&self) -> RangeInclusive<f32> {
        if self.fuses().is_some() { 0.0..=1.0 } else { f32::MIN..=f32::MAX }
    }

    /// Refuses attributes that make no sense, and targets of a kind that the loss does not take
    /// for rows of `width` outputs.
    ///
    /// # Errors
    /// `Argument` names the attribute or the kind, and what is expected.
    fn validate(&self, width: usize, targets: TargetKind) -> Result<()>;

    /// Writes the loss of each row into `losses`, `[rows]`, and the gradient of
    /// `scale * sum(losses)` with respect to the outputs into `doutputs`, `[rows, width]`.
    fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]);
}

macro_rules! losses {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A loss and its attributes.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize)]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(tag = "type")]
        pub enum LossSpec {
            $($(#[$doc])* #[serde(rename = $name)] $variant($variant),)*
        }

        crate::named::read_by_type!(LossSpec { $($name => LossSpec::$variant,)* });

        impl LossSpec {
            /// One of each, with the attributes' defaults.
            pub fn all() -> Vec<Self> {
                vec![$(Self::$variant($variant::default()),)*]
            }

            /// The loss itself.
            pub fn loss(&self) -> &dyn Loss {
                match self {
                    $(Self::$variant(loss) => loss,)*
                }
            }
        }
    };
}

losses! {
    /// Cross-entropy of classes; targets are labels.
    SparseCategoricalCrossentropy = "sparseCategoricalCrossentropy",
    /// Cross-entropy of classes; targets are a probability for each class.
    CategoricalCrossentropy = "categoricalCrossentropy",
    /// Cross-entropy of outputs that are a yes or no each.
    BinaryCrossentropy = "binaryCrossentropy",
    /// The mean of squared differences.
    MeanSquaredError = "meanSquaredError",
    /// The mean of absolute differences.
    MeanAbsoluteError = "meanAbsoluteError",
}

/// The mean of losses of rows.
pub fn mean(losses: &[f32]) -> f64 {
    losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / losses.len().max(1) as f64
}

/// Refuses a label smoothing outside of 0..1.
fn check_smoothing(loss: &str, smoothing: f32) -> Result<()> {
    if (0.0..1.0).contains(&smoothing) {
        Ok(())
    } else {
        Err(err!(
            Argument,
            "{loss}: labelSmoothing is {smoothing}, expected at least 0 and less than 1"
        ))
    }
}

/// Refuses targets that are labels.
fn needs_values(loss: &str, targets: TargetKind) -> Result<()> {
    match targets {
        TargetKind::Dense => Ok(()),
        TargetKind::Classes => Err(err!(
            Argument,
            "{loss}: the targets are class labels, expected a value for each output"
        )),
    }
}

/// The mean over each row of a function of `output - target`; the function answers its value and
/// its derivative.
fn over_differences(
    batch: &LossBatch<'_>,
    losses: &mut [f32],
    doutputs: &mut [f32],
    function: impl Fn(f32) -> (f32, f32),
) {
    let TargetBatch::Dense(targets) = batch.targets else { return };
    let width = batch.width;
    let scale = batch.scale / width as f32;
    for (row, loss) in losses.iter_mut().enumerate() {
        let mut total = 0.0f64;
        for at in row * width..(row + 1) * width {
            let (value, derivative) = function(batch.outputs[at] - targets[at]);
            total += f64::from(value);
            doutputs[at] = scale * derivative;
        }
        *loss = (total / width as f64) as f32;
    }
}
