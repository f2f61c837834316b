//! One step of training: forward, loss, backward, update.

use crate::kernels::elementwise::is_finite;
use crate::layers::StepKey;
use crate::losses::mean;
use crate::metrics::MetricSums;
use crate::model::Model;
use crate::objective::{Objective, TargetBuffer};
use crate::optimizers::OptimizerState;
use crate::plan::{Mode, Plan};
use crate::{Result, err};

/// Everything that a step needs besides the model, allocated once for a largest batch.
#[derive(Debug)]
pub(super) struct Workspace {
    pub(super) max_batch: usize,
    pub(super) plan: Plan,
    gradients: Vec<f32>,
    losses: Vec<f32>,
    doutputs: Vec<f32>,
    pub(super) targets: TargetBuffer,
}

/// Weights and running statistics with which a loss and its gradient were finite.
#[derive(Debug)]
pub(super) struct Good {
    weights: Vec<f32>,
    state: Vec<f32>,
}

impl Good {
    pub(super) fn new(model: &Model) -> Self {
        Self { weights: model.weights().to_vec(), state: model.state().to_vec() }
    }

    pub(super) fn keep(&mut self, model: &Model) {
        self.weights.copy_from_slice(model.weights());
        self.state.copy_from_slice(model.state());
    }

    fn put_back(&self, model: &mut Model) {
        model.weights_mut().copy_from_slice(&self.weights);
        model.state_mut().copy_from_slice(&self.state);
    }
}

/// The parts of a trainer that a step works on.
pub(super) struct Step<'a> {
    pub(super) model: &'a mut Model,
    pub(super) objective: &'a Objective,
    pub(super) optimizer: &'a mut OptimizerState,
    pub(super) metrics: &'a mut MetricSums,
    pub(super) good: &'a mut Good,
    pub(super) learning_rate: f64,
    pub(super) key: StepKey,
}

impl Workspace {
    pub(super) fn new(model: &Model, objective: &Objective, max_batch: usize) -> Result<Self> {
        let plan = Plan::new(model.graph(), max_batch, Mode::Training, objective.head())?;
        let rows = objective.rows(max_batch);
        let outputs = rows * objective.width();
        Ok(Self {
            max_batch,
            plan,
            gradients: vec![0.0; model.weights().len()],
            losses: vec![0.0; rows],
            doutputs: vec![0.0; outputs],
            targets: TargetBuffer::new(objective, max_batch),
        })
    }

    /// Trains on the `samples` samples that were put in, and returns their mean loss.
    ///
    /// A gradient is the sum over the shards of a batch, each with its own forward and backward,
    /// in a fixed order; a batch is one shard as yet, so this is where they would be combined.
    pub(super) fn step(&mut self, step: Step<'_>, samples: usize) -> Result<f64> {
        let Step { model, objective, optimizer, metrics, good, learning_rate, key } = step;
        let rows = objective.rows(samples);
        let outputs = rows * objective.width();
        let targets = self.targets.batch(objective, samples);
        let (weights, state) = model.weights_and_state_mut();
        self.plan.forward(samples, weights, state, key)?;
        let losses = &mut self.losses[..rows];
        let doutputs = &mut self.doutputs[..outputs];
        let found = &self.plan.output(0)[..outputs];
        objective.evaluate(found, targets, 1.0 / rows as f32, losses, doutputs);
        metrics.reset();
        metrics.add(&objective.metric_batch(found, targets));
        let loss = mean(losses);
        self.plan.output_grad_mut(0)[..outputs].copy_from_slice(doutputs);
        self.plan.backward(samples, weights, &mut self.gradients)?;

        let finite = loss.is_finite() && is_finite(&self.gradients) && is_finite(state);
        if finite {
            good.keep(model);
            optimizer.update(learning_rate, model.weights_mut(), &self.gradients);
        }
        if finite && is_finite(model.weights()) {
            return Ok(loss);
        }
        good.put_back(model);
        // Its moments led here.
        optimizer.reset();
        let what = match finite {
            true => "the weights are not finite after the update".to_owned(),
            false if loss.is_finite() => "the gradient is not finite".to_owned(),
            false => format!("the loss is {loss}"),
        };
        Err(err!(
            Diverged,
            "{what} at a learning rate of {learning_rate}; the model keeps its last good weights, \
             try a lower learning rate"
        ))
    }
}
