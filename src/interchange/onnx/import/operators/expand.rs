//! `Expand`: arithmetic repeats by itself what is shorter, so that layers repeat only what others take.

use std::borrow::Cow;

use crate::Result;
use crate::interchange::onnx::import::builder::{Builder, Live, Value, unsupported};
use crate::interchange::onnx::import::tensor::{Data, Integer, Tensor};
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::Concatenate;

/// How often an axis may be repeated by layers.
const MOST_TIMES: usize = 64;

/// A value that is to be repeated along axes of size 1.
#[derive(Clone, Debug)]
pub(in super::super) struct Expanded {
    node: NodeProto,
    live: Live,
    sizes: Vec<Integer>,
}

/// Notes the shape that is asked for; the same shape is nothing at all.
pub(super) fn expand(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let rank = live.axes.len();
    let constant = builder.constant(node, 1)?;
    let target = match constant.as_deref() {
        Some(Tensor { data: Data::Integers(target), .. }) if target.len() == rank => target,
        _ => return Err(unsupported(node, "expected as many axes as the input has")),
    };
    let one = Integer::from(1);
    let mut sizes = Vec::with_capacity(rank);
    for (axis, &size) in target.iter().enumerate() {
        let own = builder.size(&live, axis);
        let is_repeated =
            own == one && !size.batch && size.factor > 0 && !live.axes[axis].contains(&0);
        if size != one && size != own && !is_repeated {
            return Err(unsupported(node, "expected axes of size 1 that are repeated"));
        }
        sizes.push(if size == one { own } else { size });
    }
    if (0..rank).all(|axis| sizes[axis] == builder.size(&live, axis)) {
        builder.set(node, live);
    } else if let [source, ..] = &node.input[..] {
        // Whatever takes the one takes the other.
        let takers = builder.takers(node, 0);
        *builder.uses.entry(source.clone()).or_default() += takers;
        let name = node.output.first().cloned().unwrap_or_default();
        builder.expanded.insert(name, Expanded { node: node.clone(), live, sizes });
    }
    Ok(())
}

/// A node with its inputs as they are before they are repeated, where it is arithmetic with a value of the whole
/// shape; for any other they are repeated.
///
/// # Errors
/// Those of [`repeated`].
pub(in super::super) fn settled<'a>(
    builder: &mut Builder,
    node: &'a NodeProto,
) -> Result<Cow<'a, NodeProto>> {
    let mut node = Cow::Borrowed(node);
    for number in 0..node.input.len() {
        let Some(found) = builder.expanded.get(&node.input[number]) else { continue };
        let is_whole = |name: &String| match builder.values.get(name) {
            Some(Value::Live(live)) => {
                let sizes = (0..live.axes.len()).map(|axis| builder.size(live, axis));
                found.sizes.iter().copied().eq(sizes)
            }
            _ => false,
        };
        let repeats = matches!(&*node.op_type, "Add" | "Sub" | "Mul" | "Max" | "Min" | "Sum");
        if repeats && node.input.iter().any(is_whole) {
            let source = found.node.input[0].clone();
            node.to_mut().input[number] = source;
        } else {
            let name = node.input[number].clone();
            repeated(builder, &name)?;
        }
    }
    Ok(node)
}

/// Repeats a value, if it is one that is to be.
///
/// # Errors
/// `Unsupported` where that takes too many layers.
pub(in super::super) fn repeated(builder: &mut Builder, name: &str) -> Result<()> {
    let Some(Expanded { node, mut live, sizes }) = builder.expanded.remove(name) else {
        return Ok(());
    };
    let batch = builder.batch_axis(&live)?;
    let differs = |axis: &usize| sizes[*axis] != builder.size(&live, *axis);
    let longer: Vec<usize> = (0..sizes.len()).filter(differs).collect();
    // Pixels, or whatever else.
    let order = match (sizes.len(), batch, &longer[..]) {
        (4, 0, [2, 3]) => vec![2, 3, 1],
        _ => builder.sample_axes(&live)?,
    };
    for axis in longer {
        let size = sizes[axis];
        let times = usize::try_from(size.factor).ok().filter(|times| *times <= MOST_TIMES);
        let times = times.ok_or_else(|| {
            let most =
                format!("found an axis of size {}, expected at most {MOST_TIMES}", size.factor);
            unsupported(&node, &most)
        })?;
        let value = builder.arranged(&live, &order)?;
        let place = order.iter().position(|&other| other == axis).unwrap_or(0);
        let layer = Concatenate { axis: place as i32 + 1 };
        let value = builder.push(layer, vec![value; times], Vec::new())?;
        let axes = Builder::ordered(live.axes.len(), batch, &order);
        live = Live { value, axes, sole: true };
    }
    builder.set(&node, live);
    Ok(())
}
