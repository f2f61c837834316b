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
use crate::metrics::MetricSums;
use crate::model::Model;
use crate::objective::Objective;
use crate::optimizers::OptimizerState;
use crate::spec::InputSpec;
use crate::{Result, err};

use run::Run;
use step::{Good, Step, Workspace};

/// A model with what it is trained by.
#[derive(Debug)]
pub struct Trainer {
    model: Model,
    spec: TrainerSpec,
    objective: Objective,
    optimizer: OptimizerState,
    learning_rate_scale: f64,
    /// Of the last step.
    metrics: MetricSums,
    good: Good,
    /// Whether the model was handed out since `good` was kept.
    touched: bool,
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
        let good = Good::new(&model);
        Ok(Self {
            model,
            spec,
            objective,
            optimizer,
            learning_rate_scale: 1.0,
            metrics,
            good,
            touched: false,
            workspace: None,
            run: None,
        })
    }

    /// The model as it is now.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The model, to change its weights between two steps.
    pub fn model_mut(&mut self) -> &mut Model {
        self.touched = true;
        &mut self.model
    }

    /// Ends training and keeps the model.
    pub fn into_model(self) -> Model {
        self.model
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
        let step = self.optimizer.steps();
        let learning_rate = self.spec.optimizer.optimizer().learning_rate().at(step, None)?;
        self.objective.check(samples, &targets)?;
        check_inputs(&self.model, inputs, samples)?;
        let workspace = reserve(&mut self.workspace, &self.model, &self.objective, samples)?;
        for (i, input) in inputs.iter().enumerate() {
            workspace.plan.input_mut(i)[..input.len()].copy_from_slice(input);
        }
        workspace.targets.copy(targets);
        let key = StepKey::new(self.model.spec().seed, step);
        let loss = self.step(samples, learning_rate, key)?;
        Ok(StepReport { loss, logs: run::logs(loss, &self.metrics) })
    }

    /// Begins a run over a dataset; one that was going on is given up. The optimiser's state stays.
    ///
    /// # Errors
    /// `Argument` or `Unsupported` for the specification; `Data` or `Shape` if the dataset does not
    /// fit the model; `TooLarge` if a batch does not fit memory.
    pub fn start(&mut self, spec: RunSpec, dataset: &Dataset) -> Result<()> {
        self.objective.check_targets(self.model.graph(), dataset)?;
        let sums = self.objective.metric_sums(&self.spec.metrics)?;
        let mut run = Run::new(spec, dataset.len(), sums)?;
        run.prepare();
        reserve(&mut self.workspace, &self.model, &self.objective, run.max_batch())?;
        self.run = Some(run);
        Ok(())
    }

    /// One step of the run. Allocates nothing, but a report at the end of an epoch.
    ///
    /// # Errors
    /// `Argument` if no run was started or it is finished; `Data` if the dataset is not the one that
    /// the run was started on. `Diverged` if the loss, the gradient or the updated weights are not
    /// finite: the run ends, the model has the last weights that gave a finite loss and gradient,
    /// and the optimiser starts anew.
    pub fn advance(&mut self, dataset: &Dataset) -> Result<Progress> {
        let Some(mut run) = self.run.take() else {
            return Err(err!(Argument, "run: found none to go on with, expected a started one"));
        };
        if let Err(error) = self.objective.check_dataset(self.model.graph(), dataset) {
            self.run = Some(run);
            return Err(error);
        }
        if dataset.len() != run.samples {
            let error = err!(
                Data,
                "dataset: found {} samples, expected the {} that the run was started with",
                dataset.len(),
                run.samples
            );
            self.run = Some(run);
            return Err(error);
        }
        run.prepare();
        let progress = self.run_step(&mut run, dataset)?;
        if !progress.finished {
            self.run = Some(run);
        }
        Ok(progress)
    }

    fn run_step(&mut self, run: &mut Run, dataset: &Dataset) -> Result<Progress> {
        let workspace =
            reserve(&mut self.workspace, &self.model, &self.objective, run.max_batch())?;
        let indices = run.indices();
        let samples = indices.len();
        for (i, column) in dataset.inputs().iter().enumerate() {
            let input = &mut workspace.plan.input_mut(i)[..samples * column.width()];
            dataset.input_into(i, indices, input)?;
        }
        workspace.targets.load(&self.objective, dataset, indices)?;
        let (step, steps) = run.step();
        let schedule = self.spec.optimizer.optimizer().learning_rate();
        let learning_rate = schedule.at(step, Some(steps))? * self.learning_rate_scale;
        let loss = self.step(samples, learning_rate, StepKey::new(run.spec.seed, step))?;
        run.add(self.objective.rows(samples), loss, &self.metrics);
        let (epoch, batch, batches) = (run.epoch, run.batch, run.batches());
        let epoch_end = run.advance();
        Ok(Progress {
            epoch,
            epochs: run.spec.epochs,
            batch,
            batches,
            samples: samples as u32,
            loss,
            learning_rate,
            epoch_end,
            finished: run.finished(),
        })
    }

    /// The step on what is in the workspace.
    fn step(&mut self, samples: usize, learning_rate: f64, key: StepKey) -> Result<f64> {
        if std::mem::take(&mut self.touched) {
            self.good.keep(&self.model);
        }
        let step = Step {
            model: &mut self.model,
            objective: &self.objective,
            optimizer: &mut self.optimizer,
            metrics: &mut self.metrics,
            good: &mut self.good,
            learning_rate,
            key,
        };
        match &mut self.workspace {
            Some(workspace) => workspace.step(step, samples),
            None => Err(err!(Argument, "training: found no room for a batch")),
        }
    }
}

/// The workspace, made anew if a batch of this many samples does not fit the one that is there.
fn reserve<'a>(
    workspace: &'a mut Option<Workspace>,
    model: &Model,
    objective: &Objective,
    samples: usize,
) -> Result<&'a mut Workspace> {
    match workspace.take() {
        Some(fitting) if fitting.max_batch >= samples => Ok(workspace.insert(fitting)),
        _ => Ok(workspace.insert(Workspace::new(model, objective, samples)?)),
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
