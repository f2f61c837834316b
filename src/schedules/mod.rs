//! Learning-rate schedules: the learning rate as a function of the step of a run.
//!
//! A step is a batch of the run, also where several of them make one update. A schedule that takes a
//! number of steps takes the whole run where it is not given. Adding a schedule is one file and one
//! line in the table below.

mod constant;
mod cosine;
mod cosine_restarts;
mod exponential;
mod one_cycle;
mod piecewise;
mod polynomial;
mod step;
#[cfg(test)]
mod tests;

pub use constant::Constant;
pub use cosine::Cosine;
pub use cosine_restarts::CosineRestarts;
pub use exponential::Exponential;
pub use one_cycle::{Anneal, OneCycle};
pub use piecewise::Piecewise;
pub use polynomial::Polynomial;
pub use step::StepDecay;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{Result, err};

/// What every schedule answers.
pub trait Schedule {
    /// The highest learning rate.
    fn peak(&self) -> f64;

    /// Refuses values that make no learning rate.
    ///
    /// # Errors
    /// `Argument` names the attribute, its value and what is allowed.
    fn validate(&self) -> Result<()>;

    /// The learning rate of step `step` (from 0) of a run of `steps`; without `steps` there is no
    /// run whose length is known.
    ///
    /// # Errors
    /// `Argument` if the schedule needs the length of the run and there is none.
    fn at(&self, step: u64, steps: Option<u64>) -> Result<f64>;
}

macro_rules! schedules {
    ($($(#[$doc:meta])* $variant:ident($spec:ident) = $name:literal,)*) => {
        /// A schedule and its attributes.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(tag = "type")]
        pub enum ScheduleSpec {
            $($(#[$doc])* #[serde(rename = $name)] $variant($spec),)*
        }

        crate::named::read_by_type!(ScheduleSpec { $($name => ScheduleSpec::$variant,)* });

        impl ScheduleSpec {
            /// The schedule itself.
            pub fn schedule(&self) -> &dyn Schedule {
                match self {
                    $(Self::$variant(schedule) => schedule,)*
                }
            }
        }

        $(impl From<$spec> for ScheduleSpec {
            fn from(schedule: $spec) -> Self {
                Self::$variant(schedule)
            }
        })*
    };
}

schedules! {
    /// The same learning rate at every step.
    Constant(Constant) = "constant",
    /// Constant between given steps.
    Piecewise(Piecewise) = "piecewise",
    /// Down by a factor every so many steps.
    Step(StepDecay) = "step",
    /// Down by the same factor every step.
    Exponential(Exponential) = "exponential",
    /// Down along a power of what is left.
    Polynomial(Polynomial) = "polynomial",
    /// Up along a line, then down along half a cosine.
    Cosine(Cosine) = "cosine",
    /// Half cosines one after the other.
    CosineRestarts(CosineRestarts) = "cosineRestarts",
    /// Up to a peak and down again over the whole run.
    OneCycle(OneCycle) = "oneCycle",
}

impl ScheduleSpec {
    /// A constant learning rate.
    pub fn constant(learning_rate: f64) -> Self {
        Constant { learning_rate }.into()
    }

    /// One linear cycle with this peak and the default warm-up.
    pub fn one_cycle(peak: f64) -> Self {
        OneCycle::new(peak).into()
    }

    /// The highest learning rate.
    pub fn peak(&self) -> f64 {
        self.schedule().peak()
    }

    /// Refuses values that make no learning rate.
    ///
    /// # Errors
    /// As [`Schedule::validate`].
    pub fn validate(&self) -> Result<()> {
        self.schedule().validate()
    }

    /// The learning rate of a step.
    ///
    /// # Errors
    /// As [`Schedule::at`].
    pub fn at(&self, step: u64, steps: Option<u64>) -> Result<f64> {
        self.schedule().at(step, steps)
    }
}

/// The length of a schedule: as given, or that of the run.
fn length(name: &str, given: Option<u64>, steps: Option<u64>) -> Result<u64> {
    given.or(steps).map(|length| length.max(1)).ok_or_else(|| {
        err!(
            Argument,
            "learningRate: {name} needs a run of known length, and a single batch has none; \
             expected a constant learning rate"
        )
    })
}

fn not_negative(name: &str, value: f64) -> Result<()> {
    // The comparison is false for NaN.
    if value >= 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(err!(Argument, "{name} is {value}, expected a finite number of at least 0"))
    }
}

/// Refuses a schedule of no steps.
fn check_length(name: &str, steps: Option<u64>) -> Result<()> {
    match steps {
        Some(0) => Err(err!(Argument, "{name} is 0, expected at least 1")),
        _ => Ok(()),
    }
}

/// Refuses a factor outside of 0 to 1.
fn check_rate(name: &str, rate: f64) -> Result<()> {
    if (0.0..=1.0).contains(&rate) {
        return Ok(());
    }
    Err(err!(Argument, "{name} is {rate}, expected a number from 0 to 1"))
}

/// Reads a bare number as a constant learning rate; for `#[serde(deserialize_with = ...)]`.
///
/// # Errors
/// What is neither a number nor a schedule is refused.
pub fn number_or_schedule<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<ScheduleSpec, D::Error> {
    match Value::deserialize(deserializer)? {
        // What is no f64 is refused with the numbers that are out of bounds.
        Value::Number(rate) => Ok(ScheduleSpec::constant(rate.as_f64().unwrap_or(f64::NAN))),
        value @ Value::Object(_) => serde_json::from_value(value).map_err(D::Error::custom),
        value => Err(D::Error::custom(format_args!(
            "found {value}, expected a learning rate: a number, or a schedule with \"type\""
        ))),
    }
}
