//! Several values to one.

use super::builder::int;
use super::context::{Call, Context, Layout, TensorId};
use crate::Result;
use crate::layers::{Axes, Concatenate};

/// All inputs by one operator; two by another if that is usual.
pub(super) fn of_all(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    of_two: &str,
    of_more: &str,
) -> Result<TensorId> {
    let (inputs, layout) = aligned(cx, call)?;
    let y = cx.graph.node(if inputs.len() == 2 { of_two } else { of_more }, &inputs, vec![]);
    Ok(cx.tensor(y, call.output.clone(), layout))
}

/// One input after the other.
pub(super) fn of_pairs(cx: &mut Context<'_>, call: &Call<'_>, operator: &str) -> Result<TensorId> {
    let (inputs, layout) = aligned(cx, call)?;
    let mut inputs = inputs.into_iter();
    let first = inputs.next().unwrap_or_default();
    let y = inputs.fold(first, |y, x| cx.graph.node(operator, &[y, x], vec![]));
    Ok(cx.tensor(y, call.output.clone(), layout))
}

/// `concatenate`
pub(super) fn concatenate(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &Concatenate,
) -> Result<TensorId> {
    let (inputs, layout) = aligned(cx, call)?;
    let axis = super::activations::axes(&Axes(vec![layer.axis]), call.output.len(), layout)?;
    let y = cx.graph.node("Concat", &inputs, vec![int("axis", axis[0] as i64)]);
    Ok(cx.tensor(y, call.output.clone(), layout))
}

/// The inputs in one order: with channels first if one was made so. Shapes with fewer axes get some of
/// size 1 in front of their own in the model's order, so that they are aligned at the last.
fn aligned(cx: &mut Context<'_>, call: &Call<'_>) -> Result<(Vec<String>, Layout)> {
    let rank = call.output.len();
    let is_first = |&id: &TensorId| cx.layout(id) == Layout::First;
    let layout = if call.inputs.iter().any(is_first) { Layout::First } else { Layout::Last };
    let mut names = Vec::with_capacity(call.inputs.len());
    for (&id, shape) in call.inputs.iter().zip(&call.shapes) {
        let name = cx.arranged(id, layout);
        let missing = rank - shape.len();
        if missing == 0 {
            names.push(name);
            continue;
        }
        // Behind the batch, and behind the channels if those are there.
        let begin = if layout == Layout::First && !shape.is_empty() { 2 } else { 1 };
        let axes: Vec<i64> = (begin..begin + missing as i64).collect();
        names.push(cx.graph.unsqueeze(&name, &axes)?);
    }
    Ok((names, layout))
}
