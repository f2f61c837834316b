//! The file's graph with its constants: nodes in order, and who makes and who takes each value.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::external::External;
use super::fold;
use super::tensor::{Constant, Tensor};
use crate::interchange::onnx::proto::{
    AttributeProto, GraphProto, NodeProto, ValueInfoProto, attribute_type,
};
use crate::{Result, err};

/// The most nodes: ten for each layer that a model may have.
const MAX_NODES: usize = 100_000;

/// A graph whose constants are known.
pub(super) struct Network {
    pub nodes: Vec<NodeProto>,
    pub constants: BTreeMap<String, Constant>,
    /// What it takes, without the initialisers that older files list, too.
    pub inputs: Vec<ValueInfoProto>,
    pub outputs: Vec<String>,
}

impl Network {
    /// Takes a graph apart, and computes what depends on constants alone.
    ///
    /// # Errors
    /// Those of [`Tensor::read`], and with all files that are missing; `Format` where nodes are not in order or
    /// make a value twice.
    pub fn new(graph: GraphProto, external: External<'_>, budget: &mut Budget) -> Result<Self> {
        if graph.node.len() > MAX_NODES {
            let found = graph.node.len();
            return Err(err!(TooLarge, "onnx: found {found} nodes, expected at most {MAX_NODES}"));
        }
        external.check(&graph)?;
        let mut constants = BTreeMap::new();
        for proto in &graph.initializer {
            constants.insert(proto.name.clone(), Rc::new(Tensor::read(proto, external)?));
        }
        let inputs = graph.input.into_iter().filter(|value| !constants.contains_key(&value.name));
        let mut network = Self {
            inputs: inputs.collect(),
            outputs: graph.output.into_iter().map(|value| value.name).collect(),
            nodes: Vec::new(),
            constants,
        };
        network.check_order(&graph.node)?;
        for node in graph.node {
            let constant = |name: &str| network.constants.get(name).map(|constant| &**constant);
            match fold::constant(&node, constant, budget)? {
                Some(constant) => {
                    network.constants.insert(node.output[0].clone(), constant);
                }
                None => network.nodes.push(node),
            }
        }
        Ok(network)
    }

    /// Every value has one source, which comes before all that take it.
    fn check_order(&self, nodes: &[NodeProto]) -> Result<()> {
        let inputs = self.inputs.iter().map(|value| value.name.as_str());
        let mut known: BTreeSet<&str> =
            self.constants.keys().map(String::as_str).chain(inputs).collect();
        for node in nodes {
            let missing =
                node.input.iter().find(|name| !name.is_empty() && !known.contains(name.as_str()));
            if let Some(name) = missing {
                return Err(err!(
                    Format,
                    "onnx: {} takes \"{name}\", which is neither an initialiser nor made by a node \
                     before it",
                    described(node)
                ));
            }
            for name in node.output.iter().filter(|name| !name.is_empty()) {
                if !known.insert(name) {
                    return Err(err!(Format, "onnx: \"{name}\" is made twice"));
                }
            }
        }
        if let Some(name) = self.outputs.iter().find(|name| !known.contains(name.as_str())) {
            return Err(err!(Format, "onnx: the output \"{name}\" is made by no node"));
        }
        Ok(())
    }

    /// The node that makes each value.
    pub fn producers(&self) -> BTreeMap<&str, usize> {
        let outputs =
            self.nodes.iter().enumerate().flat_map(|(number, node)| {
                node.output.iter().map(move |name| (name.as_str(), number))
            });
        outputs.collect()
    }

    /// How many take the numbers of each value; the outputs of the graph are taken, too.
    pub fn uses(&self) -> BTreeMap<String, usize> {
        let mut uses = BTreeMap::<String, usize>::new();
        let takers = self.nodes.iter().filter(|node| node.op_type != "Shape");
        let inputs = takers.flat_map(|node| &node.input);
        for name in inputs.chain(&self.outputs).filter(|name| !name.is_empty()) {
            *uses.entry(name.clone()).or_default() += 1;
        }
        uses
    }

    /// Leaves nodes out that nothing takes.
    pub fn remove_unused(&mut self) {
        let mut wanted: BTreeSet<String> = self.outputs.iter().cloned().collect();
        let mut kept: Vec<NodeProto> = Vec::new();
        for node in std::mem::take(&mut self.nodes).into_iter().rev() {
            if node.output.iter().any(|name| wanted.contains(name)) {
                wanted.extend(node.input.iter().cloned());
                kept.push(node);
            }
        }
        kept.reverse();
        self.nodes = kept;
    }
}

/// Numbers that may still be made of those of the file: what is computed is no more than some times as much.
pub(super) struct Budget(usize);

impl Budget {
    pub fn new(bytes: usize) -> Self {
        Self(bytes.saturating_mul(8).saturating_add(1 << 20))
    }

    /// Takes so many.
    ///
    /// # Errors
    /// `TooLarge` where there are not so many left.
    pub fn take(&mut self, numbers: usize) -> Result<()> {
        self.0 = self.0.checked_sub(numbers).ok_or_else(|| {
            err!(TooLarge, "onnx: the graph makes more constants than a file of its size explains")
        })?;
        Ok(())
    }
}

/// A node for a message.
pub(super) fn described(node: &NodeProto) -> String {
    let name = if node.name.is_empty() {
        node.output.first().map_or("", String::as_str)
    } else {
        &node.name
    };
    format!("{} \"{name}\"", operator(node))
}

/// The name of its operator, with the set if it is not ONNX's own.
pub(super) fn operator(node: &NodeProto) -> String {
    match node.domain.as_str() {
        "" | "ai.onnx" => node.op_type.clone(),
        domain => format!("{domain}.{}", node.op_type),
    }
}

/// How a node's attributes are read.
pub(super) trait Attributes {
    fn attribute(&self, name: &str) -> Option<&AttributeProto>;

    fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |attribute| attribute.i())
    }

    fn float(&self, name: &str, default: f32) -> f32 {
        self.attribute(name).map_or(default, |attribute| attribute.f())
    }

    fn ints(&self, name: &str) -> Option<&[i64]> {
        self.attribute(name).map(|attribute| &attribute.ints[..])
    }

    fn text(&self, name: &str) -> Option<String> {
        let text = self.attribute(name)?.s();
        Some(String::from_utf8_lossy(text).into_owned())
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let texts = self.attribute(name).map_or(&[][..], |attribute| &attribute.strings);
        texts.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
    }
}

impl Attributes for NodeProto {
    fn attribute(&self, name: &str) -> Option<&AttributeProto> {
        self.attribute.iter().find(|attribute| attribute.name == name)
    }
}

/// A node that takes the place of a pattern.
pub(super) fn replacement(op: &str, of: &NodeProto, input: Vec<String>) -> NodeProto {
    NodeProto {
        op_type: op.into(),
        name: of.name.clone(),
        input,
        output: of.output.clone(),
        ..NodeProto::default()
    }
}

/// An attribute for [`replacement`].
pub(super) fn float_attribute(name: &str, value: f32) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        f: Some(value),
        kind: attribute_type::FLOAT,
        ..AttributeProto::default()
    }
}
