//! Models with several inputs and outputs, by their names; and what a model loses by other weights.

mod common;

use std::fs;
use std::io::Write;

use common::{Folder, digits, project, text};
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// An array as NumPy writes it.
fn npy(kind: &str, shape: &[usize], values: &[u8]) -> Vec<u8> {
    let sizes: String = shape.iter().map(|size| format!("{size},")).collect();
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sizes}), }}");
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    let length = (header.len() + 1 + 10).next_multiple_of(64) - 10;
    file.extend((length as u16).to_le_bytes());
    file.extend(format!("{header:<width$}\n", width = length - 1).bytes());
    file.extend(values);
    file
}

fn npz(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, array) in arrays {
        archive.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
        archive.write_all(array).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// What Keras was asked and answered: two inputs, two outputs.
struct Two {
    case: Value,
}

impl Two {
    fn new() -> Self {
        let case = fs::read(project("tests/interchange/keras/two.json")).unwrap();
        Self { case: serde_json::from_slice(&case).unwrap() }
    }

    fn values(&self, key: &str, at: usize) -> Vec<f64> {
        let values = self.case[key][at]["values"].as_array().unwrap().iter();
        values.map(|value| value.as_f64().unwrap()).collect()
    }

    fn array(&self, key: &str, at: usize, samples: usize) -> Vec<u8> {
        let values = self.values(key, at);
        let width = values.len() / 3;
        let bytes = values[..samples * width].iter().flat_map(|v| (*v as f32).to_le_bytes());
        npy("<f4", &[samples, width], &bytes.collect::<Vec<_>>())
    }

    /// The rows of a table, with the numbers of these.
    fn table(&self, parts: &[(&str, &str, usize)]) -> String {
        let mut lines = vec![Vec::new(); 4];
        for (name, key, at) in parts {
            let values = self.values(key, *at);
            let width = values.len() / 3;
            lines[0].extend((0..width).map(|column| format!("{name}_{column}")));
            for (line, row) in lines[1..].iter_mut().zip(values.chunks(width)) {
                line.extend(row.iter().map(f64::to_string));
            }
        }
        lines.iter().map(|line| line.join(",") + "\n").collect()
    }
}

/// The numbers of the rows.
fn numbers(csv: &str) -> Vec<Vec<f64>> {
    let rows = csv.lines().skip(1).map(|row| {
        let cells: Vec<&str> = row.split(',').collect();
        cells[1..cells.len() - 1].iter().map(|cell| cell.parse().unwrap()).collect()
    });
    rows.collect()
}

const INPUTS: [(&str, &str, usize); 2] = [("first", "inputs", 0), ("second", "inputs", 1)];

fn with_two() -> (Folder, Two, String) {
    let (folder, two) = (Folder::new(), Two::new());
    let model = project("tests/interchange/keras/two.keras");
    folder.good(&["convert", text(&model), "two.safetensors"]);
    let seen = folder.good(&["inspect", "two.safetensors", "--json"]);
    let seen: Value = serde_json::from_str(&seen).unwrap();
    assert_eq!(seen["outputs"][0], "one");
    let second = seen["outputs"][1].as_str().unwrap().to_owned();
    (folder, two, second)
}

#[test]
fn inputs_and_outputs_go_by_their_names() {
    let (folder, two, second) = with_two();
    let arrays = INPUTS.map(|(name, key, at)| (name, two.array(key, at, 3)));
    // Their order in the file says nothing.
    folder.write("ask.npz", npz(&[arrays[1].clone(), arrays[0].clone()]));
    folder.write("ask.csv", two.table(&INPUTS));
    let csv = folder.good(&["predict", "two.safetensors", "ask.npz"]);
    let columns = (0..5).map(|column| format!("{second}_{column},")).collect::<String>();
    assert_eq!(csv.lines().next().unwrap(), format!("input,one_0,one_1,{columns}error"));
    assert!(csv.lines().nth(2).unwrap().starts_with("ask.npz#2,"), "{csv}");
    let (one, other) = (two.values("outputs", 0), two.values("outputs", 1));
    for (row, expected) in numbers(&csv).iter().zip(one.chunks(2).zip(other.chunks(5))) {
        let expected = [expected.0, expected.1].concat();
        assert!(
            row.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5),
            "{row:?} {expected:?}"
        );
    }
    let of_table = folder.good(&["predict", "two.safetensors", "ask.csv", "--threads", "2"]);
    assert_eq!(of_table.replace("ask.csv#", "ask.npz#"), csv);

    let rows = folder.good(&["predict", "two.safetensors", "ask.npz", "--format", "jsonl"]);
    let row: Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    assert_eq!(row["one"].as_array().unwrap().len(), 2);
    assert_eq!(row[&second].as_array().unwrap().len(), 5);

    folder.good(&["convert", "two.safetensors", "two.onnx"]);
    let of_onnx = folder.good(&["predict", "two.onnx", "ask.npz"]);
    assert_eq!(of_onnx.lines().next(), csv.lines().next());
    for (row, expected) in numbers(&of_onnx).iter().zip(numbers(&csv)) {
        assert!(
            row.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5),
            "{row:?} {expected:?}"
        );
    }
}

