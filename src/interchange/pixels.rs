//! What pixels a model of another system takes, by what it begins with.
//!
//! Where its preprocessing says nothing, a network is given pixels as numbers of 0 to 1. Many networks of Keras
//! begin by scaling bytes themselves, and then want them as they are.

use super::Imported;
use crate::data::preprocessing::{NumericStep, Scale};
use crate::layers::{ActivationName, LayerSpec};
use crate::model::Model;
use crate::spec::NodeSpec;

/// The least side of an input that is taken for a picture.
const LEAST_SIDE: usize = 4;

/// Factors below it leave nothing of numbers of 0 to 1, and normalise bytes.
const LEAST_FACTOR: f64 = 0.04;

/// What is subtracted of numbers of 0 to 1 is less.
const MOST_MEAN: f64 = 16.0;

/// Of layers that leave numbers as they are, wherever they put them.
const PASSED: &[&str] = &[
    "zeroPadding2d",
    "cropping2d",
    "upSampling2d",
    "flip",
    "permute",
    "reshape",
    "dropout",
    "spatialDropout2d",
    "gaussianNoise",
];

/// Gives a model whose file says nothing of its pixels the ones that it scales itself, or a note that nothing is
/// known of them.
pub(super) fn settle(imported: &mut Imported) {
    let Imported { model, info, notes, .. } = imported;
    if !takes_pictures(model) {
        return;
    }
    match scaling(model) {
        Some(scaling) if scaling.is_of_bytes() => {
            info.preprocessing.numeric = vec![NumericStep::Scale(Scale { factor: 1.0 })];
            notes.push("The network scales pixels of 0 to 255 itself, and is given those.".into());
        }
        Some(_) => {}
        None => notes.push(
            "The file does not say what pixels the network takes: it is given numbers of 0 to 1, unless its \
             preprocessing is changed."
                .into(),
        ),
    }
}

fn takes_pictures(model: &Model) -> bool {
    match &model.spec().inputs[..] {
        [input] => match input.shape[..] {
            [height, width, 1 | 3] => height >= LEAST_SIDE && width >= LEAST_SIDE,
            _ => false,
        },
        _ => false,
    }
}

/// `x * factor + offset`, in the mean of the channels.
struct Scaling {
    factor: f64,
    offset: f64,
}

impl Scaling {
    fn then(&self, factor: f64, offset: f64) -> Self {
        Self { factor: self.factor * factor, offset: self.offset * factor + offset }
    }

    /// Whether it brings numbers of 0 to 255 near 0.
    fn is_of_bytes(&self) -> bool {
        self.factor.abs() < LEAST_FACTOR || (self.offset / self.factor).abs() > MOST_MEAN
    }
}

/// What a network does to its pixels before it computes with them; nothing if that is no scaling.
fn scaling(model: &Model) -> Option<Scaling> {
    let spec = model.spec();
    let mut value = &spec.inputs[0].name;
    let mut found = None;
    // Each layer comes behind what it takes, so that the way ends.
    for node in &spec.nodes {
        if !node.inputs.contains(value) {
            continue;
        }
        let before = || found.as_ref().unwrap_or(&Scaling { factor: 1.0, offset: 0.0 });
        match &node.layer {
            LayerSpec::Rescaling(layer) => found = Some(before().then(layer.scale, layer.offset)),
            LayerSpec::BatchNormalization(layer) => {
                let (factor, offset) = normalization(model, node, layer.epsilon)?;
                found = Some(before().then(factor, offset));
            }
            // As which a factor for each channel is read.
            LayerSpec::DepthwiseConv2d(layer) if layer.activation == ActivationName::Linear => {
                let Some((factor, offset)) = of_channels(model, node) else { break };
                found = Some(before().then(factor, offset));
            }
            // As which augmentation within a network is read.
            LayerSpec::Activation(layer) if layer.activation == ActivationName::Linear => {}
            other if PASSED.contains(&other.type_name()) => {}
            _ => break,
        }
        value = &node.name;
    }
    found
}

/// What a normalisation by running statistics does, in the mean of the channels.
fn normalization(model: &Model, node: &NodeSpec, epsilon: f64) -> Option<(f64, f64)> {
    let (means, variances) =
        (numbers(model, node, "movingMean")?, numbers(model, node, "movingVariance")?);
    let ones = vec![1.0; means.len()];
    let gamma = numbers(model, node, "gamma").unwrap_or(ones);
    let factors: Vec<f64> =
        gamma.iter().zip(&variances).map(|(gamma, of)| gamma / (of + epsilon).sqrt()).collect();
    let shifts: Vec<f64> =
        means.iter().zip(&factors).map(|(mean, factor)| -mean * factor).collect();
    let beta = numbers(model, node, "beta").map_or(0.0, |beta| mean(&beta));
    Some((mean(&factors), mean(&shifts) + beta))
}

