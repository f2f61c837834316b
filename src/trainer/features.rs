//! What the frozen front of a model makes of a run's samples, computed once instead of in every epoch.
//!
//! The front gives the same numbers whenever it is asked, and what is behind it is compiled as in a plan
//! of the whole: a run on features comes to the bits of one on samples. They belong to no saved run,
//! which goes on from samples until they are computed anew.

use std::ops::Range;
use std::sync::Arc;

use super::Trainer;
use crate::data::{Column, Dataset, Values};
use crate::graph::FrozenFront;
use crate::layers::StepKey;
use crate::memory::{copied, reserve};
use crate::model::Model;
use crate::plan::Plan;
use crate::{Result, err};

/// Samples at a time: as in predictions, what one layer wrote is in the second cache when the next
/// reads it.
const BATCH: usize = 16;

/// Features in the making.
#[derive(Debug)]
pub struct Features {
    front: FrozenFront,
    plan: Plan,
    /// That of the model; a front has none that changes.
    state: Vec<f32>,
    /// The revision of the model that they are of.
    revision: u64,
    /// Whether the plan knows the weights.
    is_current: bool,
    /// The values of the samples so far.
    columns: Vec<Vec<f32>>,
}

impl Features {
    /// Room for the features of so many samples; `None` where the model has no
    /// [frozen front](crate::graph::Graph::frozen_front).
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for them.
    pub fn new(model: &Model, samples: usize) -> Result<Option<Self>> {
        let graph = model.graph();
        let Some(front) = graph.frozen_front() else { return Ok(None) };
        let columns = front.values().iter().map(|&value| {
            let width: usize = graph.shape(value).iter().product();
            reserve("the features of the samples", width.saturating_mul(samples))
        });
        Ok(Some(Self {
            columns: columns.collect::<Result<_>>()?,
            plan: Plan::of_front(graph, BATCH, &front)?,
            state: copied("running statistics", model.state())?,
            revision: model.revision(),
            is_current: false,
            front,
        }))
    }

    /// The features of some samples of a dataset that fits the model, `[samples, ...shape]` of each
    /// value of the front.
    ///
    /// # Errors
    /// `Argument` for samples that do not exist and where weights may have changed since
    /// [`new`](Self::new), what the layers refuse, and `TooLarge` where there is no memory.
    pub fn compute(
        &mut self,
        model: &Model,
        dataset: &Dataset,
        samples: Range<usize>,
    ) -> Result<Vec<Vec<f32>>> {
        self.check_revision(model)?;
        let mut found: Vec<Vec<f32>> = Vec::with_capacity(self.columns.len());
        let indices: Vec<u32> = samples.map(|sample| sample as u32).collect();
        for &value in self.front.values() {
            let width: usize = model.graph().shape(value).iter().product();
            found.push(reserve("features of a batch", width.saturating_mul(indices.len()))?);
        }
        for batch in indices.chunks(BATCH) {
            for (position, input) in model.graph().inputs().iter().enumerate() {
                let i = dataset.input_for(position, &input.name).unwrap_or(position);
                let len = batch.len() * input.shape.iter().product::<usize>();
                dataset.input_into(i, batch, &mut self.plan.input_mut(position)[..len])?;
            }
            let (n, weights, state) = (batch.len(), model.weights(), &mut self.state);
            // Nothing in a front is random.
            let key = StepKey::default();
            if self.is_current {
                self.plan.forward_unchanged(n, weights, state, key)?;
            } else {
                self.plan.forward(n, weights, state, key)?;
            }
            self.is_current = true;
            for (number, found) in found.iter_mut().enumerate() {
                found.extend_from_slice(self.plan.output(number));
            }
        }
        Ok(found)
    }

    /// Adds the features of the next samples, one slice for each value of the front.
    ///
    /// # Errors
    /// `Shape` for another number of values, and for more numbers than there is room for.
    pub fn add(&mut self, values: &[&[f32]]) -> Result<()> {
        let pairs = || self.columns.iter().zip(values);
        let fits = pairs().all(|(column, more)| column.len() + more.len() <= column.capacity());
        if values.len() != self.columns.len() || !fits {
            return Err(err!(Shape, "features: found more than there is room for"));
        }
        for (column, more) in self.columns.iter_mut().zip(values) {
            column.extend_from_slice(more);
        }
        Ok(())
    }

    /// The features of all samples of a dataset as a dataset with the same targets, one input for each
    /// value of the front.
    ///
    /// # Errors
    /// `Data` for features that are not finite, `Shape` unless those of all samples were added,
    /// `Argument` where weights may have changed meanwhile, `TooLarge` where there is no memory for the
    /// targets.
    pub fn finish(self, model: &Model, dataset: &Dataset) -> Result<Dataset> {
        self.check_revision(model)?;
        let columns = self.front.values().iter().zip(self.columns).map(|(&value, column)| {
            Column::new(model.graph().shape(value).to_vec(), Values::F32(column))
        });
        dataset.with_inputs(columns.collect::<Result<_>>()?)
    }

    fn check_revision(&self, model: &Model) -> Result<()> {
        if model.revision() == self.revision {
            return Ok(());
        }
        Err(err!(Argument, "features: the weights of the model have changed, expected the same"))
    }
}

impl Trainer {
    /// Lets the run that was started go on from these features of its samples: each step comes to the
    /// bits that it would come to from the samples, which it is still given. This holds until the run
    /// ends, [`model_mut`](Self::model_mut) is called or a step is made outside of the run.
    ///
    /// # Errors
    /// `Argument` without a run, for one that changes its samples, and for a model without a
    /// [frozen front](crate::graph::Graph::frozen_front); `Data` or `Shape` for features that are not
    /// those of the run.
    pub fn use_features(&mut self, features: Arc<Dataset>) -> Result<()> {
        let samples = self.going_on()?.samples;
        if features.len() != samples {
            return Err(err!(
                Data,
                "features: found those of {} samples, expected the {samples} of the run",
                features.len()
            ));
        }
        let front = self.front()?;
        let graph = self.learner.model.graph();
        self.learner.objective.check_features(graph, front.values(), &features)?;
        self.set_front(Some(front));
        self.features = Some(features);
        Ok(())
    }

    /// Says that the rows of [`compute_rows`](Self::compute_rows) are features, for a worker that shares
    /// a run which goes on from features.
    ///
    /// # Errors
    /// As [`use_features`](Self::use_features).
    pub fn expect_features(&mut self) -> Result<()> {
        let front = self.front()?;
        self.set_front(Some(front));
        Ok(())
    }

    /// Lets the run go on from its samples.
    pub fn forget_features(&mut self) {
        self.features = None;
        self.set_front(None);
    }

    /// What the samples of a share are rows of: the features if the run goes on from some.
    #[must_use]
    pub fn features(&self) -> Option<&Arc<Dataset>> {
        self.features.as_ref()
    }

    fn front(&self) -> Result<FrozenFront> {
        if self.going_on()?.spec.augmentation.is_some() {
            return Err(err!(
                Argument,
                "features: the run changes its samples, expected no augmentation"
            ));
        }
        self.learner.model.graph().frozen_front().ok_or_else(|| {
            err!(Argument, "features: the model has no frozen front, expected frozen layers")
        })
    }

    fn set_front(&mut self, front: Option<FrozenFront>) {
        if self.learner.front != front {
            // It has a plan of another part.
            self.workspace = None;
            self.learner.front = front;
        }
    }
}
