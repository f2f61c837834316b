//! Recurrent layers: one state a sample that every time step changes.
//!
//! What the inputs add to the gates is one matrix product for as many time steps as fill its blocks;
//! what the state adds is a product a step. In training the gradients of the weights are products
//! over all steps at once, after the loop over time. Inside, everything is time-major, so that the
//! rows of a step lie side by side.

mod backward;
mod cell;
mod forward;
mod function;
mod gru;
mod lstm;
mod simple;
mod weights;

pub use backward::Backward;
pub use cell::Cell;
pub use forward::Forward;
pub use function::GateFunction;
pub use gru::Gru;
pub use lstm::Lstm;
pub use simple::Simple;
pub use weights::{Gradients, Weights};

use super::matmul::MatMul;
use super::window::elements;
use crate::Result;
use crate::memory::Room;

/// Rows of a product that the kernels work on at a time.
const ROWS: usize = 64;

/// The sizes of a sequence and of its state, and how it is gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Time steps.
    pub steps: usize,
    /// Numbers of an input at a step.
    pub features: usize,
    /// Numbers of the state.
    pub units: usize,
    /// From the last step to the first.
    pub backwards: bool,
    /// The state after every step, and not only after the last.
    pub sequences: bool,
    /// Going backwards, the outputs in the order of time and not in that in which they are made.
    pub in_time: bool,
}

impl Geometry {
    /// The time of the step that is done as this one.
    fn time(&self, step: usize) -> usize {
        if self.backwards { self.steps - 1 - step } else { step }
    }

    /// Where the output of that step is written.
    fn place(&self, step: usize) -> usize {
        if self.in_time { self.time(step) } else { step }
    }
}

/// A recurrent layer's computation, with the memory that it needs.
pub struct Recurrent {
    cell: Box<dyn Cell>,
    geometry: Geometry,
    /// Numbers of all gates.
    width: usize,
    /// Steps whose inputs are multiplied at a time where nothing is kept.
    chunk: usize,
    training: bool,
    max_batch: usize,
    input: MatMul,
    recurrent: MatMul,
    buffers: Buffers,
}

/// What is kept of the steps: of all in training, else of those under way.
#[derive(Default)]
struct Buffers {
    /// The inputs, after their dropout, [steps, n, features].
    x: Room,
    /// What the inputs add to the gates, then the gates, then their gradients, [steps, n, width].
    gates: Room,
    /// What the cell keeps besides, [steps, n, units].
    saved: Room,
    /// The states before and after each step, [steps + 1, n, units].
    h: Room,
    /// The cells' memories, likewise.
    c: Room,
    /// The states as the products see them where there is recurrent dropout, [steps, n, units].
    dropped: Room,
    /// What the state adds to the gates of a step [n, width]; in training of a cell that needs its
    /// gradient apart, that of all steps.
    recurrent: Room,
    /// The gradients of the state and of the memory, and a product, [n, units] each.
    dh: Room,
    dc: Room,
    product: Room,
    /// What inputs [n, features] and states [n, units] are multiplied by, if there is dropout.
    input_mask: Room,
    recurrent_mask: Room,
}

impl Recurrent {
    /// For batches of up to `max_batch`, to be allocated. `dropout` says whether inputs and states
    /// have one.
    ///
    /// # Errors
    /// `TooLarge` where a part has more than 2^28 elements.
    pub fn new(
        cell: Box<dyn Cell>,
        geometry: Geometry,
        max_batch: usize,
        training: bool,
        dropout: [bool; 2],
    ) -> Result<Self> {
        let Geometry { steps, features, units, .. } = geometry;
        let width = cell.gates() * units;
        let chunk = if training { steps } else { ROWS.div_ceil(max_batch.max(1)).min(steps) };
        elements("the gates", &[chunk, max_batch, width])?;
        elements("the inputs", &[chunk, max_batch, features])?;
        elements("the states", &[steps + 1, units])?;
        let kept = if training { steps } else { 1 };
        let room = |wanted: bool, len: usize| Room::new(if wanted { max_batch * len } else { 0 });
        let apart = training && cell.recurrent_gradient();
        let buffers = Buffers {
            x: room(true, chunk * features),
            gates: room(true, chunk * width),
            saved: room(cell.saves(), kept * units),
            h: room(true, (kept + 1) * units),
            c: room(cell.has_memory(), (kept + 1) * units),
            dropped: room(dropout[1], kept * units),
            recurrent: room(true, if apart { steps * width } else { width }),
            dh: room(training, units),
            dc: room(training && cell.has_memory(), units),
            product: room(training, units),
            input_mask: room(dropout[0], features),
            recurrent_mask: room(dropout[1], units),
        };
        Ok(Self {
            input: MatMul::new(chunk * max_batch, features, width, training)?,
            recurrent: MatMul::new(max_batch, units, width, training)?,
            cell,
            geometry,
            width,
            chunk,
            training,
            max_batch,
            buffers,
        })
    }

