use serde_json::{Value, json};

use super::*;
use crate::ErrorKind;

/// A configuration of layers one after the other, each a class and its settings.
fn sequential(input: Value, layers: &[(&str, Value)]) -> Value {
    let mut all = vec![json!({ "class_name": "InputLayer", "config": { "batch_shape": input } })];
    for (number, (class, settings)) in layers.iter().enumerate() {
        let mut config = settings.clone();
        config["name"] = format!("layer{number}").into();
        all.push(json!({ "class_name": class, "config": config }));
    }
    json!({ "class_name": "Sequential", "config": { "name": "model", "layers": all } })
}

fn refused(config: &Value) -> crate::Error {
    check::read(config.to_string().as_bytes()).expect_err("it cannot be read")
}

#[test]
fn all_that_cannot_be_read_is_said_at_once() {
    let error = refused(&sequential(
        json!([null, 8, 8, 3]),
        &[
            ("Conv2D", json!({ "filters": 2, "kernel_size": 3, "data_format": "channels_first" })),
            ("Lambda", json!({ "function": "x" })),
            ("ReLU", json!({ "threshold": 1.0 })),
            ("LSTM", json!({ "units": 3, "stateful": true })),
            ("Dense", json!({ "units": 3, "activation": "celu" })),
            ("Mystery", json!({})),
        ],
    ));
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    for part in [
        "Conv2D \"layer0\": data_format is \"channels_first\", expected \"channels_last\"",
        "Lambda \"layer1\": it holds a program",
        "ReLU \"layer2\": threshold is 1.0, expected 0",
        "LSTM \"layer3\": stateful is true, expected false",
        "Dense \"layer4\": activation is \"celu\"",
        "Mystery \"layer5\": there is no such layer here",
    ] {
        assert!(error.message().contains(part), "{part}: {error}");
    }
}

#[test]
fn sizes_that_are_open_are_asked_for() {
    let config = sequential(json!([null, null, 3]), &[("Dense", json!({ "units": 2 }))]);
    let error = refused(&config);
    assert!(error.message().contains("the shape [null,null,3]"), "{error}");
}

#[test]
fn axes_other_than_the_last_are_refused() {
    let batch = |axis: i64| {
        let layer = ("BatchNormalization", json!({ "axis": [axis] }));
        sequential(json!([null, 4, 3]), &[layer])
    };
    assert!(check::read(batch(2).to_string().as_bytes()).is_ok());
    assert!(refused(&batch(1)).message().contains("axis is 1, expected the last one, 2"));
}

#[test]
fn a_model_that_is_too_large_for_its_file_is_refused() {
    let error = refused(&sequential(json!([null, 4096]), &[("Dense", json!({ "units": 4096 }))]));
    assert_eq!(error.kind(), ErrorKind::Format, "{error}");
}

/// Models within models that call each other twice would be exponentially many layers.
#[test]
fn calls_do_not_multiply_beyond_bounds() {
    let call = |layer: &str, call: usize| json!([[[layer, call, 0, {}]]]);
    let mut inner = json!({ "class_name": "ReLU", "config": { "name": "inner" }, "name": "inner" });
    for depth in 0..20 {
        let first = usize::from(depth > 0);
        inner["inbound_nodes"] = json!([call("in", 0)[0], [["inner", first, 0, {}]]]);
        let input = json!({ "class_name": "InputLayer", "name": "in", "inbound_nodes": [],
            "config": { "name": "in", "batch_shape": [null, 2] } });
        inner = json!({ "class_name": "Functional", "name": "inner", "config": {
            "name": "inner", "layers": [input, inner], "input_layers": [["in", 0, 0]],
            "output_layers": [["inner", first + 1, 0]] } });
    }
    assert_eq!(refused(&inner).kind(), ErrorKind::TooLarge);
}

#[test]
fn what_takes_its_own_output_is_refused() {
    let config = json!({ "class_name": "Functional", "config": { "name": "m", "layers": [
        { "class_name": "InputLayer", "name": "a", "config": { "batch_shape": [null, 2] } },
        { "class_name": "Add", "name": "s", "config": {},
            "inbound_nodes": [[["a", 0, 0, {}], ["s", 0, 0, {}]]] }],
        "input_layers": [["a", 0, 0]], "output_layers": [["s", 0, 0]] } });
    assert!(refused(&config).message().contains("takes what it gives itself"));
}

#[test]
fn layers_of_the_table_are_those_of_the_docs() {
    let docs = include_str!("../../../docs/interchange.md");
    for class in classes() {
        // Of poolings and dropouts the number of axes is said once.
        let stem = class.trim_end_matches("1D").trim_end_matches("2D");
        assert!(docs.contains(stem), "{class} is not in docs/interchange.md");
    }
}
