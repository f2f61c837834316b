//! Records that are read by their marks beside the same ones read byte by byte by `csv-core`.

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::super::Csv;
use crate::Result;
use crate::formats::table::{Records, TableOptions};

/// What texts are made of.
const PIECES: [&[u8]; 18] = [
    b"a",
    b"12.5",
    b"name of a city",
    b",",
    b",",
    b",",
    b";",
    b"\t",
    b" ",
    b"\n",
    b"\n",
    b"\r\n",
    b"\r",
    b"\"",
    b"\"\"",
    "é🌍".as_bytes(),
    "\u{feff}".as_bytes(),
    b"\xff",
];

/// More than two blocks of the decoder.
const LONG: usize = 600 << 10;

/// The next record read byte by byte.
fn next_by_core(csv: &mut Csv<Vec<u8>>) -> Result<bool> {
    if !csv.skip_line_ends()? {
        return Ok(false);
    }
    csv.after_return = false;
    csv.read_any()
}

fn assert_same(text: &[u8], delimiter: char) {
    let options = TableOptions { delimiter: Some(delimiter), ..TableOptions::default() };
    let open = || Csv::new(text.to_vec(), &options);
    let (Ok(mut csv), Ok(mut by_core)) = (open(), open()) else {
        return assert!(open().is_err());
    };
    for csv in [&mut csv, &mut by_core] {
        csv.header = false;
        csv.rewind().unwrap();
    }
    loop {
        let found = csv.read().unwrap();
        assert_eq!(found, next_by_core(&mut by_core).unwrap());
        let fields = |csv: &Csv<Vec<u8>>| -> Vec<String> {
            (0..csv.record.fields).map(|field| csv.record.get(field).to_owned()).collect()
        };
        let place = |csv: &Csv<Vec<u8>>| (csv.line, csv.after_return, csv.record.recoded);
        assert_eq!((fields(&csv), place(&csv)), (fields(&by_core), place(&by_core)));
        if !found {
            return;
        }
    }
}

#[test]
fn plain_records_have_the_fields_that_csv_core_finds() {
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let pieces = proptest::collection::vec(proptest::sample::select(&PIECES[..]), 1..200);
    let cases = (pieces, proptest::sample::select(&[',', ';', '\t', ' '][..]), 0..20);
    let outcome = TestRunner::new_with_rng(config, rng).run(&cases, |(pieces, delimiter, long)| {
        let mut text = pieces.concat();
        if long == 0 {
            // Quotation marks would make one record of all of it.
            text.retain(|&byte| byte != b'"');
            text = text.repeat(LONG.div_ceil(text.len().max(1)));
        }
        assert_same(&text, delimiter);
        Ok(())
    });
    outcome.unwrap();
}
