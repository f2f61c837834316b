//! Arithmetic on constants, with the broadcasting of numpy.

use super::Call;
use crate::Result;
use crate::interchange::onnx::import::network::{Attributes, described};
use crate::interchange::onnx::import::tensor::{Data, Integer, Tensor, count};

pub(super) fn unary(call: &mut Call<'_>) -> Result<Tensor> {
    let op = call.node.op_type.as_str();
    let input = call.input(0)?;
    let data = match &input.data {
        Data::Floats(values) => {
            let function: fn(f32) -> f32 = match op {
                "Abs" => f32::abs,
                "Ceil" => f32::ceil,
                "Floor" => f32::floor,
                "Neg" => |v| -v,
                "Reciprocal" => |v| 1.0 / v,
                "Sqrt" => f32::sqrt,
                _ => return Err(call.wrong("whole numbers")),
            };
            Data::Floats(values.iter().map(|&v| function(v)).collect())
        }
        Data::Integers(values) => {
            let each = |i: &Integer| {
                let factor = match op {
                    "Neg" => i.factor.checked_neg()?,
                    "Not" if !i.batch => i64::from(i.factor == 0),
                    "Abs" if !i.batch => i.factor.checked_abs()?,
                    _ => return None,
                };
                Some(Integer { factor, ..*i })
            };
            let values = values.iter().map(each).collect::<Option<Vec<_>>>();
            Data::Integers(values.ok_or_else(|| call.wrong("numbers that are known"))?)
        }
    };
    Ok(Tensor { data, ..input.clone() })
}

/// The shape that two broadcast to.
pub(in super::super) fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let size = |shape: &[usize], axis: usize| match (axis + shape.len()).checked_sub(rank) {
        Some(own) => shape[own],
        None => 1,
    };
    (0..rank)
        .map(|axis| match (size(a, axis), size(b, axis)) {
            (a, b) if a == b || b == 1 => Some(a),
            (1, b) => Some(b),
            _ => None,
        })
        .collect()
}

/// For each place of `to`, the place in a tensor of the shape `from` that stands there.
pub(in super::super) fn places(from: &[usize], to: &[usize]) -> Vec<usize> {
    let len: usize = to.iter().product();
    let mut places = Vec::with_capacity(len);
    let offset = to.len() - from.len();
    for number in 0..len {
        let (mut rest, mut place, mut step) = (number, 0, 1);
        for axis in (0..to.len()).rev() {
            let index = rest % to[axis];
            rest /= to[axis];
            if axis >= offset {
                let size = from[axis - offset];
                place += if size == 1 { 0 } else { index * step };
                step *= size;
            }
        }
        places.push(place);
    }
    places
}

/// Makes a tensor of two, number by number.
fn combined<T: Copy, U>(
    call: &mut Call<'_>,
    [a, b]: [(&[usize], &[T]); 2],
    each: impl Fn(T, T) -> Option<U>,
) -> Result<(Vec<usize>, Vec<U>)> {
    let shape = broadcast(a.0, b.0).ok_or_else(|| call.wrong("shapes that fit each other"))?;
    let len = count(&shape);
    call.budget.take(len.unwrap_or(usize::MAX))?;
    let (first, second) = (places(a.0, &shape), places(b.0, &shape));
    let values = first.into_iter().zip(second).map(|(i, j)| each(a.1[i], b.1[j])).collect();
    let values: Option<Vec<U>> = values;
    Ok((shape, values.ok_or_else(|| call.wrong("numbers that do not depend on the batch"))?))
}

pub(super) fn binary(call: &mut Call<'_>) -> Result<Tensor> {
    let (a, b) = (call.input(0)?.clone(), call.input(1)?.clone());
    let op = call.node.op_type.clone();
    let over_batch = a.over_batch || b.over_batch;
    if call.node.input.len() != 2 {
        return Err(call.wrong("two inputs"));
    }
    if let (Data::Integers(x), Data::Integers(y)) = (&a.data, &b.data) {
        let (shape, values) =
            combined(call, [(&a.shape, x), (&b.shape, y)], |x, y| integers(&op, x, y))?;
        return Ok(Tensor { shape, data: Data::Integers(values), over_batch });
    }
    let (Some(x), Some(y)) = (a.to_floats(), b.to_floats()) else {
        return Err(call.wrong("numbers that do not depend on the batch"));
    };
    let arrays = [(&a.shape[..], &x[..]), (&b.shape[..], &y[..])];
    let (shape, data) = match op.as_str() {
        "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" => {
            let (shape, values) = combined(call, arrays, |x, y| {
                Some(Integer::from(i64::from(match op.as_str() {
                    "Equal" => x == y,
                    "Greater" => x > y,
                    "GreaterOrEqual" => x >= y,
                    "Less" => x < y,
                    _ => x <= y,
                })))
            })?;
            (shape, Data::Integers(values))
        }
        _ => {
            let (shape, values) = combined(call, arrays, |x, y| floats(&op, x, y))?;
            (shape, Data::Floats(values))
        }
    };
    Ok(Tensor { shape, data, over_batch })
}

fn floats(op: &str, x: f32, y: f32) -> Option<f32> {
    Some(match op {
        "Add" => x + y,
        "Sub" => x - y,
        "Mul" => x * y,
        "Div" => x / y,
        "Max" => x.max(y),
        "Min" => x.min(y),
        "Pow" => libm::powf(x, y),
        _ => return None,
    })
}

