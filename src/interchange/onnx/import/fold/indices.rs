//! Parts of constants, and constants in another order.

use super::Call;
use super::shapes::axes_of;
use crate::interchange::onnx::import::network::{Attributes, described};
use crate::interchange::onnx::import::tensor::{Data, Tensor};
use crate::interchange::onnx::proto::NodeProto;
use crate::{Result, err};

/// The numbers at these places, in a new shape.
pub(super) fn taken(tensor: &Tensor, shape: Vec<usize>, places: &[usize]) -> Tensor {
    let data = match &tensor.data {
        Data::Floats(values) => Data::Floats(places.iter().map(|&place| values[place]).collect()),
        Data::Integers(values) => {
            Data::Integers(places.iter().map(|&place| values[place]).collect())
        }
    };
    Tensor { shape, data, over_batch: tensor.over_batch }
}

/// The places of an axis that lie in a range.
pub(in super::super) fn part_along(
    x: &Tensor,
    axis: usize,
    range: std::ops::Range<usize>,
) -> Tensor {
    let inner: usize = x.shape[axis + 1..].iter().product();
    let outer: usize = x.shape[..axis].iter().product();
    let row = |row: usize| {
        let start = row * x.shape[axis];
        (start + range.start) * inner..(start + range.end) * inner
    };
    let places: Vec<usize> = (0..outer).flat_map(row).collect();
    let mut shape = x.shape.clone();
    shape[axis] = range.len();
    taken(x, shape, &places)
}

/// Indices along an axis as they are meant: negative ones count from the end.
pub(in super::super) fn positions(
    node: &NodeProto,
    indices: &[i64],
    size: usize,
) -> Result<Vec<usize>> {
    let position = |&index: &i64| {
        let own = if index < 0 { index.checked_add(size as i64)? } else { index };
        usize::try_from(own).ok().filter(|&own| own < size)
    };
    indices.iter().map(position).collect::<Option<_>>().ok_or_else(|| {
        err!(Format, "onnx: {} takes places of {size} that are not there", described(node))
    })
}

pub(super) fn gather(call: &mut Call<'_>) -> Result<Tensor> {
    let (x, indices) = (call.input(0)?.clone(), call.input(1)?.clone());
    let node = call.node;
    let axis = axes_of(node, &[node.int("axis", 0)], x.shape.len())?[0];
    let wanted = indices.integers().ok_or_else(|| call.wrong("whole numbers"))?;
    let wanted = positions(node, &wanted, x.shape[axis])?;
    let outer: usize = x.shape[..axis].iter().product();
    let inner: usize = x.shape[axis + 1..].iter().product();
    let len = outer.saturating_mul(inner).saturating_mul(wanted.len());
    call.budget.take(len)?;
    let mut places = Vec::with_capacity(len);
    for row in 0..outer {
        for index in &wanted {
            let start = (row * x.shape[axis] + index) * inner;
            places.extend(start..start + inner);
        }
    }
    let shape = [&x.shape[..axis], &indices.shape, &x.shape[axis + 1..]].concat();
    Ok(taken(&x, shape, &places))
}

/// Places along an axis.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Span {
    pub start: usize,
    /// Never 0.
    pub step: i64,
    pub len: usize,
}

impl Span {
    fn places(self) -> impl Iterator<Item = usize> {
        (0..self.len as i64).map(move |i| (self.start as i64 + i * self.step) as usize)
    }
}

/// For each axis of a `Slice`: which, and the places that are taken.
pub(in super::super) fn slices(
    node: &NodeProto,
    starts: &[i64],
    ends: &[i64],
    axes: Option<&[i64]>,
    steps: Option<&[i64]>,
    shape: &[usize],
) -> Result<Vec<(usize, Span)>> {
    let all: Vec<i64> = (0..starts.len() as i64).collect();
    let axes = axes_of(node, axes.unwrap_or(&all), shape.len())?;
    let fits = axes.len() == starts.len()
        && ends.len() == starts.len()
        && steps.is_none_or(|steps| steps.len() == starts.len() && !steps.contains(&0));
    if !fits {
        return Err(err!(Format, "onnx: {}: starts, ends and axes differ", described(node)));
    }
    let mut slices = Vec::new();
    for (number, axis) in axes.into_iter().enumerate() {
        let size = shape[axis] as i64;
        let step = steps.map_or(1, |steps| steps[number]);
        let own = |place: i64| if place < 0 { place.saturating_add(size) } else { place };
        let (start, end) = (own(starts[number]), own(ends[number]));
        // Backwards, -1 as an end is before the first.
        let (start, end) = if step > 0 {
            (start.clamp(0, size), end.clamp(0, size))
        } else {
            (start.clamp(-1, size - 1), end.clamp(-1, size - 1))
        };
        let distance = if step > 0 { end - start } else { start - end };
        let len = u64::try_from(distance).unwrap_or(0).div_ceil(step.unsigned_abs());
        let (start, len) = (usize::try_from(start).unwrap_or(0), len as usize);
        slices.push((axis, Span { start, step, len }));
    }
    Ok(slices)
}

