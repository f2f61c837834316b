//! Networks whose front is frozen, as far as it is one.

use serde_json::Value;

use super::*;

/// Layers of the names of what they take, of which those with a "*" in front are frozen.
fn model(nodes: &[(&str, &[&str], Value)], outputs: &[&str]) -> Model {
    let nodes: Vec<Value> = nodes
        .iter()
        .map(|(name, inputs, layer)| {
            let mut layer = layer.clone();
            let weights_of = layer.as_object_mut().unwrap().remove("weightsOf");
            let mut node = json!({
                "name": name.trim_start_matches('*'), "inputs": inputs, "layer": layer,
                "trainable": !name.starts_with('*'),
            });
            if let Some(owner) = weights_of {
                node["weightsOf"] = owner;
            }
            node
        })
        .collect();
    let takes = |name: &str| nodes.iter().any(|node| node["inputs"].to_string().contains(name));
    let inputs = [("image", vec![SIDE, SIDE, 1]), ("row", vec![4])];
    let inputs = inputs.into_iter().filter(|(name, _)| takes(name));
    let inputs: Vec<Value> =
        inputs.map(|(name, shape)| json!({ "name": name, "shape": shape })).collect();
    let spec = json!({ "seed": 11, "inputs": inputs, "nodes": nodes, "outputs": outputs });
    let mut model = Model::new(serde_json::from_value(spec).unwrap()).unwrap();
    let mut stream = Key::new(6, Purpose::Augmentation).stream();
    model.state_mut().iter_mut().for_each(|value| *value = 0.5 + stream.uniform());
    model
}

