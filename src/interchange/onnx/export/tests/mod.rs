//! What is written, and what is refused.

mod models;
mod networks;
mod odd;
#[cfg(not(target_arch = "wasm32"))] // writes files
mod written;

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use serde_json::{Value, json};

use self::models::{Case, cases, chain};
use self::networks::cnn;
use self::odd::shared;
use super::builder::Builder;
use super::weights::half_bits;
use super::{ExportOptions, Weights, write};
use crate::ErrorKind;
use crate::interchange::onnx::proto::{
    Dimension, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, data_type,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn read(case: &Case) -> ModelProto {
    let bytes = write(&case.model, &case.info, &case.options)
        .unwrap_or_else(|error| panic!("{}: {error}", case.name));
    ModelProto::decode(&bytes[..]).expect("a message")
}

fn graph(case: &Case) -> GraphProto {
    read(case).graph.expect("a graph")
}

fn operators(graph: &GraphProto) -> Vec<&str> {
    graph.node.iter().map(|node| node.op_type.as_str()).collect()
}

fn node<'g>(graph: &'g GraphProto, name: &str) -> &'g NodeProto {
    graph.node.iter().find(|node| node.name == name).unwrap_or_else(|| panic!("no node {name}"))
}

fn constant<'g>(graph: &'g GraphProto, name: &str) -> &'g TensorProto {
    let mut constants = graph.initializer.iter();
    constants.find(|constant| constant.name == name).unwrap_or_else(|| panic!("no constant {name}"))
}

fn integers(graph: &GraphProto, node_name: &str, attribute: &str) -> Vec<i64> {
    let mut attributes = node(graph, node_name).attribute.iter();
    attributes.find(|own| own.name == attribute).map(|own| own.ints.clone()).unwrap_or_default()
}

/// The type and the sizes of a value, an open one as its name.
fn described(value: &ValueInfoProto) -> (i32, Vec<String>) {
    let kind = value.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref()).expect("a tensor");
    let sizes = kind.shape.iter().flat_map(|shape| &shape.dim).map(|size| match &size.value {
        Some(Dimension::Value(size)) => size.to_string(),
        Some(Dimension::Name(name)) => name.clone(),
        None => String::new(),
    });
    (kind.elem_type, sizes.collect())
}

fn of_layers(input: &[usize], layers: Value) -> Case {
    chain("layers", input, layers)
}

/// Whatever is written can be computed from the top to the bottom, with every name given once and no
/// constant that nothing takes.
#[test]
fn every_graph_is_whole() {
    for case in cases() {
        let graph = graph(&case);
        let mut known: BTreeSet<&str> = graph.input.iter().map(|value| &*value.name).collect();
        for constant in &graph.initializer {
            assert!(known.insert(&constant.name), "{}: {}", case.name, constant.name);
            let size = match constant.data_type {
                data_type::FLOAT => 4,
                data_type::FLOAT16 => 2,
                data_type::INT64 => 8,
                data_type::INT8 | data_type::BOOL => 1,
                other => panic!("{}: a constant of type {other}", case.name),
            };
            let numbers: i64 = constant.dims.iter().product();
            assert_eq!(constant.raw_data.len() as i64, numbers * size, "{}", constant.name);
        }
        let mut taken = BTreeSet::new();
        for node in &graph.node {
            for input in node.input.iter().filter(|input| !input.is_empty()) {
                assert!(known.contains(&**input), "{}: {} takes {input}", case.name, node.name);
                taken.insert(&**input);
            }
            for output in node.output.iter().filter(|output| !output.is_empty()) {
                assert!(known.insert(output), "{}: {output} is made twice", case.name);
            }
        }
        let unused = graph.initializer.iter().find(|constant| !taken.contains(&*constant.name));
        assert_eq!(unused.map(|constant| &constant.name), None, "{}", case.name);
        let outputs: Vec<&String> = graph.output.iter().map(|value| &value.name).collect();
        assert_eq!(outputs, case.model.spec().outputs.iter().collect::<Vec<_>>(), "{}", case.name);
        assert!(outputs.iter().all(|output| known.contains(&***output)), "{}", case.name);
        let names: BTreeSet<&String> = graph.node.iter().map(|node| &node.name).collect();
        assert_eq!(names.len(), graph.node.len(), "{}: names of nodes", case.name);
    }
}

