//! What layers do with each other: masks, shared weights, orders of axes, preprocessing.

use serde_json::{Value, json};

use super::models::{Case, chain, net};
use crate::ErrorKind;
use crate::data::preprocessing::{NumericStep, Scale};
use crate::interchange::files::{self, ModelFile};
use crate::interchange::onnx::export::{ExportOptions, write};
use crate::layers::{MergeMode, RecurrentActivation};
use crate::model::Model;

pub fn cases() -> Vec<Case> {
    let mut cases = vec![shared(), several(), orders(), outputs(), masked_steps(), each_step()];
    for kind in ["simpleRnn", "lstm", "gru"] {
        cases.push(with_states(kind));
        cases.extend(MergeMode::NAMES.iter().map(|mode| both_directions(kind, mode)));
        cases.extend(RecurrentActivation::NAMES.iter().map(|name| activated(kind, name)));
    }
    cases.extend(with_preprocessing());
    cases
}

fn words(dim: usize) -> Value {
    json!({ "type": "embedding", "inputDim": 4, "outputDim": dim, "maskZero": true })
}

/// Padded ids; every step says which is the next.
pub fn language_model(kind: &str) -> Case {
    let layers = json!([
        words(6),
        { "type": kind, "units": 8, "returnSequences": true },
        { "type": "timeDistributed",
          "layer": { "type": "dense", "units": 12, "activation": "softmax" } },
    ]);
    chain(&format!("language-{kind}-mask"), &[10], layers)
}

/// Both directions over padded ids, then backwards, then both again.
fn both_directions(kind: &str, mode: &str) -> Case {
    let layers = json!([
        words(5),
        { "type": "bidirectional", "mergeMode": mode,
          "layer": { "type": kind, "units": 4, "returnSequences": true } },
        { "type": kind, "units": 3, "returnSequences": true, "goBackwards": true },
        { "type": "bidirectional", "mergeMode": mode, "layer": { "type": kind, "units": 4 } },
    ]);
    chain(&format!("bidirectional-{mode}-{kind}-mask"), &[7], layers)
}

fn activated(kind: &str, name: &str) -> Case {
    let mut layer = json!({ "type": kind, "units": 4, "activation": name });
    if kind != "simpleRnn" {
        layer["recurrentActivation"] = "hardSigmoid".into();
    }
    let both = json!({ "type": "bidirectional", "layer": layer });
    let nodes = [("one", &["x"][..], layer.clone()), ("both", &["x"], both)];
    net(&format!("{kind}-{name}"), &[("x", &[5, 3])], &nodes, &["one", "both"])
}

/// Initial states, with a mask.
fn with_states(kind: &str) -> Case {
    let taken: &[&str] = if kind == "lstm" { &["words", "h", "c"] } else { &["words", "h"] };
    let mut inputs: Vec<(&str, &[usize])> = vec![("ids", &[6])];
    inputs.extend(taken[1..].iter().map(|name| (*name, &[4][..])));
    let nodes = [
        ("words", &["ids"][..], words(3)),
        ("last", taken, json!({ "type": kind, "units": 4 })),
        ("all", taken, json!({ "type": kind, "units": 4, "returnSequences": true })),
        ("back", taken, json!({ "type": kind, "units": 4, "goBackwards": true })),
    ];
    net(&format!("states-{kind}-mask"), &inputs, &nodes, &["last", "all", "back"])
}

fn masked_steps() -> Case {
    let nodes = [
        ("masking", &["steps"][..], json!({ "type": "masking" })),
        ("flip", &["masking"], json!({ "type": "flip", "axis": 1 })),
        ("both", &["masking", "flip"], json!({ "type": "add" })),
        ("gru", &["both"], json!({ "type": "gru", "units": 3, "returnSequences": true })),
        ("mean", &["gru"], json!({ "type": "globalAveragePooling1d" })),
        ("most", &["gru"], json!({ "type": "globalMaxPooling1d" })),
    ];
    net("masking-mask", &[("steps", &[6, 1])], &nodes, &["mean", "most", "flip"])
}

