//! The layers that a graph becomes: what they are, what they take and their weights.

use std::collections::BTreeMap;

use super::network::{Budget, described};
use super::operators::{Attention, Expanded, Scores};
use super::tensor::{Constant, Integer};
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::{LayerSpec, Shape};
use crate::spec::InputSpec;
use crate::{Result, err};

/// A layer's output or an input of the model, seen as ONNX sees it.
///
/// Ours has the batch in front, and images with their channels last. Each axis that ONNX sees is a list of
/// ours: 0 is the batch, the others are those of a sample from 1 on; none where it is 1. So images as ONNX has
/// them, [n, channels, height, width], are [[0], [3], [1], [2]], and flattened [[0], [3, 1, 2]]: what moves
/// axes costs nothing until a layer needs them in another order.
#[derive(Clone, Debug)]
pub(super) struct Live {
    /// Inputs first, then layers.
    pub value: usize,
    pub axes: Vec<Vec<usize>>,
    /// Whether nothing else takes it, so that the layer may be changed.
    pub sole: bool,
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Constant(Constant),
    Live(Live),
    /// Between the two products of an attention.
    Scores(Box<Scores>),
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Weight {
    pub name: &'static str,
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

impl Weight {
    pub fn new(name: &'static str, shape: Vec<usize>, values: Vec<f32>) -> Self {
        Self { name, shape, values }
    }
}

/// A layer in its place.
#[derive(Clone, Debug)]
pub(super) struct Built {
    pub layer: LayerSpec,
    pub inputs: Vec<usize>,
    pub weights: Vec<Weight>,
    /// The layer whose weights it has instead of its own.
    pub weights_of: Option<usize>,
    pub shape: Shape,
}

/// The model on its way.
pub(super) struct Builder {
    /// The version of ONNX's operators.
    pub opset: i64,
    /// The size of the batch, where the file has it fixed.
    pub batch: Option<usize>,
    pub inputs: Vec<InputSpec>,
    pub layers: Vec<Built>,
    pub values: BTreeMap<String, Value>,
    /// Values that are to be repeated, unless what takes them does that itself.
    pub expanded: BTreeMap<String, Expanded>,
    /// How many take each value.
    pub uses: BTreeMap<String, usize>,
    pub budget: Budget,
    pub notes: Vec<String>,
    /// Values in other shapes that were asked for.
    pub views: BTreeMap<(usize, Shape), usize>,
    /// The parts of layers that are attentions without a projection behind them.
    pub attentions: BTreeMap<usize, Attention>,
}

impl Builder {
    /// The shape of a sample of a value.
    pub fn shape(&self, value: usize) -> &[usize] {
        match value.checked_sub(self.inputs.len()) {
            None => &self.inputs[value].shape,
            Some(layer) => &self.layers[layer].shape,
        }
    }

    /// The layer that makes a value.
    pub fn layer_of(&self, value: usize) -> Option<&Built> {
        self.layers.get(value.checked_sub(self.inputs.len())?)
    }

    pub fn layer_of_mut(&mut self, value: usize) -> Option<&mut Built> {
        self.layers.get_mut(value.checked_sub(self.inputs.len())?)
    }

    /// Adds a layer; gives its value.
    ///
    /// # Errors
    /// What the layer says of the shapes that it takes.
    pub fn push(
        &mut self,
        layer: impl Into<LayerSpec>,
        inputs: Vec<usize>,
        weights: Vec<Weight>,
    ) -> Result<usize> {
        let layer = layer.into();
        let shapes: Vec<Shape> = inputs.iter().map(|&value| self.shape(value).to_vec()).collect();
        let shape = layer.checked_output_shape(&shapes)?;
        self.layers.push(Built { layer, inputs, weights, weights_of: None, shape });
        Ok(self.inputs.len() + self.layers.len() - 1)
    }

    /// Adds a layer that has the weights of another.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_sharing(
        &mut self,
        layer: LayerSpec,
        inputs: Vec<usize>,
        with: usize,
    ) -> Result<usize> {
        let owner = with.checked_sub(self.inputs.len());
        let owner = owner.map(|layer| self.layers[layer].weights_of.unwrap_or(layer));
        let value = self.push(layer, inputs, Vec::new())?;
        if let Some(built) = self.layer_of_mut(value) {
            built.weights_of = owner;
        }
        Ok(value)
    }

    /// A value whose axes are as ours, the batch in front.
    pub fn fresh(&self, value: usize) -> Live {
        let axes = (0..=self.shape(value).len()).map(|axis| vec![axis]).collect();
        Live { value, axes, sole: true }
    }

    /// The size of one of our axes, counted with the batch.
    pub fn own_size(&self, value: usize, axis: usize) -> Integer {
        match axis.checked_sub(1) {
            Some(own) => (self.shape(value)[own] as i64).into(),
            None => match self.batch {
                Some(batch) => (batch as i64).into(),
                None => Integer { factor: 1, batch: true },
            },
        }
    }

    /// The size of an axis as ONNX sees it.
    pub fn size(&self, live: &Live, axis: usize) -> Integer {
        live.axes[axis].iter().fold(Integer::from(1), |size, &own| {
            let Integer { factor, batch } = self.own_size(live.value, own);
            Integer { factor: size.factor.saturating_mul(factor), batch: size.batch || batch }
        })
    }

    /// The numbers of a sample along an axis.
    pub fn sample_size(&self, live: &Live, axis: usize) -> usize {
        let own = live.axes[axis].iter().filter(|&&own| own > 0);
        own.map(|own| self.shape(live.value)[own - 1]).product()
    }

    /// Which axis is that of the batch.
    ///
    /// # Errors
    /// `Unsupported` where it is put together with others.
    pub fn batch_axis(&self, live: &Live) -> Result<usize> {
        let place = live.axes.iter().position(|axis| axis.contains(&0));
        place.filter(|&axis| self.sample_size(live, axis) == 1).ok_or_else(|| {
            err!(Unsupported, "onnx: the batch and another axis are put together as one")
        })
    }

    /// An input of a node that depends on the model's inputs.
    ///
    /// # Errors
    /// `Unsupported` where it is a constant, `Format` where there is none.
    pub fn live(&self, node: &NodeProto, number: usize) -> Result<Live> {
        let name = node.input.get(number).map_or("", String::as_str);
        match self.values.get(name) {
            Some(Value::Live(live)) => {
                let sole = live.sole && self.uses.get(name).is_none_or(|&uses| uses <= 1);
                Ok(Live { sole, ..live.clone() })
            }
            Some(Value::Constant(_)) => Err(err!(
                Unsupported,
                "onnx: {}: \"{name}\" is a constant, expected what depends on the input",
                described(node)
            )),
            Some(Value::Scores(_)) => Err(unsupported(node, "takes the scores of an attention")),
            None => Err(err!(Format, "onnx: {} has no input {number}", described(node))),
        }
    }

    /// An input that is a constant, if it is given at all.
    ///
    /// # Errors
    /// `Unsupported` where it is none.
    pub fn constant(&self, node: &NodeProto, number: usize) -> Result<Option<Constant>> {
        let name = node.input.get(number).map_or("", String::as_str);
        match self.values.get(name) {
            Some(Value::Constant(constant)) => Ok(Some(constant.clone())),
            Some(Value::Live(_) | Value::Scores(_)) => Err(err!(
                Unsupported,
                "onnx: {}: \"{name}\" depends on the input, expected a constant",
                described(node)
            )),
            None => Ok(None),
        }
    }

    /// The numbers of a constant that must be there, and its shape.
    pub fn numbers(&mut self, node: &NodeProto, number: usize) -> Result<(Vec<usize>, Vec<f32>)> {
        let constant = self.constant(node, number)?;
        let found = constant.and_then(|c| Some((c.shape.clone(), c.to_floats()?)));
        let (shape, values) = found.ok_or_else(|| {
            err!(Format, "onnx: {} has no numbers as input {number}", described(node))
        })?;
        self.budget.take(values.len())?;
        Ok((shape, values))
    }

    /// Whole numbers of an input, or of the attribute that older versions have in its place.
    pub fn integers(
        &self,
        node: &NodeProto,
        number: usize,
        attribute: &str,
    ) -> Result<Option<Vec<i64>>> {
        use super::network::Attributes;
        match self.constant(node, number)? {
            Some(constant) => constant.integers().map(Some).ok_or_else(|| {
                err!(Unsupported, "onnx: {}: expected whole numbers", described(node))
            }),
            None => Ok(node.ints(attribute).map(<[i64]>::to_vec)),
        }
    }

    /// Says what a node's first output is.
    pub fn set(&mut self, node: &NodeProto, live: Live) {
        self.set_output(node, 0, live);
    }

    pub fn set_output(&mut self, node: &NodeProto, number: usize, live: Live) {
        if let Some(name) = node.output.get(number).filter(|name| !name.is_empty()) {
            self.values.insert(name.clone(), Value::Live(live));
        }
    }

    /// How many take an output of a node.
    pub fn takers(&self, node: &NodeProto, output: usize) -> usize {
        let name = node.output.get(output).map_or("", String::as_str);
        self.uses.get(name).copied().unwrap_or(0)
    }
}

/// The error of what a node has and no layer does.
pub(super) fn unsupported(node: &NodeProto, what: &str) -> crate::Error {
    err!(Unsupported, "onnx: {}: {what}", described(node))
}