#[test]
fn a_convolutional_network_reads_as_others_write_it() {
    let graph = graph(&cnn());
    let expected = [
        "Transpose",
        "Conv",
        "Relu",
        "MaxPool",
        "Conv",
        "BatchNormalization",
        "Sigmoid",
        "Mul",
        "Transpose",
        "Flatten",
        "Gemm",
        "Softmax",
    ];
    assert_eq!(operators(&graph), expected);
    let floats = data_type::FLOAT;
    let sizes = |sizes: &[&str]| sizes.iter().map(|size| (*size).to_owned()).collect::<Vec<_>>();
    assert_eq!(described(&graph.input[0]), (floats, sizes(&["batch", "20", "21", "3"])));
    assert_eq!(described(&graph.output[0]), (floats, sizes(&["batch", "10"])));
    let between = graph.value_info.iter().find(|value| value.name == "maxPooling2d");
    assert_eq!(described(between.expect("known")).1, sizes(&["batch", "6", "5", "5"]));
    // 20 rows and 21 columns in windows of 3, two apart: one row at the end, a column on both sides.
    assert_eq!(integers(&graph, "conv2d/Conv", "pads"), [0, 1, 1, 1]);
    assert_eq!(integers(&graph, "conv2d/Transpose", "perm"), [0, 3, 1, 2]);
    assert_eq!(constant(&graph, "conv2d/kernel").dims, [6, 3, 3, 3]);
    assert_eq!(node(&graph, "conv2d_1/Conv").input.len(), 2);
}

#[test]
fn kernels_are_transposed() {
    let case =
        of_layers(&[3, 4, 2], json!([{ "type": "conv2d", "filters": 5, "kernelSize": [2, 3] }]));
    let kernel = case.model.tensor("conv2d/kernel").expect("a kernel");
    let graph = graph(&case);
    let stored = constant(&graph, "conv2d/kernel");
    assert_eq!(stored.dims, [5, 2, 2, 3]);
    let number = |at: usize| {
        let bytes = &stored.raw_data[4 * at..4 * at + 4];
        f32::from_le_bytes(bytes.try_into().expect("four bytes"))
    };
    let at = |filter: usize, channel: usize, row: usize, column: usize| {
        ((filter * 2 + channel) * 2 + row) * 3 + column
    };
    assert_eq!(number(at(4, 1, 0, 2)), kernel[[0, 2, 1, 4]]);
    assert_eq!(number(at(2, 0, 1, 1)), kernel[[1, 1, 0, 2]]);
}

