//! Records that are read by their marks beside the same ones read by `csv-core`.

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::super::differences::assert_same;

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

#[test]
fn plain_records_have_the_fields_that_csv_core_finds() {
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let pieces = proptest::collection::vec(proptest::sample::select(&PIECES[..]), 1..200);
    let cases = (pieces, proptest::sample::select(&[',', ';', '\t', ' '][..]), 0..20, 8_usize..300);
    let outcome =
        TestRunner::new_with_rng(config, rng).run(&cases, |(pieces, delimiter, long, block)| {
            let mut text = pieces.concat();
            if long == 0 {
                // Quotation marks would make one record of all of it.
                text.retain(|&byte| byte != b'"');
                text = text.repeat(LONG.div_ceil(text.len().max(1)));
                assert_same(&text, delimiter, 256 << 10);
            }
            assert_same(&text, delimiter, block);
            Ok(())
        });
    outcome.unwrap();
}
