//! Convolution as implicit matrix products ([`gemm`](crate::kernels::gemm)) over blocks of images
//! small enough to stay in the cache. Same padding copies a block into a padded scratch first.

mod backward_input;
mod backward_kernel;
mod forward;

use super::{Conv2dGeometry, Directions};
use crate::kernels::gemm::outer::Scratch;
use crate::kernels::gemm::{Panels, Rows};

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
    padded: Vec<f32>,
    /// Packed operands of the gradient of the kernel.
    scratch: Option<Scratch>,
}

impl Direct {
    /// For up to `max_batch` images. Only what `directions` asks for may be called.
    pub fn new(geometry: Conv2dGeometry, max_batch: usize, directions: Directions<bool>) -> Self {
        let larger = geometry.padded_len().max(geometry.output_len());
        let block = (BLOCK / larger).clamp(1, max_batch.max(1));
        let rows = geometry.rows(block);
        let (depth, filters) = (rows.depth(), geometry.filters);
        let panels = Panels::new(if directions.forward { depth } else { 0 }, filters);
        let transposed = if directions.backward_input {
            vec![Panels::new(filters, rows.run); rows.segments.len()]
        } else {
            Vec::new()
        };
        let scratch = directions.backward_kernel.then(|| Scratch::new(rows.offsets.len(), filters));
        let padded =
            vec![0.0; if geometry.is_padded() { block * geometry.padded_len() } else { 0 }];
        Self { geometry, block, rows, panels, transposed, padded, scratch }
    }

    /// The memory it holds, in bytes.
    pub fn bytes(&self) -> usize {
        let transposed: usize = self.transposed.iter().map(Panels::bytes).sum();
        self.panels.bytes()
            + transposed
            + size_of_val(self.padded.as_slice())
            + self.scratch.as_ref().map_or(0, Scratch::bytes)
            + size_of_val(self.rows.offsets.as_slice())
    }
}
