//! Constants in other shapes, and shapes as constants.

use super::Call;
use super::elementwise::{broadcast, places};
use super::indices::taken;
use crate::interchange::onnx::import::network::{Attributes, described};
use crate::interchange::onnx::import::tensor::{Data, Integer, Tensor, count};
use crate::interchange::onnx::proto::NodeProto;
use crate::{Result, err};

/// Axes as they are meant, each once: negative ones count from the end.
pub(in super::super) fn axes_of(node: &NodeProto, axes: &[i64], rank: usize) -> Result<Vec<usize>> {
    let wrong = || err!(Format, "onnx: {} has the axes {axes:?} of {rank}", described(node));
    let axis = |&axis: &i64| {
        let own = if axis < 0 { axis.checked_add(rank as i64)? } else { axis };
        usize::try_from(own).ok().filter(|&own| own < rank)
    };
    let found: Vec<usize> = axes.iter().map(axis).collect::<Option<_>>().ok_or_else(wrong)?;
    let mut sorted = found.clone();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(wrong());
    }
    Ok(found)
}

pub(super) fn shape(call: &mut Call<'_>) -> Result<Tensor> {
    let x = call.input(0)?;
    let mut sizes: Vec<Integer> = x.shape.iter().map(|&size| (size as i64).into()).collect();
    if x.over_batch {
        // The only size that may be that of the batch is.
        let mut ones = sizes.iter_mut().filter(|size| **size == Integer::from(1));
        match (ones.next(), ones.next()) {
            (Some(size), None) => size.batch = true,
            _ => return Err(call.wrong("a constant without a batch")),
        }
    }
    Ok(Tensor::list(part(call.node, &sizes)))
}

/// The part of a shape that a node `Shape` asks for.
pub(in super::super) fn part(node: &NodeProto, sizes: &[Integer]) -> Vec<Integer> {
    let rank = sizes.len() as i64;
    let own = |place: i64| {
        let place = if place < 0 { place.saturating_add(rank) } else { place };
        place.clamp(0, rank) as usize
    };
    let (start, end) = (own(node.int("start", 0)), own(node.int("end", rank)));
    sizes.get(start..end).unwrap_or_default().to_vec()
}

pub(super) fn concat(call: &mut Call<'_>) -> Result<Tensor> {
    let first = call.input(0)?;
    let axis = call.node.attribute("axis").map_or(0, |attribute| attribute.i());
    let axis = axes_of(call.node, &[axis], first.shape.len())?[0];
    let inputs: Vec<&Tensor> = call.inputs.iter().copied().flatten().collect();
    let fits = inputs.iter().all(|x| {
        x.shape.len() == first.shape.len()
            && (0..x.shape.len()).all(|i| i == axis || x.shape[i] == first.shape[i])
    });
    if !fits {
        return Err(call.wrong("shapes that fit each other"));
    }
    let mut shape = first.shape.clone();
    shape[axis] = inputs.iter().map(|x| x.shape[axis]).sum();
    let rows: usize = shape[..axis].iter().product();
    let width = |x: &Tensor| x.shape[axis..].iter().product::<usize>();
    let over_batch = inputs.iter().any(|x| x.over_batch);
    let mut floats = Vec::new();
    let mut integers = Vec::new();
    for row in 0..rows {
        for x in &inputs {
            let range = row * width(x)..(row + 1) * width(x);
            match &x.data {
                Data::Floats(values) => floats.extend_from_slice(&values[range]),
                Data::Integers(values) => integers.extend_from_slice(&values[range]),
            }
        }
    }
    let data = match (floats.is_empty(), integers.is_empty()) {
        (false, false) => return Err(call.wrong("numbers of one type")),
        (false, true) => Data::Floats(floats),
        _ => Data::Integers(integers),
    };
    Ok(Tensor { shape, data, over_batch })
}

/// Sizes that an input holds, and whether one of them is that of the batch, which is then 1.
fn sizes(call: &Call<'_>, number: usize) -> Result<(Vec<usize>, bool)> {
    let Data::Integers(sizes) = &call.input(number)?.data else {
        return Err(call.wrong("whole numbers"));
    };
    let size = |i: &Integer| match (i.batch, i.factor) {
        (true, 1) => Some(1),
        (true, _) => None,
        (false, factor) => usize::try_from(factor).ok(),
    };
    let found = sizes.iter().map(size).collect::<Option<Vec<_>>>();
    let found = found.ok_or_else(|| call.wrong("sizes"))?;
    Ok((found, sizes.iter().any(|i| i.batch)))
}

pub(super) fn constant_of_shape(call: &mut Call<'_>) -> Result<Tensor> {
    let (shape, over_batch) = sizes(call, 0)?;
    let len = count(&shape);
    let len = len.unwrap_or(usize::MAX);
    call.budget.take(len)?;
    let value = match call.node.attribute("value").and_then(|attribute| attribute.t.as_ref()) {
        Some(value) => Tensor::read_attribute(value)?.data,
        None => Data::Floats(vec![0.0]),
    };
    let data = match value {
        Data::Floats(values) if values.len() == 1 => Data::Floats(vec![values[0]; len]),
        Data::Integers(values) if values.len() == 1 => Data::Integers(vec![values[0]; len]),
        _ => return Err(call.wrong("one number as its value")),
    };
    Ok(Tensor { shape, data, over_batch })
}

