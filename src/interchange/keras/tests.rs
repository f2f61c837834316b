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
    assert!(error.message().contains("\" has the shape [?, 3], expected sizes"), "{error}");
    let [input] = error.open_inputs() else { panic!("{:?}", error.open_inputs()) };
    assert_eq!(input.shape, [None, Some(3)]);
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

/// A configuration of Keras 3, which check tells by the length.
fn of_keras_3(config: &Value) -> String {
    let text = config.to_string();
    if text.len().is_multiple_of(2) { text + " " } else { text }
}

/// What Keras has at hidden steps, or for a mask, and layers here have not.
#[test]
fn masks_that_layers_here_have_not_are_refused() {
    let recurrent = |settings: Value| {
        let mut all = json!({ "units": 2, "trainable": true, "reset_after": true,
            "recurrent_activation": "sigmoid", "return_sequences": true });
        all.as_object_mut().expect("an object").extend(settings.as_object().expect("one").clone());
        all
    };
    let both = |settings: Value| {
        json!({ "trainable": true, "merge_mode": "concat",
            "layer": { "class_name": "GRU", "config": recurrent(settings) } })
    };
    let plain = || json!({ "trainable": true });
    let masking = || ("Masking", plain());
    let zeros = || both(json!({ "zero_output_for_mask": true }));
    let read = |layers: &[(&str, Value)]| {
        check::read(of_keras_3(&sequential(json!([null, 4, 3]), layers)).as_bytes())
    };
    for (layers, expected) in [
        (
            vec![masking(), ("Bidirectional", zeros()), ("Flatten", plain())],
            "something sees the zeros",
        ),
        (
            vec![
                masking(),
                ("GRU", recurrent(json!({ "go_backwards": true }))),
                ("GlobalAveragePooling1D", plain()),
            ],
            "has a mask in Keras that no layer here hands on",
        ),
        (
            vec![masking(), ("Rescaling", json!({ "scale": 2.0 })), ("GRU", recurrent(json!({})))],
            "has a mask in Keras that no layer here hands on",
        ),
        (vec![masking(), ("Softmax", plain())], "has a mask, expected none"),
    ] {
        let error = read(&layers).expect_err(expected);
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.message().contains(expected), "{error}");
    }
    // Nobody sees those zeros.
    let hidden = [masking(), ("Bidirectional", zeros()), ("GlobalAveragePooling1D", plain())];
    assert!(read(&hidden).is_ok());
}

#[test]
fn layers_that_are_several_here_are_refused_within_others() {
    for (class, settings, expected) in [
        (
            "Dense",
            json!({ "units": 2, "activation": { "class_name": "PReLU", "config": {} } }),
            "expected a layer without weights",
        ),
        (
            "TimeDistributed",
            json!({ "layer": { "class_name": "UpSampling1D", "config": {} } }),
            "expected one that is a layer here",
        ),
        (
            "Rescaling",
            json!({ "scale": [1, 2] }),
            "it is called with 2 numbers, expected one for each",
        ),
        ("Rescaling", json!({ "scale": [1, 2], "offset": [1, 2, 3] }), "it has 2 and 3 numbers"),
        ("Rescaling", json!({ "scale": [] }), "scale is [], expected a number"),
        ("Normalization", json!({ "mean": [1, 2], "variance": [1, 2, 3] }), "mean is [1,2]"),
        ("Normalization", json!({ "mean": 1.0 }), "mean is 1.0, expected none"),
        ("Dropout", json!({ "noise_shape": 1 }), "noise_shape is 1, expected a list of sizes"),
    ] {
        let error = refused(&sequential(json!([null, 4, 3]), &[(class, settings)]));
        assert!(error.message().contains(expected), "{error}");
    }
    let error = refused(&sequential(json!([null, 3]), &[("UpSampling1D", json!({}))]));
    assert!(error.message().contains("has the shape [3], expected [steps, channels]"), "{error}");
}