#[test]
fn every_output_is_measured() {
    let (folder, two, second) = with_two();
    let answers = [("one", "outputs", 0), (second.as_str(), "outputs", 1)];
    let parts = [INPUTS, answers].concat();
    let arrays: Vec<_> =
        parts.iter().map(|(name, key, at)| (*name, two.array(key, *at, 3))).collect();
    folder.write("known.npz", npz(&arrays));
    folder.write("known.csv", two.table(&parts));
    for file in ["known.npz", "known.csv"] {
        let told = folder.good(&["evaluate", "two.safetensors", file, "--json"]);
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["samples"], 3);
        assert!(told["logs"]["loss"].as_f64().unwrap() < 1e-9, "{told}");
        for output in ["one", &second] {
            let metric = told["logs"][format!("{output}MeanAbsoluteError")].as_f64();
            assert!(metric.unwrap() < 1e-5, "{told}");
            assert_eq!(told["measured"]["loss"][output]["type"], "meanSquaredError", "{told}");
        }
    }
    // Answers of one output are enough, and are wrong if they are those of another.
    let zeros = npy("<f4", &[3, 2], &[0; 24]);
    folder.write("part.npz", npz(&[arrays[0].clone(), arrays[1].clone(), ("one", zeros)]));
    let told = folder.good(&["evaluate", "two.safetensors", "part.npz", "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    let one = two.values("outputs", 0);
    let expected = one.iter().map(|v| v * v).sum::<f64>() / one.len() as f64;
    assert!((told["logs"]["loss"].as_f64().unwrap() - expected).abs() < 1e-5, "{told}");
}

#[test]
fn what_has_not_all_inputs_is_refused() {
    let (folder, two, _) = with_two();
    let [first, second] = INPUTS.map(|(name, key, at)| (name, two.array(key, at, 3)));
    folder.write("one.npz", npz(std::slice::from_ref(&first)));
    folder.write("fewer.npz", npz(&[first.clone(), ("second", two.array("inputs", 1, 2))]));
    folder.write("shape.npz", npz(&[first, ("second", npy("<f4", &[3, 2], &[0; 24]))]));
    folder.write("one.csv", "first_0,first_1\n1,2\n");
    folder.write("image.bmp", common::picture(8, 1, 2, 3));
    drop(second);
    for (file, words) in [
        ("one.npz", "NPZ: found no array \"second\", but first"),
        ("fewer.npz", "found 2 samples of \"second\", expected 3 as of \"first\""),
        ("shape.npz", "\"second\": found samples of shape [2], expected [4]"),
        ("one.csv", "first_2"),
        ("image.bmp", "expected an NPZ file with the arrays first, second"),
    ] {
        let ran = folder.run(&["predict", "two.safetensors", file]);
        assert_eq!(ran.code, 3, "{file}: {}", ran.errors);
        assert!(ran.out.replace("\"\"", "\"").contains(words), "{file}: {}", ran.out);
    }
    let evaluate = ["evaluate", "two.safetensors"];
    for (file, words) in [
        ("one.npz", "one.npz: NPZ: found no array \"second\""),
        ("one.csv", "one.csv: found no column \"first_2\", the table has first_0, first_1"),
        ("image.bmp", "expected an NPZ file with the arrays first, second"),
        (".", "expected an NPZ file with the arrays first, second"),
    ] {
        folder.bad(1, &[&evaluate[..], &[file]].concat(), words);
    }
}

/// The images and labels of a folder as NumPy's arrays by the names of the model.
#[test]
fn classes_of_an_npz_file_are_measured() {
    let folder = Folder::with_mnist();
    let model = digits();
    let images = fs::read(folder.path("mnist/images.idx3")).unwrap();
    let labels = fs::read(folder.path("mnist/labels.idx1")).unwrap();
    let arrays = [
        ("image", npy("|u1", &[640, 28, 28], &images[16..])),
        ("dense", npy("|u1", &[640], &labels[8..])),
    ];
    folder.write("digits.npz", npz(&arrays));
    let of_files = folder.good(&["evaluate", text(&model), "mnist"]);
    assert_eq!(folder.good(&["evaluate", text(&model), "digits.npz"]), of_files);
    let asked = folder.good(&["predict", text(&model), "digits.npz"]);
    let expected = folder.good(&["predict", text(&model), "mnist/images.idx3"]);
    assert_eq!(asked.replace("digits.npz#", "mnist/images.idx3#"), expected);
    folder.bad(
        2,
        &["evaluate", text(&model), "digits.npz", "--part", "test"],
        "expected no --part",
    );
}

#[test]
fn answers_that_are_no_probabilities_are_measured_too() {
    let folder = Folder::with_mnist();
    let mut file = fs::read(project("cli/tests/known/trained.safetensors")).unwrap();
    let softmax = br#"softmax\""#;
    let at = file.windows(softmax.len()).position(|part| part == softmax).unwrap();
    file[at..at + softmax.len()].copy_from_slice(br#"linear\" "#);
    folder.write("logits.safetensors", file);
    // What it was trained by stays behind.
    folder.good(&["convert", "logits.safetensors", "logits.onnx"]);
    let trained = project("cli/tests/known/trained.safetensors");
    let measured = |model: &str| -> Value {
        let told = folder.good(&["evaluate", model, "mnist", "--json"]);
        serde_json::from_str(&told).unwrap()
    };
    let (found, expected) = (measured("logits.onnx"), measured(text(&trained)));
    assert_eq!(found["logs"]["accuracy"], expected["logs"]["accuracy"]);
    let loss = |of: &Value| of["logs"]["loss"].as_f64().unwrap();
    assert!((loss(&found) - loss(&expected)).abs() < 1e-5, "{found}");
    let convert = ["convert", "logits.onnx", "l.onnx", "--weights", "int8"];
    let told = folder.good(&[&convert[..], &["--data", "mnist"]].concat());
    assert!(told.contains(" are right, "), "{told}");
    let untold = folder.run(&convert);
    assert!(untold.code == 0 && untold.errors.contains("--data says it"), "{}", untold.errors);
}

#[test]
fn what_is_lost_by_other_weights_is_told() {
    let folder = Folder::with_mnist();
    let trained = project("cli/tests/known/trained.safetensors");
    let convert = ["convert", text(&trained), "small.onnx"];
    let told = folder.good(&[&convert[..], &["--weights", "int8", "--data", "mnist"]].concat());
    let classes = |model: &str| -> Vec<String> {
        let rows = folder.good(&["predict", model, "mnist/images.idx3", "--top", "1"]);
        rows.lines().skip(1).map(|row| row.split(',').nth(1).unwrap().to_owned()).collect()
    };
    let labels = fs::read(folder.path("mnist/labels.idx1")).unwrap();
    let right = |classes: &[String]| {
        let right = classes.iter().zip(&labels[8..]).filter(|(a, b)| **a == b.to_string()).count();
        format!("{:.2}%", right as f64 / 6.4)
    };
    let (before, after) = (classes(text(&trained)), classes("small.onnx"));
    let differ = before.iter().zip(&after).filter(|(a, b)| a != b).count();
    let expected = format!(
        "{} in place of {} are right, {differ} of 640 answers differ\n",
        right(&after),
        right(&before)
    );
    assert_eq!(told, expected);
    let size = |name: &str| fs::metadata(folder.path(name)).unwrap().len();
    let int8 = size("small.onnx");
    assert_eq!(folder.good(&[&convert[..], &["--weights", "f32"]].concat()), "");
    assert!(int8 * 2 < size("small.onnx"), "{int8}");
    folder.bad(1, &[&convert[..], &["--weights", "f16", "--data", "gone"]].concat(), "gone: there");
    let to_own = ["convert", text(&trained), "small.safetensors", "--weights", "int8"];
    folder.bad(2, &to_own, "--weights: only ONNX files have other weights");
    assert!(!folder.path("small.safetensors").exists());
    let alone = folder.run(&[&convert[..], &["--data", "mnist"]].concat());
    assert_eq!(alone.code, 2);
    assert!(alone.errors.contains("--weights"), "{}", alone.errors);

    // Of models that do not choose, loss and metrics are told.
    let (two, known, second) = with_two();
    let answers = [("one", "outputs", 0), (second.as_str(), "outputs", 1)];
    two.write("known.csv", known.table(&[INPUTS, answers].concat()));
    let convert = ["convert", "two.safetensors", "two.onnx", "--weights", "int8", "--data"];
    let told = two.good(&[&convert[..], &["known.csv"]].concat());
    assert!(
        told.contains("loss 0.0") && told.ends_with(" in place of 0.000000, on 3 samples\n"),
        "{told}"
    );
    assert!(!told.contains("NaN") && json!(told) != json!(""), "{told}");
}
