//! Small models and what comes with them.

use serde_json::{Value, json};

use crate::data::{Column, Dataset, Preprocessing, Targets, Values};
use crate::formats::safetensors::ModelInfo;
use crate::model::Model;
use crate::trainer::{RunSpec, Trainer};

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// Layers of one line.
fn sequential(shape: &[usize], layers: Value) -> Value {
    let mut last = "x".to_owned();
    let layers = layers.as_array().unwrap().iter().enumerate();
    let nodes: Vec<Value> = layers
        .map(|(at, layer)| {
            let inputs = [std::mem::replace(&mut last, format!("l{at}"))];
            json!({ "name": last, "inputs": inputs, "layer": layer })
        })
        .collect();
    json!({ "inputs": [{ "name": "x", "shape": shape }], "nodes": nodes, "outputs": [last] })
}

fn network() -> Value {
    sequential(
        &[5, 5, 1],
        json!([
            { "type": "conv2d", "filters": 2, "kernelSize": 3, "useBias": false },
            { "type": "batchNormalization", "momentum": 0.9 },
            { "type": "activation", "activation": "relu" },
            { "type": "flatten" },
            { "type": "dropout", "rate": 0.25 },
            { "type": "dense", "units": 2, "activation": "softmax" },
        ]),
    )
}

/// Networks with all kinds of layers.
pub fn specifications() -> Vec<Vec<u8>> {
    let others = sequential(
        &[8, 8, 2],
        json!([
            { "type": "rescaling", "scale": 0.5, "offset": 1 },
            { "type": "zeroPadding2d", "padding": 1 },
            { "type": "depthwiseConv2d", "kernelSize": 3, "strides": 2, "padding": "same" },
            { "type": "maxPooling2d", "poolSize": 2 },
            { "type": "averagePooling2d", "poolSize": 2, "strides": 1 },
            { "type": "globalAveragePooling2d" },
            { "type": "reshape", "targetShape": [2] },
        ]),
    );
    let joined = json!({
        "name": "two", "seed": 3, "winograd": false,
        "inputs": [{ "name": "a", "shape": [4, 4, 1] }, { "name": "b", "shape": [4, 4, 1] }],
        "nodes": [
            { "name": "sum", "inputs": ["a", "b"], "layer": { "type": "add" } },
            { "name": "both", "inputs": ["sum", "a"], "layer": { "type": "concatenate" } },
            { "name": "top", "inputs": ["both"], "layer": { "type": "globalMaxPooling2d" } },
        ],
        "outputs": ["top", "sum"],
    });
    [network(), others, joined].iter().map(bytes).collect()
}

/// A run that was saved in the middle, with two optimisers.
pub fn runs() -> Vec<Vec<u8>> {
    let pixels = Values::U8((0..250).map(|at| (at * 7 % 251) as u8).collect());
    let data = Dataset::new(
        vec![Column::new(vec![5, 5, 1], pixels).unwrap()],
        Targets::Classes((0..10).map(|at| at % 2).collect()),
        vec!["a".into(), "b".into()],
        Preprocessing::default(),
    )
    .unwrap();
    let run = |optimizer: Value| {
        let spec = json!({
            "optimizer": optimizer, "loss": "sparseCategoricalCrossentropy", "metrics": ["accuracy"],
        });
        let model = Model::new(serde_json::from_value(network()).unwrap()).unwrap();
        let mut trainer = Trainer::new(model, serde_json::from_value(spec).unwrap()).unwrap();
        trainer.start(RunSpec::new(3, 4, 1), &data).unwrap();
        for _ in 0..4 {
            trainer.advance(&data).unwrap();
        }
        let info = ModelInfo { class_names: data.class_names().to_vec(), ..ModelInfo::default() };
        trainer.save(&info).unwrap()
    };
    vec![
        run(json!({ "type": "adamw", "learningRate": { "type": "oneCycle", "peak": 0.02 } })),
        run(json!({ "type": "sgd", "learningRate": 0.1, "momentum": 0.9 })),
    ]
}

/// Steps for images, sounds, texts and rows.
pub fn preprocessings() -> Vec<Vec<u8>> {
    let image = json!({
        "image": [
            { "type": "grayscale" },
            { "type": "invertIfDarkOnLight" },
            { "type": "centerOfMass", "box": 6, "size": 9 },
            { "type": "median" },
            { "type": "resize", "height": 8, "width": 6 },
        ],
        "numeric": [{ "type": "scale", "factor": 0.004 }, { "type": "normalize", "mean": [0.1], "std": [0.3] }],
    });
    let features = json!({ "image": [{ "type": "rgb" }], "features": [{ "type": "hog" }] });
    let audio = json!({ "audio": { "sampleRate": 8000, "length": 800, "features": "mfcc" } });
    let words = json!({ "text": {
        "split": "words", "length": 4, "vocabulary": ["ab", "abab", "b"],
    } });
    let pairs = json!({ "text": { "split": "bytePairs", "merges": [[97, 98], [256, 256]] } });
    let table = json!({ "table": { "columns": [
        { "type": "number", "name": "n", "fitted": { "fill": 1, "center": 0.5, "spread": 2 } },
        { "type": "category", "name": "c", "categories": ["1", "a b"] },
        { "type": "boolean", "name": "b" },
        { "type": "date", "name": "d", "fitted": { "fill": 0 } },
    ] } });
    [image, features, audio, words, pairs, table].iter().map(bytes).collect()
}
