//! Files that numpy wrote, and what is wrong with some.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::ErrorKind;
use crate::data::Values;

macro_rules! files {
    ($name:ident: $($file:literal,)*) => {
        pub const $name: &[(&str, &[u8])] = &[$((
            $file,
            include_bytes!(concat!("../../../tests/golden/numpy/", $file, ".npy")),
        ),)*];
    };
}

files! {
    FILES: "u8", "i8", "i16", "u16-big", "i32-big", "u32", "i64", "u64-big", "f16", "f16-big", "f32",
    "f32-big", "f64", "f64-big", "bool", "fortran", "fortran-big",
}

files! {
    REFUSED: "objects", "texts", "records", "complex", "dates",
}

/// Numbers of all files, of shape [2, 2, 3]; of that of truth values whether they are odd.
const EXPECTED: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100];

fn all(bytes: &[u8], portion: usize) -> Result<Vec<f32>> {
    let mut array = open(bytes, Some(bytes.len() as u64))?;
    let mut all = Vec::new();
    while let Some(values) = array.next(portion)? {
        match values {
            Values::U8(values) => all.extend(values.into_iter().map(f32::from)),
            Values::F32(values) => all.extend(values),
        }
    }
    Ok(all)
}

/// A file of this header and these values.
fn file(header: &str, values: &[u8]) -> Vec<u8> {
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), values].concat()
}

#[test]
fn numbers_of_every_type_and_order_are_read() {
    for (name, bytes) in FILES {
        let odd = |number: u8| if *name == "bool" { number % 2 } else { number };
        let expected = EXPECTED.map(|number| f32::from(odd(number)));
        for portion in [1, 2, 3] {
            assert_eq!(all(bytes, portion).unwrap(), expected, "{name}");
        }
        let array = open(*bytes, None).unwrap();
        assert_eq!((array.samples(), array.sample_shape()), (2, &[2, 3][..]));
    }
}

#[test]
fn what_is_no_number_is_refused() {
    for (name, bytes) in REFUSED {
        assert_eq!(all(bytes, 1).unwrap_err().kind(), ErrorKind::Unsupported, "{name}");
    }
    assert_eq!(
        all(REFUSED[0].1, 1).unwrap_err().message(),
        "NPY: found Python objects (|O), expected whole numbers, truth values, or floating-point \
         numbers of 16 to 64 bits"
    );
}

#[test]
fn every_prefix_and_what_is_longer_is_refused() {
    for (name, bytes) in FILES {
        for len in 0..bytes.len() {
            let error = all(&bytes[..len], 2).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Format, "{name} {len}");
            let streamed = open(&bytes[..len], None).and_then(|mut array| array.next(2));
            assert_eq!(streamed.unwrap_err().kind(), ErrorKind::Format, "{name} {len}");
        }
        let longer = [bytes, &b"\0"[..]].concat();
        assert_eq!(all(&longer, 2).unwrap_err().kind(), ErrorKind::Format, "{name}");
        let streamed = open(longer.as_slice(), None).and_then(|mut array| array.next(2));
        assert_eq!(streamed.unwrap_err().kind(), ErrorKind::Format, "{name}");
    }
}

#[test]
fn headers_are_written_in_many_ways() {
    for header in [
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }          \n",
        "{\"shape\":(2L,),\"fortran_order\":False,\"descr\":\"u1\"}",
        "  { 'fortran_order' : False , 'shape' : ( 2 , ) , 'descr' : '|u1' } ",
    ] {
        assert_eq!(all(&file(header, &[3, 4]), 9).unwrap(), [3.0, 4.0], "{header}");
    }
    let scalar = file("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", &[3]);
    assert_eq!(all(&scalar, 1).unwrap(), [3.0]);
    let none = file("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 5), }", &[]);
    assert!(all(&none, 1).unwrap().is_empty());
    let mut second = file("{'descr': '|u1', 'fortran_order': True, 'shape': (1,), }", &[3]);
    second[6] = 2;
    second.splice(10..10, [0, 0]);
    assert_eq!(all(&second, 1).unwrap(), [3.0]);
}

#[test]
fn headers_that_make_no_sense_are_refused() {
    for (header, kind) in [
        ("", ErrorKind::Format),
        ("{", ErrorKind::Format),
        ("{}", ErrorKind::Format),
        ("{'descr': '|u1', 'fortran_order': False}", ErrorKind::Format),
        ("{'descr': '|u1', 'fortran_order': 0, 'shape': (2,)}", ErrorKind::Format),
        ("{'descr': '|u1', 'fortran_order': False, 'shape': 2}", ErrorKind::Format),
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (-2,)}", ErrorKind::Format),
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (2.0,)}", ErrorKind::Format),
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (2,", ErrorKind::Format),
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}", ErrorKind::Format),
        (
            "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            ErrorKind::Format,
        ),
        ("{'descr': '|u1', 'more': 1, 'shape': (2,)}", ErrorKind::Format),
        (
            "{'descr': '<f8', 'fortran_order': True, 'shape': (4000000000, 4000000000)}",
            ErrorKind::TooLarge,
        ),
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (4000000000, 0)}", ErrorKind::Data),
        ("{'descr': '<i3', 'fortran_order': False, 'shape': (2,)}", ErrorKind::Unsupported),
    ] {
        let bytes = file(header, &[3, 4]);
        assert_eq!(all(&bytes, 9).unwrap_err().kind(), kind, "{header}");
        assert!(open(bytes.as_slice(), None).and_then(|mut array| array.next(9)).is_err());
    }
    let mut version = file("{}", &[]);
    version[6] = 9;
    assert_eq!(all(&version, 1).unwrap_err().kind(), ErrorKind::Unsupported);
}
