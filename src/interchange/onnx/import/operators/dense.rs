//! Products with constant matrices.

use super::attention::{self, Output};
use crate::interchange::onnx::import::builder::{Builder, Live, Value, Weight, unsupported};
use crate::interchange::onnx::import::network::{Attributes, described};
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::Dense;
use crate::{Result, err};

/// `alpha A B + beta C`
pub(super) fn gemm(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    if live.axes.len() != 2 || node.int("transA", 0) != 0 {
        return Err(unsupported(node, "expected [n, features], not transposed"));
    }
    let (shape, mut kernel) = builder.numbers(node, 1)?;
    let [rows @ (1..), columns @ (1..)] = shape[..] else {
        return Err(unsupported(node, "expected a matrix"));
    };
    let (mut inputs, mut units) = (rows, columns);
    if node.int("transB", 0) == 1 {
        kernel = transposed(&kernel, rows, columns);
        (inputs, units) = (columns, rows);
    }
    let alpha = node.float("alpha", 1.0);
    kernel.iter_mut().for_each(|value| *value *= alpha);
    let mut bias = None;
    if node.input.len() > 2 && !node.input[2].is_empty() {
        let (_, mut values) = builder.numbers(node, 2)?;
        if values.len() == 1 {
            values = vec![values[0]; units];
        }
        if values.len() != units {
            return Err(err!(
                Shape,
                "onnx: {}: found {} biases, expected {units}",
                described(node),
                values.len()
            ));
        }
        let beta = node.float("beta", 1.0);
        values.iter_mut().for_each(|value| *value *= beta);
        bias = Some(values);
    }
    let live = connect(builder, node, &live, Matrix { inputs, units, kernel, bias })?;
    builder.set(node, live);
    Ok(())
}

/// A product with a constant matrix, over the last axis; or of queries and keys.
pub(super) fn matmul(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let second = node.input.get(1).and_then(|name| builder.values.get(name));
    if matches!(second, Some(Value::Live(_))) {
        return attention::scores(builder, node);
    }
    let live = builder.live(node, 0)?;
    let (shape, kernel) = builder.numbers(node, 1)?;
    let [inputs, units] = shape[..] else { return Err(unsupported(node, "expected a matrix")) };
    let live = connect(builder, node, &live, Matrix { inputs, units, kernel, bias: None })?;
    builder.set(node, live);
    Ok(())
}

/// A product with a constant over the last axes, whose letters are the first of the constant's: `abc,cde->abde`
/// as Keras projects to heads, `abcd,cde->abe` as it projects from them.
pub(super) fn einsum(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let (shape, kernel) = builder.numbers(node, 1)?;
    let equation: String =
        node.text("equation").unwrap_or_default().chars().filter(|c| *c != ' ').collect();
    let letters = equation.split_once("->").and_then(|(from, to)| {
        let (first, second) = from.split_once(',')?;
        Some([first, second, to].map(|side| side.chars().collect::<Vec<char>>()))
    });
    let wrong = || unsupported(node, &format!("found the equation {equation}"));
    let [first, second, to] = letters.ok_or_else(wrong)?;
    let shared = second.iter().take_while(|letter| first.contains(letter)).count();
    let (kept, free) = (first.len().saturating_sub(shared), &second[shared..]);
    let mut all: Vec<char> = first.iter().chain(free).copied().collect();
    all.sort_unstable();
    let fits = (first.len(), second.len()) == (live.axes.len(), shape.len())
        && shared > 0
        && first[kept..] == second[..shared]
        && to == [&first[..kept], free].concat()
        && all.windows(2).all(|pair| pair[0] != pair[1]);
    if !fits {
        return Err(wrong());
    }
    let mut joined = live.clone();
    let last = joined.axes.drain(kept..).flatten().collect();
    joined.axes.push(last);
    let (inputs, units) = (shape[..shared].iter().product(), shape[shared..].iter().product());
    let found = connect(builder, node, &joined, Matrix { inputs, units, kernel, bias: None })?;
    // The units as several axes.
    let own = builder.shape(found.value).to_vec();
    let split = [&own[..own.len() - 1], &shape[shared..]].concat();
    let value = builder.reshaped(found.value, &split)?;
    let mut axes = found.axes;
    axes.pop();
    axes.extend((own.len()..=split.len()).map(|axis| vec![axis]));
    builder.set(node, Live { value, axes, sole: true });
    Ok(())
}

