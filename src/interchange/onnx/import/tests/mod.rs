//! Small files: what is made of them, what is refused and why.

mod external;
mod operators;

use ndarray::{ArrayD, IxDyn};
use prost::Message;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::read;
use crate::ErrorKind;
use crate::interchange::onnx::proto::{
    AttributeProto, Dimension, DimensionProto, GraphProto, ModelProto, NodeProto,
    OperatorSetIdProto, StringStringEntryProto, TensorProto, TensorShapeProto, TensorTypeProto,
    TypeProto, ValueInfoProto, attribute_type, data_type,
};

fn value(name: &str, sizes: &[i64]) -> ValueInfoProto {
    let dim = |&size: &i64| DimensionProto { value: (size > 0).then_some(Dimension::Value(size)) };
    let shape = TensorShapeProto { dim: sizes.iter().map(dim).collect() };
    let tensor = TensorTypeProto { elem_type: data_type::FLOAT, shape: Some(shape) };
    let r#type = Some(TypeProto { tensor_type: Some(tensor) });
    ValueInfoProto { name: name.into(), r#type }
}

fn floats(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: data_type::FLOAT,
        raw_data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        ..TensorProto::default()
    }
}

fn integers(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: vec![values.len() as i64],
        data_type: data_type::INT64,
        int64_data: values.to_vec(),
        ..TensorProto::default()
    }
}

/// Numbers that are all different.
fn counted(name: &str, dims: &[i64]) -> TensorProto {
    let len = dims.iter().product::<i64>();
    let values: Vec<f32> = (0..len).map(|i| (i % 13 - 6) as f32 / 8.0).collect();
    floats(name, dims, &values)
}

fn node(op: &str, input: &[&str], output: &str) -> NodeProto {
    NodeProto {
        op_type: op.into(),
        name: format!("the {op}"),
        input: input.iter().map(|&name| name.into()).collect(),
        output: vec![output.into()],
        ..NodeProto::default()
    }
}

fn with_ints(mut node: NodeProto, name: &str, ints: &[i64]) -> NodeProto {
    node.attribute.push(AttributeProto {
        name: name.into(),
        ints: ints.to_vec(),
        kind: attribute_type::INTS,
        ..AttributeProto::default()
    });
    node
}

fn with_int(mut node: NodeProto, name: &str, i: i64) -> NodeProto {
    node.attribute.push(AttributeProto {
        name: name.into(),
        i: Some(i),
        kind: attribute_type::INT,
        ..AttributeProto::default()
    });
    node
}

/// A file of one input "x" and one output "y".
fn file(shape: &[i64], node: Vec<NodeProto>, initializer: Vec<TensorProto>) -> ModelProto {
    ModelProto {
        ir_version: 8,
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 17 }],
        graph: Some(GraphProto {
            node,
            initializer,
            input: vec![value("x", shape)],
            output: vec![value("y", &[])],
            ..GraphProto::default()
        }),
        ..ModelProto::default()
    }
}

fn convolutional() -> ModelProto {
    let conv = with_ints(node("Conv", &["x", "w", "b"], "c"), "pads", &[1, 1, 1, 1]);
    let pool = with_ints(node("MaxPool", &["r"], "p"), "kernel_shape", &[2, 2]);
    let nodes = vec![
        conv,
        node("Relu", &["c"], "r"),
        with_ints(pool, "strides", &[2, 2]),
        node("Reshape", &["p", "s"], "f"),
        node("MatMul", &["f", "m"], "d"),
        node("Add", &["d", "a"], "y"),
    ];
    let constants = vec![
        counted("w", &[2, 1, 3, 3]),
        counted("b", &[2]),
        integers("s", &[-1, 8]),
        counted("m", &[8, 3]),
        counted("a", &[3]),
    ];
    file(&[0, 1, 4, 4], nodes, constants)
}

fn recurrent() -> ModelProto {
    let gru = with_int(node("GRU", &["t", "w", "r"], ""), "hidden_size", 2);
    let gru = NodeProto {
        output: vec!["s".into(), String::new()],
        ..with_int(gru, "linear_before_reset", 1)
    };
    let nodes = vec![
        with_ints(node("Transpose", &["x"], "t"), "perm", &[1, 0, 2]),
        gru,
        node("Squeeze", &["s", "one"], "q"),
        with_ints(node("Transpose", &["q"], "y"), "perm", &[1, 0, 2]),
    ];
    let constants = vec![counted("w", &[1, 6, 3]), counted("r", &[1, 6, 2]), integers("one", &[1])];
    file(&[0, 4, 3], nodes, constants)
}

/// Small valid files.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn examples() -> Vec<Vec<u8>> {
    [convolutional(), recurrent()].iter().map(Message::encode_to_vec).collect()
}

fn error(file: &ModelProto) -> (ErrorKind, String) {
    let error = read(&file.encode_to_vec(), &[]).expect_err("it is refused");
    (error.kind(), error.to_string())
}

