//! What is known while a model is written: its values under their ONNX names, in both orders of axes.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::ArrayViewD;

use super::builder::Builder;
use super::{ExportOptions, fold, layers, masks, preprocessing};
use crate::data::Preprocessing;
use crate::graph::{Node, ValueId};
use crate::interchange::onnx::proto::{
    Dimension, DimensionProto, GraphProto, TensorShapeProto, TensorTypeProto, TypeProto,
    ValueInfoProto, data_type,
};
use crate::layers::{LayerSpec, Shape};
use crate::model::Model;
use crate::{Result, err};

/// Where channels are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Behind all other axes, as in the model.
    Last,
    /// Behind the batch, as spatial operators want them.
    First,
}

impl Layout {
    /// Which axis, counted with the batch, an axis of a sample is.
    pub fn axis(self, place: usize, rank: usize) -> usize {
        match self {
            Self::Last => place + 1,
            Self::First if place + 1 == rank => 1,
            Self::First => place + 2,
        }
    }

    /// The axes of a sample in this order.
    pub fn order(self, rank: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..rank).collect();
        if self == Self::First {
            order.rotate_right(1.min(rank));
        }
        order
    }

    /// A shape in this order.
    pub fn shape(self, shape: &[usize]) -> Shape {
        self.order(shape.len()).into_iter().map(|axis| shape[axis]).collect()
    }
}

/// A value of the network, in one of the two orders or in both.
struct Tensor {
    shape: Shape,
    /// The order in which it was made.
    layout: Layout,
    last: Option<String>,
    first: Option<String>,
    /// Whether it is of whole numbers.
    integers: bool,
}

/// The number of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TensorId(usize);

/// A layer in its place.
pub(super) struct Call<'a> {
    /// The layer that has the parameters.
    pub owner: &'a str,
    /// What it takes.
    pub inputs: Vec<TensorId>,
    /// The shapes of that.
    pub shapes: Vec<Shape>,
    /// The shape of its output.
    pub output: Shape,
    /// Which positions of the inputs count, [batch, positions], booleans.
    pub masks: Vec<Option<String>>,
    /// A batch normalisation that becomes part of its weights.
    pub norm: Option<&'a Node>,
}

/// A model on its way to a graph.
pub(super) struct Context<'a> {
    pub model: &'a Model,
    pub options: ExportOptions,
    pub graph: Builder,
    inputs: Vec<ValueInfoProto>,
    tensors: Vec<Tensor>,
    /// Of every input and layer written so far.
    values: Vec<TensorId>,
    masks: Vec<Option<String>>,
    /// The mask that the layer which is being written makes.
    pub made_mask: Option<String>,
    /// Batch normalisations by the layers that they become part of.
    norms: BTreeMap<ValueId, &'a Node>,
    /// What was made of stored weights, by the names of those.
    pub decoded: BTreeMap<Vec<String>, String>,
}

impl<'a> Context<'a> {
    /// A model of which nothing is written yet.
    pub fn new(model: &'a Model, options: &ExportOptions) -> Self {
        let mut builder = Builder::default();
        let values = model.graph().inputs().len() + model.graph().nodes().len();
        (0..values).for_each(|value| builder.keep(model.graph().name_of(value)));
        Self {
            model,
            options: *options,
            graph: builder,
            inputs: Vec::new(),
            tensors: Vec::new(),
            values: Vec::new(),
            masks: Vec::new(),
            made_mask: None,
            norms: if options.fold_batch_normalization {
                fold::norms(model.graph())
            } else {
                BTreeMap::new()
            },
            decoded: BTreeMap::new(),
        }
    }

