//! Nodes and constants of a graph under construction.

use std::collections::BTreeSet;

use super::too_large;
use crate::Result;
use crate::interchange::onnx::proto::{
    AttributeProto, NodeProto, TensorProto, attribute_type, data_type,
};
use crate::memory::reserve;

/// Nodes and constants, with names that nothing else has.
#[derive(Default)]
pub(super) struct Builder {
    pub nodes: Vec<NodeProto>,
    pub constants: Vec<TensorProto>,
    names: BTreeSet<String>,
    /// The layer that is being written.
    pub scope: String,
    /// Bytes of the constants so far.
    bytes: usize,
}

impl Builder {
    /// Keeps a name for what will have it.
    pub fn keep(&mut self, name: &str) {
        self.names.insert(name.into());
    }

    /// The name, or one like it that nothing has.
    pub fn unique(&mut self, wanted: &str) -> String {
        let numbered = (1..).map(|number| format!("{wanted}_{number}"));
        let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
        let free = names.find(|name| !self.names.contains(name)).unwrap_or_default();
        self.names.insert(free.clone());
        free
    }

    /// Adds a node and says what its output is called.
    pub fn node<S: AsRef<str>>(
        &mut self,
        operator: &str,
        inputs: &[S],
        attributes: Vec<Attribute>,
    ) -> String {
        let name = self.unique(&format!("{}/{operator}", self.scope));
        self.push(operator, name.clone(), inputs, attributes, vec![name.clone()]);
        name
    }

    /// Adds a node of which the second output is wanted; `first` names the other, or is empty where it
    /// may be left out.
    pub fn node_second<S: AsRef<str>>(
        &mut self,
        (operator, first): (&str, &str),
        inputs: &[S],
        attributes: Vec<Attribute>,
    ) -> String {
        let name = self.unique(&format!("{}/{operator}", self.scope));
        let mut other = String::new();
        if !first.is_empty() {
            other = self.unique(&format!("{name}/{first}"));
        }
        self.push(operator, name.clone(), inputs, attributes, vec![other, name.clone()]);
        name
    }

    /// Adds a node with an output of this name.
    pub fn push<S: AsRef<str>>(
        &mut self,
        operator: &str,
        name: String,
        inputs: &[S],
        attribute: Vec<Attribute>,
        output: Vec<String>,
    ) {
        let mut input: Vec<String> = inputs.iter().map(|name| name.as_ref().to_owned()).collect();
        while input.last().is_some_and(String::is_empty) {
            input.pop();
        }
        self.nodes.push(NodeProto {
            input,
            output,
            name,
            op_type: operator.into(),
            attribute,
            domain: String::new(),
        });
    }

    /// A constant of this kind; where there is the same of this name already, that.
    ///
    /// # Errors
    /// `TooLarge` where the file gets too large, or there is no memory for it.
    pub fn constant<T: Copy, const N: usize>(
        &mut self,
        name: &str,
        (kind, dims): (i32, &[usize]),
        values: impl ExactSizeIterator<Item = T>,
        bytes_of: impl Fn(T) -> [u8; N],
    ) -> Result<String> {
        let len = values.len().saturating_mul(N);
        self.bytes = self.bytes.saturating_add(len);
        if self.bytes > super::MOST_BYTES {
            return Err(too_large(self.bytes));
        }
        let mut raw_data = reserve("the constants of an ONNX file", len)?;
        values.for_each(|value| raw_data.extend_from_slice(&bytes_of(value)));
        let dims: Vec<i64> = dims.iter().map(|&size| size as i64).collect();
        let same = |other: &&TensorProto| {
            let base = other.name.strip_prefix(name);
            base.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
                && (other.data_type, &other.dims, &other.raw_data) == (kind, &dims, &raw_data)
        };
        if let Some(other) = self.constants.iter().find(same) {
            self.bytes -= len;
            return Ok(other.name.clone());
        }
        let name = self.unique(name);
        let tensor = TensorProto {
            dims,
            data_type: kind,
            name: name.clone(),
            raw_data,
            ..TensorProto::default()
        };
        self.constants.push(tensor);
        Ok(name)
    }

    /// A constant of numbers, named as something of this layer.
    pub fn floats(
        &mut self,
        name: &str,
        dims: &[usize],
        values: impl ExactSizeIterator<Item = f32>,
    ) -> Result<String> {
        self.constant(name, (data_type::FLOAT, dims), values, f32::to_le_bytes)
    }

    /// A number.
    pub fn scalar(&mut self, what: &str, value: f32) -> Result<String> {
        let name = format!("{}/{what}", self.scope);
        self.floats(&name, &[], [value].into_iter())
    }

    /// A whole number.
    pub fn integer(&mut self, what: &str, value: i64) -> Result<String> {
        let name = format!("{}/{what}", self.scope);
        self.constant(&name, (data_type::INT64, &[]), [value].into_iter(), i64::to_le_bytes)
    }

