use super::{NAME, open};
use crate::ErrorKind;
use crate::data::table::{Batch, Cells, ColumnKind, TableReport};
use crate::formats::table::TableOptions;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

macro_rules! files {
    ($($name:literal,)*) => {
        &[$(($name, include_bytes!(concat!("files/", $name, ".parquet"))),)*]
    };
}

/// Files of one table by pyarrow (tests/golden/scripts/parquet.py), in all packings and encodings.
pub(super) const FILES: &[(&str, &[u8])] =
    files!["plain", "snappy", "gzip", "zstd", "lz4", "int96", "delta", "lengths",];

/// Of 3000 rows in three groups of many pages.
const LARGE: &[(&str, &[u8])] = files!["large", "large_delta",];

const BROTLI: &[u8] = include_bytes!("files/brotli.parquet");

fn read(bytes: &[u8]) -> crate::Result<(Vec<Batch>, TableReport)> {
    let mut table =
        open(bytes.to_vec(), &TableOptions { batch: Some(700), ..TableOptions::default() })?;
    let mut batch = Batch::new(table.fields().clone());
    let mut batches = Vec::new();
    while table.next(&mut batch)? {
        batches.push(batch.clone());
    }
    Ok((batches, table.report().clone()))
}

fn cell(cells: &Cells, row: usize) -> String {
    match cells {
        Cells::Numbers(numbers) => numbers[row].to_string(),
        Cells::Texts(texts) => texts.get(row).to_owned(),
    }
}

#[test]
fn all_packings_and_encodings_hold_the_same_table() {
    let day = 86_400_000.0;
    let expected = [
        ("id", ColumnKind::Number, ["1", "2", "-3", "NaN", "1099511627776"].map(String::from)),
        ("x", ColumnKind::Number, [1.5, f64::NAN, -2.25, f64::NAN, 1e300].map(|x| x.to_string())),
        ("f", ColumnKind::Number, ["0.5", "1.5", "NaN", "NaN", "4.5"].map(String::from)),
        ("city", ColumnKind::Category, ["Bonn", "Köln", "", "Bonn", "Bonn"].map(String::from)),
        ("ok", ColumnKind::Boolean, ["1", "0", "NaN", "1", "1"].map(String::from)),
        (
            "day",
            ColumnKind::Date,
            [19_782.0 * day, f64::NAN, -day, day, 0.0].map(|x| x.to_string()),
        ),
        ("at", ColumnKind::Date, [1250.0, f64::NAN, -day, day, 0.0].map(|x| x.to_string())),
        ("small", ColumnKind::Number, ["1", "2", "255", "4", "NaN"].map(String::from)),
        ("price", ColumnKind::Number, ["NaN", "1.25", "-2.5", "3", "1000.75"].map(String::from)),
        (
            "half",
            ColumnKind::Number,
            [1.5, -0.25, f64::NAN, 0.000_000_059_604_644_775_390_625, 65_504.0]
                .map(|x| x.to_string()),
        ),
        ("in.n", ColumnKind::Number, ["1", "NaN", "NaN", "4", "5"].map(String::from)),
    ];
    for (name, bytes) in FILES {
        let (batches, report) = read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let [batch] = &batches[..] else { panic!("{name}: {} batches", batches.len()) };
        let all = expected.iter().filter(|(column, ..)| batch.column(column).is_ok()).count();
        assert_eq!(batch.fields().len(), all, "{name}");
        assert!(matches!(all, 6 | 11), "{name}: {all}");
        for (column, kind, rows) in &expected {
            let Ok((field, cells)) = batch.column(column) else { continue };
            assert_eq!(field.kind, *kind, "{name}, {column}");
            let found: [String; 5] = std::array::from_fn(|row| cell(cells, row));
            assert_eq!(found, *rows, "{name}, {column}");
        }
        let f = report.columns.iter().find(|column| column.name == "f").unwrap();
        assert_eq!((f.missing, f.unfit), (2, 1), "{name}");
        if all == 11 {
            let why = ["column \"list.list.element\": found lists, expected single values"];
            assert_eq!(report.unread, why);
        }
    }
}

#[test]
fn groups_and_pages_follow_each_other() {
    for (name, bytes) in LARGE {
        let (batches, report) = read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((batches.len(), report.rows), (5, 3000), "{name}");
        let mut i = 0;
        for batch in &batches {
            let [numbers, names, texts, missing] = batch.columns() else { panic!() };
            for row in 0..batch.rows() {
                assert_eq!(cell(numbers, row), i.to_string(), "{name}");
                assert_eq!(cell(names, row), format!("name {}", i * i % 37), "{name}, {i}");
                assert_eq!(
                    cell(texts, row),
                    format!("text number {}", i * 7919 % 3000),
                    "{name}, {i}"
                );
                let expected = if i % 1000 < 300 { f64::NAN } else { f64::from(i) / 8.0 };
                assert_eq!(cell(missing, row), expected.to_string(), "{name}, {i}");
                i += 1;
            }
        }
    }
}

#[test]
fn what_is_not_read_is_said() {
    let error = read(BROTLI).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.message(),
        "Parquet, column \"id\": pages are packed by Brotli, expected Snappy, gzip, Zstandard or LZ4"
    );
    let refused = |bytes: &[u8]| read(bytes).unwrap_err();
    assert_eq!(refused(b"PAR1").message(), "Parquet: the file is too short");
    let error = refused(b"PAR1....\xff\xff\xff\x7fPAR1");
    assert_eq!(error.message(), "Parquet: the footer has 2147483647 bytes, found a file of 16");
    assert_eq!(refused(b"PAR1....\0\0\0\0PARE").kind(), ErrorKind::Format);
    assert_eq!(NAME, "Parquet");
}

/// Where a page's sizes stand in a file: behind its first field, the type.
fn announce(bytes: &[u8], size: &[u8]) -> Vec<u8> {
    // The first page begins behind the signature: 15 is a field of 32 bits, the next of its structure.
    assert_eq!(bytes[4], 0x15);
    let end = bytes[7..].iter().position(|&byte| byte < 128).unwrap() + 8;
    assert_eq!(bytes[6], 0x15);
    // As many bytes, so that all else stays in its place.
    let mut changed = bytes.to_vec();
    let room = end - 7;
    assert!(size.len() == room, "{room}");
    changed[7..end].copy_from_slice(size);
    changed
}

#[test]
fn announced_sizes_are_not_believed() {
    let (_, snappy) = FILES[1];
    let end = snappy[7..].iter().position(|&byte| byte < 128).unwrap() + 1;
    // The largest number in as many bytes, and one below zero.
    let mut large = vec![0xff; end];
    large[end - 1] = 0x7e;
    let mut negative = large.clone();
    negative[end - 1] = 0x7f;
    negative[0] = 0xff;
    for size in [large, negative] {
        let error = read(&announce(snappy, &size)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Format | ErrorKind::TooLarge), "{error}");
    }
}
