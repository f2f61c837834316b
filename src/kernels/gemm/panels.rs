//! The right matrix, packed so that the tile reads it front to back.

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
    data: Vec<f32>,
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

impl Panels {
    /// Room for a matrix of this size.
    pub fn new(depth: usize, columns: usize) -> Self {
        let width: usize = panel_bounds(columns).map(|(_, _, width)| width).sum();
        Self { depth, columns, data: vec![0.0; depth * width] }
    }

    /// Packs a row-major matrix [depth, columns].
    pub fn pack(&mut self, matrix: &[f32]) {
        debug_assert_eq!(matrix.len(), self.depth * self.columns);
        let mut rest = self.data.as_mut_slice();
        for (first, real, width) in panel_bounds(self.columns) {
            let (panel, after) = rest.split_at_mut(self.depth * width);
            for (packed, row) in
                panel.chunks_exact_mut(width).zip(matrix.chunks_exact(self.columns))
            {
                packed[..real].copy_from_slice(&row[first..first + real]);
            }
            rest = after;
        }
    }

    /// Packs the transpose of a row-major matrix [columns, depth].
    pub fn pack_transposed(&mut self, matrix: &[f32]) {
        debug_assert_eq!(matrix.len(), self.depth * self.columns);
        let mut rest = self.data.as_mut_slice();
        for (first, real, width) in panel_bounds(self.columns) {
            let (panel, after) = rest.split_at_mut(self.depth * width);
            for (column, row) in
                matrix[first * self.depth..].chunks_exact(self.depth).take(real).enumerate()
            {
                for (packed, &value) in panel.chunks_exact_mut(width).zip(row) {
                    packed[column] = value;
                }
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
        let mut rest = self.data.as_slice();
        panel_bounds(self.columns).map(move |(first, columns, width)| {
            let (data, after) = rest.split_at(self.depth * width);
            rest = after;
            Panel { first, columns, width, data }
        })
    }

    /// The memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        size_of_val(self.data.as_slice())
    }
}