pub(super) fn slice(call: &mut Call<'_>) -> Result<Tensor> {
    let x = call.input(0)?.clone();
    let (Some(starts), Some(ends)) = (call.integers(1, "starts")?, call.integers(2, "ends")?)
    else {
        return Err(call.wrong("starts and ends"));
    };
    let (axes, steps) = (call.integers(3, "axes")?, call.integers(4, "steps")?);
    let parts = slices(call.node, &starts, &ends, axes.as_deref(), steps.as_deref(), &x.shape)?;
    let mut wanted: Vec<Vec<usize>> = x.shape.iter().map(|&size| (0..size).collect()).collect();
    for (axis, span) in parts {
        wanted[axis] = span.places().collect();
    }
    let shape: Vec<usize> = wanted.iter().map(Vec::len).collect();
    let mut places = vec![0];
    for (axis, indices) in wanted.iter().enumerate() {
        let size = x.shape[axis];
        let each = places.iter().flat_map(|&at| indices.iter().map(move |i| at * size + i));
        places = each.collect();
    }
    Ok(taken(&x, shape, &places))
}

/// An order of axes, each once.
pub(in super::super) fn permutation(node: &NodeProto, rank: usize) -> Result<Vec<usize>> {
    let Some(order) = node.ints("perm") else { return Ok((0..rank).rev().collect()) };
    let order = axes_of(node, order, rank)?;
    if order.len() != rank {
        return Err(err!(Format, "onnx: {}: perm is not of {rank} axes", described(node)));
    }
    Ok(order)
}

pub(super) fn transpose(call: &mut Call<'_>) -> Result<Tensor> {
    let x = call.input(0)?;
    let order = permutation(call.node, x.shape.len())?;
    Ok(transposed(x, &order))
}

/// With its axes in another order.
pub(in super::super) fn transposed(x: &Tensor, order: &[usize]) -> Tensor {
    let mut steps = vec![1; x.shape.len()];
    for axis in (1..x.shape.len()).rev() {
        steps[axis - 1] = steps[axis] * x.shape[axis];
    }
    let mut places = vec![0];
    for &axis in order {
        let (size, step) = (x.shape[axis], steps[axis]);
        places = places.iter().flat_map(|at| (0..size).map(move |i| at + i * step)).collect();
    }
    taken(x, order.iter().map(|&axis| x.shape[axis]).collect(), &places)
}

/// The upper or lower triangle, zeros elsewhere.
pub(super) fn trilu(call: &mut Call<'_>) -> Result<Tensor> {
    let x = call.input(0)?;
    let [.., rows, columns] = x.shape[..] else { return Err(call.wrong("a matrix")) };
    let diagonal = match call.inputs.get(1).copied().flatten() {
        Some(k) => k.integers().filter(|k| k.len() == 1).map(|k| k[0]),
        None => Some(0),
    };
    let diagonal = diagonal.ok_or_else(|| call.wrong("a whole number for the diagonal"))?;
    let upper = call.node.int("upper", 1) == 1;
    let kept = |number: usize| {
        let (row, column) = (number / columns % rows, number % columns);
        let above = (column as i64).saturating_sub(row as i64);
        if upper { above >= diagonal } else { above <= diagonal }
    };
    let data = match &x.data {
        Data::Floats(values) => {
            let each = values.iter().enumerate();
            Data::Floats(each.map(|(i, &v)| if kept(i) { v } else { 0.0 }).collect())
        }
        Data::Integers(values) => {
            let each = values.iter().enumerate();
            Data::Integers(each.map(|(i, &v)| if kept(i) { v } else { 0.into() }).collect())
        }
    };
    Ok(Tensor { data, ..x.clone() })
}
