//! Convolution as implicit matrix products ([`gemm`](crate::kernels::gemm)) over blocks of images
//! small enough to stay in the cache. Same padding copies a block into a padded scratch first.

mod backward_input;
mod backward_kernel;
mod forward;

use super::{Conv2dGeometry, Directions};
use crate::Result;
use crate::kernels::gemm::outer::Scratch;
use crate::kernels::gemm::{Panels, Rows};
use crate::memory::Room;

/// The floats of input, or of output, that a block of images should not exceed: 128 KiB.
const BLOCK: usize = 1 << 15;

/// A convolution of one geometry, with the memory it needs besides its arguments.
#[derive(Clone, Debug)]
pub struct Direct {
    geometry: Conv2dGeometry,
    /// The images worked on at a time.
    block: usize,
    /// What each output pixel of a block sees.
    rows: Rows,
    /// The kernel, packed for the forward pass.
    panels: Panels,
    /// The kernel transposed, packed for the gradient of the input, one a segment.
    transposed: Vec<Panels>,
    /// A block of padded images, where there is padding.
    padded: Room,
    /// Packed operands of the gradient of the kernel.
    scratch: Option<Scratch>,
}

impl Direct {
    /// For up to `max_batch` images, to be allocated. Only what `directions` asks for may be called.
    pub fn new(geometry: Conv2dGeometry, max_batch: usize, directions: Directions<bool>) -> Self {
        let larger = geometry.padded_len().max(geometry.output_len());
        let block = (BLOCK / larger).clamp(1, max_batch.max(1));
        let rows = geometry.rows();
        let (depth, filters) = (rows.depth(), geometry.filters);
        let panels = Panels::new(if directions.forward { depth } else { 0 }, filters);
        let transposed = if directions.backward_input {
            vec![Panels::new(filters, rows.run); rows.segments.len()]
        } else {
            Vec::new()
        };
        let scratch =
            directions.backward_kernel.then(|| Scratch::new(block * geometry.pixels(), filters));
        let padded = if geometry.is_padded() { block * geometry.padded_len() } else { 0 };
        Self { geometry, block, rows, panels, transposed, padded: Room::new(padded), scratch }
    }

    /// Takes the memory.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        self.rows.offsets = self.geometry.offsets(self.block)?;
        self.panels.allocate()?;
        self.transposed.iter_mut().try_for_each(Panels::allocate)?;
        self.padded.allocate("padded images")?;
        self.scratch.iter_mut().try_for_each(Scratch::allocate)
    }

    /// The memory it holds, in bytes.
    pub fn bytes(&self) -> usize {
        let transposed: usize = self.transposed.iter().map(Panels::bytes).sum();
        self.panels.bytes()
            + transposed
            + self.padded.bytes()
            + self.scratch.as_ref().map_or(0, Scratch::bytes)
            + self.block * self.geometry.pixels() * size_of::<u32>()
    }
}
