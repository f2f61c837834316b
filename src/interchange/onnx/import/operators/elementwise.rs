//! Arithmetic of values with each other and with constants.

use crate::Result;
use crate::interchange::onnx::import::affine::Affine;
use crate::interchange::onnx::import::builder::{Builder, Live, Value, unsupported};
use crate::interchange::onnx::import::fold;
use crate::interchange::onnx::import::tensor::{Constant, Data, Tensor};
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::{Add, Average, LayerSpec, Maximum, Minimum, Multiply, Subtract};

/// What a node does with a constant.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    /// `x + c`
    Add,
    /// `x - c`
    Subtract,
    /// `c - x`
    SubtractFrom,
    /// `x c`
    Multiply,
    /// `x / c`
    Divide,
}

pub(super) fn add(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    either(builder, node, Add {}.into(), [Change::Add; 2])
}

pub(super) fn multiply(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    either(builder, node, Multiply {}.into(), [Change::Multiply; 2])
}

pub(super) fn subtract(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    either(builder, node, Subtract {}.into(), [Change::Subtract, Change::SubtractFrom])
}

pub(super) fn divide(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    match builder.constant(node, 1)? {
        Some(constant) => changed(builder, node, &live, &constant, Change::Divide),
        None => Err(unsupported(node, "expected a constant to divide by")),
    }
}

pub(super) fn negate(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let live = builder.rescaled(&live, -1.0, 0.0)?;
    builder.set(node, live);
    Ok(())
}

pub(super) fn maximum(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    merged(builder, node, Maximum {}.into())
}

pub(super) fn minimum(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    merged(builder, node, Minimum {}.into())
}

pub(super) fn mean(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    merged(builder, node, Average {}.into())
}

/// With a constant on either side, or of values alone.
fn either(
    builder: &mut Builder,
    node: &NodeProto,
    layer: LayerSpec,
    changes: [Change; 2],
) -> Result<()> {
    if node.input.len() == 2 {
        for (number, change) in changes.into_iter().enumerate() {
            let other = &node.input[1 - number];
            if let Some(Value::Constant(constant)) = builder.values.get(other) {
                let constant = constant.clone();
                let live = builder.live(node, number)?;
                return changed(builder, node, &live, &constant, change);
            }
        }
    }
    merged(builder, node, layer)
}

fn merged(builder: &mut Builder, node: &NodeProto, layer: LayerSpec) -> Result<()> {
    let lives = (0..node.input.len()).map(|number| builder.live(node, number));
    let lives = lives.collect::<Result<Vec<Live>>>()?;
    let found = match &lives[..] {
        [] => return Err(unsupported(node, "expected inputs")),
        [live] => live.clone(),
        _ => {
            let (values, axes) = builder.aligned(&lives)?;
            let value = builder.push(layer, values, Vec::new())?;
            Live { value, axes, sole: true }
        }
    };
    builder.set(node, found);
    Ok(())
}

fn changed(
    builder: &mut Builder,
    node: &NodeProto,
    live: &Live,
    constant: &Constant,
    change: Change,
) -> Result<()> {
    // A constant of more axes gives its axes of size 1 to the value.
    let more = constant.shape.len().saturating_sub(live.axes.len());
    if constant.shape[..more].iter().any(|&size| size != 1) {
        return Err(unsupported(node, "the constant has more axes"));
    }
    let axes = [vec![Vec::new(); more], live.axes.clone()].concat();
    let live = &Live { axes, ..live.clone() };
    let numbers = constant.to_floats();
    let values = numbers.ok_or_else(|| unsupported(node, "found numbers that are not known"))?;
    let same = values.first().filter(|first| values.iter().all(|value| value == *first));
    // One number, whatever its shape.
    if let Some(&value) = same
        && constant.shape.iter().all(|&size| size == 1)
    {
        let value = f64::from(value);
        let live = match change {
            Change::Add => builder.rescaled(live, 1.0, value)?,
            Change::Subtract => builder.rescaled(live, 1.0, -value)?,
            Change::SubtractFrom => builder.rescaled(live, -1.0, value)?,
            Change::Multiply => builder.rescaled(live, value, 0.0)?,
            Change::Divide => builder.rescaled(live, 1.0 / value, 0.0)?,
        };
        builder.set(node, live);
        return Ok(());
    }
    if change == Change::Multiply && constant.is_all(0.0) && constant.shape.len() == live.axes.len()
    {
        return vanished(builder, node, live);
    }
    let affine = |values: Vec<f32>| {
        let all = |value: f32| Some(vec![value; values.len()]);
        let (scale, shift) = match change {
            Change::Add => (None, Some(values)),
            Change::Subtract => (None, Some(values.iter().map(|value| -value).collect())),
            Change::SubtractFrom => (all(-1.0), Some(values)),
            Change::Multiply => (Some(values), None),
            Change::Divide => (Some(values.iter().map(|value| 1.0 / value).collect()), None),
        };
        Affine { scale, shift }
    };
    let adds = matches!(change, Change::Add | Change::Subtract);
    if adds && constant.is_all(0.0) && constant.over_batch {
        builder.set(node, live.clone());
        return Ok(());
    }
    let live = along(builder, node, live, constant, affine)?;
    builder.set(node, live);
    Ok(())
}

