//! Functions of numbers and of rows.

use super::builder::{Builder, float, int};
use super::context::{Call, Context, Layout, TensorId};
use crate::Result;
use crate::kernels::activation::Activation as Function;
use crate::layers::{Activation, ActivationName, Axes, Softmax};

/// `activation`
pub(super) fn activation(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &Activation,
) -> Result<TensorId> {
    apply(cx, call.inputs[0], &call.output, layer.function())
}

/// The activation that a layer ends in, on a value of this name.
pub(super) fn ending(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    name: String,
    layout: Layout,
    activation: ActivationName,
) -> Result<TensorId> {
    let id = cx.tensor(name, call.output.clone(), layout);
    apply(cx, id, &call.output, activation.with_defaults())
}

fn apply(
    cx: &mut Context<'_>,
    id: TensorId,
    shape: &[usize],
    function: Function,
) -> Result<TensorId> {
    if function == Function::Linear {
        return Ok(id);
    }
    let (x, layout) = (cx.native(id), cx.layout(id));
    let channels = layout.axis(shape.len() - 1, shape.len());
    // The last axis is counted from the end, as most writers do.
    let axis = if layout == Layout::Last { -1 } else { channels as i64 };
    let y = write(&mut cx.graph, x, function, axis)?;
    Ok(cx.tensor(y, shape.to_vec(), layout))
}

/// A function of a value; `axis` is that of its rows.
fn write(graph: &mut Builder, x: String, function: Function, axis: i64) -> Result<String> {
    let x = &x;
    let with = |graph: &mut Builder, operator, attributes| graph.node(operator, &[x], attributes);
    Ok(match function {
        Function::Linear => x.clone(),
        Function::Relu => with(graph, "Relu", vec![]),
        Function::Relu6 => {
            let [least, most] = [graph.scalar("min", 0.0)?, graph.scalar("max", 6.0)?];
            graph.node("Clip", &[x, &least, &most], vec![])
        }
        Function::LeakyRelu { alpha } => with(graph, "LeakyRelu", vec![float("alpha", alpha)]),
        Function::Elu { alpha } => with(graph, "Elu", vec![float("alpha", alpha)]),
        Function::Gelu { approximate } => gelu(graph, x, approximate)?,
        Function::Sigmoid => with(graph, "Sigmoid", vec![]),
        Function::Tanh => with(graph, "Tanh", vec![]),
        Function::Softplus => with(graph, "Softplus", vec![]),
        Function::Softmax => with(graph, "Softmax", vec![int("axis", axis)]),
        Function::Selu => with(graph, "Selu", vec![]),
        Function::Silu => {
            let share = with(graph, "Sigmoid", vec![]);
            graph.node("Mul", &[x, &share], vec![])
        }
        Function::Mish => {
            let soft = with(graph, "Softplus", vec![]);
            let share = graph.node("Tanh", &[&soft], vec![]);
            graph.node("Mul", &[x, &share], vec![])
        }
        Function::HardSigmoid => {
            with(graph, "HardSigmoid", vec![float("alpha", 1.0 / 6.0), float("beta", 0.5)])
        }
        Function::HardSwish => with(graph, "HardSwish", vec![]),
        Function::Softsign => with(graph, "Softsign", vec![]),
        Function::Exponential => with(graph, "Exp", vec![]),
        Function::LogSoftmax => with(graph, "LogSoftmax", vec![int("axis", axis)]),
    })
}

/// `0.5 x (1 + erf(x / sqrt(2)))`, or `0.5 x (1 + tanh(sqrt(2 / π) (x + 0.044715 x³)))`, in the nodes
/// that runtimes know as this function.
fn gelu(graph: &mut Builder, x: &String, approximate: bool) -> Result<String> {
    let curve = if approximate {
        let [three, cubic] = [graph.scalar("three", 3.0)?, graph.scalar("cubic", 0.044_715)?];
        let factor = graph.scalar("sqrt_2_over_pi", 0.797_884_6)?;
        let power = graph.node("Pow", &[x, &three], vec![]);
        let scaled = graph.node("Mul", &[&power, &cubic], vec![]);
        let sum = graph.node("Add", &[x, &scaled], vec![]);
        let inner = graph.node("Mul", &[&sum, &factor], vec![]);
        graph.node("Tanh", &[&inner], vec![])
    } else {
        let root = graph.scalar("sqrt_2", std::f32::consts::SQRT_2)?;
        let inner = graph.node("Div", &[x, &root], vec![]);
        graph.node("Erf", &[&inner], vec![])
    };
    let [one, half] = [graph.scalar("one", 1.0)?, graph.scalar("half", 0.5)?];
    let raised = graph.node("Add", &[&curve, &one], vec![]);
    let product = graph.node("Mul", &[x, &raised], vec![]);
    Ok(graph.node("Mul", &[&product, &half], vec![]))
}

/// `softmax`
pub(super) fn softmax(cx: &mut Context<'_>, call: &Call<'_>, layer: &Softmax) -> Result<TensorId> {
    let (id, rank) = (call.inputs[0], call.output.len());
    let (x, layout) = (cx.native(id), cx.layout(id));
    let axes = axes(&layer.axis, rank, layout)?;
    let y = if let [axis] = axes[..] {
        cx.graph.node("Softmax", &[&x], vec![int("axis", axis as i64)])
    } else {
        let over = |extra| vec![super::builder::ints("axes", &axes), int("keepdims", extra)];
        let largest = cx.graph.node("ReduceMax", &[&x], over(1));
        let below = cx.graph.node("Sub", &[&x, &largest], vec![]);
        let powers = cx.graph.node("Exp", &[&below], vec![]);
        let list: Vec<i64> = axes.iter().map(|&axis| axis as i64).collect();
        let list = cx.graph.integers("axes", &list)?;
        let sum = cx.graph.node("ReduceSum", &[&powers, &list], vec![int("keepdims", 1)]);
        cx.graph.node("Div", &[&powers, &sum], vec![])
    };
    Ok(cx.tensor(y, call.output.clone(), layout))
}

/// Axes counted with the batch, in this order of them.
///
/// # Errors
/// `Argument` for axes that are not there, which no layer that was checked has.
pub(super) fn axes(axes: &Axes, rank: usize, layout: Layout) -> Result<Vec<usize>> {
    let places = axes.places("axis", rank)?;
    let mut axes: Vec<usize> = places.into_iter().map(|place| layout.axis(place, rank)).collect();
    axes.sort_unstable();
    Ok(axes)
}

/// `prelu`
pub(super) fn prelu(cx: &mut Context<'_>, call: &Call<'_>) -> Result<TensorId> {
    let id = call.inputs[0];
    let (x, layout) = (cx.native(id), cx.layout(id));
    let alpha = cx.parameter(call, "alpha")?.permuted_axes(layout.order(call.output.len()));
    let name = format!("{}/alpha", call.owner);
    let slopes = cx.graph.floats(&name, alpha.shape(), alpha.iter().copied())?;
    let y = cx.graph.node("PRelu", &[&x, &slopes], vec![]);
    Ok(cx.tensor(y, call.output.clone(), layout))
}