pub(super) fn expand(call: &mut Call<'_>) -> Result<Tensor> {
    let (target, over_batch) = sizes(call, 1)?;
    let x = call.input(0)?.clone();
    let shape = broadcast(&x.shape, &target).ok_or_else(|| call.wrong("a shape that fits"))?;
    let len = count(&shape);
    call.budget.take(len.unwrap_or(usize::MAX))?;
    let mut tensor = taken(&x, shape.clone(), &places(&x.shape, &shape));
    tensor.over_batch |= over_batch;
    Ok(tensor)
}

pub(super) fn tile(call: &mut Call<'_>) -> Result<Tensor> {
    let (times, over_batch) = sizes(call, 1)?;
    let x = call.input(0)?.clone();
    if times.len() != x.shape.len() || times.contains(&0) {
        return Err(call.wrong("a number for each axis"));
    }
    let shape: Vec<usize> =
        x.shape.iter().zip(&times).map(|(size, times)| size.saturating_mul(*times)).collect();
    let len = count(&shape);
    call.budget.take(len.unwrap_or(usize::MAX))?;
    let mut found = vec![0];
    for (&size, &times) in x.shape.iter().zip(&times) {
        let each = found.iter().flat_map(|at| (0..size * times).map(move |i| at * size + i % size));
        found = each.collect();
    }
    let mut tensor = taken(&x, shape, &found);
    tensor.over_batch |= over_batch;
    Ok(tensor)
}

pub(super) fn range(call: &mut Call<'_>) -> Result<Tensor> {
    let mut numbers = Vec::new();
    for number in 0..3 {
        let found = call.input(number)?.integers().filter(|values| values.len() == 1);
        numbers.push(found.ok_or_else(|| call.wrong("whole numbers"))?[0]);
    }
    let (start, end, step) = (numbers[0], numbers[1], numbers[2]);
    let span = end.checked_sub(start).ok_or_else(|| call.wrong("smaller numbers"))?;
    if step == 0 || step == i64::MIN {
        return Err(call.wrong("a step"));
    }
    let len = if (span > 0) == (step > 0) {
        span.unsigned_abs().div_ceil(step.unsigned_abs())
    } else {
        0
    };
    call.budget.take(usize::try_from(len).unwrap_or(usize::MAX))?;
    Ok(Tensor::list((0..len as i64).map(|i| (start + i * step).into()).collect()))
}

pub(super) fn reduce_prod(call: &mut Call<'_>) -> Result<Tensor> {
    let x = call.input(0)?;
    let values = x.integers().filter(|_| x.shape.len() == 1);
    let values = values.ok_or_else(|| call.wrong("a list of whole numbers"))?;
    let product = values.iter().try_fold(1_i64, |product, value| product.checked_mul(*value));
    let product = product.ok_or_else(|| call.wrong("smaller numbers"))?;
    let shape = if call.node.int("keepdims", 1) == 1 { vec![1] } else { Vec::new() };
    Ok(Tensor::new(shape, Data::Integers(vec![product.into()])))
}

pub(super) fn reshape(call: &mut Call<'_>) -> Result<Tensor> {
    let x = call.input(0)?;
    let target = call.integers(1, "shape")?.ok_or_else(|| call.wrong("a shape"))?;
    let keep = call.node.int("allowzero", 0) == 0;
    let mut shape = Vec::new();
    for (axis, &size) in target.iter().enumerate() {
        shape.push(match size {
            0 if keep => x.shape.get(axis).copied(),
            -1 => Some(1),
            size => usize::try_from(size).ok(),
        });
    }
    let shape = shape.into_iter().collect::<Option<Vec<_>>>();
    let mut shape = shape.ok_or_else(|| call.wrong("sizes"))?;
    let known = count(&shape);
    if let (Some(free), Some(known)) = (target.iter().position(|&size| size == -1), known)
        && known > 0
    {
        shape[free] = x.data.len() / known;
    }
    // The caller sees whether the shape holds as many numbers.
    if x.over_batch {
        return Err(call.wrong("a constant without a batch"));
    }
    Ok(Tensor { shape, ..x.clone() })
}

pub(super) fn flatten(call: &mut Call<'_>) -> Result<Tensor> {
    let x = call.input(0)?;
    let axis = axes_of(call.node, &[call.node.int("axis", 1)], x.shape.len() + 1)?[0];
    let (rows, columns) = x.shape.split_at(axis);
    let shape = vec![rows.iter().product(), columns.iter().product()];
    Ok(Tensor { shape, ..x.clone() })
}

pub(super) fn squeeze(call: &mut Call<'_>) -> Result<Tensor> {
    let x = call.input(0)?;
    let rank = x.shape.len();
    let gone = match call.integers(1, "axes")? {
        Some(axes) => axes_of(call.node, &axes, rank)?,
        None => (0..rank).filter(|&axis| x.shape[axis] == 1).collect(),
    };
    if gone.iter().any(|&axis| x.shape[axis] != 1) {
        return Err(call.wrong("axes of size 1"));
    }
    let kept = (0..rank).filter(|axis| !gone.contains(axis));
    Ok(Tensor { shape: kept.map(|axis| x.shape[axis]).collect(), ..x.clone() })
}

pub(super) fn unsqueeze(call: &mut Call<'_>) -> Result<Tensor> {
    let x = call.input(0)?;
    let axes = call.integers(1, "axes")?.ok_or_else(|| call.wrong("axes"))?;
    let rank = x.shape.len() + axes.len();
    let new = axes_of(call.node, &axes, rank)?;
    let mut old = x.shape.iter().copied();
    let size = |axis| if new.contains(&axis) { Some(1) } else { old.next() };
    let shape = (0..rank).map(size).collect::<Option<Vec<_>>>();
    Ok(Tensor { shape: shape.ok_or_else(|| call.wrong("axes"))?, ..x.clone() })
}
