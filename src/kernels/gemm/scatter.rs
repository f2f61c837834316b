//! `x(q) += dy[q, :] Bᵀ`: the gradient of the input.

use super::panels::{NARROW, Panel};
use super::tile::{self, PanelRow, TALL};
use super::{Panels, Rows};
use crate::kernels::arrays;

/// Adds to every run of the first `count` rows of `dx` its product; `transposed` holds for each
/// segment the matrix [columns of dy, run]; `dy` is [count, columns].
pub fn scatter(rows: &Rows, count: usize, dy: &[f32], transposed: &[Panels], dx: &mut [f32]) {
    let offsets = &rows.offsets[..count];
    for (&segment, panels) in rows.segments.iter().zip(transposed) {
        for panel in panels.iter() {
            let start = segment as usize + panel.first;
            match (panel.width, panel.columns == panel.width) {
                (NARROW, true) => pass::<8, 1, true>(panel, start, offsets, dy, dx),
                (NARROW, false) => pass::<8, 1, false>(panel, start, offsets, dy, dx),
                (_, true) => pass::<TALL, 2, true>(panel, start, offsets, dy, dx),
                (_, false) => pass::<TALL, 2, false>(panel, start, offsets, dy, dx),
            }
        }
    }
}

/// One panel for all rows, `P` at a time.
#[inline(never)]
fn pass<const P: usize, const V: usize, const WHOLE: bool>(
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
        one_tile::<P, V, WHOLE>(panel.columns, rows, offsets, dy, dx);
    }
    for (&offset, dy) in rest.iter().zip(dy_rest.chunks_exact(depth)) {
        one_tile::<1, V, WHOLE>(panel.columns, rows, &[offset], dy, dx);
    }
}

#[inline(always)]
fn one_tile<const P: usize, const V: usize, const WHOLE: bool>(
    columns: usize,
    panel: &[PanelRow<V>],
    offsets: &[u32; P],
    dy: &[f32],
    dx: &mut [f32],
) {
    let depth = panel.len();
    let a: [&[f32]; P] = arrays::from_fn(|p| &dy[p * depth..][..depth]);
    let tile = tile::accumulate(tile::zeros::<P, V>(), a, panel);
    // Runs of neighbouring rows may overlap: add them one after the other.
    for p in 0..P {
        tile::add_to::<V, WHOLE>(tile[p], &mut dx[offsets[p] as usize..], columns);
    }
}
