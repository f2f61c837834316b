use serde_json::{Value, json};

use super::stats::{Counts, Moments, Quantiles};
use super::*;
use crate::ErrorKind;
use crate::data::table::Batch;
use crate::data::{Preprocessing, preprocessing::TextSpec};
use crate::formats::table::{TableOptions, open};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const CSV: &str = "age,city,member,since,note,price
41,Bonn,yes,2024-02-29,hello world,10
17,Oslo,no,2023-12-31,hello there,20
,Bonn,,,,30
25,,yes,2020-01-01 12:30,world,40
";

fn batch(csv: &str) -> Batch {
    let kinds = [("note".to_owned(), ColumnKind::Text)].into();
    let kinds = if csv.contains("note") { kinds } else { Default::default() };
    let mut table =
        open(csv.as_bytes().to_vec(), &TableOptions { kinds, ..TableOptions::default() }).unwrap();
    let mut batch = Batch::new(table.fields().clone());
    assert!(table.next(&mut batch).unwrap());
    batch
}

/// What usually serves, with ids of the notes.
fn usual(batch: &Batch) -> TableSpec {
    let mut spec = TableSpec::for_fields(batch.fields(), &["price"]);
    for column in &mut spec.columns {
        if let TableColumn::Text(column) = column {
            column.text = TextSpec { length: Some(64), ..TextSpec::default() };
        }
    }
    spec
}

fn spec(value: Value) -> TableSpec {
    serde_json::from_value(json!({ "columns": value })).unwrap()
}

fn fitted(spec: &TableSpec, batch: &Batch) -> TableSpec {
    let mut fit = TableFit::new(spec).unwrap();
    fit.add(batch, |_| true).unwrap();
    fit.finish().unwrap()
}

fn encoder(columns: Value, csv: &str) -> TableEncoder {
    TableEncoder::new(fitted(&spec(columns), &batch(csv))).unwrap()
}

fn encoded(encoder: &TableEncoder, csv: &str) -> Vec<Vec<f32>> {
    let mut inputs = vec![Vec::new(); encoder.shapes().len()];
    encoder.encode(&batch(csv), &mut inputs).unwrap();
    inputs
}

#[test]
fn a_table_becomes_inputs_and_its_specification_is_stored() {
    let batch = batch(CSV);
    let spec = fitted(&usual(&batch), &batch);
    let stored = Preprocessing { table: Some(spec.clone()), ..Preprocessing::default() };
    stored.validate().unwrap();
    let json = serde_json::to_string(&stored).unwrap();
    assert_eq!(serde_json::from_str::<Preprocessing>(&json).unwrap(), stored);

    let encoder = TableEncoder::new(spec).unwrap();
    assert_eq!(
        encoder.feature_names(),
        [
            "age",
            "city=Bonn",
            "city=Oslo",
            "member",
            "since days",
            "since month sin",
            "since month cos",
            "since weekday sin",
            "since weekday cos",
        ]
    );
    assert_eq!(encoder.shapes(), [vec![9], vec![64]]);
    let mut inputs = vec![Vec::new(); 2];
    encoder.encode(&batch, &mut inputs).unwrap();
    encoder.encode(&batch, &mut inputs).unwrap();
    assert_eq!((inputs[0].len(), inputs[1].len()), (2 * 4 * 9, 2 * 4 * 64));
    assert_eq!(inputs[0][..36], inputs[0][36..]);
    let rows: Vec<&[f32]> = inputs[0].chunks(9).collect();
    // The mean of 41, 17 and 25 stands for the missing age; "yes" for the missing member.
    assert_eq!(rows[2][0], 0.0);
    assert_eq!(
        (rows[0][1..4].to_vec(), rows[3][1..4].to_vec()),
        (vec![1.0, 0.0, 1.0], vec![0.0, 0.0, 1.0])
    );
    assert_eq!((rows[1][3], rows[2][3]), (0.0, 1.0));
    assert_eq!(inputs[1][..3], [2.0, 3.0, 0.0]);
    assert_eq!(inputs[1][64..66], [2.0, 4.0]);
}

