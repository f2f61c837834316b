//! The right matrix, packed so that the tile reads it front to back.

use crate::Result;
use crate::kernels::arrays;
use crate::memory::Room;
use crate::simd::F32x4;

/// The columns of a wide panel: two vectors.
pub const WIDE: usize = 8;
/// The columns of the narrow panel that holds a remainder of at most four columns.
pub const NARROW: usize = 4;

/// A matrix [depth, columns] cut into panels of [`WIDE`] columns, each stored as [depth][WIDE]. A
/// remainder of up to four columns makes a narrow panel, a larger one a wide panel filled up with
/// zeros.
#[derive(Clone, Debug)]
pub struct Panels {
    depth: usize,
    columns: usize,
    data: Room,
}

/// One panel.
#[derive(Clone, Copy, Debug)]
pub struct Panel<'a> {
    /// Its first column.
    pub first: usize,
    /// How many of its columns are real.
    pub columns: usize,
    /// [`WIDE`] or [`NARROW`].
    pub width: usize,
    /// [depth][width].
    pub data: &'a [f32],
}

/// The panels of so many columns: (first column, real columns, width).
pub fn panel_bounds(columns: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..columns).step_by(WIDE).map(move |first| {
        let real = (columns - first).min(WIDE);
        (first, real, if real <= NARROW { NARROW } else { WIDE })
    })
}

/// Copies eight floats as two vectors: `copy_from_slice` would become a call, or WebAssembly's
/// `memory.copy`, which is slow for so few.
#[inline(always)]
pub fn copy(from: &[f32], to: &mut [f32; WIDE]) {
    for (from, to) in from.as_chunks::<4>().0.iter().zip(to.as_chunks_mut::<4>().0) {
        F32x4::load(from).store(to);
    }
}

/// Writes up to four rows [4, depth] as the columns from `first` on of a panel [depth, width].
fn transpose(rows: &[f32], depth: usize, width: usize, first: usize, panel: &mut [f32]) {
    let mut done = 0;
    if rows.len() == 4 * depth {
        let [a, b, c, d] = [0, 1, 2, 3].map(|row| rows[row * depth..][..depth].as_chunks::<4>().0);
        let packed = panel.chunks_exact_mut(4 * width);
        for ((((a, b), c), d), packed) in a.iter().zip(b).zip(c).zip(d).zip(packed) {
            let columns = F32x4::transpose(arrays::map([a, b, c, d], F32x4::load));
            for (packed, column) in packed.chunks_exact_mut(width).zip(columns) {
                if let Some(packed) = packed[first..].first_chunk_mut() {
                    column.store(packed);
                }
            }
        }
        done = depth / 4 * 4;
    }
    for (column, row) in rows.chunks_exact(depth).enumerate() {
        for (packed, &value) in panel.chunks_exact_mut(width).zip(row).skip(done) {
            packed[first + column] = value;
        }
    }
}

impl Panels {
    /// Room for a matrix of this size, to be allocated.
    pub fn new(depth: usize, columns: usize) -> Self {
        let width: usize = panel_bounds(columns).map(|(_, _, width)| width).sum();
        Self { depth, columns, data: Room::new(depth.saturating_mul(width)) }
    }

    /// Makes room for a matrix of this size too; only before it is allocated.
    pub fn widen(&mut self, depth: usize, columns: usize) {
        self.data.widen(Self::new(depth, columns).data.bytes() / size_of::<f32>());
    }

    /// Says that the matrix to be packed is of this size, for which there is room.
    pub fn resize(&mut self, depth: usize, columns: usize) {
        (self.depth, self.columns) = (depth, columns);
    }

    /// Takes the memory.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        self.data.allocate("packed weights")
    }

    /// Packs a row-major matrix [depth, columns].
    pub fn pack(&mut self, matrix: &[f32]) {
        debug_assert_eq!(matrix.len(), self.depth * self.columns);
        let mut rest = &mut self.data[..];
        for (first, real, width) in panel_bounds(self.columns) {
            let (panel, after) = rest.split_at_mut(self.depth * width);
            let rows = matrix.chunks_exact(self.columns).map(|row| &row[first..first + real]);
            if real == WIDE {
                for (packed, row) in panel.as_chunks_mut::<WIDE>().0.iter_mut().zip(rows) {
                    copy(row, packed);
                }
            } else {
                for (packed, row) in panel.chunks_exact_mut(width).zip(rows) {
                    packed.iter_mut().zip(row).for_each(|(packed, &value)| *packed = value);
                }
            }
            rest = after;
        }
    }

    /// Packs the transpose of a row-major matrix [columns, depth].
    pub fn pack_transposed(&mut self, matrix: &[f32]) {
        debug_assert_eq!(matrix.len(), self.depth * self.columns);
        let mut rest = &mut self.data[..];
        for (first, real, width) in panel_bounds(self.columns) {
            let (panel, after) = rest.split_at_mut(self.depth * width);
            let matrix = &matrix[first * self.depth..][..real * self.depth];
            let fours = matrix.chunks(4 * self.depth).enumerate();
            for (four, rows) in fours {
                transpose(rows, self.depth, width, 4 * four, panel);
            }
            rest = after;
        }
    }

    /// The four elements of a row from `column` on, a multiple of four; those beyond the last
    /// column may be anything.
    #[inline(always)]
    pub fn lanes_mut(&mut self, row: usize, column: usize) -> &mut [f32; 4] {
        let (panel, lane) = (column / WIDE * WIDE, column % WIDE);
        let width = if self.columns - panel <= NARROW { NARROW } else { WIDE };
        let at = panel * self.depth + row * width + lane;
        &mut self.data.as_chunks_mut().0[at / 4]
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The panels, left to right.
    pub fn iter(&self) -> impl Iterator<Item = Panel<'_>> {
        let mut rest = &self.data[..];
        panel_bounds(self.columns).map(move |(first, columns, width)| {
            let (data, after) = rest.split_at(self.depth * width);
            rest = after;
            Panel { first, columns, width, data }
        })
    }

    /// The memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        self.data.bytes()
    }
}
