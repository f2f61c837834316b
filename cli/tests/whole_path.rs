//! From files to a model, and from the model to answers.

mod common;

use std::fs;

use common::{Folder, digits, project, small, text};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_model_is_trained_measured_asked_and_looked_at() {
    let folder = Folder::with_mnist();
    let spec = small();
    let train = ["train", "--spec", text(&spec), "mnist", "-o", "m.safetensors"];
    let ran = folder.run(&[&train[..], &["--validation", "0.1", "--epochs", "6"]].concat());
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.errors);
    assert!(ran.errors.contains("epoch 6 of 6: loss 0."), "{}", ran.errors);
    assert!(ran.errors.contains("valAccuracy 0."), "{}", ran.errors);
    assert!(!folder.path("m.safetensors.checkpoint").exists());

    let measured = json(&folder.good(&["evaluate", "m.safetensors", "mnist", "--json"]));
    let accuracy = measured["logs"]["accuracy"].as_f64().unwrap();
    assert!(accuracy > 0.75, "{accuracy}");
    assert_eq!(measured["samples"], 640);
    let confusion = measured["confusion"].as_array().unwrap().iter();
    let counts = confusion.flat_map(|row| row.as_array().unwrap().iter().map(Value::as_u64));
    assert_eq!(counts.map(Option::unwrap).sum::<u64>(), 640);
    let told = folder.good(&["evaluate", "m.safetensors", "mnist"]);
    assert!(told.starts_with("640 samples\nloss 0."), "{told}");
    assert!(told.contains("is, down; was taken for, across"), "{told}");

    let rows = folder.good(&["predict", "m.safetensors", "mnist/images.idx3", "--top", "1"]);
    assert_eq!(rows.lines().count(), 641);
    assert_eq!(rows.lines().next(), Some("input,class,probability,error"));
    let labels = fs::read(folder.path("mnist/labels.idx1")).unwrap();
    let is_right = |(row, label): &(&str, &u8)| row.split(',').nth(1) == Some(&label.to_string());
    let right = rows.lines().skip(1).zip(&labels[8..]).filter(is_right).count();
    assert_eq!(right as f64 / 640.0, accuracy);

    let seen = json(&folder.good(&["inspect", "m.safetensors", "--json"]));
    assert_eq!(seen["name"], "Small");
    assert_eq!((&seen["parameters"], &seen["multiplyAdds"]), (&5874.into(), &20160.into()));
    assert_eq!(seen["history"]["valLoss"].as_array().unwrap().len(), 6);
    assert_eq!(seen["compiled"]["optimizer"]["type"], "adam");
    let told = folder.good(&["inspect", "m.safetensors"]);
    assert!(told.contains("conv2d   conv2d   12 x 12 x 4         104         14,400\n"), "{told}");
    assert!(told.contains("10 classes: 0, 1, 2"), "{told}");
}

#[test]
fn training_gives_the_bytes_that_the_package_gives_in_node() {
    let folder = Folder::with_mnist();
    let spec = small();
    let train = ["train", "--spec", text(&spec), "mnist", "--validation", "0.1", "-q", "-o"];
    let known = fs::read(project("cli/tests/known/trained.safetensors")).unwrap();
    for threads in ["1", "2", "3"] {
        folder.good(&[&train[..], &["m.safetensors", "--threads", threads]].concat());
        let found = fs::read(folder.path("m.safetensors")).unwrap();
        assert!(found == known, "{threads} threads");
    }
}

#[test]
fn predictions_have_the_bits_that_the_package_gives_in_node() {
    let folder = Folder::with_mnist();
    let known = fs::read_to_string(project("cli/tests/known/digits.txt")).unwrap();
    for threads in ["1", "3"] {
        let model = digits();
        let ask = ["predict", text(&model), "mnist/images.idx3", "--format", "jsonl"];
        let rows = folder.good(&[&ask[..], &["--top", "10", "--threads", threads]].concat());
        for (row, known) in rows.lines().zip(known.lines()) {
            let row = json(row);
            let mut bits = vec![String::new(); 10];
            for class in row["classes"].as_array().unwrap() {
                let label: usize = class["label"].as_str().unwrap().parse().unwrap();
                let probability = class["probability"].as_f64().unwrap() as f32;
                bits[label] = format!("{:08x}", probability.to_bits());
            }
            assert_eq!(bits.join(" "), known);
        }
    }
}

