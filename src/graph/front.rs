//! The part of a graph that makes the same of a sample in every step of training.

use super::{Graph, Node, ValueId};
use crate::layers::{Masking, Shape};

/// The frozen front of a graph: the layers that training leaves as they are, without randomness, up to
/// the values that what is behind takes. What these are for a sample can be computed once.
#[derive(Clone, Debug, PartialEq)]
pub struct FrozenFront {
    values: Vec<ValueId>,
    /// Of each node, in the order of the graph, whether it belongs to it.
    nodes: Vec<bool>,
    multiply_adds: u64,
}

impl FrozenFront {
    /// The values that layers behind it take, in ascending order; inputs of the model may be among them.
    #[must_use]
    pub fn values(&self) -> &[ValueId] {
        &self.values
    }

    /// Whether a node of the graph, by its place there, belongs to it.
    #[must_use]
    pub fn holds(&self, node: usize) -> bool {
        self.nodes[node]
    }

    /// The multiply-adds of its forward pass of one sample.
    #[must_use]
    pub fn multiply_adds(&self) -> u64 {
        self.multiply_adds
    }

    /// The numbers of its values for one sample.
    #[must_use]
    pub fn width(&self, graph: &Graph) -> usize {
        self.values.iter().map(|&value| graph.shape(value).iter().product::<usize>()).sum()
    }
}

impl Graph {
    /// The frozen front, as far as it goes. `None` where no layer belongs to it, and where an output of
    /// the model does: then there is an end that nothing trained leads to.
    #[must_use]
    pub fn frozen_front(&self) -> Option<FrozenFront> {
        let inputs = self.inputs.len();
        let mut constant = vec![true; inputs];
        let mut masked = vec![false; inputs];
        for node in &self.nodes {
            // Statistics of batches are learned, too.
            let learns = !(node.frozen || node.weights.is_empty() && node.state.is_empty());
            let changes = learns || node.layer.layer().is_random();
            constant.push(!changes && node.inputs.iter().all(|&input| constant[input]));
            masked.push(self.is_masked(node, &masked));
        }
        // A mask does not come along with the values, so what has one ends up behind.
        let mut taken = vec![false; constant.len()];
        for value in (0..constant.len()).rev() {
            constant[value] &= !(masked[value] && taken[value]);
            if let Some(node) = self.node_of(value).filter(|_| !constant[value]) {
                node.inputs.iter().for_each(|&input| taken[input] = true);
            }
        }
        let nodes = constant[inputs..].to_vec();
        if !nodes.contains(&true) || self.outputs.iter().any(|&output| constant[output]) {
            return None;
        }
        let own = self.nodes.iter().zip(&nodes).filter(|(_, own)| **own);
        Some(FrozenFront {
            values: (0..constant.len()).filter(|&v| constant[v] && taken[v]).collect(),
            multiply_adds: own.fold(0, |sum, (node, _)| sum.saturating_add(node.multiply_adds)),
            nodes,
        })
    }

    /// Whether some positions of a node's output may not count, where that is known of its inputs.
    fn is_masked(&self, node: &Node, masked: &[bool]) -> bool {
        let shapes: Vec<Shape> =
            node.inputs.iter().map(|&input| self.shape(input).to_vec()).collect();
        match node.layer.layer().masking(&shapes) {
            Masking::Drops => false,
            Masking::Keeps => node.inputs.iter().any(|&input| masked[input]),
            Masking::First | Masking::Reverses => masked[node.inputs[0]],
            Masking::Makes(_) => true,
        }
    }
}
