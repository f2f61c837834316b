//! `B += Σ_q x(q)ᵀ dy[q, :]`: the gradient of the weights.

use super::Rows;
use super::panels::{NARROW, WIDE, copy, panel_bounds};
use super::tile::{self, Tile};
use crate::Result;
use crate::kernels::arrays;
use crate::memory::Room;

/// The rows of `x` and `dy` that are worked on at a time: packed they fit the innermost cache, and
/// each block is summed by itself, which keeps long sums accurate.
const BLOCK: usize = 512;

/// The columns of `x` that are packed at a time, two tiles' worth.
const GROUP: usize = 8;

/// Memory for packed operands.
#[derive(Clone, Debug)]
pub struct Scratch {
    /// `BLOCK` pieces of `GROUP` floats of `x`.
    x: Room,
    /// `BLOCK` rows of `dy`, in panels.
    dy: Room,
}

impl Scratch {
    /// For gradients of so many columns and up to so many rows; to be allocated.
    pub fn new(rows: usize, columns: usize) -> Self {
        let rows = rows.min(BLOCK);
        let width: usize = panel_bounds(columns).map(|(_, _, width)| width).sum();
        Self { x: Room::new(rows * GROUP), dy: Room::new(rows * width) }
    }

    /// Takes the memory.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        [&mut self.x, &mut self.dy].into_iter().try_for_each(|room| room.allocate("packed rows"))
    }

    /// The memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        self.x.bytes() + self.dy.bytes()
    }
}

/// Adds to `db` [depth, columns] the product of the first `count` rows with `dy` [count, columns].
pub fn outer(
    rows: &Rows,
    count: usize,
    x: &[f32],
    dy: &[f32],
    columns: usize,
    scratch: &mut Scratch,
    db: &mut [f32],
) {
    // Packing pieces of `x` pays where several panels read them.
    let packs = columns > WIDE;
    for (offsets, dy) in rows.offsets[..count].chunks(BLOCK).zip(dy.chunks(BLOCK * columns)) {
        let dy = if columns == WIDE || columns == NARROW {
            dy
        } else {
            pack_gradient(dy, columns, &mut scratch.dy);
            &scratch.dy
        };
        let block = Block { offsets, x, dy, columns };
        let mut row = 0;
        while row < rows.depth() {
            let start = rows.column_offset(row);
            let neighbours = rows.run - row % rows.run;
            let db = &mut db[row * columns..];
            row += if packs && neighbours >= GROUP {
                block.packed(start, &mut scratch.x, db)
            } else if neighbours == 5 {
                block.neighbours::<5>(start, db)
            } else if neighbours >= 4 {
                block.neighbours::<4>(start, db)
            } else {
                // Beyond the last column the tile repeats it; what it computes there is not used.
                let last = rows.depth() - 1;
                let starts = std::array::from_fn(|i| rows.column_offset((row + i).min(last)));
                block.gathered(starts, db)
            };
        }
    }
}

/// A block of rows. Its methods compute the next columns of `x` and return how many they are.
struct Block<'a> {
    offsets: &'a [u32],
    x: &'a [f32],
    /// In panels [rows][width].
    dy: &'a [f32],
    columns: usize,
}

impl Block<'_> {
    /// `GROUP` neighbouring columns from `start` on, packed for all panels.
    fn packed(&self, start: usize, packed: &mut [f32], db: &mut [f32]) -> usize {
        let packed = &mut packed.as_chunks_mut::<GROUP>().0[..self.offsets.len()];
        pack_columns(self.offsets, &self.x[start..], packed);
        let (upper, lower) = db.split_at_mut(4 * self.columns);
        self.for_each_panel(|panel| {
            if panel.width == WIDE {
                packed_product::<2, 0>(packed, &panel, upper);
                packed_product::<2, 1>(packed, &panel, lower);
            } else {
                packed_product::<1, 0>(packed, &panel, upper);
                packed_product::<1, 1>(packed, &panel, lower);
            }
        });
        GROUP
    }

    /// `P` neighbouring columns from `start` on.
    fn neighbours<const P: usize>(&self, start: usize, db: &mut [f32]) -> usize {
        let x = &self.x[start..];
        self.for_each_panel(|panel| {
            if panel.width == WIDE {
                neighbours_product::<P, 2>(self.offsets, x, &panel, db);
            } else {
                neighbours_product::<P, 1>(self.offsets, x, &panel, db);
            }
        });
        P
    }

    /// Four columns that lie anywhere.
    fn gathered(&self, starts: [usize; 4], db: &mut [f32]) -> usize {
        // Slices of one length, so that a single comparison covers them all.
        let len = self.x.len() - starts.into_iter().fold(0, usize::max);
        let x = arrays::map(starts, |start| &self.x[start..start + len]);
        self.for_each_panel(|panel| {
            if panel.width == WIDE {
                gathered_product::<2>(self.offsets, x, &panel, db);
            } else {
                gathered_product::<1>(self.offsets, x, &panel, db);
            }
        });
        4
    }

    fn for_each_panel(&self, mut each: impl FnMut(GradientPanel<'_>)) {
        let mut dy = self.dy;
        for (first, columns, width) in panel_bounds(self.columns) {
            let (data, rest) = dy.split_at(self.offsets.len() * width);
            dy = rest;
            each(GradientPanel { data, width, first, columns, stride: self.columns });
        }
    }
}

