//! ONNX files of PyTorch and Keras (`make_onnx.py`), and what hostile ones do.

use serde_json::Value;
use tabgrad::ErrorKind;
use tabgrad::interchange::Imported;
use tabgrad::interchange::files::{self, ModelFile};
use tabgrad::interchange::onnx::export::{self, ExportOptions};
use tabgrad::interchange::onnx::import;
use tabgrad::model::Model;

use crate::case;

/// The files with their names.
fn cases() -> impl Iterator<Item = (String, Vec<u8>)> {
    case::names("onnx", ".onnx").into_iter().map(|name| {
        let bytes = case::read(&format!("onnx/{name}.onnx"));
        (name, bytes)
    })
}

/// The file of numbers beside a file, where it has one.
fn beside(name: &str) -> Option<(String, Vec<u8>)> {
    let file = format!("{name}.onnx.data");
    let is_there = case::names("onnx", ".onnx.data").iter().any(|own| own == name);
    is_there.then(|| (file.clone(), case::read(&format!("onnx/{file}"))))
}

/// The model of a file, and what is expected of it.
fn imported(name: &str, bytes: &[u8]) -> (Imported, Value) {
    let case = case::case(&format!("onnx/{name}.json"));
    let beside = beside(name);
    let beside: Vec<_> = beside.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
    let imported = import::read_with(bytes, &beside, &case::open_shapes(&case));
    (imported.unwrap_or_else(|error| panic!("{name}: {error}")), case)
}

#[test]
fn imported_models_compute_what_the_files_do() {
    for (name, bytes) in cases() {
        let (mut imported, case) = imported(&name, &bytes);
        case::compare(&name, &mut imported.model, &case);
    }
}

/// What was read is written as ONNX and read again.
#[test]
fn models_compute_the_same_behind_a_file_of_ours() {
    for (name, bytes) in cases() {
        let (imported, case) = imported(&name, &bytes);
        let file = export::write(&imported.model, &imported.info, &ExportOptions::default());
        let file = file.unwrap_or_else(|error| panic!("{name}: {error}"));
        let again =
            import::read(&file, &[]).unwrap_or_else(|error| panic!("{name}, again: {error}"));
        assert_eq!(again.info.class_names, imported.info.class_names, "{name}");
        let mut model = again.model;
        case::compare(&format!("{name}, again"), &mut model, &case);
    }
}

#[test]
fn names_of_classes_come_along() {
    let imported = import::read(&case::read("onnx/torch_cnn_old.onnx"), &[]).expect("a model");
    assert_eq!(imported.info.class_names, ["cat", "dog", "fox"]);
}

/// Reads what may be anything; a model that comes out of it is one that can be asked.
fn ask(bytes: &[u8]) {
    let Ok(imported) = import::read(bytes, &[]) else { return };
    let mut model = imported.model;
    let nodes = model.graph().nodes().iter();
    let values: usize = nodes.map(|node| node.shape.iter().product::<usize>()).sum();
    // A large model is no fault.
    if values < 1 << 18 && model.graph().multiply_adds() < 1 << 22 {
        predict(&mut model);
    }
}

fn predict(model: &mut Model) {
    let zeros = model.graph().inputs().iter().map(|input| {
        let shape = [&[1], &input.shape[..]].concat();
        ndarray::ArrayD::<f32>::zeros(shape)
    });
    let zeros: Vec<_> = zeros.collect();
    let views: Vec<_> = zeros.iter().map(|zeros| zeros.view()).collect();
    let _ = model.predict(&views);
}

#[test]
fn files_that_end_early_are_refused() {
    for (name, bytes) in cases() {
        for part in 0..40 {
            ask(&bytes[..bytes.len() * part / 40]);
        }
        assert!(import::read(&bytes[..bytes.len() - 1], &[]).is_err(), "{name}");
    }
}

#[test]
fn numbers_lie_in_a_file_beside_the_model() {
    let name = "torch_external_new";
    let bytes = case::read(&format!("onnx/{name}.onnx"));
    let (data_name, data) = beside(name).expect("a file of numbers");
    let files = [
        // As JSON begins.
        ModelFile { name: "other.data", bytes: b"{" },
        ModelFile { name: &data_name, bytes: &data },
        ModelFile { name: "model.onnx", bytes: &bytes },
    ];
    let mut model = files::read(&files, &[]).expect("a model").model;
    case::compare(name, &mut model, &case::case(&format!("onnx/{name}.json")));
    let error = files::read(&files[2..], &[]).expect_err("the file is missing");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(error.message().contains("\"torch_external_new.onnx.data\", expected"), "{error}");
    for end in 0..data.len() {
        let error = import::read_with(&bytes, &[(&data_name, &data[..end])], &[]);
        assert_eq!(error.expect_err("it is cut").kind(), ErrorKind::Format);
    }
    case::damage(&bytes, |bytes| drop(import::read_with(bytes, &[(&data_name, &data)], &[])));
}

#[test]
fn damaged_files_do_not_panic() {
    for (_, bytes) in cases() {
        case::damage(&bytes, ask);
    }
}
