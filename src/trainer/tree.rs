//! How a batch is cut into shards, who computes which, and in what order their results are added.
//!
//! The shards are the leaves of a binary tree whose nodes cover `size` leaves from a multiple of
//! `size`, `size` being a power of two; where a batch has too few samples for all of them, the last
//! leaves are absent. A node is the sum of its two halves. So the order of all additions depends on
//! the number of shards alone, not on who computes them nor on when they arrive.

use std::ops::Range;

use crate::memory::allocate;
use crate::{Result, err};

/// The most shards of a batch.
pub const MAX_SHARDS: u32 = 64;

/// One worker of several: which shards of a step are its share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number, from 0.
    pub worker: u32,
    /// How many there are.
    pub workers: u32,
}

impl Part {
    /// The only worker.
    pub const WHOLE: Self = Self { worker: 0, workers: 1 };

    /// Its shards of `shards`; the shares of all workers differ by one at most, and empty ones are
    /// last.
    pub(super) fn of(self, shards: u32) -> Result<Range<u32>> {
        let Self { worker, workers } = self;
        if worker >= workers {
            return Err(err!(
                Argument,
                "worker {worker} of {workers}, expected a number below that of the workers"
            ));
        }
        let bound = |worker: u32| {
            (u64::from(worker) * u64::from(shards)).div_ceil(u64::from(workers)) as u32
        };
        Ok(bound(worker)..bound(worker + 1))
    }
}

/// The most blocks of a share where so many workers share steps of up to `shards` shards.
pub(super) fn most_blocks(shards: u32, workers: u32) -> Result<usize> {
    let mut most = 0;
    let mut tree = Tree::new(0, 0, 1)?;
    for present in 1..=shards {
        for worker in 0..workers.min(present) {
            tree.begin(present);
            for shard in (Part { worker, workers }).of(present)? {
                let block = tree.take()?;
                tree.insert(block, shard..shard + 1)?;
            }
            most = most.max(tree.blocks().len());
        }
    }
    Ok(most)
}

/// What some shards of a step come to.
#[derive(Clone, Debug)]
pub struct Block {
    /// Which shards.
    pub(super) shards: Range<u32>,
    /// Gradients of the weights, then the running statistics, weighted by samples.
    pub(super) numbers: Vec<f32>,
    /// The sum of the losses of each output, then the sums of the metrics.
    pub(super) sums: Vec<f64>,
}

impl Block {
    /// The shards that it covers.
    #[must_use]
    pub fn shards(&self) -> Range<u32> {
        self.shards.clone()
    }

    /// The gradients of the weights, then the running statistics, weighted by samples.
    #[must_use]
    pub fn numbers(&self) -> &[f32] {
        &self.numbers
    }

    /// The sum of the losses of each output, then the sums of the metrics.
    #[must_use]
    pub fn sums(&self) -> &[f64] {
        &self.sums
    }

    fn add(&mut self, right: &Self) {
        self.shards.end = right.shards.end;
        for (sum, &more) in self.numbers.iter_mut().zip(&right.numbers) {
            *sum += more;
        }
        for (sum, &more) in self.sums.iter_mut().zip(&right.sums) {
            *sum += more;
        }
    }

    /// Whether it and its right neighbour are the halves of a node of a tree of `leaves`.
    fn joins(&self, right: &Self, leaves: u32) -> bool {
        let size = self.shards.len() as u32;
        let Range { start, end } = self.shards;
        size.is_power_of_two()
            && start.is_multiple_of(2 * size)
            && right.shards == (end..leaves.min(end + size))
    }
}

/// The blocks of a step, added up as far as they are there.
#[derive(Debug)]
pub(super) struct Tree {
    leaves: u32,
    /// In the order of their shards; no two of them join.
    blocks: Vec<Block>,
    /// Blocks to be used again.
    spare: Vec<Block>,
    numbers: usize,
    sums: usize,
}

impl Tree {
    /// A tree of blocks of this size, with memory for what one worker needs for `shards` shards.
    pub(super) fn new(numbers: usize, sums: usize, shards: u32) -> Result<Self> {
        let capacity = MAX_SHARDS as usize;
        let mut tree = Self {
            leaves: 0,
            blocks: Vec::with_capacity(capacity),
            spare: Vec::with_capacity(capacity),
            numbers,
            sums,
        };
        tree.reserve(shards)?;
        Ok(tree)
    }

    /// Memory for the step of one worker: a block for each power of two, and the one to be added.
    pub(super) fn reserve(&mut self, shards: u32) -> Result<()> {
        self.begin(0);
        let blocks = shards.max(1).ilog2() as usize + 1;
        while self.spare.len() < blocks {
            let block = self.allocate()?;
            self.spare.push(block);
        }
        Ok(())
    }

    fn allocate(&self) -> Result<Block> {
        let numbers = allocate("a block of gradients", self.numbers)?;
        let sums = allocate("a block of sums", self.sums)?;
        Ok(Block { shards: 0..0, numbers, sums })
    }

    /// Forgets all blocks; the next are of a step of this many shards.
    pub(super) fn begin(&mut self, leaves: u32) {
        self.leaves = leaves;
        self.spare.append(&mut self.blocks);
    }

    /// The shards of the step.
    pub(super) fn leaves(&self) -> u32 {
        self.leaves
    }

    /// A block to be filled and inserted.
    pub(super) fn take(&mut self) -> Result<Block> {
        match self.spare.pop() {
            Some(block) => Ok(block),
            None => self.allocate(),
        }
    }

    /// Adds the block of these shards to those that are there.
    pub(super) fn insert(&mut self, mut block: Block, shards: Range<u32>) -> Result<()> {
        let at = self.blocks.partition_point(|other| other.shards.start < shards.start);
        let free_from = at.checked_sub(1).map_or(0, |left| self.blocks[left].shards.end);
        let free_to = self.blocks.get(at).map_or(self.leaves, |right| right.shards.start);
        block.shards = shards;
        let Range { start, end } = block.shards;
        if start >= end || start < free_from || end > free_to {
            self.spare.push(block);
            return Err(err!(
                Argument,
                "shards {start} to {end}: expected some of those that are missing from {free_from} \
                 to {free_to}"
            ));
        }
        self.blocks.insert(at, block);
        while let Some(left) =
            self.blocks.windows(2).position(|two| two[0].joins(&two[1], self.leaves))
        {
            let right = self.blocks.remove(left + 1);
            self.blocks[left].add(&right);
            self.spare.push(right);
        }
        Ok(())
    }

    /// The blocks that are there, in the order of their shards.
    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The sum over all shards, if none is missing.
    pub(super) fn root_mut(&mut self) -> Option<&mut Block> {
        match self.blocks.as_mut_slice() {
            [root] if root.shards == (0..self.leaves) => Some(root),
            _ => None,
        }
    }
}
