use serde_json::json;

use super::*;
use crate::data::Preprocessing;
use crate::data::preprocessing::table::TableEncoder;
use crate::data::table::ColumnKind;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Passengers as such tables have them: a number of each, names, gaps, classes written as numbers.
fn passengers() -> String {
    let mut text = String::from("PassengerId,Survived,Name,Sex,Age,Fare,Boarded\n");
    for row in 0..60 {
        let (sex, survived) = if row % 3 == 0 { ("female", 1) } else { ("male", 0) };
        let age = if row % 7 == 0 { String::new() } else { (20 + row % 40).to_string() };
        let name = format!("\"Person, Mr. Number {row} of the ship\"");
        let fare = f64::from(row) * 1.5;
        text +=
            &format!("{row},{survived},{name},{sex},{age},{fare},2024-01-{:02}\n", row % 28 + 1);
    }
    text
}

fn of(options: &Options, files: &[(&str, &str)]) -> Result<(Dataset, serde_json::Value)> {
    let files: Vec<(&str, Vec<u8>)> =
        files.iter().map(|(path, text)| (*path, text.as_bytes().to_vec())).collect();
    let (file, _) = import(options, &files)?;
    let records = Records::open(file).unwrap();
    let report = records.foot().report.clone();
    Ok((records.into_dataset(false).unwrap(), report))
}

