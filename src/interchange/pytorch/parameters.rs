//! Parameters of our layers from tensors of PyTorch's modules.

use ndarray::{ArrayView, IxDyn};

use super::Tensor;
use super::modules::Module;
use crate::graph::{Graph, Node};
use crate::layers::{LayerSpec, Shape};

/// Numbers in our layout.
pub struct Taken<'m> {
    pub shape: Shape,
    pub values: Vec<f32>,
    /// The tensors of the module that they are from.
    pub used: Vec<&'m String>,
}

/// The order of features that were channels first before they became a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    /// Pixels, or places of a sequence.
    pub places: usize,
    pub channels: usize,
}

impl Turn {
    /// That of a layer's input: behind a flattening of an image, or of a sequence that convolutions made.
    pub fn of(graph: &Graph, node: &Node) -> Option<Self> {
        let mut value = *node.inputs.first()?;
        loop {
            let before = graph.node_of(value)?;
            let input = *before.inputs.first()?;
            let shape = graph.shape(input);
            match &before.layer {
                LayerSpec::Flatten(_) | LayerSpec::Reshape(_) if before.shape.len() == 1 => {
                    let (channels, places) = shape.split_last()?;
                    let turned = shape.len() > 2 || shape.len() == 2 && is_convolved(graph, input);
                    let places = places.iter().product();
                    return turned.then_some(Self { places, channels: *channels });
                }
                layer if keeps_features(layer) => value = input,
                _ => return None,
            }
        }
    }

    /// Rows, or numbers, in our order: [places, channels] of what is [channels, places].
    fn rows(self, taken: &mut Taken<'_>) {
        let rows = self.places * self.channels;
        if rows == 0 || taken.shape.first() != Some(&rows) {
            return;
        }
        let width = taken.values.len() / rows;
        let mut turned = Vec::with_capacity(taken.values.len());
        for row in 0..rows {
            let (place, channel) = (row / self.channels, row % self.channels);
            let from = (channel * self.places + place) * width;
            turned.extend_from_slice(&taken.values[from..from + width]);
        }
        taken.values = turned;
    }
}

/// Whether a layer leaves features in their places.
fn keeps_features(layer: &LayerSpec) -> bool {
    matches!(
        layer,
        LayerSpec::Activation(_)
            | LayerSpec::Softmax(_)
            | LayerSpec::Prelu(_)
            | LayerSpec::Dropout(_)
            | LayerSpec::SpatialDropout1d(_)
            | LayerSpec::GaussianNoise(_)
            | LayerSpec::Rescaling(_)
            | LayerSpec::BatchNormalization(_)
            | LayerSpec::LayerNormalization(_)
    )
}

/// Whether a sequence is of convolutions, which have channels first in PyTorch; others have them last.
fn is_convolved(graph: &Graph, mut value: usize) -> bool {
    while let Some(node) = graph.node_of(value) {
        match &node.layer {
            LayerSpec::Conv1d(_) | LayerSpec::MaxPooling1d(_) | LayerSpec::AveragePooling1d(_) => {
                return true;
            }
            layer if keeps_features(layer) => match node.inputs.first() {
                Some(&input) => value = input,
                None => return false,
            },
            _ => return false,
        }
    }
    false
}

/// A parameter by its name in our layer, of this shape; `None` where the module has not what it needs.
pub fn parameter<'m>(
    layer: &LayerSpec,
    name: &str,
    shape: &[usize],
    module: &'m Module,
    turn: Option<Turn>,
) -> Option<Taken<'m>> {
    let plain = |tensor: &str| of(module, tensor);
    let turned = |tensor: &str| {
        let mut taken = of(module, tensor)?;
        if let Some(turn) = turn {
            turn.rows(&mut taken);
        }
        Some(taken)
    };
    match (layer, name) {
        (LayerSpec::TimeDistributed(outer), _) => {
            parameter(&outer.layer, name, shape, module, None)
        }
        (LayerSpec::Dense(_), "kernel") => {
            let mut taken = permuted(plain("weight")?, &[1, 0])?;
            if let Some(turn) = turn {
                turn.rows(&mut taken);
            }
            Some(taken)
        }
        (LayerSpec::Conv1d(_), "kernel") => permuted(plain("weight")?, &[2, 1, 0]),
        // The transposed one has [in, out, height, width] there and [height, width, out, in] here.
        (LayerSpec::Conv2d(_) | LayerSpec::Conv2dTranspose(_), "kernel") => {
            permuted(plain("weight")?, &[2, 3, 1, 0])
        }
        (LayerSpec::DepthwiseConv2d(conv), "kernel") => {
            let mut taken = plain("weight")?;
            let [filters, 1, height, width] = taken.shape[..] else { return None };
            let channels = filters.checked_div(conv.depth_multiplier)?;
            taken.shape = vec![channels, conv.depth_multiplier, height, width];
            permuted(taken, &[2, 3, 0, 1])
        }
        (
            LayerSpec::Dense(_)
            | LayerSpec::Conv1d(_)
            | LayerSpec::Conv2d(_)
            | LayerSpec::Conv2dTranspose(_)
            | LayerSpec::DepthwiseConv2d(_),
            "bias",
        ) => plain("bias"),
        (_, "gamma") => turned("weight"),
        (_, "beta") => turned("bias"),
        (_, "movingMean") => turned("running_mean"),
        (_, "movingVariance") => turned("running_var"),
        (_, "embeddings") => plain("weight"),
        (LayerSpec::Prelu(_), _) => {
            let mut taken = turned("weight")?;
            let len = shape.iter().product();
            if taken.values.len() == 1 {
                taken.values.resize(len, taken.values[0]);
            }
            if taken.values.len() == len {
                taken.shape = shape.to_vec();
            }
            Some(taken)
        }
        (LayerSpec::Lstm(_) | LayerSpec::Gru(_) | LayerSpec::SimpleRnn(_), _) => {
            recurrent(layer, name, module, "")
        }
        (LayerSpec::Bidirectional(both), _) => {
            let (name, suffix) = match name.strip_prefix("forward") {
                Some(name) => (name, ""),
                None => (name.strip_prefix("backward")?, "_reverse"),
            };
            let name = match name {
                "Kernel" => "kernel",
                "RecurrentKernel" => "recurrentKernel",
                _ => "bias",
            };
            recurrent(&both.layer, name, module, suffix)
        }
        (LayerSpec::MultiHeadAttention(_), _) => attention(name, shape, module),
        _ => None,
    }
}