/// A dense layer's numbers, row-major.
pub(super) struct Matrix {
    pub inputs: usize,
    pub units: usize,
    pub kernel: Vec<f32>,
    pub bias: Option<Vec<f32>>,
}

/// Rows as columns.
pub(super) fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut moved = Vec::with_capacity(values.len());
    for column in 0..columns {
        moved.extend((0..rows).map(|row| values[row * columns + column]));
    }
    moved
}

/// A dense layer over the last axis that ONNX sees. Where that is several of ours in another order, which is how
/// flattened images come, the rows of the kernel are put into ours.
fn connect(builder: &mut Builder, node: &NodeProto, live: &Live, matrix: Matrix) -> Result<Live> {
    let Matrix { inputs, units, mut kernel, bias } = matrix;
    let last = live.axes.len().saturating_sub(1);
    if live.axes.len() < 2
        || live.axes[last].contains(&0)
        || builder.sample_size(live, last) != inputs
    {
        return Err(err!(
            Shape,
            "onnx: {}: the matrix has {inputs} rows and does not fit what it is multiplied with",
            described(node)
        ));
    }
    let shape = builder.shape(live.value).to_vec();
    let long = |own: &usize| *own > 0 && shape[own - 1] != 1;
    let own: Vec<usize> = live.axes[last].iter().copied().filter(long).collect();
    let mut sorted = own.clone();
    sorted.sort_unstable();
    // All others are positions, in the order in which they lie.
    let mut others: Vec<usize> = live.axes[..last].concat().into_iter().filter(long).collect();
    others.sort_unstable();
    let behind = others.last().zip(sorted.first()).is_none_or(|(other, own)| other < own);
    let mut straight = own.clone();
    if behind && own != sorted {
        let sizes: Vec<usize> = own.iter().map(|&own| shape[own - 1]).collect();
        kernel = reordered_rows(&kernel, units, &sizes, &own, &sorted);
        straight = sorted;
    }
    let mut axes = vec![vec![0]];
    axes.extend(others.iter().map(|&own| vec![own]));
    axes.push(straight);
    let order: Vec<usize> = (1..axes.len()).collect();
    let value = builder.arranged(&Live { axes, ..live.clone() }, &order)?;
    let place = |own: &usize| match own {
        0 => Some(0),
        own => others.iter().position(|other| other == own).map(|place| place + 1),
    };
    let mut axes: Vec<Vec<usize>> =
        live.axes.iter().map(|axis| axis.iter().filter_map(place).collect()).collect();
    axes[last] = vec![others.len() + 1];
    let output = Output { units, kernel: &kernel, bias: bias.as_deref() };
    if live.sole
        && let Some(value) = attention::projected(builder, value, &output)?
    {
        return Ok(Live { value, axes, sole: true });
    }
    let layer = Dense { use_bias: bias.is_some(), ..Dense::new(units) };
    let mut weights = vec![Weight::new("kernel", vec![inputs, units], kernel)];
    weights.extend(bias.map(|bias| Weight::new("bias", vec![units], bias)));
    let value = builder.push(layer, vec![value], weights)?;
    Ok(Live { value, axes, sole: true })
}

/// The rows of a kernel whose inputs are axes in the order `from`, of these sizes, for the order `to`.
fn reordered_rows(
    kernel: &[f32],
    units: usize,
    sizes: &[usize],
    from: &[usize],
    to: &[usize],
) -> Vec<f32> {
    let mut steps = vec![1; from.len()];
    for place in (1..from.len()).rev() {
        steps[place - 1] = steps[place] * sizes[place];
    }
    let mut rows = vec![0];
    for axis in to {
        let Some(place) = from.iter().position(|other| other == axis) else { continue };
        let (size, step) = (sizes[place], steps[place]);
        rows = rows.iter().flat_map(|row| (0..size).map(move |i| row + i * step)).collect();
    }
    rows.iter().flat_map(|row| &kernel[row * units..(row + 1) * units]).copied().collect()
}
