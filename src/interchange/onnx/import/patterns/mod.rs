//! Several nodes that are one function: found from their last node backwards, and replaced.

mod functions;
mod moments;
mod normalization;

use std::collections::BTreeMap;

use super::network::Network;
use crate::interchange::onnx::proto::NodeProto;

/// A network with what its patterns ask for.
pub(super) struct Matcher<'a> {
    network: &'a Network,
    producers: BTreeMap<&'a str, usize>,
}

impl<'a> Matcher<'a> {
    /// The node that makes a value, if it is of this operator.
    fn made(&self, name: &str, op: &str) -> Option<&'a NodeProto> {
        let node = &self.network.nodes[*self.producers.get(name)?];
        (node.op_type == op).then_some(node)
    }

    /// A constant of one number.
    fn number(&self, name: &str) -> Option<f32> {
        self.network.constants.get(name)?.scalar()
    }

    /// Whether a constant is this number, nearly.
    fn is(&self, name: &str, expected: f32) -> bool {
        self.number(name).is_some_and(|found| (found - expected).abs() <= 1e-4 * expected.abs())
    }

    /// The input of a node of two that is not what `test` finds, and what that finds of the other.
    fn either<T>(
        &self,
        node: &'a NodeProto,
        test: impl Fn(&'a str) -> Option<T>,
    ) -> Option<(&'a str, T)> {
        let [a, b] = &node.input[..] else { return None };
        test(b)
            .map(|found| (a.as_str(), found))
            .or_else(|| test(a).map(|found| (b.as_str(), found)))
    }

    /// The input that is multiplied by this number, or divided by its inverse.
    fn times(&self, node: &'a NodeProto, factor: f32) -> Option<&'a str> {
        let is_factor = |name: &str| self.is(name, factor).then_some(());
        match node.op_type.as_str() {
            "Mul" => self.either(node, is_factor).map(|(other, ())| other),
            "Div" if self.is(node.input.get(1)?, 1.0 / factor) => {
                node.input.first().map(String::as_str)
            }
            _ => None,
        }
    }

    /// The same for the node that makes a value.
    fn made_by_factor(&self, name: &str, factor: f32) -> Option<&'a str> {
        let node = &self.network.nodes[*self.producers.get(name)?];
        self.times(node, factor)
    }

    /// What this number is added to.
    fn plus(&self, name: &str, number: f32) -> Option<&'a str> {
        let node = self.made(name, "Add")?;
        let is_number = |name: &str| self.is(name, number).then_some(());
        self.either(node, is_number).map(|(other, ())| other)
    }
}

type Pattern = for<'a> fn(&Matcher<'a>, &'a NodeProto) -> Option<NodeProto>;

/// By the operator of the last node.
const PATTERNS: &[(&str, Pattern)] = &[
    ("Mul", functions::silu),
    ("Mul", functions::mish),
    ("Mul", functions::hard_swish),
    ("Div", functions::hard_swish),
    ("Div", functions::hard_sigmoid),
    ("Mul", functions::hard_sigmoid),
    ("Mul", functions::gelu),
    ("Mul", functions::gelu_by_tanh),
    ("Div", functions::softsign),
    ("Log", functions::softplus),
    ("Log", functions::log_softmax),
    ("Add", normalization::layer_with_shift),
    ("Mul", normalization::layer),
    ("Add", moments::normalization),
    ("Where", functions::wrapped),
    ("Where", functions::softplus_with_threshold),
];

/// Replaces every pattern, and leaves out what nothing takes any more.
pub(super) fn replace(network: &mut Network) {
    let matcher = Matcher { network, producers: network.producers() };
    let mut found = Vec::new();
    for (number, node) in network.nodes.iter().enumerate() {
        let patterns = PATTERNS.iter().filter(|(op, _)| *op == node.op_type);
        if let Some(new) = patterns.filter_map(|(_, pattern)| pattern(&matcher, node)).next() {
            found.push((number, new));
        }
    }
    for (number, new) in found {
        network.nodes[number] = new;
    }
    network.remove_unused();
}
