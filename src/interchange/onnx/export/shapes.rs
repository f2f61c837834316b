//! The same numbers under another shape or in another order.

use super::builder::int;
use super::context::{Call, Context, Layout, TensorId};
use crate::Result;
use crate::layers::{Flip, Permute, RepeatVector};

/// `flatten`
pub(super) fn flatten(cx: &mut Context<'_>, call: &Call<'_>) -> Result<TensorId> {
    let (id, shape) = (call.inputs[0], &call.shapes[0]);
    if shape.len() == 1 {
        return Ok(id);
    }
    // With one channel or one pixel both orders are the same numbers.
    let channels = shape[shape.len() - 1];
    let alike = channels == 1 || channels == call.output[0];
    let x = if alike { cx.native(id) } else { cx.last(id) };
    let y = cx.graph.node("Flatten", &[x], vec![int("axis", 1)]);
    Ok(cx.tensor(y, call.output.clone(), Layout::Last))
}

/// `reshape`
pub(super) fn reshape(cx: &mut Context<'_>, call: &Call<'_>) -> Result<TensorId> {
    let id = call.inputs[0];
    if call.shapes[0] == call.output {
        return Ok(id);
    }
    let x = cx.last(id);
    // Of one pixel both orders are the same numbers; most that takes it is spatial.
    let is_pixel = matches!(call.output[..], [1, 1, _]);
    let layout = if is_pixel { Layout::First } else { Layout::Last };
    let y = cx.graph.reshape(&x, &layout.shape(&call.output))?;
    Ok(cx.tensor(y, call.output.clone(), layout))
}

/// `permute`
pub(super) fn permute(cx: &mut Context<'_>, call: &Call<'_>, layer: &Permute) -> Result<TensorId> {
    let x = cx.last(call.inputs[0]);
    // It counts from 1, the batch left out: with the batch as axis 0 that is what ONNX has.
    let order: Vec<usize> = [0].into_iter().chain(layer.dims.iter().copied()).collect();
    let y = cx.graph.transpose(&x, &order);
    Ok(cx.tensor(y, call.output.clone(), Layout::Last))
}

/// `flip`
pub(super) fn flip(cx: &mut Context<'_>, call: &Call<'_>, layer: &Flip) -> Result<TensorId> {
    let (x, layout) = (cx.native(call.inputs[0]), cx.layout(call.inputs[0]));
    let axes = super::activations::axes(&layer.axis, call.output.len(), layout)?;
    let y = cx.graph.reverse(&x, &axes)?;
    Ok(cx.tensor(y, call.output.clone(), layout))
}

/// `repeatVector`
pub(super) fn repeat_vector(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &RepeatVector,
) -> Result<TensorId> {
    let x = cx.last(call.inputs[0]);
    let row = cx.graph.unsqueeze(&x, &[1])?;
    let times = cx.graph.integers("times", &[1, layer.n as i64, 1])?;
    let y = cx.graph.node("Expand", &[row, times], vec![]);
    Ok(cx.tensor(y, call.output.clone(), Layout::Last))
}
