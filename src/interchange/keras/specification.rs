//! The list of calls as a specification of ours.

mod masked;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::constants::Constant;
use super::flatten::{Flat, Step, What};
use super::layers::Made;
use super::masks::{self, Mask, Masks};
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
    /// Parameters that are not among the file's weights.
    pub constants: Vec<Constant>,
}

/// Writes the specification.
///
/// # Errors
/// `Unsupported` for operations that are no layers for the shapes that they are given, and for masks that
/// layers here do not treat as Keras does, all at once.
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
        masks: Masks::new(flat, definitions, made),
        held: BTreeMap::new(),
    };
    let mut faults = Vec::new();
    for step in &flat.steps {
        if let Err(error) = writer.step(step) {
            faults.push(error.message().to_owned());
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
    constants: Vec<Constant>,
    /// What a step gives, where layers follow the first.
    ends: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    /// Of each value whose shape is known: those behind a fault are not.
    shapes: BTreeMap<String, Shape>,
    /// The masks of steps in Keras.
    masks: Masks,
    /// The masks of nodes here, where they have one.
    held: BTreeMap<String, Mask>,
}

impl Writer<'_> {
    fn end(&self, name: &str) -> String {
        self.ends.get(name).map_or(name, String::as_str).to_owned()
    }

    /// Adds the layers of a call.
    fn step(&mut self, step: &Step) -> Result<()> {
        let inputs: Vec<String> = step.inputs.iter().map(|name| self.end(name)).collect();
        match &step.what {
            What::Layer(number) => self.layer(step, *number, inputs)?,
            What::Operation(plan) => self.operation(step, plan, inputs).map_err(|error| {
                err!(Unsupported, "operation \"{}\": {}", step.name, error.message())
            })?,
        }
        // Keras has none, or one that layers here do not hand on: whoever reads it is refused.
        let end = self.end(&step.name);
        if self.held(&end) != Mask::None && self.held(&end) != *self.masks.of(&step.name) {
            self.behind(step, |shape| reshaped(shape).into());
        }
        Ok(())
    }

    fn layer(&mut self, step: &Step, number: usize, mut inputs: Vec<String>) -> Result<()> {
        let definition = &self.definitions[number];
        let made = &self.made[number];
        let mut layers = made.layers.clone();
        self.check_masks(step, definition, &inputs)?;
        if let Some(LayerSpec::MultiHeadAttention(attention)) = layers.first_mut() {
            attention.use_causal_mask |= step.causal;
            inputs = roles(inputs);
        }
        let mut own = 0;
        let reads = layers[0].layer().reads_masks() && !masks::reads(definition.settings.class);
        if let (true, Some(shape)) = (reads, self.masked_shape(&inputs)) {
            layers.insert(0, reshaped(&shape).into());
            own = 1;
        }
        let taken = inputs.first().and_then(|input| self.shapes.get(input));
        if let (true, Some(shape)) = (made.is_row, taken) {
            let [steps, channels] = shape[..] else {
                let settings = &definition.settings;
                return Err(settings.unsupported(&format!(
                    "what it takes has the shape {shape:?}, expected [steps, channels]"
                )));
            };
            layers.insert(0, reshaped(&[1, steps, channels]).into());
            own = 1;
        }
        // Behind a fault nothing is known.
        if let (Some(channels), Some(_)) = (&made.channels, taken) {
            channels
                .check(taken)
                .map_err(|error| definition.settings.unsupported(error.message()))?;
        }
        for (place, mut node) in self.chain(step, layers, inputs, own).into_iter().enumerate() {
            if let (true, Some(channels)) = (place == own, &made.channels) {
                self.constants.extend(channels.constants(&node.name));
                node.trainable = false;
            } else if place == own && weights::has_parameters(&node.layer) {
                node.trainable = definition.trainable;
                match &self.first[number] {
                    Some(owner) => node.weights_of = Some(owner.clone()),
                    None => self.first[number] = Some(node.name.clone()),
                }
            }
            self.push(step, node);
        }
        if made.is_row {
            // Where it is an image of one row.
            self.behind(step, |shape| reshaped(shape.get(1..).unwrap_or_default()).into());
        }
        self.zero(step, &definition.settings)
    }

    /// The layers of an operation. Masks end there in Keras: in front of what takes one tensor, as a
    /// pooling would go by them.
    fn operation(&mut self, step: &Step, plan: &Plan, mut inputs: Vec<String>) -> Result<()> {
        if matches!(plan, Plan::Twice(_)) {
            inputs.extend(inputs.first().cloned());
        }
        let shapes = inputs.iter().map(|input| self.shapes.get(input).cloned());
        let mut layers = match shapes.collect::<Option<Vec<Shape>>>() {
            Some(shapes) => plan.layers(&shapes)?,
            // The fault is in what goes before, and is said there.
            None => vec![Activation::new(ActivationName::Linear).into()],
        };
        let mut own = 0;
        if let ([_], Some(shape)) = (&inputs[..], self.masked_shape(&inputs)) {
            layers.insert(0, reshaped(&shape).into());
            own = 1;
        }
        for (place, mut node) in self.chain(step, layers, inputs, own).into_iter().enumerate() {
            match plan {
                Plan::Affine(channels) if place == own => {
                    self.constants.extend(channels.constants(&node.name));
                }
                Plan::Positions(positions) if place == own => {
                    self.constants.push(positions.constant(&node.name));
                }
                _ => {}
            }
            // What an operation has of numbers is part of the network.
            node.trainable &= !weights::has_parameters(&node.layer);
            self.push(step, node);
        }
        Ok(())
    }

    /// Nodes of layers one after the other, of which one has the name of the step.
    fn chain(
        &mut self,
        step: &Step,
        layers: Vec<LayerSpec>,
        mut inputs: Vec<String>,
        own: usize,
    ) -> Vec<NodeSpec> {
        let mut nodes = Vec::with_capacity(layers.len());
        for (place, layer) in layers.into_iter().enumerate() {
            let name = match place.cmp(&own) {
                Ordering::Less => self.name_beside(&step.name, "before"),
                Ordering::Equal => step.name.clone(),
                Ordering::Greater => self.name_beside(&step.name, "then"),
            };
            nodes.push(NodeSpec::new(name.clone(), layer, inputs));
            inputs = vec![name];
        }
        nodes
    }

    /// Adds a layer behind those of a step, by the shape of what they give.
    fn behind(&mut self, step: &Step, layer: impl FnOnce(&Shape) -> LayerSpec) {
        let end = self.end(&step.name);
        let Some(shape) = self.shapes.get(&end) else { return };
        let layer = layer(shape);
        let name = self.name_beside(&step.name, "then");
        self.push(step, NodeSpec::new(name, layer, vec![end]));
    }

    /// A name for another layer of a call.
    fn name_beside(&mut self, step: &str, side: &str) -> String {
        let names = (1..).map(|number| format!("{step}_{side}_{number}"));
        let name = names.into_iter().find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.insert(name.clone());
        name
    }

    /// The shape of the first of these values, if it has a mask.
    fn masked_shape(&self, inputs: &[String]) -> Option<Shape> {
        let masked = inputs.first().filter(|input| self.held(input) != Mask::None)?;
        self.shapes.get(masked).cloned()
    }

    fn held(&self, node: &str) -> Mask {
        self.held.get(node).cloned().unwrap_or_default()
    }

    /// Adds a node as the last one of a step, with the shape and the mask of what it gives.
    fn push(&mut self, step: &Step, node: NodeSpec) {
        self.ends.insert(step.name.clone(), node.name.clone());
        let shapes = node.inputs.iter().map(|input| self.shapes.get(input).cloned());
        // What is wrong with it is said when the graph is made.
        let shapes = shapes.collect::<Option<Vec<Shape>>>();
        let shape = shapes.as_ref().map(|shapes| node.layer.checked_output_shape(shapes));
        if let (Some(shapes), Some(Ok(shape))) = (shapes, shape) {
            let first = || node.inputs.first().map_or(Mask::None, |input| self.held(input));
            let mask = match node.layer.layer().masking(&shapes) {
                Masking::Drops => Mask::None,
                Masking::Keeps => {
                    let all: Vec<Mask> = node.inputs.iter().map(|input| self.held(input)).collect();
                    masks::one_of(all.iter().filter(|mask| **mask != Mask::None))
                }
                Masking::First => first(),
                Masking::Reverses if first() == Mask::None => Mask::None,
                Masking::Reverses => Mask::Other,
                Masking::Makes(_) => self.masks.of(&step.name).clone(),
            };
            self.held.insert(node.name.clone(), mask);
            self.shapes.insert(node.name.clone(), shape);
        }
        self.nodes.push(node);
    }
}

/// A layer that gives what it takes in this shape, without a mask.
fn reshaped(shape: &[usize]) -> Reshape {
    Reshape { target_shape: shape.iter().map(|size| *size as i64).collect() }
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
