//! Models for onnxruntime to compute, with what the engine makes of the same inputs:
//!
//! ```sh
//! cargo test --lib write_onnx -- --ignored    # to the folder of TABGRAD_ONNX, or target/onnx
//! python tests/interchange/check_onnx.py target/onnx
//! ```

use std::fs;
use std::path::PathBuf;

use ndarray::{ArrayD, IxDyn};
use serde_json::{Map, Value, json};

use super::models::{Case, cases};
use crate::data::preprocessing::{Affine, Image};
use crate::graph::Node;
use crate::interchange::onnx::export::write;
use crate::layers::LayerSpec;
use crate::rng::{Key, Purpose, Stream};

const BATCH: usize = 3;

/// Normal numbers, or ids where an embedding takes them; some of these are 0, also in the middle.
fn input(case: &Case, number: usize, stream: &mut Stream) -> ArrayD<f32> {
    let graph = case.model.graph();
    let shape = [&[BATCH], &graph.inputs()[number].shape[..]].concat();
    let takes = |node: &&Node| node.inputs.first() == Some(&number);
    let words = graph.nodes().iter().filter(takes).find_map(|node| match &node.layer {
        LayerSpec::TimeDistributed(each) => each.layer.layer().vocabulary(),
        layer => layer.layer().vocabulary(),
    });
    let values = (0..shape.iter().product::<usize>()).map(|at| match words {
        // Of the last sample nothing counts.
        Some(_) if case.name.contains("mask") && at >= shape[1] * (BATCH - 1) => 0.0,
        Some(words) => (stream.normal().abs() * 100.0).trunc() % words as f32,
        None if case.name.contains("mask") && at % 7 < 2 => 0.0,
        None => stream.normal(),
    });
    ArrayD::from_shape_vec(IxDyn(&shape), values.collect()).expect("as many numbers")
}

fn tensor(array: &ArrayD<f32>) -> Value {
    json!({ "shape": array.shape(), "values": array.iter().copied().collect::<Vec<f32>>() })
}

/// What goes into the file, and the network's inputs.
fn inputs(case: &Case) -> (Map<String, Value>, Vec<ArrayD<f32>>) {
    let mut stream = Key::new(11, Purpose::Weights).stream();
    let specs = case.model.graph().inputs();
    let mut written = Map::new();
    let mut given = Vec::new();
    for (number, spec) in specs.iter().enumerate() {
        let mut array = input(case, number, &mut stream);
        written.insert(spec.name.clone(), tensor(&array));
        if case.options.include_preprocessing {
            let steps = &case.info.preprocessing;
            let shape = [&[BATCH], &spec.shape[..]].concat();
            let mut values = Vec::new();
            if let Some([height, width, channels]) = case.picture {
                let len = height * width * channels;
                let mut pixels = Vec::new();
                for sample in 0..BATCH {
                    // Dark ones and bright ones.
                    let level = if sample == 1 { 30.0 } else { 190.0 };
                    let bytes: Vec<u8> =
                        (0..len).map(|_| (level + 40.0 * stream.normal()) as u8).collect();
                    pixels.extend(bytes.iter().map(|&byte| f32::from(byte)));
                    let image = Image::new(height, width, channels, bytes).expect("a picture");
                    let bytes = steps.prepare(image, &spec.shape).expect("a sample");
                    let affine = Affine::new(&steps.numeric, &spec.shape, true);
                    let mut numbers = vec![0.0; bytes.len()];
                    affine.expect("steps").apply_to_bytes(&bytes, &mut numbers);
                    values.extend(numbers);
                }
                let pixels = ArrayD::from_shape_vec(vec![BATCH, height, width, channels], pixels);
                written.insert(spec.name.clone(), tensor(&pixels.expect("pixels")));
            } else {
                values = array.iter().map(|x| (x - 0.5) / 2.0).collect();
            }
            array = ArrayD::from_shape_vec(shape, values).expect("as many numbers");
        }
        given.push(array);
    }
    (written, given)
}

#[test]
#[ignore = "writes files for tests/interchange/check_onnx.py"]
fn write_onnx() {
    let folder = std::env::var_os("TABGRAD_ONNX")
        .map_or_else(|| PathBuf::from("target/onnx"), PathBuf::from);
    fs::create_dir_all(&folder).expect("a folder");
    for mut case in cases() {
        let (written, given) = inputs(&case);
        let bytes = write(&case.model, &case.info, &case.options)
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let views: Vec<_> = given.iter().map(|array| array.view()).collect();
        let outputs =
            case.model.predict(&views).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let names = case.model.spec().outputs.iter();
        let outputs: Map<String, Value> =
            names.zip(&outputs).map(|(name, output)| (name.clone(), tensor(output))).collect();
        let values = json!({ "inputs": written, "outputs": outputs,
            "order": case.model.spec().outputs, "exact": case.is_exact() });
        fs::write(folder.join(format!("{}.onnx", case.name)), bytes).expect("a file");
        fs::write(folder.join(format!("{}.json", case.name)), values.to_string()).expect("a file");
    }
}