fn uses(report: &serde_json::Value) -> Vec<(String, String)> {
    let columns = report["table"]["columns"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    columns.iter().map(|column| (text(&column["name"]), text(&column["use"]))).collect()
}

#[test]
fn a_table_becomes_features_and_classes() {
    let (data, report) = of(&Options::default(), &[("train/p.csv", &passengers())]).unwrap();
    assert_eq!(data.len(), 60);
    assert_eq!(data.class_names(), ["0", "1"]);
    assert_eq!(data.labels().unwrap()[..4], [1, 0, 0, 1]);
    let names = ["PassengerId", "Survived", "Name", "Sex", "Age", "Fare", "Boarded"];
    let used = ["ignored", "target", "input", "input", "input", "input", "input"];
    let expected: Vec<_> =
        names.iter().zip(used).map(|(a, b)| (a.to_string(), b.to_string())).collect();
    assert_eq!(uses(&report), expected);
    let table = &report["table"];
    assert_eq!((&table["target"], &table["task"]), (&json!("Survived"), &json!("classification")));
    assert_eq!(table["columns"][4]["missing"], 9);
    assert_eq!(table["features"].as_array().unwrap().len(), data.inputs()[0].width());
    assert_eq!(report["columns"][0]["name"], "Name");
    assert_eq!(report["classes"][1]["samples"], 20);
    // What is stored with a model makes the same numbers of the row, and the row of the numbers.
    let steps = serde_json::to_string(data.preprocessing()).unwrap();
    let steps: Preprocessing = serde_json::from_str(&steps).unwrap();
    let encoder = TableEncoder::new(steps.table.unwrap()).unwrap();
    let row = json!({
        "Name": "Person, Mr. Number 5 of the ship", "Sex": "male", "Age": 25, "Fare": 7.5, "Boarded": "2024-01-06",
    });
    let inputs = encoder.prepare(row.as_object().unwrap()).unwrap();
    let Values::F32(sample) = data.sample(5).unwrap() else { panic!("numbers") };
    assert_eq!(inputs, std::slice::from_ref(&sample));
    let shown = encoder.decode(&sample);
    assert_eq!(
        serde_json::Value::Object(shown),
        json!({
            "Name": "mr number of person ship the", "Sex": "male", "Age": 25.0, "Fare": 7.5,
            "Boarded": "2024-01-06",
        })
    );
}

#[test]
fn texts_beside_other_columns_are_counted() {
    let mut table = String::from("price,offer,rooms\n");
    for row in 0..40 {
        let (price, word) = if row % 2 == 0 { (100 + row, "lake") } else { (50 + row, "motorway") };
        table +=
            &format!("{price},a house of {row} corners that stands by the {word},{}\n", row % 5);
    }
    let (data, report) = of(&Options::default(), &[("p.csv", &table)]).unwrap();
    let uses: Vec<String> = uses(&report).into_iter().map(|(_, used)| used).collect();
    assert_eq!(uses, ["target", "input", "input"]);
    let spec = data.preprocessing().table.clone().unwrap();
    assert_eq!(spec.target.as_deref(), Some("price"));
    let names = report["table"]["features"].as_array().unwrap();
    assert_eq!(data.inputs()[0].shape(), [names.len()]);
    assert!(
        names.contains(&json!("offer: lake")) && !names.contains(&json!("offer: 7")),
        "{names:?}"
    );
    let encoder = TableEncoder::new(spec.clone()).unwrap();
    let row = json!({"offer": "a house of 0 corners that stands by the lake", "rooms": 0});
    let inputs = encoder.prepare(row.as_object().unwrap()).unwrap();
    assert_eq!(data.sample(0).unwrap(), Values::F32(inputs[0].clone()));
    // A column of texts that have no word in common is left out and says why.
    let keys: String = (0..60).map(|row| format!("{},key{row}of{row},{row}\n", row % 2)).collect();
    let mut options = Options::default();
    options.table.kinds.insert("key".into(), ColumnKind::Text);
    let (_, report) = of(&options, &[("k.csv", &format!("label,key,n\n{keys}"))]).unwrap();
    assert_eq!(report["table"]["columns"][1]["use"], "ignored");
    assert_eq!(report["table"]["columns"][1]["reason"], "it has no values to learn from");
    // Another table is answered by the same column, and need not have it.
    let options =
        Options { preprocessing: Some(data.preprocessing().clone()), ..Options::default() };
    let (more, _) = of(&options, &[("more.csv", "rooms,offer,price\n1,by the lake,7\n")]).unwrap();
    assert_eq!(more.target_kind(), data.target_kind());
    let (bare, _) = of(&options, &[("more.csv", "rooms,offer\n1,by the lake\n")]).unwrap();
    assert_eq!((bare.target_kind(), bare.preprocessing().table.as_ref()), (None, Some(&spec)));
}

#[test]
fn rows_and_files_belong_together_by_what_is_said() {
    let groups = |report: &serde_json::Value| report["groups"].clone();
    let visits = "patient,age,ill\nann,40,yes\nbob,50,no\nann,41,yes\n,30,no\nbob,51,\ncem,20,no\n";
    let by = |by: serde_json::Value| Options {
        group: Some(serde_json::from_value(by).unwrap()),
        target: Some("ill".into()),
        ..Options::default()
    };
    let (data, report) = of(&by(json!("patient")), &[("v.csv", visits)]).unwrap();
    // The row that says nothing to be answered is no sample, and who has no name is alone.
    assert_eq!(groups(&report), json!({"groups": 4, "of": [0, 1, 0, 2, 3]}));
    assert_eq!(data.inputs()[0].shape(), [1]);
    assert_eq!(report["table"]["columns"][0]["use"], "ignored");
    let files = [("a/1.csv", "age,ill\n1,yes\n2,no\n"), ("b/1.csv", "age,ill\n1,yes\n")];
    let (_, report) = of(&by(json!({"folder": 0})), &files).unwrap();
    assert_eq!(groups(&report), json!({"groups": 2, "of": [0, 0, 1]}));
    let (_, report) = of(&Options::default(), &files).unwrap();
    assert_eq!(groups(&report), json!(null));
    let error = of(&by(json!("doctor")), &[("v.csv", visits)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);

    // Texts, and what leaks from one part to another.
    let options = Options {
        group: Some(serde_json::from_value(json!({"namePart": 0})).unwrap()),
        ..Options::default()
    };
    let texts = [
        ("train/good/ann_1.txt", "a joy"),
        ("train/bad/bob_1.txt", "so long"),
        ("test/good/bob_2.txt", "my joy"),
    ];
    let (_, report) = of(&options, &texts).unwrap();
    assert_eq!(groups(&report), json!({"groups": 2, "of": [0, 0, 1]}));
    assert_eq!(report["leaks"], json!([{"sample": 0, "like": 1, "kind": "group"}]));
}

#[test]
fn options_choose_columns_target_and_task() {
    let text = passengers();
    let options = Options {
        target: Some("Fare".into()),
        columns: Some(vec!["Age".into(), "Sex".into()]),
        ..Options::default()
    };
    let (data, report) = of(&options, &[("p.csv", &text)]).unwrap();
    assert_eq!((data.class_names().len(), data.inputs()[0].shape()), (0, &[3][..]));
    assert_eq!(report["table"]["task"], "regression");
    let mut fares = vec![0.0; 2];
    data.values_into(&[2, 4], &mut fares).unwrap();
    assert_eq!(fares, [3.0, 6.0]);
    let options = Options {
        untargeted: true,
        ignore: vec!["Boarded".into(), "Sex".into(), "Name".into()],
        ..Options::default()
    };
    let (data, _) = of(&options, &[("p.csv", &text)]).unwrap();
    assert!(data.target_kind().is_none());
    assert_eq!(data.inputs()[0].shape(), [3]);
    let options = Options { task: Some(Task::Regression), ..Options::default() };
    let (data, _) = of(&options, &[("p.csv", &text)]).unwrap();
    assert!(data.labels().is_none());
    // Classes in the order of the names that are given.
    let names = Some(vec!["1".into(), "0".into()]);
    let options = Options { class_names: names, ..Options::default() };
    let (data, _) = of(&options, &[("p.csv", &text)]).unwrap();
    assert_eq!(data.labels().unwrap()[..4], [0, 1, 1, 0]);
    // A column is of the kind that is said.
    let mut options = Options::default();
    options.table.kinds.insert("Age".into(), ColumnKind::Category);
    let (_, report) = of(&options, &[("p.csv", &text)]).unwrap();
    assert_eq!(report["table"]["columns"][4]["kind"], "category");
}

#[test]
fn only_the_training_part_is_learnt_from() {
    let train = "a,b,label\n1,x,p\n2,y,q\n3,x,p\n,y,q\n";
    let test = "label,a,b\nq,100,z\np,2,x\n";
    let (data, report) =
        of(&Options::default(), &[("set/test.csv", test), ("set/train.csv", train)]).unwrap();
    // The files come in natural order, and the categories are those of the training part.
    assert_eq!(data.inputs()[0].shape(), [3]);
    assert_eq!(data.labels().unwrap(), [1, 0, 0, 1, 0, 1]);
    let features = |sample| match data.sample(sample).unwrap() {
        Values::F32(numbers) => numbers,
        Values::U8(_) => panic!("numbers"),
    };
    assert_eq!(features(0)[1..], [0.0, 0.0]);
    // The second row of the test part has the mean of the training part, as has the missing number.
    assert_eq!(features(1), [0.0, 1.0, 0.0]);
    assert_eq!(features(5), [0.0, 0.0, 1.0]);
    assert_eq!(report["classes"][0]["parts"], json!([2, 0, 1]));
    // A further table is encoded by what was learnt before.
    let options =
        Options { preprocessing: Some(data.preprocessing().clone()), ..Options::default() };
    let (more, _) = of(&options, &[("more.csv", "b,a,label\nx,2,p\nx,2,p\ny,3,q\n")]).unwrap();
    assert_eq!(more.sample(0).unwrap(), data.sample(1).unwrap());
    assert_eq!(more.preprocessing(), data.preprocessing());
    let (bare, _) = of(&options, &[("more.csv", "b,a\nx,2\ny,2\n")]).unwrap();
    assert_eq!(bare.sample(0).unwrap(), data.sample(1).unwrap());
}

#[test]
fn the_training_part_says_what_columns_are() {
    let mut train = String::from("text,label\n");
    for row in 0..60 {
        train += &format!("message number {row} of many about thing {},{}\n", row * 7, row % 2);
    }
    // By itself these would be five categories.
    let mut test = String::from("text,label\n");
    (0..20).for_each(|row| test += &format!("message {} about nothing,{}\n", row % 5, row % 2));
    let files = [("set/test.csv", &test[..]), ("set/train.csv", &train)];
    let (data, report) = of(&Options::default(), &files).unwrap();
    assert_eq!(report["table"]["columns"][0]["kind"], "text");
    assert_eq!(data.len(), 80);
    // The order is still that of the files.
    assert_eq!(data.labels().unwrap()[..4], [0, 1, 0, 1]);
    assert_eq!(report["classes"][0]["parts"], json!([30, 0, 10]));
}

#[test]
fn json_lines_gzip_and_parquet_are_tables() {
    let lines: String = (0..40)
        .map(|row| format!("{{\"at\":{{\"x\":{row}}},\"kind\":\"{}\"}}\n", ["a", "b"][row % 2]))
        .collect();
    let (data, report) = of(&Options::default(), &[("rows.jsonl", &lines)]).unwrap();
    assert_eq!((data.len(), data.class_names()), (40, &["a".to_owned(), "b".to_owned()][..]));
    assert_eq!(report["table"]["features"], json!(["at.x"]));
    let packed = crate::formats::gzip::pack(passengers().as_bytes());
    let (file, _) = import(&Options::default(), &[("p.csv.gz", packed)]).unwrap();
    assert_eq!(dataset(file).len(), 60);
    for file in crate::formats::FORMATS.iter().filter(|format| format.name == "Parquet") {
        for bytes in (file.examples)() {
            let options = Options { untargeted: true, ..Options::default() };
            let (file, summary) = import(&options, &[("t.parquet", bytes)]).unwrap();
            assert!(summary.samples > 0);
            assert_eq!(dataset(file).inputs()[0].shape(), summary.shape);
        }
    }
}

#[test]
fn bad_rows_and_tables_are_listed() {
    let text = "a,b,label\n1,2,x\n3,4\n5,many,x\n6,7,y\n8,9,\n1,1,y\n2,2,x\n".to_owned();
    let mut options = Options::default();
    options.table.kinds.insert("b".into(), ColumnKind::Number);
    let files = [("1.csv", text.as_str()), ("2.csv", "a,c\n1,2\n"), ("3.csv", "\u{7}")];
    let (data, report) = of(&options, &files).unwrap();
    assert_eq!(data.len(), 5);
    let table = &report["table"];
    assert_eq!((&table["rows"], &table["leftOutRows"]), (&json!(6), &json!(1)));
    assert_eq!(
        table["leftOut"],
        json!([{"file": "1.csv", "line": 3, "message": "found 2 fields, expected 3"}])
    );
    assert_eq!(table["unusableRows"], 1);
    assert_eq!(table["columns"][1]["firstUnfit"]["line"], 4);
    let names: Vec<_> =
        report["unreadable"].as_array().unwrap().iter().map(|file| &file["name"]).collect();
    assert_eq!(names, ["3.csv", "2.csv"]);
}

#[test]
fn what_cannot_be_is_said() {
    let text = passengers();
    let message = |options: &Options, text: &str| {
        let error = of(options, &[("p.csv", text)]).unwrap_err();
        (error.kind(), error.message().to_owned())
    };
    let options = Options { target: Some("fare".into()), ..Options::default() };
    let (kind, said) = message(&options, &text);
    assert_eq!(kind, ErrorKind::NotFound);
    assert!(
        said.starts_with("column \"fare\": the table has \"PassengerId\", \"Survived\""),
        "{said}"
    );
    let columns = Some(vec!["Age".into(), "Survived".into()]);
    let options = Options { target: Some("Age".into()), columns, ..Options::default() };
    assert_eq!(message(&options, &text).0, ErrorKind::Argument);
    let mut options = Options::default();
    options.table.kinds.insert("Wage".into(), ColumnKind::Number);
    let (kind, said) = message(&options, &text);
    assert_eq!(
        (kind, &said[..]),
        (ErrorKind::NotFound, "table: kinds names \"Wage\", which is no column")
    );
    let options =
        Options { task: Some(Task::Regression), target: Some("Sex".into()), ..Options::default() };
    assert_eq!(message(&options, &text).0, ErrorKind::Data);
    let options = Options {
        text: Some("Survived".into()),
        target: Some("Survived".into()),
        ..Options::default()
    };
    assert_eq!(message(&options, &text).0, ErrorKind::Argument);
    // Names that the classes do not have.
    let options = Options { class_names: Some(vec!["0".into()]), ..Options::default() };
    let (kind, said) = message(&options, &text);
    assert_eq!(kind, ErrorKind::Data);
    assert_eq!(said, "column \"Survived\": found \"1\", expected one of the class names 0");
    // No rows, only a header, and more columns than any table has.
    assert_eq!(message(&Options::default(), "a,label\n").0, ErrorKind::Data);
    let wide = "x,".repeat(1_000_000);
    let (kind, said) = message(&Options::default(), &format!("{wide}\n{wide}\n"));
    assert_eq!(kind, ErrorKind::Format);
    assert!(said.contains("has more than 16384 fields"), "{said}");
    let (kind, said) = message(&Options::default(), "id,label\n1,a\n2,b\n");
    assert_eq!(kind, ErrorKind::Data);
    assert!(said.contains("\"id\": it seems to number the rows"), "{said}");
}

#[test]
fn columns_without_values_are_left_out() {
    let (data, report) =
        of(&Options::default(), &[("t.csv", "a,b,label\n1,,x\n2,,y\n3,,x\n")]).unwrap();
    assert_eq!(data.inputs()[0].shape(), [1]);
    assert_eq!(report["table"]["columns"][1]["reason"], "it has no values to learn from");
    let columns = Some(vec!["a".into(), "b".into()]);
    let options = Options { columns, ..Options::default() };
    let error = of(&options, &[("t.csv", "a,b,label\n1,,x\n2,,y\n3,,x\n")]).unwrap_err();
    assert!(error.message().starts_with("column \"b\": all values are missing"), "{error}");
}
