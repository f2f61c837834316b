//! Where a run over a dataset stands.

use std::ops::Range;

use super::specs::{EpochReport, Logs, RunSpec};
use super::tree::Part;
use crate::memory::reserve;
use crate::objective::{Objective, ObjectiveSums};
use crate::rng::{Key, Purpose};
use crate::{Result, err};

/// A run between two steps.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) spec: RunSpec,
    /// Samples of the dataset.
    pub(super) samples: usize,
    pub(super) epoch: u32,
    /// The next step within the epoch.
    pub(super) batch: u32,
    /// The order of the samples in an epoch, once [`Run::prepare`] has made it.
    order: Vec<u32>,
    ordered: Option<u32>,
    /// 0, 1, 2 and so on.
    count: Vec<u32>,
    /// Sums over the epoch so far: of each output the losses and the rows.
    pub(super) losses: Vec<[f64; 2]>,
    /// The sum over the epoch so far of the penalty on the weights, for each row of the first output.
    pub(super) penalty: f64,
    pub(super) metrics: ObjectiveSums,
}

impl Run {
    /// A run before its first step, of so many outputs; `metrics` are sums of zero.
    pub(super) fn new(
        mut spec: RunSpec,
        samples: usize,
        outputs: usize,
        metrics: ObjectiveSums,
    ) -> Result<Self> {
        spec.validate()?;
        // Recorded, so that a saved run does not depend on the rule.
        spec.shards = Some(spec.shard_count());
        if samples == 0 {
            return Err(err!(Data, "dataset: found no samples, expected at least one"));
        }
        if u32::try_from(samples).is_err() {
            return Err(err!(
                TooLarge,
                "dataset: found {samples} samples, expected fewer than 2^32"
            ));
        }
        Ok(Self {
            epoch: spec.initial_epoch,
            spec,
            samples,
            batch: 0,
            order: Vec::new(),
            ordered: None,
            count: Vec::new(),
            losses: vec![[0.0; 2]; outputs],
            penalty: 0.0,
            metrics,
        })
    }

    /// The same run at another position, between its first and its last step.
    pub(super) fn at(mut self, epoch: u32, batch: u32) -> Result<Self> {
        if epoch < self.spec.initial_epoch || epoch >= self.spec.epochs || batch >= self.batches() {
            return Err(err!(
                Format,
                "run: found epoch {epoch}, batch {batch}, expected a step of {} epochs of {} batches",
                self.spec.epochs,
                self.batches()
            ));
        }
        self.epoch = epoch;
        self.batch = batch;
        Ok(self)
    }

    /// Makes the order of the samples in this epoch, if it is not there: a file may claim any number
    /// of samples, so this is left until they have been seen. It depends on the seed and the epoch
    /// alone.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for it.
    pub(super) fn prepare(&mut self) -> Result<()> {
        if self.ordered == Some(self.epoch) {
            return Ok(());
        }
        if self.order.capacity() < self.samples {
            self.order = reserve("the order of the samples", self.samples)?;
        }
        self.ordered = Some(self.epoch);
        self.order.clear();
        self.order.extend(0..self.samples as u32);
        if self.spec.shuffle {
            let key = Key::new(self.spec.seed, Purpose::Shuffle).child(u64::from(self.epoch));
            key.stream().shuffle(&mut self.order);
        }
        Ok(())
    }

    /// Steps in an epoch.
    pub(super) fn batches(&self) -> u32 {
        self.samples.div_ceil(self.spec.batch_size as usize) as u32
    }

    /// Samples of the next step.
    pub(super) fn batch_len(&self) -> usize {
        self.places(self.batch).len()
    }

    /// The places of the samples of a step in the order of the epoch.
    fn places(&self, batch: u32) -> Range<usize> {
        let size = self.spec.batch_size as usize;
        let first = batch as usize * size;
        first..self.samples.min(first.saturating_add(size))
    }

    /// Samples of a shard; the last of a step may have fewer.
    pub(super) fn shard_len(&self) -> usize {
        self.spec.batch_size.div_ceil(self.spec.shard_count()) as usize
    }

    /// The largest number of samples in a shard.
    pub(super) fn max_shard(&self) -> usize {
        self.samples.min(self.shard_len())
    }

