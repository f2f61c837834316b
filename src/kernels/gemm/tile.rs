//! The tile of accumulators that every product stands on.

use crate::kernels::arrays;
use crate::simd::{F32x4, FUSES};

/// The rows of a tile that is two vectors wide: eight accumulators, the operands and the product
/// that waits for its sum fit the sixteen registers of SSE-class machines. A fused multiply-add has
/// no such product, and twelve accumulators keep two such units busy.
pub const TALL: usize = if FUSES { 6 } else { 4 };

/// `P` rows by `V` vectors of accumulators: [`TALL`] by 2, or 8 by 1.
pub type Tile<const P: usize, const V: usize> = [[F32x4; V]; P];

/// One row of a panel.
pub type PanelRow<const V: usize> = [[f32; 4]; V];

/// A tile of zeros.
#[inline(always)]
pub fn zeros<const P: usize, const V: usize>() -> Tile<P, V> {
    [[F32x4::zero(); V]; P]
}

/// A panel's floats as rows of `V` vectors.
#[inline(always)]
pub fn panel_rows<const V: usize>(data: &[f32]) -> &[PanelRow<V>] {
    data.as_chunks::<4>().0.as_chunks::<V>().0
}

/// `tile[p] += a[p] panel`: every `a[p]` holds as many floats as the panel has rows.
#[inline(always)]
pub fn accumulate<const P: usize, const V: usize>(
    mut tile: Tile<P, V>,
    a: [&[f32]; P],
    panel: &[PanelRow<V>],
) -> Tile<P, V> {
    let depth = panel.len();
    let a = arrays::map(a, |a| &a[..depth]);
    // Over one index into slices of one known length: the checks vanish.
    for k in 0..depth {
        let row: [F32x4; V] = arrays::from_fn(|v| F32x4::load(&panel[k][v]));
        for p in 0..P {
            let a = F32x4::splat(a[p][k]);
            for v in 0..V {
                tile[p][v] = F32x4::mul_add(a, row[v], tile[p][v]);
            }
        }
    }
    tile
}

/// [`accumulate`] where every row begins one float behind the row before it: `a` holds the floats of all
/// of them, `P - 1` more than the panel has rows.
#[inline(always)]
pub fn accumulate_neighbours<const P: usize, const V: usize>(
    mut tile: Tile<P, V>,
    a: &[f32],
    panel: &[PanelRow<V>],
) -> Tile<P, V> {
    for (a, row) in a.array_windows::<P>().zip(panel) {
        tile = add_product(tile, *a, row);
    }
    tile
}

/// `tile[p] += x[p] dy`.
#[inline(always)]
pub fn add_product<const P: usize, const V: usize>(
    mut tile: Tile<P, V>,
    x: [f32; P],
    dy: &PanelRow<V>,
) -> Tile<P, V> {
    let dy: [F32x4; V] = arrays::from_fn(|v| F32x4::load(&dy[v]));
    for p in 0..P {
        let x = F32x4::splat(x[p]);
        for v in 0..V {
            tile[p][v] = F32x4::mul_add(x, dy[v], tile[p][v]);
        }
    }
    tile
}

/// Writes a tile's row to the first `columns` of `y`; all of them if `WHOLE`, which is known when
/// compiled and keeps the whole tiles' code short enough to be unrolled.
#[inline(always)]
pub fn store<const V: usize, const WHOLE: bool>(row: [F32x4; V], y: &mut [f32], columns: usize) {
    if WHOLE {
        let y = &mut y[..4 * V].as_chunks_mut::<4>().0;
        for v in 0..V {
            row[v].store(&mut y[v]);
        }
    } else {
        for (row, y) in row.into_iter().zip(y[..columns].chunks_mut(4)) {
            row.store_part(y);
        }
    }
}

/// Adds a tile's row to the first `columns` of `y`, like [`store`].
#[inline(always)]
pub fn add_to<const V: usize, const WHOLE: bool>(row: [F32x4; V], y: &mut [f32], columns: usize) {
    if WHOLE {
        let y = &mut y[..4 * V].as_chunks_mut::<4>().0;
        for v in 0..V {
            (F32x4::load(&y[v]) + row[v]).store(&mut y[v]);
        }
    } else {
        for (row, y) in row.into_iter().zip(y[..columns].chunks_mut(4)) {
            (F32x4::load_or(y, 0.0) + row).store_part(y);
        }
    }
}
