//! A training run as a value: one step at a time, saved to bytes and restored at any of them.
//!
//! The caller drives it and may stop, look and go on between any two steps. The order of samples,
//! dropout and learning rate depend only on the seed and the position in the run, so a restored run
//! goes on to the same bits.

mod run;
mod save;
mod specs;
mod step;
#[cfg(test)]
mod tests;

pub use specs::{EpochReport, Logs, Progress, RunSpec, StepReport, TrainerSpec};

use crate::data::Dataset;
use crate::layers::StepKey;
use crate::losses::TargetBatch;
use crate::model::Model;
use crate::objective::Objective;
use crate::optimizers::OptimizerState;
use crate::spec::InputSpec;
use crate::{Result, err};

use run::Run;
use step::{Learner, Workspace};

/// A model with what it is trained by.
#[derive(Debug)]
pub struct Trainer {
    spec: TrainerSpec,
    learner: Learner,
    learning_rate_scale: f64,
    workspace: Option<Workspace>,
    run: Option<Run>,
}

impl Trainer {
    /// A trainer before its first step.
    ///
    /// # Errors
    /// `Argument` or `Unsupported` if optimiser, loss or metrics have attributes that make no sense
    /// or do not fit the model's output.
    pub fn new(model: Model, spec: TrainerSpec) -> Result<Self> {
        let optimizer = OptimizerState::new(spec.optimizer, model.weights().len())?;
        Self::with_optimizer(model, spec, optimizer)
    }

    fn with_optimizer(model: Model, spec: TrainerSpec, optimizer: OptimizerState) -> Result<Self> {
        let objective = Objective::new(model.graph(), spec.loss)?;
        let metrics = objective.metric_sums(&spec.metrics)?;
        let learner = Learner::new(model, objective, optimizer, metrics);
        Ok(Self { spec, learner, learning_rate_scale: 1.0, workspace: None, run: None })
    }

    /// The model as it is now.
    pub fn model(&self) -> &Model {
        &self.learner.model
    }

    /// The model, to change its weights between two steps.
    pub fn model_mut(&mut self) -> &mut Model {
        self.learner.model_mut()
    }

    /// Ends training and keeps the model.
    pub fn into_model(self) -> Model {
        self.learner.model
    }

    /// What the model is trained by.
    pub fn spec(&self) -> &TrainerSpec {
        &self.spec
    }

    /// The run that was started and is not finished.
    pub fn run(&self) -> Option<&RunSpec> {
        self.run.as_ref().map(|run| &run.spec)
    }

    /// Means of the epoch so far: the loss and the metrics. Empty without a run.
    pub fn logs(&self) -> Logs {
        self.run.as_ref().map(Run::logs).unwrap_or_default()
    }

    /// The factor by which the learning rate of the specification is multiplied.
    pub fn learning_rate_scale(&self) -> f64 {
        self.learning_rate_scale
    }

    /// Multiplies the learning rate of every step from the next on.
    ///
    /// # Errors
    /// `Argument` if the factor is negative or not finite.
    pub fn set_learning_rate_scale(&mut self, scale: f64) -> Result<()> {
        if !scale.is_finite() || scale < 0.0 {
            return Err(err!(
                Argument,
                "learningRate: the factor is {scale}, expected a finite number of at least 0"
            ));
        }
        self.learning_rate_scale = scale;
        Ok(())
    }

    /// One step on this batch, outside of any run; a run that was started stays where it is.
    ///
    /// `inputs` holds one slice an input of the model, `[samples, ...shape]`, with the numbers that
    /// the network sees.
    ///
    /// # Errors
    /// `Shape` or `Data` for inputs and targets that do not fit; `Argument` if the learning rate is
    /// a schedule that needs a run; `Diverged` as in [`advance`](Self::advance).
    pub fn train_on_batch(
        &mut self,
        inputs: &[&[f32]],
        targets: TargetBatch<'_>,
        samples: usize,
    ) -> Result<StepReport> {
        let step = self.learner.optimizer.steps();
        let learning_rate = self.spec.learning_rate(step, None)? * self.learning_rate_scale;
        self.learner.objective.check(samples, &targets)?;
        check_inputs(&self.learner.model, inputs, samples)?;
        let workspace = reserve(&mut self.workspace, &self.learner, samples)?;
        for (i, input) in inputs.iter().enumerate() {
            workspace.plan.input_mut(i)[..input.len()].copy_from_slice(input);
        }
        workspace.targets.copy(targets);
        let key = StepKey::new(self.learner.model.spec().seed, step);
        let loss = self.learner.step(workspace, samples, learning_rate, key)?;
        Ok(StepReport { loss, logs: run::logs(loss, &self.learner.metrics) })
    }