/// Layers of several kinds at every step.
fn each_step() -> Case {
    let each = |layer: Value| json!({ "type": "timeDistributed", "layer": layer });
    let nodes = [
        ("words", &["ids"][..], each(words(3))),
        ("norm", &["words"], each(json!({ "type": "batchNormalization" }))),
        ("conv", &["norm"], each(json!({ "type": "conv1d", "filters": 4, "kernelSize": 2 }))),
        ("inner", &["conv"], each(each(json!({ "type": "dense", "units": 2 })))),
        ("gru", &["inner"], each(json!({ "type": "gru", "units": 3 }))),
        ("dropped", &["gru"], each(json!({ "type": "dropout", "rate": 0.5 }))),
    ];
    net("each-step", &[("ids", &[3, 5])], &nodes, &["dropped", "conv"])
}

/// A convolution twice, with one kernel.
pub fn shared() -> Case {
    let conv = |padding: &str| json!({ "type": "conv2d", "filters": 4, "kernelSize": 3, "padding": padding });
    let pool = || json!({ "type": "globalAveragePooling2d" });
    let nodes = [
        ("conv", &["left"][..], conv("valid")),
        ("again", &["right"], conv("same")),
        ("pool", &["conv"], pool()),
        ("pool_again", &["again"], pool()),
        ("difference", &["pool", "pool_again"], json!({ "type": "subtract" })),
    ];
    let inputs: [(&str, &[usize]); 2] = [("left", &[6, 6, 2]), ("right", &[6, 6, 2])];
    let case = net("shared", &inputs, &nodes, &["difference"]);
    let mut spec = case.model.spec().clone();
    spec.nodes[1].weights_of = Some("conv".into());
    Case { model: Model::new(spec).expect("a model"), ..case }
}

/// Several inputs and outputs, some of them in the middle, with channels first.
fn several() -> Case {
    let nodes = [
        ("conv", &["image"][..], json!({ "type": "conv2d", "filters": 3, "kernelSize": 3 })),
        ("scaled", &["conv", "numbers"], json!({ "type": "multiply" })),
        ("permuted", &["conv"], json!({ "type": "permute", "dims": [3, 1, 2] })),
        ("softmax", &["conv"], json!({ "type": "softmax", "axis": [1, 2] })),
        ("norm", &["conv"], json!({ "type": "layerNormalization", "axis": [1] })),
        ("flat", &["scaled"], json!({ "type": "flatten" })),
    ];
    let inputs: [(&str, &[usize]); 2] = [("image", &[6, 6, 3]), ("numbers", &[3])];
    net("several", &inputs, &nodes, &["flat", "conv", "permuted", "softmax", "norm"])
}

/// What works in either order, behind a convolution.
fn orders() -> Case {
    let nodes = [
        ("conv", &["image"][..], json!({ "type": "conv2d", "filters": 3, "kernelSize": 2 })),
        ("rows", &["row"], json!({ "type": "reshape", "targetShape": [5, 3] })),
        ("add", &["rows", "conv"], json!({ "type": "add" })),
        ("flip", &["add"], json!({ "type": "flip", "axis": [1, -1] })),
        ("join", &["flip", "conv"], json!({ "type": "concatenate", "axis": 2 })),
        ("prelu", &["join"], json!({ "type": "prelu" })),
        ("softmax", &["prelu"], json!({ "type": "softmax", "axis": -1 })),
        ("pad", &["softmax"], json!({ "type": "zeroPadding2d", "padding": [[1, 2], [0, 3]] })),
        ("crop", &["pad"], json!({ "type": "cropping2d", "cropping": [[0, 2], [1, 1]] })),
        ("scale", &["crop"], json!({ "type": "rescaling", "scale": 2.0, "offset": 1.0 })),
        ("dense", &["scale"], json!({ "type": "dense", "units": 2, "activation": "logSoftmax" })),
    ];
    let inputs: [(&str, &[usize]); 2] = [("image", &[6, 6, 2]), ("row", &[15])];
    net("orders", &inputs, &nodes, &["dense", "flip", "softmax"])
}

