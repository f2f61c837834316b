//! `B += Σ_q x(q)ᵀ dy[q, :]`: the gradient of the weights.

use super::Rows;
use super::panels::{NARROW, WIDE, panel_bounds};
use super::tile::{self, Tile};
use crate::simd::F32x4;

/// Adds to `db` [depth, columns] the product of the first `count` rows with `dy` [count, columns].
/// `scratch` holds at least `count * 8` floats. Call it on blocks of rows: each block is summed by
/// itself, which keeps long sums accurate.
pub fn outer(
    rows: &Rows,
    count: usize,
    x: &[f32],
    dy: &[f32],
    columns: usize,
    scratch: &mut [f32],
    db: &mut [f32],
) {
    let offsets = &rows.offsets[..count];
    for (first, real, width) in panel_bounds(columns) {
        let dy = if real == columns && width == columns {
            dy
        } else {
            let packed = &mut scratch[..count * width];
            pack(dy, columns, first, real, width, packed);
            packed
        };
        let job = Job { rows, offsets, x, dy, columns, first, real };
        if width == NARROW { narrow(&job, db) } else { wide(&job, db) }
    }
}

struct Job<'a> {
    rows: &'a Rows,
    offsets: &'a [u32],
    x: &'a [f32],
    /// The panel's columns of the gradient, [count][width].
    dy: &'a [f32],
    /// Of `db`: all columns, the panel's first, and how many of the panel's are real.
    columns: usize,
    first: usize,
    real: usize,
}

/// Copies the columns of one panel, so that the tile reads them front to back.
#[inline(never)]
fn pack(dy: &[f32], columns: usize, first: usize, real: usize, width: usize, packed: &mut [f32]) {
    let rows = dy.chunks_exact(columns).map(|row| &row[first..first + real]);
    if real == WIDE {
        for (packed, row) in packed.as_chunks_mut::<WIDE>().0.iter_mut().zip(rows) {
            packed.copy_from_slice(row);
        }
    } else {
        for (packed, row) in packed.chunks_exact_mut(width).zip(rows) {
            packed[..real].copy_from_slice(row);
            packed[real..].fill(0.0);
        }
    }
}

/// One wide panel. A run that four and three add up to is cut into tiles of neighbouring rows, which
/// need one address for all; other runs share tiles of rows that lie anywhere.
fn wide(job: &Job<'_>, db: &mut [f32]) {
    let run = job.rows.run;
    if run < 3 || run == 5 {
        return wide_scattered(job, db);
    }
    let tiles = run.div_ceil(4);
    let mut row = 0;
    for &segment in &job.rows.segments {
        for tile in 0..tiles {
            let height = (run + tile) / tiles;
            let at = segment as usize + row % run;
            let db = &mut db[row * job.columns..][..height * job.columns];
            if height == 4 {
                neighbours::<4>(job, at, db);
            } else {
                neighbours::<3>(job, at, db);
            }
            row += height;
        }
    }
}

#[inline(never)]
fn wide_scattered(job: &Job<'_>, db: &mut [f32]) {
    scattered::<4, 2>(job, db);
}

#[inline(never)]
fn narrow(job: &Job<'_>, db: &mut [f32]) {
    scattered::<8, 1>(job, db);
}

/// A tile of `P` neighbouring rows, from `at` on in each run.
#[inline(never)]
fn neighbours<const P: usize>(job: &Job<'_>, at: usize, db: &mut [f32]) {
    let x = &job.x[at..];
    let mut tile = tile::zeros::<P, 2>();
    let dy = tile::panel_rows::<2>(job.dy);
    let mut inside = true;
    for (&offset, dy) in job.offsets.iter().zip(dy) {
        let dy = dy.each_ref().map(F32x4::load);
        // Left, rather than panicking, because a call inside the loop makes V8 spill the tile.
        let Some(x) = x.get(offset as usize..).and_then(|x| x.first_chunk::<P>()) else {
            inside = false;
            break;
        };
        for p in 0..P {
            let x = F32x4::splat(x[p]);
            for v in 0..2 {
                tile[p][v] += x * dy[v];
            }
        }
    }
    assert!(inside, "a row reaches beyond the input");
    for (row, db) in tile.into_iter().zip(db.chunks_exact_mut(job.columns)) {
        tile::add_to::<2, false>(row, &mut db[job.first..], job.real);
    }
}

/// Tiles of rows that lie anywhere.
#[inline(always)]
fn scattered<const P: usize, const V: usize>(job: &Job<'_>, db: &mut [f32]) {
    let depth = job.rows.depth();
    for (block, db) in db.chunks_mut(P * job.columns).enumerate() {
        // Beyond the last row the tile repeats it; what it computes there is not written.
        let columns: [usize; P] =
            std::array::from_fn(|p| job.rows.column_offset((block * P + p).min(depth - 1)));
        let tile = one_tile::<P, V>(job, columns);
        for (row, db) in tile.into_iter().zip(db.chunks_exact_mut(job.columns)) {
            tile::add_to::<V, false>(row, &mut db[job.first..], job.real);
        }
    }
}

#[inline(always)]
fn one_tile<const P: usize, const V: usize>(job: &Job<'_>, columns: [usize; P]) -> Tile<P, V> {
    // Slices of one length, so that a single comparison covers them all.
    let last = columns.iter().copied().max().unwrap_or(0);
    let len = job.x.len() - last;
    let x: [&[f32]; P] = columns.map(|column| &job.x[column..column + len]);
    let mut tile = tile::zeros::<P, V>();
    let dy = tile::panel_rows::<V>(job.dy);
    let mut inside = true;
    for (&offset, dy) in job.offsets.iter().zip(dy) {
        let dy = dy.each_ref().map(F32x4::load);
        let offset = offset as usize;
        if offset >= len {
            inside = false;
            break;
        }
        for p in 0..P {
            let x = F32x4::splat(x[p][offset]);
            for v in 0..V {
                tile[p][v] += x * dy[v];
            }
        }
    }
    assert!(inside, "a row reaches beyond the input");
    tile
}
