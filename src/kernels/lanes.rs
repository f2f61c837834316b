//! Four elements of a row at a time, where rows need not be whole vectors.

use crate::kernels::arrays;
use crate::simd::{F32x4, I32x4, LANES};

/// Up to four elements of a row from `i` on; zero beyond its end.
#[inline(always)]
pub fn load_part(row: &[f32], i: usize) -> F32x4 {
    match row[i..].first_chunk() {
        Some(lanes) => F32x4::load(lanes),
        None => F32x4::load_or(&row[i..], 0.0),
    }
}

/// Writes up to four elements of a row from `i` on.
#[inline(always)]
pub fn store_part(x: F32x4, row: &mut [f32], i: usize) {
    match row[i..].first_chunk_mut() {
        Some(lanes) => x.store(lanes),
        None => x.store_part(&mut row[i..]),
    }
}

/// `V` vectors from `i` on of each slice, if all have them.
#[inline(always)]
pub fn vectors<const N: usize, const V: usize>(
    x: [&[f32]; N],
    i: usize,
) -> Option<[&[[f32; LANES]; V]; N]> {
    let found = arrays::map(x, |x| x.get(i..).and_then(|x| x.as_chunks().0.first_chunk()));
    // References: where two branches give an array of vectors, it goes through memory.
    let whole = found.iter().all(Option::is_some);
    whole.then(|| arrays::map(found, |lanes| lanes.unwrap_or(const { &[[0.0; LANES]; V] })))
}

/// Four elements at `i` if `WHOLE` (`i` and the row are whole vectors), else the first `count`.
#[inline(always)]
pub fn load_lanes<const WHOLE: bool>(row: &[f32], i: usize, count: usize) -> F32x4 {
    if WHOLE { F32x4::load(&row.as_chunks().0[i / LANES]) } else { load_part(&row[..i + count], i) }
}

/// Writes four elements at `i` if `WHOLE`, else the first `count`.
#[inline(always)]
pub fn store_lanes<const WHOLE: bool>(x: F32x4, row: &mut [f32], i: usize, count: usize) {
    if WHOLE {
        x.store(&mut row.as_chunks_mut().0[i / LANES]);
    } else {
        store_part(x, &mut row[..i + count], i);
    }
}

/// [`load_lanes`] of unsigned numbers.
#[inline(always)]
pub fn load_lanes_u32<const WHOLE: bool>(row: &[u32], i: usize, count: usize) -> I32x4 {
    match row[i..].first_chunk() {
        Some(lanes) if WHOLE || count >= LANES => I32x4::load_u32(lanes),
        _ => I32x4::load_u32_or(&row[i..i + count], 0),
    }
}

/// [`store_lanes`] of unsigned numbers.
#[inline(always)]
pub fn store_lanes_u32<const WHOLE: bool>(x: I32x4, row: &mut [u32], i: usize, count: usize) {
    match row[i..].first_chunk_mut() {
        Some(lanes) if WHOLE || count >= LANES => x.store_u32(lanes),
        _ => x.store_part_u32(&mut row[i..i + count]),
    }
}

/// `V` vectors from `i` on; or, if not `WHOLE` (and `V` is one), the `left` numbers there.
#[inline(always)]
pub fn load_vectors<const V: usize, const WHOLE: bool>(
    row: &[f32],
    i: usize,
    left: usize,
) -> [F32x4; V] {
    if WHOLE {
        let lanes = row[i..][..V * LANES].as_chunks().0;
        arrays::from_fn(|v| F32x4::load(&lanes[v]))
    } else {
        [load_lanes::<false>(row, i, left); V]
    }
}

/// Writes what [`load_vectors`] reads.
#[inline(always)]
pub fn store_vectors<const V: usize, const WHOLE: bool>(
    x: [F32x4; V],
    row: &mut [f32],
    i: usize,
    left: usize,
) {
    if WHOLE {
        let lanes = row[i..][..V * LANES].as_chunks_mut().0;
        x.into_iter().zip(lanes).for_each(|(x, lanes)| x.store(lanes));
    } else {
        store_lanes::<false>(x[0], row, i, left);
    }
}