/// Outputs that are inputs, and the same value under two names.
fn outputs() -> Case {
    let nodes = [
        ("dense", &["x"][..], json!({ "type": "dense", "units": 3 })),
        ("dropout", &["dense"], json!({ "type": "dropout", "rate": 0.5 })),
        ("same", &["x"], json!({ "type": "activation", "activation": "linear" })),
        ("conv", &["image"], json!({ "type": "conv2d", "filters": 3, "kernelSize": 2 })),
        ("alike", &["conv"], json!({ "type": "gaussianNoise", "stddev": 0.5 })),
    ];
    let inputs: [(&str, &[usize]); 2] = [("x", &[4]), ("image", &[3, 3, 2])];
    let outputs = ["dropout", "dense", "same", "x", "alike", "conv"];
    net("outputs", &inputs, &nodes, &outputs)
}

#[test]
fn what_is_a_part_of_the_network_is_not_done_before_it_as_well() {
    for case in with_preprocessing().iter().filter(|case| case.picture.is_some_and(|of| of[2] == 3))
    {
        let bytes = write(&case.model, &case.info, &case.options).expect("a file");
        let file = ModelFile { name: "written.onnx", bytes: &bytes };
        match files::read(&[file], &[]) {
            Ok(read) => {
                let as_they_are = [NumericStep::Scale(Scale { factor: 1.0 })];
                assert_eq!(read.info.preprocessing.numeric, as_they_are, "{}", case.name);
                assert_eq!(read.info.preprocessing.image, [], "{}", case.name);
            }
            // Not every step is a layer.
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{}: {error}", case.name)
            }
        }
    }
}

fn with_preprocessing() -> Vec<Case> {
    let options = ExportOptions { include_preprocessing: true, ..ExportOptions::default() };
    let case = |name: &str, shape: &[usize], picture, preprocessing: Value| {
        let layers = json!([{ "type": "flatten" }, { "type": "dense", "units": 3 }]);
        let mut case = chain(&format!("preprocessing-{name}"), shape, layers);
        case.info.preprocessing = serde_json::from_value(preprocessing).expect("steps");
        Case { picture, options, ..case }
    };
    let normalize =
        json!({ "type": "normalize", "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.3] });
    let scale = json!({ "type": "scale", "factor": 1.0 / 255.0 });
    let one = json!({ "type": "normalize", "mean": [0.1307], "std": [0.3081] });
    let fitted = json!({ "fill": 1.0, "center": 0.5, "spread": 2.0 });
    let number = |name: &str| json!({ "type": "number", "name": name, "fitted": fitted });
    let sized = json!({ "type": "resize", "height": 5, "width": 6 });
    let ink = json!([{ "type": "grayscale" }, { "type": "invertIfDarkOnLight" }]);
    let places: Vec<f64> = (0..18).map(|place| f64::from(place) / 18.0).collect();
    let each = json!({ "type": "normalize", "mean": places, "std": vec![0.5; 18] });
    vec![
        case("bytes", &[5, 6, 3], Some([5, 6, 3]), json!({})),
        case("one-channel", &[5, 6, 1], Some([5, 6, 1]), json!({})),
        case(
            "colour",
            &[5, 6, 3],
            Some([5, 6, 3]),
            json!({ "image": [sized], "numeric": [scale, normalize] }),
        ),
        case("gray", &[6, 5], Some([6, 5, 3]), json!({ "image": ink, "numeric": [scale, one] })),
        case("gray-rgb", &[6, 5, 3], Some([6, 5, 3]), json!({ "image": ink })),
        case("places", &[5, 6, 3], Some([5, 6, 3]), json!({ "numeric": [scale, each] })),
        case("table", &[2], None, json!({ "table": { "columns": [number("a"), number("b")] } })),
    ]
}
