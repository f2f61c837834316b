//! The target's lanes against the arrays that define them, bit by bit.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{array, lanes};

const VALUES: [f32; 16] = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    3.75,
    -1e-3,
    1e30,
    -1e30,
    1e-40,
    -1e-45,
    f32::MAX,
    f32::MIN_POSITIVE,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    16_777_217.0,
];

fn pairs() -> impl Iterator<Item = ([f32; 4], [f32; 4])> {
    (0..VALUES.len()).flat_map(|i| {
        (0..VALUES.len()).map(move |j| {
            let at = |i: usize| std::array::from_fn(|lane| VALUES[(i + 5 * lane) % VALUES.len()]);
            (at(i), at(j))
        })
    })
}

fn floats(x: lanes::F) -> [u32; 4] {
    let mut y = [0.0; 4];
    lanes::store(x, &mut y);
    canonical(y)
}

/// Bits, with one NaN for all.
fn canonical(x: [f32; 4]) -> [u32; 4] {
    x.map(|x| if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() })
}

fn integers(x: lanes::I) -> [u32; 4] {
    let mut y = [0; 4];
    lanes::store_int(x, &mut y);
    y
}

fn bits(x: array::I) -> [u32; 4] {
    x.map(i32::cast_unsigned)
}

macro_rules! same {
    ($(floats: $($float:ident)*; comparisons: $($compare:ident)*; integers: $($int:ident)*;)*) => {
        #[test]
        fn binary_operations_have_the_same_bits() {
            for (a, b) in pairs() {
                let (x, y) = (lanes::load(&a), lanes::load(&b));
                $($(
                    let what = format!("{} {a:?} {b:?}", stringify!($float));
                    assert_eq!(floats(lanes::$float(x, y)), canonical(array::$float(a, b)), "{what}");
                )*
                $(
                    let what = format!("{} {a:?} {b:?}", stringify!($compare));
                    assert_eq!(integers(lanes::$compare(x, y)), bits(array::$compare(a, b)), "{what}");
                )*
                let (a, b) = (array::to_bits(a), array::to_bits(b));
                let (x, y) = (lanes::to_bits(x), lanes::to_bits(y));
                $(
                    let what = format!("{} {a:?} {b:?}", stringify!($int));
                    assert_eq!(integers(lanes::$int(x, y)), bits(array::$int(a, b)), "{what}");
                )*)*
            }
        }
    };
}

same! {
    floats: add sub mul div min max;
    comparisons: lt le eq;
    integers: add_int sub_int eq_int and or xor;
}

/// Fused or not is the processor's choice in the relaxed build: each of the two results is right.
#[test]
fn a_multiply_add_has_the_bits_of_one_of_its_definitions() {
    for (a, b) in pairs() {
        let c = std::array::from_fn(|lane| VALUES[(3 * lane + 7) % VALUES.len()]);
        let found = floats(lanes::mul_add(lanes::load(&a), lanes::load(&b), lanes::load(&c)));
        let twice = canonical(array::mul_add(a, b, c));
        let once = canonical(std::array::from_fn(|i| libm::fmaf(a[i], b[i], c[i])));
        for lane in 0..4 {
            let fused = super::FUSES && found[lane] == once[lane];
            assert!(fused || found[lane] == twice[lane], "{a:?} {b:?} {c:?}: {found:?}");
        }
    }
}

#[test]
fn a_transpose_turns_columns_into_rows() {
    let rows: [[f32; 4]; 4] = std::array::from_fn(|i| std::array::from_fn(|j| VALUES[4 * i + j]));
    let found = lanes::transpose(rows.each_ref().map(lanes::load)).map(floats);
    assert_eq!(found, array::transpose(rows).map(canonical));
}

#[test]
fn unary_operations_have_the_same_bits() {
    for (a, b) in pairs() {
        let (x, y) = (lanes::load(&a), lanes::load(&b));
        assert_eq!(floats(x), canonical(a));
        assert_eq!(floats(lanes::sqrt(x)), canonical(array::sqrt(a)), "sqrt {a:?}");
        let (i, j) = (lanes::to_bits(x), array::to_bits(a));
        assert_eq!(integers(i), bits(j), "bits {a:?}");
        assert_eq!(floats(lanes::from_bits(i)), canonical(array::from_bits(j)));
        assert_eq!(floats(lanes::int_to_float(i)), canonical(array::int_to_float(j)), "{j:?}");
        assert_eq!(integers(lanes::shl::<23>(i)), bits(array::shl::<23>(j)), "{j:?}");
        assert_eq!(integers(lanes::shr::<23>(i)), bits(array::shr::<23>(j)), "{j:?}");
        let chosen = lanes::select(lanes::lt(x, y), i, lanes::to_bits(y));
        assert_eq!(integers(chosen), bits(array::select(array::lt(a, b), j, array::to_bits(b))));
        let words = bits(j);
        assert_eq!(integers(lanes::load_int(&words)), bits(array::load_int(&words)));
        let mut stored = [0; 4];
        array::store_int(array::splat_int(-7), &mut stored);
        assert_eq!(integers(lanes::splat_int(-7)), stored);
        let mut stored = [0.0; 4];
        array::store(array::splat(b[0]), &mut stored);
        assert_eq!(floats(lanes::splat(b[0])), canonical(stored));
        assert_eq!(canonical(array::load(&a)), canonical(a));
    }
}
