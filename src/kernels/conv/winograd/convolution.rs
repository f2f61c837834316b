//! The convolution itself: the forward pass, and the gradient of the input with the kernel turned.

use super::tiling::{self, Ending, Tiling};
use super::transform::{F2, F4, Transform};
use super::{Scratch, Size, kernel};
use crate::Result;
use crate::kernels::conv::Conv2dGeometry;
use crate::kernels::gemm::multiply::{Epilogue, multiply};
use crate::kernels::gemm::{Panels, Rows};

/// The tiles that are worked on at a time: more are no faster and take more memory. They are a
/// multiple of the rows of both builds' tiles of accumulators.
const BLOCK: usize = 36;

/// A convolution of one geometry.
#[derive(Clone, Debug)]
pub struct Convolution {
    tiling: Tiling,
    /// The transformed kernel, one matrix a plane.
    kernel: Vec<Panels>,
    /// The rows of a plane.
    rows: Rows,
}

impl Convolution {
    /// For up to `max_batch` images, to be allocated.
    pub fn new(geometry: Conv2dGeometry, size: Size, max_batch: usize) -> Self {
        let panels = Panels::new(geometry.in_channels, geometry.filters);
        let tiling = Tiling::new(geometry, size, BLOCK, max_batch);
        let rows = Rows::dense(tiling.tiles(), tiling.geometry.in_channels);
        Self { kernel: vec![panels; size.inputs() * size.inputs()], rows, tiling }
    }

    /// Takes the memory.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        self.kernel.iter_mut().try_for_each(Panels::allocate)
    }

    /// Where its tiles lie.
    pub fn tiling(&self) -> &Tiling {
        &self.tiling
    }

    /// The memory it holds, in bytes.
    pub fn bytes(&self) -> usize {
        self.kernel.iter().map(Panels::bytes).sum::<usize>()
            + size_of_val(self.rows.offsets.as_slice())
    }

    /// Transforms a kernel [3, 3, in_channels, filters] for the runs that follow.
    pub fn set_kernel(&mut self, kernel: &[f32]) {
        match self.tiling.size {
            Size::Two => kernel::pack::<F2, 2, 4>(kernel, &mut self.kernel),
            Size::Four => kernel::pack::<F4, 4, 6>(kernel, &mut self.kernel),
        }
    }

    /// Convolves `n` images, as [`Conv2d::forward`](crate::kernels::conv::Conv2d::forward), with the
    /// kernel that was set last.
    pub fn run(
        &self,
        n: usize,
        x: &[f32],
        epilogue: Epilogue<'_>,
        scratch: &mut Scratch,
        y: &mut [f32],
    ) {
        match self.tiling.size {
            Size::Two => self.run_by::<F2, 2, 4>(n, x, epilogue, scratch, y),
            Size::Four => self.run_by::<F4, 4, 6>(n, x, epilogue, scratch, y),
        }
    }

    fn run_by<T: Transform<M, A>, const M: usize, const A: usize>(
        &self,
        n: usize,
        x: &[f32],
        epilogue: Epilogue<'_>,
        scratch: &mut Scratch,
        y: &mut [f32],
    ) {
        let tiling = &self.tiling;
        let bias = scratch.bias.chunks_exact_mut(tiling.geometry.filters);
        bias.for_each(|pixel| match epilogue.bias {
            Some(bias) => pixel.copy_from_slice(bias),
            None => pixel.fill(0.0),
        });
        let (input_plane, output_plane) = (tiling.input_side().plane, tiling.output_side().plane);
        for rows in tiling.blocks(n) {
            let tiles = rows.len() * tiling.columns;
            let Scratch { input_strips, input_planes, output_planes, output_strips, .. } = scratch;
            tiling::input_strips::<T, M, A>(tiling, rows.clone(), x, &scratch.zeros, input_strips);
            for (strip, kernels) in self.kernel.chunks_exact(A).enumerate() {
                tiling::input_planes::<T, M, A>(
                    tiling,
                    rows.len(),
                    input_strips,
                    strip,
                    input_planes,
                );
                for (i, kernel) in kernels.iter().enumerate() {
                    let (x, y) =
                        (&input_planes[i * input_plane..], &mut output_planes[i * output_plane..]);
                    multiply(&self.rows, tiles, x, kernel, Epilogue::default(), y);
                }
                tiling::output_strip::<T, M, A>(
                    tiling,
                    rows.len(),
                    output_planes,
                    output_strips,
                    strip,
                );
            }
            let ending = Ending { bias: &scratch.bias, rectifier: epilogue.rectifier };
            tiling::output::<T, M, A>(tiling, rows, output_strips, ending, &mut scratch.spare, y);
        }
    }
}
