//! Learning-rate schedules: the learning rate as a function of the step of a run.

use std::f64::consts::PI;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::named::read_by_type;
use crate::{Result, err};

/// How the learning rate moves between two points of a schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Anneal {
    /// Along a straight line.
    #[default]
    Linear,
    /// Along half a cosine: flat at both ends.
    Cosine,
}

/// A learning rate that stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Constant {
    /// The learning rate of every step.
    pub learning_rate: f64,
}

/// One cycle (Smith and Topin, "Super-Convergence", 2018): up to the peak over the first part of
/// the run, then down.
///
/// Of a run of `T` steps, step `t` (from 0) takes the value at `u = (t + 1) / (T + 1)`; the cycle
/// starts at `u = 0` with `start_factor * peak`, has its peak at `u = warmup` and ends at `u = 1`
/// with `end_factor * peak`. The ends lie outside of the run, so that no step is wasted on a
/// learning rate of zero. PyTorch's `OneCycleLR` puts its ends on the first and the last step: its
/// steps `1..T-1` are the steps of this schedule in a run of `T - 2`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OneCycle {
    /// The highest learning rate.
    pub peak: f64,
    /// The fraction of the run, between 0 and 1, at which the peak is reached.
    #[serde(default = "default_warmup")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub warmup: f64,
    /// The learning rate before the first step, as a fraction of the peak.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub start_factor: f64,
    /// The learning rate after the last step, as a fraction of the peak.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub end_factor: f64,
    /// The way between these points.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub anneal: Anneal,
}

fn default_warmup() -> f64 {
    0.2
}

/// A schedule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum ScheduleSpec {
    /// The same learning rate at every step.
    Constant(Constant),
    /// Up to a peak and down again over the whole run.
    OneCycle(OneCycle),
}

read_by_type!(ScheduleSpec {
    "constant" => ScheduleSpec::Constant,
    "oneCycle" => ScheduleSpec::OneCycle,
});

impl ScheduleSpec {
    /// A constant learning rate.
    pub fn constant(learning_rate: f64) -> Self {
        Self::Constant(Constant { learning_rate })
    }

    /// One linear cycle with this peak and the default warm-up.
    pub fn one_cycle(peak: f64) -> Self {
        Self::OneCycle(OneCycle {
            peak,
            warmup: default_warmup(),
            start_factor: 0.0,
            end_factor: 0.0,
            anneal: Anneal::Linear,
        })
    }

    /// The highest learning rate.
    pub fn peak(&self) -> f64 {
        match self {
            Self::Constant(constant) => constant.learning_rate,
            Self::OneCycle(cycle) => cycle.peak * cycle.start_factor.max(cycle.end_factor).max(1.0),
        }
    }

    /// Refuses values that make no learning rate.
    ///
    /// # Errors
    /// `Argument` names the attribute, its value and what is allowed.
    pub fn validate(&self) -> Result<()> {
        match self {
            Self::Constant(constant) => not_negative("learningRate", constant.learning_rate),
            Self::OneCycle(cycle) => {
                not_negative("oneCycle: peak", cycle.peak)?;
                not_negative("oneCycle: startFactor", cycle.start_factor)?;
                not_negative("oneCycle: endFactor", cycle.end_factor)?;
                if cycle.warmup > 0.0 && cycle.warmup < 1.0 {
                    Ok(())
                } else {
                    Err(err!(
                        Argument,
                        "oneCycle: warmup is {}, expected a fraction between 0 and 1",
                        cycle.warmup
                    ))
                }
            }
        }
    }

    /// The learning rate of step `step` (from 0) of a run of `steps`; without `steps` there is no
    /// run whose length is known.
    ///
    /// # Errors
    /// `Argument` if the schedule needs the length of the run and there is none.
    pub fn at(&self, step: u64, steps: Option<u64>) -> Result<f64> {
        match self {
            Self::Constant(constant) => Ok(constant.learning_rate),
            Self::OneCycle(cycle) => steps.map(|steps| cycle.at(step, steps)).ok_or_else(|| {
                err!(
                    Argument,
                    "learningRate: oneCycle needs a run of known length, and a single batch has \
                     none; expected a constant learning rate"
                )
            }),
        }
    }
}

