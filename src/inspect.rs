//! What a specification would become, and what is wrong with it: for an editor and a summary.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::graph::Analysis;
use crate::layers::{Flatten, LayerSpec, ParameterSpec, Shape};
use crate::spec::{InputSpec, ModelSpec, NodeSpec};
use crate::{Error, err};

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
    /// Whether training leaves its parameters as they are.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub frozen: bool,
    /// The multiply-adds of its forward pass of one sample.
    pub multiply_adds: u64,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub error: Option<String>,
}

/// A specification whose layers may be anything, as in an editor.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct DraftSpec {
    /// As in [`ModelSpec`].
    #[serde(default)]
    pub name: Option<String>,
    /// As in [`ModelSpec`].
    #[serde(default)]
    pub seed: u64,
    /// As in [`ModelSpec`].
    pub inputs: Vec<InputSpec>,
    /// The layers.
    pub nodes: Vec<DraftNode>,
    /// As in [`ModelSpec`].
    pub outputs: Vec<String>,
}

/// A layer of a [`DraftSpec`].
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct DraftNode {
    /// As in [`NodeSpec`].
    pub name: String,
    /// A layer if it can be read as one.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "LayerSpec"))]
    pub layer: Value,
    /// As in [`NodeSpec`].
    #[serde(default)]
    pub inputs: Vec<String>,
    /// As in [`NodeSpec`].
    #[serde(default = "yes")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub trainable: bool,
}

fn yes() -> bool {
    true
}

/// Reports on a specification, however many faults it has.
#[must_use]
pub fn inspect(spec: &ModelSpec) -> ModelReport {
    report(spec, &[])
}

/// Reports on a specification of which some layers may be none: what is missing in them, or of the
/// wrong kind, is told in their row.
#[must_use]
pub fn inspect_draft(draft: &DraftSpec) -> ModelReport {
    let read: Vec<serde_json::Result<LayerSpec>> =
        draft.nodes.iter().map(|node| serde_json::from_value(node.layer.clone())).collect();
    let faults: Vec<Option<Error>> = read
        .iter()
        .map(|layer| layer.as_ref().err().map(|error| err!(Argument, "{error}")))
        .collect();
    let nodes = draft.nodes.iter().zip(read).map(|(node, layer)| {
        let layer = layer.unwrap_or_else(|_| Flatten {}.into());
        let trainable = node.trainable;
        NodeSpec { trainable, ..NodeSpec::new(&*node.name, layer, node.inputs.clone()) }
    });
    let spec = ModelSpec {
        name: draft.name.clone(),
        seed: draft.seed,
        // No matter of shapes.
        winograd: true,
        inputs: draft.inputs.clone(),
        nodes: nodes.collect(),
        outputs: draft.outputs.clone(),
    };
    let mut report = report(&spec, &faults);
    for (row, node) in report.layers.iter_mut().zip(&draft.nodes) {
        row.kind = node.layer["type"].as_str().unwrap_or_default().to_owned();
    }
    report
}

fn report(spec: &ModelSpec, faults: &[Option<Error>]) -> ModelReport {
    let analysis = Analysis::with_faults(spec, faults);
    let layers: Vec<LayerReport> = spec
        .nodes
        .iter()
        .zip(&analysis.layers)
        .map(|(node, outcome)| {
            let known = outcome.as_ref().ok();
            let parameters = known.map_or(&[][..], |known| &known.parameters);
            let count = |of_all: bool| {
                let is_trained = |p: &ParameterSpec| p.trainable && node.trainable;
                let counted = parameters.iter().filter(|p| of_all || is_trained(p));
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
                frozen: !node.trainable,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn draft(value: Value) -> ModelReport {
        inspect_draft(&serde_json::from_value(value).expect("a draft"))
    }

    fn chain(layers: Value) -> Value {
        let mut last = "x".to_owned();
        let layers = layers.as_array().expect("a list").iter().enumerate();
        let nodes: Vec<Value> = layers
            .map(|(i, layer)| {
                let inputs = [std::mem::replace(&mut last, format!("n{i}"))];
                json!({"name": last, "layer": layer, "inputs": inputs})
            })
            .collect();
        json!({"inputs": [{"name": "x", "shape": [8, 8, 1]}], "nodes": nodes, "outputs": [last]})
    }

    #[test]
    fn counts_what_a_model_has() {
        let report = draft(chain(json!([
            {"type": "conv2d", "filters": 4, "kernelSize": 3},
            {"type": "batchNormalization"},
            {"type": "flatten"},
            {"type": "dense", "units": 10},
        ])));
        let rows = report.layers.iter();
        let counts: Vec<_> = rows.map(|r| (r.output_elements, r.parameters, r.trainable)).collect();
        assert_eq!(counts, [(144, 40, 40), (144, 16, 8), (144, 0, 0), (10, 1450, 1450)]);
        assert_eq!((report.parameters, report.trainable), (1506, 1498));
        assert_eq!(report.multiply_adds, 36 * 36 + 144 + 1440);
        assert_eq!(report.layers[2].output_shape, Some(vec![144]));
        assert!(report.error.is_none() && report.layers.iter().all(|row| row.error.is_none()));
    }

    #[test]
    fn counts_what_is_frozen() {
        let mut model = chain(json!([
            {"type": "flatten"}, {"type": "dense", "units": 3}, {"type": "batchNormalization"},
        ]));
        let counts = |model: &Value| {
            let report = draft(model.clone());
            (report.parameters, report.trainable, report.layers[1].frozen)
        };
        assert_eq!(counts(&model), (207, 201, false));
        model["nodes"][1]["trainable"] = json!(false);
        assert_eq!(counts(&model), (207, 6, true));
        model["nodes"][2]["trainable"] = json!(false);
        assert_eq!(counts(&model), (207, 0, true));
    }

    #[test]
    fn tells_faults_where_they_are() {
        let report = draft(chain(json!([
            {"type": "conv2d", "filters": 4, "kernelSize": 3},
            {"type": "conv2d", "filters": 4, "kernelSize": 11},
            {"type": "flatten"},
            {"type": "dense"},
            {"type": "dens", "units": 4},
        ])));
        let error = |row: usize| report.layers[row].error.as_deref().unwrap_or_default();
        assert_eq!(error(0), "");
        assert!(error(1).contains("6x6 is smaller than the 11x11 kernel"), "{}", error(1));
        assert_eq!((error(2), &report.layers[2].output_shape), ("", &None));
        assert!(error(3).contains("missing field `units`"), "{}", error(3));
        assert!(error(4).contains("unknown variant `dens`"), "{}", error(4));
        assert_eq!(report.layers[4].kind, "dens");
        assert_eq!(report.layers[0].output_shape, Some(vec![6, 6, 4]));
    }

    #[test]
    fn says_what_is_wrong_with_the_whole() {
        let mut empty = chain(json!([]));
        empty["inputs"][0]["shape"] = json!([8, 0, 1]);
        let report = draft(empty);
        let expected = "\"x\": the input has shape [8, 0, 1], expected sizes of at least 1";
        assert_eq!(report.error.as_deref(), Some(expected));
    }
}
