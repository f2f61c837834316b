//! Four elements of a row at a time, where rows need not be whole vectors.

use crate::simd::{F32x4, I32x4};

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

/// [`load_part`] of unsigned numbers.
#[inline(always)]
pub fn load_part_u32(row: &[u32], i: usize) -> I32x4 {
    match row[i..].first_chunk() {
        Some(lanes) => I32x4::load_u32(lanes),
        None => I32x4::load_u32_or(&row[i..], 0),
    }
}

/// [`store_part`] of unsigned numbers.
#[inline(always)]
pub fn store_part_u32(x: I32x4, row: &mut [u32], i: usize) {
    match row[i..].first_chunk_mut() {
        Some(lanes) => x.store_u32(lanes),
        None => x.store_part_u32(&mut row[i..]),
    }
}
