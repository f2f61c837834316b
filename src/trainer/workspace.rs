//! What a worker needs for shards besides the model, and how their samples come in.

use crate::data::augment::{Augmenter, Draw, Mixer};
use crate::data::{Augmentation, Dataset};
use crate::losses::GraphRunner;
use crate::memory::{allocate, copied};
use crate::objective::{Counted, Objective, TargetBuffer};
use crate::plan::{Mode, Plan};
use crate::{Result, err};

use super::step::Learner;

/// Everything that a shard needs besides the model, allocated once for a largest one.
#[derive(Debug)]
pub(super) struct Workspace {
    pub(super) plan: Plan,
    pub(super) losses: Vec<f32>,
    pub(super) doutputs: Vec<f32>,
    /// The running statistics that the pass changes, and those that it goes by.
    pub(super) state: Vec<f32>,
    /// Of each output, where a mask hides some of its positions.
    pub(super) counted: Vec<Option<Counted>>,
    /// Of each output, where its loss is a graph.
    pub(super) runners: Vec<Option<GraphRunner>>,
    pub(super) targets: TargetBuffer,
    /// The revision of the model that the plan last ran with.
    pub(super) revision: Option<u64>,
    changes: Option<Changes>,
}

/// What changes the samples of a run.
#[derive(Debug)]
struct Changes {
    augmenter: Augmenter,
    mixer: Option<Mixer>,
    /// Samples that it has room for.
    samples: usize,
}

/// The part of a dataset that a shard is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Selection<'a> {
    /// Where its samples are in what is at hand.
    pub(super) indices: &'a [u32],
    /// Their numbers in the dataset of the run, which decide how they are changed; unused where they
    /// are not.
    pub(super) numbers: &'a [u32],
    pub(super) seed: u64,
    pub(super) epoch: u64,
}

impl Workspace {
    pub(super) fn new(learner: &Learner, max_batch: usize) -> Result<Self> {
        let Learner { model, objective, front, .. } = learner;
        let (graph, head) = (model.graph(), objective.head());
        let plan = match front {
            Some(front) => Plan::behind(graph, max_batch, head, front)?,
            None => Plan::new(graph, max_batch, Mode::Training, head)?,
        };
        Ok(Self {
            losses: allocate("losses of a batch", objective.most_rows(max_batch))?,
            doutputs: allocate("gradients of a batch", objective.most_values(max_batch))?,
            state: copied("running statistics", model.state())?,
            counted: objective.counted(&plan, max_batch)?,
            plan,
            runners: objective.runners(max_batch)?,
            targets: TargetBuffer::new(objective, max_batch)?,
            revision: None,
            changes: None,
        })
    }

    /// Sees to it that samples of a dataset are changed so, from the next on; makes nothing anew that
    /// is there.
    pub(super) fn augment(
        &mut self,
        objective: &Objective,
        augmentation: Option<&Augmentation>,
        dataset: &Dataset,
    ) -> Result<()> {
        let samples = self.max_batch();
        let Some(augmentation) = augmentation else {
            self.changes = None;
            return Ok(());
        };
        let fits = |changes: &Changes| {
            let Changes { augmenter, samples: room, .. } = changes;
            *augmenter.augmentation() == *augmentation
                && *room == samples
                && augmenter.fits(dataset)
        };
        if !self.changes.as_ref().is_some_and(fits) {
            let augmenter = Augmenter::for_dataset(*augmentation, dataset)?;
            let targets = objective.most_values(1);
            let mixer = Mixer::new(augmentation, augmenter.shape(), samples, targets)?;
            if mixer.is_some() && !objective.takes_mixed() {
                return Err(err!(
                    Argument,
                    "augmentation: the loss takes no mixed targets, expected no mixup and cutmix"
                ));
            }
            self.changes = Some(Changes { augmenter, mixer, samples });
        }
        Ok(())
    }

    /// The most samples that it has room for.
    pub(super) fn max_batch(&self) -> usize {
        self.plan.max_batch()
    }

    /// Takes the inputs and targets of these samples of a dataset that has been checked.
    pub(super) fn load(
        &mut self,
        learner: &Learner,
        dataset: &Dataset,
        selection: Selection<'_>,
    ) -> Result<()> {
        let Selection { indices, numbers, seed, epoch } = selection;
        let Self { plan, targets, changes, .. } = self;
        let objective = &learner.objective;
        // Which of the model's inputs takes the first of the dataset.
        let mut first_input = 0;
        for (position, value) in learner.inputs().enumerate() {
            let name = learner.model.graph().name_of(value);
            let i = dataset.input_for(position, name).unwrap_or(position);
            if i == 0 {
                first_input = position;
            }
            let width = dataset.inputs()[i].width();
            let input = &mut plan.input_mut(position)[..indices.len() * width];
            match changes {
                Some(Changes { augmenter, .. }) if i == 0 => {
                    let draw = |at: usize| Draw { seed, epoch, sample: numbers[at].into() };
                    augmenter.fill(dataset, indices, draw, input)?;
                }
                _ => dataset.input_into(i, indices, input)?,
            }
        }
        targets.load(objective, dataset, indices)?;
        if let (Some(Changes { mixer: Some(mixer), .. }), Some(&first)) = (changes, numbers.first())
        {
            let len = indices.len() * dataset.inputs()[0].width();
            let input = &mut plan.input_mut(first_input)[..len];
            mixer.mix_images(Draw { seed, epoch, sample: first.into() }, input);
            targets.mix(objective, indices.len(), mixer);
        }
        Ok(())
    }
}
