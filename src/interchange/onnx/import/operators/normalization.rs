//! Normalisations.

use crate::Result;
use crate::interchange::onnx::import::builder::{Builder, Live, Weight, unsupported};
use crate::interchange::onnx::import::fold;
use crate::interchange::onnx::import::network::Attributes;
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::{Axes, BatchNormalization, GroupNormalization, LayerNormalization};

/// What a small constant of a file was before it became an f32: 1e-5 and not 9.999999747378752e-6.
pub(super) fn as_written(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

/// The value with the axis 1 last, and what its axes are then.
fn channels_last(builder: &mut Builder, node: &NodeProto) -> Result<(Live, usize)> {
    let live = builder.live(node, 0)?;
    let batch = builder.batch_axis(&live)?;
    if live.axes.len() < 2 || batch != 0 {
        return Err(unsupported(node, "expected [n, channels, ...]"));
    }
    let channels = builder.sample_size(&live, 1);
    let last = builder.shape(live.value).len();
    if live.axes[1] == [last] {
        return Ok((live, channels));
    }
    let mut order = builder.stored_order(&live)?;
    order.retain(|&axis| axis != 1);
    order.push(1);
    let value = builder.arranged(&live, &order)?;
    let axes = Builder::ordered(live.axes.len(), batch, &order);
    Ok((Live { value, axes, sole: live.sole }, channels))
}

/// So many numbers of an input.
fn vector(builder: &mut Builder, node: &NodeProto, number: usize, len: usize) -> Result<Vec<f32>> {
    let (_, values) = builder.numbers(node, number)?;
    if values.len() != len {
        let found = values.len();
        return Err(unsupported(node, &format!("found {found} numbers, expected {len}")));
    }
    Ok(values)
}

pub(super) fn batch(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    if node.int("training_mode", 0) == 1 {
        return Err(unsupported(node, "it is in training mode; export the model for inference"));
    }
    let (live, channels) = channels_last(builder, node)?;
    let names = ["gamma", "beta", "movingMean", "movingVariance"];
    let mut weights = Vec::new();
    for (number, name) in names.into_iter().enumerate() {
        let values = vector(builder, node, number + 1, channels)?;
        weights.push(Weight::new(name, vec![channels], values));
    }
    let layer = BatchNormalization {
        momentum: as_written(node.float("momentum", 0.9)),
        epsilon: as_written(node.float("epsilon", 1e-5)),
        center: true,
        scale: true,
    };
    let value = builder.push(layer, vec![live.value], weights)?;
    builder.set(node, Live { value, sole: true, ..live });
    Ok(())
}

pub(super) fn layer(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let rank = live.axes.len();
    let first = super::shape::axis(node, -1, rank)?;
    let batch = builder.batch_axis(&live)?;
    let over: Vec<usize> = (first..rank).collect();
    if over.contains(&batch) {
        return Err(unsupported(node, "expected axes of a sample"));
    }
    let mut order = builder.stored_order(&live)?;
    order.retain(|axis| !over.contains(axis));
    order.extend(&over);
    let value = builder.arranged(&live, &order)?;
    let shape: Vec<usize> = over.iter().map(|&axis| builder.sample_size(&live, axis)).collect();
    let len = shape.iter().product();
    let gamma = vector(builder, node, 1, len)?;
    let mut weights = vec![Weight::new("gamma", shape.clone(), gamma)];
    let center = node.input.get(2).is_some_and(|name| !name.is_empty());
    if center {
        weights.push(Weight::new("beta", shape, vector(builder, node, 2, len)?));
    }
    let axis = Axes((1..=over.len() as i32).rev().map(|axis| -axis).collect());
    let epsilon = as_written(node.float("epsilon", 1e-5));
    let layer = LayerNormalization { axis, epsilon, center, scale: true };
    let value = builder.push(layer, vec![value], weights)?;
    let axes = Builder::ordered(rank, batch, &order);
    builder.set(node, Live { value, axes, sole: true });
    Ok(())
}

/// `GroupNormalization`, with a scale for each channel since version 21, for each group before.
pub(super) fn group(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let (live, channels) = channels_last(builder, node)?;
    let groups = usize::try_from(node.int("num_groups", 0)).ok().filter(|&groups| {
        groups > 0 && channels.is_multiple_of(groups) && i32::try_from(groups).is_ok()
    });
    let groups = groups.ok_or_else(|| unsupported(node, "the channels make no such groups"))?;
    let mut weights = Vec::new();
    for (number, name) in ["gamma", "beta"].into_iter().enumerate() {
        let (_, values) = builder.numbers(node, number + 1)?;
        let times = if values.len() == groups { channels / groups } else { 1 };
        if values.len() * times != channels {
            return Err(unsupported(node, "expected a number for each channel"));
        }
        let each = values.into_iter().flat_map(|value| std::iter::repeat_n(value, times));
        weights.push(Weight::new(name, vec![channels], each.collect()));
    }
    normalized(builder, node, &live, groups as i32, weights)
}

/// `InstanceNormalization`: each channel by itself. PyTorch writes groups of channels so, as
/// [n, groups, everything else].
pub(super) fn instance(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let shape = builder.shape(live.value).to_vec();
    let last = shape.len();
    if let [batch, group, rest] = &live.axes[..]
        && batch[..] == [0]
        && group[..] == [last.wrapping_sub(1)]
        && last >= 2
        && rest.len() + 1 == last
        && rest.contains(&last)
    {
        let (groups, channels) = (shape[last - 2], shape[last - 2].saturating_mul(shape[last - 1]));
        builder.budget.take(2 * channels)?;
        let mut weights = Vec::new();
        for (number, name) in ["gamma", "beta"].into_iter().enumerate() {
            let values = vector(builder, node, number + 1, groups)?;
            let each = values.into_iter().flat_map(|v| std::iter::repeat_n(v, shape[last - 1]));
            weights.push(Weight::new(name, vec![channels], each.collect()));
        }
        let joined = [&shape[..last - 2], &[channels]].concat();
        let value = builder.reshaped(live.value, &joined)?;
        let epsilon = as_written(node.float("epsilon", 1e-5));
        let groups = i32::try_from(groups).unwrap_or(i32::MAX);
        let layer = GroupNormalization { groups, epsilon, center: true, scale: true };
        let value = builder.push(layer, vec![value], weights)?;
        let value = builder.reshaped(value, &shape)?;
        builder.set(node, Live { value, sole: true, ..live });
        return Ok(());
    }
    let (live, channels) = channels_last(builder, node)?;
    let mut weights = Vec::new();
    for (number, name) in ["gamma", "beta"].into_iter().enumerate() {
        let values = vector(builder, node, number + 1, channels)?;
        weights.push(Weight::new(name, vec![channels], values));
    }
    normalized(builder, node, &live, -1, weights)
}

/// Groups as an axis before that of their channels, together with all positions.
pub(super) fn by_moments(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let rank = live.axes.len();
    let over = fold::axes_of(node, node.ints("axes").unwrap_or_default(), rank)?;
    let batch = builder.batch_axis(&live)?;
    let mut order = builder.stored_order(&live)?;
    let kept: Vec<usize> = order.iter().copied().filter(|axis| !over.contains(axis)).collect();
    let [groups_axis] = kept[..] else {
        return Err(unsupported(node, "expected one axis of groups besides the batch"));
    };
    if groups_axis + 2 != rank || over.contains(&batch) {
        return Err(unsupported(node, "expected groups before their channels"));
    }
    order.retain(|axis| *axis + 2 < rank);
    order.extend([rank - 2, rank - 1]);
    let value = builder.arranged(&live, &order)?;
    let shape = builder.shape(value).to_vec();
    let [positions @ .., groups, width] = &shape[..] else {
        return Err(unsupported(node, "expected groups of channels"));
    };
    let channels = groups.saturating_mul(*width);
    let mut weights = Vec::new();
    for (number, name) in ["gamma", "beta"].into_iter().enumerate() {
        let values = vector(builder, node, number + 1, channels)?;
        weights.push(Weight::new(name, vec![channels], values));
    }
    let value = builder.reshaped(value, &[positions, &[channels]].concat())?;
    let epsilon = as_written(node.float("epsilon", 1e-5));
    let groups = i32::try_from(*groups).unwrap_or(i32::MAX);
    let layer = GroupNormalization { groups, epsilon, center: true, scale: true };
    let value = builder.push(layer, vec![value], weights)?;
    let value = builder.reshaped(value, &shape)?;
    builder.set(node, Live { value, axes: Builder::ordered(rank, batch, &order), sole: true });
    Ok(())
}

fn normalized(
    builder: &mut Builder,
    node: &NodeProto,
    live: &Live,
    groups: i32,
    weights: Vec<Weight>,
) -> Result<()> {
    let epsilon = as_written(node.float("epsilon", 1e-5));
    let layer = GroupNormalization { groups, epsilon, center: true, scale: true };
    let value = builder.push(layer, vec![live.value], weights)?;
    builder.set(node, Live { value, sole: true, axes: live.axes.clone() });
    Ok(())
}