/// Zeros in the place of a value, as the first step of a recurrent layer written out has them.
fn vanished(builder: &mut Builder, node: &NodeProto, live: &Live) -> Result<()> {
    let shape: Vec<usize> =
        (0..live.axes.len()).map(|axis| builder.sample_size(live, axis)).collect();
    let len = shape.iter().product();
    builder.budget.take(len)?;
    let zeros = Tensor { over_batch: true, ..Tensor::floats(shape, vec![0.0; len]) };
    if let Some(name) = node.output.first() {
        builder.values.insert(name.clone(), Value::Constant(zeros.into()));
    }
    Ok(())
}

/// A value plus a constant of as many axes, whose sizes are 1 or those of the value.
pub(super) fn shifted(
    builder: &mut Builder,
    node: &NodeProto,
    live: &Live,
    constant: &Tensor,
) -> Result<Live> {
    match constant.scalar() {
        Some(value) => builder.rescaled(live, 1.0, value.into()),
        None => along(builder, node, live, constant, |values| Affine {
            scale: None,
            shift: Some(values),
        }),
    }
}

/// Applies the numbers of a constant along the axes in which it has more than one.
fn along(
    builder: &mut Builder,
    node: &NodeProto,
    live: &Live,
    constant: &Tensor,
    affine: impl Fn(Vec<f32>) -> Affine,
) -> Result<Live> {
    let rank = live.axes.len();
    let wrong = || unsupported(node, "the constant's shape does not fit");
    let missing = rank.checked_sub(constant.shape.len()).ok_or_else(wrong)?;
    let sizes = [vec![1; missing], constant.shape.clone()].concat();
    let long: Vec<usize> = (0..rank).filter(|&axis| sizes[axis] != 1).collect();
    let batch = builder.batch_axis(live)?;
    if long.iter().any(|&axis| axis == batch || builder.sample_size(live, axis) != sizes[axis]) {
        return Err(wrong());
    }
    let stored = builder.stored_order(live)?;
    // Those of the constant last, in the order in which they lie.
    let (there, others): (Vec<usize>, Vec<usize>) =
        stored.iter().copied().partition(|axis| long.contains(axis));
    let all = Tensor::floats(sizes, constant.to_floats().ok_or_else(wrong)?);
    let short = (0..rank).filter(|axis| !long.contains(axis));
    let order: Vec<usize> = there.iter().copied().chain(short).collect();
    builder.budget.take(4 * all.data.len())?;
    let Data::Floats(values) = fold::transposed(&all, &order).data else { return Err(wrong()) };
    let affine = affine(values);
    let last = builder.shape(live.value).len();
    // As it lies, if the constant goes along the last axis.
    let is_last = matches!(there[..], [axis] if live.axes[axis] == [last]);
    if is_last {
        let value = builder.transformed(live.value, live.sole, affine)?;
        return Ok(Live { value, axes: live.axes.clone(), sole: true });
    }
    let order: Vec<usize> = others.into_iter().chain(there.iter().copied()).collect();
    let value = builder.arranged(live, &order)?;
    let shape = builder.shape(value).to_vec();
    let rows: usize = order.len() - there.len();
    let rows: usize = shape[..rows].iter().product();
    let made = match affine {
        Affine { scale: None, shift: Some(shift) } if rows == 1 => {
            builder.positions_added(value, shift)?
        }
        affine => {
            let numbers = shape.iter().product::<usize>();
            let flat = match there.len() {
                1 => value,
                _ => builder.reshaped(value, &[rows, numbers / rows])?,
            };
            let made = builder.transformed(flat, live.sole, affine)?;
            builder.reshaped(made, &shape)?
        }
    };
    let axes = Builder::ordered(rank, batch, &order);
    Ok(Live { value: made, axes, sole: live.sole })
}
