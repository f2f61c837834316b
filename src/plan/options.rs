//! What is asked of a plan.

use super::{Head, Mode};
use crate::graph::{FrozenFront, Graph, ValueId};

/// What is asked of a plan.
#[derive(Clone, Copy)]
pub(super) struct Options<'a> {
    pub mode: Mode,
    pub head: Head,
    /// Whether the gradients of the model's inputs are wanted; of a whole graph.
    pub input_gradients: bool,
    /// Whether every layer's output is to be found after a pass; of a whole graph.
    pub keep: bool,
    pub part: Part<'a>,
}

impl Options<'_> {
    /// Of a whole graph, and nothing else.
    pub fn new(mode: Mode, head: Head) -> Self {
        Self { mode, head, input_gradients: false, keep: false, part: Part::Whole }
    }
}

/// Which layers of a graph a plan runs. They are compiled as those of the whole, with their places in
/// weights and state and with their numbers, so every bit of them is that of the whole.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    /// All.
    Whole,
    /// Those of the frozen front: its values are the outputs.
    Front(&'a FrozenFront),
    /// Those behind it: its values are the inputs.
    Behind(&'a FrozenFront),
}

impl Part<'_> {
    /// Whether it runs a node, by its place in the graph.
    pub fn runs(self, node: usize) -> bool {
        match self {
            Self::Whole => true,
            Self::Front(front) => front.holds(node),
            Self::Behind(front) => !front.holds(node),
        }
    }

    /// The values that are given.
    pub fn inputs(self, graph: &Graph) -> Vec<ValueId> {
        match self {
            Self::Whole | Self::Front(_) => (0..graph.inputs().len()).collect(),
            Self::Behind(front) => front.values().to_vec(),
        }
    }

    /// The values that are wanted.
    pub fn outputs(self, graph: &Graph) -> Vec<ValueId> {
        match self {
            Self::Whole | Self::Behind(_) => graph.outputs().to_vec(),
            Self::Front(front) => front.values().to_vec(),
        }
    }
}