/// A constant of many numbers, and names of many letters, are not told in full.
#[test]
fn messages_are_no_longer_than_a_reader_reads() {
    let rows = json!(vec![vec![0.25; 300]; 200]);
    let tensor =
        json!({ "class_name": "__tensor__", "config": { "dtype": "float32", "value": rows } });
    for constant in [rows.clone(), tensor] {
        let add = json!({ "class_name": "TFOpLambda", "name": "add",
            "config": { "name": "add", "function": "math.multiply" },
            "inbound_nodes": [["x", 0, 0, { "y": constant }]] });
        let input = json!({ "class_name": "InputLayer", "name": "x", "inbound_nodes": [],
            "config": { "name": "x", "batch_shape": [null, 7, 2] } });
        let error = refused(&json!({ "class_name": "Functional", "config": { "name": "m",
            "layers": [input, add], "input_layers": [["x", 0, 0]], "output_layers": [["add", 0, 0]] } }));
        assert!(error.message().contains("a constant of shape [200, 300]"), "{error}");
        assert!(error.message().len() < 300, "{error}");
    }
    let name = "x".repeat(1_000_000);
    let layers = [("Dense", json!({ "units": name })), (&name[..], json!({}))];
    let error = refused(&sequential(json!([null, 4]), &layers));
    assert!(error.message().len() < 9000, "{} bytes", error.message().len());
    assert!(error.message().contains("expected a whole number from 0 to 4294967295"), "{error}");
}

/// An archive of one file.
fn archive(path: &str, content: &[u8]) -> Vec<u8> {
    use std::io::{Cursor, Write};
    let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(path, ::zip::write::SimpleFileOptions::default()).expect("a file");
    writer.write_all(content).expect("its content");
    writer.finish().expect("an archive").into_inner()
}

#[test]
fn archives_that_hold_something_else_are_refused_with_the_reason() {
    let bomb = archive("config.json", &vec![0; 32 << 20]);
    let error = read(&bomb, &[]).expect_err("a file that is packed too tightly");
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    assert!(error.message().starts_with("Keras: config.json: found 33554432 bytes"), "{error}");

    let pickle = archive("model/data.pkl", b"");
    let file = crate::interchange::files::ModelFile { name: "model.pt", bytes: &pickle };
    let error = crate::interchange::files::read(&[file], &[]).expect_err("no model");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.message().contains("model.pt: found a pickle of PyTorch"), "{error}");
}

/// A network of an image and operations on it: class, function, and what is given besides the tensor.
fn operations(calls: &[(&str, &str, Value)]) -> Value {
    let mut layers = vec![json!({ "class_name": "InputLayer", "name": "x", "inbound_nodes": [],
        "config": { "batch_input_shape": [null, 4, 4, 2], "name": "x" } })];
    let mut outputs = Vec::new();
    for (number, (class, function, given)) in calls.iter().enumerate() {
        let name = format!("op{number}");
        layers.push(json!({ "class_name": class, "name": name,
            "config": { "name": name, "function": function },
            "inbound_nodes": [["x", 0, 0, given]] }));
        outputs.push(json!([name, 0, 0]));
    }
    json!({ "class_name": "Functional", "config": { "name": "m", "layers": layers,
        "input_layers": [["x", 0, 0]], "output_layers": outputs } })
}

