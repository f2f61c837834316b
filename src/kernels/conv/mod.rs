//! Two-dimensional convolution: forward, gradient of the kernel, gradient of the input.
//!
//! All three are implicit matrix products ([`gemm`](super::gemm)) over blocks of images small
//! enough to stay in the cache. Same padding copies a block into a padded scratch first.

mod backward_input;
mod backward_kernel;
mod forward;
mod geometry;
mod padding;

pub use super::window::Padding;
pub use geometry::Conv2dGeometry;

use super::gemm::outer::Scratch;
use super::gemm::{Panels, Rows};

/// The floats of input, or of output, that a block of images should not exceed: 128 KiB.
const BLOCK: usize = 1 << 15;

/// A convolution of one geometry, with the memory it needs besides its arguments.
#[derive(Clone, Debug)]
pub struct Conv2d {
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

impl Conv2d {
    /// A convolution for up to `max_batch` images. Without `training` only `forward` may be called.
    #[must_use]
    pub fn new(geometry: Conv2dGeometry, max_batch: usize, training: bool) -> Self {
        let larger = geometry.padded_len().max(geometry.output_len());
        let block = (BLOCK / larger).clamp(1, max_batch.max(1));
        let rows = geometry.rows(block);
        let panels = Panels::new(rows.depth(), geometry.filters);
        let (transposed, scratch) = if training {
            let panels = Panels::new(geometry.filters, rows.run);
            (
                vec![panels; rows.segments.len()],
                Some(Scratch::new(rows.offsets.len(), geometry.filters)),
            )
        } else {
            (Vec::new(), None)
        };
        let padded =
            vec![0.0; if geometry.is_padded() { block * geometry.padded_len() } else { 0 }];
        Self { geometry, block, rows, panels, transposed, padded, scratch }
    }

    /// The geometry it was made for.
    #[must_use]
    pub fn geometry(&self) -> &Conv2dGeometry {
        &self.geometry
    }

    /// How it is computed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        "implicit-gemm 4x8"
    }

    /// The memory it holds, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let transposed: usize = self.transposed.iter().map(Panels::bytes).sum();
        self.panels.bytes()
            + transposed
            + size_of_val(self.padded.as_slice())
            + self.scratch.as_ref().map_or(0, Scratch::bytes)
            + size_of_val(self.rows.offsets.as_slice())
    }
}
