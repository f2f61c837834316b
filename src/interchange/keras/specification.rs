//! The list of calls as a specification of ours.

use std::collections::{BTreeMap, BTreeSet};

use super::flatten::{Flat, Step, What};
use super::layers::Made;
use super::network::Definition;
use super::operations::Plan;
use super::weights;
use crate::layers::{Activation, ActivationName, LayerSpec, Masking, Reshape, Shape};
use crate::spec::{ModelSpec, NodeSpec};
use crate::{Result, err};

/// What a network becomes.
pub struct Written {
    pub spec: ModelSpec,
    /// For each definition the name of the layer that has its weights.
    pub first: Vec<Option<String>>,
    /// Parameters that are in the configuration: "layer/parameter" and their numbers.
    pub constants: Vec<(String, Vec<f32>)>,
}

/// Writes the specification.
///
/// # Errors
/// `Unsupported` for operations that are no layers for the shapes that they are given, all at once.
pub fn write(
    name: &str,
    flat: &Flat,
    definitions: &[Definition<'_>],
    made: &[Made],
) -> Result<Written> {
    let mut taken: BTreeSet<String> = flat.steps.iter().map(|step| step.name.clone()).collect();
    taken.extend(flat.inputs.iter().map(|input| input.name.clone()));
    let shapes = flat.inputs.iter().map(|input| (input.name.clone(), input.shape.clone()));
    let mut writer = Writer {
        definitions,
        made,
        nodes: Vec::new(),
        first: vec![None; definitions.len()],
        constants: Vec::new(),
        ends: BTreeMap::new(),
        taken,
        shapes: shapes.collect(),
        masked: BTreeSet::new(),
    };
    let mut faults = Vec::new();
    for step in &flat.steps {
        if let Err(error) = writer.step(step) {
            faults.push(format!("operation \"{}\": {}", step.name, error.message()));
        }
    }
    if !faults.is_empty() {
        return Err(err!(Unsupported, "{}", faults.join("; ")));
    }
    let outputs = flat.outputs.iter().map(|name| writer.end(name));
    let spec = ModelSpec {
        name: Some(name.to_owned()),
        seed: 0,
        winograd: true,
        inputs: flat.inputs.clone(),
        outputs: outputs.collect(),
        nodes: std::mem::take(&mut writer.nodes),
    };
    Ok(Written { spec, first: writer.first, constants: writer.constants })
}

struct Writer<'a> {
    definitions: &'a [Definition<'a>],
    made: &'a [Made],
    nodes: Vec<NodeSpec>,
    first: Vec<Option<String>>,
    constants: Vec<(String, Vec<f32>)>,
    /// What a step gives, where layers follow the first.
    ends: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    /// Of each value whose shape is known: those behind a fault are not.
    shapes: BTreeMap<String, Shape>,
    /// Values with a mask.
    masked: BTreeSet<String>,
}

