//! The nearest orthogonal matrix, about, by the iteration of Newton and Schulz.
//!
//! `X = a X + (b A + c A A) X` with `A = X Xᵀ` leaves the singular vectors of a matrix and brings its
//! singular values towards 1. The coefficients are chosen so that few steps are enough and the values
//! end up around 1 and not at it (Jordan, "Muon", 2024). A matrix and its transpose have the same
//! iteration, so it is made on the one of them with fewer rows.

use super::elementwise::{scale_in_place, update};
use super::gemm::multiply::Epilogue;
use super::gemm::{Panels, Rows};
use super::matmul::{BLOCK, multiply_blocks};
use super::reduce::sum_of_squares;
use crate::Result;
use crate::memory::Room;
use crate::simd::F32x4;

/// Added to the norm that a matrix is divided by.
const EPSILON: f64 = 1e-7;

/// Room for the iteration on matrices of certain sizes.
#[derive(Clone, Debug, Default)]
pub struct Orthogonal {
    sizes: Vec<Size>,
    x: Room,
    /// Of the size of `X`.
    product: Room,
    /// `A` and `b A + c A A`.
    squares: [Room; 2],
    panels: Option<Panels>,
}

/// A size of matrices.
#[derive(Clone, Debug)]
struct Size {
    rows: usize,
    columns: usize,
    /// Rows of `X` and of `A`.
    x_rows: Rows,
    a_rows: Rows,
}

impl Size {
    fn new(rows: usize, columns: usize) -> Self {
        let (short, long) = (rows.min(columns), rows.max(columns));
        let block = short.clamp(1, BLOCK);
        let [x_rows, a_rows] = [long, short].map(|run| Rows::dense(block, run));
        Self { rows, columns, x_rows, a_rows }
    }

    fn short(&self) -> usize {
        self.rows.min(self.columns)
    }

    fn long(&self) -> usize {
        self.rows.max(self.columns)
    }
}

impl Orthogonal {
    /// Makes room for matrices of this size too; only before it is allocated. Returns the number by
    /// which the size is known.
    pub fn add(&mut self, rows: usize, columns: usize) -> usize {
        let known = |size: &Size| (size.rows, size.columns) == (rows, columns);
        if let Some(number) = self.sizes.iter().position(known) {
            return number;
        }
        let size = Size::new(rows, columns);
        let (short, long) = (size.short(), size.long());
        self.x.widen(short.saturating_mul(long));
        self.product.widen(short.saturating_mul(long));
        self.squares.iter_mut().for_each(|square| square.widen(short.saturating_mul(short)));
        let panels = self.panels.get_or_insert_with(|| Panels::new(short, short));
        for (depth, columns) in [(long, short), (short, short), (short, long)] {
            panels.widen(depth, columns);
        }
        self.sizes.push(size);
        self.sizes.len() - 1
    }

    /// Takes the memory.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        let rooms = [&mut self.x, &mut self.product].into_iter().chain(&mut self.squares);
        for room in rooms {
            room.allocate("room for orthogonal matrices")?;
        }
        self.panels.iter_mut().try_for_each(Panels::allocate)
    }

    /// The memory it holds, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let squares = self.squares.iter().map(Room::bytes).sum::<usize>();
        let panels = self.panels.as_ref().map_or(0, Panels::bytes);
        self.x.bytes() + self.product.bytes() + squares + panels
    }

    /// Replaces a row-major matrix of the size of this number by the result of `steps` steps.
    pub fn run(&mut self, size: usize, steps: u32, [a, b, c]: [f32; 3], matrix: &mut [f32]) {
        let (size, Some(panels)) = (&self.sizes[size], &mut self.panels) else { return };
        let (short, long) = (size.short(), size.long());
        let [x, product] = [&mut self.x, &mut self.product].map(|room| &mut room[..short * long]);
        let [square, polynomial] = self.squares.each_mut().map(|room| &mut room[..short * short]);
        if size.rows > size.columns {
            transpose(matrix, size.columns, x);
        } else {
            x.copy_from_slice(matrix);
        }
        let norm = sum_of_squares(x).sqrt();
        scale_in_place((1.0 / (norm + EPSILON)) as f32, x);
        let [a, b, c] = [a, b, c].map(F32x4::splat);
        for _ in 0..steps {
            panels.resize(long, short);
            panels.pack_transposed(x);
            multiply_blocks(&size.x_rows, panels, x, Epilogue::default(), square);
            panels.resize(short, short);
            panels.pack(square);
            multiply_blocks(&size.a_rows, panels, square, Epilogue::default(), polynomial);
            update(polynomial, square, |aa, a| b * a + c * aa);
            panels.resize(short, long);
            panels.pack(x);
            multiply_blocks(&size.a_rows, panels, polynomial, Epilogue::default(), product);
            update(x, product, |x, product| a * x + product);
        }
        if size.rows > size.columns {
            transpose(x, long, matrix);
        } else {
            matrix.copy_from_slice(x);
        }
    }
}

/// The transpose of a row-major matrix of so many columns.
fn transpose(matrix: &[f32], columns: usize, transposed: &mut [f32]) {
    /// Rows and columns worked on at a time, so that both sides stay in the first cache.
    const TILE: usize = 16;
    let rows = matrix.len() / columns;
    for first in (0..rows).step_by(TILE) {
        for left in (0..columns).step_by(TILE) {
            for row in first..rows.min(first + TILE) {
                for column in left..columns.min(left + TILE) {
                    transposed[column * rows + row] = matrix[row * columns + column];
                }
            }
        }
    }
}
