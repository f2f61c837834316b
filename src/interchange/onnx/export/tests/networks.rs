//! Networks of the usual kinds, small.

use serde_json::{Value, json};

use super::models::{Case, chain, net};

pub fn cnn() -> Case {
    let layers = json!([
        { "type": "conv2d", "filters": 6, "kernelSize": 3, "padding": "same", "strides": 2,
          "activation": "relu" },
        { "type": "maxPooling2d" },
        { "type": "conv2d", "filters": 8, "kernelSize": 3, "useBias": false },
        { "type": "batchNormalization" },
        { "type": "activation", "activation": "silu" },
        { "type": "flatten" },
        { "type": "dropout", "rate": 0.5 },
        { "type": "dense", "units": 10, "activation": "softmax" },
    ]);
    chain("cnn", &[20, 21, 3], layers)
}

fn conv(kernel: usize, strides: usize) -> Value {
    json!({ "type": "conv2d", "filters": 8, "kernelSize": kernel, "strides": strides,
            "padding": "same", "useBias": false })
}

fn norm() -> Value {
    json!({ "type": "batchNormalization" })
}

fn activation(name: &str) -> Value {
    json!({ "type": "activation", "activation": name })
}

pub fn resnet() -> Case {
    let nodes = [
        ("stem", &["image"][..], conv(3, 1)),
        ("stem_norm", &["stem"], norm()),
        ("stem_relu", &["stem_norm"], activation("relu")),
        ("one", &["stem_relu"], conv(3, 2)),
        ("one_norm", &["one"], norm()),
        ("one_relu", &["one_norm"], activation("relu")),
        ("two", &["one_relu"], conv(3, 1)),
        ("two_norm", &["two"], norm()),
        ("short", &["stem_relu"], conv(1, 2)),
        ("short_norm", &["short"], norm()),
        ("sum", &["two_norm", "short_norm"], json!({ "type": "add" })),
        ("sum_relu", &["sum"], activation("relu")),
        ("pool", &["sum_relu"], json!({ "type": "globalAveragePooling2d" })),
        ("logits", &["pool"], json!({ "type": "dense", "units": 4 })),
    ];
    net("resnet", &[("image", &[15, 16, 3])], &nodes, &["logits"])
}

/// A block of MobileNet with squeeze and excitation.
pub fn mobilenet() -> Case {
    let point = |filters: usize, activation: &str| json!({ "type": "conv2d", "filters": filters, "kernelSize": 1, "activation": activation });
    let depthwise =
        json!({ "type": "depthwiseConv2d", "kernelSize": 3, "padding": "same", "useBias": false });
    let separable = json!({ "type": "separableConv2d", "filters": 5, "kernelSize": 5,
        "padding": "same", "strides": 2 });
    let pool =
        json!({ "type": "averagePooling2d", "poolSize": 3, "strides": 2, "padding": "same" });
    let nodes = [
        ("stem", &["image"][..], conv(3, 2)),
        ("stem_norm", &["stem"], norm()),
        ("stem_relu", &["stem_norm"], activation("relu6")),
        ("expand", &["stem_relu"], point(16, "relu6")),
        ("filter", &["expand"], depthwise),
        ("filter_norm", &["filter"], norm()),
        ("filter_relu", &["filter_norm"], activation("hardSwish")),
        ("squeeze", &["filter_relu"], json!({ "type": "globalAveragePooling2d" })),
        ("row", &["squeeze"], json!({ "type": "reshape", "targetShape": [1, 1, 16] })),
        ("gate", &["row"], point(16, "hardSigmoid")),
        ("gated", &["filter_relu", "gate"], json!({ "type": "multiply" })),
        ("project", &["gated"], point(8, "linear")),
        ("sum", &["stem_relu", "project"], json!({ "type": "add" })),
        ("pool", &["sum"], pool),
        ("join", &["pool", "pool"], json!({ "type": "concatenate" })),
        ("separable", &["join"], separable),
        ("global", &["separable"], json!({ "type": "globalMaxPooling2d" })),
        ("logits", &["global"], json!({ "type": "dense", "units": 3 })),
    ];
    net("mobilenet", &[("image", &[24, 24, 3])], &nodes, &["logits"])
}