impl OneCycle {
    fn at(&self, step: u64, steps: u64) -> f64 {
        let u = ((step + 1) as f64 / (steps + 1) as f64).min(1.0);
        let (from, to, way) = if u < self.warmup {
            (self.start_factor, 1.0, u / self.warmup)
        } else {
            (1.0, self.end_factor, (u - self.warmup) / (1.0 - self.warmup))
        };
        let way = match self.anneal {
            Anneal::Linear => way,
            Anneal::Cosine => (1.0 - libm::cos(PI * way)) / 2.0,
        };
        self.peak * (from + (to - from) * way)
    }
}

fn not_negative(name: &str, value: f64) -> Result<()> {
    // The comparison is false for NaN.
    if value >= 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(err!(Argument, "{name} is {value}, expected a finite number of at least 0"))
    }
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

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn a_number_and_an_object_are_read() {
        let read = |json: &str| number_or_schedule(&mut serde_json::Deserializer::from_str(json));
        assert_eq!(read("0.5").unwrap(), ScheduleSpec::constant(0.5));
        assert_eq!(read("1").unwrap(), ScheduleSpec::constant(1.0));
        let cycle = ScheduleSpec::one_cycle(0.008);
        assert_eq!(read(r#"{"type":"oneCycle","peak":0.008}"#).unwrap(), cycle);
        for schedule in [cycle, ScheduleSpec::constant(0.1)] {
            let json = serde_json::to_string(&schedule).unwrap();
            assert_eq!(read(&json).unwrap(), schedule, "{json}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let message =
            |json: &str| match number_or_schedule(&mut serde_json::Deserializer::from_str(json)) {
                Ok(schedule) => schedule.validate().unwrap_err().to_string(),
                Err(error) => error.to_string(),
            };
        assert!(message("-0.1").contains("learningRate is -0.1"));
        assert!(message("true").contains("a learning rate"));
        assert!(message(r#"{"type":"cosine","peak":1}"#).contains("`oneCycle`"));
        assert!(message(r#"{"type":"oneCycle"}"#).contains("peak"));
        assert!(message(r#"{"type":"oneCycle","peak":1,"warm":0.1}"#).contains("warm"));
        assert!(message(r#"{"type":"oneCycle","peak":1,"warmup":1}"#).contains("warmup is 1"));
        assert!(ScheduleSpec::constant(f64::NAN).validate().is_err());
        assert!(ScheduleSpec::constant(f64::INFINITY).validate().is_err());
        assert!(ScheduleSpec::one_cycle(0.1).at(0, None).is_err());
    }

    #[test]
    fn a_cycle_rises_and_falls_and_never_stands_at_zero() {
        for steps in [1, 2, 3, 7, 100] {
            let rates: Vec<f64> = (0..steps)
                .map(|step| ScheduleSpec::one_cycle(0.5).at(step, Some(steps)).unwrap())
                .collect();
            assert!(rates.iter().all(|&rate| rate > 0.0 && rate <= 0.5), "{rates:?}");
            let top = rates.iter().copied().fold(0.0, f64::max);
            let at = rates.iter().position(|&rate| rate == top).unwrap();
            assert!(rates[..=at].is_sorted() && rates[at..].iter().rev().is_sorted());
        }
        assert_eq!(ScheduleSpec::one_cycle(0.5).peak(), 0.5);
        assert_eq!(ScheduleSpec::constant(0.2).peak(), 0.2);
        let rate = |step| ScheduleSpec::one_cycle(1.0).at(step, Some(99)).unwrap();
        assert_eq!(rate(19), 1.0);
        assert!((rate(9) - 0.5).abs() < 1e-12 && (rate(59) - 0.5).abs() < 1e-12);
    }
}