    /// Shards of a step of so many samples; those that would have none are absent.
    pub(super) fn shards(&self, samples: usize) -> u32 {
        samples.div_ceil(self.shard_len()) as u32
    }

    /// The samples of these shards of a step of `samples`, by their position in it.
    pub(super) fn positions(&self, samples: usize, shards: &Range<u32>) -> Range<usize> {
        let bound = |shard: u32| samples.min(shard as usize * self.shard_len());
        bound(shards.start)..bound(shards.end)
    }

    /// The number of the next step, from 0, and of all steps.
    pub(super) fn step(&self) -> (u64, u64) {
        let batches = u64::from(self.batches());
        let step = u64::from(self.epoch) * batches + u64::from(self.batch);
        (step, u64::from(self.spec.epochs) * batches)
    }

    /// The samples of the next step, once [`Run::prepare`] has ordered them.
    pub(super) fn indices(&self) -> &[u32] {
        &self.order[self.places(self.batch)]
    }

    /// The samples of a worker's share of the step that is so many ahead, once [`Run::prepare`] has
    /// ordered them; `None` beyond the epoch.
    pub(super) fn share(&self, part: Part, ahead: u32) -> Result<Option<&[u32]>> {
        let batch = self.batch.saturating_add(ahead);
        if batch >= self.batches() {
            return Ok(None);
        }
        let step = &self.order[self.places(batch)];
        let shards = part.of(self.shards(step.len()))?;
        Ok(Some(&step[self.positions(step.len(), &shards)]))
    }

    /// Makes the list of the numbers below `end`, if it is not there.
    pub(super) fn count(&mut self, end: usize) {
        if self.count.len() < end {
            self.count.extend(self.count.len() as u32..end as u32);
        }
    }

    /// The numbers of a range, once [`Run::count`] has listed them.
    pub(super) fn listed(&self, range: Range<usize>) -> &[u32] {
        &self.count[range]
    }

    /// Adds a step of so many samples to the sums of the epoch: the mean losses of the outputs, the
    /// penalty and the metrics.
    pub(super) fn add(
        &mut self,
        objective: &Objective,
        samples: usize,
        losses: &[f64],
        penalty: f64,
        metrics: &ObjectiveSums,
    ) {
        let rows = objective.outputs().first().map_or(0, |output| output.rows(samples));
        self.penalty += penalty * rows as f64;
        let outputs = objective.outputs().iter().zip(losses);
        for ([sum, rows], (output, loss)) in self.losses.iter_mut().zip(outputs) {
            let more = output.rows(samples) as f64;
            *sum += loss * more;
            *rows += more;
        }
        self.metrics.merge(metrics);
    }

    /// The means of the epoch so far.
    pub(super) fn logs(&self, objective: &Objective) -> Logs {
        let means = self.losses.iter().map(|[loss, rows]| loss / rows.max(1.0));
        let rows = self.losses.first().map_or(0.0, |[_, rows]| *rows);
        logs(objective, means, self.penalty / rows.max(1.0), &self.metrics)
    }

    /// Moves on by a step; at the end of an epoch its report is returned, and the next begins.
    pub(super) fn advance(&mut self, objective: &Objective) -> Option<EpochReport> {
        self.batch += 1;
        if self.batch < self.batches() {
            return None;
        }
        let report = EpochReport {
            epoch: self.epoch,
            epochs: self.spec.epochs,
            logs: self.logs(objective),
            warnings: self.metrics.warnings(),
        };
        self.epoch += 1;
        self.batch = 0;
        self.losses.fill([0.0; 2]);
        self.penalty = 0.0;
        self.metrics.reset();
        Some(report)
    }

    /// Whether no step is left.
    pub(super) fn finished(&self) -> bool {
        self.epoch >= self.spec.epochs
    }
}

/// The loss and the metrics by name, from the mean losses of the outputs and the mean penalty.
pub(super) fn logs(
    objective: &Objective,
    means: impl Iterator<Item = f64> + Clone,
    penalty: f64,
    metrics: &ObjectiveSums,
) -> Logs {
    let mut logs = Logs::new();
    metrics.report(means.clone(), &mut [], &mut logs);
    logs.insert("loss".into(), objective.total(means) + penalty);
    logs
}