    /// Writes the inputs, and what makes them of pixels if that is wanted.
    ///
    /// # Errors
    /// `Unsupported` for steps that ONNX cannot express.
    pub fn inputs(&mut self, steps: Option<&Preprocessing>) -> Result<()> {
        let graph = self.model.graph();
        let source = match steps {
            Some(steps) => Some((steps, preprocessing::source(steps, graph.inputs())?)),
            None => None,
        };
        for (value, input) in graph.inputs().iter().enumerate() {
            let mut takers = graph.nodes().iter().filter(|node| node.inputs.contains(&value));
            let are_ids = source.is_none()
                && !graph.outputs().contains(&value)
                && takers.all(|node| matches!(node.layer, LayerSpec::Embedding(_)));
            let mut name = input.name.clone();
            let (kind, shape) = match &source {
                Some((_, source)) => (source.kind, &source.shape),
                None if are_ids => (data_type::INT64, &input.shape),
                None => (data_type::FLOAT, &input.shape),
            };
            self.inputs.push(described(&name, kind, shape));
            if let Some((steps, source)) = &source {
                self.graph.scope = "preprocessing".into();
                name = preprocessing::write(&mut self.graph, steps, source, &name, &input.shape)?;
            }
            let id = self.tensor(name, input.shape.clone(), Layout::Last);
            self.tensors[id.0].integers = are_ids;
            self.values.push(id);
            self.masks.push(None);
        }
        Ok(())
    }

    /// Writes a layer; they are written in their order.
    ///
    /// # Errors
    /// `TooLarge` where the file gets too large.
    pub fn layer(&mut self, node: &'a Node) -> Result<()> {
        let inputs: Vec<TensorId> = node.inputs.iter().map(|&value| self.values[value]).collect();
        let call = Call {
            owner: self.owner(node),
            shapes: inputs.iter().map(|&id| self.tensors[id.0].shape.clone()).collect(),
            inputs,
            output: node.shape.clone(),
            masks: node.inputs.iter().map(|&value| self.masks[value].clone()).collect(),
            norm: self.norms.get(&self.values.len()).copied(),
        };
        self.graph.scope.clone_from(&node.name);
        let (tensors, nodes) = (self.tensors.len(), self.graph.nodes.len());
        let is_part = self.norms.values().any(|norm| norm.number == node.number);
        let id = if is_part { call.inputs[0] } else { layers::write(self, &call, &node.layer)? };
        let mask = masks::of(self, &call, &node.layer)?;
        self.values.push(id);
        self.masks.push(mask);
        let name = self.native(id);
        let made = self.graph.nodes[nodes..].iter().any(|node| node.output.contains(&name));
        if id.0 >= tensors && made {
            self.rename(&name, &node.name);
        }
        Ok(())
    }

