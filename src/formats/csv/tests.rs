#[cfg(not(target_arch = "wasm32"))]
mod differences;

use super::examples::utf16;
use super::sniff::{delimiter, is_header, names};
use crate::ErrorKind;
use crate::data::table::{Batch, Cells, ColumnKind, TableReport};
use crate::formats::sniff;
use crate::formats::table::{Ragged, TableOptions, open};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Everything that a table has, as text.
struct Read {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
    report: TableReport,
}

fn read(bytes: &[u8], options: &TableOptions) -> crate::Result<Read> {
    let mut table = open(bytes.to_vec(), options)?;
    let mut batch = Batch::new(table.fields().clone());
    let mut rows = Vec::new();
    while table.next(&mut batch)? {
        for row in 0..batch.rows() {
            let cell = |cells: &Cells| match cells {
                Cells::Numbers(numbers) => numbers[row].to_string(),
                Cells::Texts(texts) => texts.get(row).to_owned(),
            };
            rows.push(batch.columns().iter().map(cell).collect());
        }
    }
    let names = table.fields().iter().map(|field| field.name.clone()).collect();
    Ok(Read { names, rows, report: table.report().clone() })
}

fn plain(bytes: &[u8]) -> Read {
    read(bytes, &TableOptions::default()).unwrap()
}

#[test]
fn quoted_fields_hold_anything() {
    let found =
        plain(b"name,note\n\"Ada, L.\",\"two\nlines\"\n\"say \"\"hi\"\"\", x \n5\" pipe,y\n");
    assert_eq!(found.names, ["name", "note"]);
    assert_eq!(found.rows, [["Ada, L.", "two\nlines"], ["say \"hi\"", "x"], ["5\" pipe", "y"]]);
}

#[test]
fn encodings_and_line_ends_do_not_matter() {
    let text = "größe;stadt;wert\n1,5;Köln;1\n2,25;🌍;\nNA;\"a\"\"b\";3\n";
    let expected = plain(text.as_bytes());
    assert_eq!(expected.names, ["größe", "stadt", "wert"]);
    let rows = [["1.5", "Köln", "1"], ["2.25", "🌍", "NaN"], ["NaN", "a\"b", "3"]];
    assert_eq!(expected.rows, rows);
    assert_eq!((expected.report.columns[0].missing, expected.report.columns[0].unfit), (1, 0));
    let without_mark = |bytes: Vec<u8>| bytes[2..].to_vec();
    for (what, bytes) in [
        ("mark", format!("\u{feff}{text}").into_bytes()),
        ("windows", text.replace('\n', "\r\n").into_bytes()),
        ("macintosh", text.replace('\n', "\r").into_bytes()),
        ("mixed", text.replacen('\n', "\r\n\r\n", 2).replacen("3\n", "3\r\n\n\r", 1).into_bytes()),
        ("no end", text.trim_end().into()),
        ("little", utf16(text, u16::to_le_bytes)),
        ("big", utf16(text, u16::to_be_bytes)),
        ("little without mark", without_mark(utf16(text, u16::to_le_bytes))),
    ] {
        let found = plain(&bytes);
        assert_eq!(found.names, expected.names, "{what}");
        assert_eq!(found.rows, rows, "{what}");
    }
    let old = plain(b"ort,n\nM\xfcnchen \x80,1\nK\xf6ln,2\nBonn,3\n");
    assert_eq!(old.rows, [["München €", "1"], ["Köln", "2"], ["Bonn", "3"]]);
    assert_eq!(old.report.recoded, 2);
}

#[test]
fn utf16_is_decoded_across_blocks() {
    // Surrogate pairs at every place of a block's end.
    for shift in 0..4 {
        let mut text = format!("a,{}\n", "b".repeat(shift + 1));
        (0..90_000).for_each(|i| text.push_str(&format!("🌍,{}\n", i % 7)));
        let found = plain(&utf16(&text, u16::to_le_bytes));
        assert_eq!(found.report.rows, 90_000);
        assert!(
            found
                .rows
                .iter()
                .enumerate()
                .all(|(i, row)| { row[0] == "🌍" && row[1] == (i % 7).to_string() })
        );
    }
}

#[test]
fn ragged_rows_are_listed_or_filled() {
    let text = b"a,b,c\n1,2,3\n4,5\n\n6,7,8,,\n9,9,9,9\n   \n\"x\ny\",2\n1,1,1";
    let found = plain(text);
    assert_eq!(found.rows, [["1", "2", "3"], ["6", "7", "8"], ["1", "1", "1"]]);
    let listed: Vec<_> =
        found.report.left_out.iter().map(|row| (row.line, &*row.message)).collect();
    assert_eq!(
        listed,
        [
            (3, "found 2 fields, expected 3"),
            (6, "found 4 fields, expected 3"),
            (8, "found 2 fields, expected 3"),
        ]
    );
    assert_eq!((found.report.left_out_rows, found.report.rows), (3, 3));

    let fill = TableOptions { ragged: Ragged::Fill, ..TableOptions::default() };
    let found = read(b"a,b,c\n1,2,3\n4,5\n9,9,9,9\n", &fill).unwrap();
    assert_eq!(found.rows, [["1", "2", "3"], ["4", "5", "NaN"], ["9", "9", "9"]]);
    assert_eq!(found.report.left_out_rows, 0);

    // Line by line through carriage returns.
    let found = plain(b"a,b\r\n1,2\r\r\n3\r4,5\r\n6\r\n");
    let lines: Vec<_> = found.report.left_out.iter().map(|row| row.line).collect();
    assert_eq!(lines, [4, 6]);
}

