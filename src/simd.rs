//! Four lanes of `f32` (or `i32`) with the same bits on every target.
//!
//! Three implementations stand behind one safe surface: WebAssembly's simd128, SSE2 on x86-64, and
//! plain arrays elsewhere. Each operation is IEEE 754 single precision with one rounding, minimum
//! and maximum are defined as comparisons, and nothing is fused, so a kernel written on these lanes
//! gives the same result natively and in a browser (NaN payloads aside). The one exception is
//! [`F32x4::mul_add`] in the build with relaxed SIMD.

use std::ops::{Add, AddAssign, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub, SubAssign};

#[cfg(any(
    test,
    not(any(all(target_arch = "wasm32", target_feature = "simd128"), target_arch = "x86_64"))
))]
mod array;
#[cfg(target_arch = "x86_64")]
mod sse2;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

#[cfg(not(any(
    all(target_arch = "wasm32", target_feature = "simd128"),
    target_arch = "x86_64"
)))]
use array as lanes;
#[cfg(target_arch = "x86_64")]
use sse2 as lanes;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use wasm as lanes;

/// Four lanes of `f32`.
#[derive(Clone, Copy, Debug)]
pub struct F32x4(lanes::F);

/// Four lanes of `i32`; arithmetic wraps.
#[derive(Clone, Copy, Debug)]
pub struct I32x4(lanes::I);

/// Four truth values, the result of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Mask(lanes::I);

/// The number of lanes.
pub const LANES: usize = 4;

/// Whether this is the build with relaxed SIMD, whose [`F32x4::mul_add`] rounds once on a processor
/// with fused multiply-add: its results differ in the last digits from one processor to another.
pub const FUSES: bool = cfg!(all(target_arch = "wasm32", target_feature = "relaxed-simd"));

impl F32x4 {
    /// All lanes zero.
    #[inline(always)]
    #[must_use]
    pub fn zero() -> Self {
        Self::splat(0.0)
    }

    /// All lanes `x`.
    #[inline(always)]
    #[must_use]
    pub fn splat(x: f32) -> Self {
        Self(lanes::splat(x))
    }

    /// The lanes of an array.
    #[inline(always)]
    #[must_use]
    pub fn load(x: &[f32; LANES]) -> Self {
        Self(lanes::load(x))
    }

    /// The lanes of up to four elements; the rest are `fill`.
    #[inline]
    #[must_use]
    pub fn load_or(x: &[f32], fill: f32) -> Self {
        let mut lanes = [fill; LANES];
        for (lane, &x) in lanes.iter_mut().zip(x) {
            *lane = x;
        }
        Self::load(&lanes)
    }

    /// Writes the lanes to an array.
    #[inline(always)]
    pub fn store(self, y: &mut [f32; LANES]) {
        lanes::store(self.0, y);
    }

    /// Writes the first `y.len()` (at most four) lanes.
    #[inline]
    pub fn store_part(self, y: &mut [f32]) {
        let lanes = self.to_array();
        for (y, lane) in y.iter_mut().zip(lanes) {
            *y = lane;
        }
    }

    /// The lanes as an array.
    #[inline(always)]
    #[must_use]
    pub fn to_array(self) -> [f32; LANES] {
        let mut array = [0.0; LANES];
        self.store(&mut array);
        array
    }

    /// `self * b + c`, rounded twice; in the relaxed build ([`FUSES`]) fused if the processor can.
    #[inline(always)]
    #[must_use]
    pub fn mul_add(self, b: Self, c: Self) -> Self {
        Self(lanes::mul_add(self.0, b.0, c.0))
    }

    /// Lane `i` of row `j` becomes lane `j` of row `i`.
    #[inline(always)]
    #[must_use]
    pub fn transpose(rows: [Self; LANES]) -> [Self; LANES] {
        lanes::transpose(rows.map(|row| row.0)).map(Self)
    }

    /// Lane by lane `self < b ? self : b`: where either is NaN the result is `b`.
    #[inline(always)]
    #[must_use]
    pub fn min(self, b: Self) -> Self {
        Self(lanes::min(self.0, b.0))
    }

    /// Lane by lane `self > b ? self : b`: where either is NaN the result is `b`.
    #[inline(always)]
    #[must_use]
    pub fn max(self, b: Self) -> Self {
        Self(lanes::max(self.0, b.0))
    }

    /// The lanes, but zero where their size is below `least`; NaN stays.
    #[inline(always)]
    #[must_use]
    pub fn flush(self, least: Self) -> Self {
        (!self.abs().lt(least)).keep(self)
    }

    /// The square root, correctly rounded.
    #[inline(always)]
    #[must_use]
    pub fn sqrt(self) -> Self {
        Self(lanes::sqrt(self.0))
    }

    /// The absolute value.
    #[inline(always)]
    #[must_use]
    pub fn abs(self) -> Self {
        (self.to_bits() & I32x4::splat(0x7fff_ffff)).as_f32()
    }

    /// `self < b`; false where either is NaN.
    #[inline(always)]
    #[must_use]
    pub fn lt(self, b: Self) -> Mask {
        Mask(lanes::lt(self.0, b.0))
    }

    /// `self <= b`; false where either is NaN.
    #[inline(always)]
    #[must_use]
    pub fn le(self, b: Self) -> Mask {
        Mask(lanes::le(self.0, b.0))
    }

    /// `self > b`; false where either is NaN.
    #[inline(always)]
    #[must_use]
    pub fn gt(self, b: Self) -> Mask {
        b.lt(self)
    }

