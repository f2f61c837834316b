//! Threads that share the steps of a run: each has a trainer of its own, computes its shards of a batch,
//! takes over the others' sums and makes the same update. Sums are added in an order that the number of
//! shards decides, so the bits do not depend on how many threads there are.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;

use tabgrad::data::Dataset;
use tabgrad::formats::safetensors::ModelInfo;
use tabgrad::trainer::{Block, Part, Progress, Trainer};

use crate::failure::{Failure, Result};

/// What one worker computed.
type Share = tabgrad::Result<Vec<Block>>;

enum Order {
    /// Compute your share of the next step.
    Compute,
    /// Make the step, of these shares by their worker.
    Apply(Arc<Vec<Vec<Block>>>),
}

/// The threads besides the one that leads them.
pub struct Team {
    workers: u32,
    others: Vec<(Sender<Order>, Receiver<Share>)>,
}

impl Team {
    /// As many threads as have something to do, with copies of the run.
    pub fn new<'scope, 'env>(
        scope: &'scope Scope<'scope, 'env>,
        trainer: &Trainer,
        dataset: &'env Dataset,
        threads: usize,
    ) -> Result<Self> {
        let shards = trainer.run().map_or(1, |run| run.shard_count());
        let workers = shards.min(threads as u32).max(1);
        let mut others = Vec::new();
        if workers > 1 {
            let run = trainer.save(&ModelInfo::default())?;
            for worker in 1..workers {
                let (own, _) = Trainer::restore(&run)?;
                let (orders, to_obey) = channel();
                let (shares, to_gather) = channel();
                let part = Part { worker, workers };
                scope.spawn(move || obey(own, dataset, part, &to_obey, &shares));
                others.push((orders, to_gather));
            }
        }
        Ok(Self { workers, others })
    }

    /// One step of the run by all of them.
    pub fn step(&self, trainer: &mut Trainer, dataset: &Dataset) -> Result<Progress> {
        if self.others.is_empty() {
            return Ok(trainer.advance(dataset)?);
        }
        for (orders, _) in &self.others {
            orders.send(Order::Compute).map_err(|_| lost())?;
        }
        trainer.compute(dataset, Part { worker: 0, workers: self.workers })?;
        let mut shares = vec![trainer.blocks().to_vec()];
        for (_, to_gather) in &self.others {
            shares.push(to_gather.recv().map_err(|_| lost())??);
        }
        let shares = Arc::new(shares);
        for (orders, _) in &self.others {
            orders.send(Order::Apply(Arc::clone(&shares))).map_err(|_| lost())?;
        }
        insert(trainer, &shares, 0)?;
        Ok(trainer.apply()?)
    }
}

/// Does what the leader wants until there is none.
fn obey(
    mut trainer: Trainer,
    dataset: &Dataset,
    part: Part,
    orders: &Receiver<Order>,
    shares: &Sender<Share>,
) {
    while let Ok(order) = orders.recv() {
        match order {
            Order::Compute => {
                let share = trainer.compute(dataset, part).map(|()| trainer.blocks().to_vec());
                if shares.send(share).is_err() {
                    return;
                }
            }
            // Where this fails, it fails for the leader, who ends the run.
            Order::Apply(all) => {
                let own = part.worker as usize;
                if insert(&mut trainer, &all, own).and_then(|()| trainer.apply()).is_err() {
                    return;
                }
            }
        }
    }
}

/// Takes over the shares of all workers but one's own.
fn insert(trainer: &mut Trainer, shares: &[Vec<Block>], own: usize) -> tabgrad::Result<()> {
    let others = shares.iter().enumerate().filter(|(worker, _)| *worker != own);
    for block in others.flat_map(|(_, blocks)| blocks) {
        trainer.insert(block.shards(), |numbers, sums| {
            numbers.copy_from_slice(block.numbers());
            sums.copy_from_slice(block.sums());
            tabgrad::Result::Ok(())
        })?;
    }
    Ok(())
}

fn lost() -> Failure {
    Failure::Error("training: a thread ended before its work did".into())
}
