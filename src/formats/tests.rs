//! What holds for every format: the loops over the table.

use super::{FORMATS, SNIFFED, sniff};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Files up to this size have every single byte changed.
const SMALL: usize = 4 << 10;

#[test]
fn examples_are_known_by_their_content_and_can_be_read() {
    for format in FORMATS {
        let examples = (format.examples)();
        assert!(!examples.is_empty(), "{}", format.name);
        for (number, mut bytes) in examples.into_iter().enumerate() {
            assert_eq!(sniff(&mut bytes).unwrap().name, format.name, "example {number}");
            (format.check)(&bytes).unwrap_or_else(|error| {
                panic!("{}, example {number}: {error}", format.name);
            });
        }
    }
}

#[test]
fn a_prefix_of_a_file_never_panics() {
    for format in FORMATS {
        for bytes in (format.examples)() {
            for len in (0..bytes.len()).rev().take(SMALL).chain(0..bytes.len().min(SMALL)) {
                let prefix = &bytes[..len];
                let _ = (format.sniff)(&prefix[..len.min(SNIFFED)], len as u64);
                let _ = (format.check)(prefix);
            }
        }
    }
}

#[test]
fn a_changed_byte_never_panics() {
    for format in FORMATS {
        for bytes in (format.examples)().into_iter().filter(|bytes| bytes.len() <= SMALL) {
            let mut changed = bytes.clone();
            for at in 0..bytes.len() {
                // Flipped bits, and the values at the ends of a range.
                for value in [!bytes[at], bytes[at] ^ 1, bytes[at] ^ 0x80, 0, 1, 0x7f, 0xff] {
                    changed[at] = value;
                    let _ = (format.sniff)(
                        &changed[..changed.len().min(SNIFFED)],
                        changed.len() as u64,
                    );
                    let _ = (format.check)(&changed);
                }
                changed[at] = bytes[at];
            }
        }
    }
}

#[test]
fn a_file_of_another_format_never_panics() {
    for format in FORMATS {
        for bytes in FORMATS.iter().flat_map(|other| (other.examples)()) {
            let _ = (format.check)(&bytes);
        }
    }
}
