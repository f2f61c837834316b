//! A trainer as bytes: the saved model with the optimiser's state and the position in the run.

use serde::{Deserialize, Serialize};

use super::Trainer;
use super::run::Run;
use super::specs::{RunSpec, TrainerSpec};
use crate::formats::safetensors::{self, ModelInfo, TrainingState, Values};
use crate::memory::copied;
use crate::optimizers::{self, OptimizerState, Parameters};
use crate::{Error, Result, err};

/// What the file says of training, next to the tensors.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Description {
    trainer: TrainerSpec,
    learning_rate_scale: f64,
    optimizer_steps: u64,
    /// Batches whose gradients wait for others to make an update.
    #[serde(default, skip_serializing_if = "is_zero")]
    gathered: u64,
    /// Updates that the average of the weights knows of.
    #[serde(default, skip_serializing_if = "is_zero")]
    averaged: u64,
    /// Whether the model's weights are their average, and what is kept as that the others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    shows_average: bool,
    run: Option<Position>,
}

/// Where the run stands.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Position {
    spec: RunSpec,
    samples: usize,
    epoch: u32,
    batch: u32,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

const OPTIMIZER: &str = "optimizer/";
/// Loss and rows of each output in the epoch so far, then the sums of the metrics.
const SUMS: &str = "epoch/sums";

impl Trainer {
    /// The model, what goes along with it, and all that a run needs to go on, as one file of the
    /// format of [`crate::formats::safetensors`].
    ///
    /// # Errors
    /// `Format` if `info` can't be written, `TooLarge` where there is no memory for the file.
    pub fn save(&self, info: &ModelInfo) -> Result<Vec<u8>> {
        let optimizer = &self.learner.optimizer;
        let position = optimizer.position();
        let description = Description {
            trainer: self.spec.clone(),
            learning_rate_scale: self.learning_rate_scale,
            optimizer_steps: position.updates,
            gathered: position.gathered.into(),
            averaged: position.averaged,
            shows_average: position.is_shown,
            run: self.run.as_ref().map(|run| Position {
                spec: run.spec.clone(),
                samples: run.samples,
                epoch: run.epoch,
                batch: run.batch,
            }),
        };
        let description = serde_json::to_value(description)
            .map_err(|error| err!(Format, "saved run: it can't be written: {error}"))?;
        let mut tensors = optimizer
            .buffers()
            .map(|(name, buffer)| {
                let buffer = copied("the optimiser's state", buffer)?;
                Ok((format!("{OPTIMIZER}{name}"), Values::F32(buffer)))
            })
            .collect::<Result<Vec<_>>>()?;
        if let Some(run) = &self.run {
            let mut sums = run.losses.concat();
            let losses = sums.len();
            sums.resize(losses + run.metrics.count(), 0.0);
            run.metrics.sums_into(&mut sums[losses..]);
            // Most models have none.
            sums.extend((run.penalty != 0.0).then_some(run.penalty));
            tensors.push((SUMS.into(), Values::F64(sums)));
        }
        safetensors::write(self.model(), info, Some(&TrainingState { description, tensors }))
    }

    /// The trainer that was saved; with the same dataset, [`advance`](Self::advance) goes on to the
    /// same bits.
    ///
    /// # Errors
    /// What [`safetensors::read`] refuses; `Format` if the file holds a model without a run to go on
    /// with, or its parts do not belong together.
    pub fn restore(bytes: &[u8]) -> Result<(Self, ModelInfo)> {
        let saved = safetensors::read(bytes)?;
        let Some(TrainingState { description, mut tensors }) = saved.training else {
            return Err(err!(
                Format,
                "saved run: found a model only, expected one that was saved with its optimiser"
            ));
        };
        let description: Description = serde_json::from_value(description)
            .map_err(|error| err!(Format, "saved run: the description is wrong: {error}"))?;
        let mut take = |name: &str| {
            let at = tensors.iter().position(|(found, _)| found == name);
            at.map(|at| tensors.swap_remove(at).1)
                .ok_or_else(|| err!(Format, "saved run: it has no tensor \"{name}\""))
        };
        let Description { trainer, run, .. } = description;
        let mut buffers = Vec::new();
        for name in trainer.optimizer.buffers() {
            match take(&format!("{OPTIMIZER}{name}"))? {
                Values::F32(buffer) => buffers.push(buffer),
                Values::F64(_) => {
                    return Err(err!(Format, "saved run: \"{name}\" is f64, expected f32"));
                }
            }
        }
        let position = optimizers::Position {
            updates: description.optimizer_steps,
            gathered: u32::try_from(description.gathered).unwrap_or(u32::MAX),
            averaged: description.averaged,
            is_shown: description.shows_average,
        };
        let parameters = Parameters::of(saved.model.graph());
        let spec = trainer.optimizer.clone();
        let optimizer = OptimizerState::restore(spec, parameters, position, buffers)?;
        let mut restored = Self::with_optimizer(saved.model, trainer, optimizer)?;
        restored.set_learning_rate_scale(description.learning_rate_scale)?;
        if let Some(position) = run {
            let sums = take(SUMS)?;
            restored.run = Some(restored.restore_run(position, sums)?);
        }
        Ok((restored, saved.info))
    }

    fn restore_run(&mut self, position: Position, sums: Values) -> Result<Run> {
        let Position { mut spec, samples, epoch, batch } = position;
        let objective = &self.learner.objective;
        let metrics = objective.sums(&self.spec.metrics)?;
        if let Some(weights) = &mut spec.class_weight {
            *weights = objective.class_weight(weights)?;
        }
        let outputs = objective.outputs().len();
        let mut run = Run::new(spec, samples, outputs, metrics)?.at(epoch, batch)?;
        match sums {
            Values::F64(sums)
                if sums.len() >= 2 * outputs && sums.iter().all(|sum| sum.is_finite()) =>
            {
                let (losses, metrics) = sums.split_at(2 * outputs);
                run.losses.copy_from_slice(losses.as_chunks().0);
                let (metrics, penalty) = metrics.split_at(metrics.len().min(run.metrics.count()));
                run.metrics.set_sums(metrics)?;
                run.penalty = match *penalty {
                    [] => 0.0,
                    [penalty] => penalty,
                    _ => return Err(wrong(outputs)),
                };
            }
            _ => return Err(wrong(outputs)),
        }
        Ok(run)
    }
}

fn wrong(outputs: usize) -> Error {
    err!(
        Format,
        "saved run: \"{SUMS}\" is wrong, expected finite numbers in f64, {} at least",
        2 * outputs
    )
}
