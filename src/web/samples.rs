//! Samples on their way to a model, and what it makes of them.

use std::ops::Range;

use js_sys::{Array, Float32Array};

use super::value::{OrThrow, WebResult, object, sizes_of, throw};
use crate::data::{Column, Dataset};
use crate::err;
use crate::memory::allocate;
use crate::model::{Model, Samples, Tensor};

/// The samples of an input, as the network takes them.
pub(super) struct InputOf<'a> {
    column: &'a Column,
    values: Vec<f32>,
}

/// The samples `from..to` of every input, in the order of the model's.
pub(super) fn inputs_of<'a>(
    model: &Model,
    dataset: &'a Dataset,
    from: u32,
    to: usize,
) -> WebResult<Vec<InputOf<'a>>> {
    let indices: Vec<u32> = (from..to as u32).collect();
    let of = |i: usize| {
        let column = &dataset.inputs()[i];
        let len = indices.len().saturating_mul(column.width());
        let mut values = allocate("the inputs of a batch", len).or_throw()?;
        dataset.input_into(i, &indices, &mut values).or_throw()?;
        Ok(InputOf { column, values })
    };
    if dataset.input_names().is_empty() {
        return (0..dataset.inputs().len()).map(of).collect();
    }
    let wanted = model.graph().inputs().iter().enumerate();
    wanted
        .map(|(position, input)| match dataset.input_for(position, &input.name) {
            Some(i) => of(i),
            None => Err(throw(&err!(Data, "dataset: found no input \"{}\"", input.name))),
        })
        .collect()
}

/// Hands inputs to a model; one array for each tensor of its answer.
pub(super) fn with_samples(
    inputs: &[InputOf<'_>],
    compute: impl FnOnce(&[Samples<'_>]) -> crate::Result<Vec<Tensor>>,
) -> WebResult<Array> {
    let shapes = inputs.iter().map(|InputOf { column, values }| {
        let mut shape = vec![values.len() / column.width()];
        shape.extend_from_slice(column.shape());
        shape
    });
    let shapes: Vec<Vec<usize>> = shapes.collect();
    let copies = inputs.iter().map(|InputOf { column, values }| {
        let width = column.width();
        move |samples: Range<usize>, buffer: &mut [f32]| {
            let values = &values[samples.start * width..samples.end * width];
            buffer[..values.len()].copy_from_slice(values);
        }
    });
    let copies: Vec<_> = copies.collect();
    let samples = shapes.iter().zip(&copies).map(|(shape, copy)| Samples { shape, copy });
    let tensors = compute(&samples.collect::<Vec<_>>()).or_throw()?;
    let all = Array::new();
    for Tensor { shape, values } in &tensors {
        let data = Float32Array::from(values.as_slice()).into();
        all.push(&object(&[("data", data), ("shape", sizes_of(shape))])?);
    }
    Ok(all)
}
