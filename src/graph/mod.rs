//! A model as a checked graph: every name resolved, every shape known, every parameter placed.

mod analysis;
mod front;

pub(crate) use analysis::{Analysis, Known};
pub use front::FrozenFront;

use std::ops::Range;

use crate::Result;
use crate::constraints::Constraint;
use crate::initializers::{Fans, Initializer};
use crate::kernels::activation::Activation;
use crate::layers::{LayerSpec, Shape};
use crate::regularizers::Regularizer;
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
    /// Whether training leaves its parameters as they are.
    pub frozen: bool,
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
    /// Whether it can be trained: then it lies in the weights, else in the state.
    pub trainable: bool,
    /// Whether its layer is not trained.
    pub frozen: bool,
    /// Where.
    pub range: Range<usize>,
    /// How it is filled at first.
    pub initializer: Initializer,
    /// What the initialiser goes by.
    pub fans: Fans,
    /// Numbers of it that begin with 1, whatever the initialiser says.
    pub ones: Range<usize>,
    /// The penalty on it.
    pub regularizer: Option<Regularizer>,
    /// The limit on it.
    pub constraint: Option<Constraint>,
}

impl TensorSlot {
    /// Whether training changes it by its gradient.
    #[must_use]
    pub fn is_trained(&self) -> bool {
        self.trainable && !self.frozen
    }
}

/// A checked model without its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    inputs: Vec<InputSpec>,
    nodes: Vec<Node>,
    outputs: Vec<ValueId>,
    tensors: Vec<TensorSlot>,
    weights: Lengths,
    state: Lengths,
    winograd: bool,
}

/// How many numbers there are: first those of layers that are trained, then those of frozen ones.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Lengths {
    trained: usize,
    all: usize,
}

/// Where the next parameters lie, of layers that are trained and of frozen ones.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    weights: [usize; 2],
    state: [usize; 2],
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
            weights: Lengths::default(),
            state: Lengths::default(),
            winograd: spec.winograd,
        };
        let mut ends = Ends::default();
        let own = |node: &NodeSpec| node.trainable && node.weights_of.is_none();
        let trained = spec.nodes.iter().zip(&analysis.layers).filter(|(node, _)| own(node));
        for (_, known) in trained {
            for parameter in known.iter().flat_map(|known| &known.parameters) {
                let frozen = if parameter.trainable { &mut ends.weights } else { &mut ends.state };
                frozen[1] += parameter.shape.iter().product::<usize>();
            }
        }
        (graph.weights.trained, graph.state.trained) = (ends.weights[1], ends.state[1]);
        // Parameters first where they belong.
        for &number in &analysis.order {
            // An analysis without a fault knows every layer.
            let Ok(known) = &analysis.layers[number] else { continue };
            let inputs = renumbered(&analysis.inputs[number]);
            graph.push(number, &spec.nodes[number], inputs, known, &mut ends);
        }
        (graph.weights.all, graph.state.all) = (ends.weights[1], ends.state[1]);
        for (place, &number) in analysis.order.iter().enumerate() {
            let Some(owner) = analysis.owner_of(spec, number) else { continue };
            let owner = &graph.nodes[value_of[inputs + owner] - inputs];
            let (weights, state, frozen) =
                (owner.weights.clone(), owner.state.clone(), owner.frozen);
            let node = &mut graph.nodes[place];
            (node.weights, node.state, node.frozen) = (weights, state, frozen);
        }
        Ok(graph)
    }

    /// Adds a layer whose parameters follow those before of its kind.
    fn push(
        &mut self,
        number: usize,
        node: &NodeSpec,
        inputs: Vec<ValueId>,
        known: &Known,
        ends: &mut Ends,
    ) {
        let frozen = !node.trainable;
        let place = usize::from(frozen);
        let [weights, state] = [&mut ends.weights, &mut ends.state].map(|ends| &mut ends[place]);
        let begins = [*weights, *state];
        let own = if node.weights_of.is_none() { &known.parameters[..] } else { &[] };
        for parameter in own {
            let end = if parameter.trainable { &mut *weights } else { &mut *state };
            let start = *end;
            *end += parameter.shape.iter().product::<usize>();
            self.tensors.push(TensorSlot {
                name: format!("{}/{}", node.name, parameter.name),
                shape: parameter.shape.clone(),
                trainable: parameter.trainable,
                frozen,
                range: start..*end,
                initializer: parameter.initializer,
                fans: parameter.fans,
                ones: parameter.ones.clone(),
                regularizer: node.regularizers.get(parameter.name).copied(),
                constraint: node.constraints.get(parameter.name).cloned(),
            });
        }
        self.nodes.push(Node {
            name: node.name.clone(),
            layer: node.layer.clone(),
            number,
            inputs,
            shape: known.shape.clone(),
            frozen,
            weights: begins[0]..*weights,
            state: begins[1]..*state,
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
        self.weights.all
    }

    /// Those of them that training changes: they come first.
    #[must_use]
    pub fn trained_len(&self) -> usize {
        self.weights.trained
    }

    /// The other numbers that the model keeps, such as running statistics.
    #[must_use]
    pub fn state_len(&self) -> usize {
        self.state.all
    }

    /// Those of them that training changes: they come first.
    #[must_use]
    pub fn moving_len(&self) -> usize {
        self.state.trained
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

    /// The name of an input or layer.
    #[must_use]
    pub fn name_of(&self, value: ValueId) -> &str {
        self.node_of(value).map_or_else(|| &self.inputs[value].name, |node| &node.name)
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