#[test]
fn a_bias_and_an_activation_become_part_of_the_layer() {
    let model = read(&convolutional().encode_to_vec(), &[]).expect("a model").model;
    let kinds: Vec<&str> = model.graph().nodes().iter().map(|n| n.layer.type_name()).collect();
    assert_eq!(kinds, ["conv2d", "maxPooling2d", "flatten", "dense"]);
    assert_eq!(model.graph().inputs()[0].shape, [4, 4, 1]);
}

#[test]
fn sizes_that_a_file_leaves_open_are_given() {
    let mut open = convolutional();
    graph_input(&mut open, &[0, 1, 0, 0]);
    let bytes = open.encode_to_vec();
    let (kind, message) = error(&open);
    assert_eq!(kind, ErrorKind::Unsupported);
    let said = "input \"x\" has the shape [?, ?, 1], expected sizes";
    assert!(message.contains(said), "{message}");
    let model = read(&bytes, &[vec![4, 4, 1]]).expect("a model").model;
    let fixed = read(&convolutional().encode_to_vec(), &[]).expect("a model").model;
    assert_eq!(model.graph().inputs()[0].shape, [4, 4, 1]);
    assert_eq!(model.weights(), fixed.weights());
    for (given, kind) in [
        (vec![vec![4, 4, 3]], ErrorKind::Shape),
        (vec![vec![4, 4]], ErrorKind::Shape),
        (vec![vec![4, 4, 1]; 2], ErrorKind::Argument),
        // Eight numbers are expected behind the pooling.
        (vec![vec![5, 7, 1]], ErrorKind::Unsupported),
        (vec![vec![1 << 20, 1 << 20, 1]], ErrorKind::TooLarge),
    ] {
        let error = read(&bytes, &given).expect_err("it is refused");
        assert_eq!(error.kind(), kind, "{given:?}: {error}");
    }
    graph_input(&mut open, &[1, 1, 0, 0]);
    assert!(error(&open).1.contains("expected that of the batch to be open"));
}

#[test]
fn open_sizes_of_several_inputs_are_asked_for_at_once() {
    let concat = with_int(node("Concat", &["x", "z"], "y"), "axis", 1);
    let mut open = file(&[0, 0], vec![concat], Vec::new());
    let graph = open.graph.as_mut().expect("a graph");
    graph.input.extend([value("z", &[0, 5]), value("scale", &[0])]);
    graph.node.push(node("Relu", &["scale"], "rectified"));
    graph.output.push(value("rectified", &[]));
    let bytes = open.encode_to_vec();
    let error = read(&bytes, &[]).expect_err("it is refused");
    assert!(error.message().contains("input \"x\" has the shape [?], expected"), "{error}");
    let inputs: Vec<_> =
        error.open_inputs().iter().map(|input| (&*input.name, &*input.shape)).collect();
    let expected: [(&str, &[Option<usize>]); 3] =
        [("x", &[None]), ("z", &[Some(5)]), ("scale", &[])];
    assert_eq!(inputs, expected);
    let model = read(&bytes, &[vec![3], vec![5], vec![]]).expect("a model").model;
    let shapes: Vec<_> = model.graph().inputs().iter().map(|input| &*input.shape).collect();
    let expected: [&[usize]; 3] = [&[3], &[5], &[1]];
    assert_eq!(shapes, expected);
    for given in [vec![vec![3], vec![4], vec![]], vec![vec![0], vec![5], vec![]]] {
        let error = read(&bytes, &given).expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::Shape, "{error}");
    }
}

fn graph_input(file: &mut ModelProto, sizes: &[i64]) {
    file.graph.as_mut().expect("a graph").input = vec![value("x", sizes)];
}

#[test]
fn rows_of_a_kernel_behind_a_flattened_image_are_ours() {
    // The picture itself, flattened: row c H W + h W + w of the file is row (h W + w) C + c here.
    let nodes = vec![
        node("Identity", &["x"], "i"),
        with_int(node("Flatten", &["i"], "f"), "axis", 1),
        node("MatMul", &["f", "m"], "y"),
    ];
    let matrix: Vec<f32> = (0..12).map(|i| i as f32).collect();
    let bytes = file(&[0, 3, 2, 2], nodes, vec![floats("m", &[12, 1], &matrix)]).encode_to_vec();
    let mut model = read(&bytes, &[]).expect("a model").model;
    for place in 0..12 {
        let mut image = ArrayD::<f32>::zeros(IxDyn(&[1, 2, 2, 3]));
        let (row, column, channel) = (place / 6, place / 3 % 2, place % 3);
        image[[0, row, column, channel]] = 1.0;
        let found = model.predict(&[image.view()]).expect("a prediction").remove(0);
        assert_eq!(found[[0, 0]], (channel * 4 + row * 2 + column) as f32);
    }
}

