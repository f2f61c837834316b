//! A training run as a value: one step at a time, saved to bytes and restored at any of them.
//!
//! The caller drives it and may stop, look and go on between any two steps. The order of samples,
//! dropout and learning rate depend only on the seed and the position in the run, so a restored run
//! goes on to the same bits.
//!
//! Several trainers that hold the same run can share its steps: each computes some shards of the
//! batch ([`Trainer::compute`]), takes over the others' blocks ([`Trainer::insert`]) and makes the
//! same update ([`Trainer::apply`]). [`Trainer::advance`] is the same by one alone.

mod batch;
mod features;
mod run;
mod save;
mod shared;
mod specs;
mod step;
#[cfg(test)]
mod tests;
mod tree;
mod workspace;

pub use batch::Batch;
pub use features::Features;
pub use tree::{Block, MAX_SHARDS, Part};

pub use specs::{EpochReport, Logs, Progress, RunSpec, StepReport, TrainerSpec};

use std::sync::Arc;

use crate::data::Dataset;
use crate::model::Model;
use crate::objective::Objective;
use crate::optimizers::{OptimizerState, Parameters};
use crate::{Result, err};

use run::Run;
use step::Learner;
use tree::Tree;
use workspace::Workspace;

/// A model with what it is trained by.
#[derive(Debug)]
pub struct Trainer {
    spec: TrainerSpec,
    learner: Learner,
    learning_rate_scale: f64,
    workspace: Option<Workspace>,
    /// The blocks of the step under way, once a first step was made.
    tree: Option<Tree>,
    run: Option<Run>,
    /// What the run goes on from, if not from its samples.
    features: Option<Arc<Dataset>>,
}

impl Trainer {
    /// A trainer before its first step.
    ///
    /// # Errors
    /// `Argument` or `Unsupported` if optimiser, loss or metrics have attributes that make no sense
    /// or do not fit the model's output, `TooLarge` where there is no memory for what it keeps.
    pub fn new(model: Model, spec: TrainerSpec) -> Result<Self> {
        let parameters = Parameters::of(model.graph());
        let optimizer = OptimizerState::new(spec.optimizer.clone(), parameters)?;
        Self::with_optimizer(model, spec, optimizer)
    }

    fn with_optimizer(model: Model, spec: TrainerSpec, optimizer: OptimizerState) -> Result<Self> {
        let objective = Objective::new(model.graph(), &spec.loss, &spec.loss_weights)?;
        let metrics = objective.sums(&spec.metrics)?;
        let learner = Learner::new(model, objective, optimizer, metrics)?;
        Ok(Self {
            spec,
            learner,
            learning_rate_scale: 1.0,
            workspace: None,
            tree: None,
            run: None,
            features: None,
        })
    }

    /// The model as it is now.
    pub fn model(&self) -> &Model {
        &self.learner.model
    }

    /// The model, to change its weights between two steps; a run then goes on from samples, not from
    /// features of the weights of before.
    pub fn model_mut(&mut self) -> &mut Model {
        self.forget_features();
        self.learner.model_mut()
    }

    /// The model, to predict: its weights stay as they are.
    pub fn predicting(&mut self) -> &mut Model {
        &mut self.learner.model
    }

    /// Ends training and keeps the model.
    pub fn into_model(self) -> Model {
        self.learner.model
    }

    /// The losses and metrics of its outputs.
    pub fn objective(&self) -> &Objective {
        &self.learner.objective
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
        let objective = &self.learner.objective;
        self.run.as_ref().map(|run| run.logs(objective)).unwrap_or_default()
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

    /// Gives the model the average of its weights, if the optimiser makes one and it has not. A run
    /// does so at the end of each epoch, and the next step goes on from the other weights; this is
    /// for a run that ends elsewhere.
    pub fn use_average(&mut self) {
        self.learner.show_average();
    }

    /// Begins a run over a dataset, at the learning rate of the specification; one that was going
    /// on is given up. The optimiser's state stays, but for the average of the weights, which is one
    /// over the run.
    ///
    /// # Errors
    /// `Argument` or `Unsupported` for the specification; `Data` or `Shape` if the dataset does not
    /// fit the model; `TooLarge` if a batch does not fit memory.
    pub fn start(&mut self, spec: RunSpec, dataset: &Dataset) -> Result<()> {
        let spec = self.fitted(spec, dataset)?;
        let objective = &self.learner.objective;
        let sums = objective.sums(&self.spec.metrics)?;
        let mut run = Run::new(spec, dataset.len(), objective.outputs().len(), sums)?;
        self.forget_features();
        let workspace = reserve(&mut self.workspace, &self.learner, run.max_shard())?;
        workspace.augment(&self.learner.objective, run.spec.augmentation.as_ref(), dataset)?;
        plant(&mut self.tree, &self.learner, run.spec.shard_count())?.begin(0);
        run.prepare()?;
        self.run = Some(run);
        self.learner.optimizer.forget_average();
        self.learning_rate_scale = 1.0;
        Ok(())
    }

    /// Goes on with the run that was going on when this was saved; returns its epoch and the next step
    /// in it. Nothing changes: [`advance`](Self::advance) needs no more than the same dataset, and this
    /// is for those who want to know that it is the same.
    ///
    /// # Errors
    /// `Argument` if there is no such run, or it was started with another specification or on another
    /// number of samples; as [`start`](Self::start) for a dataset that does not fit.
    pub fn resume(&self, spec: RunSpec, dataset: &Dataset) -> Result<(u32, u32)> {
        let mut spec = self.fitted(spec, dataset)?;
        spec.shards = Some(spec.shard_count());
        let Some(run) = &self.run else {
            return Err(err!(Argument, "run: found none to go on with, expected one"));
        };
        if dataset.len() != run.samples {
            return Err(err!(
                Argument,
                "run: it was started on {} samples, found {}",
                run.samples,
                dataset.len()
            ));
        }
        run.spec.require(&spec)?;
        Ok((run.epoch, run.batch))
    }

    /// What a run on this dataset comes to, which has to fit the model.
    fn fitted(&self, mut spec: RunSpec, dataset: &Dataset) -> Result<RunSpec> {
        let objective = &self.learner.objective;
        objective.check_targets(self.learner.model.graph(), dataset)?;
        spec.class_weight = match &spec.class_weight {
            Some(weights) => Some(objective.class_weight(weights)?),
            None => objective.recorded_class_weight(dataset)?,
        };
        if let Some(weights) = &spec.class_weight {
            objective.check_weighted(weights, dataset)?;
        }
        Ok(spec)
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

/// The tree, made if there is none yet, with memory for the blocks of one worker.
fn plant<'a>(tree: &'a mut Option<Tree>, learner: &Learner, shards: u32) -> Result<&'a mut Tree> {
    let (numbers, sums) = learner.block_size();
    match tree {
        Some(tree) => {
            tree.reserve(shards)?;
            Ok(tree)
        }
        None => Ok(tree.insert(Tree::new(numbers, sums, shards)?)),
    }
}
