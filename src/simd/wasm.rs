//! The lanes as WebAssembly's 128-bit vectors.

use std::arch::wasm32::*;

pub type F = v128;
pub type I = v128;

macro_rules! operations {
    ($($name:ident($($x:ident: $type:ty),*) -> $result:ty { $body:expr })*) => {$(
        #[inline(always)]
        pub fn $name($($x: $type),*) -> $result {
            $body
        }
    )*};
}

operations! {
    splat(x: f32) -> F { f32x4_splat(x) }
    splat_int(x: i32) -> I { i32x4_splat(x) }
    add(a: F, b: F) -> F { f32x4_add(a, b) }
    sub(a: F, b: F) -> F { f32x4_sub(a, b) }
    mul(a: F, b: F) -> F { f32x4_mul(a, b) }
    div(a: F, b: F) -> F { f32x4_div(a, b) }
    sqrt(x: F) -> F { f32x4_sqrt(x) }
    lt(a: F, b: F) -> I { f32x4_lt(a, b) }
    le(a: F, b: F) -> I { f32x4_le(a, b) }
    eq(a: F, b: F) -> I { f32x4_eq(a, b) }
    eq_int(a: I, b: I) -> I { i32x4_eq(a, b) }
    to_bits(x: F) -> I { x }
    from_bits(x: I) -> F { x }
    int_to_float(x: I) -> F { f32x4_convert_i32x4(x) }
    add_int(a: I, b: I) -> I { i32x4_add(a, b) }
    sub_int(a: I, b: I) -> I { i32x4_sub(a, b) }
    and(a: I, b: I) -> I { v128_and(a, b) }
    or(a: I, b: I) -> I { v128_or(a, b) }
    xor(a: I, b: I) -> I { v128_xor(a, b) }
    load(x: &[f32; 4]) -> F { f32x4(x[0], x[1], x[2], x[3]) }
    load_int(x: &[u32; 4]) -> I { u32x4(x[0], x[1], x[2], x[3]) }
}

#[cfg(not(target_feature = "relaxed-simd"))]
operations! {
    mul_add(a: F, b: F, c: F) -> F { f32x4_add(f32x4_mul(a, b), c) }
    // WebAssembly's pseudo-minimum is `b < a ? b : a`.
    min(a: F, b: F) -> F { f32x4_pmin(b, a) }
    max(a: F, b: F) -> F { f32x4_pmax(b, a) }
    select(mask: I, a: I, b: I) -> I { v128_bitselect(a, b, mask) }
}

#[cfg(target_feature = "relaxed-simd")]
operations! {
    // Fused or rounded twice, as the processor does it faster.
    mul_add(a: F, b: F, c: F) -> F { f32x4_relaxed_madd(a, b, c) }
    // LLVM would make a relaxed minimum of the pseudo-minimum: any of its operands where one is NaN.
    min(a: F, b: F) -> F { select(f32x4_lt(a, b), a, b) }
    max(a: F, b: F) -> F { select(f32x4_gt(a, b), a, b) }
    // Masks are all ones or all zeros in each lane, for which the choice is defined.
    select(mask: I, a: I, b: I) -> I { i32x4_relaxed_laneselect(a, b, mask) }
}

#[inline(always)]
pub fn transpose([a, b, c, d]: [F; 4]) -> [F; 4] {
    let (ab, cd) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<0, 4, 1, 5>(c, d));
    let (upper, lower) = (i32x4_shuffle::<2, 6, 3, 7>(a, b), i32x4_shuffle::<2, 6, 3, 7>(c, d));
    [
        i32x4_shuffle::<0, 1, 4, 5>(ab, cd),
        i32x4_shuffle::<2, 3, 6, 7>(ab, cd),
        i32x4_shuffle::<0, 1, 4, 5>(upper, lower),
        i32x4_shuffle::<2, 3, 6, 7>(upper, lower),
    ]
}

#[inline(always)]
pub fn store(x: F, y: &mut [f32; 4]) {
    *y = [
        f32x4_extract_lane::<0>(x),
        f32x4_extract_lane::<1>(x),
        f32x4_extract_lane::<2>(x),
        f32x4_extract_lane::<3>(x),
    ];
}

#[inline(always)]
pub fn store_int(x: I, y: &mut [u32; 4]) {
    *y = [
        u32x4_extract_lane::<0>(x),
        u32x4_extract_lane::<1>(x),
        u32x4_extract_lane::<2>(x),
        u32x4_extract_lane::<3>(x),
    ];
}

#[inline(always)]
pub fn shl<const N: i32>(x: I) -> I {
    i32x4_shl(x, N.cast_unsigned())
}

#[inline(always)]
pub fn shr<const N: i32>(x: I) -> I {
    i32x4_shr(x, N.cast_unsigned())
}
