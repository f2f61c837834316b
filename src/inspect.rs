//! What a specification would become, and what is wrong with it: for an editor and a summary.

use serde::Serialize;

use crate::graph::Analysis;
use crate::layers::Shape;
use crate::spec::ModelSpec;

/// What is known of a specification.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ModelReport {
    /// The layers, as the specification has them.
    pub layers: Vec<LayerReport>,
    /// All parameters.
    pub parameters: u64,
    /// Those that are trained.
    pub trainable: u64,
    /// The multiply-adds of the forward pass of one sample.
    pub multiply_adds: u64,
    /// What is wrong with the whole and not with one layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub error: Option<String>,
}

/// What is known of a layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct LayerReport {
    /// Its name.
    pub name: String,
    /// The name of its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// The shape of its output without the batch; unknown where it, or what it takes, has a fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub output_shape: Option<Shape>,
    /// The numbers in its output of one sample.
    pub output_elements: u64,
    /// All its parameters.
    pub parameters: u64,
    /// Those that are trained.
    pub trainable: u64,
    /// The multiply-adds of its forward pass of one sample.
    pub multiply_adds: u64,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub error: Option<String>,
}

/// Reports on a specification, however many faults it has.
#[must_use]
pub fn inspect(spec: &ModelSpec) -> ModelReport {
    let analysis = Analysis::new(spec);
    let layers: Vec<LayerReport> = spec
        .nodes
        .iter()
        .zip(&analysis.layers)
        .map(|(node, outcome)| {
            let known = outcome.as_ref().ok();
            let parameters = known.map_or(&[][..], |known| &known.parameters);
            let count = |of_all: bool| {
                let counted = parameters.iter().filter(|p| of_all || p.trainable);
                counted.map(|p| p.shape.iter().product::<usize>() as u64).sum()
            };
            LayerReport {
                name: node.name.clone(),
                kind: node.layer.type_name().to_owned(),
                output_shape: known.map(|known| known.shape.clone()),
                output_elements: known
                    .map_or(0, |known| known.shape.iter().product::<usize>() as u64),
                parameters: count(true),
                trainable: count(false),
                multiply_adds: known.map_or(0, |known| known.multiply_adds),
                error: outcome.as_ref().err().and_then(Option::as_ref).map(|e| e.message().into()),
            }
        })
        .collect();
    let total =
        |part: fn(&LayerReport) -> u64| layers.iter().map(part).fold(0, u64::saturating_add);
    ModelReport {
        parameters: total(|layer| layer.parameters),
        trainable: total(|layer| layer.trainable),
        multiply_adds: total(|layer| layer.multiply_adds),
        error: analysis.error.as_ref().map(ToString::to_string),
        layers,
    }
}