    /// `self == b`; false where either is NaN.
    #[inline(always)]
    #[must_use]
    pub fn eq(self, b: Self) -> Mask {
        Mask(lanes::eq(self.0, b.0))
    }

    /// The bits of the lanes.
    #[inline(always)]
    #[must_use]
    pub fn to_bits(self) -> I32x4 {
        I32x4(lanes::to_bits(self.0))
    }

    /// The sum of the lanes, `(l0 + l1) + (l2 + l3)`.
    #[inline(always)]
    #[must_use]
    pub fn sum(self) -> f32 {
        let [a, b, c, d] = self.to_array();
        (a + b) + (c + d)
    }
}

impl I32x4 {
    /// All lanes `x`.
    #[inline(always)]
    #[must_use]
    pub fn splat(x: i32) -> Self {
        Self(lanes::splat_int(x))
    }

    /// The lanes of an array of unsigned numbers, bit by bit.
    #[inline(always)]
    #[must_use]
    pub fn load_u32(x: &[u32; LANES]) -> Self {
        Self(lanes::load_int(x))
    }

    /// Writes the lanes as unsigned numbers, bit by bit.
    #[inline(always)]
    pub fn store_u32(self, y: &mut [u32; LANES]) {
        lanes::store_int(self.0, y);
    }

    /// The lanes of up to four unsigned numbers; the rest are `fill`.
    #[inline]
    #[must_use]
    pub fn load_u32_or(x: &[u32], fill: u32) -> Self {
        let mut lanes = [fill; LANES];
        for (lane, &x) in lanes.iter_mut().zip(x) {
            *lane = x;
        }
        Self::load_u32(&lanes)
    }

    /// Writes the first `y.len()` (at most four) lanes as unsigned numbers.
    #[inline]
    pub fn store_part_u32(self, y: &mut [u32]) {
        let mut lanes = [0; LANES];
        self.store_u32(&mut lanes);
        for (y, lane) in y.iter_mut().zip(lanes) {
            *y = lane;
        }
    }

    /// The lanes read as bits of `f32`.
    #[inline(always)]
    #[must_use]
    pub fn as_f32(self) -> F32x4 {
        F32x4(lanes::from_bits(self.0))
    }

    /// The lanes converted to `f32`, rounded to nearest.
    #[inline(always)]
    #[must_use]
    pub fn to_f32(self) -> F32x4 {
        F32x4(lanes::int_to_float(self.0))
    }

    /// The lanes shifted left by `N` bits.
    #[inline(always)]
    #[must_use]
    pub fn shl<const N: i32>(self) -> Self {
        Self(lanes::shl::<N>(self.0))
    }

    /// The lanes shifted right by `N` bits, the sign kept.
    #[inline(always)]
    #[must_use]
    pub fn shr<const N: i32>(self) -> Self {
        Self(lanes::shr::<N>(self.0))
    }

    /// `self == b`.
    #[inline(always)]
    #[must_use]
    pub fn eq(self, b: Self) -> Mask {
        Mask(lanes::eq_int(self.0, b.0))
    }
}

impl Mask {
    /// `a` where true, `b` where false.
    #[inline(always)]
    #[must_use]
    pub fn select(self, a: F32x4, b: F32x4) -> F32x4 {
        self.select_int(a.to_bits(), b.to_bits()).as_f32()
    }

    /// `a` where true, `b` where false.
    #[inline(always)]
    #[must_use]
    pub fn select_int(self, a: I32x4, b: I32x4) -> I32x4 {
        I32x4(lanes::select(self.0, a.0, b.0))
    }

    /// `x` where true, zero where false.
    #[inline(always)]
    #[must_use]
    pub fn keep(self, x: F32x4) -> F32x4 {
        (I32x4(self.0) & x.to_bits()).as_f32()
    }

    /// Whether all four are true.
    #[inline(always)]
    #[must_use]
    pub fn all(self) -> bool {
        let mut bits = [0; LANES];
        I32x4(self.0).store_u32(&mut bits);
        bits.iter().all(|&lane| lane != 0)
    }
}

/// `impl Op for Type` by a function of the lanes.
macro_rules! operators {
    ($($type:ident: $trait:ident::$method:ident => $function:ident;)*) => {$(
        impl $trait for $type {
            type Output = Self;
            #[inline(always)]
            fn $method(self, b: Self) -> Self {
                Self(lanes::$function(self.0, b.0))
            }
        }
    )*};
}

operators! {
    F32x4: Add::add => add;
    F32x4: Sub::sub => sub;
    F32x4: Mul::mul => mul;
    F32x4: Div::div => div;
    I32x4: Add::add => add_int;
    I32x4: Sub::sub => sub_int;
    I32x4: BitAnd::bitand => and;
    I32x4: BitOr::bitor => or;
    I32x4: BitXor::bitxor => xor;
    Mask: BitAnd::bitand => and;
    Mask: BitOr::bitor => or;
}

impl AddAssign for F32x4 {
    #[inline(always)]
    fn add_assign(&mut self, b: Self) {
        *self = *self + b;
    }
}

impl SubAssign for F32x4 {
    #[inline(always)]
    fn sub_assign(&mut self, b: Self) {
        *self = *self - b;
    }
}

impl Neg for F32x4 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        (self.to_bits() ^ I32x4::splat(i32::MIN)).as_f32()
    }
}

impl Not for Mask {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        Self(lanes::xor(self.0, lanes::splat_int(-1)))
    }
}

#[cfg(test)]
mod tests;