#[test]
fn delimiters_and_headers_are_told() {
    for (text, expected) in [
        ("a,b\n1,2\n", b','),
        ("a;b\n1,5;2,5\n3,5;4,5\n", b';'),
        ("1,5;2,5\n3,5;4,5\n", b';'),
        ("a\tb, c\n1\t2, 3\n", b'\t'),
        ("a|b\n1|2", b'|'),
        ("name,tags\nx,a;b\ny,c;d\n", b','),
        ("alone\n1\n", b','),
    ] {
        assert_eq!(delimiter(text.as_bytes()), expected, "{text:?}");
    }
    assert!(is_header(&["", "age", "city"]));
    for row in [&["a", "1"][..], &["p", "x", "p"], &["2024-01-01", "b"], &["", ""], &["1,5", "x"]] {
        assert!(!is_header(row), "{row:?}");
    }
    assert_eq!(
        names(&["", "a", "a", "a 2", "", "a"]),
        ["column 1", "a", "a 3", "a 2", "column 5", "a 4"]
    );
    let found = plain(b"1,x\n2,y\n");
    assert_eq!((found.names.len(), found.rows.len()), (2, 2));
    let header = TableOptions { header: Some(true), ..TableOptions::default() };
    let found = read(b"2019,2020\n1,2\n", &header).unwrap();
    assert_eq!((&*found.names[1], found.rows.len()), ("2020", 1));
    let header = TableOptions { header: Some(false), ..TableOptions::default() };
    assert_eq!(read(b"a,b\n1,2\n", &header).unwrap().rows.len(), 2);
}

#[test]
fn a_table_of_one_column_can_be_opened() {
    let found = plain(b"value\n1\n2\n");
    assert_eq!(
        (found.names, found.rows),
        (vec!["value".into()], vec![vec!["1".into()], vec!["2".into()]])
    );
}

#[test]
fn options_decide() {
    let options = |json: &str| serde_json::from_str::<TableOptions>(json).unwrap();
    let found = read(
        b"zip,n\n00123,1\n045,-\n",
        &options(
            r#"{"kinds": {"zip": "category"}, "missing": ["-"], "delimiter": ",", "batch": 1}"#,
        ),
    );
    let found = found.unwrap();
    assert_eq!(found.rows, [["00123", "1"], ["045", "NaN"]]);
    assert_eq!(found.report.columns[1].unfit, 0);
    assert_eq!(found.report.columns[0].kind, ColumnKind::Category);
    for (json, message) in [
        (r#"{"kinds": {"no": "text"}}"#, "table: kinds names \"no\", which is no column"),
        (r#"{"batch": 0}"#, "table: batch is 0, expected 1 to 1048576"),
        (
            r#"{"delimiter": "ß"}"#,
            "table: delimiter is 'ß', expected an ASCII mark such as \",\" or a tab",
        ),
    ] {
        let error = read(b"a,b\n1,2\n", &options(json)).err().unwrap();
        assert_eq!(error.message(), message);
    }
}

#[test]
fn what_cannot_be_a_table_is_refused() {
    let refused = |bytes: &[u8]| read(bytes, &TableOptions::default()).err().unwrap();
    assert_eq!(refused(b"").kind(), ErrorKind::Format);
    assert_eq!(refused(b"\n\r\n").message(), "table: found no text, expected rows of fields");
    let wide = [b"a,".repeat(1_000_000), b"\n1,2\n".to_vec()].concat();
    let error = refused(&wide);
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(
        error.message(),
        "table: line 1 has more than 16384 fields, expected at most as many"
    );
    let open_quote = [b"a,b\n1,2\n\"".to_vec(), b"x,\n".repeat(6_000_000)].concat();
    let error = refused(&open_quote);
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.message().starts_with("table: the row at line 3 has more than"), "{error}");
    let error = refused(b"\x01\0\0\0a,b\n1,2\n");
    assert_eq!(error.message(), "table: found bytes that are no text, expected rows of fields");
    let png = [&b"\x89PNG\r\n\x1a\n"[..], &[0; 40]].concat();
    assert_eq!(refused(&png).message(), "table: found PNG, expected a format of tables");
}

#[test]
fn as_many_columns_as_there_may_be_are_read() {
    let header: Vec<_> = (0..16_384).map(|i| format!("c{i}")).collect();
    let text = format!("{}\n{}\n", header.join(","), vec!["1"; 16_384].join(","));
    assert_eq!(plain(text.as_bytes()).rows[0].len(), 16_384);
    let same = vec!["x"; 16_384].join(",");
    let header = TableOptions { header: Some(true), ..TableOptions::default() };
    let found = read(format!("{same}\n{same}\n").as_bytes(), &header).unwrap();
    assert_eq!(found.names[16_383], "x 16384");
}

#[test]
fn prose_is_no_table() {
    let cases = [
        ("Dear Ada,\n\nthank you, and so on, for this.\nYours, B.\n", Some("text")),
        ("one\ntwo\n", Some("text")),
        ("a,b", Some("text")),
        ("\0a,b\n1,2\n", None),
    ];
    for (text, format) in cases {
        let found = sniff(&mut text.as_bytes()).map(|format| format.name);
        assert_eq!(found.ok(), format, "{text:?}");
    }
}

#[test]
fn memory_does_not_grow_with_the_table() {
    let text = [&b"n,c\n"[..], &b"1.25,red\n".repeat(200_000)].concat();
    let mut table = open(text, &TableOptions::default()).unwrap();
    let mut batch = Batch::new(table.fields().clone());
    let mut rows = 0;
    while table.next(&mut batch).unwrap() {
        assert!(batch.bytes() < 4096 * 24 && batch.rows() <= 4096);
        rows += batch.rows();
    }
    assert_eq!(rows, 200_000);
    let (done, all) = table.progress();
    assert_eq!(done, all);
}
