//! Samples on their way to a model, and what it makes of them.

use std::ops::Range;

use js_sys::{Array, Float32Array};

use super::value::{OrThrow, WebResult, object, sizes_of};
use crate::data::Dataset;
use crate::memory::allocate;
use crate::model::{Samples, Tensor};

/// The samples `from..to` of every input, as the network takes them.
pub(super) fn inputs_of(dataset: &Dataset, from: u32, to: usize) -> WebResult<Vec<Vec<f32>>> {
    let indices: Vec<u32> = (from..to as u32).collect();
    let columns = dataset.inputs().iter().enumerate();
    columns
        .map(|(i, column)| {
            let len = indices.len().saturating_mul(column.width());
            let mut x = allocate("the inputs of a batch", len).or_throw()?;
            dataset.input_into(i, &indices, &mut x).or_throw()?;
            Ok(x)
        })
        .collect()
}

/// Hands the inputs of a dataset's samples to a model; one array for each tensor of its answer.
pub(super) fn with_samples(
    dataset: &Dataset,
    inputs: &[Vec<f32>],
    compute: impl FnOnce(&[Samples<'_>]) -> crate::Result<Vec<Tensor>>,
) -> WebResult<Array> {
    let columns = || dataset.inputs().iter().zip(inputs);
    let shapes = columns().map(|(column, x)| {
        let mut shape = vec![x.len() / column.width()];
        shape.extend_from_slice(column.shape());
        shape
    });
    let shapes: Vec<Vec<usize>> = shapes.collect();
    let copies = columns().map(|(column, x)| {
        let width = column.width();
        move |samples: Range<usize>, buffer: &mut [f32]| {
            let values = &x[samples.start * width..samples.end * width];
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
