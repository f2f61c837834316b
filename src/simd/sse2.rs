//! The lanes as SSE2 registers; every x86-64 processor has them.
//!
//! The compiler calls an intrinsic of x86-64 unsafe in a function that does not name the instruction
//! set, although SSE2 is part of the target's baseline, so that none of these can fail.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

pub type F = __m128;
pub type I = __m128i;

macro_rules! operations {
    ($($name:ident($($x:ident: $type:ty),*) -> $result:ty { $body:expr })*) => {$(
        #[inline(always)]
        pub fn $name($($x: $type),*) -> $result {
            // SAFETY: every x86-64 processor has SSE2, and loads and stores go through references.
            unsafe { $body }
        }
    )*};
}

operations! {
    splat(x: f32) -> F { _mm_set1_ps(x) }
    splat_int(x: i32) -> I { _mm_set1_epi32(x) }
    add(a: F, b: F) -> F { _mm_add_ps(a, b) }
    sub(a: F, b: F) -> F { _mm_sub_ps(a, b) }
    mul(a: F, b: F) -> F { _mm_mul_ps(a, b) }
    div(a: F, b: F) -> F { _mm_div_ps(a, b) }
    mul_add(a: F, b: F, c: F) -> F { _mm_add_ps(_mm_mul_ps(a, b), c) }
    min(a: F, b: F) -> F { _mm_min_ps(a, b) }
    max(a: F, b: F) -> F { _mm_max_ps(a, b) }
    sqrt(x: F) -> F { _mm_sqrt_ps(x) }
    lt(a: F, b: F) -> I { _mm_castps_si128(_mm_cmplt_ps(a, b)) }
    le(a: F, b: F) -> I { _mm_castps_si128(_mm_cmple_ps(a, b)) }
    eq(a: F, b: F) -> I { _mm_castps_si128(_mm_cmpeq_ps(a, b)) }
    eq_int(a: I, b: I) -> I { _mm_cmpeq_epi32(a, b) }
    to_bits(x: F) -> I { _mm_castps_si128(x) }
    from_bits(x: I) -> F { _mm_castsi128_ps(x) }
    int_to_float(x: I) -> F { _mm_cvtepi32_ps(x) }
    add_int(a: I, b: I) -> I { _mm_add_epi32(a, b) }
    sub_int(a: I, b: I) -> I { _mm_sub_epi32(a, b) }
    and(a: I, b: I) -> I { _mm_and_si128(a, b) }
    or(a: I, b: I) -> I { _mm_or_si128(a, b) }
    xor(a: I, b: I) -> I { _mm_xor_si128(a, b) }
    select(mask: I, a: I, b: I) -> I {
        _mm_or_si128(_mm_and_si128(mask, a), _mm_andnot_si128(mask, b))
    }
    load(x: &[f32; 4]) -> F { _mm_loadu_ps(x.as_ptr()) }
    load_int(x: &[u32; 4]) -> I { _mm_loadu_si128(x.as_ptr().cast()) }
    store(x: F, y: &mut [f32; 4]) -> () { _mm_storeu_ps(y.as_mut_ptr(), x) }
    store_int(x: I, y: &mut [u32; 4]) -> () { _mm_storeu_si128(y.as_mut_ptr().cast(), x) }
}

#[inline(always)]
pub fn transpose([a, b, c, d]: [F; 4]) -> [F; 4] {
    // SAFETY: every x86-64 processor has SSE2.
    unsafe {
        let (ab, cd) = (_mm_unpacklo_ps(a, b), _mm_unpacklo_ps(c, d));
        let (upper, lower) = (_mm_unpackhi_ps(a, b), _mm_unpackhi_ps(c, d));
        [
            _mm_movelh_ps(ab, cd),
            _mm_movehl_ps(cd, ab),
            _mm_movelh_ps(upper, lower),
            _mm_movehl_ps(lower, upper),
        ]
    }
}

#[inline(always)]
pub fn shl<const N: i32>(x: I) -> I {
    // SAFETY: every x86-64 processor has SSE2.
    unsafe { _mm_slli_epi32::<N>(x) }
}

#[inline(always)]
pub fn shr<const N: i32>(x: I) -> I {
    // SAFETY: every x86-64 processor has SSE2.
    unsafe { _mm_srai_epi32::<N>(x) }
}
