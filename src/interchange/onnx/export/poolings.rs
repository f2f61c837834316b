//! Poolings.

use super::builder::{int, ints};
use super::context::{Call, Context, Layout, TensorId};
use super::convolutions::{Windows, attributes, padding_of, windows};
use crate::Result;
use crate::interchange::onnx::proto::data_type;
use crate::layers::{AveragePooling1d, AveragePooling2d, MaxPooling1d, MaxPooling2d, Padding};

/// `maxPooling1d`
pub(super) fn max1d(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &MaxPooling1d,
) -> Result<TensorId> {
    let windows = along(layer.pool_size, layer.strides);
    pool(cx, call, "MaxPool", (windows, layer.padding))
}

/// `maxPooling2d`
pub(super) fn max2d(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &MaxPooling2d,
) -> Result<TensorId> {
    let strides = layer.strides.unwrap_or(layer.pool_size);
    let windows = windows(layer.pool_size.0, strides.0, [1, 1]);
    pool(cx, call, "MaxPool", (windows, layer.padding))
}

/// `averagePooling1d`
pub(super) fn average1d(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &AveragePooling1d,
) -> Result<TensorId> {
    let windows = along(layer.pool_size, layer.strides);
    pool(cx, call, "AveragePool", (windows, layer.padding))
}

/// `averagePooling2d`
pub(super) fn average2d(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &AveragePooling2d,
) -> Result<TensorId> {
    let strides = layer.strides.unwrap_or(layer.pool_size);
    let windows = windows(layer.pool_size.0, strides.0, [1, 1]);
    pool(cx, call, "AveragePool", (windows, layer.padding))
}

fn along(size: usize, stride: Option<usize>) -> Vec<Windows> {
    vec![Windows { size, stride: stride.unwrap_or(size), dilation: 1 }]
}

fn pool(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    operator: &str,
    (windows, padding): (Vec<Windows>, Padding),
) -> Result<TensorId> {
    let x = cx.first(call.inputs[0]);
    let mut given = attributes(&windows, &call.shapes[0], &call.output, padding_of(padding));
    if operator == "AveragePool" {
        given.push(int("count_include_pad", 0));
    }
    let y = cx.graph.node(operator, &[x], given);
    Ok(cx.tensor(y, call.output.clone(), Layout::First))
}

/// `globalAveragePooling1d` and `globalAveragePooling2d`
pub(super) fn global_average(cx: &mut Context<'_>, call: &Call<'_>) -> Result<TensorId> {
    let Some(mask) = call.masks.first().cloned().flatten() else {
        return whole(cx, call, "GlobalAveragePool", "ReduceMean");
    };
    let x = cx.last(call.inputs[0]);
    let counts = cx.graph.cast(&mask, data_type::FLOAT);
    let steps = cx.graph.integers("steps", &[1])?;
    let drop = || vec![int("keepdims", 0)];
    let weights = cx.graph.unsqueeze(&counts, &[2])?;
    let counted = cx.graph.node("Mul", &[&x, &weights], vec![]);
    let sum = cx.graph.node("ReduceSum", &[&counted, &steps], drop());
    let number = cx.graph.node("ReduceSum", &[&weights, &steps], drop());
    // Of no steps the mean is zero.
    let one = cx.graph.scalar("one", 1.0)?;
    let number = cx.graph.node("Max", &[&number, &one], vec![]);
    let y = cx.graph.node("Div", &[&sum, &number], vec![]);
    Ok(cx.tensor(y, call.output.clone(), Layout::Last))
}

/// `globalMaxPooling1d` and `globalMaxPooling2d`
pub(super) fn global_max(cx: &mut Context<'_>, call: &Call<'_>) -> Result<TensorId> {
    let Some(mask) = call.masks.first().cloned().flatten() else {
        return whole(cx, call, "GlobalMaxPool", "ReduceMax");
    };
    let x = cx.last(call.inputs[0]);
    let seen = cx.graph.unsqueeze(&mask, &[2])?;
    let least = cx.graph.scalar("least", f32::MIN)?;
    let hidden = cx.graph.node("Where", &[&seen, &x, &least], vec![]);
    let over = || vec![ints("axes", &[1]), int("keepdims", 0)];
    let largest = cx.graph.node("ReduceMax", &[&hidden], over());
    // Of no steps it is zero.
    let counts = cx.graph.cast(&seen, data_type::FLOAT);
    let any = cx.graph.node("ReduceMax", &[&counts], over());
    let y = cx.graph.node("Mul", &[&largest, &any], vec![]);
    Ok(cx.tensor(y, call.output.clone(), Layout::Last))
}

/// Pooling over all positions, by the operator for values with channels first, or that for any axes.
fn whole(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    operator: &str,
    reduction: &str,
) -> Result<TensorId> {
    let id = call.inputs[0];
    let x = cx.native(id);
    let y = if cx.layout(id) == Layout::First {
        let pooled = cx.graph.node(operator, &[x], vec![]);
        cx.graph.node("Flatten", &[pooled], vec![int("axis", 1)])
    } else {
        let axes: Vec<usize> = (1..call.shapes[0].len()).collect();
        cx.graph.node(reduction, &[x], vec![ints("axes", &axes), int("keepdims", 0)])
    };
    Ok(cx.tensor(y, call.output.clone(), Layout::Last))
}
