//! What a run is told and what it reports.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::tree::MAX_SHARDS;
use crate::data::Augmentation;
use crate::objective::{ClassWeightSpecs, LossSpecs, MetricSpecs};
use crate::optimizers::{Adam, OptimizerSpec};
use crate::{Result, err, named};

/// Samples of a shard by rule.
const SHARD: u32 = 16;
/// The most shards by rule: a machine of eight cores has one for each.
const DEFAULT_MAX_SHARDS: u32 = 8;

/// How a model learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrainerSpec {
    /// How weights follow gradients; Adam if not given.
    #[serde(default = "default_optimizer", deserialize_with = "named::one")]
    #[cfg_attr(
        target_arch = "wasm32",
        tsify(optional, type = "OptimizerSpec | OptimizerSpec[\"type\"]")
    )]
    pub optimizer: OptimizerSpec,
    /// What is made small: one loss for every output, or one for each, in a list or by the names of
    /// outputs. An output that is not named is not trained.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "LossSpecs"))]
    pub loss: LossSpecs,
    /// By the names of outputs, what their losses are multiplied by in that of the model; 1 if not given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "Record<string, number>"))]
    pub loss_weights: BTreeMap<String, f64>,
    /// What is reported next to the loss: of every output, or a list for each, in a list or by the names
    /// of outputs.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "MetricSpecs"))]
    pub metrics: MetricSpecs,
}

impl TrainerSpec {
    /// The learning rate of step `step` (from 0) of a run of `steps`.
    ///
    /// # Errors
    /// `Argument` if the schedule needs the length of a run and there is none.
    pub fn learning_rate(&self, step: u64, steps: Option<u64>) -> Result<f64> {
        self.optimizer.optimizer().learning_rate().at(step, steps)
    }
}

fn default_optimizer() -> OptimizerSpec {
    Adam::default().into()
}

/// One run over a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunSpec {
    /// How often every sample is seen; the run ends at this epoch, counted from 0.
    pub epochs: u32,
    /// Samples a step; the last step of an epoch takes what is left.
    pub batch_size: u32,
    /// Whether each epoch has an order of its own.
    #[serde(default = "default_shuffle")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub shuffle: bool,
    /// Decides the orders, the dropout and the augmentation, together with the epoch and the step.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub seed: u64,
    /// The epoch to begin with.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub initial_epoch: u32,
    /// Into how many shards a batch is cut; if not given, one for every 16 samples, from 1 to 8.
    ///
    /// The gradients of a shard are computed on their own and added up in a fixed order, so the bits
    /// of the result depend on this number and not on how many workers there are; no more workers
    /// than this have something to do. Batch normalisation takes the statistics of each shard
    /// ("ghost batch norm", Hoffer et al., 2017); with one shard those of the batch.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub shards: Option<u32>,
    /// How the images of the first input are changed, each time in another way that the seed, the
    /// epoch and the sample decide.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub augmentation: Option<Augmentation>,
    /// How much the samples of each class count, by its number; 1 for those behind the last. A list is
    /// of the only output that is trained; of several, each has one by its name. Loss and gradient of a
    /// sample are multiplied by it, and the mean is still taken over the number of samples, as Keras's
    /// `class_weight` does it. If not given, what a fix of the dataset's report said
    /// (`cleaning::ClassWeights`), or 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        target_arch = "wasm32",
        tsify(optional, type = "number[] | { [output: string]: number[] }")
    )]
    pub class_weight: Option<ClassWeightSpecs>,
}

fn default_shuffle() -> bool {
    true
}

impl RunSpec {
    /// A shuffled run from the first epoch.
    pub fn new(epochs: u32, batch_size: u32, seed: u64) -> Self {
        Self {
            epochs,
            batch_size,
            shuffle: true,
            seed,
            initial_epoch: 0,
            shards: None,
            augmentation: None,
            class_weight: None,
        }
    }

    /// Into how many shards a batch is cut: as given, or by rule.
    #[must_use]
    pub fn shard_count(&self) -> u32 {
        self.shards.unwrap_or((self.batch_size / SHARD).clamp(1, DEFAULT_MAX_SHARDS))
    }

    /// Refuses runs without epochs or samples, and shards that are none or too many.
    ///
    /// # Errors
    /// `Argument`, with the attribute, its value and what is allowed.
    pub fn validate(&self) -> Result<()> {
        if self.batch_size == 0 {
            return Err(err!(Argument, "batchSize is 0, expected at least 1"));
        }
        if self.epochs <= self.initial_epoch {
            return Err(err!(
                Argument,
                "epochs is {}, expected more than initialEpoch, {}",
                self.epochs,
                self.initial_epoch
            ));
        }
        let shards = self.shard_count();
        if !(1..=MAX_SHARDS).contains(&shards) {
            return Err(err!(Argument, "shards is {shards}, expected 1 to {MAX_SHARDS}"));
        }
        self.augmentation.as_ref().map_or(Ok(()), Augmentation::validate)
    }

    /// Refuses another specification than this one.
    ///
    /// # Errors
    /// `Argument` with the first attribute that differs and both values.
    pub(super) fn require(&self, found: &Self) -> Result<()> {
        if self == found {
            return Ok(());
        }
        let values = |spec: &Self| serde_json::to_value(spec).unwrap_or_default();
        let (expected, found) = (values(self), values(found));
        let none = Value::Null;
        let of = |spec: &Value, name: &str| spec.get(name).unwrap_or(&none).to_string();
        let names =
            [&expected, &found].into_iter().filter_map(Value::as_object).flat_map(Map::keys);
        let different = names.into_iter().find(|name| of(&expected, name) != of(&found, name));
        let name = different.map_or("", String::as_str);
        Err(err!(
            Argument,
            "run: {name} is {}, expected {}, with which it was started",
            of(&found, name),
            of(&expected, name)
        ))
    }
}

/// Numbers by name: `loss` and the metrics, as [`objective`](crate::objective) names them.
pub type Logs = BTreeMap<String, f64>;

/// How far a run is after a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The epoch of the step, from 0.
    pub epoch: u32,
    /// The epoch at which the run ends.
    pub epochs: u32,
    /// The step within the epoch, from 0.
    pub batch: u32,
    /// Steps in an epoch.
    pub batches: u32,
    /// Samples of the step.
    pub samples: u32,
    /// The loss of the step, before its update. The means of the epoch so far, with the metrics,
    /// are [`Trainer::logs`](super::Trainer::logs).
    pub loss: f64,
    /// The learning rate of the step.
    pub learning_rate: f64,
    /// What the epoch came to, if this was its last step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch_end: Option<EpochReport>,
    /// Whether this was the last step of the run.
    pub finished: bool,
}

/// What an epoch came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct EpochReport {
    /// From 0.
    pub epoch: u32,
    /// The epoch at which the run ends.
    pub epochs: u32,
    /// Means over the samples of the epoch, of what each step saw before its update.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Record<string, number>"))]
    pub logs: Logs,
    /// Metrics that are not defined for the epoch, and why.
    pub warnings: Vec<String>,
}

/// What a single step came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// The loss of the batch, before the update.
    pub loss: f64,
    /// The loss and the metrics.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Record<string, number>"))]
    pub logs: Logs,
}
