//! Steps on batches outside of any run.

use super::step::{Learner, Step};
use super::workspace::Selection;
use super::{StepReport, Trainer, plant, reserve, run, shared};
use crate::data::{Dataset, check_weights};
use crate::layers::StepKey;
use crate::losses::TargetBatch;
use crate::model::Model;
use crate::objective::ClassWeightSpecs;
use crate::spec::InputSpec;
use crate::{Result, err};

/// A batch of a step outside of any run.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// One slice an input of the model, `[samples, ...shape]`, with the numbers that the network sees.
    pub inputs: &'a [&'a [f32]],
    /// The targets of each output whose loss takes some, in the order of the model's.
    pub targets: &'a [TargetBatch<'a>],
    /// What the loss of each sample is multiplied by, `[samples]`, or of each of its positions,
    /// `[samples, positions]`; 1 if not given.
    pub sample_weight: Option<&'a [f32]>,
    /// How much the samples of each class count; 1 if not given.
    pub class_weight: Option<&'a ClassWeightSpecs>,
    /// How many there are.
    pub samples: usize,
}

impl Trainer {
    /// One step on these samples as a single shard, outside of any run, for a model with one output.
    ///
    /// `inputs` holds one slice an input of the model, `[samples, ...shape]`, with the numbers that
    /// the network sees.
    ///
    /// # Errors
    /// As [`train_on`](Self::train_on).
    pub fn train_on_batch(
        &mut self,
        inputs: &[&[f32]],
        targets: TargetBatch<'_>,
        samples: usize,
    ) -> Result<StepReport> {
        let targets = &[targets];
        self.train_on(Batch { inputs, targets, sample_weight: None, class_weight: None, samples })
    }

    /// One step on this batch as a single shard, outside of any run; a run that was started stays
    /// where it is, without what was computed of its next step.
    ///
    /// # Errors
    /// `Shape` or `Data` for inputs, targets and weights that do not fit; `Argument` for targets of
    /// another number of outputs, for weights of classes as in [`start`](Self::start), and if the
    /// learning rate is a schedule that needs a run; `Diverged` as in [`advance`](Self::advance).
    pub fn train_on(&mut self, batch: Batch<'_>) -> Result<StepReport> {
        let Batch { inputs, targets, sample_weight, class_weight, samples } = batch;
        let step = self.learner.optimizer.steps();
        let learning_rate = self.spec.learning_rate(step, None)? * self.learning_rate_scale;
        let objective = &self.learner.objective;
        objective.check(samples, targets)?;
        let class_weight = class_weight.map(|all| objective.class_weight(all)).transpose()?;
        if let Some(weights) = &class_weight {
            objective.check_weighted_batch(weights, targets)?;
        }
        check_inputs(&self.learner.model, inputs, samples)?;
        if let Some(weights) = sample_weight {
            objective.check_weight_width(check_weights(weights, samples)?)?;
        }
        self.forget_features();
        let workspace = reserve(&mut self.workspace, &self.learner, samples)?;
        for (i, input) in inputs.iter().enumerate() {
            workspace.plan.input_mut(i)[..input.len()].copy_from_slice(input);
        }
        workspace.targets.copy(&self.learner.objective, targets, sample_weight, samples);
        self.step(samples, step, learning_rate, class_weight.as_ref())
    }

    /// The same on all samples of a dataset, with their weights and, if given, those of their classes.
    ///
    /// # Errors
    /// `Shape` or `Data` if the dataset does not fit the model, and as [`train_on`](Self::train_on).
    pub fn train_on_samples(
        &mut self,
        dataset: &Dataset,
        class_weight: Option<&ClassWeightSpecs>,
    ) -> Result<StepReport> {
        let step = self.learner.optimizer.steps();
        let learning_rate = self.spec.learning_rate(step, None)? * self.learning_rate_scale;
        self.forget_features();
        let objective = &self.learner.objective;
        objective.check_targets(self.learner.model.graph(), dataset)?;
        let class_weight = class_weight.map(|all| objective.class_weight(all)).transpose()?;
        if let Some(weights) = &class_weight {
            objective.check_weighted(weights, dataset)?;
        }
        let samples = dataset.len();
        let workspace = reserve(&mut self.workspace, &self.learner, samples)?;
        workspace.augment(objective, None, dataset)?;
        let indices: Vec<u32> = (0..samples as u32).collect();
        let selection = Selection { indices: &indices, numbers: &[], seed: 0, epoch: 0 };
        workspace.load(&self.learner, dataset, selection)?;
        self.step(samples, step, learning_rate, class_weight.as_ref())
    }

    /// A step on what is in the workspace.
    fn step(
        &mut self,
        samples: usize,
        step: u64,
        learning_rate: f64,
        class_weight: Option<&ClassWeightSpecs>,
    ) -> Result<StepReport> {
        let key = StepKey::new(self.learner.model.spec().seed, step);
        let workspace = reserve(&mut self.workspace, &self.learner, samples)?;
        let tree = plant(&mut self.tree, &self.learner, 1)?;
        tree.begin(1);
        let mut block = tree.take()?;
        let step = Step { samples, key, class_weight };
        self.learner.compute(workspace, 0..samples, step, &mut block)?;
        tree.insert(block, 0..1)?;
        let loss = match tree.root_mut() {
            Some(root) => self.learner.apply(root, samples, learning_rate)?,
            None => return Err(shared::incomplete(tree)),
        };
        let Learner { objective, losses, penalty, metrics, .. } = &self.learner;
        let logs = run::logs(objective, losses.iter().copied(), *penalty, metrics);
        Ok(StepReport { loss, logs })
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
