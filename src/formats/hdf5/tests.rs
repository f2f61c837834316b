//! Files that h5py 3.16 wrote (tests/interchange/make_keras.py), and what is wrong with damaged ones.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::ErrorKind;

const ARRAYS: &[u8] = include_bytes!("arrays.h5");
const LINKS: &[u8] = include_bytes!("links.h5");

/// Small files for fuzzing.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn examples() -> Vec<Vec<u8>> {
    vec![ARRAYS.to_vec(), LINKS.to_vec()]
}

fn open(bytes: &[u8]) -> Paths<'_> {
    Paths::new(Hdf5::open(bytes).unwrap())
}

fn array(paths: &mut Paths<'_>, path: &str) -> Numbers {
    let object = paths.get(path).unwrap().expect(path);
    object.numbers().unwrap().expect(path)
}

#[test]
fn arrays_are_read_in_every_layout() {
    let mut root = open(ARRAYS);
    let expected = Numbers { shape: vec![5, 7], values: (0..35).map(|n| n as f32).collect() };
    for path in ["contiguous", "chunks/plain", "/chunks/packed/"] {
        assert_eq!(array(&mut root, path), expected, "{path}");
    }
    assert_eq!(array(&mut root, "number"), Numbers { shape: vec![], values: vec![2.5] });
    assert_eq!(array(&mut root, "empty"), Numbers { shape: vec![0, 3], values: vec![] });
}

#[test]
fn numbers_of_all_types_are_read() {
    let mut root = open(ARRAYS);
    let types = root.get("types").unwrap().expect("a group");
    assert_eq!(types.names().unwrap(), ["big f4", "f2", "f8", "i1", "i8", "u2"]);
    assert_eq!(types.numbers().unwrap(), None);
    for name in types.names().unwrap() {
        assert_eq!(array(&mut root, &format!("types/{name}")).values, [0.0, 1.0, 100.0], "{name}");
    }
}

#[test]
fn groups_of_several_nodes_have_all_names() {
    let mut root = open(ARRAYS);
    let many = root.get("many").unwrap().expect("a group");
    assert_eq!(many.names().unwrap().len(), 12);
    assert_eq!(array(&mut root, "many/a name of 11").values, [11.0]);
    assert!(root.get("many/another").unwrap().is_none());
    assert!(root.get("contiguous/another").unwrap().is_none());
}

#[test]
fn texts_are_read_from_attributes() {
    let root = Hdf5::open(ARRAYS).unwrap().root().unwrap();
    assert_eq!(root.text("one").unwrap().as_deref(), Some("a text"));
    assert_eq!(root.texts("texts").unwrap().unwrap(), ["a", "", "ccc"]);
    assert_eq!(root.texts("fixed").unwrap().unwrap(), ["ab", "c"]);
    assert_eq!(root.text("none").unwrap(), None);
    assert_eq!(root.text("fixed").unwrap_err().kind(), ErrorKind::Format);
    assert_eq!(root.text("number").unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn newer_files_are_read() {
    assert_eq!(array(&mut open(LINKS), "group/array").values, [1.0, 2.0]);
    let root = Hdf5::open(LINKS).unwrap().root().unwrap();
    assert_eq!(root.text("one").unwrap().as_deref(), Some("a text"));
}

#[test]
fn damaged_files_are_refused() {
    assert_eq!(Hdf5::open(b"\x89HDF").unwrap_err().kind(), ErrorKind::Format);
    for file in [ARRAYS, LINKS] {
        for end in 0..file.len().min(3000) {
            check(&file[..end]);
        }
        // Each byte of the beginning as the largest and with another bit.
        for at in 0..file.len() {
            for change in [0xff, file[at] ^ 1, file[at] ^ 0x80] {
                if at < 3000 || at % 13 == 0 {
                    let mut damaged = file.to_vec();
                    damaged[at] = change;
                    check(&damaged);
                }
            }
        }
    }
}
