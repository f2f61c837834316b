//! What changes how numbers are seen, and moves them only where it must.

use std::collections::VecDeque;

use crate::Result;
use crate::interchange::onnx::import::builder::{Builder, Live, Value, unsupported};
use crate::interchange::onnx::import::fold;
use crate::interchange::onnx::import::network::Attributes;
use crate::interchange::onnx::import::tensor::{Data, Integer, Tensor};
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::Concatenate;

/// The axis that a node names.
pub(super) fn axis(node: &NodeProto, default: i64, rank: usize) -> Result<usize> {
    Ok(fold::axes_of(node, &[node.int("axis", default)], rank)?[0])
}

pub(super) fn identity(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    if node.op_type == "Cast" && !fold::is_float(node.int("to", 1)) {
        // Numbers of words are whole already.
        let live = builder.live(node, 0)?;
        if builder.layer_of(live.value).is_some() {
            return Err(unsupported(node, "what depends on the input becomes whole numbers"));
        }
    }
    let live = builder.live(node, 0)?;
    builder.set(node, live);
    Ok(())
}

/// A constant in the type of a value, which is one of floats; or a value.
pub(super) fn cast_like(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let Some(Value::Constant(constant)) = node.input.first().and_then(|x| builder.values.get(x))
    else {
        return identity(builder, node);
    };
    let values = constant.to_floats();
    let values = values.ok_or_else(|| unsupported(node, "expected numbers that are known"))?;
    let floats = Tensor { data: Data::Floats(values), ..(**constant).clone() };
    if let Some(name) = node.output.first() {
        builder.values.insert(name.clone(), Value::Constant(floats.into()));
    }
    Ok(())
}

pub(super) fn transpose(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let order = fold::permutation(node, live.axes.len())?;
    let axes = order.iter().map(|&axis| live.axes[axis].clone()).collect();
    builder.set(node, Live { axes, ..live });
    Ok(())
}

pub(super) fn squeeze(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let mut live = builder.live(node, 0)?;
    let rank = live.axes.len();
    let one = Integer::from(1);
    let gone = match builder.integers(node, 1, "axes")? {
        Some(axes) => fold::axes_of(node, &axes, rank)?,
        None => (0..rank)
            .filter(|&axis| builder.size(&live, axis) == one && !live.axes[axis].contains(&0))
            .collect(),
    };
    if gone.iter().any(|&axis| builder.size(&live, axis) != one || live.axes[axis].contains(&0)) {
        return Err(unsupported(node, "expected axes of size 1 and not the batch"));
    }
    let mut axis = 0;
    live.axes.retain(|_| {
        axis += 1;
        !gone.contains(&(axis - 1))
    });
    builder.set(node, live);
    Ok(())
}

pub(super) fn unsqueeze(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let mut live = builder.live(node, 0)?;
    let axes = builder.integers(node, 1, "axes")?.unwrap_or_default();
    let rank = live.axes.len() + axes.len();
    let mut new = fold::axes_of(node, &axes, rank)?;
    new.sort_unstable();
    new.into_iter().for_each(|axis| live.axes.insert(axis, Vec::new()));
    builder.set(node, live);
    Ok(())
}

pub(super) fn shape(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let sizes: Vec<Integer> = (0..live.axes.len()).map(|axis| builder.size(&live, axis)).collect();
    let list = Tensor::list(fold::part(node, &sizes));
    if let Some(name) = node.output.first() {
        builder.values.insert(name.clone(), Value::Constant(list.into()));
    }
    Ok(())
}

pub(super) fn flatten(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let rank = live.axes.len();
    // The axis may be behind the last.
    let first = match node.int("axis", 1) {
        axis if axis == rank as i64 => rank,
        _ => axis(node, 1, rank)?,
    };
    let [rows, columns] = [&live.axes[..first], &live.axes[first..]].map(<[Vec<usize>]>::concat);
    builder.set(node, Live { axes: vec![rows, columns], ..live });
    Ok(())
}