/// Some columns of `dy`, and where their products belong.
struct GradientPanel<'a> {
    /// [rows][width].
    data: &'a [f32],
    width: usize,
    /// The first column, and how many are real.
    first: usize,
    columns: usize,
    /// From one row of `db` to the next.
    stride: usize,
}

impl GradientPanel<'_> {
    /// Adds a tile to as many rows of `db` as there are.
    #[inline(always)]
    fn add<const P: usize, const V: usize>(&self, tile: Tile<P, V>, db: &mut [f32]) {
        for (p, row) in tile.into_iter().enumerate() {
            let at = p * self.stride + self.first;
            let Some(db) = db.get_mut(at..at + self.columns) else { break };
            if self.columns == 4 * V {
                tile::add_to::<V, true>(row, db, self.columns);
            } else {
                tile::add_to::<V, false>(row, db, self.columns);
            }
        }
    }
}

/// Packs `dy` [rows, columns] into panels [rows][width].
#[inline(never)]
fn pack_gradient(dy: &[f32], columns: usize, packed: &mut [f32]) {
    let count = dy.len() / columns;
    let mut packed = packed;
    for (first, real, width) in panel_bounds(columns) {
        let (panel, rest) = packed.split_at_mut(count * width);
        packed = rest;
        let rows = dy.chunks_exact(columns).map(|row| &row[first..first + real]);
        if real == WIDE {
            for (packed, row) in panel.as_chunks_mut::<WIDE>().0.iter_mut().zip(rows) {
                copy(row, packed);
            }
        } else {
            for (packed, row) in panel.chunks_exact_mut(width).zip(rows) {
                packed[..real].copy_from_slice(row);
                packed[real..].fill(0.0);
            }
        }
    }
}

/// Packs the first columns of each row.
#[inline(never)]
fn pack_columns(offsets: &[u32], x: &[f32], packed: &mut [[f32; GROUP]]) {
    for (packed, &offset) in packed.iter_mut().zip(offsets) {
        copy(&x[offset as usize..][..GROUP], packed);
    }
}

/// The product of the first (`HALF` 0) or last four packed columns with a panel.
#[inline(never)]
fn packed_product<const V: usize, const HALF: usize>(
    x: &[[f32; GROUP]],
    panel: &GradientPanel<'_>,
    db: &mut [f32],
) {
    let mut tile = tile::zeros::<4, V>();
    for (x, dy) in x.iter().zip(tile::panel_rows::<V>(panel.data)) {
        tile = tile::add_product(tile, x.as_chunks::<4>().0[HALF], dy);
    }
    panel.add(tile, db);
}

// The loops below are left, rather than panicking inside, where a row reaches beyond the input: a
// call in the loop would make V8 keep the tile in memory.

/// The product of the first `P` columns of each row with a panel.
#[inline(never)]
fn neighbours_product<const P: usize, const V: usize>(
    offsets: &[u32],
    x: &[f32],
    panel: &GradientPanel<'_>,
    db: &mut [f32],
) {
    let mut tile = tile::zeros::<P, V>();
    let mut inside = true;
    for (&offset, dy) in offsets.iter().zip(tile::panel_rows::<V>(panel.data)) {
        let Some(x) = x.get(offset as usize..).and_then(|x| x.first_chunk::<P>()) else {
            inside = false;
            break;
        };
        tile = tile::add_product(tile, *x, dy);
    }
    assert!(inside, "a row reaches beyond the input");
    panel.add(tile, db);
}

/// The product of one column from each of `x`, all of one length, with a panel.
#[inline(never)]
fn gathered_product<const V: usize>(
    offsets: &[u32],
    x: [&[f32]; 4],
    panel: &GradientPanel<'_>,
    db: &mut [f32],
) {
    let len = x[0].len();
    let x = arrays::map(x, |x| &x[..len]);
    let mut tile = tile::zeros::<4, V>();
    let mut inside = true;
    for (&offset, dy) in offsets.iter().zip(tile::panel_rows::<V>(panel.data)) {
        let offset = offset as usize;
        if offset >= len {
            inside = false;
            break;
        }
        tile = tile::add_product(tile, arrays::map(x, |x| x[offset]), dy);
    }
    assert!(inside, "a row reaches beyond the input");
    panel.add(tile, db);
}