/// What a convolution of each channel by one number does, in their mean.
fn of_channels(model: &Model, node: &NodeSpec) -> Option<(f64, f64)> {
    let kernel = model.tensor(&format!("{}/kernel", owner(node))).ok()?;
    let [1, 1, _, 1] = kernel.shape() else { return None };
    let bias = numbers(model, node, "bias").map_or(0.0, |bias| mean(&bias));
    Some((mean(&numbers(model, node, "kernel")?), bias))
}

fn owner(node: &NodeSpec) -> &str {
    node.weights_of.as_ref().unwrap_or(&node.name)
}

fn numbers(model: &Model, node: &NodeSpec, parameter: &str) -> Option<Vec<f64>> {
    let tensor = model.tensor(&format!("{}/{parameter}", owner(node))).ok()?;
    Some(tensor.iter().copied().map(f64::from).collect())
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::formats::safetensors::ModelInfo;
    use crate::json::Json as _;
    use crate::spec::ModelSpec;

    /// A convolution behind these layers, settled: the numeric steps and the notes.
    fn settled(
        shape: &[usize],
        layers: &[Value],
        change: impl FnOnce(&mut Model),
    ) -> (Vec<NumericStep>, Vec<String>) {
        let mut nodes = layers.to_vec();
        nodes.push(json!({ "type": "conv2d", "filters": 2, "kernelSize": 1 }));
        let mut value = "input".to_owned();
        let nodes: Vec<Value> = nodes
            .into_iter()
            .enumerate()
            .map(|(number, layer)| {
                let name = format!("n{number}");
                let inputs = [std::mem::replace(&mut value, name.clone())];
                json!({ "name": name, "layer": layer, "inputs": inputs })
            })
            .collect();
        let spec = json!({
            "inputs": [{ "name": "input", "shape": shape }], "nodes": nodes, "outputs": [value], "seed": 0,
        });
        let mut model = Model::new(ModelSpec::from_json(&spec).unwrap()).unwrap();
        change(&mut model);
        let mut imported = Imported {
            model,
            info: ModelInfo::default(),
            knows_preprocessing: false,
            notes: Vec::new(),
        };
        settle(&mut imported);
        (imported.info.preprocessing.numeric, imported.notes)
    }

    #[test]
    fn networks_that_scale_bytes_are_given_bytes() {
        let rescaling = |scale: f64, offset: f64| json!({ "type": "rescaling", "scale": scale, "offset": offset });
        let padding = json!({ "type": "zeroPadding2d", "padding": 1 });
        for layers in [
            vec![rescaling(1.0 / 255.0, 0.0)],
            vec![padding.clone(), rescaling(1.0 / 127.5, -1.0)],
            vec![rescaling(1.0 / 127.5, 0.0), rescaling(1.0, -1.0)],
            vec![rescaling(1.0, -103.939)],
            vec![
                json!({ "type": "activation", "activation": "linear" }),
                rescaling(1.0 / 255.0, 0.0),
            ],
        ] {
            let (steps, notes) = settled(&[8, 8, 3], &layers, |_| {});
            assert_eq!(steps, [NumericStep::Scale(Scale { factor: 1.0 })], "{layers:?}");
            assert!(notes[0].contains("0 to 255"), "{notes:?}");
        }
        for layers in [vec![rescaling(2.0, -1.0)], vec![rescaling(1.0 / 0.3081, -0.1307 / 0.3081)]]
        {
            assert_eq!(settled(&[8, 8, 3], &layers, |_| {}), (vec![], vec![]), "{layers:?}");
        }
    }

    #[test]
    fn statistics_tell_the_pixels() {
        let layers = [json!({ "type": "batchNormalization", "center": false, "scale": false })];
        let filled = |mean: f32, variance: f32| {
            move |model: &mut Model| {
                let slots = model.tensors().to_vec();
                for slot in slots.iter().filter(|slot| !slot.trainable) {
                    let value = if slot.name.ends_with("movingMean") { mean } else { variance };
                    model.state_mut()[slot.range.clone()].fill(value);
                }
            }
        };
        assert_eq!(settled(&[8, 8, 3], &layers, filled(120.0, 4900.0)).0.len(), 1);
        assert_eq!(settled(&[8, 8, 3], &layers, filled(0.45, 0.07)), (vec![], vec![]));
    }

    #[test]
    fn what_is_not_known_is_said_of_pictures_alone() {
        let (steps, notes) = settled(&[8, 8, 3], &[], |_| {});
        assert_eq!(steps, []);
        assert!(notes[0].contains("does not say what pixels"), "{notes:?}");
        assert_eq!(settled(&[8, 8, 7], &[], |_| {}), (vec![], vec![]));
    }
}
