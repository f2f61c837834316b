//! Losses and metrics as they are asked for: the same for every output, or some for each.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Error, Value};

use crate::losses::LossSpec;
use crate::metrics::MetricSpec;
use crate::{Result, err, named};

/// What is made small.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum LossSpecs {
    /// Of every output.
    All(LossSpec),
    /// Of the outputs in their order.
    List(Vec<LossSpec>),
    /// Of outputs by their names; an output that is not named is not trained.
    Named(BTreeMap<String, LossSpec>),
}

impl From<LossSpec> for LossSpecs {
    fn from(loss: LossSpec) -> Self {
        Self::All(loss)
    }
}

/// What is reported next to the loss.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum MetricSpecs {
    /// Of every output.
    All(Vec<MetricSpec>),
    /// Of the outputs in their order.
    Lists(Vec<Vec<MetricSpec>>),
    /// Of outputs by their names.
    Named(BTreeMap<String, Vec<MetricSpec>>),
}

/// How much the samples of each class count, by its number.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ClassWeightSpecs {
    /// Of the only output that is trained.
    Only(Vec<f32>),
    /// Of outputs by their names; of those that are not named all classes count the same.
    Named(BTreeMap<String, Vec<f32>>),
}

impl From<Vec<f32>> for ClassWeightSpecs {
    fn from(weights: Vec<f32>) -> Self {
        Self::Only(weights)
    }
}

impl Default for MetricSpecs {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl From<Vec<MetricSpec>> for MetricSpecs {
    fn from(metrics: Vec<MetricSpec>) -> Self {
        Self::All(metrics)
    }
}

impl LossSpecs {
    /// The loss of each output, by the names of all outputs; `None` where there is none.
    ///
    /// # Errors
    /// `Argument` for a list of another length, a name that no output has, and no loss at all.
    pub fn of(&self, outputs: &[&str]) -> Result<Vec<Option<LossSpec>>> {
        let losses = match self {
            Self::All(loss) => vec![Some(loss.clone()); outputs.len()],
            Self::List(losses) => {
                check_count("loss", losses.len(), outputs)?;
                losses.iter().cloned().map(Some).collect()
            }
            Self::Named(losses) => {
                check_names("loss", losses.keys(), outputs)?;
                outputs.iter().map(|name| losses.get(*name).cloned()).collect()
            }
        };
        if losses.iter().all(Option::is_none) {
            return Err(err!(Argument, "loss: found none, expected that of an output at least"));
        }
        Ok(losses)
    }
}

impl MetricSpecs {
    /// The metrics of these outputs of a model, by the names of all its outputs.
    ///
    /// # Errors
    /// `Argument` for lists of another number, and for a name that no output has.
    pub fn of<'a>(&'a self, outputs: &[&str], output: usize) -> Result<&'a [MetricSpec]> {
        Ok(match self {
            Self::All(metrics) => metrics,
            Self::Lists(lists) => {
                check_count("metrics", lists.len(), outputs)?;
                &lists[output]
            }
            Self::Named(metrics) => {
                check_names("metrics", metrics.keys(), outputs)?;
                metrics.get(outputs[output]).map_or(&[], Vec::as_slice)
            }
        })
    }
}

impl ClassWeightSpecs {
    /// The weights of the classes of an output that is trained, if it has some.
    pub fn of(&self, output: &str) -> Option<&[f32]> {
        match self {
            Self::Only(weights) => Some(weights),
            Self::Named(weights) => weights.get(output).map(Vec::as_slice),
        }
    }
}

fn check_count(what: &str, found: usize, outputs: &[&str]) -> Result<()> {
    if found == outputs.len() {
        return Ok(());
    }
    Err(err!(
        Argument,
        "{what}: found a list for {found} outputs, expected {}: {}",
        outputs.len(),
        outputs.join(", ")
    ))
}

/// Refuses a name that no output has.
pub(super) fn check_names<'a>(
    what: &str,
    mut names: impl Iterator<Item = &'a String>,
    outputs: &[&str],
) -> Result<()> {
    match names.find(|name| !outputs.contains(&name.as_str())) {
        Some(name) => Err(err!(
            Argument,
            "{what}: the model has no output \"{name}\", expected names of {}",
            outputs.join(", ")
        )),
        None => Ok(()),
    }
}

impl<'de> Deserialize<'de> for LossSpecs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let read = |value: Value| -> std::result::Result<Self, Error> {
            match value {
                Value::Array(list) => list
                    .into_iter()
                    .map(named::read)
                    .collect::<std::result::Result<_, _>>()
                    .map(Self::List),
                Value::Object(named) if !named.contains_key("type") => {
                    let losses =
                        named.into_iter().map(|(name, loss)| Ok((name, named::read(loss)?)));
                    losses.collect::<std::result::Result<_, Error>>().map(Self::Named)
                }
                one => named::read(one).map(Self::All),
            }
        };
        read(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for MetricSpecs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        fn list(value: Value) -> std::result::Result<Vec<MetricSpec>, Error> {
            match value {
                Value::Array(list) => list.into_iter().map(named::read).collect(),
                one => Ok(vec![named::read(one)?]),
            }
        }
        let read = |value: Value| -> std::result::Result<Self, Error> {
            match value {
                Value::Array(lists) if lists.iter().any(Value::is_array) => lists
                    .into_iter()
                    .map(list)
                    .collect::<std::result::Result<_, _>>()
                    .map(Self::Lists),
                Value::Object(named) if !named.contains_key("type") => {
                    let metrics =
                        named.into_iter().map(|(name, metrics)| Ok((name, list(metrics)?)));
                    metrics.collect::<std::result::Result<_, Error>>().map(Self::Named)
                }
                Value::Array(_) => list(value).map(Self::All),
                other => Err(Error::custom(format_args!(
                    "metrics: found {other}, expected a list, or an object of lists by the names of outputs"
                ))),
            }
        };
        read(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for ClassWeightSpecs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let read = match Value::deserialize(deserializer)? {
            named @ Value::Object(_) => serde_json::from_value(named).map(Self::Named),
            list => serde_json::from_value(list).map(Self::Only),
        };
        read.map_err(D::Error::custom)
    }
}
