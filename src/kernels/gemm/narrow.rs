//! The gradient of the weights of dense layers with few outputs, of which panels would waste a good
//! part: ten classes take a wide panel and a narrow one, each a pass of its own. Here the inputs lie
//! in the lanes instead, and the outputs go by fives.

use super::tile::{self, Tile};
use crate::kernels::lanes::{load_part, store_part};
use crate::simd::{F32x4, LANES};

/// The columns of `dc` that a tile takes.
const FIVE: usize = 5;
/// The columns of `a` that a tile takes: two vectors.
const WIDE: usize = 2 * LANES;

/// Whether [`outer`] takes a product of so many columns of `a` and of `dc`.
pub fn is_narrow(k: usize, columns: usize) -> bool {
    k.is_multiple_of(WIDE) && [5, 10, 15].contains(&columns)
}

/// `db` [k, columns] += `a`ᵀ `dc`, for `a` [rows, k] and `dc` [rows, columns].
pub fn outer(a: &[f32], k: usize, dc: &[f32], columns: usize, db: &mut [f32]) {
    for (panel, db) in db.chunks_exact_mut(WIDE * columns).enumerate() {
        for first in (0..columns).step_by(FIVE) {
            let tile = outer_tile(&a[panel * WIDE..], k, &dc[first..], columns);
            add_transposed(tile, columns, &mut db[first..]);
        }
    }
}

/// The product of the first eight columns of `a` with the first five of `dc`, transposed.
#[inline(never)]
fn outer_tile(a: &[f32], k: usize, dc: &[f32], columns: usize) -> Tile<FIVE, 2> {
    let mut tile = tile::zeros::<FIVE, 2>();
    for (a, dc) in a.chunks(k).zip(dc.chunks(columns)) {
        let (Some(a), Some(dc)) = (a.first_chunk::<WIDE>(), dc.first_chunk::<FIVE>()) else {
            break; // never: a panic here would make V8 keep the tile in memory
        };
        let [a] = tile::panel_rows::<2>(a) else { break };
        tile = tile::add_product(tile, *dc, a);
    }
    tile
}

/// Adds a transposed tile to eight rows.
#[inline(always)]
fn add_transposed(tile: Tile<FIVE, 2>, stride: usize, db: &mut [f32]) {
    let [a, b, c, d, e] = tile;
    for v in 0..2 {
        let rows = F32x4::transpose([a[v], b[v], c[v], d[v]]);
        let last = e[v].to_array();
        for (i, row) in rows.into_iter().enumerate() {
            let db = &mut db[(LANES * v + i) * stride..][..FIVE];
            store_part(load_part(db, 0) + row, db, 0);
            db[LANES] += last[i];
        }
    }
}
