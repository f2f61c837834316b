//! The gradient of the kernel: the convolution's own algorithm, transposed.
//!
//! Where `y = Aᵀ ((G g) ⊙ (Bᵀ d))`, the gradient of `g` is `Gᵀ ((A dy) ⊙ (Bᵀ d))`: tiles of `dy`
//! take the way of the output backwards, and the products of all tiles are summed before the last
//! step.

use super::tiling::{self, Tiling};
use super::transform::{F2, F4, Transform};
use super::{Scratch, Size, kernel};
use crate::Result;
use crate::kernels::conv::Conv2dGeometry;
use crate::kernels::gemm::Rows;
use crate::kernels::gemm::outer::{self, outer};
use crate::memory::Room;

/// The channels and filters of all tiles that are worked on at a time, which makes about 2 MiB of
/// scratch. The sums over a block are added to the gradient, so the more tiles the better; 64 are
/// 10% faster than 32, and 128 another 5%.
const BLOCK: usize = 1 << 14;

/// The gradient of the kernel for one geometry.
#[derive(Clone, Debug)]
pub struct KernelGradient {
    tiling: Tiling,
    /// The rows of a plane.
    rows: Rows,
    /// The gradient of the transformed kernel, a matrix [in_channels, filters] a plane.
    transformed: Room,
    packed: outer::Scratch,
}

impl KernelGradient {
    /// For up to `max_batch` images, to be allocated.
    pub fn new(geometry: Conv2dGeometry, size: Size, max_batch: usize) -> Self {
        let len = size.inputs() * size.inputs() * geometry.in_channels * geometry.filters;
        let tiles = (BLOCK / (geometry.in_channels + geometry.filters)).clamp(32, 128);
        let tiling = Tiling::new(geometry, size, tiles, max_batch);
        let rows = Rows::dense(tiling.tiles(), tiling.geometry.in_channels);
        let packed = outer::Scratch::new(tiling.tiles(), tiling.geometry.filters);
        Self { tiling, rows, transformed: Room::new(len), packed }
    }

    /// Takes the memory.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        self.transformed.allocate("the gradient of a transformed kernel")?;
        self.packed.allocate()
    }

    /// Where its tiles lie.
    pub fn tiling(&self) -> &Tiling {
        &self.tiling
    }

    /// The memory it holds, in bytes.
    pub fn bytes(&self) -> usize {
        self.transformed.bytes() + size_of_val(self.rows.offsets.as_slice()) + self.packed.bytes()
    }

    /// From the input and the gradient of the output of `n` images the gradient of the kernel.
    pub fn run(
        &mut self,
        n: usize,
        x: &[f32],
        dy: &[f32],
        scratch: &mut Scratch,
        dkernel: &mut [f32],
    ) {
        match self.tiling.size {
            Size::Two => self.run_by::<F2, 2, 4>(n, x, dy, scratch, dkernel),
            Size::Four => self.run_by::<F4, 4, 6>(n, x, dy, scratch, dkernel),
        }
    }

    fn run_by<T: Transform<M, A>, const M: usize, const A: usize>(
        &mut self,
        n: usize,
        x: &[f32],
        dy: &[f32],
        scratch: &mut Scratch,
        dkernel: &mut [f32],
    ) {
        let tiling = &self.tiling;
        let g = &tiling.geometry;
        let (input_plane, output_plane) = (tiling.input_side().plane, tiling.output_side().plane);
        let matrix = g.in_channels * g.filters;
        self.transformed.fill(0.0);
        for rows in tiling.blocks(n) {
            let (count, tiles) = (rows.len(), rows.len() * tiling.columns);
            let Scratch { zeros, input_strips, input_planes, output_planes, output_strips, .. } =
                scratch;
            tiling::input_strips::<T, M, A>(tiling, rows.clone(), x, zeros, input_strips);
            tiling::gradient_strips::<T, M, A>(tiling, rows, dy, zeros, output_strips);
            for (strip, sums) in self.transformed.chunks_exact_mut(A * matrix).enumerate() {
                tiling::input_planes::<T, M, A>(tiling, count, input_strips, strip, input_planes);
                tiling::gradient_planes::<T, M, A>(
                    tiling,
                    count,
                    output_strips,
                    strip,
                    output_planes,
                );
                for (i, sum) in sums.chunks_exact_mut(matrix).enumerate() {
                    let x = &input_planes[i * input_plane..][..tiles * g.in_channels];
                    let dy = &output_planes[i * output_plane..][..tiles * g.filters];
                    outer(&self.rows, tiles, x, dy, g.filters, &mut self.packed, sum);
                }
            }
        }
        kernel::gradient::<T, M, A>(&self.transformed, dkernel);
    }
}
