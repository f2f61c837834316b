//! `B += Σ_q x(q)ᵀ dy[q, :]`: the gradient of the weights.

use super::Rows;
use super::panels::{NARROW, panel_bounds};
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
        let (dy, stride, start) = if real == width {
            (dy, columns, first)
        } else {
            let packed = &mut scratch[..count * width];
            for (packed, dy) in packed.chunks_exact_mut(width).zip(dy.chunks_exact(columns)) {
                packed[..real].copy_from_slice(&dy[first..first + real]);
                packed[real..].fill(0.0);
            }
            (&*packed, width, 0)
        };
        let job = Job { rows, offsets, x, dy, stride, start, columns, first, real };
        if width == NARROW { narrow(&job, db) } else { wide(&job, db) }
    }
}

struct Job<'a> {
    rows: &'a Rows,
    offsets: &'a [u32],
    x: &'a [f32],
    dy: &'a [f32],
    /// From one row of `dy` to the next, and where in a row this panel starts.
    stride: usize,
    start: usize,
    /// Of `db`: all columns, the panel's first, and how many of the panel's are real.
    columns: usize,
    first: usize,
    real: usize,
}

#[inline(never)]
fn wide(job: &Job<'_>, db: &mut [f32]) {
    pass::<4, 2>(job, db);
}

#[inline(never)]
fn narrow(job: &Job<'_>, db: &mut [f32]) {
    pass::<8, 1>(job, db);
}

#[inline(always)]
fn pass<const P: usize, const V: usize>(job: &Job<'_>, db: &mut [f32]) {
    let depth = job.rows.depth();
    for (block, db) in db.chunks_mut(P * job.columns).enumerate() {
        // Beyond the last row the tile repeats it; what it computes there is not written.
        let columns: [usize; P] =
            std::array::from_fn(|p| job.rows.column_offset((block * P + p).min(depth - 1)));
        let tile = one_tile::<P, V>(job, columns);
        for (row, db) in tile.into_iter().zip(db.chunks_exact_mut(job.columns)) {
            tile::add_to(row, &mut db[job.first..][..job.real]);
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
    let dy = job.dy[job.start..].chunks(job.stride);
    for (&offset, dy) in job.offsets.iter().zip(dy) {
        let dy: [F32x4; V] =
            std::array::from_fn(|v| F32x4::load(&dy[..4 * V].as_chunks::<4>().0[v]));
        let offset = offset as usize;
        assert!(offset < len);
        for p in 0..P {
            let x = F32x4::splat(x[p][offset]);
            for v in 0..V {
                tile[p][v] += x * dy[v];
            }
        }
    }
    tile
}
