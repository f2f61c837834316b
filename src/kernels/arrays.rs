//! What arrays have of their own (`map`, `from_fn`), always part of the loop that it stands in: the
//! standard library's lead through functions that stay calls where the compiler is told to inline little
//! (xtask's build for the web).

/// `[f(0), f(1), ...]`.
#[inline(always)]
pub fn from_fn<T: Copy, const N: usize>(mut f: impl FnMut(usize) -> T) -> [T; N] {
    if N == 0 {
        return std::array::from_fn(f);
    }
    let mut all = [f(0); N];
    for (i, value) in all.iter_mut().enumerate().skip(1) {
        *value = f(i);
    }
    all
}

/// `[f(x[0]), f(x[1]), ...]`.
#[inline(always)]
pub fn map<T: Copy, U: Copy, const N: usize>(x: [T; N], mut f: impl FnMut(T) -> U) -> [U; N] {
    from_fn(|i| f(x[i]))
}
