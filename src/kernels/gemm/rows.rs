//! Where the rows of the left matrix lie.

/// Row `q` of the matrix is made of one run of `run` floats for each segment `s`, which begins at
/// `offsets[q] + segments[s]` in the buffer.
#[derive(Clone, Debug)]
pub struct Rows {
    /// Where each row begins.
    pub offsets: Vec<u32>,
    /// Where each segment begins, from the row's beginning.
    pub segments: Vec<u32>,
    /// The length of every segment.
    pub run: usize,
}

impl Rows {
    /// The rows of an ordinary row-major matrix [rows, columns].
    pub fn dense(rows: usize, columns: usize) -> Self {
        let offsets = (0..rows).map(|row| index(row * columns)).collect();
        Self { offsets, segments: vec![0], run: columns }
    }

    /// The number of columns.
    pub fn depth(&self) -> usize {
        self.segments.len() * self.run
    }

    /// Where column `k` lies, from the row's beginning.
    pub fn column_offset(&self, k: usize) -> usize {
        self.segments[k / self.run] as usize + k % self.run
    }
}

/// An index as it is kept in the tables. Buffers are below 4 GiB of floats by construction
/// (geometries refuse larger ones).
pub fn index(i: usize) -> u32 {
    u32::try_from(i).expect("geometry bounds every index")
}
