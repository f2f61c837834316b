//! What single operators become, and what is said of those that cannot be read.

use ndarray::{ArrayD, IxDyn};
use prost::Message;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::super::read;
use super::{counted, error, file, floats, integers, node, with_int, with_ints};
use crate::ErrorKind;
use crate::interchange::onnx::proto::{ModelProto, NodeProto};

/// The names of the layers of a file's model.
fn kinds(file: &ModelProto) -> Vec<&'static str> {
    let model = read(&file.encode_to_vec(), &[]).expect("a model").model;
    model.graph().nodes().iter().map(|node| node.layer.type_name()).collect()
}

/// What a file's model gives for numbers that are counted.
fn answer(file: &ModelProto) -> ArrayD<f32> {
    let mut model = read(&file.encode_to_vec(), &[]).expect("a model").model;
    let shape = [&[2], &model.graph().inputs()[0].shape[..]].concat();
    let len = shape.iter().product::<usize>();
    let numbers = (0..len).map(|i| i as f32).collect();
    let x = ArrayD::from_shape_vec(IxDyn(&shape), numbers).expect("as many numbers");
    model.predict(&[x.view()]).expect("a prediction").remove(0)
}

#[test]
fn borders_that_no_layer_has_are_refused() {
    for pad in [4097, -4097, 1 << 33, -(1 << 33), i64::MAX, i64::MIN] {
        let pads = integers("p", &[0, 0, pad, 0, 0, 0, 0, 0]);
        let nodes = vec![node("Pad", &["x", "p"], "y")];
        let (kind, message) = error(&file(&[0, 1, 8, 8], nodes, vec![pads]));
        assert_eq!(kind, ErrorKind::Unsupported);
        let said = format!("found a border of {pad}, expected -4096 to 4096");
        assert!(message.contains(&said), "{message}");
    }
    let pads = integers("p", &[0, 0, 2, -1, 0, 0, 0, 0]);
    let nodes = vec![node("Pad", &["x", "p"], "y")];
    let file = file(&[0, 1, 8, 8], nodes, vec![pads]);
    assert_eq!(kinds(&file), ["zeroPadding2d", "cropping2d"]);
}

#[test]
fn numbers_of_windows_are_said_that_no_layer_has() {
    for (name, numbers, said) in [
        ("strides", &[0, 1][..], "found strides [0, 1], expected 2 from 1 to 4096"),
        ("strides", &[1], "found strides [1], expected 2 from 1 to 4096"),
        ("pads", &[0, 0, -1, 0], "found pads [0, 0, -1, 0], expected 4 from 0 to 4096"),
        ("dilations", &[1, 1 << 40], "found dilations [1, 1099511627776], expected 2 from 1"),
        ("kernel_shape", &[1 << 33, 2], "found windows of [8589934592, 2], expected"),
        ("kernel_shape", &[-2, 2], "found windows of [-2, 2], expected"),
    ] {
        let pool = match name {
            "kernel_shape" => node("MaxPool", &["x"], "y"),
            _ => with_ints(node("MaxPool", &["x"], "y"), "kernel_shape", &[2, 2]),
        };
        let nodes = vec![with_ints(pool, name, numbers)];
        let (kind, message) = error(&file(&[0, 1, 8, 8], nodes, Vec::new()));
        assert_eq!(kind, ErrorKind::Unsupported);
        assert!(message.contains(said), "{message}");
    }
}

#[test]
fn all_nodes_that_cannot_be_read_are_named() {
    let mirror = with_ints(node("Pad", &["x"], "a"), "pads", &[0, 0, 1, 1, 0, 0, 1, 9999]);
    let nodes = vec![
        mirror,
        // It takes what was not made, and is none of the faults.
        node("Relu", &["a"], "b"),
        node("Reshape", &["x", "s"], "c"),
        node("Add", &["b", "c"], "y"),
    ];
    let of_two = file(&[0, 1, 8, 8], nodes.clone(), vec![integers("s", &[0, 7])]);
    let (kind, message) = error(&of_two);
    assert_eq!(kind, ErrorKind::Unsupported);
    let said = "onnx: found 2 that can't be read: Pad \"the Pad\": found a border of 9999, \
                expected -4096 to 4096; Reshape \"the Reshape\": the shape does not fit the input";
    assert_eq!(message, said);
    let with_unknown = [nodes, vec![node("Det", &["x"], "d")]].concat();
    let mut all = file(&[0, 1, 8, 8], with_unknown, vec![integers("s", &[0, 7])]);
    all.graph.as_mut().expect("a graph").output.push(super::value("d", &[]));
    let (_, message) = error(&all);
    assert!(message.starts_with("onnx: found operators that no layer does: Det"), "{message}");
    assert!(message.contains("; besides found 2 that can't be read: Pad"), "{message}");
    let many = (0..25).map(|number| {
        let name = format!("y{number}");
        with_int(node("Concat", &["x", "s"], &name), "axis", 1)
    });
    let mut many = file(&[0, 3], many.collect(), vec![counted("s", &[1, 9])]);
    let graph = many.graph.as_mut().expect("a graph");
    graph.output = (0..25).map(|number| super::value(&format!("y{number}"), &[])).collect();
    let (_, message) = error(&many);
    assert!(message.contains("found 25 that can't be read") && message.ends_with("and 5 more"));
}