/// The bytes of a small file, field by field as protobuf writes them.
#[test]
fn a_small_file_has_these_bytes() {
    let mut case = of_layers(&[1], json!([{ "type": "dense", "units": 1, "useBias": false }]));
    case.model.weights_mut()[0] = 1.5;
    case.info.class_names = vec!["it's \"a\"".into()];
    let found = write(&case.model, &case.info, &case.options).expect("a file");
    let field = |tag: u8, bytes: &[u8]| [&[tag, bytes.len() as u8], bytes].concat();
    let value = |name: &str, size: u8| {
        let sizes = [field(0x0a, &field(0x12, b"batch")), field(0x0a, &[0x08, size])].concat();
        let tensor = [vec![0x08, 1], field(0x12, &sizes)].concat();
        [field(0x0a, name.as_bytes()), field(0x12, &field(0x0a, &tensor))].concat()
    };
    let node = [
        field(0x0a, b"input"),
        field(0x0a, b"dense/kernel"),
        field(0x12, b"dense"),
        field(0x1a, b"dense/MatMul"),
        field(0x22, b"MatMul"),
    ];
    let kernel = [
        vec![0x08, 1, 0x08, 1, 0x10, 1],
        field(0x42, b"dense/kernel"),
        field(0x4a, &1.5_f32.to_le_bytes()),
    ];
    let graph = [
        field(0x0a, &node.concat()),
        field(0x12, b"layers"),
        field(0x2a, &kernel.concat()),
        field(0x5a, &value("input", 1)),
        field(0x62, &value("dense", 1)),
    ];
    let entry = |key: &str, value: &str| {
        field(0x72, &[field(0x0a, key.as_bytes()), field(0x12, value.as_bytes())].concat())
    };
    let graph = graph.concat();
    let length = [0x3a, graph.len() as u8 | 0x80, (graph.len() >> 7) as u8];
    let expected = [
        vec![0x08, 8],
        field(0x12, b"tabgrad"),
        field(0x1a, env!("CARGO_PKG_VERSION").as_bytes()),
        length.to_vec(),
        graph,
        field(0x42, &[0x10, 17]),
        entry("tabgrad.classNames", r#"["it's \"a\""]"#),
        entry("names", r#"{0: "it's \"a\""}"#),
        entry("tabgrad.preprocessing", r#"{"image":[],"numeric":[]}"#),
    ];
    assert_eq!(found, expected.concat());
}

#[test]
fn ids_are_whole_numbers_where_only_embeddings_take_them() {
    let layers = json!([{ "type": "embedding", "inputDim": 5, "outputDim": 2 }]);
    let ids = graph(&of_layers(&[4], layers));
    assert_eq!(described(&ids.input[0]).0, data_type::INT64);
    assert_eq!(operators(&ids), ["Gather"]);
    let layers = json!([
        { "type": "rescaling", "scale": 2.0 },
        { "type": "embedding", "inputDim": 5, "outputDim": 2 },
    ]);
    let numbers = graph(&of_layers(&[4], layers));
    assert_eq!(described(&numbers.input[0]).0, data_type::FLOAT);
    assert_eq!(operators(&numbers), ["Mul", "Cast", "Gather"]);
}

/// onnx2torch takes the field that is there for the one that counts.
#[test]
fn attributes_that_are_0_are_written() {
    let layers = json!([{ "type": "embedding", "inputDim": 4, "outputDim": 2 }]);
    let graph = graph(&of_layers(&[3], layers));
    let gather = graph.node.iter().find(|node| node.op_type == "Gather").expect("a Gather");
    assert_eq!(gather.attribute[0].name, "axis");
    assert_eq!(gather.attribute[0].i, Some(0));
}

#[test]
fn shared_weights_are_written_once() {
    for weights in [Weights::F32, Weights::F16, Weights::Int8] {
        let options = ExportOptions { weights, ..ExportOptions::default() };
        let graph = graph(&Case { options, ..shared() });
        assert_eq!(node(&graph, "conv/Conv").input[1], "conv/kernel");
        assert_eq!(node(&graph, "again/Conv").input[1], "conv/kernel");
        let constants = if weights == Weights::Int8 { 3 } else { 2 };
        assert_eq!(graph.initializer.len(), constants, "{weights:?}");
    }
}

#[test]
fn normalisations_become_part_of_convolutions_on_request() {
    let options = ExportOptions { fold_batch_normalization: true, ..ExportOptions::default() };
    let graph = graph(&Case { options, ..cnn() });
    assert!(!operators(&graph).contains(&"BatchNormalization"));
    assert_eq!(node(&graph, "conv2d_1/Conv").input[2], "conv2d_1/bias");
    assert_eq!(node(&graph, "activation/Sigmoid").input, ["conv2d_1"]);
}

#[test]
fn whole_numbers_are_within_half_a_step_of_the_weights() {
    let options = ExportOptions { weights: Weights::Int8, ..ExportOptions::default() };
    let case = Case { options, ..of_layers(&[5], json!([{ "type": "dense", "units": 3 }])) };
    let graph = graph(&case);
    let scales = constant(&graph, "dense/kernel_scale");
    let scales: Vec<f32> = scales
        .raw_data
        .chunks(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("four bytes")))
        .collect();
    let stored = &constant(&graph, "dense/kernel_quantized").raw_data;
    let kernel = case.model.tensor("dense/kernel").expect("a kernel");
    for (at, (byte, value)) in stored.iter().zip(&kernel).enumerate() {
        let scale = scales[at % 3];
        assert!((f32::from(*byte as i8) * scale - value).abs() <= 0.501 * scale, "{value}");
    }
    assert_eq!(node(&graph, "dense/kernel/DequantizeLinear").output, ["dense/kernel"]);
    // Of zeros nothing is divided by zero.
    let mut zeros = case;
    zeros.model.weights_mut().fill(0.0);
    let graph = self::graph(&zeros);
    assert!(constant(&graph, "dense/kernel_quantized").raw_data.iter().all(|byte| *byte == 0));
}

#[test]
fn numbers_that_half_precision_lacks_stay() {
    let options = ExportOptions { weights: Weights::F16, ..ExportOptions::default() };
    let mut case = Case { options, ..of_layers(&[2], json!([{ "type": "dense", "units": 1 }])) };
    assert_eq!(constant(&graph(&case), "dense/kernel_f16").data_type, data_type::FLOAT16);
    case.model.weights_mut()[0] = 65_505.0;
    assert_eq!(constant(&graph(&case), "dense/kernel").data_type, data_type::FLOAT);
}

#[test]
fn half_precision_is_the_nearest() {
    let value = |bits: u16| {
        let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
        let magnitude = match exponent {
            0 => fraction * 2_f64.powi(-24),
            _ => (1.0 + fraction / 1024.0) * 2_f64.powi(exponent - 15),
        };
        (if bits >> 15 == 1 { -magnitude } else { magnitude }) as f32
    };
    for bits in (0..0x7bff).chain(0x8000..0xfbff) {
        assert_eq!(half_bits(value(bits)), bits, "{bits:#x}");
        let between = (value(bits) + value(bits + 1)) / 2.0;
        assert_eq!(half_bits(between), bits + (bits & 1), "{between}");
        let above = f32::from_bits(between.to_bits() + 1);
        assert_eq!(half_bits(above), bits + 1, "{above}");
    }
    assert_eq!(half_bits(65_504.0), 0x7bff);
}

#[test]
fn steps_that_are_no_operators_are_all_named() {
    let options = ExportOptions { include_preprocessing: true, ..ExportOptions::default() };
    let refused = |shape: &[usize], preprocessing: Value| {
        let mut case = of_layers(shape, json!([{ "type": "flatten" }]));
        case.info.preprocessing = serde_json::from_value(preprocessing).expect("steps");
        let error = write(&case.model, &case.info, &options).expect_err("steps");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        error.to_string()
    };
    let steps = json!([
        { "type": "grayscale" },
        { "type": "centerOfMass" },
        { "type": "resize", "height": 28, "width": 28 },
        { "type": "median", "size": 3 },
    ]);
    let why = "only steps that leave the size of 28x28 and go pixel by pixel become operators";
    assert_eq!(
        refused(&[28, 28, 1], json!({ "image": steps })),
        format!("preprocessing: centerOfMass: {why}; median: {why}")
    );
    assert_eq!(
        refused(&[784], json!({ "image": steps })),
        "preprocessing: the input has the shape [784], expected [height, width, 1 or 3], the size of a \
         picture"
    );
    let columns = json!([
        { "type": "boolean", "name": "member" },
        { "type": "number", "name": "age", "log": true },
    ]);
    assert_eq!(
        refused(&[2], json!({ "table": { "columns": columns } })),
        "preprocessing: column \"member\": only columns of numbers become operators; column \"age\": \
         only a number that is filled in and scaled becomes operators"
    );
    assert_eq!(
        refused(&[8], json!({ "text": {} })),
        "preprocessing: text: ONNX has no operators that cut texts into words"
    );
    let two = shared();
    let error = write(&two.model, &two.info, &options).expect_err("two inputs");
    assert_eq!(error.message(), "preprocessing: the model has 2 inputs, expected 1");
}

#[test]
fn what_is_too_large_for_protobuf_is_refused_before_it_is_there() {
    let mut builder = Builder::default();
    let values = (0..1_usize << 29).map(|at| at as f32);
    let error = builder.floats("x", &[1 << 29], values).expect_err("2 GiB");
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(
        error.message(),
        "an ONNX file would have 2147483648 bytes, expected at most 2147483647, the limit of protobuf"
    );
}

/// Operators of a network, by how often they are there.
#[test]
fn values_are_transposed_once() {
    let counts = |name: &str| {
        let case = cases().into_iter().find(|case| case.name == name).expect("a case");
        let graph = graph(&case);
        let mut counts = BTreeMap::new();
        for operator in operators(&graph) {
            *counts.entry(operator.to_owned()).or_insert(0) += 1;
        }
        counts
    };
    assert_eq!(counts("resnet")["Transpose"], 1);
    assert_eq!(counts("mobilenet")["Transpose"], 1);
    assert_eq!(counts("autoencoder")["Transpose"], 2);
    assert_eq!(counts("text-cnn")["Transpose"], 1);
}
