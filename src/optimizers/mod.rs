//! Optimisers: how weights follow their gradients.
//!
//! An optimiser is a specification and a state: a step count and some buffers ("slots") as long as
//! the parameter buffer. An update is one pass over flat slices.
//!
//! PyTorch and Keras define the same names a little differently; `variant` chooses, and each
//! optimiser says what it means. Adding an optimiser is one file and one line in the table below.

mod adam;
mod adamw;
mod sgd;
#[cfg(test)]
mod tests;

pub use adam::Adam;
pub use adamw::AdamW;
pub use sgd::Sgd;

use serde::{Deserialize, Serialize};

use crate::memory::allocate;
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

/// What an optimiser sees of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The learning rate of this step.
    pub learning_rate: f32,
    /// The number of the step, counted from 1.
    pub number: u64,
}

/// What every optimiser answers.
pub trait Optimizer {
    /// The learning rate over a run.
    fn learning_rate(&self) -> &ScheduleSpec;

    /// Refuses attributes that make no sense.
    ///
    /// # Errors
    /// `Argument`, with the attribute, its value and what is allowed.
    fn validate(&self) -> Result<()>;

    /// The names of the buffers that it keeps.
    fn slots(&self) -> &'static [&'static str];

    /// Moves `weights` along `gradients`; all slices are of the same length.
    fn update(&self, step: &Step, weights: &mut [f32], gradients: &[f32], slots: &mut [Vec<f32>]);
}

macro_rules! optimizers {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// An optimiser and its attributes.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize)]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(tag = "type")]
        pub enum OptimizerSpec {
            $($(#[$doc])* #[serde(rename = $name)] $variant($variant),)*
        }

        crate::named::read_by_type!(OptimizerSpec { $($name => OptimizerSpec::$variant,)* });

        impl OptimizerSpec {
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
    };
}

optimizers! {
    /// Stochastic gradient descent, with momentum if asked for.
    Sgd = "sgd",
    /// Adam.
    Adam = "adam",
    /// Adam with decoupled weight decay.
    AdamW = "adamw",
}

/// An optimiser at work: its specification and its state.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState {
    spec: OptimizerSpec,
    steps: u64,
    slots: Vec<Vec<f32>>,
}

impl OptimizerState {
    /// The state before the first step, for this many parameters.
    ///
    /// # Errors
    /// What [`Optimizer::validate`] refuses, and `TooLarge` where there is no memory for it.
    pub fn new(spec: OptimizerSpec, parameters: usize) -> Result<Self> {
        spec.optimizer().validate()?;
        let slots = spec.optimizer().slots().iter();
        let slots = slots.map(|slot| allocate(slot, parameters));
        let slots = slots.collect::<Result<_>>()?;
        Ok(Self { spec, steps: 0, slots })
    }

    /// A state that was kept: the count of steps, and the slots in the order of
    /// [`Optimizer::slots`].
    ///
    /// # Errors
    /// What [`Optimizer::validate`] refuses; `Format` if the kept values do not belong to this
    /// optimiser and this many parameters.
    pub fn restore(
        spec: OptimizerSpec,
        parameters: usize,
        steps: u64,
        slots: Vec<Vec<f32>>,
    ) -> Result<Self> {
        spec.optimizer().validate()?;
        let names = spec.optimizer().slots();
        if slots.len() != names.len() || slots.iter().any(|slot| slot.len() != parameters) {
            return Err(err!(
                Format,
                "optimizer state: found {} buffers, expected {} of {parameters} numbers",
                slots.len(),
                names.len()
            ));
        }
        Ok(Self { spec, steps, slots })
    }

    /// Back to the state before the first step.
    pub fn reset(&mut self) {
        self.steps = 0;
        self.slots.iter_mut().for_each(|slot| slot.fill(0.0));
    }

    /// One step with this learning rate. Weights and gradients are as long as the slots.
    pub fn update(&mut self, learning_rate: f64, weights: &mut [f32], gradients: &[f32]) {
        let optimizer = self.spec.optimizer();
        self.steps += 1;
        let step = Step { learning_rate: learning_rate as f32, number: self.steps };
        optimizer.update(&step, weights, gradients, &mut self.slots);
    }

    /// The specification.
    pub fn spec(&self) -> &OptimizerSpec {
        &self.spec
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The slots with their names.
    pub fn slots(&self) -> impl Iterator<Item = (&'static str, &[f32])> {
        let names = self.spec.optimizer().slots().iter().copied();
        names.zip(self.slots.iter().map(Vec::as_slice))
    }
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