    /// The kernel's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.cell.name()
    }

    /// The memory that does not grow with the batch, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.input.bytes() + self.recurrent.bytes()
    }

    /// The memory for each sample, in bytes.
    #[must_use]
    pub fn sample_bytes(&self) -> usize {
        self.buffers.rooms().iter().map(|room| room.bytes()).sum::<usize>() / self.max_batch.max(1)
    }

    /// Takes the memory.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        self.input.allocate()?;
        self.recurrent.allocate()?;
        let mut rooms = self.buffers.rooms_mut();
        rooms.iter_mut().try_for_each(|room| room.allocate("the states of a recurrent layer"))
    }

    /// What the inputs `[n, features]` and the states `[n, units]` of a pass are multiplied by, to
    /// be written before it; empty without dropout.
    pub fn dropout_masks(&mut self, n: usize) -> [&mut [f32]; 2] {
        let Geometry { features, units, .. } = self.geometry;
        let Buffers { input_mask, recurrent_mask, .. } = &mut self.buffers;
        [(input_mask, features), (recurrent_mask, units)].map(|(mask, len)| {
            let len = (n * len).min(mask.len());
            &mut mask[..len]
        })
    }

    /// Where a step's rows are in what is kept of as many steps.
    fn kept(&self, step: usize, of: usize) -> usize {
        if self.training { step } else { step % of }
    }
}

impl Buffers {
    fn rooms(&self) -> [&Room; 12] {
        [
            &self.x,
            &self.gates,
            &self.saved,
            &self.h,
            &self.c,
            &self.dropped,
            &self.recurrent,
            &self.dh,
            &self.dc,
            &self.product,
            &self.input_mask,
            &self.recurrent_mask,
        ]
    }

    fn rooms_mut(&mut self) -> [&mut Room; 12] {
        [
            &mut self.x,
            &mut self.gates,
            &mut self.saved,
            &mut self.h,
            &mut self.c,
            &mut self.dropped,
            &mut self.recurrent,
            &mut self.dh,
            &mut self.dc,
            &mut self.product,
            &mut self.input_mask,
            &mut self.recurrent_mask,
        ]
    }
}

/// The rows of one step in a buffer of many; none of an empty one.
fn rows(buffer: &[f32], step: usize, len: usize) -> &[f32] {
    if buffer.is_empty() { &[] } else { &buffer[step * len..(step + 1) * len] }
}

/// The same to be written.
fn rows_mut(buffer: &mut [f32], step: usize, len: usize) -> &mut [f32] {
    if buffer.is_empty() { &mut [] } else { &mut buffer[step * len..(step + 1) * len] }
}

/// The rows of two different steps of one buffer, the first to be read.
fn two_rows(buffer: &mut [f32], from: usize, to: usize, len: usize) -> (&[f32], &mut [f32]) {
    if buffer.is_empty() {
        return (&[], &mut []);
    }
    let (low, high) = buffer.split_at_mut(from.max(to) * len);
    if from < to {
        (&low[from * len..(from + 1) * len], &mut high[..len])
    } else {
        (&high[..len], &mut low[to * len..(to + 1) * len])
    }
}

/// Whether a step of a sample counts.
fn counts(mask: Option<&[f32]>, at: usize) -> bool {
    mask.is_none_or(|mask| mask[at] != 0.0)
}
