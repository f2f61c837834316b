//! Texts in both encodings, with all ends of lines.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::ErrorKind;

const TEXT: &str = "naïve 🎉\r\n\r\n\nGröße\rélève\n東京\n \nend";

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
}

pub fn examples() -> Vec<Vec<u8>> {
    vec![
        TEXT.as_bytes().to_vec(),
        ["\u{feff}", TEXT].concat().into_bytes(),
        utf16(TEXT, u16::to_le_bytes),
        utf16(TEXT, u16::to_be_bytes),
        b"a".to_vec(),
    ]
}

fn samples(bytes: &[u8], unit: Unit) -> Result<Vec<String>> {
    let mut texts = Texts::new(bytes, unit);
    std::iter::from_fn(|| texts.next_sample().transpose()).collect()
}

#[test]
fn a_text_is_cut_into_samples_whatever_its_encoding() {
    for bytes in &examples()[..4] {
        assert_eq!(
            samples(bytes, Unit::Line).unwrap(),
            ["naïve 🎉", "Größe", "élève", "東京", "end"]
        );
        assert_eq!(
            samples(bytes, Unit::Paragraph).unwrap(),
            ["naïve 🎉", "Größe\nélève\n東京", "end"]
        );
        let whole = "naïve 🎉\n\n\nGröße\nélève\n東京\n \nend";
        assert_eq!(samples(bytes, Unit::Whole).unwrap(), [whole]);
    }
    for unit in [Unit::Line, Unit::Paragraph, Unit::Whole] {
        assert!(samples(b"", unit).unwrap().is_empty());
        assert!(samples(b"\xef\xbb\xbf", unit).unwrap().is_empty());
        assert_eq!(samples(b"one\r\n", unit).unwrap(), ["one"]);
    }
}

#[test]
fn characters_at_the_borders_of_blocks_stay_whole() {
    for shift in 0..8 {
        let text = " ".repeat(shift) + &"é🎉東".repeat(BLOCK / 4);
        for bytes in [text.clone().into_bytes(), utf16(&text, u16::to_le_bytes)] {
            let mut found = String::new();
            Utf8::new(bytes.as_slice()).read_to_string(&mut found).unwrap();
            assert!(found == text, "{shift}");
        }
    }
    // So does a line end of two characters.
    let text = ["a".repeat(BLOCK - 1), "b".into()].join("\r\n");
    assert_eq!(samples(text.as_bytes(), Unit::Line).unwrap(), ["a".repeat(BLOCK - 1), "b".into()]);
}

#[test]
fn bytes_that_are_no_text_are_named() {
    for (bytes, message) in [
        (&b"ab\xffc"[..], "text: byte 2 is 0xff, which is no UTF-8 there"),
        (b"caf\xe9", "text: byte 3 is 0xe9, which is no UTF-8 there"),
        (b"\xef\xbb\xbfa\x80", "text: byte 4 is 0x80, which is no UTF-8 there"),
        (b"\xff\xfea\0\x00\xdc", "text: byte 4 is 0x00, which is no UTF-16 there"),
        (b"\xff\xfea\0\x00\xd8", "text: byte 4 is 0x00, which is no UTF-16 there"),
        (b"\xfe\xff\0a\0", "text: byte 4 is 0x00, which is no UTF-16 there"),
    ] {
        let error = samples(bytes, Unit::Line).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.message().starts_with(message), "{error}");
    }
    let far = [&vec![b' '; BLOCK + 5], &b"\xff"[..]].concat();
    let error = samples(&far, Unit::Whole).unwrap_err();
    assert!(error.message().starts_with(&format!("text: byte {} is 0xff", BLOCK + 5)), "{error}");
}

#[test]
fn samples_are_bounded() {
    let long = vec![b'a'; MOST_BYTES + 1];
    for unit in [Unit::Line, Unit::Whole] {
        assert_eq!(samples(&long, unit).unwrap_err().kind(), ErrorKind::TooLarge);
        assert!(samples(&long[1..], unit).is_ok());
    }
}

#[test]
fn text_is_told_from_other_files() {
    let text = |head: &[u8], len: u64| sniff(head, len);
    assert!(text(b"caf\xc3\xa9", 5) && text(b"a\tb\x0c\r\n", 6));
    // A character that is cut by the end of what is looked at.
    assert!(text(b"caf\xc3", 5) && !text(b"caf\xc3", 4));
    for other in [&b""[..], b"a\0b", b"\x7fELF", b"caf\xe9 au lait", b"\xff\xfe", b"\x01\x02"] {
        assert!(!text(other, other.len() as u64), "{other:?}");
    }
}