#[test]
fn all_unknown_operators_are_named_with_their_nodes() {
    let nodes = vec![node("Det", &["x"], "a"), node("Loop", &["a"], "b"), node("Det", &["b"], "y")];
    let (kind, message) = error(&file(&[0, 3], nodes, Vec::new()));
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(message.contains("Det \"the Det\", Loop \"the Loop\""), "{message}");
}

#[test]
fn what_is_taken_before_it_is_made_is_refused() {
    let circle =
        vec![node("Relu", &["b"], "a"), node("Relu", &["a"], "b"), node("Relu", &["b"], "y")];
    let (kind, message) = error(&file(&[0, 3], circle, Vec::new()));
    assert_eq!(kind, ErrorKind::Format);
    assert!(message.contains("takes \"b\""), "{message}");
    let twice = vec![node("Relu", &["x"], "y"), node("Relu", &["x"], "y")];
    assert_eq!(error(&file(&[0, 3], twice, Vec::new())).0, ErrorKind::Format);
}

#[test]
fn shapes_that_lie_are_refused() {
    for dims in
        [&[2, 1, 3, 4][..], &[-2, 1, 3, 3], &[i64::MAX, i64::MAX, 3, 3], &[1 << 62, 4, 3, 3]]
    {
        let mut file = convolutional();
        file.graph.as_mut().expect("a graph").initializer[0].dims = dims.to_vec();
        assert_eq!(error(&file).0, ErrorKind::Format, "{dims:?}");
    }
    let huge = with_ints(node("ConstantOfShape", &["s"], "c"), "none", &[]);
    let nodes = vec![huge, node("Add", &["x", "c"], "y")];
    let sizes = integers("s", &[1 << 14, 1 << 14]);
    assert_eq!(error(&file(&[0, 3], nodes, vec![sizes])).0, ErrorKind::TooLarge);
}

#[test]
fn versions_that_are_not_known_are_refused() {
    for version in [0, 6, 99] {
        let mut file = convolutional();
        file.opset_import[0].version = version;
        assert_eq!(error(&file).0, ErrorKind::Unsupported);
    }
    let mut file = convolutional();
    file.ir_version = 99;
    let (kind, message) = error(&file);
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(message.contains("version 99 of the file's format, which is newer"), "{message}");
}

#[test]
fn messages_that_are_many_are_counted_before_memory_is_asked_for() {
    // Nodes of two bytes each, which take hundreds in memory.
    let nodes = [0x0a, 0x00].repeat(1 << 21);
    let mut bytes = vec![0x3a];
    prost::encoding::encode_varint(nodes.len() as u64, &mut bytes);
    bytes.extend(nodes);
    assert_eq!(read(&bytes, &[]).expect_err("too many").kind(), ErrorKind::TooLarge);
}

#[test]
fn names_of_classes_are_read_in_several_forms() {
    for (key, text) in [
        ("tabgrad.classNames", r#"["cat", "dog's", "owl"]"#),
        ("class_names", "cat, dog's, owl"),
        ("names", r#"{0: 'cat', 1: "dog's", 2: 'owl'}"#),
        ("labels", r#"{"1": "dog's", "2": "owl", "0": "cat"}"#),
        ("classes", r#"{"cat": 0, "owl": 2, "dog's": 1}"#),
        ("names", r"['cat', 'dog\'s', 'owl']"),
    ] {
        let mut file = convolutional();
        file.metadata_props = vec![StringStringEntryProto { key: key.into(), value: text.into() }];
        let info = read(&file.encode_to_vec(), &[]).expect("a model").info;
        assert_eq!(info.class_names, ["cat", "dog's", "owl"], "{text}");
    }
    let mut file = convolutional();
    let names = r#"["cat", "dog"]"#;
    file.metadata_props = vec![StringStringEntryProto { key: "names".into(), value: names.into() }];
    let imported = read(&file.encode_to_vec(), &[]).expect("a model");
    assert!(imported.info.class_names.is_empty());
    assert!(imported.notes[0].contains("2 classes"), "{:?}", imported.notes);
    for text in ["{", "[1, 2]", r#"{"0": "cat", "2": "dog"}"#, "null", ",", "{0: "] {
        let mut file = convolutional();
        file.metadata_props =
            vec![StringStringEntryProto { key: "names".into(), value: text.into() }];
        let imported = read(&file.encode_to_vec(), &[]).expect("a model");
        assert!(imported.info.class_names.is_empty(), "{text}");
        assert_eq!(imported.notes.len(), 1, "{text}");
    }
}

#[test]
fn a_recurrent_layer_gives_its_sequence() {
    let mut model = read(&recurrent().encode_to_vec(), &[]).expect("a model").model;
    let kinds: Vec<&str> = model.graph().nodes().iter().map(|n| n.layer.type_name()).collect();
    assert_eq!(kinds, ["gru"]);
    let x = ArrayD::<f32>::ones(IxDyn(&[2, 4, 3]));
    let found = model.predict(&[x.view()]).expect("a prediction").remove(0);
    assert_eq!(found.shape(), [2, 4, 2]);
}