#[test]
fn what_arithmetic_repeats_by_itself_is_not_repeated() {
    let shape = integers("s", &[1, 1, 80, 70]);
    let nodes = |op: &str| {
        vec![
            node("GlobalAveragePool", &["x"], "m"),
            node("Expand", &["m", "s"], "e"),
            node(op, &["x", "e"], "y"),
        ]
    };
    let sum = file(&[0, 2, 80, 70], nodes("Add"), vec![shape.clone()]);
    assert_eq!(kinds(&sum), ["globalAveragePooling2d", "add"]);
    let found = answer(&sum);
    assert_eq!(found.shape(), [2, 80, 70, 2]);
    assert_eq!(found[[0, 0, 0, 0]], 5599.0);
    // Others take all of it.
    let (kind, message) = error(&file(&[0, 2, 80, 70], nodes("Concat"), vec![shape]));
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(message.contains("found an axis of size 80, expected at most 64"), "{message}");
    let few = file(&[0, 2, 3, 2], nodes("Concat"), vec![integers("s", &[1, 1, 3, 2])]);
    assert_eq!(answer(&few).shape(), [2, 3, 2, 4]);
    let end = vec![node("GlobalAveragePool", &["x"], "m"), node("Expand", &["m", "s"], "y")];
    let end = file(&[0, 2, 3, 2], end, vec![integers("s", &[1, 1, 3, 2])]);
    assert_eq!(answer(&end).shape(), [2, 3, 2, 2]);
}

#[test]
fn constants_are_put_together_with_values() {
    let concat = |first: &str, second: &str, axis| {
        vec![with_int(node("Concat", &[first, second], "y"), "axis", axis)]
    };
    let token = floats("c", &[1, 1, 3], &[0.5, 1.5, 2.5]);
    let found = answer(&file(&[0, 2, 3], concat("c", "x", 1), vec![token.clone()]));
    assert_eq!(found.shape(), [2, 3, 3]);
    let rows: Vec<f32> = found.iter().copied().collect();
    assert_eq!(rows[..9], [0.5, 1.5, 2.5, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(rows[9..12], [0.5, 1.5, 2.5]);
    // A map of two channels beside a picture.
    let map = floats("c", &[1, 2, 1, 2], &[1.0, 2.0, 3.0, 4.0]);
    let found = answer(&file(&[0, 3, 1, 2], concat("x", "c", 1), vec![map]));
    assert_eq!(found.shape(), [2, 1, 2, 5]);
    let rows: Vec<f32> = found.iter().copied().collect();
    assert_eq!(rows[..10], [0.0, 1.0, 2.0, 1.0, 3.0, 3.0, 4.0, 5.0, 2.0, 4.0]);
    let said = "found a constant of 1 places, expected at most 0";
    let (_, message) = error(&file(&[0, 2, 3], concat("c", "x", 0), vec![token]));
    assert!(message.contains(said), "{message}");
    let wide = counted("c", &[1, 1, 4]);
    let (_, message) = error(&file(&[0, 2, 3], concat("c", "x", 1), vec![wide]));
    assert!(message.contains("found a constant of shape [1, 1, 4], expected [1, 1, 3]"));
}

#[test]
fn constants_are_split_while_reading() {
    let split = with_int(node("Split", &["m", "s"], "a"), "axis", 1);
    let split = NodeProto { output: vec!["a".into(), "b".into()], ..split };
    let nodes = vec![split, node("MatMul", &["x", "b"], "y")];
    let matrix = floats("m", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let parts =
        |parts: &[i64]| file(&[0, 2], nodes.clone(), vec![matrix.clone(), integers("s", parts)]);
    let found = answer(&parts(&[1, 2]));
    assert_eq!(found.into_raw_vec_and_offset().0, [5.0, 6.0, 19.0, 24.0]);
    assert!(error(&parts(&[1, 1])).1.contains("the parts do not make up the whole"));
}

#[test]
fn a_choice_that_is_known_is_made() {
    let choice = vec![node("Where", &["c", "x", "n"], "y")];
    let numbers = counted("n", &[1, 3]);
    let first = file(&[0, 3], choice.clone(), vec![integers("c", &[1]), numbers.clone()]);
    assert_eq!(answer(&first).into_raw_vec_and_offset().0, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    let each = file(&[0, 3], choice, vec![integers("c", &[1, 0, 1]), numbers]);
    assert!(error(&each).1.contains("expected a condition of one place"));
}

#[test]
fn a_place_that_is_kept_as_an_axis_leaves_a_picture() {
    let take = with_int(node("Gather", &["x", "i"], "y"), "axis", 2);
    let picture = file(&[0, 3, 4, 2], vec![take], vec![integers("i", &[0])]);
    assert_eq!(answer(&picture).shape(), [2, 1, 2, 3]);
}
