//! ONNX files as models.
//!
//! | step | where |
//! | --- | --- |
//! | bytes to messages, whose number is checked before | `decode` |
//! | numbers in files beside the model's | `external` |
//! | constants, and what is computed of them alone | `tensor`, `fold` |
//! | nodes with their constants, in order | `network` |
//! | several nodes that are one function become one | `patterns` |
//! | each node becomes layers, or another view of a value | `operators`, on `builder`, `arrange`, `affine` |
//! | what cannot be read is said at once | `refusals` |
//! | layers with their weights become a model | `model` |
//!
//! ONNX has the channels of images first, we have them last. What layers see is ours throughout: [`builder::Live`]
//! says how ONNX's axes lie in it.

mod affine;
mod arrange;
mod builder;
mod decode;
mod external;
mod fold;
mod inputs;
mod metadata;
mod model;
mod network;
mod operators;
mod patterns;
mod refusals;
mod tensor;
#[cfg(test)]
mod tests;

#[cfg(all(test, not(target_arch = "wasm32")))]
pub(crate) use tests::examples;

use std::collections::{BTreeMap, BTreeSet};

use self::builder::{Builder, Value};
use self::external::External;
use self::network::{Budget, Network, described};
use self::refusals::Refusals;
use super::proto::{ModelProto, NodeProto};
use crate::interchange::Imported;
use crate::layers::Shape;
use crate::{Result, err};

/// The most operators that a message lists.
const MOST_LISTED: usize = 20;

/// Makes a model of an ONNX file that holds all of it: [`read_with`] without others.
///
/// # Errors
/// As [`read_with`].
pub fn read(bytes: &[u8], shapes: &[Shape]) -> Result<Imported> {
    read_with(bytes, &[], shapes)
}

/// Makes a model of an ONNX file and the files beside it, which have these names. Images are taken with their channels last, whatever the file has. `shapes` are
/// those of a sample of each input, for files that leave more open than the batch; otherwise none are given.
///
/// # Errors
/// `Format` if the bytes are no whole ONNX file or the graph contradicts itself; `Unsupported` for operators that no
/// layer does, all of them named, and for what operators have that layers do not; `TooLarge` where less memory
/// than the graph asks for is justified by the file; `Data` for weights that are not finite; what
/// [`Graph::new`](crate::graph::Graph::new) refuses; `NotFound` for a file beside it that is missing.
pub fn read_with(bytes: &[u8], beside: &[(&str, &[u8])], shapes: &[Shape]) -> Result<Imported> {
    let mut file = decode::decode(bytes)?;
    let opset = opset(&file);
    let mut notes = Vec::new();
    let (mut info, knows_preprocessing) = metadata::read(&file.metadata_props, &mut notes);
    let Some(graph) = file.graph.take() else {
        return Err(err!(Format, "onnx: the file holds no graph"));
    };
    let name = Some(graph.name.chars().take(100).collect::<String>());
    let name = name.filter(|name| !name.is_empty());
    let beside_bytes = beside.iter().map(|(_, bytes)| bytes.len());
    let mut budget = Budget::new(beside_bytes.fold(bytes.len(), usize::saturating_add));
    let mut network = Network::new(graph, External(beside), &mut budget)?;
    patterns::replace(&mut network);
    let mut refusals = Refusals::new(&network);
    let uses = network.uses();
    let constants = std::mem::take(&mut network.constants).into_iter();
    let mut builder = Builder {
        opset,
        batch: None,
        inputs: Vec::new(),
        layers: Vec::new(),
        values: constants.map(|(name, constant)| (name, Value::Constant(constant))).collect(),
        expanded: BTreeMap::new(),
        uses,
        budget,
        notes,
        views: BTreeMap::new(),
        attentions: BTreeMap::new(),
    };
    inputs::add(&mut builder, &network, shapes)?;
    for node in &network.nodes {
        if !refusals.attempt(node, || build(&mut builder, node)) {
            break;
        }
    }
    refusals.finish()?;
    let mut notes = std::mem::take(&mut builder.notes);
    let model = builder.finish(&network.outputs, name)?;
    metadata::fit_names(&model, &mut info, &mut notes);
    Ok(Imported { model, info, knows_preprocessing, notes })
}

/// The version of ONNX's own operators, which was checked.
fn opset(file: &ModelProto) -> i64 {
    let own = file.opset_import.iter().find(|set| matches!(&*set.domain, "" | "ai.onnx"));
    own.map_or(0, |set| set.version)
}

/// Makes layers of a node, or a constant where it depends on constants alone.
fn build(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let node = &*operators::settled(builder, node)?;
    let Builder { values, budget, .. } = builder;
    let constant = |name: &str| match values.get(name) {
        Some(Value::Constant(constant)) => Some(&**constant),
        _ => None,
    };
    if let Some(constant) = fold::constant(node, constant, budget)? {
        builder.values.insert(node.output[0].clone(), Value::Constant(constant));
        return Ok(());
    }
    let missing: BTreeSet<&str> = node
        .input
        .iter()
        .map(String::as_str)
        .filter(|name| !name.is_empty() && !builder.values.contains_key(*name))
        .collect();
    if let Some(name) = missing.first() {
        return Err(err!(
            Unsupported,
            "onnx: {} takes \"{name}\", an output that no layer gives",
            described(node)
        ));
    }
    if operators::attention(builder, node).map_err(|error| at_node(error, node))? {
        return Ok(());
    }
    let operator = operators::operator(node);
    let operator = operator.ok_or_else(|| builder::unsupported(node, "no layer does this"))?;
    operator(builder, node).map_err(|error| at_node(error, node))
}

/// Errors of layers say at which node they arose.
fn at_node(error: crate::Error, node: &NodeProto) -> crate::Error {
    if error.message().starts_with("onnx: ") {
        return error;
    }
    crate::Error::new(error.kind(), format!("onnx: {}: {}", described(node), error.message()))
}