pub(super) fn concat(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let is_live = |name: &String| matches!(builder.values.get(name), Some(Value::Live(_)));
    let first = node.input.iter().position(is_live).unwrap_or(0);
    let first = builder.live(node, first)?;
    if node.input.len() == 1 {
        builder.set(node, first);
        return Ok(());
    }
    let rank = first.axes.len();
    let along = axis(node, 1, rank)?;
    let mut lives = Vec::new();
    for (number, name) in node.input.iter().enumerate() {
        lives.push(match builder.values.get(name) {
            Some(Value::Constant(constant)) => {
                let constant = constant.clone();
                super::constant::beside(builder, node, &first, along, &constant)?
            }
            _ => builder.live(node, number)?,
        });
    }
    let batch = builder.batch_axis(&first)?;
    let mut order = builder.stored_order(&first)?;
    if builder.sample_size(&first, along) == 1 {
        // What has a size of 1 lies anywhere: where ONNX has it.
        order.retain(|&axis| axis != along);
        let before = order.iter().filter(|&&axis| axis < along).count();
        order.insert(before, along);
    }
    let Some(place) = order.iter().position(|&axis| axis == along) else {
        return Err(unsupported(node, "the batch is put together"));
    };
    let mut values = Vec::new();
    for live in &lives {
        if live.axes.len() != rank || builder.batch_axis(live)? != batch {
            return Err(unsupported(node, "the inputs have other axes"));
        }
        values.push(builder.arranged(live, &order)?);
    }
    let axes = Builder::ordered(rank, batch, &order);
    let value = match super::slice::whole(builder, &values, place) {
        Some((source, shape)) => builder.reshaped(source, &shape)?,
        None => builder.push(Concatenate { axis: place as i32 + 1 }, values, Vec::new())?,
    };
    builder.set(node, Live { value, axes, sole: false });
    Ok(())
}

pub(super) fn reshape(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let target = target(builder, node, &live)?;
    let found = match regrouped(builder, &live, &target)? {
        Some(live) => live,
        None => moved(builder, node, &live, &target)?,
    };
    builder.set(node, found);
    Ok(())
}

/// The sizes that a `Reshape` asks for.
fn target(builder: &Builder, node: &NodeProto, live: &Live) -> Result<Vec<Integer>> {
    let constant = builder.constant(node, 1)?;
    let mut target: Vec<Integer> = match constant.as_deref() {
        Some(Tensor { data: Data::Integers(target), .. }) => target.clone(),
        Some(_) => return Err(unsupported(node, "expected whole numbers as the shape")),
        None => node.ints("shape").unwrap_or_default().iter().map(|&size| size.into()).collect(),
    };
    let keep = node.int("allowzero", 0) == 0;
    for (axis, size) in target.iter_mut().enumerate() {
        if *size == Integer::from(0) && keep && axis < live.axes.len() {
            *size = builder.size(live, axis);
        }
    }
    let wrong = || unsupported(node, "the shape does not fit the input");
    let product = |sizes: Vec<Integer>| {
        sizes.into_iter().try_fold(Integer::from(1), |product, size| {
            let factor = product.factor.checked_mul(size.factor)?;
            let twice = product.batch && size.batch;
            (size.factor > 0 && !twice)
                .then_some(Integer { factor, batch: product.batch || size.batch })
        })
    };
    let all = product((0..live.axes.len()).map(|axis| builder.size(live, axis)).collect());
    let all = all.ok_or_else(wrong)?;
    let free = target.iter().position(|size| *size == Integer::from(-1));
    let others = target.iter().enumerate().filter(|(axis, _)| Some(*axis) != free);
    let known = product(others.map(|(_, size)| *size).collect()).ok_or_else(wrong)?;
    match free {
        Some(free) if all.factor % known.factor == 0 && (all.batch || !known.batch) => {
            let batch = all.batch && !known.batch;
            target[free] = Integer { factor: all.factor / known.factor, batch };
        }
        None if all == known => {}
        _ => return Err(wrong()),
    }
    Ok(target)
}

