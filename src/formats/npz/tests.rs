//! Files that numpy wrote, and what is wrong with some.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::ErrorKind;
use crate::data::Values;

const STORED: &[u8] = include_bytes!("../../../tests/golden/numpy/stored.npz");
const DEFLATED: &[u8] = include_bytes!("../../../tests/golden/numpy/deflated.npz");

pub(super) fn examples() -> Vec<Vec<u8>> {
    vec![STORED.to_vec(), DEFLATED.to_vec()]
}

fn open(bytes: &[u8]) -> Result<Npz> {
    Npz::open(bytes.to_vec(), Limits::default())
}

#[test]
fn arrays_are_read_side_by_side() {
    for bytes in [STORED, DEFLATED] {
        let mut file = open(bytes).unwrap();
        assert_eq!(file.names(), ["x_train", "y_train", "x_test", "y_test"]);
        let mut inputs = file.array("x_train").unwrap();
        let mut targets = file.array("y_train").unwrap();
        assert_eq!((inputs.samples(), inputs.sample_shape()), (4, &[3][..]));
        let (mut x, mut y) = (Vec::new(), Vec::new());
        while let (Some(Values::U8(more)), Some(classes)) =
            (inputs.next(3).unwrap(), targets.next_classes(3).unwrap())
        {
            x.extend(more);
            y.extend(classes);
        }
        assert_eq!(x, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100]);
        assert_eq!(y, [0, 1, 2, 1]);
        let error = file.array("x").map(drop).unwrap_err();
        assert_eq!(
            error.message(),
            "NPZ: array \"x\" was asked for, found x_train, y_train, x_test, y_test"
        );
    }
}

#[test]
fn damage_is_found_by_the_checksum() {
    let at = STORED.windows(3).position(|bytes| bytes == [10, 100, b'P']).unwrap();
    let mut wrong = STORED.to_vec();
    wrong[at] = 11;
    let mut array = open(&wrong).unwrap().array("x_train").unwrap();
    let error = array.next(4).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Format);
    assert!(error.message().contains("checksum"), "{error}");
    assert_eq!(check(&wrong).unwrap_err(), error);
}

#[test]
fn what_holds_no_arrays_is_refused() {
    use crate::formats::zip;
    let archive = zip::examples().remove(0);
    assert!(!sniff(&archive, archive.len() as u64));
    assert_eq!(check(&archive).unwrap_err().kind(), ErrorKind::Format);
    for len in (0..DEFLATED.len()).step_by(13) {
        assert_eq!(check(&DEFLATED[..len]).unwrap_err().kind(), ErrorKind::Format, "{len}");
    }
}
