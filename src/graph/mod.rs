//! A model as a checked graph: every name resolved, every shape known, every parameter placed.

mod analysis;

pub(crate) use analysis::{Analysis, Known};

use std::ops::Range;

use crate::Result;
use crate::initializers::{Fans, Initializer};
use crate::kernels::activation::Activation;
use crate::layers::{LayerSpec, Shape};
use crate::spec::{InputSpec, ModelSpec, NodeSpec};

/// The most parameters that a model may have: 256 MiB of them, so that their gradients, the state
/// of Adam and the packed kernels fit into a WebAssembly memory beside them.
pub const MAX_PARAMETERS: usize = 1 << 26;

/// A value that flows through the graph: the inputs come first, then the outputs of the nodes.
pub type ValueId = usize;

/// A layer in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// The layer.
    pub layer: LayerSpec,
    /// Its number in the specification; it decides the layer's random numbers.
    pub number: usize,
    /// The values that it takes.
    pub inputs: Vec<ValueId>,
    /// The shape of its output.
    pub shape: Shape,
    /// Where its trainable parameters lie in the flat buffer of the model.
    pub weights: Range<usize>,
    /// Where its other parameters lie in the flat state of the model.
    pub state: Range<usize>,
    /// The multiply-adds of its forward pass of one sample.
    pub multiply_adds: u64,
}

/// A parameter of the model and where it lies.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorSlot {
    /// "layer/parameter".
    pub name: String,
    /// Kernels of convolutions are [height, width, in, out], those of dense layers [in, out].
    pub shape: Shape,
    /// Whether it is trained: then it lies in the weights, else in the state.
    pub trainable: bool,
    /// Where.
    pub range: Range<usize>,
    /// How it is filled at first.
    pub initializer: Initializer,
    /// What the initialiser goes by.
    pub fans: Fans,
}

impl TensorSlot {
    /// Whether training changes it by its gradient.
    #[must_use]
    pub fn is_trained(&self) -> bool {
        self.trainable
    }
}

/// A checked model without its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    inputs: Vec<InputSpec>,
    nodes: Vec<Node>,
    outputs: Vec<ValueId>,
    tensors: Vec<TensorSlot>,
    weights: usize,
    state: usize,
    winograd: bool,
}

impl Graph {
    /// Checks a specification and works out every shape.
    ///
    /// # Errors
    /// The first fault; [`inspect`](crate::inspect::inspect) finds them all. `Argument` for names
    /// that are missing, given twice or in a circle and for attributes, `NotFound` for a name that
    /// nothing has, `Shape` and `TooLarge` from the layers.
    pub fn new(spec: &ModelSpec) -> Result<Self> {
        let analysis = Analysis::new(spec);
        if let Some(error) = analysis.first_error() {
            return Err(error.clone());
        }
        // From the numbers of the specification to those of the graph.
        let inputs = spec.inputs.len();
        let mut value_of: Vec<ValueId> = (0..inputs + spec.nodes.len()).collect();
        for (place, number) in analysis.order.iter().enumerate() {
            value_of[inputs + number] = inputs + place;
        }
        let renumbered = |values: &[usize]| values.iter().map(|&value| value_of[value]).collect();
        let mut graph = Self {
            inputs: spec.inputs.clone(),
            nodes: Vec::with_capacity(spec.nodes.len()),
            outputs: renumbered(&analysis.outputs),
            tensors: Vec::new(),
            weights: 0,
            state: 0,
            winograd: spec.winograd,
        };
        for &number in &analysis.order {
            // An analysis without a fault knows every layer.
            let Ok(known) = &analysis.layers[number] else { continue };
            graph.push(number, &spec.nodes[number], renumbered(&analysis.inputs[number]), known);
        }
        Ok(graph)
    }

    /// Adds a layer whose parameters follow those before.
    fn push(&mut self, number: usize, node: &NodeSpec, inputs: Vec<ValueId>, known: &Known) {
        let (weights, state) = (self.weights, self.state);
        for parameter in &known.parameters {
            let end = if parameter.trainable { &mut self.weights } else { &mut self.state };
            let start = *end;
            *end += parameter.shape.iter().product::<usize>();
            self.tensors.push(TensorSlot {
                name: format!("{}/{}", node.name, parameter.name),
                shape: parameter.shape.clone(),
                trainable: parameter.trainable,
                range: start..*end,
                initializer: parameter.initializer,
                fans: parameter.fans,
            });
        }
        self.nodes.push(Node {
            name: node.name.clone(),
            layer: node.layer.clone(),
            number,
            inputs,
            shape: known.shape.clone(),
            weights: weights..self.weights,
            state: state..self.state,
            multiply_adds: known.multiply_adds,
        });
    }

    /// The model's inputs.
    #[must_use]
    pub fn inputs(&self) -> &[InputSpec] {
        &self.inputs
    }

    /// The layers, each after those that it takes.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The values that are the model's outputs.
    #[must_use]
    pub fn outputs(&self) -> &[ValueId] {
        &self.outputs
    }

    /// The parameters, in the order of the layers.
    #[must_use]
    pub fn tensors(&self) -> &[TensorSlot] {
        &self.tensors
    }

    /// The trainable numbers.
    #[must_use]
    pub fn weights_len(&self) -> usize {
        self.weights
    }

    /// The other numbers that the model keeps, such as running statistics.
    #[must_use]
    pub fn state_len(&self) -> usize {
        self.state
    }

    /// Whether convolutions may use Winograd's algorithm.
    #[must_use]
    pub fn allows_winograd(&self) -> bool {
        self.winograd
    }

    /// The multiply-adds of the forward pass of one sample.
    #[must_use]
    pub fn multiply_adds(&self) -> u64 {
        self.nodes.iter().fold(0, |sum, node| sum.saturating_add(node.multiply_adds))
    }

    /// The node that makes a value; `None` for an input.
    #[must_use]
    pub fn node_of(&self, value: ValueId) -> Option<&Node> {
        value.checked_sub(self.inputs.len()).and_then(|node| self.nodes.get(node))
    }

    /// The value of an input or layer of this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<ValueId> {
        let inputs = self.inputs.iter().map(|input| input.name.as_str());
        inputs.chain(self.nodes.iter().map(|node| node.name.as_str())).position(|n| n == name)
    }

    /// The shape of a value, without the batch.
    #[must_use]
    pub fn shape(&self, value: ValueId) -> &[usize] {
        self.node_of(value).map_or_else(|| &self.inputs[value].shape, |node| &node.shape)
    }

    /// The shape of an output of the model, without the batch.
    #[must_use]
    pub fn output_shape(&self, output: usize) -> &[usize] {
        self.shape(self.outputs[output])
    }

    /// The function that an output of the model ends in, be it an attribute of the last layer or a
    /// layer of its own.
    #[must_use]
    pub fn output_activation(&self, output: usize) -> Activation {
        let node = self.node_of(self.outputs[output]);
        node.map_or(Activation::Linear, |node| node.layer.layer().final_activation())
    }

    /// How many layers take a value.
    #[must_use]
    pub fn consumers(&self, value: ValueId) -> usize {
        self.nodes.iter().flat_map(|node| &node.inputs).filter(|&&input| input == value).count()
    }
}

#[cfg(test)]
mod tests;
