//! The lanes as plain arrays, for targets without an implementation of their own. It is also the
//! definition that the tests hold the others against.

pub type F = [f32; 4];
pub type I = [i32; 4];

#[inline(always)]
fn zip<A: Copy, B: Copy, C>(a: [A; 4], b: [B; 4], f: impl Fn(A, B) -> C) -> [C; 4] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

/// All bits set where true.
#[inline(always)]
fn mask(truth: bool) -> i32 {
    -i32::from(truth)
}

macro_rules! binary {
    ($($name:ident($a:ident: $type:ty, $b:ident) -> $result:ty { $body:expr })*) => {$(
        #[inline(always)]
        pub fn $name(a: [$type; 4], b: [$type; 4]) -> [$result; 4] {
            zip(a, b, |$a, $b| $body)
        }
    )*};
}

binary! {
    add(a: f32, b) -> f32 { a + b }
    sub(a: f32, b) -> f32 { a - b }
    mul(a: f32, b) -> f32 { a * b }
    div(a: f32, b) -> f32 { a / b }
    min(a: f32, b) -> f32 { if a < b { a } else { b } }
    max(a: f32, b) -> f32 { if a > b { a } else { b } }
    lt(a: f32, b) -> i32 { mask(a < b) }
    le(a: f32, b) -> i32 { mask(a <= b) }
    eq(a: f32, b) -> i32 { mask(a == b) }
    eq_int(a: i32, b) -> i32 { mask(a == b) }
    add_int(a: i32, b) -> i32 { a.wrapping_add(b) }
    sub_int(a: i32, b) -> i32 { a.wrapping_sub(b) }
    and(a: i32, b) -> i32 { a & b }
    or(a: i32, b) -> i32 { a | b }
    xor(a: i32, b) -> i32 { a ^ b }
}

#[inline(always)]
pub fn splat(x: f32) -> F {
    [x; 4]
}

#[inline(always)]
pub fn splat_int(x: i32) -> I {
    [x; 4]
}

#[inline(always)]
pub fn load(x: &[f32; 4]) -> F {
    *x
}

#[inline(always)]
pub fn store(x: F, y: &mut [f32; 4]) {
    *y = x;
}

#[inline(always)]
pub fn load_int(x: &[u32; 4]) -> I {
    x.map(u32::cast_signed)
}

#[inline(always)]
pub fn store_int(x: I, y: &mut [u32; 4]) {
    *y = x.map(i32::cast_unsigned);
}

#[inline(always)]
pub fn mul_add(a: F, b: F, c: F) -> F {
    add(mul(a, b), c)
}

#[inline(always)]
pub fn transpose(rows: [F; 4]) -> [F; 4] {
    std::array::from_fn(|i| rows.map(|row| row[i]))
}

#[inline(always)]
pub fn sqrt(x: F) -> F {
    x.map(f32::sqrt)
}

#[inline(always)]
pub fn to_bits(x: F) -> I {
    x.map(|x| x.to_bits().cast_signed())
}

#[inline(always)]
pub fn from_bits(x: I) -> F {
    x.map(|x| f32::from_bits(x.cast_unsigned()))
}

#[inline(always)]
#[allow(clippy::cast_precision_loss)]
pub fn int_to_float(x: I) -> F {
    x.map(|x| x as f32)
}

#[inline(always)]
pub fn shl<const N: i32>(x: I) -> I {
    x.map(|x| x << N)
}

#[inline(always)]
pub fn shr<const N: i32>(x: I) -> I {
    x.map(|x| x >> N)
}

#[inline(always)]
pub fn select(mask: I, a: I, b: I) -> I {
    std::array::from_fn(|i| (mask[i] & a[i]) | (!mask[i] & b[i]))
}
