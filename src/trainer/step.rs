//! One step of training: forward, loss, backward, update.

use std::mem::take;

use crate::data::Dataset;
use crate::kernels::elementwise::is_finite;
use crate::layers::StepKey;
use crate::losses::mean;
use crate::metrics::MetricSums;
use crate::model::Model;
use crate::objective::{Objective, TargetBuffer};
use crate::optimizers::OptimizerState;
use crate::plan::{Mode, Plan};
use crate::{Error, Result, err};

/// Everything that a step needs besides the model, allocated once for a largest batch.
#[derive(Debug)]
pub(super) struct Workspace {
    pub(super) plan: Plan,
    gradients: Vec<f32>,
    losses: Vec<f32>,
    doutputs: Vec<f32>,
    pub(super) targets: TargetBuffer,
}

/// Weights and running statistics with which a loss and its gradient were finite.
#[derive(Debug)]
struct Good {
    weights: Vec<f32>,
    state: Vec<f32>,
}

impl Good {
    fn new(model: &Model) -> Self {
        Self { weights: model.weights().to_vec(), state: model.state().to_vec() }
    }

    fn keep(&mut self, model: &Model) {
        self.weights.copy_from_slice(model.weights());
        self.state.copy_from_slice(model.state());
    }

    fn put_back(&self, model: &mut Model) {
        model.weights_mut().copy_from_slice(&self.weights);
        model.state_mut().copy_from_slice(&self.state);
    }
}

impl Workspace {
    pub(super) fn new(learner: &Learner, max_batch: usize) -> Result<Self> {
        let Learner { model, objective, .. } = learner;
        let plan = Plan::new(model.graph(), max_batch, Mode::Training, objective.head())?;
        let rows = objective.rows(max_batch);
        Ok(Self {
            plan,
            gradients: vec![0.0; model.weights().len()],
            losses: vec![0.0; rows],
            doutputs: vec![0.0; rows * objective.width()],
            targets: TargetBuffer::new(objective, max_batch),
        })
    }

    /// The most samples that it has room for.
    pub(super) fn max_batch(&self) -> usize {
        self.plan.max_batch()
    }

    /// Takes the inputs and targets of these samples of a dataset that has been checked, and
    /// returns how many they are.
    pub(super) fn load(
        &mut self,
        objective: &Objective,
        dataset: &Dataset,
        indices: &[u32],
    ) -> Result<usize> {
        for (i, column) in dataset.inputs().iter().enumerate() {
            let input = &mut self.plan.input_mut(i)[..indices.len() * column.width()];
            dataset.input_into(i, indices, input)?;
        }
        self.targets.load(objective, dataset, indices)?;
        Ok(indices.len())
    }
}

/// What a step changes: the model, and what is kept about it.
#[derive(Debug)]
pub(super) struct Learner {
    pub(super) model: Model,
    pub(super) objective: Objective,
    pub(super) optimizer: OptimizerState,
    /// Of the last step.
    pub(super) metrics: MetricSums,
    good: Good,
    /// Whether the model was handed out since `good` was kept.
    touched: bool,
}

impl Learner {
    pub(super) fn new(
        model: Model,
        objective: Objective,
        optimizer: OptimizerState,
        metrics: MetricSums,
    ) -> Self {
        let good = Good::new(&model);
        Self { model, objective, optimizer, metrics, good, touched: false }
    }

    pub(super) fn model_mut(&mut self) -> &mut Model {
        self.touched = true;
        &mut self.model
    }

    /// Trains on the `samples` samples that were put into the workspace, and returns their mean
    /// loss.
    ///
    /// A gradient is the sum over the shards of a batch, each with its own forward and backward,
    /// in a fixed order; a batch is one shard as yet, so this is where they would be combined.
    pub(super) fn step(
        &mut self,
        workspace: &mut Workspace,
        samples: usize,
        learning_rate: f64,
        key: StepKey,
    ) -> Result<f64> {
        if take(&mut self.touched) {
            self.good.keep(&self.model);
        }
        let Workspace { plan, gradients, losses, doutputs, targets, .. } = workspace;
        let rows = self.objective.rows(samples);
        let outputs = rows * self.objective.width();
        let (losses, doutputs) = (&mut losses[..rows], &mut doutputs[..outputs]);
        let targets = targets.batch(&self.objective, samples);

        let (weights, state) = self.model.weights_and_state_mut();
        plan.forward(samples, weights, state, key)?;
        let found = &plan.output(0)[..outputs];
        self.objective.evaluate(found, targets, 1.0 / rows as f32, losses, doutputs);
        let loss = mean(losses);
        self.metrics.reset();
        self.metrics.add(&self.objective.metric_batch(found, targets));
        plan.output_grad_mut(0)[..outputs].copy_from_slice(doutputs);
        plan.backward(samples, weights, gradients)?;

        if !loss.is_finite() {
            return Err(self.diverged(&format!("the loss is {loss}"), learning_rate));
        }
        if !is_finite(gradients) || !is_finite(state) {
            return Err(self.diverged("the gradient is not finite", learning_rate));
        }
        self.good.keep(&self.model);
        self.optimizer.update(learning_rate, self.model.weights_mut(), gradients);
        if !is_finite(self.model.weights()) {
            return Err(self.diverged("the update is not finite", learning_rate));
        }
        Ok(loss)
    }

    /// Puts the last good weights back. The optimiser starts anew, since its moments led here.
    fn diverged(&mut self, what: &str, learning_rate: f64) -> Error {
        self.good.put_back(&mut self.model);
        self.optimizer.reset();
        err!(
            Diverged,
            "{what} at a learning rate of {learning_rate}; the model keeps its last good weights, \
             try a lower learning rate"
        )
    }
}
