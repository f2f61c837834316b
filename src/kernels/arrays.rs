//! What arrays have of their own (`map`, `from_fn`), always part of the loop that it stands in: the
//! standard library's lead through functions that stay calls where the compiler is told to inline little
//! (xtask's build for the web).

use crate::simd::{F32x4, LANES};

/// What an array holds before it is filled; nobody reads it.
pub trait Blank: Copy {
    fn blank() -> Self;
}

/// `[f(0), f(1), ...]`.
#[inline(always)]
pub fn from_fn<T: Blank, const N: usize>(mut f: impl FnMut(usize) -> T) -> [T; N] {
    let mut all = [T::blank(); N];
    for (i, value) in all.iter_mut().enumerate() {
        *value = f(i);
    }
    all
}

/// `[f(x[0]), f(x[1]), ...]`.
#[inline(always)]
pub fn map<T: Copy, U: Blank, const N: usize>(x: [T; N], mut f: impl FnMut(T) -> U) -> [U; N] {
    from_fn(|i| f(x[i]))
}

impl Blank for F32x4 {
    #[inline(always)]
    fn blank() -> Self {
        Self::zero()
    }
}

impl Blank for f32 {
    #[inline(always)]
    fn blank() -> Self {
        0.0
    }
}

impl Blank for usize {
    #[inline(always)]
    fn blank() -> Self {
        0
    }
}

impl<T> Blank for &[T] {
    #[inline(always)]
    fn blank() -> Self {
        &[]
    }
}

impl<T: Copy> Blank for Option<T> {
    #[inline(always)]
    fn blank() -> Self {
        None
    }
}

impl<const N: usize> Blank for &[[f32; LANES]; N] {
    #[inline(always)]
    fn blank() -> Self {
        const { &[[0.0; LANES]; N] }
    }
}

impl<T: Blank, const N: usize> Blank for [T; N] {
    #[inline(always)]
    fn blank() -> Self {
        [T::blank(); N]
    }
}
