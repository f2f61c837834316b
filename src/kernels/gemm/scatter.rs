//! `x(q) += dy[q, :] Bᵀ`: the gradient of the input.

use super::panels::{NARROW, Panel};
use super::tile::{self, PanelRow};
use super::{Panels, Rows};

/// Adds to every run of the first `count` rows of `dx` its product; `transposed` holds for each
/// segment the matrix [columns of dy, run]; `dy` is [count, columns].
pub fn scatter(rows: &Rows, count: usize, dy: &[f32], transposed: &[Panels], dx: &mut [f32]) {
    let offsets = &rows.offsets[..count];
    for (&segment, panels) in rows.segments.iter().zip(transposed) {
        for panel in panels.iter() {
            let start = segment as usize + panel.first;
            if panel.width == NARROW {
                narrow(panel, start, offsets, dy, dx);
            } else {
                wide(panel, start, offsets, dy, dx);
            }
        }
    }
}

#[inline(never)]
fn wide(panel: Panel<'_>, start: usize, offsets: &[u32], dy: &[f32], dx: &mut [f32]) {
    pass::<4, 2>(panel, start, offsets, dy, dx);
}

#[inline(never)]
fn narrow(panel: Panel<'_>, start: usize, offsets: &[u32], dy: &[f32], dx: &mut [f32]) {
    pass::<8, 1>(panel, start, offsets, dy, dx);
}

#[inline(always)]
fn pass<const P: usize, const V: usize>(
    panel: Panel<'_>,
    start: usize,
    offsets: &[u32],
    dy: &[f32],
    dx: &mut [f32],
) {
    let rows = tile::panel_rows::<V>(panel.data);
    let depth = rows.len();
    let (tiles, rest) = offsets.as_chunks::<P>();
    let (dy_tiles, dy_rest) = dy.split_at(tiles.len() * P * depth);
    let dx = &mut dx[start..];
    for (offsets, dy) in tiles.iter().zip(dy_tiles.chunks_exact(P * depth)) {
        one_tile::<P, V>(panel.columns, rows, offsets, dy, dx);
    }
    for (&offset, dy) in rest.iter().zip(dy_rest.chunks_exact(depth)) {
        one_tile::<1, V>(panel.columns, rows, &[offset], dy, dx);
    }
}

#[inline(always)]
fn one_tile<const P: usize, const V: usize>(
    columns: usize,
    panel: &[PanelRow<V>],
    offsets: &[u32; P],
    dy: &[f32],
    dx: &mut [f32],
) {
    let depth = panel.len();
    let a: [&[f32]; P] = std::array::from_fn(|p| &dy[p * depth..][..depth]);
    let tile = tile::accumulate(tile::zeros::<P, V>(), a, panel);
    // Runs of neighbouring rows may overlap: add them one after the other.
    for (row, &offset) in tile.into_iter().zip(offsets) {
        tile::add_to(row, &mut dx[offset as usize..][..columns]);
    }
}
