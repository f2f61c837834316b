//! What an optimiser knows of the parameters that it updates.

use std::ops::Range;

use crate::graph::{Graph, Node, TensorSlot};
use crate::layers::Shape;

/// A tensor of parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Where it lies in the flat buffer.
    pub range: Range<usize>,
    /// Whether it is a bias, or a scale or shift of a normalisation.
    pub is_bias: bool,
    /// Its rows (inputs) and columns (outputs) if it is a matrix between inputs and outputs of a
    /// hidden layer.
    pub matrix: Option<[usize; 2]>,
}

/// All parameters, in the order in which they lie in the flat buffer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    all: Vec<Parameter>,
}

impl Parameters {
    /// Those of a graph that are trained.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        let is_hidden = hidden(graph);
        let mut all = Vec::new();
        for (node, is_hidden) in graph.nodes().iter().zip(is_hidden) {
            for slot in graph.tensors().iter().filter(|slot| slot.is_of(node)) {
                let matrix = is_hidden.then(|| matrix(node, slot)).flatten();
                all.push(Parameter {
                    range: slot.range.clone(),
                    is_bias: is_bias(slot.parameter(), &slot.shape),
                    matrix,
                });
            }
        }
        all.sort_by_key(|parameter| parameter.range.start);
        Self { all }
    }

    /// Tensors of these shapes, one after the other; those of two dimensions and more are matrices
    /// of hidden layers.
    #[must_use]
    pub fn of_shapes(shapes: &[&[usize]]) -> Self {
        let mut end = 0;
        let all = shapes.iter().map(|shape| {
            let start = end;
            end += shape.iter().product::<usize>();
            let matrix = shape.split_last().filter(|_| shape.len() > 1);
            Parameter {
                range: start..end,
                is_bias: shape.len() < 2,
                matrix: matrix.map(|(columns, rows)| [rows.iter().product(), *columns]),
            }
        });
        Self { all: all.collect() }
    }

    /// The tensors.
    #[must_use]
    pub fn tensors(&self) -> &[Parameter] {
        &self.all
    }

    /// How many numbers they are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.last().map_or(0, |parameter| parameter.range.end)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Which nodes have another with a kernel between them and the model's outputs.
fn hidden(graph: &Graph) -> Vec<bool> {
    let inputs = graph.inputs().len();
    let mut is_hidden = vec![false; graph.nodes().len()];
    for number in (0..is_hidden.len()).rev() {
        let node = &graph.nodes()[number];
        let has_kernel =
            |slot: &TensorSlot| slot.is_in(node) && slot.trainable && slot.shape.len() > 1;
        if is_hidden[number] || graph.tensors().iter().any(has_kernel) {
            let before = node.inputs.iter().filter_map(|value| value.checked_sub(inputs));
            before.for_each(|before| is_hidden[before] = true);
        }
    }
    is_hidden
}

impl TensorSlot {
    /// The layer's and the parameter's name.
    fn names(&self) -> (&str, &str) {
        self.name.rsplit_once('/').unwrap_or((&self.name, ""))
    }

    /// The name within its layer.
    fn parameter(&self) -> &str {
        self.names().1
    }

    fn is_in(&self, node: &Node) -> bool {
        self.names().0 == node.name
    }

    /// Whether it is a trained parameter of this node.
    fn is_of(&self, node: &Node) -> bool {
        self.is_in(node) && self.is_trained()
    }
}

fn is_bias(name: &str, shape: &Shape) -> bool {
    let ends = |end| name.ends_with(end);
    shape.len() < 2 || ends("bias") || ends("Bias") || name == "beta" || name == "gamma"
}

/// The rows and columns of a kernel.
fn matrix(node: &Node, slot: &TensorSlot) -> Option<[usize; 2]> {
    let name = slot.parameter();
    if is_bias(name, &slot.shape) || name == "embeddings" {
        return None;
    }
    // Of a depthwise kernel [height, width, channels, multiplier] the last two are outputs.
    let is_depthwise = name.starts_with("depthwise")
        || node.layer.type_name().starts_with("depthwise") && name == "kernel";
    let outputs = if is_depthwise { 2 } else { 1 };
    let (rows, columns) = slot.shape.split_at(slot.shape.len().saturating_sub(outputs));
    Some([rows, columns].map(|sizes| sizes.iter().product()))
}
