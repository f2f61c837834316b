//! Scaled dot-product attention of several heads (Vaswani et al., 2017):
//! `softmax(Q Kᵀ / sqrt(d)) V` for each head, between the projections of a layer.
//!
//! Each head of each sample is a few small matrix products; their operands are copied so that the
//! rows of a head lie side by side.

mod backward;
mod forward;
mod heads;

pub use backward::Backward;
pub use forward::Forward;

use super::matmul::MatMul;
use super::window::elements;
use crate::Result;
use crate::memory::Room;

/// The sizes of attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Positions that ask.
    pub queries: usize,
    /// Positions that are asked.
    pub keys: usize,
    /// Heads.
    pub heads: usize,
    /// Numbers of a query and of a key in a head.
    pub key_dim: usize,
    /// Numbers of a value in a head.
    pub value_dim: usize,
    /// Whether position `i` asks only positions up to `i`.
    pub causal: bool,
}

/// The computation between the projections, with its memory. Queries, keys and values are
/// [n, positions, heads * dim].
pub struct Attention {
    geometry: Geometry,
    max_batch: usize,
    /// `B` = the keys of a head, [keys, key_dim]: scores are a product with its transpose.
    with_keys: MatMul,
    /// `B` = the values of a head, [keys, value_dim].
    with_values: MatMul,
    buffers: Buffers,
}

#[derive(Default)]
struct Buffers {
    /// A head's queries, keys and values in training of all [n, heads, positions, dim], else of one.
    queries: Room,
    keys: Room,
    values: Room,
    /// How much each position asks each, [n, heads, queries, keys] or of one head.
    shares: Room,
    /// What the shares are multiplied by where there is dropout, [n, heads, queries, keys].
    mask: Room,
    /// The shares after dropout of a head, and their gradient.
    dropped: Room,
    dshares: Room,
    /// Of a head: output, gradients of queries, keys and values.
    output: Room,
    dqueries: Room,
    dkeys: Room,
    dvalues: Room,
}

impl Attention {
    /// For batches of up to `max_batch`, to be allocated.
    ///
    /// # Errors
    /// `TooLarge` where a part has more than 2^28 elements.
    pub fn new(
        geometry: Geometry,
        max_batch: usize,
        training: bool,
        dropout: bool,
    ) -> Result<Self> {
        let Geometry { queries, keys, heads, key_dim, value_dim, .. } = geometry;
        elements("the shares of attention", &[heads, queries, keys])?;
        let kept = |len: usize| Room::new(if training { max_batch * heads * len } else { len });
        let one = |wanted: bool, len: usize| Room::new(if wanted { len } else { 0 });
        Ok(Self {
            geometry,
            max_batch,
            with_keys: MatMul::new(queries, keys, key_dim, true)?,
            with_values: MatMul::new(queries, keys, value_dim, training)?,
            buffers: Buffers {
                queries: kept(queries * key_dim),
                keys: kept(keys * key_dim),
                values: kept(keys * value_dim),
                shares: kept(queries * keys),
                mask: one(dropout, max_batch * heads * queries * keys),
                dropped: one(dropout, queries * keys),
                dshares: one(training, queries * keys),
                output: one(true, queries * value_dim),
                dqueries: one(training, queries * key_dim),
                dkeys: one(training, keys * key_dim),
                dvalues: one(training, keys * value_dim),
            },
        })
    }

    /// The memory that it takes, in bytes: what does not grow with the batch, and all.
    #[must_use]
    pub fn bytes(&self) -> [usize; 2] {
        let rooms = self.buffers.rooms().iter().map(|room| room.bytes()).sum::<usize>();
        let fixed = self.with_keys.bytes() + self.with_values.bytes();
        [fixed, fixed + rooms]
    }

    /// Takes the memory.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        self.with_keys.allocate()?;
        self.with_values.allocate()?;
        let mut rooms = self.buffers.rooms_mut();
        rooms.iter_mut().try_for_each(|room| room.allocate("the shares of attention"))
    }

    /// What the shares of `n` samples are multiplied by, to be written before a pass; empty without
    /// dropout.
    pub fn dropout_mask(&mut self, n: usize) -> &mut [f32] {
        let Geometry { queries, keys, heads, .. } = self.geometry;
        let len = (n * heads * queries * keys).min(self.buffers.mask.len());
        &mut self.buffers.mask[..len]
    }

    /// The most samples of a batch.
    #[must_use]
    pub fn max_batch(&self) -> usize {
        self.max_batch
    }
}

impl Buffers {
    fn rooms(&self) -> [&Room; 11] {
        [
            &self.queries,
            &self.keys,
            &self.values,
            &self.shares,
            &self.mask,
            &self.dropped,
            &self.dshares,
            &self.output,
            &self.dqueries,
            &self.dkeys,
            &self.dvalues,
        ]
    }

    fn rooms_mut(&mut self) -> [&mut Room; 11] {
        [
            &mut self.queries,
            &mut self.keys,
            &mut self.values,
            &mut self.shares,
            &mut self.mask,
            &mut self.dropped,
            &mut self.dshares,
            &mut self.output,
            &mut self.dqueries,
            &mut self.dkeys,
            &mut self.dvalues,
        ]
    }
}