    /// Begins a run over a dataset, at the learning rate of the specification; one that was going
    /// on is given up. The optimiser's state stays.
    ///
    /// # Errors
    /// `Argument` or `Unsupported` for the specification; `Data` or `Shape` if the dataset does not
    /// fit the model; `TooLarge` if a batch does not fit memory.
    pub fn start(&mut self, spec: RunSpec, dataset: &Dataset) -> Result<()> {
        let objective = &self.learner.objective;
        objective.check_targets(self.learner.model.graph(), dataset)?;
        let sums = objective.metric_sums(&self.spec.metrics)?;
        let mut run = Run::new(spec, dataset.len(), sums)?;
        reserve(&mut self.workspace, &self.learner, run.max_batch())?;
        run.prepare();
        self.run = Some(run);
        self.learning_rate_scale = 1.0;
        Ok(())
    }

    /// One step of the run. Allocates nothing, but a report at the end of an epoch.
    ///
    /// # Errors
    /// `Argument` if no run was started or it is finished; `Data` or `Shape` if the dataset is not
    /// the one that the run was started on, which leaves the run as it is. `Diverged` if the loss,
    /// the gradient or the updated weights are not finite: the run ends, the model has the last
    /// weights that gave a finite loss and gradient, and the optimiser starts anew.
    pub fn advance(&mut self, dataset: &Dataset) -> Result<Progress> {
        let Some(run) = &mut self.run else {
            return Err(err!(Argument, "run: found none to go on with, expected a started one"));
        };
        self.learner.objective.check_dataset(self.learner.model.graph(), dataset)?;
        if dataset.len() != run.samples {
            return Err(err!(
                Data,
                "dataset: found {} samples, expected the {} that the run was started with",
                dataset.len(),
                run.samples
            ));
        }
        run.prepare();
        let (step, steps) = run.step();
        let learning_rate = self.spec.learning_rate(step, Some(steps))? * self.learning_rate_scale;
        let workspace = reserve(&mut self.workspace, &self.learner, run.max_batch())?;
        let samples = workspace.load(&self.learner.objective, dataset, run.indices())?;
        let key = StepKey::new(run.spec.seed, step);
        let loss = match self.learner.step(workspace, samples, learning_rate, key) {
            Ok(loss) => loss,
            Err(error) => {
                self.run = None;
                return Err(error);
            }
        };
        run.add(self.learner.objective.rows(samples), loss, &self.learner.metrics);
        let (epoch, batch, batches) = (run.epoch, run.batch, run.batches());
        let epoch_end = run.advance();
        let progress = Progress {
            epoch,
            epochs: run.spec.epochs,
            batch,
            batches,
            samples: samples as u32,
            loss,
            learning_rate,
            epoch_end,
            finished: run.finished(),
        };
        if progress.finished {
            self.run = None;
        }
        Ok(progress)
    }
}

/// The workspace, made anew if a batch of this many samples does not fit the one that is there.
fn reserve<'a>(
    workspace: &'a mut Option<Workspace>,
    learner: &Learner,
    samples: usize,
) -> Result<&'a mut Workspace> {
    match workspace.take() {
        Some(fitting) if fitting.max_batch() >= samples => Ok(workspace.insert(fitting)),
        _ => Ok(workspace.insert(Workspace::new(learner, samples)?)),
    }
}

/// Refuses inputs that are not what the model takes.
fn check_inputs(model: &Model, inputs: &[&[f32]], samples: usize) -> Result<()> {
    let expected = model.graph().inputs();
    if inputs.len() != expected.len() {
        return Err(err!(
            Shape,
            "inputs: found {}, expected the {} of the model",
            inputs.len(),
            expected.len()
        ));
    }
    if samples == 0 {
        return Err(err!(Data, "inputs: found no samples, expected at least one"));
    }
    for (input, InputSpec { name, shape }) in inputs.iter().zip(expected) {
        let expected = shape.iter().product::<usize>().checked_mul(samples);
        if expected != Some(input.len()) {
            return Err(err!(
                Shape,
                "input \"{name}\": found {} numbers, expected {samples} samples of shape {shape:?}",
                input.len()
            ));
        }
        if let Some(at) = input.iter().position(|value| !value.is_finite()) {
            return Err(err!(
                Data,
                "input \"{name}\": found {} at position {at}, expected finite numbers",
                input[at]
            ));
        }
    }
    Ok(())
}
