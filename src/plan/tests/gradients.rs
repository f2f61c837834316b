//! Gradients of layers, and of graphs in which values meet and part.

use serde_json::json;

use super::probe::{Probe, alone};
use crate::layers::LayerSpec;
use crate::spec::ModelSpec;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn gradients_of_every_layer_are_difference_quotients() {
    for (layer, shapes) in LayerSpec::examples() {
        let name = format!("{layer:?}");
        Probe::new(alone(layer, &shapes), true).check(&name);
    }
}

#[test]
fn gradients_of_every_layer_in_inference_are_difference_quotients() {
    for (layer, shapes) in LayerSpec::examples() {
        let name = format!("{layer:?}");
        Probe::new(alone(layer, &shapes), false).check(&name);
    }
}

/// A graph over the input `x` of shape [2, 3] and others, from lines of name, layer and inputs.
fn graph(inputs: serde_json::Value, nodes: serde_json::Value, outputs: &[&str]) -> ModelSpec {
    let nodes = nodes
        .as_array()
        .expect("a list")
        .iter()
        .map(|node| json!({"name": node[0], "layer": node[1], "inputs": node[2]}));
    let nodes: Vec<_> = nodes.collect();
    let spec = json!({"inputs": inputs, "nodes": nodes, "outputs": outputs, "seed": 5});
    serde_json::from_value(spec).expect("a specification")
}

#[test]
fn gradients_add_up_where_values_part() {
    let x = json!([{"name": "x", "shape": [2, 3]}]);
    let dense = |activation: &str| json!({"type": "dense", "units": 3, "activation": activation});
    let [add, flatten] = ["add", "flatten"].map(|kind| json!({"type": kind}));
    let reshape = json!({"type": "reshape", "targetShape": [3, 2]});
    let join = json!({"type": "concatenate"});
    let cases = [
        (
            "twice in one layer",
            json!([["a", dense("tanh"), ["x"]], ["b", add, ["a", "a"]]]),
            &["b"][..],
        ),
        (
            "an input twice, once past a layer",
            json!([["a", dense("tanh"), ["x"]], ["b", add, ["a", "x", "x"]]]),
            &["b"],
        ),
        (
            "three ways, one of them a view",
            json!([
                ["a", dense("tanh"), ["x"]],
                ["b", dense("softmax"), ["a"]],
                ["v", reshape, ["a"]],
                ["w", dense("linear"), ["v"]],
                ["f", flatten, ["w"]],
                ["g", flatten, ["b"]],
                ["h", flatten, ["a"]],
                ["j", join, ["f", "g", "h"]]
            ]),
            &["j"],
        ),
        (
            "an output that goes on",
            json!([["a", dense("sigmoid"), ["x"]], ["b", dense("tanh"), ["a"]]]),
            &["a", "b"],
        ),
        (
            "an output and a view of it",
            json!([["a", dense("tanh"), ["x"]], ["f", flatten, ["a"]]]),
            &["a", "f"],
        ),
        (
            "two views of one value as outputs, and the value goes on",
            json!([
                ["a", dense("tanh"), ["x"]],
                ["f", flatten, ["a"]],
                ["v", reshape, ["a"]],
                ["b", dense("linear"), ["v"]]
            ]),
            &["v", "f", "b"],
        ),
        ("an input as an output", json!([["a", dense("tanh"), ["x"]]]), &["x", "a"]),
        ("a view of an input", json!([["f", flatten, ["x"]]]), &["x", "f"]),
    ];
    for (name, nodes, outputs) in cases {
        Probe::new(graph(x.clone(), nodes, outputs), true).check(name);
    }
}

#[test]
fn shared_weights_have_the_sum_of_their_gradients() {
    let node = |name: &str, layer: serde_json::Value, from: &[&str], of: Option<&str>| match of {
        Some(of) => json!({"name": name, "layer": layer, "inputs": from, "weightsOf": of}),
        None => json!({"name": name, "layer": layer, "inputs": from}),
    };
    let dense = json!({"type": "dense", "units": 3, "activation": "tanh"});
    let norm = json!({"type": "batchNormalization"});
    let nodes = [
        node("a", dense.clone(), &["x"], None),
        node("n", norm.clone(), &["a"], None),
        node("b", dense.clone(), &["n"], Some("a")),
        node("m", norm, &["b"], Some("n")),
        node("c", dense, &["m"], Some("a")),
        node("y", json!({"type": "add"}), &["a", "c"], None),
    ];
    let spec = json!({
        "inputs": [{"name": "x", "shape": [2, 3]}], "nodes": nodes, "outputs": ["y"], "seed": 5,
    });
    let spec: ModelSpec = serde_json::from_value(spec).expect("a specification");
    let model = crate::model::Model::new(spec.clone()).expect("a valid model");
    assert_eq!((model.weights().len(), model.state().len()), (12 + 6, 6));
    Probe::new(spec.clone(), true).check("training");
    Probe::new(spec.clone(), false).check("inference");
    for (of, expected) in [
        ("z", "no layer has the name \"z\""),
        ("b", "\"b\" has those of another layer"),
        ("y", "\"y\" has other parameters"),
    ] {
        let mut wrong = spec.clone();
        wrong.nodes[4].weights_of = Some(of.into());
        let error = crate::graph::Graph::new(&wrong).expect_err("no such weights");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn several_inputs_have_their_gradients() {
    let inputs = json!([{"name": "image", "shape": [4, 4, 1]}, {"name": "row", "shape": [3]}]);
    let nodes = json!([
        ["c", {"type": "conv2d", "filters": 2, "kernelSize": 3, "activation": "relu"}, ["image"]],
        ["n", {"type": "batchNormalization"}, ["c"]],
        ["f", {"type": "flatten"}, ["n"]],
        ["d", {"type": "dropout", "rate": 0.5}, ["row"]],
        ["j", {"type": "concatenate"}, ["f", "d"]],
        ["y", {"type": "dense", "units": 2}, ["j"]],
        ["z", {"type": "dense", "units": 2, "activation": "gelu"}, ["row"]]
    ]);
    Probe::new(graph(inputs.clone(), nodes.clone(), &["y", "z"]), true).check("training");
    Probe::new(graph(inputs, nodes, &["y", "z"]), false).check("inference");
}
