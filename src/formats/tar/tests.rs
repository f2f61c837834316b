//! Tar archives: good, damaged and hostile ones.

use super::*;
use crate::ErrorKind;
use crate::formats::{archive, gzip};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A header with its sum.
fn header(name: &str, kind: u8, size: &str, magic: &[u8]) -> Vec<u8> {
    let mut header = vec![0; BLOCK];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..124 + size.len()].copy_from_slice(size.as_bytes());
    header[156] = kind;
    header[257..257 + magic.len()].copy_from_slice(magic);
    with_sum(header)
}

fn with_sum(mut header: Vec<u8>) -> Vec<u8> {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

fn entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = header(name, kind, &format!("{:011o}", content.len()), b"ustar\0");
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    bytes
}

fn archive_of(entries: &[Vec<u8>]) -> Vec<u8> {
    [entries.concat(), vec![0; 2 * BLOCK]].concat()
}

pub(super) fn example() -> Vec<u8> {
    archive_of(&[entry("a/", b'5', b""), entry("a/1", b'0', b"one"), entry("b", b'0', b"")])
}

fn items(bytes: &[u8]) -> Result<Vec<(String, Result<Vec<u8>>)>> {
    let mut archive = archive::open(bytes.to_vec(), Limits::default())?;
    let (mut content, mut items) = (Vec::new(), Vec::new());
    while let Some(item) = archive.next(&mut content)? {
        items.push((item.path, item.content.map(|()| content.clone())));
    }
    assert!(archive.next(&mut content)?.is_none(), "the end stays the end");
    Ok(items)
}

#[test]
fn files_are_read_packed_or_not() {
    let expected = vec![("a/1".into(), Ok(b"one".to_vec())), ("b".into(), Ok(vec![]))];
    assert_eq!(items(&example()).unwrap(), expected);
    assert_eq!(items(&gzip::pack(&example())).unwrap(), expected);
    // Some programs write no end.
    let endless = &example()[..example().len() - 2 * BLOCK];
    assert_eq!(items(endless).unwrap(), expected);
}

#[test]
fn long_names_are_read_in_all_three_ways() {
    let long = format!("{}/{}.png", "d".repeat(90), "f".repeat(50));
    let gnu = [entry("././@LongLink", b'L', long.as_bytes()), entry("short", b'0', b"1")];
    let record = format!(" path={long}\n");
    let length = record.len() + 3;
    let pax = [entry("pax", b'x', format!("{length}{record}").as_bytes()), entry("s", b'0', b"1")];
    let mut split = header(&long[91..], b'0', "00000000001", b"ustar\0");
    split[345..345 + 90].copy_from_slice(&long.as_bytes()[..90]);
    let mut split = with_sum(split);
    split.push(b'1');
    split.resize(2 * BLOCK, 0);
    for entries in [&gnu[..], &pax, &[split]] {
        assert_eq!(items(&archive_of(entries)).unwrap(), [(long.clone(), Ok(b"1".to_vec()))]);
    }
}

#[test]
fn old_and_gnu_headers_are_read() {
    for magic in [&b""[..], b"ustar  \0"] {
        let mut bytes = header("old", 0, "00000000002", magic);
        bytes.extend_from_slice(b"ok");
        bytes.resize(2 * BLOCK, 0);
        assert_eq!(items(&bytes).unwrap(), [("old".into(), Ok(b"ok".to_vec()))]);
    }
}

#[test]
fn what_is_no_file_is_passed_over() {
    let bytes = archive_of(&[
        entry("link", b'2', b""),
        entry("global", b'g', b"11 comment=\n"),
        entry("__MACOSX/._a", b'0', b"x"),
        entry("a", b'0', b"1"),
    ]);
    assert_eq!(items(&bytes).unwrap(), [("a".into(), Ok(b"1".to_vec()))]);
}

#[test]
fn hostile_entries_are_refused_and_the_others_read() {
    let bytes = archive_of(&[
        entry("../../out", b'0', b"no"),
        entry("sparse", b'S', b"no"),
        entry("good", b'0', b"yes"),
    ]);
    let found = items(&bytes).unwrap();
    assert_eq!(found[0].1.as_ref().unwrap_err().kind(), ErrorKind::Format);
    assert_eq!(found[1].1.as_ref().unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(found[2], ("good".into(), Ok(b"yes".to_vec())));
    let limits = Limits { entry_bytes: 2, ..Limits::default() };
    let mut tar = Tar::new(SourceReader::new(bytes.as_slice()), limits);
    let last = std::iter::from_fn(|| tar.next(&mut Vec::new()).unwrap()).last().unwrap();
    assert_eq!(last.content.unwrap_err().kind(), ErrorKind::TooLarge);
}

#[test]
fn sizes_that_are_not_true_are_refused() {
    for size in ["77777777777", "00000010000", "0000000000x", "-0000000001"] {
        let bytes = archive_of(&[header("a", b'0', size, b"ustar\0")]);
        assert!(items(&bytes).is_err(), "{size}");
    }
    let mut binary = header("a", b'0', "", b"ustar\0");
    binary[124] = 0x80;
    binary[128..136].fill(0xff);
    assert!(items(&archive_of(&[with_sum(binary)])).is_err());
    let name = header("a", b'L', "00100000000", b"ustar\0");
    let error = items(&archive_of(&[name])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "a name of 16 MB");
}

#[test]
fn numbers_are_octal_or_binary() {
    assert_eq!(number(b"00000000017\0").unwrap(), 15);
    assert_eq!(number(b"     17 \0\0\0\0").unwrap(), 15);
    assert_eq!(number(b"\x80\0\0\0\0\0\0\x02\0\0\0\0").unwrap(), 1 << 33);
    assert!(number(b"\x80\x01\0\0\0\0\0\0\0\0\0\0").is_err());
    assert!(number(b"8").is_err());
}