/// The same value with its axes put together otherwise, some of them cut; `None` where that is not possible
/// without moving numbers.
fn regrouped(builder: &mut Builder, live: &Live, target: &[Integer]) -> Result<Option<Live>> {
    let shape = builder.shape(live.value).to_vec();
    // A batch of one takes no part in it, as no axis of size 1 does.
    let is_one = builder.batch == Some(1);
    // Our axes in ONNX's order, with their sizes and which part of a cut one it is.
    let mut left: VecDeque<(usize, usize, usize)> = VecDeque::new();
    for &own in live.axes.iter().flatten() {
        let size = if own == 0 { builder.batch.unwrap_or(1) } else { shape[own - 1] };
        if (own == 0 && !is_one) || size != 1 {
            left.push_back((own, size, 0));
        }
    }
    let mut cuts: Vec<Vec<usize>> = shape.iter().map(|&size| vec![size]).collect();
    let mut groups: Vec<Vec<(usize, usize)>> = Vec::new();
    for size in target {
        let Ok(mut needed) = usize::try_from(size.factor) else { return Ok(None) };
        let mut batch_needed = size.batch;
        let mut group = Vec::new();
        while needed > 1 || batch_needed {
            let Some((own, size, part)) = left.pop_front() else { return Ok(None) };
            if own == 0 && builder.batch.is_none() {
                if !batch_needed {
                    return Ok(None);
                }
                batch_needed = false;
            } else if needed.is_multiple_of(size) {
                needed /= size;
            } else if own > 0 && needed > 1 && size.is_multiple_of(needed) {
                cuts[own - 1][part] = needed;
                cuts[own - 1].push(size / needed);
                left.push_front((own, size / needed, part + 1));
                needed = 1;
            } else {
                return Ok(None);
            }
            group.push((own, part));
        }
        groups.push(group);
    }
    if !left.is_empty() {
        return Ok(None);
    }
    if is_one {
        // It is where it was or at the first size of 1, else put together with what is in front, as rows are.
        let one = |axis: &usize| target.get(*axis) == Some(&Integer::from(1));
        let before = live.axes.iter().position(|axis| axis.contains(&0)).filter(one);
        let place = before.or_else(|| (0..target.len()).find(one)).unwrap_or(0);
        let Some(group) = groups.get_mut(place) else { return Ok(None) };
        group.insert(0, (0, 0));
    }
    let mut first = vec![0, 1];
    for cut in &cuts {
        first.push(first[first.len() - 1] + cut.len());
    }
    let numbered = |(own, part): (usize, usize)| if own == 0 { 0 } else { first[own] + part };
    let axes = groups.into_iter().map(|group| group.into_iter().map(numbered).collect()).collect();
    let value = match cuts.iter().all(|cut| cut.len() == 1) {
        true => live.value,
        false => builder.reshaped(live.value, &cuts.concat())?,
    };
    Ok(Some(Live { value, axes, sole: live.sole }))
}

/// Numbers in the order in which ONNX has them, in another shape.
fn moved(builder: &mut Builder, node: &NodeProto, live: &Live, target: &[Integer]) -> Result<Live> {
    let whole = match builder.batch {
        Some(batch) => Integer::from(batch as i64),
        None => Integer { factor: 1, batch: true },
    };
    let rest = target.split_first().filter(|(first, _)| **first == whole);
    let sizes = rest.and_then(|(_, rest)| {
        let size = |size: &Integer| usize::try_from(size.factor).ok().filter(|_| !size.batch);
        rest.iter().map(size).collect::<Option<Vec<usize>>>()
    });
    let (Some(sizes), 0) = (sizes, builder.batch_axis(live)?) else {
        return Err(unsupported(node, "the batch is put together with other axes"));
    };
    let order = builder.sample_axes(live)?;
    let value = builder.arranged(live, &order)?;
    let value = builder.reshaped(value, &sizes)?;
    Ok(Live { sole: live.sole, ..builder.fresh(value) })
}
