//! Portions, classes, halves and claims.

use super::*;
use crate::ErrorKind;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn array<'a>(element: Element, shape: &[usize], bytes: &'a [u8]) -> Result<Array<&'a [u8]>> {
    let header = Header { element, big_endian: false, fortran: false, shape: shape.to_vec() };
    Array::new("array", bytes, header, None)
}

#[test]
fn halves_are_what_they_stand_for() {
    for (bits, expected) in [
        (0x0000_u16, 0.0_f32),
        (0x3c00, 1.0),
        (0xc000, -2.0),
        (0x3555, 0.333_251_95),
        (0x7bff, 65504.0),
        (0x0001, 5.960_464_5e-8),
        (0x8001, -5.960_464_5e-8),
        (0x03ff, 6.097_555e-5),
        (0x0400, 6.103_515_6e-5),
        (0x7c00, f32::INFINITY),
        (0xfc00, f32::NEG_INFINITY),
    ] {
        assert_eq!(half(bits.to_le_bytes()), expected, "{bits:04x}");
    }
    assert!(half([0x01, 0x7c]).is_nan());
    assert!(half([0x00, 0x80]).is_sign_negative());
}

#[test]
fn samples_come_in_any_portions() {
    let bytes: Vec<u8> = (0..30).collect();
    for portion in 1..12 {
        let mut array = array(Element::U8, &[10, 3], &bytes).unwrap();
        let mut found = Vec::new();
        while let Some(Values::U8(values)) = array.next(portion).unwrap() {
            assert!(!values.is_empty() && values.len() <= 3 * portion);
            found.extend(values);
        }
        assert_eq!((found.as_slice(), array.done()), (bytes.as_slice(), 10));
    }
}

#[test]
fn classes_are_whole_numbers_or_single_ones() {
    let classes = |element, shape: &[usize], bytes: &[u8]| {
        array(element, shape, bytes).and_then(|mut array| array.next_classes(100))
    };
    assert_eq!(classes(Element::U8, &[3], &[2, 0, 255]).unwrap(), Some(vec![2, 0, 255]));
    assert_eq!(classes(Element::U8, &[2, 1], &[2, 7]).unwrap(), Some(vec![2, 7]));
    assert_eq!(classes(Element::U8, &[2, 3], &[0, 0, 1, 1, 0, 0]).unwrap(), Some(vec![2, 0]));
    assert_eq!(classes(Element::F32, &[1], &3.0_f32.to_le_bytes()).unwrap(), Some(vec![3]));
    assert_eq!(classes(Element::I64, &[1], &9_i64.to_le_bytes()).unwrap(), Some(vec![9]));
    assert_eq!(classes(Element::U8, &[0], &[]).unwrap(), None);
    for (element, shape, bytes) in [
        (Element::F32, &[1][..], &0.5_f32.to_le_bytes()[..]),
        (Element::F32, &[1], &f32::NAN.to_le_bytes()),
        (Element::I64, &[1], &(-1_i64).to_le_bytes()),
        (Element::I64, &[1], &(1_i64 << 40).to_le_bytes()),
        (Element::U8, &[1, 2], &[1, 1]),
        (Element::U8, &[1, 2], &[0, 0]),
        (Element::U8, &[1, 2], &[0, 2]),
    ] {
        assert_eq!(classes(element, shape, bytes).unwrap_err().kind(), ErrorKind::Data);
    }
}

#[test]
fn claims_are_not_believed() {
    let kind = |shape: &[usize], bytes: &[u8]| {
        let found = array(Element::F64, shape, bytes);
        found.and_then(|mut array| array.next(usize::MAX)).unwrap_err().kind()
    };
    assert_eq!(kind(&[usize::MAX, 2], &[0; 16]), ErrorKind::TooLarge);
    assert_eq!(kind(&[1 << 24], &[0; 16]), ErrorKind::Format);
    assert_eq!(kind(&[3], &[0; 16]), ErrorKind::Format);
    assert_eq!(kind(&[1], &[0; 16]), ErrorKind::Format);
    assert_eq!(kind(&[usize::MAX, 0], &[]), ErrorKind::Data);
}
