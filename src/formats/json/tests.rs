use crate::ErrorKind;
use crate::data::table::{Batch, ColumnKind};
use crate::formats::sniff;
use crate::formats::table::{TableOptions, TableReader, open};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn table(text: &str) -> Box<dyn TableReader> {
    open(text.as_bytes().to_vec(), &TableOptions::default()).unwrap()
}

fn all(table: &mut dyn TableReader) -> Batch {
    let mut batch = Batch::new(table.fields().clone());
    assert!(table.next(&mut batch).unwrap());
    batch
}

#[test]
fn objects_become_rows_in_either_form() {
    let objects = [
        r#"{"age": 41, "at": {"x": "1.5", "ok": true}, "tags": ["a", null]}"#,
        r#"{"tags": ["b", "c, ]}\""], "at": {"ok": false}, "age": "17"}"#,
    ];
    let broken = r#"{"age": }"#;
    let lines = format!("{}\n\n{broken}\r\n{}", objects[0], objects[1]);
    let array = format!("\u{feff}[{},\n\n{broken}, 7,\n{}]\n", objects[0], objects[1]);
    for (text, left_out) in [(lines, 1), (array, 2)] {
        let mut table = table(&text);
        let batch = all(&mut *table);
        let names: Vec<_> = table.fields().iter().map(|field| (&*field.name, field.kind)).collect();
        use ColumnKind::{Boolean, Category, Number};
        assert_eq!(
            names,
            [
                ("age", Number),
                ("at.x", Number),
                ("at.ok", Boolean),
                ("tags.0", Category),
                ("tags.1", Category),
            ]
        );
        assert_eq!(batch.column("age").unwrap().1.numbers().unwrap(), [41.0, 17.0]);
        assert_eq!(batch.column("at.ok").unwrap().1.numbers().unwrap(), [1.0, 0.0]);
        assert!(batch.column("at.x").unwrap().1.is_missing(1));
        assert_eq!(batch.column("tags.1").unwrap().1.texts().unwrap().get(1), "c, ]}\"");
        let report = table.report();
        assert_eq!((report.rows, report.left_out_rows), (2, left_out), "{text}");
        assert_eq!(report.left_out[0].line, 3);
    }
}

#[test]
fn what_comes_later_loses_no_row() {
    let begin = "{\"n\": 1}\n".repeat(200_000);
    let mut table = table(&format!("{begin}{{\"n\": \"many\", \"m\": 2}}\n"));
    let mut batch = Batch::new(table.fields().clone());
    while table.next(&mut batch).unwrap() {}
    let report = table.report();
    assert_eq!((report.rows, report.unnamed, report.columns[0].unfit), (200_001, 1, 1));
}

#[test]
fn an_array_that_does_not_end_is_told() {
    for text in
        ["[{\"a\": 1}, {\"a\": 2}, {\"a\"", "[{\"a\": 1}, {\"a\": 2},", "[{\"a\": 1}, {\"a\": 2}"]
    {
        let mut table = table(text);
        assert_eq!(all(&mut *table).rows(), 2, "{text}");
        assert_eq!(table.report().left_out[0].message, "the file ends within the array");
        assert_eq!(table.report().left_out_rows, 1);
    }
}

#[test]
fn what_has_no_bounds_is_refused() {
    let refused = |text: String| open(text.into_bytes(), &TableOptions::default()).err().unwrap();
    let error = refused(format!("{{\"a\": \"{}\"}}\n{{\"a\": 1}}", "x".repeat(17 << 20)));
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    // A name of a megabyte before each of many values.
    let error =
        refused(format!("{{\"{}\": [{}1]}}\n{{}}", "n".repeat(1 << 20), "1,".repeat(9_000)));
    assert!(error.message().contains("found more than 16384 values, or longer names"), "{error}");
    let error = refused(format!("[{{\"a\": [{}1]}}]", "1,".repeat(20_000)));
    assert!(error.message().contains("found more than 16384 values"), "{error}");
    let deep = refused(format!("[{{\"a\": {}1{}}}]", "[".repeat(10_000), "]".repeat(10_000)));
    assert!(deep.message().contains("recursion limit"), "{deep}");
    assert_eq!(refused("[{}, {}]".into()).kind(), ErrorKind::Format);
}

#[test]
fn annotations_are_told_from_rows() {
    let name = |text: &str| sniff(&mut text.as_bytes()).unwrap().name;
    assert_eq!(name("{\"images\": [],\n \"categories\": []}"), "COCO");
    assert_eq!(name("{\"images\": [], \"boxes\": []}"), "boxes by image");
    assert_eq!(name("{\"categories\": 1}\n{\"categories\": 2}\n"), "JSON lines");
    assert_eq!(name("[\n{\"boxes\": 1}]"), "JSON array");
}
