use super::*;
use crate::ErrorKind;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn images() -> Idx {
    Idx { shape: vec![3, 2, 4], values: Values::U8((0..24).collect()) }
}

pub(super) fn examples() -> Vec<Idx> {
    vec![
        images(),
        Idx { shape: vec![3], values: Values::U8(vec![7, 0, 255]) },
        Idx { shape: vec![2, 1, 1, 2], values: Values::F32(vec![0.5, -1e-30, 3e30, 0.0]) },
        Idx { shape: vec![0, 28, 28], values: Values::U8(vec![]) },
    ]
}

#[test]
fn the_header_is_the_one_of_the_format() {
    let bytes = write(&images()).unwrap();
    assert_eq!(bytes[..16], [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 4]);
    assert_eq!(bytes[16..], (0..24).collect::<Vec<u8>>());
    // One number, 1.5, as the specification's big-endian IEEE 754.
    let float = read(&[0, 0, 13, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0]).unwrap();
    assert_eq!(float, Idx { shape: vec![1], values: Values::F32(vec![1.5]) });
}

#[test]
fn what_is_written_is_read_and_every_prefix_is_refused() {
    for idx in examples() {
        let bytes = write(&idx).unwrap();
        assert_eq!(read(&bytes).unwrap(), idx);
        assert_eq!(read(bytes.clone()).unwrap(), idx);
        for len in 0..bytes.len() {
            assert_eq!(read(&bytes[..len]).unwrap_err().kind(), ErrorKind::Format, "{len}");
        }
        let longer = [bytes, vec![0]].concat();
        assert_eq!(read(&longer).unwrap_err().kind(), ErrorKind::Format);
    }
}

#[cfg(feature = "data")]
#[test]
fn samples_are_read_one_after_the_other() {
    for idx in examples() {
        let bytes = write(&idx).unwrap();
        for len in [None, Some(bytes.len() as u64)] {
            let mut array = open(bytes.as_slice(), len).unwrap();
            assert_eq!(array.header().shape, idx.shape);
            let mut found = Vec::new();
            while let Some(values) = array.next(2).unwrap() {
                found.push(values);
            }
            let expected = match &idx.values {
                Values::U8(values) => values.iter().map(|&value| f32::from(value)).collect(),
                Values::F32(values) => values.clone(),
            };
            let numbers = |values| match values {
                Values::U8(values) => values.into_iter().map(f32::from).collect(),
                Values::F32(values) => values,
            };
            let found: Vec<f32> = found.into_iter().flat_map(numbers).collect();
            assert_eq!(found, expected);
        }
        for len in 0..bytes.len() {
            let short = open(&bytes[..len], None).and_then(|mut array| array.next(100));
            assert_eq!(short.unwrap_err().kind(), ErrorKind::Format, "{len}");
        }
    }
    let whole = [0, 0, 0x0C, 1, 0, 0, 0, 2, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0xfe];
    let mut array = open(&whole[..], None).unwrap();
    assert_eq!(array.next(9).unwrap(), Some(Values::F32(vec![7.0, -2.0])));
}

#[test]
fn no_flipped_bit_makes_it_panic() {
    let labels = write(&examples()[1]).unwrap();
    for idx in examples() {
        let bytes = write(&idx).unwrap();
        for bit in 0..8 * bytes.len() {
            let mut wrong = bytes.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            let found = read_dataset(&wrong, None, vec![], Preprocessing::default());
            // A flip beyond the header may be another valid value; one within it never is.
            let header = 4 + 4 * idx.shape.len();
            assert!(bit / 8 >= header || found.is_err(), "bit {bit} of {idx:?}");
            let _ = read_dataset(&bytes, Some(&wrong), vec![], Preprocessing::default());
            let _ = read_dataset(&wrong, Some(&labels), vec![], Preprocessing::default());
        }
    }
}

#[test]
fn claims_are_not_believed() {
    let claim = [vec![0, 0, 8, 3], vec![0xff; 12], vec![0; 100]].concat();
    assert_eq!(
        read(&claim).unwrap_err().message(),
        "IDX: found 100 bytes after the header, expected more than memory for the sizes \
         [4294967295, 4294967295, 4294967295]"
    );
    let dimensions = [0, 0, 8, 255, 0, 0];
    assert_eq!(
        read(&dimensions).unwrap_err().message(),
        "IDX: found 6 bytes, expected a header of 1024 for 255 dimensions"
    );
}

#[test]
fn other_files_are_named() {
    for (bytes, kind, message) in [
        (
            &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0][..],
            ErrorKind::Format,
            "IDX: found a gzip file, expected it unpacked",
        ),
        (
            b"\x89PNG\r\n",
            ErrorKind::Format,
            "IDX: the file begins with [89, 50, 4e, 47], expected two zeros, a type and a \
             number of dimensions",
        ),
        (
            &[0, 0, 0x0C, 1, 0, 0, 0, 0],
            ErrorKind::Unsupported,
            "IDX: found values of type 0x0c, expected 0x08 (u8) or 0x0d (f32)",
        ),
        (
            &[0, 0, 1, 1, 0, 0, 0, 0],
            ErrorKind::Format,
            "IDX: found type 0x01, expected 0x08 (u8) or 0x0d (f32)",
        ),
    ] {
        let error = read(bytes).unwrap_err();
        assert_eq!((error.kind(), error.message()), (kind, message));
    }
}

#[test]
fn files_become_a_dataset() {
    let [images, labels] = [0, 1].map(|i| write(&examples()[i]).unwrap());
    let new = |images: &[u8], labels: Option<&[u8]>| {
        read_dataset(images, labels, vec![], Preprocessing::default())
    };
    let data = new(&images, Some(&labels)).unwrap();
    assert_eq!((data.len(), data.inputs()[0].shape()), (3, &[2, 4, 1][..]));
    assert_eq!(data.labels(), Some(&[7, 0, 255][..]));
    assert_eq!(new(&images, None).unwrap().targets(), &Targets::None);
    assert_eq!(
        new(&labels, Some(&labels)).unwrap_err().message(),
        "images: found 1 dimension, expected at least 2; is this the file of the labels?"
    );
    assert_eq!(
        new(&images, Some(&images)).unwrap_err().message(),
        "labels: found bytes (u8) of shape [3, 2, 4], expected bytes (u8) in 1 dimension; is \
         this the file of the images?"
    );
    let empty = write(&examples()[3]).unwrap();
    assert_eq!(new(&empty, None).unwrap_err().kind(), ErrorKind::Data);
}

#[test]
fn shapes_that_the_format_cannot_hold_are_refused() {
    for (shape, values) in
        [(vec![2, 2], 3), (vec![], 1), (vec![1; 256], 1), (vec![usize::MAX, 2], 1)]
    {
        let idx = Idx { shape, values: Values::U8(vec![0; values]) };
        assert_eq!(write(&idx).unwrap_err().kind(), ErrorKind::Shape);
    }
}