#[test]
fn a_model_learns_on_and_is_converted() {
    let folder = Folder::with_mnist();
    let trained = project("cli/tests/known/trained.safetensors");
    let train = ["train", "--model", text(&trained), "mnist", "-q", "-o", "on.safetensors"];
    folder.good(&[&train[..], &["--learning-rate", "0.001", "--batch-size", "64"]].concat());
    let seen = json(&folder.good(&["inspect", "on.safetensors", "--json"]));
    assert_eq!(seen["history"]["loss"].as_array().unwrap().len(), 4);
    assert_eq!(seen["history"]["valLoss"].as_array().unwrap().len(), 3);
    assert_eq!(seen["compiled"]["optimizer"]["learningRate"]["learningRate"], 0.001);

    folder.good(&["convert", text(&trained), "copy.safetensors"]);
    assert_eq!(fs::read(folder.path("copy.safetensors")).unwrap(), fs::read(trained).unwrap());
}

#[test]
fn models_of_other_systems_are_read_and_written() {
    let folder = Folder::with_mnist();
    let model = digits();
    folder.good(&["convert", text(&model), "digits.onnx"]);
    let answers = |model: &str| {
        let rows = folder.good(&["predict", model, "mnist/images.idx3", "--top", "1"]);
        rows.lines().map(|row| row.split(',').nth(1).map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(answers("digits.onnx"), answers(text(&model)));
    folder.good(&["convert", text(&model), "weights.npz"]);
    assert!(fs::read(folder.path("weights.npz")).unwrap().starts_with(b"PK"));
    folder.bad(1, &["inspect", "weights.npz"], "expected .safetensors");
    for file in [
        "keras/cnn.keras",
        "tfjs/cnn/model.json",
        "onnx/torch_resnet_old.onnx",
        "onnx/torch_external_new.onnx",
    ] {
        let path = project(&format!("tests/interchange/{file}"));
        let seen = json(&folder.good(&["inspect", text(&path), "--json"]));
        assert!(seen["parameters"].as_u64().unwrap() > 100, "{file}");
    }
}

#[test]
fn sizes_that_a_file_leaves_open_are_given() {
    let folder = Folder::new();
    let cnn = project("tests/interchange/tfjs/cnn");
    for entry in fs::read_dir(&cnn).unwrap() {
        let path = entry.unwrap().path();
        folder.write(
            &format!("cnn/{}", path.file_name().unwrap().display()),
            fs::read(&path).unwrap(),
        );
    }
    let mut network = json(&fs::read_to_string(cnn.join("model.json")).unwrap());
    let layers = "/modelTopology/config/layers/0/config/batch_input_shape";
    let shape = network.pointer_mut(layers).unwrap();
    let sizes: Vec<String> = shape.as_array().unwrap()[1..].iter().map(Value::to_string).collect();
    shape[1] = Value::Null;
    shape[2] = Value::Null;
    folder.write("cnn/model.json", network.to_string());
    folder.bad(1, &["inspect", "cnn/model.json"], "`tabgrad convert` takes them as --input-shape");
    let convert = ["convert", "cnn/model.json", "cnn.safetensors", "--input-shape"];
    let none = folder.run(&[&convert[..], &["8x0x3"]].concat());
    assert!(none.code == 2 && none.errors.contains("expected whole numbers from 1 on"));
    folder.bad(1, &[&convert[..], &["8x8"]].concat(), "expected one that fits [?, ?, ");
    folder.good(&[&convert[..], &[&*sizes.join("x")]].concat());
    let own = ["convert", "cnn.safetensors", "cnn.onnx", "--input-shape", "8x8x3"];
    folder.bad(2, &own, "expected a model of another system");
    let whole = json(&folder.good(&["inspect", text(&cnn.join("model.json")), "--json"]));
    let given = json(&folder.good(&["inspect", "cnn.safetensors", "--json"]));
    assert_eq!(whole["parameters"], given["parameters"]);
}

#[test]
fn pixels_are_those_that_were_said() {
    let folder = Folder::new();
    let steps = r#"{"numeric": [{"type": "scale", "factor": 1.0}]}"#;
    let model = digits();
    let convert = ["convert", text(&model), "bytes.onnx", "--preprocessing"];
    folder.good(&[&convert[..], &[steps]].concat());
    let about = json(&folder.good(&["inspect", "bytes.onnx", "--json"]));
    let expected = json(r#"[{"type": "scale", "factor": 1.0}]"#);
    assert_eq!(about["preprocessing"]["numeric"], expected);
    let steps = r#"{"numeric": [{"type": "normalize", "mean": [1], "std": []}]}"#;
    folder.bad(1, &[&convert[..], &[steps]].concat(), "normalize: found 1 of mean and 0 of std");
    folder.bad(
        1,
        &[&convert[..], &[r#"{"pixels": 1}"#]].concat(),
        "--preprocessing: unknown field",
    );
}
