//! Normalisations.

use super::activations::axes;
use super::builder::{float, int, ints};
use super::context::{Call, Context, Layout, TensorId};
use crate::Result;
use crate::layers::{BatchNormalization, GroupNormalization, LayerNormalization};

/// `batchNormalization`
pub(super) fn batch(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &BatchNormalization,
) -> Result<TensorId> {
    let x = cx.first(call.inputs[0]);
    let statistics = cx.statistics(call.owner, layer.scale, layer.center)?;
    let mut inputs = vec![x];
    for (name, values) in ["gamma", "beta", "movingMean", "movingVariance"].iter().zip(&statistics)
    {
        inputs.push(cx.vector(call, name, values)?);
    }
    let given = vec![float("epsilon", layer.epsilon as f32)];
    let y = cx.graph.node("BatchNormalization", &inputs, given);
    Ok(cx.tensor(y, call.output.clone(), Layout::First))
}

/// `layerNormalization`: an operator for the last axes, others for any.
pub(super) fn layer(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &LayerNormalization,
) -> Result<TensorId> {
    let rank = call.output.len();
    let axes = axes(&layer.axis, rank, Layout::Last)?;
    let x = cx.last(call.inputs[0]);
    let shape: Vec<usize> = axes.iter().map(|&axis| call.output[axis - 1]).collect();
    let are_last = axes.iter().copied().eq(rank + 1 - axes.len()..=rank);
    let y = if are_last {
        let gamma = scale(cx, call, layer.scale, &shape)?;
        let beta = shift(cx, call, layer.center, &shape)?;
        let axis = axes[0] as i64 - rank as i64 - 1;
        let given = vec![int("axis", axis), float("epsilon", layer.epsilon as f32)];
        cx.graph.node("LayerNormalization", &[x, gamma, beta], given)
    } else {
        let over = || vec![ints("axes", &axes), int("keepdims", 1)];
        let mean = cx.graph.node("ReduceMean", &[&x], over());
        let off = cx.graph.node("Sub", &[&x, &mean], vec![]);
        let squares = cx.graph.node("Mul", &[&off, &off], vec![]);
        let variance = cx.graph.node("ReduceMean", &[&squares], over());
        let epsilon = cx.graph.scalar("epsilon", layer.epsilon as f32)?;
        let sum = cx.graph.node("Add", &[&variance, &epsilon], vec![]);
        let deviation = cx.graph.node("Sqrt", &[&sum], vec![]);
        let y = cx.graph.node("Div", &[&off, &deviation], vec![]);
        let sizes =
            (1..=rank).map(|axis| if axes.contains(&axis) { call.output[axis - 1] } else { 1 });
        scaled_and_shifted(cx, call, y, layer.scale, layer.center, &sizes.collect::<Vec<_>>())?
    };
    Ok(cx.tensor(y, call.output.clone(), Layout::Last))
}

/// `groupNormalization`: instance normalisation of groups as channels, which has been in ONNX longer
/// than an operator of its own.
pub(super) fn group(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &GroupNormalization,
) -> Result<TensorId> {
    let channels = call.output[call.output.len() - 1];
    let groups = usize::try_from(layer.groups).unwrap_or(channels);
    let x = cx.first(call.inputs[0]);
    let grouped = cx.graph.integers("groups", &[0, groups as i64, -1])?;
    let grouped = cx.graph.node("Reshape", &[x, grouped], vec![]);
    let ones = format!("{}/ones", call.owner);
    let ones = cx.graph.floats(&ones, &[groups], vec![1.0; groups].into_iter())?;
    let zeros = format!("{}/zeros", call.owner);
    let zeros = cx.graph.floats(&zeros, &[groups], vec![0.0; groups].into_iter())?;
    let given = vec![float("epsilon", layer.epsilon as f32)];
    let y = cx.graph.node("InstanceNormalization", &[grouped, ones, zeros], given);
    let y = cx.graph.reshape(&y, &Layout::First.shape(&call.output))?;
    let mut sizes = vec![1; call.output.len()];
    sizes[0] = channels;
    let y = scaled_and_shifted(cx, call, y, layer.scale, layer.center, &sizes)?;
    Ok(cx.tensor(y, call.output.clone(), Layout::First))
}

/// `y gamma + beta`, as far as they are there; they get this shape.
fn scaled_and_shifted(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    mut y: String,
    scales: bool,
    shifts: bool,
    shape: &[usize],
) -> Result<String> {
    if scales {
        let gamma = scale(cx, call, true, shape)?;
        y = cx.graph.node("Mul", &[y, gamma], vec![]);
    }
    if shifts {
        let beta = shift(cx, call, true, shape)?;
        y = cx.graph.node("Add", &[y, beta], vec![]);
    }
    Ok(y)
}

/// `gamma` of this shape, ones if there is none.
fn scale(cx: &mut Context<'_>, call: &Call<'_>, there: bool, shape: &[usize]) -> Result<String> {
    let values: Vec<f32> = match there {
        true => cx.parameter(call, "gamma")?.iter().copied().collect(),
        false => vec![1.0; shape.iter().product()],
    };
    cx.graph.floats(&format!("{}/gamma", call.owner), shape, values.into_iter())
}

/// `beta` of this shape; nothing if there is none.
fn shift(cx: &mut Context<'_>, call: &Call<'_>, there: bool, shape: &[usize]) -> Result<String> {
    if !there {
        return Ok(String::new());
    }
    let values: Vec<f32> = cx.parameter(call, "beta")?.iter().copied().collect();
    cx.graph.floats(&format!("{}/beta", call.owner), shape, values.into_iter())
}
