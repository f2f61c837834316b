//! A step of a run, by one trainer or by several that share it.

use std::ops::Range;

use super::step::{Learner, Step};
use super::tree::{Block, Part, Tree, most_blocks};
use super::workspace::Selection;
use super::{Progress, Trainer, plant, reserve};
use crate::data::Dataset;
use crate::layers::StepKey;
use crate::{Error, Result, err};

/// Where the samples of a share are.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// In the dataset that the run was started on.
    Dataset(&'a Dataset),
    /// In a dataset that begins with them.
    Rows(&'a Dataset),
}

impl Trainer {
    /// One step of the run. Allocates nothing, but a report at the end of an epoch.
    ///
    /// # Errors
    /// What [`compute`](Self::compute) and [`apply`](Self::apply) refuse.
    pub fn advance(&mut self, dataset: &Dataset) -> Result<Progress> {
        self.compute(dataset, Part::WHOLE)?;
        self.apply()
    }

    /// Computes a worker's share of the next step: gradients, running statistics, loss and metrics
    /// of its shards. [`blocks`](Self::blocks) are then those and nothing else.
    ///
    /// # Errors
    /// `Argument` if no run was started or it is finished, and for a part that is none; `Data` or
    /// `Shape` if the dataset is not the one that the run was started on. The run stays as it is.
    pub fn compute(&mut self, dataset: &Dataset, part: Part) -> Result<()> {
        let samples = self.going_on()?.samples;
        if dataset.len() != samples {
            return Err(err!(
                Data,
                "dataset: found {} samples, expected the {samples} that the run was started with",
                dataset.len()
            ));
        }
        let features = self.features.clone();
        let dataset = features.as_deref().unwrap_or(dataset);
        self.begin_step(dataset)?;
        self.add_share(Source::Dataset(dataset), part)
    }

    /// The same by a worker that has no more of the dataset than `rows`, which begin with the
    /// samples of the share; see [`share`](Self::share).
    ///
    /// # Errors
    /// As [`compute`](Self::compute); `Argument` for fewer samples than those of the share.
    pub fn compute_rows(&mut self, rows: &Dataset, part: Part) -> Result<()> {
        self.begin_step(rows)?;
        self.add_share(Source::Rows(rows), part)
    }

    /// Adds a share that another worker should have computed.
    ///
    /// # Errors
    /// As [`compute`](Self::compute), and `Argument` if there is a block of these shards already.
    pub fn compute_also(&mut self, dataset: &Dataset, part: Part) -> Result<()> {
        let features = self.features.clone();
        self.add_share(Source::Dataset(features.as_deref().unwrap_or(dataset)), part)
    }

    /// The samples of a worker's share of the next step or, `ahead` of it, of one of the next in
    /// the epoch, by their number in the dataset; `None` beyond the epoch.
    ///
    /// # Errors
    /// `Argument` if no run was started or it is finished, and for a part that is none.
    pub fn share(&mut self, part: Part, ahead: u32) -> Result<Option<&[u32]>> {
        self.going_on()?;
        let Some(run) = &mut self.run else { return Ok(None) };
        run.prepare()?;
        run.share(part, ahead)
    }

    /// The most samples of a share where so many workers share the run.
    ///
    /// # Errors
    /// As [`share`](Self::share).
    pub fn max_share(&self, workers: u32) -> Result<usize> {
        let run = self.going_on()?;
        let shards = Part { worker: 0, workers }.of(run.spec.shard_count())?;
        Ok(run.samples.min(shards.len() * run.shard_len()))
    }

    /// The most blocks of a share, and how many numbers and sums a block has.
    ///
    /// # Errors
    /// As [`share`](Self::share).
    pub fn block_sizes(&self, workers: u32) -> Result<(usize, usize, usize)> {
        let shards = self.going_on()?.spec.shard_count();
        let (numbers, sums) = self.learner.block_size();
        Ok((most_blocks(shards, workers)?, numbers, sums))
    }

    /// The number of the next step of the run, from 0, if there is one.
    #[must_use]
    pub fn next_step(&self) -> Option<u64> {
        self.run.as_ref().map(|run| run.step().0)
    }

    /// The blocks of the step that are there, added up as far as they can be.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        self.tree.as_ref().map_or(&[], Tree::blocks)
    }

    /// Forgets the blocks of the step, so that their sum can be put in.
    pub fn clear_blocks(&mut self) {
        if let Some(tree) = &mut self.tree {
            tree.begin(tree.leaves());
        }
    }

    /// Adds a block that another worker computed; `fill` is given its numbers and its sums to
    /// overwrite. The order in which blocks come makes no difference.
    ///
    /// # Errors
    /// `Argument` unless a step is being computed that lacks these shards; what `fill` refuses.
    pub fn insert<E: From<Error>>(
        &mut self,
        shards: Range<u32>,
        fill: impl FnOnce(&mut [f32], &mut [f64]) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let tree = self.tree.as_mut().ok_or_else(none_computed)?;
        let mut block = tree.take()?;
        fill(&mut block.numbers, &mut block.sums)?;
        Ok(tree.insert(block, shards)?)
    }

    /// Makes the step whose blocks are all there.
    ///
    /// # Errors
    /// `Argument` if no run was started or blocks are missing. `Diverged` if the loss, the gradient
    /// or the updated weights are not finite: the run ends, the model has the last weights that gave
    /// a finite loss and gradient, and the optimiser starts anew.
    pub fn apply(&mut self) -> Result<Progress> {
        self.going_on()?;
        let (Some(run), Some(tree)) = (&mut self.run, &mut self.tree) else {
            return Err(none_computed());
        };
        let (step, steps) = run.step();
        let learning_rate = self.spec.learning_rate(step, Some(steps))? * self.learning_rate_scale;
        let samples = run.batch_len();
        let loss = match tree.root_mut() {
            Some(root) => self.learner.apply(root, samples, learning_rate),
            None => return Err(incomplete(tree)),
        };
        let loss = match loss {
            Ok(loss) => loss,
            Err(error) => {
                self.run = None;
                self.forget_features();
                return Err(error);
            }
        };
        tree.begin(0);
        let Learner { objective, losses, penalty, metrics, .. } = &self.learner;
        run.add(objective, samples, losses, *penalty, metrics);
        let (epoch, batch, batches) = (run.epoch, run.batch, run.batches());
        let epoch_end = run.advance(objective);
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
        if progress.epoch_end.is_some() {
            self.learner.show_average();
        }
        if progress.finished {
            // It is the model's for good.
            self.learner.optimizer.forget_average();
            self.run = None;
            self.forget_features();
        }
        Ok(progress)
    }

    pub(super) fn going_on(&self) -> Result<&super::Run> {
        self.run
            .as_ref()
            .ok_or_else(|| err!(Argument, "run: found none to go on with, expected a started one"))
    }

    /// Forgets all blocks, makes room where there is none, and checks what the samples are from.
    fn begin_step(&mut self, dataset: &Dataset) -> Result<()> {
        self.learner.check(dataset)?;
        let run = self.going_on()?;
        let (max_shard, shards) = (run.max_shard(), run.spec.shard_count());
        let present = run.shards(run.batch_len());
        let augmentation = run.spec.augmentation;
        let workspace = reserve(&mut self.workspace, &self.learner, max_shard)?;
        workspace.augment(&self.learner.objective, augmentation.as_ref(), dataset)?;
        plant(&mut self.tree, &self.learner, shards)?.begin(present);
        Ok(())
    }

    fn add_share(&mut self, source: Source<'_>, part: Part) -> Result<()> {
        self.going_on()?;
        let (Some(run), Some(workspace), Some(tree)) =
            (&mut self.run, &mut self.workspace, &mut self.tree)
        else {
            return Err(none_computed());
        };
        let key = StepKey::new(run.spec.seed, run.step().0);
        let (augments, epoch) = (run.spec.augmentation.is_some(), u64::from(run.epoch));
        let samples = run.batch_len();
        let shards = part.of(run.shards(samples))?;
        let first = run.positions(samples, &shards).start;
        for shard in shards {
            let shards = shard..shard + 1;
            let positions = run.positions(samples, &shards);
            if augments || matches!(source, Source::Dataset(_)) {
                run.prepare()?;
            }
            if let Source::Rows(_) = source {
                run.count(positions.end - first);
            }
            let indices = match source {
                Source::Dataset(_) => &run.indices()[positions.clone()],
                Source::Rows(_) => run.listed(positions.start - first..positions.end - first),
            };
            let numbers = if augments { &run.indices()[positions.clone()] } else { &[] };
            let selection = Selection { indices, numbers, seed: run.spec.seed, epoch };
            let (Source::Dataset(samples_of) | Source::Rows(samples_of)) = source;
            workspace.load(&self.learner, samples_of, selection)?;
            let mut block = tree.take()?;
            let step = Step { samples, key, class_weight: run.spec.class_weight.as_ref() };
            self.learner.compute(workspace, positions, step, &mut block)?;
            tree.insert(block, shards)?;
        }
        Ok(())
    }
}

fn none_computed() -> Error {
    err!(Argument, "step: none is being computed, expected compute() before")
}

/// Says what of a step is there.
pub(super) fn incomplete(tree: &Tree) -> Error {
    let found: Vec<_> = tree.blocks().iter().map(Block::shards).collect();
    err!(Argument, "step: found the shards {found:?}, expected all {}", tree.leaves())
}