impl Writer<'_> {
    fn end(&self, name: &str) -> String {
        self.ends.get(name).map_or(name, String::as_str).to_owned()
    }

    /// Adds the layers of a call. Only those of operations can be at fault here.
    fn step(&mut self, step: &Step) -> Result<()> {
        let mut inputs: Vec<String> = step.inputs.iter().map(|name| self.end(name)).collect();
        let (mut layers, definition) = match &step.what {
            What::Layer(number) => (self.made[*number].layers.clone(), Some(*number)),
            What::Operation(plan) => {
                if matches!(plan, Plan::Twice(_)) {
                    inputs.extend(inputs.first().cloned());
                }
                (self.operation(plan, &inputs, &step.name)?, None)
            }
        };
        if let Some(LayerSpec::MultiHeadAttention(attention)) = layers.first_mut() {
            attention.use_causal_mask |= step.causal;
            inputs = roles(inputs);
        }
        let mut name = step.name.clone();
        for (number, layer) in layers.into_iter().enumerate() {
            if number > 0 {
                inputs = vec![name];
                name = self.name_behind(&step.name, number);
            }
            let mut node = NodeSpec::new(name.clone(), layer, std::mem::take(&mut inputs));
            if let (
                What::Operation(Plan::Affine { scale, offset }),
                LayerSpec::BatchNormalization(_),
            ) = (&step.what, &node.layer)
            {
                self.affine(&name, scale, offset);
                // They are part of the network.
                node.trainable = false;
            }
            let has_weights = number == 0 && weights::has_parameters(&node.layer);
            if let Some(definition) = definition.filter(|_| has_weights) {
                node.trainable = self.definitions[definition].trainable;
                match &self.first[definition] {
                    Some(owner) => node.weights_of = Some(owner.clone()),
                    None => self.first[definition] = Some(name.clone()),
                }
            }
            self.note(&node);
            self.nodes.push(node);
        }
        if name != step.name {
            self.ends.insert(step.name.clone(), name);
        }
        Ok(())
    }

    /// The layers of an operation. Masks end there in Keras: in front of what takes one tensor, as a
    /// pooling would go by them, else behind.
    fn operation(&self, plan: &Plan, inputs: &[String], name: &str) -> Result<Vec<LayerSpec>> {
        let shapes = inputs.iter().map(|input| self.shapes.get(input).cloned());
        let Some(shapes) = shapes.collect::<Option<Vec<Shape>>>() else {
            // The fault is in what goes before, and is said there.
            return Ok(vec![Activation::new(ActivationName::Linear).into()]);
        };
        let mut layers = plan.layers(&shapes)?;
        if let Plan::Affine { scale, .. } = plan {
            let channels = shapes.first().and_then(|shape| shape.last());
            if channels != Some(&scale.len()) {
                return Err(err!(
                    Unsupported,
                    "it is called with {} numbers, expected one for each of the {} channels",
                    scale.len(),
                    channels.unwrap_or(&0)
                ));
            }
        }
        if inputs.iter().any(|input| self.masked.contains(input)) {
            let unmasked = |shape: &Shape| -> LayerSpec {
                Reshape { target_shape: shape.iter().map(|size| *size as i64).collect() }.into()
            };
            match (&shapes[..], &layers[..]) {
                ([shape], _) => layers.insert(0, unmasked(shape)),
                (_, [only]) => {
                    let shape = only.checked_output_shape(&shapes)?;
                    layers.push(unmasked(&shape));
                }
                _ => return Err(err!(Unsupported, "\"{name}\" has a mask, expected none")),
            }
        }
        Ok(layers)
    }

    fn affine(&mut self, name: &str, scale: &[f32], offset: &[f32]) {
        let zeros = vec![0.0; scale.len()];
        let ones = vec![1.0; scale.len()];
        for (parameter, values) in [
            ("gamma", scale.to_vec()),
            ("beta", offset.to_vec()),
            ("movingMean", zeros),
            ("movingVariance", ones),
        ] {
            self.constants.push((format!("{name}/{parameter}"), values));
        }
    }

    /// A name for the layer of this number of a call.
    fn name_behind(&mut self, step: &str, number: usize) -> String {
        let names = (number..).map(|number| format!("{step}_then_{number}"));
        let name = names.into_iter().find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.insert(name.clone());
        name
    }

    /// Notes the shape of what a layer gives, and whether it has a mask.
    fn note(&mut self, node: &NodeSpec) {
        let shapes = node.inputs.iter().map(|input| self.shapes.get(input).cloned());
        let Some(shapes) = shapes.collect::<Option<Vec<Shape>>>() else { return };
        let layer = node.layer.layer();
        // What is wrong with it is said when the graph is made.
        let Ok(shape) = node.layer.checked_output_shape(&shapes) else { return };
        let is_masked = |input: &String| self.masked.contains(input);
        let masked = match layer.masking(&shapes) {
            Masking::Drops => false,
            Masking::Keeps => node.inputs.iter().any(is_masked),
            Masking::First | Masking::Reverses => node.inputs.first().is_some_and(is_masked),
            Masking::Makes(_) => true,
        };
        if masked {
            self.masked.insert(node.name.clone());
        }
        self.shapes.insert(node.name.clone(), shape);
    }
}

/// The inputs of attention: one that is query, value and key, or query and value, or all three.
fn roles(mut inputs: Vec<String>) -> Vec<String> {
    if inputs.len() == 3 && inputs[1] == inputs[2] {
        inputs.pop();
    }
    if inputs.len() == 2 && inputs[0] == inputs[1] {
        inputs.pop();
    }
    inputs
}