    /// A row of whole numbers.
    pub fn integers(&mut self, what: &str, values: &[i64]) -> Result<String> {
        let name = format!("{}/{what}", self.scope);
        let kind = (data_type::INT64, &[values.len()][..]);
        self.constant(&name, kind, values.iter().copied(), i64::to_le_bytes)
    }

    /// The shape of a value changed to [batch, ...].
    pub fn reshape(&mut self, x: &str, shape: &[usize]) -> Result<String> {
        let sizes: Vec<i64> =
            [-1].into_iter().chain(shape.iter().map(|&size| size as i64)).collect();
        let shape = self.integers("shape", &sizes)?;
        Ok(self.node("Reshape", &[x, &shape], vec![]))
    }

    /// Axes in another order.
    pub fn transpose(&mut self, x: &str, order: &[usize]) -> String {
        self.node("Transpose", &[x], vec![ints("perm", order)])
    }

    /// With axes of size 1 more.
    pub fn unsqueeze(&mut self, x: &str, axes: &[i64]) -> Result<String> {
        let axes = self.integers("axes", axes)?;
        Ok(self.node("Unsqueeze", &[x, &axes], vec![]))
    }

    /// Without an axis of size 1.
    pub fn squeeze(&mut self, x: &str, axes: &[i64]) -> Result<String> {
        let axes = self.integers("axes", axes)?;
        Ok(self.node("Squeeze", &[x, &axes], vec![]))
    }

    /// Axes in reverse.
    pub fn reverse(&mut self, x: &str, axes: &[usize]) -> Result<String> {
        let axes: Vec<i64> = axes.iter().map(|&axis| axis as i64).collect();
        let starts = self.integers("starts", &vec![-1; axes.len()])?;
        let ends = self.integers("ends", &vec![i64::MIN; axes.len()])?;
        let steps = self.integers("steps", &vec![-1; axes.len()])?;
        let axes = self.integers("axes", &axes)?;
        Ok(self.node("Slice", &[x, &starts, &ends, &axes, &steps], vec![]))
    }

    /// Numbers of another kind.
    pub fn cast(&mut self, x: &str, kind: i32) -> String {
        self.node("Cast", &[x], vec![int("to", i64::from(kind))])
    }

    /// Gives another name to a value, and to what else has that name a new one.
    pub fn rename(&mut self, from: &str, to: &str) {
        for node in &mut self.nodes {
            for name in node.input.iter_mut().chain(&mut node.output) {
                if name == from {
                    to.clone_into(name);
                }
            }
        }
        self.names.insert(to.into());
    }

    /// Leaves out what no value of these names comes from.
    pub fn prune(&mut self, outputs: &[String]) {
        let mut wanted: BTreeSet<String> = outputs.iter().cloned().collect();
        let mut kept = Vec::with_capacity(self.nodes.len());
        for node in std::mem::take(&mut self.nodes).into_iter().rev() {
            if node.output.iter().any(|output| wanted.contains(output)) {
                wanted.extend(node.input.iter().cloned());
                kept.push(node);
            }
        }
        kept.reverse();
        self.nodes = kept;
        self.constants.retain(|constant| wanted.contains(&constant.name));
    }
}

/// An attribute of a node.
pub(super) type Attribute = AttributeProto;

fn attribute(name: &str, kind: i32) -> Attribute {
    AttributeProto { name: name.into(), kind, ..AttributeProto::default() }
}

/// An attribute that is a whole number.
pub(super) fn int(name: &str, i: i64) -> Attribute {
    AttributeProto { i: Some(i), ..attribute(name, attribute_type::INT) }
}

/// An attribute that is a number.
pub(super) fn float(name: &str, f: f32) -> Attribute {
    AttributeProto { f: Some(f), ..attribute(name, attribute_type::FLOAT) }
}

/// An attribute that is a text.
pub(super) fn string(name: &str, text: &str) -> Attribute {
    AttributeProto { s: Some(text.into()), ..attribute(name, attribute_type::STRING) }
}

/// An attribute of several whole numbers.
pub(super) fn ints(name: &str, values: &[usize]) -> Attribute {
    let ints = values.iter().map(|&value| value as i64).collect();
    AttributeProto { ints, ..attribute(name, attribute_type::INTS) }
}

/// An attribute of several numbers.
pub(super) fn floats(name: &str, values: Vec<f32>) -> Attribute {
    AttributeProto { floats: values, ..attribute(name, attribute_type::FLOATS) }
}

/// An attribute of several texts.
pub(super) fn strings(name: &str, texts: &[&str]) -> Attribute {
    let strings = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    AttributeProto { strings, ..attribute(name, attribute_type::STRINGS) }
}