/// A tensor as it is.
fn of<'m>(module: &'m Module, name: &str) -> Option<Taken<'m>> {
    let (name, Tensor { shape, values, .. }) = module.tensors.get_key_value(name)?;
    Some(Taken { shape: shape.clone(), values: values.clone(), used: vec![name] })
}

/// The axes in another order.
fn permuted<'m>(taken: Taken<'m>, axes: &[usize]) -> Option<Taken<'m>> {
    if taken.shape.len() != axes.len() {
        return Some(taken);
    }
    let array = ArrayView::from_shape(IxDyn(&taken.shape), &taken.values).ok()?;
    let array = array.permuted_axes(axes);
    let (shape, values) = (array.shape().to_vec(), array.iter().copied().collect());
    Some(Taken { shape, values, used: taken.used })
}

/// A parameter of a recurrent layer.
fn recurrent<'m>(
    layer: &LayerSpec,
    name: &str,
    module: &'m Module,
    suffix: &str,
) -> Option<Taken<'m>> {
    // PyTorch's gates are reset, update, new; ours update, reset, new.
    let gates = |mut taken: Taken<'m>| {
        if matches!(layer, LayerSpec::Gru(_)) {
            let third = taken.values.len() / 3;
            if let Some((first, rest)) = taken.values.split_at_mut_checked(third)
                && let Some((second, _)) = rest.split_at_mut_checked(third)
            {
                first.swap_with_slice(second);
            }
        }
        taken
    };
    let tensor = |kind: &str| of(module, &format!("{kind}{suffix}")).map(gates);
    match name {
        "kernel" => permuted(tensor("weight_ih")?, &[1, 0]),
        "recurrentKernel" => permuted(tensor("weight_hh")?, &[1, 0]),
        _ => {
            let (mut inputs, state) = (tensor("bias_ih")?, tensor("bias_hh")?);
            if inputs.shape != state.shape {
                return None;
            }
            inputs.used.extend(state.used);
            if matches!(layer, LayerSpec::Gru(_)) {
                inputs.shape.insert(0, 2);
                inputs.values.extend(state.values);
            } else {
                inputs.values.iter_mut().zip(state.values).for_each(|(sum, value)| *sum += value);
            }
            Some(inputs)
        }
    }
}

/// A parameter of attention, whose three products are one in PyTorch.
fn attention<'m>(name: &str, shape: &[usize], module: &'m Module) -> Option<Taken<'m>> {
    let role =
        ["query", "key", "value", "output"].iter().position(|role| name.starts_with(role))?;
    let is_kernel = name.ends_with("Kernel");
    let mut taken = match (role, is_kernel) {
        (3, true) => of(module, "out_proj.weight")?,
        (3, false) => of(module, "out_proj.bias")?,
        (_, true) => of(module, "in_proj_weight")?,
        (_, false) => of(module, "in_proj_bias")?,
    };
    if role < 3 {
        let rows = taken.shape.first_mut().filter(|rows| **rows % 3 == 0)?;
        *rows /= 3;
        let third = taken.values.len() / 3;
        taken.values = taken.values.get(role * third..(role + 1) * third)?.to_vec();
    }
    if is_kernel {
        taken = permuted(taken, &[1, 0])?;
    }
    // The heads lie one after the other.
    let (width, heads) = match (role, is_kernel) {
        (3, true) => (shape.last(), shape.len() == 3),
        (_, true) => (shape.first(), shape.len() == 3),
        _ => (None, true),
    };
    let same = width.is_none_or(|width| taken.shape.contains(width)) && heads;
    if same && taken.values.len() == shape.iter().product::<usize>() {
        taken.shape = shape.to_vec();
    }
    Some(taken)
}
