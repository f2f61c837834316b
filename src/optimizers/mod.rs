//! Optimisers: how weights follow their gradients.
//!
//! An optimiser is a specification and a state: a step count and some buffers ("slots") as long as
//! the parameter buffer. An update is one pass over flat slices; what every optimiser can do besides
//! (clip gradients, gather them, average weights) is done once for all, by [`OptimizerState`].
//!
//! PyTorch and Keras define the same names a little differently; `variant` chooses, and each
//! optimiser says what it means. Adding an optimiser is one file and one line in the table below.

mod adadelta;
mod adagrad;
mod adam;
mod adamw;
mod lion;
mod muon;
mod nadam;
mod options;
mod parameters;
mod rmsprop;
mod sgd;
mod spec;
mod state;
#[cfg(test)]
mod tests;

pub use adadelta::Adadelta;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamw::AdamW;
pub use lion::Lion;
pub use muon::{Muon, MuonAdjust, MuonOthers};
pub use nadam::Nadam;
pub use options::OptimizerOptions;
pub use parameters::{Parameter, Parameters};
pub use rmsprop::RmsProp;
pub use sgd::Sgd;
pub use spec::OptimizerSpec;
pub use state::{OptimizerState, Position};

use serde::{Deserialize, Serialize};

use crate::kernels::orthogonal::Orthogonal;
use crate::schedules::ScheduleSpec;
use crate::{Result, err};

/// Whose definition an optimiser follows where they differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Variant {
    /// `torch.optim`.
    #[default]
    Torch,
    /// `keras.optimizers` (Keras 3).
    Keras,
}

/// What an optimiser sees of a step, for some of the parameters.
#[derive(Debug)]
pub struct Step<'a> {
    /// The learning rate of this step.
    pub learning_rate: f32,
    /// The number of the step, counted from 1.
    pub number: u64,
    /// Whether weights decay.
    pub decays: bool,
    /// If the parameters are one matrix; only for optimisers that take those.
    pub matrix: Option<Matrix<'a>>,
}

impl Step<'_> {
    /// The weight decay of these parameters.
    fn decay(&self, weight_decay: f64) -> f32 {
        if self.decays { weight_decay as f32 } else { 0.0 }
    }
}

/// What is known of parameters that are one matrix [rows, columns] from inputs to outputs.
#[derive(Debug)]
pub struct Matrix<'a> {
    /// The number of its size in `room`.
    pub size: usize,
    /// Inputs.
    pub rows: usize,
    /// Outputs.
    pub columns: usize,
    /// What makes matrices orthogonal.
    pub room: &'a mut Orthogonal,
    /// As long as the matrix, or longer.
    pub direction: &'a mut [f32],
}

/// What every optimiser answers.
pub trait Optimizer {
    /// The learning rate over a run.
    fn learning_rate(&self) -> &ScheduleSpec;

    /// Refuses attributes that make no sense, but for the learning rate.
    ///
    /// # Errors
    /// `Argument`, with the attribute, its value and what is allowed.
    fn validate(&self) -> Result<()>;

    /// The names of the buffers that it keeps.
    fn slots(&self) -> &'static [&'static str];

    /// What these begin with.
    fn initial(&self) -> f32 {
        0.0
    }

    /// Whether it updates matrices one by one.
    fn takes_matrices(&self) -> bool {
        false
    }

    /// Moves the parameters `w` along their gradients `g`; all slices are of the same length.
    fn update(&self, step: Step<'_>, w: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]);
}

macro_rules! optimizers {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What an optimiser does with gradients, and its attributes.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(tag = "type")]
        pub enum OptimizerAlgorithm {
            $($(#[$doc])* #[serde(rename = $name)] $variant($variant),)*
        }

        crate::named::read_by_type!(OptimizerAlgorithm { $($name => OptimizerAlgorithm::$variant,)* });

        impl OptimizerAlgorithm {
            /// One of each, with the attributes' defaults.
            pub fn all() -> Vec<Self> {
                vec![$(Self::$variant($variant::default()),)*]
            }

            /// The optimiser itself.
            pub fn optimizer(&self) -> &dyn Optimizer {
                match self {
                    $(Self::$variant(optimizer) => optimizer,)*
                }
            }
        }

        $(impl From<$variant> for OptimizerAlgorithm {
            fn from(optimizer: $variant) -> Self {
                Self::$variant(optimizer)
            }
        })*
    };
}

optimizers! {
    /// Stochastic gradient descent, with momentum if asked for.
    Sgd = "sgd",
    /// Adam.
    Adam = "adam",
    /// Adam with decoupled weight decay.
    AdamW = "adamw",
    /// Gradients divided by their recent size.
    RmsProp = "rmsprop",
    /// Gradients divided by their size so far.
    Adagrad = "adagrad",
    /// Gradients divided by their recent size, times that of recent moves.
    Adadelta = "adadelta",
    /// Adam with Nesterov's momentum.
    Nadam = "nadam",
    /// The sign of a momentum.
    Lion = "lion",
    /// Momentum made orthogonal, for the kernels of hidden layers.
    Muon = "muon",
}

/// Refuses a factor outside of 0..1.
fn check_fraction(name: &str, value: f64) -> Result<()> {
    if (0.0..1.0).contains(&value) {
        Ok(())
    } else {
        Err(err!(Argument, "{name} is {value}, expected at least 0 and less than 1"))
    }
}

/// Refuses what is negative or not finite.
fn check_not_negative(name: &str, value: f64) -> Result<()> {
    if value >= 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(err!(Argument, "{name} is {value}, expected a finite number of at least 0"))
    }
}