#[test]
fn a_row_given_as_an_object_is_prepared_like_the_table() {
    let batch = batch(CSV);
    let spec = fitted(&usual(&batch), &batch);
    let encoder = TableEncoder::new(spec).unwrap();
    let mut table = vec![Vec::new(); 2];
    encoder.encode(&batch, &mut table).unwrap();
    let rows = [
        json!({ "age": 41, "city": "Bonn", "member": true, "since": "2024-02-29", "note": "hello world" }),
        json!({ "age": "17", "city": " Oslo ", "member": "no", "since": 1_703_980_800_000_i64, "note": "Hello there!", "price": {} }),
        json!({ "age": null, "city": "Bonn", "member": "", "since": "NA", "note": null }),
        json!({ "age": 25.0, "city": null, "member": 1, "since": "1 Jan 2020 12:30", "note": "world" }),
    ];
    for (at, row) in rows.iter().enumerate() {
        let inputs = encoder.prepare(row.as_object().unwrap()).unwrap();
        for (input, all) in inputs.iter().zip(&table) {
            assert_eq!(input[..], all[at * input.len()..][..input.len()], "{row}");
        }
    }
    let mut row = rows[0].clone();
    for (name, value, message) in [
        ("age", json!("old"), "column \"age\": found \"old\", expected a number"),
        ("age", json!(true), "column \"age\": found true, expected a number"),
        ("age", json!([1]), "column \"age\": found [1], expected a number"),
        ("since", json!("2024-02-30"), "column \"since\": found \"2024-02-30\", expected a date"),
        ("member", json!(2), "column \"member\": found 2, expected true or false"),
        ("city", json!({}), "column \"city\": found {}, expected a category"),
    ] {
        let before = std::mem::replace(&mut row[name], value);
        let error = encoder.prepare(row.as_object().unwrap()).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Data, message));
        row[name] = before;
    }
    row.as_object_mut().unwrap().remove("age");
    let error = encoder.prepare(row.as_object().unwrap()).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (
            ErrorKind::NotFound,
            "column \"age\": the row has no such value, expected a number or null"
        )
    );
}

#[test]
fn unknown_categories_go_where_they_should() {
    let csv = "c,d\na,1\na,1\nb,1\nb,1\nc,1\nd,1\n,1\n";
    let unseen = "c,d\na,1\nc,1\nz,1\n,1\n";
    for (column, expected) in [
        (
            json!({ "maxCategories": 3 }),
            &[1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0][..],
        ),
        (json!({ "minCount": 2, "encoding": "ordinal" }), &[0.0, 2.0, 2.0, -1.0]),
        (json!({ "unknown": "ignore", "encoding": "ordinal" }), &[0.0, 2.0, -1.0, -1.0]),
        (
            json!({ "encoding": "ordinal", "missingIndicator": true }),
            &[0.0, 0.0, 2.0, 0.0, -1.0, 0.0, -1.0, 1.0],
        ),
        (json!({ "encoding": "ordinal", "impute": "mostFrequent" }), &[0.0, 2.0, -1.0, 0.0]),
    ] {
        let mut column = column;
        column["type"] = "category".into();
        column["name"] = "c".into();
        let encoder = encoder(json!([column]), csv);
        assert_eq!(encoded(&encoder, unseen)[0], expected, "{column}");
    }
    let strict = encoder(json!([{ "type": "category", "name": "c", "unknown": "error" }]), csv);
    let error = strict.encode(&batch(unseen), &mut [Vec::new()]).unwrap_err();
    assert_eq!(error.message(), "column \"c\": found \"z\", expected one of 4 known categories");
}