/// Networks, with the values that their features are of; none where there are no features.
pub fn networks() -> Vec<(Model, &'static [&'static str])> {
    let conv = |activation: &str| {
        json!({ "type": "conv2d", "filters": 8, "kernelSize": 3, "activation": activation,
                "padding": "same" })
    };
    let pool = || json!({ "type": "maxPooling2d", "poolSize": 2 });
    let flatten = || json!({ "type": "flatten" });
    let norm = || json!({ "type": "batchNormalization" });
    let relu = || json!({ "type": "activation", "activation": "relu" });
    let drop = |rate: f64| json!({ "type": "dropout", "rate": rate });
    let dense = |units: u32, activation: &str| json!({ "type": "dense", "units": units, "activation": activation });
    let words = || json!({ "type": "embedding", "inputDim": 4, "outputDim": 5, "maskZero": true });
    let end = || dense(CLASSES, "softmax");
    vec![
        // Kernels of Winograd, rectified and pooled.
        (
            model(
                &[
                    ("*conv", &["image"], conv("relu")),
                    ("pool", &["conv"], pool()),
                    ("*more", &["pool"], conv("relu")),
                    ("wide", &["more"], pool()),
                    ("flat", &["wide"], flatten()),
                    ("end", &["flat"], end()),
                ],
                &["end"],
            ),
            &["flat"],
        ),
        // Dropout behind, whose draws go by the number of its layer, and a frozen layer behind it.
        (
            model(
                &[
                    ("*conv", &["image"], conv("linear")),
                    ("*norm", &["conv"], norm()),
                    ("relu", &["norm"], relu()),
                    ("none", &["relu"], drop(0.0)),
                    ("flat", &["none"], flatten()),
                    ("drop", &["flat"], drop(0.4)),
                    ("*kept", &["drop"], dense(9, "tanh")),
                    ("again", &["kept"], drop(0.2)),
                    ("end", &["again"], end()),
                ],
                &["end"],
            ),
            &["flat"],
        ),
        // A normalisation that is trained, behind a linear convolution.
        (
            model(
                &[
                    ("*conv", &["image"], conv("linear")),
                    ("norm", &["conv"], norm()),
                    ("relu", &["norm"], relu()),
                    ("pool", &["relu"], pool()),
                    ("*more", &["pool"], conv("relu")),
                    ("*norms", &["more"], norm()),
                    ("flat", &["norms"], flatten()),
                    ("end", &["flat"], end()),
                ],
                &["end"],
            ),
            &["conv"],
        ),
        // A value that both the front and what is behind take, and two outputs.
        (
            model(
                &[
                    ("*conv", &["image"], conv("linear")),
                    ("*norm", &["conv"], norm()),
                    ("relu", &["norm"], relu()),
                    ("tuned", &["conv"], conv("linear")),
                    ("sum", &["relu", "tuned"], json!({ "type": "add" })),
                    ("flat", &["sum"], flatten()),
                    ("end", &["flat"], end()),
                    ("size", &["flat"], dense(1, "sigmoid")),
                ],
                &["end", "size"],
            ),
            &["conv", "relu"],
        ),
        // Two inputs, one of them without a front.
        (
            model(
                &[
                    ("*conv", &["image"], conv("relu")),
                    ("flat", &["conv"], flatten()),
                    ("both", &["row", "side"], json!({ "type": "concatenate" })),
                    ("side", &["flat"], dense(5, "tanh")),
                    ("end", &["both"], end()),
                ],
                &["end"],
            ),
            &["row", "flat"],
        ),
        // Shared layers: the frozen ones in the front and behind it.
        (
            model(
                &[
                    ("flat", &["image"], flatten()),
                    ("*first", &["flat"], dense(12, "tanh")),
                    ("*own", &["first"], dense(12, "tanh")),
                    ("twice", &["own"], {
                        let mut layer = dense(12, "tanh");
                        layer["weightsOf"] = json!("own");
                        layer
                    }),
                    ("tuned", &["twice"], dense(12, "tanh")),
                    ("thrice", &["tuned"], {
                        let mut layer = dense(12, "tanh");
                        layer["weightsOf"] = json!("own");
                        layer
                    }),
                    ("same", &["thrice"], {
                        let mut layer = dense(12, "tanh");
                        layer["weightsOf"] = json!("tuned");
                        layer
                    }),
                    ("end", &["same"], end()),
                ],
                &["end"],
            ),
            &["twice"],
        ),
        // Words of which some do not count, as far as they are a sequence.
        (
            model(
                &[
                    ("*words", &["row"], words()),
                    ("*read", &["words"], json!({ "type": "lstm", "units": 6 })),
                    ("end", &["read"], end()),
                ],
                &["end"],
            ),
            &["read"],
        ),
        (
            model(
                &[
                    ("*words", &["row"], words()),
                    ("read", &["words"], json!({ "type": "lstm", "units": 6 })),
                    ("end", &["read"], end()),
                ],
                &["end"],
            ),
            &[],
        ),
        (
            model(
                &[
                    ("*words", &["row"], words()),
                    ("*read", &["words"], json!({ "type": "lstm", "units": 6, "dropout": 0.2 })),
                    ("end", &["read"], end()),
                ],
                &["end"],
            ),
            &[],
        ),
        // Random from the first layer on; an output that nothing trained leads to; nothing frozen.
        (
            model(
                &[
                    ("noise", &["image"], json!({ "type": "gaussianNoise", "stddev": 0.1 })),
                    ("*conv", &["noise"], conv("relu")),
                    ("flat", &["conv"], flatten()),
                    ("end", &["flat"], end()),
                ],
                &["end"],
            ),
            &[],
        ),
        (
            model(
                &[
                    ("flat", &["image"], flatten()),
                    ("*hidden", &["flat"], dense(5, "tanh")),
                    ("*fixed", &["hidden"], dense(1, "sigmoid")),
                    ("end", &["hidden"], end()),
                ],
                &["end", "fixed"],
            ),
            &[],
        ),
        (
            model(
                &[
                    ("norm", &["image"], norm()),
                    ("flat", &["norm"], flatten()),
                    ("end", &["flat"], end()),
                ],
                &["end"],
            ),
            &[],
        ),
    ]
}
