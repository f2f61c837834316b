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
mod binary_focal_crossentropy;
mod categorical_crossentropy;
mod categorical_focal_crossentropy;
mod categorical_hinge;
mod cosine_similarity;
mod cross_entropy;
mod focal;
mod graph;
mod hinge;
mod huber;
mod kullback_leibler_divergence;
mod log_cosh;
mod mean_absolute_error;
mod mean_squared_error;
mod poisson;
mod rows;
mod sparse_categorical_crossentropy;
mod targets;
#[cfg(test)]
mod tests;

pub use binary_crossentropy::BinaryCrossentropy;
pub use binary_focal_crossentropy::BinaryFocalCrossentropy;
pub use categorical_crossentropy::CategoricalCrossentropy;
pub use categorical_focal_crossentropy::CategoricalFocalCrossentropy;
pub use categorical_hinge::CategoricalHinge;
pub use cosine_similarity::CosineSimilarity;
pub use graph::{GraphLoss, GraphRunner};
pub use hinge::{Hinge, SquaredHinge};
pub use huber::Huber;
pub use kullback_leibler_divergence::KullbackLeiblerDivergence;
pub use log_cosh::LogCosh;
pub use mean_absolute_error::MeanAbsoluteError;
pub use mean_squared_error::MeanSquaredError;
pub use poisson::Poisson;
pub use sparse_categorical_crossentropy::SparseCategoricalCrossentropy;
pub use targets::{Allowed, TargetBatch, TargetKind};

use serde::Serialize;

use crate::kernels::activation::Activation;
use crate::{Result, err};

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

    /// Above which number an output says yes, where each is a yes or no of its own.
    fn threshold(&self, form: Form) -> f32 {
        if form == Form::Logits { 0.0 } else { 0.5 }
    }

    /// Whether it asks what the outputs should have been; what does not looks at the outputs alone.
    fn takes_targets(&self) -> bool {
        true
    }

    /// Whether targets of rows of `width` outputs are classes, or shares of them, so that each class
    /// may weigh another.
    fn knows_classes(&self, _width: usize) -> bool {
        self.fuses().is_some()
    }

    /// Whether each position of an output, a row of `width` numbers, has a loss of its own.
    fn goes_by_position(&self, _width: usize) -> bool {
        true
    }

    /// Which numbers dense targets may be.
    fn allowed_targets(&self) -> Allowed {
        if self.fuses().is_some() { Allowed::Between(0.0, 1.0) } else { Allowed::ANY }
    }

    /// Whether a target between those of two samples says what is between them, as mixup needs it.
    fn takes_mixed(&self) -> bool {
        true
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
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(tag = "type")]
        pub enum LossSpec {
            $($(#[$doc])* #[serde(rename = $name)] $variant($variant),)*
            /// One that is written as a graph of layers.
            #[serde(rename = "graph")]
            Graph(GraphLoss),
        }

        crate::named::read_by_type!(LossSpec {
            $($name => LossSpec::$variant,)*
            "graph" => LossSpec::Graph,
        });

        impl LossSpec {
            /// One of each but graphs, with the attributes' defaults.
            pub fn all() -> Vec<Self> {
                vec![$(Self::$variant($variant::default()),)*]
            }

            /// The loss itself.
            pub fn loss(&self) -> &dyn Loss {
                match self {
                    $(Self::$variant(loss) => loss,)*
                    Self::Graph(loss) => loss,
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
    /// Squared differences up to a size, absolute ones beyond.
    Huber = "huber",
    /// The mean of `ln cosh` of differences.
    LogCosh = "logCosh",
    /// How far probabilities are from others.
    KullbackLeiblerDivergence = "kullbackLeiblerDivergence",
    /// How unlikely counts are.
    Poisson = "poisson",
    /// The negative cosine of the angle to the targets.
    CosineSimilarity = "cosineSimilarity",
    /// What is missing of a margin of 1 on the right side of 0.
    Hinge = "hinge",
    /// The square of it.
    SquaredHinge = "squaredHinge",
    /// What is missing of a lead of 1 before the other classes.
    CategoricalHinge = "categoricalHinge",
    /// Binary cross-entropy in which what is answered well counts little.
    BinaryFocalCrossentropy = "binaryFocalCrossentropy",
    /// Categorical cross-entropy in which what is answered well counts little.
    CategoricalFocalCrossentropy = "categoricalFocalCrossentropy",
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
