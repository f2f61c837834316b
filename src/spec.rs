//! What a model is, as it is written down: a graph of named layers.

use std::collections::BTreeMap;

use crate::constraints::Constraint;
use crate::json::Json;
use crate::layers::{LayerSpec, Shape};
use crate::regularizers::Regularizer;

/// A model: named inputs, layers that name what they take, and the names of what comes out.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModelSpec {
    /// The model's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Decides the first weights. At most 2^53 - 1, the largest whole number that JavaScript
    /// keeps.
    #[serde(default)]
    pub seed: u64,
    /// Whether convolutions may use Winograd's algorithm, which is faster but rounds differently: its
    /// results differ from the direct ones by up to 1e-5 of the largest.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub winograd: bool,
    /// What goes in.
    pub inputs: Vec<InputSpec>,
    /// The layers, in any order.
    pub nodes: Vec<NodeSpec>,
    /// The names of the layers (or inputs) whose output is the model's.
    pub outputs: Vec<String>,
}

fn yes() -> bool {
    true
}

fn is_yes(allowed: &bool) -> bool {
    *allowed
}

/// An input of a model.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InputSpec {
    /// The name by which layers take it.
    pub name: String,
    /// The shape of one sample.
    pub shape: Shape,
}

/// A layer in its place.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeSpec {
    /// The name by which other layers take its output.
    pub name: String,
    /// The layer.
    pub layer: LayerSpec,
    /// The names of the inputs or layers that it takes.
    pub inputs: Vec<String>,
    /// The layer whose parameters it has, of the same kind; that one says whether they are trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights_of: Option<String>,
    /// Whether training changes its parameters. Where not, they have no penalty and no decay, and
    /// what has running statistics goes by them and leaves them, as in Keras.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub trainable: bool,
    /// Penalties on its parameters, by their names ("kernel", "bias").
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(
        target_arch = "wasm32",
        tsify(optional, type = "{ [parameter: string]: Regularizer }")
    )]
    pub regularizers: BTreeMap<String, Regularizer>,
    /// Limits on its parameters, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(
        target_arch = "wasm32",
        tsify(optional, type = "{ [parameter: string]: Constraint }")
    )]
    pub constraints: BTreeMap<String, Constraint>,
}

impl NodeSpec {
    /// A layer that is trained, with no more than its name and its inputs.
    #[must_use]
    pub fn new(name: impl Into<String>, layer: LayerSpec, inputs: Vec<String>) -> Self {
        Self {
            name: name.into(),
            layer,
            inputs,
            weights_of: None,
            trainable: true,
            regularizers: BTreeMap::new(),
            constraints: BTreeMap::new(),
        }
    }
}

impl ModelSpec {
    /// Layers one after the other, with the names that Keras gives: `conv2d`, `conv2d_1`, ...
    /// The seed is 0.
    #[must_use]
    pub fn sequential(
        name: Option<&str>,
        input_shape: impl Into<Shape>,
        layers: Vec<LayerSpec>,
    ) -> Self {
        let mut counts = BTreeMap::<&str, usize>::new();
        let mut last = String::from("input");
        let input = InputSpec { name: last.clone(), shape: input_shape.into() };
        let nodes = layers
            .into_iter()
            .map(|layer| {
                let kind = layer.type_name();
                let count = counts.entry(kind).or_default();
                let name = if *count == 0 { kind.into() } else { format!("{kind}_{count}") };
                *count += 1;
                let inputs = vec![std::mem::replace(&mut last, name.clone())];
                NodeSpec::new(name, layer, inputs)
            })
            .collect();
        Self {
            name: name.map(str::to_owned),
            seed: 0,
            winograd: true,
            inputs: vec![input],
            nodes,
            outputs: vec![last],
        }
    }

    /// The same model with other first weights.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}