    /// The layer that has a layer's parameters.
    pub fn owner<'n>(&self, node: &'n Node) -> &'n str
    where
        'a: 'n,
    {
        let spec = &self.model.spec().nodes[node.number];
        spec.weights_of.as_deref().unwrap_or(&node.name)
    }

    /// The finished graph.
    ///
    /// # Errors
    /// `Unsupported` for an output that is an input of which something else was made.
    pub fn finish(mut self) -> Result<GraphProto> {
        let graph = self.model.graph();
        let (mut names, mut outputs) = (Vec::new(), Vec::new());
        for &value in graph.outputs() {
            let wanted = graph.name_of(value).to_owned();
            self.graph.scope.clone_from(&wanted);
            let found = self.last(self.values[value]);
            let made = self.graph.nodes.iter().any(|node| node.output.contains(&found));
            if found != wanted && self.inputs.iter().any(|input| input.name == wanted) {
                return Err(err!(
                    Unsupported,
                    "ONNX: the output \"{wanted}\" is an input, of which preprocessing makes others"
                ));
            }
            if found != wanted {
                // With channels first it may have the name itself.
                let other = self.graph.unique(&format!("{wanted}/first"));
                self.rename(&wanted, &other);
                if made && !names.contains(&found) {
                    self.rename(&found, &wanted);
                } else {
                    let name = self.graph.unique(&format!("{wanted}/Identity"));
                    self.graph.push("Identity", name, &[found], vec![], vec![wanted.clone()]);
                }
            }
            outputs.push(described(&wanted, data_type::FLOAT, graph.shape(value)));
            names.push(wanted);
        }
        self.graph.prune(&names);
        let made: BTreeSet<&String> =
            self.graph.nodes.iter().flat_map(|node| &node.output).collect();
        let between = self.tensors.iter().filter_map(|tensor| {
            let shape = tensor.layout.shape(&tensor.shape);
            let name = tensor.native();
            let inner = made.contains(name) && !names.contains(name);
            inner.then(|| described(name, data_type::FLOAT, &shape))
        });
        let value_info = between.collect();
        let name = self.model.spec().name.clone().filter(|name| !name.is_empty());
        Ok(GraphProto {
            name: name.unwrap_or_else(|| "tabgrad".into()),
            initializer: self.graph.constants,
            input: self.inputs,
            output: outputs,
            value_info,
            node: self.graph.nodes,
        })
    }

    /// A value of this name.
    pub fn tensor(&mut self, name: String, shape: Shape, layout: Layout) -> TensorId {
        let [mut last, mut first] = [None, None];
        // One axis has one order.
        match if shape.len() < 2 { Layout::Last } else { layout } {
            Layout::Last => last = Some(name),
            Layout::First => first = Some(name),
        }
        let layout = if last.is_some() { Layout::Last } else { Layout::First };
        self.tensors.push(Tensor { shape, layout, last, first, integers: false });
        TensorId(self.tensors.len() - 1)
    }

    /// The order in which a value was made.
    pub fn layout(&self, id: TensorId) -> Layout {
        self.tensors[id.0].layout
    }

    /// Whether a value is of whole numbers.
    pub fn is_integer(&self, id: TensorId) -> bool {
        self.tensors[id.0].integers
    }

    /// The name of a value in the order in which it was made.
    pub fn native(&self, id: TensorId) -> String {
        self.tensors[id.0].native().clone()
    }

    /// The name of a value with channels behind the other axes.
    pub fn last(&mut self, id: TensorId) -> String {
        self.arranged(id, Layout::Last)
    }

    /// The name of a value with channels before the other axes of a sample.
    pub fn first(&mut self, id: TensorId) -> String {
        self.arranged(id, Layout::First)
    }

    /// The name of a value in an order; it is transposed unless it was before.
    pub fn arranged(&mut self, id: TensorId, layout: Layout) -> String {
        let tensor = &self.tensors[id.0];
        let rank = tensor.shape.len();
        let (own, other) = match layout {
            Layout::Last => (&tensor.last, &tensor.first),
            Layout::First => (&tensor.first, &tensor.last),
        };
        if let Some(name) = own.as_ref().or(other.as_ref().filter(|_| rank < 2)) {
            return name.clone();
        }
        let from = tensor.native().clone();
        let mut order: Vec<usize> = (0..=rank).collect();
        match layout {
            Layout::First => order[1..].rotate_right(1),
            Layout::Last => order[1..].rotate_left(1),
        }
        let name = self.graph.transpose(&from, &order);
        let tensor = &mut self.tensors[id.0];
        match layout {
            Layout::Last => tensor.last = Some(name.clone()),
            Layout::First => tensor.first = Some(name.clone()),
        }
        name
    }

    /// The numbers of a parameter.
    ///
    /// # Errors
    /// `NotFound`, which no layer that was checked leads to.
    pub fn parameter(&self, call: &Call<'_>, name: &str) -> Result<ArrayViewD<'a, f32>> {
        self.model.tensor(&format!("{}/{name}", call.owner))
    }

    fn rename(&mut self, from: &str, to: &str) {
        self.graph.rename(from, to);
        let names =
            self.tensors.iter_mut().flat_map(|tensor| [&mut tensor.last, &mut tensor.first]);
        for name in names.flatten().chain(self.masks.iter_mut().flatten()) {
            if name == from {
                to.clone_into(name);
            }
        }
    }
}

impl Tensor {
    fn native(&self) -> &String {
        static NONE: String = String::new();
        let name = match self.layout {
            Layout::Last => &self.last,
            Layout::First => &self.first,
        };
        name.as_ref().unwrap_or(&NONE)
    }
}

/// A value with its type, [batch, ...].
fn described(name: &str, elem_type: i32, shape: &[usize]) -> ValueInfoProto {
    let batch = Dimension::Name("batch".into());
    let sizes = shape.iter().map(|&size| Dimension::Value(size as i64));
    let dim = [batch].into_iter().chain(sizes);
    let dim = dim.map(|size| DimensionProto { value: Some(size) }).collect();
    let tensor_type = Some(TensorTypeProto { elem_type, shape: Some(TensorShapeProto { dim }) });
    ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type }) }
}
