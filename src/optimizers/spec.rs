//! An optimiser as it is written down: one flat object of its own attributes and those of all.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Error, Map, Value};

use super::{Optimizer, OptimizerAlgorithm, OptimizerOptions};
use crate::Result;

/// An optimiser: `{ "type": "adam", "learningRate": 0.001, "clipNorm": 1 }`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", tsify(type = "OptimizerAlgorithm & OptimizerOptions"))]
pub struct OptimizerSpec {
    /// What it does with gradients.
    #[serde(flatten)]
    pub algorithm: OptimizerAlgorithm,
    /// What holds for every optimiser.
    #[serde(flatten)]
    pub options: OptimizerOptions,
}

impl OptimizerSpec {
    /// One of each, with the attributes' defaults.
    #[must_use]
    pub fn all() -> Vec<Self> {
        OptimizerAlgorithm::all().into_iter().map(Self::from).collect()
    }

    /// The optimiser itself.
    #[must_use]
    pub fn optimizer(&self) -> &dyn Optimizer {
        self.algorithm.optimizer()
    }

    /// Refuses attributes that make no sense.
    ///
    /// # Errors
    /// `Argument`, with the attribute, its value and what is allowed.
    pub fn validate(&self) -> Result<()> {
        self.optimizer().learning_rate().validate()?;
        self.optimizer().validate()?;
        self.options.validate()
    }
}

impl<A: Into<OptimizerAlgorithm>> From<A> for OptimizerSpec {
    fn from(algorithm: A) -> Self {
        Self { algorithm: algorithm.into(), options: OptimizerOptions::default() }
    }
}

impl<'de> Deserialize<'de> for OptimizerSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        read(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

fn read(mut value: Value) -> serde_json::Result<OptimizerSpec> {
    let mut options = Map::new();
    if let Some(attributes) = value.as_object_mut() {
        for name in OptimizerOptions::NAMES {
            options.extend(attributes.remove_entry(*name));
        }
    }
    let algorithm = serde_json::from_value(value).map_err(|error| {
        let text = error.to_string();
        if !text.starts_with("unknown field") {
            return error;
        }
        Error::custom(format_args!(
            "{text}, or one that all optimizers have: `{}`",
            OptimizerOptions::NAMES.join("`, `")
        ))
    })?;
    Ok(OptimizerSpec { algorithm, options: serde_json::from_value(Value::Object(options))? })
}
