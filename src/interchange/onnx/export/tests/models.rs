//! The models that are written: one for every example of a layer, and networks.

use serde_json::{Value, json};

use super::networks::{autoencoder, cnn, lstm, mobilenet, resnet, text_cnn, transformer};
use super::odd;
use crate::formats::safetensors::ModelInfo;
use crate::interchange::onnx::export::{ExportOptions, Weights};
use crate::layers::LayerSpec;
use crate::model::Model;
use crate::rng::{Key, Purpose};
use crate::spec::{InputSpec, ModelSpec, NodeSpec};

/// A model and how it is written.
pub struct Case {
    pub name: String,
    pub model: Model,
    pub info: ModelInfo,
    pub options: ExportOptions,
    /// Height, width and channels of the pictures that it takes.
    #[cfg_attr(target_arch = "wasm32", allow(dead_code))] // read where files are written
    pub picture: Option<[usize; 3]>,
}

impl Case {
    pub fn new(name: &str, spec: ModelSpec) -> Self {
        Self {
            name: name.into(),
            model: filled(spec),
            info: ModelInfo::default(),
            options: ExportOptions::default(),
            picture: None,
        }
    }

    /// Whether weights are written as they are.
    #[cfg_attr(target_arch = "wasm32", allow(dead_code))] // asked where files are written
    pub fn is_exact(&self) -> bool {
        self.options.weights == Weights::F32
    }
}

/// A model in which nothing is 0 or 1 that could be something else.
fn filled(spec: ModelSpec) -> Model {
    let mut model = Model::new(spec).expect("a model");
    let mut stream = Key::new(5, Purpose::Weights).stream();
    for slot in model.tensors().to_vec() {
        let is_variance = slot.name.ends_with("movingVariance");
        let buffer = if slot.trainable { model.weights_mut() } else { model.state_mut() };
        for value in &mut buffer[slot.range] {
            *value += 0.2 * stream.normal();
            if is_variance {
                *value = value.abs() + 0.5;
            }
        }
    }
    model
}

/// Layers one after the other.
pub fn chain(name: &str, input: &[usize], layers: Value) -> Case {
    let layers = serde_json::from_value(layers).expect("layers");
    Case::new(name, ModelSpec::sequential(Some(name), input.to_vec(), layers))
}

/// Inputs with their shapes, layers with what they take, and outputs.
pub fn net(
    name: &str,
    inputs: &[(&str, &[usize])],
    nodes: &[(&str, &[&str], Value)],
    outputs: &[&str],
) -> Case {
    let inputs = inputs.iter().map(|(name, shape)| json!({ "name": name, "shape": shape }));
    let nodes = nodes
        .iter()
        .map(|(name, inputs, layer)| json!({ "name": name, "inputs": inputs, "layer": layer }));
    let (inputs, nodes) = (inputs.collect::<Value>(), nodes.collect::<Value>());
    let spec = json!({ "name": name, "inputs": inputs, "nodes": nodes, "outputs": outputs });
    Case::new(name, serde_json::from_value(spec).expect("a specification"))
}

/// A layer with inputs of these shapes and no others around it.
fn alone(layer: LayerSpec, shapes: &[Vec<usize>]) -> ModelSpec {
    let named = shapes.iter().enumerate().map(|(i, shape)| (format!("x{i}"), shape.clone()));
    let inputs: Vec<InputSpec> = named.map(|(name, shape)| InputSpec { name, shape }).collect();
    let names = inputs.iter().map(|input| input.name.clone()).collect();
    ModelSpec {
        name: None,
        seed: 3,
        winograd: true,
        inputs,
        nodes: vec![NodeSpec::new("layer", layer, names)],
        outputs: vec!["layer".into()],
    }
}

/// All of them.
pub fn cases() -> Vec<Case> {
    let examples = LayerSpec::examples().into_iter().enumerate();
    let mut cases: Vec<Case> = examples
        .map(|(number, (layer, shapes))| {
            let name = format!("layer-{number:03}-{}", layer.type_name());
            Case::new(&name, alone(layer, &shapes))
        })
        .collect();
    let plain = ExportOptions::default();
    let folded = ExportOptions { fold_batch_normalization: true, ..plain };
    let half = ExportOptions { weights: Weights::F16, ..plain };
    let int8 = ExportOptions { weights: Weights::Int8, ..plain };
    for (ending, options) in [("", plain), ("-f16", half), ("-int8", int8), ("-folded", folded)] {
        let networks =
            [cnn(), resnet(), mobilenet(), autoencoder(), text_cnn(), transformer(), lstm()];
        let recurrent = ["simpleRnn", "lstm", "gru"].map(odd::language_model);
        cases.extend(networks.into_iter().chain(recurrent).map(|case| {
            let name = format!("{}{ending}", case.name);
            Case { name, options, ..case }
        }));
    }
    cases.extend(odd::cases());
    cases
}
