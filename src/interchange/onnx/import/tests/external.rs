//! Numbers in files beside the model's.

use prost::Message;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::super::{read, read_with};
use super::{convolutional, error, node};
use crate::ErrorKind;
use crate::interchange::onnx::proto::{
    AttributeProto, ModelProto, StringStringEntryProto, attribute_type,
};

/// A file whose first two constants lie at such places, and the numbers of the first of them.
fn outside(places: [&[(&str, &str)]; 2]) -> (ModelProto, Vec<u8>) {
    let mut file = convolutional();
    let tensors = &mut file.graph.as_mut().expect("a graph").initializer;
    let numbers = tensors[0].raw_data.clone();
    for (tensor, place) in tensors.iter_mut().zip(places).filter(|(_, place)| !place.is_empty()) {
        let entry = |&(key, value): &(&str, &str)| StringStringEntryProto {
            key: key.into(),
            value: value.into(),
        };
        tensor.raw_data.clear();
        tensor.external_data = place.iter().map(entry).collect();
        tensor.data_location = 1;
    }
    (file, numbers)
}

#[test]
fn numbers_are_taken_from_their_place_in_the_file() {
    let whole = read(&convolutional().encode_to_vec(), &[]).expect("a model").model;
    let (file, numbers) = outside([&[("location", "w"), ("offset", "8"), ("length", "72")], &[]]);
    let data = [&[0; 8], &numbers[..], &[0; 3]].concat();
    let model = read_with(&file.encode_to_vec(), &[("w", &data)], &[]).expect("a model").model;
    assert_eq!(model.weights(), whole.weights());
    // All that is there.
    let (file, numbers) = outside([&[("location", "w")], &[]]);
    let model = read_with(&file.encode_to_vec(), &[("w", &numbers)], &[]).expect("a model").model;
    assert_eq!(model.weights(), whole.weights());
}

#[test]
fn all_files_that_are_missing_are_named() {
    let (file, _) = outside([&[("location", "w")], &[("location", "b.data")]]);
    let (kind, message) = error(&file);
    assert_eq!(kind, ErrorKind::NotFound);
    assert!(message.contains("numbers lie in \"b.data\", \"w\", expected"), "{message}");
}

#[test]
fn numbers_of_attributes_lie_in_the_model() {
    let (mut file, numbers) = outside([&[("location", "w")], &[]]);
    let graph = file.graph.as_mut().expect("a graph");
    let tensor = graph.initializer.remove(0);
    let mut constant = node("Constant", &[], "w");
    constant.attribute.push(AttributeProto {
        name: "value".into(),
        t: Some(tensor),
        kind: attribute_type::TENSOR,
        ..AttributeProto::default()
    });
    graph.node.insert(0, constant);
    let error = read_with(&file.encode_to_vec(), &[("w", &numbers)], &[]);
    let error = error.expect_err("it is refused");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("expected those of initialisers only"), "{error}");
}

#[test]
fn paths_are_not_followed() {
    for name in ["", ".", "..", "/w", "../w", "data/w", "data\\w", "C:w"] {
        let (file, numbers) = outside([&[("location", name)], &[]]);
        let error = read_with(&file.encode_to_vec(), &[(name, &numbers), ("w", &numbers)], &[]);
        let error = error.expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::Format, "{name}");
        assert!(error.message().contains("expected the name of a file"), "{error}");
    }
}

#[test]
fn places_that_are_not_in_the_file_are_refused() {
    let most = usize::MAX.to_string();
    let from_most = format!("has 72 bytes from {most} on");
    let beyond = "18446744073709551616";
    for (offset, length, said) in [
        ("0", "76", "has 76 bytes from 0 on"),
        ("4", "72", "has 72 bytes from 4 on"),
        ("73", "0", "has 0 bytes from 73 on"),
        ("4", "68", "has 17 numbers, expected 18"),
        ("0", "71", "ends within a number"),
        (&most, "72", &from_most),
        ("72", &most, "which has 72"),
        (beyond, "72", "expected a number of bytes"),
        ("-1", "72", "expected a number of bytes"),
    ] {
        let place = [("location", "w"), ("offset", offset), ("length", length)];
        let (file, numbers) = outside([&place, &[]]);
        let error = read_with(&file.encode_to_vec(), &[("w", &numbers)], &[]);
        let error = error.expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::Format, "{offset}, {length}: {error}");
        assert!(error.message().contains(said), "{offset}, {length}: {error}");
    }
}