pub fn autoencoder() -> Case {
    let smaller = |filters: usize, activation: &str| {
        json!({ "type": "conv2d", "filters": filters, "kernelSize": 3, "strides": 2,
                "padding": "same", "activation": activation })
    };
    let layers = json!([
        smaller(4, "elu"),
        { "type": "groupNormalization", "groups": 2 },
        smaller(6, "mish"),
        { "type": "zeroPadding2d", "padding": 1 },
        { "type": "conv2dTranspose", "filters": 4, "kernelSize": 3, "strides": 2,
          "padding": "same", "activation": "selu" },
        { "type": "cropping2d", "cropping": [[2, 2], [2, 2]] },
        { "type": "upSampling2d", "interpolation": "bilinear" },
        { "type": "prelu", "sharedAxes": [1, 2] },
        { "type": "conv2d", "filters": 1, "kernelSize": 3, "padding": "same",
          "activation": "sigmoid" },
    ]);
    chain("autoencoder", &[16, 16, 1], layers)
}

pub fn text_cnn() -> Case {
    let layers = json!([
        { "type": "embedding", "inputDim": 30, "outputDim": 6 },
        { "type": "conv1d", "filters": 8, "kernelSize": 3, "padding": "causal",
          "activation": "gelu" },
        { "type": "maxPooling1d" },
        { "type": "conv1d", "filters": 4, "kernelSize": 2, "padding": "same",
          "activation": "softsign" },
        { "type": "globalMaxPooling1d" },
        { "type": "dense", "units": 3, "activation": "logSoftmax" },
    ]);
    chain("text-cnn", &[14], layers)
}

pub fn lstm() -> Case {
    let layers = json!([
        { "type": "lstm", "units": 6, "returnSequences": true },
        { "type": "bidirectional",
          "layer": { "type": "gru", "units": 4, "returnSequences": true } },
        { "type": "lstm", "units": 5 },
        { "type": "dense", "units": 2 },
    ]);
    chain("lstm", &[7, 3], layers)
}

/// Padded texts; a head of classes and one of next words.
pub fn transformer() -> Case {
    let dense = |units: usize, activation: &str| json!({ "type": "dense", "units": units, "activation": activation });
    let embedding =
        json!({ "type": "embedding", "inputDim": 20, "outputDim": 8, "maskZero": true });
    let attention = json!({ "type": "multiHeadAttention", "numHeads": 2, "keyDim": 4,
        "useCausalMask": true });
    let cross = json!({ "type": "multiHeadAttention", "numHeads": 2, "keyDim": 3 });
    let nodes = [
        ("words", &["ids"][..], embedding),
        ("waves", &["words"], json!({ "type": "positionEmbedding", "encoding": "sinusoidal" })),
        ("placed", &["waves"], json!({ "type": "positionEmbedding" })),
        ("norm", &["placed"], json!({ "type": "layerNormalization" })),
        ("attention", &["norm"], attention),
        ("sum", &["placed", "attention"], json!({ "type": "add" })),
        ("wide", &["sum"], dense(16, "gelu")),
        ("narrow", &["wide"], dense(8, "linear")),
        ("out", &["sum", "narrow"], json!({ "type": "add" })),
        ("cross", &["out", "waves"], cross),
        ("mean", &["cross"], json!({ "type": "globalAveragePooling1d" })),
        ("classes", &["mean"], dense(4, "softmax")),
        ("next", &["out"], dense(20, "linear")),
    ];
    net("transformer-mask", &[("ids", &[9])], &nodes, &["classes", "next"])
}
