//! The two halves of a step of training: a shard's forward, loss and backward; the update.

use std::mem::take;
use std::ops::Range;

use crate::constraints::Limiter;
use crate::data::Dataset;
use crate::graph::{FrozenFront, ValueId};
use crate::kernels::elementwise::is_finite;
use crate::layers::StepKey;
use crate::memory::copied;
use crate::model::Model;
use crate::objective::{ClassWeightSpecs, Objective, ObjectiveSums};
use crate::optimizers::OptimizerState;
use crate::{Error, Result, err};

use super::tree::Block;
use super::workspace::Workspace;

/// Weights and running statistics with which a loss and its gradient were finite.
#[derive(Debug)]
struct Good {
    weights: Vec<f32>,
    state: Vec<f32>,
}

/// The weights and running statistics that training changes.
fn trained(model: &Model) -> [&[f32]; 2] {
    let graph = model.graph();
    [&model.weights()[..graph.trained_len()], &model.state()[..graph.moving_len()]]
}

impl Good {
    fn new(model: &Model) -> Result<Self> {
        let [weights, state] = trained(model);
        Ok(Self {
            weights: copied("the last good weights", weights)?,
            state: copied("the last good state", state)?,
        })
    }

    fn keep(&mut self, model: &Model) {
        let [weights, state] = trained(model);
        self.weights.copy_from_slice(weights);
        self.state.copy_from_slice(state);
    }

    fn put_back(&self, model: &mut Model) {
        model.weights_mut()[..self.weights.len()].copy_from_slice(&self.weights);
        model.state_mut()[..self.state.len()].copy_from_slice(&self.state);
    }
}

/// What is known of a step besides its samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    /// How many there are.
    pub(super) samples: usize,
    /// Its randomness.
    pub(super) key: StepKey,
    /// How much the samples of each class count, if not all the same.
    pub(super) class_weight: Option<&'a ClassWeightSpecs>,
}

/// What a step changes: the model, and what is kept about it.
#[derive(Debug)]
pub(super) struct Learner {
    pub(super) model: Model,
    pub(super) objective: Objective,
    pub(super) optimizer: OptimizerState,
    /// Of the last step; of the last shard until then.
    pub(super) metrics: ObjectiveSums,
    /// The mean losses of the outputs in the last step.
    pub(super) losses: Vec<f64>,
    /// The penalty on the weights in the last step.
    pub(super) penalty: f64,
    /// Where steps begin behind, if they take features.
    pub(super) front: Option<FrozenFront>,
    limiters: Vec<Limiter>,
    good: Good,
    /// Whether the model was handed out since `good` was kept.
    touched: bool,
}

impl Learner {
    pub(super) fn new(
        model: Model,
        objective: Objective,
        optimizer: OptimizerState,
        metrics: ObjectiveSums,
    ) -> Result<Self> {
        let (good, limiters) = (Good::new(&model)?, model.limiters()?);
        let losses = vec![0.0; objective.outputs().len()];
        Ok(Self {
            model,
            objective,
            optimizer,
            metrics,
            losses,
            penalty: 0.0,
            front: None,
            limiters,
            good,
            touched: false,
        })
    }