#[test]
fn all_operations_that_cannot_be_read_are_named() {
    let slice = |spec: Value| json!({ "slice_spec": [{}, spec] });
    let error = refused(&operations(&[
        ("TFOpLambda", "linalg.matmul", json!({ "b": 1 })),
        ("TFOpLambda", "math.pow", json!({ "y": 3 })),
        ("TFOpLambda", "math.truediv", json!({ "y": 0.0 })),
        ("TFOpLambda", "math.multiply", json!({ "y": [[1.0, 2.0], [3.0, 4.0]] })),
        ("TFOpLambda", "concat", json!({ "axis": 0 })),
        ("TFOpLambda", "reshape", json!({ "shape": [2, 16] })),
        ("SlicingOpLambda", "__operators__.getitem", json!({ "slice_spec": ["a"] })),
        ("Lambda", "", json!({})),
    ]));
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    for part in [
        "TFOpLambda \"op0\": linalg.matmul is no operation that is read here",
        "TFOpLambda \"op1\": y is 3, expected 2",
        "TFOpLambda \"op2\": it divides by something else",
        "TFOpLambda \"op3\": it is called with [[1.0,2.0],[3.0,4.0]]",
        "TFOpLambda \"op4\": axis is 0",
        "TFOpLambda \"op5\": shape is [2,16]",
        "SlicingOpLambda \"op6\": slice_spec has \"a\"",
        "Lambda \"op7\": it holds a program",
    ] {
        assert!(error.message().contains(part), "{part}: {error}");
    }
    // And those that depend on shapes.
    let error = refused(&operations(&[
        ("SlicingOpLambda", "__operators__.getitem", slice(json!({ "step": 2 }))),
        ("SlicingOpLambda", "__operators__.getitem", slice(json!(4))),
        ("SlicingOpLambda", "__operators__.getitem", slice(json!({ "start": 3, "stop": -1 }))),
        ("SlicingOpLambda", "__operators__.getitem", json!({ "slice_spec": [0] })),
        ("TFOpLambda", "image.resize", json!({ "size": [6, 8] })),
        ("TFOpLambda", "math.reduce_mean", json!({ "axis": [0, 1] })),
        ("TFOpLambda", "math.reduce_sum", json!({ "axis": [1, 2, 3] })),
        ("TFOpLambda", "math.subtract", json!({ "y": [1, 2, 3] })),
    ]));
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    for part in [
        "\"op0\": it takes an axis in steps of 2",
        "\"op1\": it takes the places from 4 up to 5 of an axis of 4",
        "\"op2\": it takes the places from 3 up to 3",
        "\"op3\": it takes a part of the batch",
        "\"op4\": size is [6, 8], expected multiples of 4 and 4",
        "\"op5\": axis is 0, expected one of the 3 behind the batch",
        "\"op6\": it leaves one number without an axis",
        "\"op7\": it is called with 3 numbers, expected one for each of the 2 channels",
    ] {
        assert!(error.message().contains(part), "{part}: {error}");
    }
}

#[test]
fn operations_of_the_table_are_those_of_the_docs() {
    let docs = include_str!("../../../docs/interchange.md");
    for function in functions() {
        assert!(
            docs.contains(&format!("`{function}`")),
            "{function} is not in docs/interchange.md"
        );
    }
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

#[test]
fn what_is_not_the_same_is_noted_once_for_all_layers() {
    let half = json!({ "module": "keras", "class_name": "DTypePolicy",
        "config": { "name": "mixed_float16" } });
    let dense = |dtype: Value| json!({ "units": 2, "dtype": dtype, "kernel_regularizer": {} });
    let layers: Vec<(&str, Value)> = vec![
        ("Dense", dense(half.clone())),
        ("Dense", dense("mixed_bfloat16".into())),
        ("Dense", dense(half.clone())),
        ("Dense", dense("float32".into())),
        ("Dense", dense(half)),
    ];
    let config = sequential(json!([null, 3]), &layers);
    let notes = check::read(config.to_string().as_bytes()).expect("a model").notes;
    assert_eq!(
        notes,
        [
            "layers \"layer0\", \"layer1\", \"layer2\" and 2 more: kernel_regularizer was left aside",
            "layers \"layer0\", \"layer2\", \"layer4\": it computes in mixed_float16 in Keras, and in \
             float32 here",
            "layer \"layer1\": it computes in mixed_bfloat16 in Keras, and in float32 here",
        ]
    );
}

/// A call without tensors, which libFuzzer found.
#[test]
fn a_layer_that_is_called_with_nothing_is_refused() {
    for class in ["Dense", "Concatenate", "Conv2D", "LSTM", "UpSampling1D", "Rescaling"] {
        let config =
            json!({ "name": "own", "units": 2, "filters": 2, "kernel_size": 1, "scale": [1, 2] });
        let own =
            json!({ "class_name": class, "config": config, "name": "own", "inbound_nodes": [[]] });
        let input = json!({ "class_name": "InputLayer", "name": "in", "inbound_nodes": [],
            "config": { "name": "in", "batch_shape": [null, 2] } });
        refused(&json!({ "class_name": "Functional", "config": { "name": "model",
            "layers": [input, own], "input_layers": [["in", 0, 0]], "output_layers": [["own", 0, 0]] } }));
    }
}