#[test]
fn what_is_impossible_is_refused_with_the_column() {
    let number = |more: Value| {
        let mut column = json!({ "type": "number", "name": "n" });
        column.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        column
    };
    for (columns, message) in [
        (json!([]), "table: found no columns, expected at least 1"),
        (json!([number(json!({})), number(json!({}))]), "column \"n\": found twice, expected once"),
        (
            json!([{ "type": "category", "name": "c", "maxCategories": 0 }]),
            "column \"c\": maxCategories is 0, expected 1 to 65536",
        ),
        (
            json!([{ "type": "category", "name": "c", "categories": ["b", "a"] }]),
            "column \"c\": categories holds \"b\" before \"a\", expected each once, by its code points",
        ),
        (
            json!([{ "type": "category", "name": "c", "categories": ["a", "b"], "maxCategories": 1 }]),
            "column \"c\": found 2 categories, expected at most 1",
        ),
        (
            json!([number(json!({ "fitted": { "fill": 1, "center": 0, "spread": 0 } }))]),
            "column \"n\": fitted has the center 0 and the spread 0, expected finite numbers, the \
             spread above 0",
        ),
        (
            json!([{ "type": "date", "name": "d", "parts": [] }]),
            "column \"d\": found 0 parts, expected 1 to 8",
        ),
        (
            json!([{ "type": "date", "name": "d", "fitted": { "fill": 0, "parts": [] } }]),
            "column \"d\": fitted has 0 parts and 0 for missing dates, expected 1 and a finite number",
        ),
        (
            json!([{ "type": "text", "name": "t", "text": {} }]),
            "column \"t\": text: found no length, expected one",
        ),
        (
            json!([{ "type": "text", "name": "t", "text": { "length": 4, "minCount": 0 } }]),
            "column \"t\": text: minCount is 0, expected 1 to 4294967295",
        ),
    ] {
        let error = spec(columns).validate().unwrap_err();
        assert_eq!(error.message(), message);
    }
    let unfitted = TableEncoder::new(spec(json!([number(json!({}))]))).unwrap_err();
    assert_eq!(
        unfitted.message(),
        "column \"n\": nothing was computed, expected what a training part gives"
    );
    for (json, part) in [
        (json!([{ "type": "number", "name": "n", "impute": "mode" }]), "unknown variant `mode`"),
        (json!([{ "type": "number", "name": "n", "scaling": 1 }]), "unknown field `scaling`"),
        (json!([{ "type": "word", "name": "n" }]), "unknown variant `word`"),
    ] {
        let error = serde_json::from_value::<TableSpec>(json!({ "columns": json })).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn tables_that_do_not_fit_are_refused_with_the_column() {
    let columns =
        json!([{ "type": "number", "name": "age" }, { "type": "category", "name": "city" }]);
    let encoder = encoder(columns.clone(), CSV);
    let mut fit = TableFit::new(&spec(columns)).unwrap();
    for (csv, message) in [
        ("age,x\n1,2\n", "column \"city\": the table has age, x"),
        (
            "age,city\nx,y\n",
            "column \"age\": the table has another kind of it, expected each to be a number",
        ),
        (
            "age,city\n1,2\n",
            "column \"city\": the table has another kind of it, expected each to be a category",
        ),
    ] {
        let batch = batch(csv);
        let error = encoder.encode(&batch, &mut [Vec::new()]).unwrap_err();
        assert_eq!(error.message(), message);
        assert_eq!(fit.add(&batch, |_| true).unwrap_err().message(), message);
    }
    let error = encoder.encode(&batch(CSV), &mut []).unwrap_err();
    assert_eq!(error.message(), "table: found 0 lists, expected 1, one for each input");

    let empty = spec(json!([{ "type": "number", "name": "age" }]));
    let fit = TableFit::new(&empty).unwrap();
    let error = fit.finish().unwrap_err();
    assert_eq!(error.message(), "table: found no rows to learn from, expected at least 1");
    let mut fit = TableFit::new(&empty).unwrap();
    fit.add(&batch(CSV), |row| row == 2).unwrap();
    let error = fit.finish().unwrap_err();
    assert_eq!(
        error.message(),
        "column \"age\": all values are missing or too large, expected at least 1 that is not"
    );
}

#[test]
fn words_of_a_text_are_counted_beside_the_other_columns() {
    let text = json!({ "output": "counts", "minCount": 2 });
    let columns = json!([
        { "type": "number", "name": "age", "scale": "none" },
        { "type": "text", "name": "note", "text": text },
        { "type": "boolean", "name": "member" },
    ]);
    let encoder = encoder(columns.clone(), CSV);
    assert_eq!(encoder.feature_names(), ["age", "note: hello", "note: world", "member"]);
    assert_eq!(encoder.shapes(), [[4]]);
    let table = &encoded(&encoder, CSV)[0];
    assert_eq!(table[..8], [41.0, 1.0, 1.0, 1.0, 17.0, 1.0, 0.0, 0.0]);
    // A missing text has no words.
    assert_eq!(table[9..11], [0.0, 0.0]);
    let row = json!({ "age": 3, "note": "World, world: who are you? Hello", "member": false });
    let numbers = &encoder.prepare(row.as_object().unwrap()).unwrap()[0];
    assert_eq!(numbers[..], [3.0, 1.0, 2.0, 0.0]);
    let shown = json!({ "age": 3.0, "note": "hello world world", "member": false });
    assert_eq!(Value::Object(encoder.decode(numbers)), shown);

    let message = |text: Value| {
        let columns = json!([{ "type": "text", "name": "note", "text": text }]);
        spec(columns).validate().unwrap_err().to_string()
    };
    assert!(message(json!({})).contains("column \"note\": text: found no length, expected one"));
    let bytes = message(json!({ "output": "counts", "split": "bytePairs" }));
    assert!(bytes.contains("expected words or characters for counts"), "{bytes}");
    let mut answered = spec(columns);
    answered.target = Some("age".into());
    let error = answered.validate().unwrap_err();
    assert!(
        error.message().starts_with("column \"age\": found as an input and as what is answered")
    );
}

#[test]
fn targets_come_from_a_column() {
    let batch =
        batch("n,c,b,d\n10,x,no,2024-01-01\n9,z,yes,2024-01-02\n,,,\n-1,x,yes,2024-01-02\n");
    let target = |name: &str, classes: Option<bool>| {
        let mut fit = TargetFit::new(batch.column(name).unwrap().0, classes)?;
        fit.add(&batch)?;
        fit.finish()
    };
    let classes = |name: &str| {
        let target = target(name, Some(true)).unwrap();
        (target.class_names().join(" "), target.classes(&batch).unwrap())
    };
    let some = |classes: [u32; 3]| vec![Some(classes[0]), Some(classes[1]), None, Some(classes[2])];
    assert_eq!(classes("c"), ("x z".into(), some([0, 1, 0])));
    assert_eq!(classes("n"), ("-1 9 10".into(), some([2, 1, 0])));
    assert_eq!(classes("b"), ("false true".into(), some([0, 1, 1])));
    assert!(target("c", None).unwrap().has_classes() && target("b", None).unwrap().has_classes());
    let numbers = target("n", None).unwrap();
    assert!(!numbers.has_classes() && numbers.class_names().is_empty());
    assert_eq!(numbers.numbers(&batch).unwrap(), [Some(10.0), Some(9.0), None, Some(-1.0)]);
    assert_eq!(numbers.classes(&batch).unwrap_err().kind(), ErrorKind::Argument);
    let error = target("c", Some(false)).unwrap_err();
    assert_eq!(
        error.message(),
        "column \"c\": each value is a category, expected a number to be answered"
    );
}

#[test]
fn quantiles_of_streams_stay_near_the_exact_ones() {
    let mut quantiles = Quantiles::default();
    let (count, mut state) = (1_000_003_u64, 1_u64);
    for _ in 0..count {
        // Each number of 0 to the count, in a scattered order.
        state = (state + 387_421) % count;
        quantiles.add(state as f64);
    }
    let shares = [0.0, 0.001, 0.25, 0.5, 0.75, 0.999, 1.0];
    let found = quantiles.quantiles(shares, None).unwrap();
    for (share, found) in shares.iter().zip(found) {
        let error = (found / (count - 1) as f64 - share).abs();
        assert!(error < 3e-4, "{share}: {found}");
    }
    let mut few = Quantiles::default();
    [3.0, 1.0, 2.0].iter().for_each(|&x| few.add(x));
    assert_eq!(few.quantiles([0.5, 0.25], None), Some([2.0, 1.5]));
    assert_eq!(few.quantiles([0.5], Some((9.0, 3))), Some([6.0]));
    assert_eq!(Quantiles::default().quantiles([0.5], None), None);
}

#[test]
fn statistics_are_stable_and_bounded() {
    let mut moments = Moments::default();
    for _ in 0..1000 {
        moments.add(&[1e9, 1e9 + 1.0, 1e9 + 2.0]);
    }
    moments.add_same(1e9 + 1.0, 1000);
    assert_eq!(moments.mean(), Some(1e9 + 1.0));
    assert!((moments.deviation() - 0.5_f64.sqrt()).abs() < 1e-9);
    let mut same = Moments::default();
    (0..9).for_each(|_| same.add(&[0.1; 7]));
    assert_eq!(same.deviation(), 0.0);

    let mut counts = Counts::<u64>::with_limit(10);
    for i in 0..1000 {
        counts.add(&7, |&n| n);
        counts.add(&(100 + i), |&n| n);
        assert!(counts.iter().count() <= 10);
    }
    assert_eq!(counts.iter().next(), Some((&7, 1000)));
}