    /// The values of the graph that a step takes.
    pub(super) fn inputs(&self) -> impl Iterator<Item = ValueId> + '_ {
        let all = if self.front.is_none() { self.model.graph().inputs().len() } else { 0 };
        (0..all).chain(self.front.iter().flat_map(|front| front.values().iter().copied()))
    }

    /// Refuses a dataset that is not what a step takes.
    pub(super) fn check(&self, dataset: &Dataset) -> Result<()> {
        let graph = self.model.graph();
        match &self.front {
            Some(front) => self.objective.check_features(graph, front.values(), dataset),
            None => self.objective.check_dataset(graph, dataset),
        }
    }

    pub(super) fn model_mut(&mut self) -> &mut Model {
        self.touched = true;
        &mut self.model
    }

    /// Numbers and sums of a block.
    pub(super) fn block_size(&self) -> (usize, usize) {
        let graph = self.model.graph();
        let sums = self.objective.outputs().len() + self.metrics.count();
        (graph.trained_len() + graph.moving_len(), sums)
    }

    /// Computes the shard of the samples `shard` of a step; they were put into the workspace.
    ///
    /// Every shard begins with the same running statistics, and the block gets those that it comes
    /// to, weighted by its samples. Their sum over the shards is one update with the weighted means
    /// of the shards' statistics, because the update is linear in them.
    pub(super) fn compute(
        &mut self,
        workspace: &mut Workspace,
        shard: Range<usize>,
        Step { samples, key, class_weight }: Step<'_>,
        block: &mut Block,
    ) -> Result<()> {
        self.hide_average();
        if take(&mut self.touched) {
            self.good.keep(&self.model);
            // It may be another model altogether.
            workspace.revision = None;
        }
        let Workspace {
            plan, losses, doutputs, state, counted, runners, targets, revision, ..
        } = workspace;
        let n = shard.len();

        let weights = self.model.weights();
        let (gradients, moved) = block.numbers.split_at_mut(self.model.graph().trained_len());
        state.copy_from_slice(self.model.state());
        let key = StepKey { first_sample: shard.start as u64, ..key };
        // Taken: after a pass that is refused in the middle nothing is known of what the plan has made.
        match revision.take() {
            Some(last) if last == self.model.revision() => {
                plan.forward_unchanged(n, weights, state, key)?;
            }
            Some(_) => plan.forward_updated(n, weights, state, key)?,
            None => plan.forward(n, weights, state, key)?,
        }
        *revision = Some(self.model.revision());
        moved.copy_from_slice(&state[..moved.len()]);
        self.metrics.reset();
        let outputs = self.objective.outputs();
        for (number, output) in outputs.iter().enumerate() {
            let found = &plan.output(output.output())[..output.values(n)];
            let (losses, doutputs) = (&mut losses[..output.rows(n)], &mut doutputs[..found.len()]);
            let of_rows = targets.batch(&self.objective, number, n);
            let (runner, scale) = (&mut runners[number], output.scale(samples));
            output.evaluate_by(runner, found, of_rows, scale, losses, doutputs)?;
            if let Some(weights) = class_weight.and_then(|all| all.of(output.name())) {
                output.weigh(of_rows, weights, losses, doutputs);
            }
            if let Some(weights) = targets.weights(n) {
                output.weigh_samples(weights, losses, doutputs);
            }
            match (plan.output_mask(output.output()), &mut counted[number]) {
                (Some(mask), Some(counted)) => {
                    output.weigh_positions(mask, losses, doutputs);
                    let (found, of_rows) = counted.of(output, mask, found, of_rows);
                    self.metrics.add(number, &output.metric_batch(found, of_rows));
                }
                _ => self.metrics.add(number, &output.metric_batch(found, of_rows)),
            }
            plan.output_grad_mut(output.output())[..doutputs.len()].copy_from_slice(doutputs);
            block.sums[number] = losses.iter().map(|&loss| f64::from(loss)).sum();
        }
        for output in self.objective.untrained() {
            plan.output_grad_mut(output).fill(0.0);
        }
        self.metrics.sums_into(&mut block.sums[outputs.len()..]);
        plan.backward(n, weights, gradients)?;

        if n < samples {
            let share = n as f32 / samples as f32;
            moved.iter_mut().for_each(|value| *value *= share);
        }
        Ok(())
    }

    /// Updates the model by the sum of the blocks of a step of `samples`; returns the mean loss.
    pub(super) fn apply(
        &mut self,
        step: &mut Block,
        samples: usize,
        learning_rate: f64,
    ) -> Result<f64> {
        self.hide_average();
        let trained = self.model.graph().trained_len();
        let (gradients, state) = step.numbers.split_at_mut(trained);
        let outputs = self.objective.outputs();
        let (sums, metrics) = step.sums.split_at(outputs.len());
        for (loss, (sum, output)) in self.losses.iter_mut().zip(sums.iter().zip(outputs)) {
            *loss = sum / output.rows(samples) as f64;
        }
        self.penalty = self.model.penalty();
        let loss = self.objective.total(self.losses.iter().copied()) + self.penalty;
        if !loss.is_finite() {
            return Err(self.diverged(&format!("the loss is {loss}"), learning_rate));
        }
        if !is_finite(gradients) || !is_finite(state) {
            return Err(self.diverged("the gradient is not finite", learning_rate));
        }
        self.metrics.set_sums(metrics)?;
        self.model.state_mut()[..state.len()].copy_from_slice(state);
        self.good.keep(&self.model);
        self.model.add_penalty_gradient(gradients);
        let weights = &mut self.model.weights_mut()[..trained];
        if self.optimizer.update(learning_rate, weights, gradients) {
            self.limiters.iter_mut().for_each(|limiter| limiter.apply(weights));
            if !is_finite(weights) {
                return Err(self.diverged("the update is not finite", learning_rate));
            }
            self.optimizer.average(weights);
        }
        Ok(loss)
    }

    /// Lets the model have the average of its weights, until the next step.
    pub(super) fn show_average(&mut self) {
        let trained = self.model.graph().trained_len();
        self.optimizer.show_average(&mut self.model.weights_mut()[..trained]);
    }

    /// Gives the model back the weights that training goes on from.
    fn hide_average(&mut self) {
        if self.optimizer.shows_average() {
            let trained = self.model.graph().trained_len();
            self.optimizer.hide_average(&mut self.model.weights_mut()[..trained]);
        }
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
