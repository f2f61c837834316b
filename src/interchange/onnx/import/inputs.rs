//! The model's inputs: their shapes, where the batch is, and whether images have their channels first.

use super::builder::{Builder, Live, Value};
use super::network::Network;
use crate::error::OpenInput;
use crate::interchange::onnx::proto::{Dimension, NodeProto, ValueInfoProto};
use crate::interchange::open;
use crate::layers::{MAX_ELEMENTS, Shape, element_count};
use crate::spec::InputSpec;
use crate::{Result, err};

/// The most inputs.
const MOST: usize = 64;

/// An input as the file describes it.
struct Described {
    /// `None` where a size is open.
    sizes: Vec<Option<usize>>,
    batch: usize,
}

fn described(value: &ValueInfoProto) -> Result<Described> {
    let name = &value.name;
    let shape = value.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref()?.shape.as_ref());
    let shape = shape.filter(|shape| (1..=8).contains(&shape.dim.len())).ok_or_else(|| {
        err!(Unsupported, "onnx: input \"{name}\" has no shape, expected a tensor of 1 to 8 axes")
    })?;
    let size = |value: &Option<Dimension>| match value {
        Some(Dimension::Value(size)) if *size > 0 => {
            let size = usize::try_from(*size).ok().filter(|&size| size <= MAX_ELEMENTS);
            size.map(Some).ok_or_else(|| err!(TooLarge, "onnx: input \"{name}\" is too large"))
        }
        _ => Ok(None),
    };
    let sizes: Vec<Option<usize>> =
        shape.dim.iter().map(|dim| size(&dim.value)).collect::<Result<_>>()?;
    let mut open = (0..sizes.len()).filter(|&axis| sizes[axis].is_none());
    let batch = match (open.next(), open.next()) {
        (None | Some(0), _) => 0,
        (Some(batch), None) => batch,
        _ => {
            return Err(err!(
                Unsupported,
                "onnx: input \"{name}\" has several open sizes, but its first, {}, is fixed: expected that of the batch \
                 to be open; export the model with fixed sizes",
                sizes[0].unwrap_or(0)
            ));
        }
    };
    Ok(Described { sizes, batch })
}

/// Makes inputs of those of the graph. `shapes` are those of a sample of each, channels last, or none: for
/// files that leave sizes open.
///
/// # Errors
/// `Argument` for another number of shapes; `Unsupported` for inputs without a shape or with open sizes besides
/// the batch that are not given, and where some have a fixed batch and others not; `Shape` for shapes that the
/// file contradicts.
pub(super) fn add(builder: &mut Builder, network: &Network, shapes: &[Shape]) -> Result<()> {
    if network.inputs.is_empty() || network.inputs.len() > MOST {
        let found = network.inputs.len();
        return Err(err!(Unsupported, "onnx: found {found} inputs, expected 1 to {MOST}"));
    }
    let all: Vec<Described> =
        network.inputs.iter().map(described).collect::<Result<Vec<Described>>>()?;
    builder.batch = all[0].sizes[all[0].batch];
    if all.iter().any(|input| input.sizes[input.batch] != builder.batch) {
        return Err(err!(Unsupported, "onnx: the inputs have different batches"));
    }
    if let Some(batch) = builder.batch {
        builder.notes.push(format!(
            "The file has batches of {batch}; the model takes any number of samples."
        ));
    }
    let orders: Vec<Vec<usize>> = network
        .inputs
        .iter()
        .zip(&all)
        .map(|(value, input)| sample_order(builder, network, value, input))
        .collect();
    let open = network.inputs.iter().zip(&all).zip(&orders).map(|((value, input), order)| {
        let shape = order.iter().map(|&axis| input.sizes[axis]).collect();
        OpenInput { name: value.name.clone(), shape }
    });
    let settled = open::settle("onnx", open.collect(), shapes)?;
    for (((value, input), order), mut shape) in
        network.inputs.iter().zip(&all).zip(orders).zip(settled)
    {
        if shape.is_empty() {
            shape.push(1);
        }
        element_count(&format!("onnx: input \"{}\"", value.name), &shape)?;
        let axes = Builder::ordered(input.sizes.len(), input.batch, &order);
        let name = unused_name(builder, &value.name);
        let number = builder.inputs.len();
        builder.inputs.push(InputSpec { name, shape });
        let live = Live { value: number, axes, sole: false };
        builder.values.insert(value.name.clone(), Value::Live(live));
    }
    Ok(())
}

/// The file's axes of a sample in our order, channels last.
fn sample_order(
    builder: &mut Builder,
    network: &Network,
    value: &ValueInfoProto,
    input: &Described,
) -> Vec<usize> {
    let rank = input.sizes.len();
    let mut order: Vec<usize> = (0..rank).filter(|&axis| axis != input.batch).collect();
    if input.batch == 0 && rank >= 3 && channels_first(network, value, &input.sizes) {
        // To the end.
        let channels = order.remove(0);
        order.push(channels);
        if rank == 3 {
            builder.notes.push(format!(
                "Input \"{}\" takes sequences with their channels last.",
                value.name
            ));
        }
    }
    order
}

/// A name without what ours may not hold, and not yet used.
fn unused_name(builder: &Builder, name: &str) -> String {
    let plain: String =
        name.chars().take(100).map(|c| if c == '/' || c.is_control() { '_' } else { c }).collect();
    let plain = if plain.is_empty() { "input".to_owned() } else { plain };
    let taken = |name: &str| builder.inputs.iter().any(|input| input.name == name);
    let mut free = plain.clone();
    let mut number = 1;
    while taken(&free) {
        free = format!("{plain}_{number}");
        number += 1;
    }
    free
}

/// Whether an image's or a sequence's channels come right after the batch, as the first layer says that is not
/// indifferent to it: a convolution, a pooling, or what moves the channels to there.
fn channels_first(network: &Network, value: &ValueInfoProto, sizes: &[Option<usize>]) -> bool {
    let mut names = vec![value.name.as_str()];
    for node in &network.nodes {
        if !node.input.iter().any(|name| names.contains(&name.as_str())) {
            continue;
        }
        match node.op_type.as_str() {
            "Conv"
            | "MaxPool"
            | "AveragePool"
            | "GlobalAveragePool"
            | "GlobalMaxPool"
            | "BatchNormalization"
            | "ConvTranspose"
            | "InstanceNormalization"
            | "PRelu" => {
                return true;
            }
            "Add" | "Sub" | "Mul" | "Div" | "Cast" | "Identity" | "Pad" | "Clip" | "Relu" => {
                names.extend(node.output.iter().map(String::as_str));
            }
            "Shape" | "CastLike" => {}
            _ => return is_first_by_sizes(node, sizes),
        }
    }
    is_first_by_sizes(&NodeProto::default(), sizes)
}

/// By the sizes: an image has 1, 3 or 4 channels.
fn is_first_by_sizes(node: &NodeProto, sizes: &[Option<usize>]) -> bool {
    let channels = |axis: usize| matches!(sizes[axis], Some(1 | 3 | 4));
    node.op_type != "Transpose" && sizes.len() == 4 && channels(1) && !channels(3)
}
