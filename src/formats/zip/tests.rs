//! Zip archives: good, damaged and hostile ones.

use std::io::{Cursor, Write};

use ::zip::write::SimpleFileOptions;
use ::zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::ErrorKind;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// An archive of these files; a path that ends in a slash is a folder's.
pub(super) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    zip_with(files, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))
}

fn zip_with(files: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        writer.start_file(*path, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn open(bytes: &[u8]) -> Result<Zip<&[u8]>> {
    Zip::open(bytes, Limits::default())
}

/// All files with their content or their error, as [`Archive::next`] gives them.
fn items(bytes: &[u8]) -> Vec<(String, Result<Vec<u8>>)> {
    let (mut archive, mut content, mut items) = (open(bytes).unwrap(), Vec::new(), Vec::new());
    while let Some(item) = archive.next(&mut content).unwrap() {
        items.push((item.path, item.content.map(|()| content.clone())));
    }
    assert_eq!(archive.progress(), (bytes.len() as u64, bytes.len() as u64));
    items
}

fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> =
        (0..=bytes.len() - from.len()).filter(|&at| bytes[at..].starts_with(from)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
}

#[test]
fn files_are_listed_and_read_in_any_order() {
    let text = b"a text that is a text that is a text";
    let options = SimpleFileOptions::default();
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        for zip64 in [false, true] {
            let options = options.compression_method(method).large_file(zip64);
            let files: &[(&str, &[u8])] =
                &[("cat/1.txt", text), ("dog/", b""), ("dog/ü 2.txt", b""), ("x", b"\0\xff")];
            let bytes = zip_with(files, options);
            let mut archive = open(&bytes).unwrap();
            let paths: Vec<&str> =
                archive.entries().iter().map(|entry| entry.path.as_str()).collect();
            assert_eq!(paths, ["cat/1.txt", "dog/ü 2.txt", "x"]);
            let mut content = Vec::new();
            for (at, expected) in [(2, &b"\0\xff"[..]), (0, text), (1, b""), (0, text)] {
                archive.read(at, &mut content).unwrap();
                assert_eq!(content, expected);
            }
            assert_eq!(archive.read(3, &mut content).unwrap_err().kind(), ErrorKind::Argument);
        }
    }
    assert!(items(&zip(&[])).is_empty());
}

#[test]
fn more_files_than_16_bits_count_are_read() {
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let names: Vec<String> = (0..65_540).map(|number| number.to_string()).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    let bytes = zip_with(&files, stored);
    let mut archive = open(&bytes).unwrap();
    assert_eq!(archive.entries().len(), names.len());
    let mut content = Vec::new();
    archive.read(65_539, &mut content).unwrap();
    assert_eq!((archive.entries()[65_539].path.as_str(), content.as_slice()), ("65539", &b"x"[..]));
}

#[test]
fn what_belongs_to_a_system_is_left_out() {
    let found = items(&zip(&[("a/1", b"1"), ("__MACOSX/a/._1", b""), (".DS_Store", b"")]));
    assert_eq!(found.len(), 1);
}

#[test]
fn names_may_be_of_an_old_code_page() {
    let mut bytes = zip(&[("gr-n.txt", b"")]);
    // 0x81 is ü in CP437, and no UTF-8.
    replace(&mut bytes, b"gr-n", b"gr\x81n");
    assert_eq!(items(&bytes)[0].0, "grün.txt");
}

#[test]
fn paths_that_lead_out_are_refused_and_the_others_read() {
    let mut bytes = zip(&[("aaaa/up.txt", b"no"), ("good.txt", b"yes"), ("/absolute", b"no")]);
    replace(&mut bytes, b"aaaa/", b"x/../");
    replace(&mut bytes, b"x/../", b"../..");
    let found = items(&bytes);
    let refused: Vec<_> = found.iter().filter(|(_, content)| content.is_err()).collect();
    assert_eq!(refused.len(), 2, "{found:?}");
    assert_eq!(refused[0].1.as_ref().unwrap_err().kind(), ErrorKind::Format);
    assert!(found.contains(&("good.txt".into(), Ok(b"yes".to_vec()))));
}

#[test]
fn encrypted_and_strangely_packed_files_are_refused_and_the_others_read() {
    let mut bytes = zip(&[("secret", b"no no no"), ("good", b"yes"), ("strange", b"no no no")]);
    // Bytes of the headers: local ones begin PK34 with flags at 6 and the method at 8, those of the
    // directory PK12 with both two bytes later.
    let headers: Vec<(usize, usize)> = (0..bytes.len())
        .filter_map(|at| match &bytes[at..] {
            [b'P', b'K', 3, 4, ..] => Some((at + 6, at + 30)),
            [b'P', b'K', 1, 2, ..] => Some((at + 8, at + 46)),
            _ => None,
        })
        .collect();
    for (flags, name) in headers {
        match bytes[name] {
            b's' if bytes[name + 1] == b'e' => bytes[flags] |= 1,
            b's' => bytes[flags + 2] = 12,
            _ => {}
        }
    }
    let found = items(&bytes);
    let error = |path: &str| {
        let (_, content) = found.iter().find(|(found, _)| found == path).unwrap();
        content.clone().unwrap_err()
    };
    assert_eq!(error("secret").kind(), ErrorKind::Unsupported);
    assert_eq!(error("strange").kind(), ErrorKind::Unsupported);
    assert!(found.contains(&("good".into(), Ok(b"yes".to_vec()))));
}

#[test]
fn a_wrong_checksum_is_found_and_the_others_read() {
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut bytes = zip_with(&[("bad", b"some content"), ("good", b"yes")], stored);
    replace(&mut bytes, b"some content", b"same content");
    let found = items(&bytes);
    assert_eq!(found[0].1.as_ref().unwrap_err().kind(), ErrorKind::Format);
    assert_eq!(found[1].1, Ok(b"yes".to_vec()));
}

#[test]
fn bombs_are_refused_before_they_are_unpacked() {
    let bytes = zip(&[("bomb", &vec![0; 32 << 20]), ("good", b"yes")]);
    let found = items(&bytes);
    assert_eq!(found[0].1.as_ref().unwrap_err().kind(), ErrorKind::TooLarge);
    assert_eq!(found[1].1, Ok(b"yes".to_vec()));
    let few = Limits { entries: 1, ..Limits::default() };
    let error = Zip::open(bytes.as_slice(), few).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    let small = Limits { entry_bytes: 2, ..Limits::default() };
    let archive = Zip::open(bytes.as_slice(), small).unwrap();
    assert_eq!(archive.refused().len(), 2);
}

#[test]
fn a_size_that_is_not_true_is_found() {
    let bytes = zip(&[("file", b"twelve bytes")]);
    let directory = (0..bytes.len()).find(|&at| bytes[at..].starts_with(b"PK\x01\x02")).unwrap();
    for size in [0, 1, 11, 13, 1 << 20, u32::MAX - 1] {
        let mut wrong = bytes.clone();
        wrong[directory + 24..directory + 28].copy_from_slice(&u32::to_le_bytes(size));
        let Ok(mut archive) = open(&wrong) else { continue };
        while let Some(item) = archive.next(&mut Vec::new()).unwrap() {
            assert!(item.content.is_err(), "{size}");
        }
    }
}

#[test]
fn an_archive_that_is_cut_off_has_no_directory() {
    let bytes = zip(&[("a", b"some text"), ("b", b"more")]);
    for len in 0..bytes.len() {
        let error = open(&bytes[..len]).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{len}");
    }
}