fn integers(op: &str, x: Integer, y: Integer) -> Option<Integer> {
    let (a, b) = (x.factor, y.factor);
    let known = |factor: i64| Some(Integer::from(factor));
    match (op, x.batch, y.batch) {
        ("Add", ..) if x.batch == y.batch => {
            Some(Integer { factor: a.checked_add(b)?, batch: x.batch })
        }
        ("Sub", ..) if x.batch == y.batch => {
            Some(Integer { factor: a.checked_sub(b)?, batch: x.batch && a != b })
        }
        ("Mul", ..) if !(x.batch && y.batch) => {
            Some(Integer { factor: a.checked_mul(b)?, batch: x.batch || y.batch })
        }
        ("Div", true, _) if b != 0 && a % b == 0 => {
            Some(Integer { factor: a / b, batch: !y.batch })
        }
        ("Equal", ..) if x.batch == y.batch => known((a == b).into()),
        // A batch is no negative number.
        ("Equal", ..) if a < 0 || b < 0 => known(0),
        ("Max", ..) | ("Min", ..) if x == y => Some(x),
        (_, false, false) => known(match op {
            "Div" => a.checked_div(b)?,
            "Mod" => a.checked_rem_euclid(b)?,
            "Max" => a.max(b),
            "Min" => a.min(b),
            "Greater" => (a > b).into(),
            "GreaterOrEqual" => (a >= b).into(),
            "Less" => (a < b).into(),
            "LessOrEqual" => (a <= b).into(),
            "And" => (a != 0 && b != 0).into(),
            "Or" => (a != 0 || b != 0).into(),
            "Pow" => a.checked_pow(u32::try_from(b).ok()?)?,
            _ => return None,
        }),
        _ => None,
    }
}

/// `Where`: the first of two where the condition holds, else the second.
pub(super) fn choose(call: &mut Call<'_>) -> Result<Tensor> {
    let (condition, a, b) =
        (call.input(0)?.clone(), call.input(1)?.clone(), call.input(2)?.clone());
    let shape = broadcast(&a.shape, &b.shape)
        .and_then(|shape| broadcast(&shape, &condition.shape))
        .ok_or_else(|| call.wrong("shapes that fit each other"))?;
    let len = count(&shape);
    call.budget.take(len.unwrap_or(usize::MAX))?;
    let first = condition.integers().ok_or_else(|| call.wrong("a condition that is known"))?;
    let takes = places(&condition.shape, &shape).into_iter().map(|place| first[place] != 0);
    let sources = places(&a.shape, &shape).into_iter().zip(places(&b.shape, &shape));
    let sources = takes.zip(sources);
    let data = match (&a.data, &b.data) {
        (Data::Integers(x), Data::Integers(y)) => {
            Data::Integers(sources.map(|(take, (i, j))| if take { x[i] } else { y[j] }).collect())
        }
        (Data::Floats(x), Data::Floats(y)) => {
            Data::Floats(sources.map(|(take, (i, j))| if take { x[i] } else { y[j] }).collect())
        }
        _ => return Err(call.wrong("numbers of one type")),
    };
    let over_batch = a.over_batch || b.over_batch || condition.over_batch;
    Ok(Tensor { shape, data, over_batch })
}

/// `(x - zero point) scale`, for all numbers or along an axis.
pub(super) fn dequantize(call: &mut Call<'_>) -> Result<Tensor> {
    let (x, scale) = (call.input(0)?, call.input(1)?);
    let values = x.to_floats().ok_or_else(|| call.wrong("known numbers"))?;
    let scales = scale.to_floats().ok_or_else(|| call.wrong("known numbers"))?;
    let zeros = match call.inputs.get(2).copied().flatten() {
        Some(zeros) => zeros.to_floats().filter(|zeros| zeros.len() == scales.len()),
        None => Some(vec![0.0; scales.len()]),
    };
    let zeros = zeros.ok_or_else(|| call.wrong("as many zero points as scales"))?;
    let mut step = 1;
    if scales.len() != 1 {
        let axis = super::axes_of(call.node, &[call.node.int("axis", 1)], x.shape.len())?[0];
        if x.shape[axis] != scales.len() {
            return Err(call.wrong("a scale for each place along the axis"));
        }
        step = x.shape[axis + 1..].iter().product();
    }
    if scales.is_empty() || step == 0 {
        return Err(crate::err!(Format, "onnx: {} has no numbers", described(call.node)));
    }
    let each = |(number, value): (usize, &f32)| {
        let place = number / step % scales.len();
        (value - zeros[place]) * scales[place]
    };
    let values = values.iter().enumerate().map(each).collect();
    Ok(Tensor { data: Data::Floats(values), ..x.clone() })
}

/// The product of rows, however many axes they have, and a matrix.
pub(super) fn matmul(call: &mut Call<'_>) -> Result<Tensor> {
    let (a, b) = (call.input(0)?.clone(), call.input(1)?.clone());
    let ([outer @ .., inner], [other, columns]) = (&a.shape[..], &b.shape[..]) else {
        return Err(call.wrong("rows and a matrix"));
    };
    let (Some(x), Some(y), true) = (a.to_floats(), b.to_floats(), inner == other && *inner > 0)
    else {
        return Err(call.wrong("matrices that fit each other"));
    };
    call.budget.take(x.len().saturating_mul(*columns))?;
    let mut values = Vec::new();
    for row in x.chunks_exact(*inner) {
        for column in 0..*columns {
            values.push(row.iter().enumerate().map(|(i, v)| v * y[i * columns + column]).sum());
        }
    }
    let over_batch = a.over_batch || b.over_batch;
    let shape = [outer, &[*columns]].concat();
    Ok(Tensor { shape, data: Data::Floats(values), over_batch })
}
