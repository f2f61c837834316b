//! Sequences: ids, positions, padding and layers at every step.

use super::builder::{int, ints};
use super::context::{Call, Context, Layout, TensorId};
use super::layers;
use crate::Result;
use crate::interchange::onnx::proto::data_type;
use crate::layers::{
    Embedding, MaskingLayer, PositionEmbedding, PositionEncoding, TimeDistributed,
};

/// `embedding`
pub(super) fn embedding(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &Embedding,
) -> Result<TensorId> {
    let vectors = cx.parameter(call, "embeddings")?;
    let vectors = cx.kernel(call, "embeddings", vectors, 0)?;
    let mut ids = cx.last(call.inputs[0]);
    if !cx.is_integer(call.inputs[0]) {
        ids = cx.graph.cast(&ids, data_type::INT64);
    }
    if layer.mask_zero {
        let zero = cx.graph.integers("padding", &[0])?;
        let padding = cx.graph.node("Equal", &[&ids, &zero], vec![]);
        cx.made_mask = Some(cx.graph.node("Not", &[padding], vec![]));
    }
    let y = cx.graph.node("Gather", &[vectors, ids], vec![int("axis", 0)]);
    Ok(cx.tensor(y, call.output.clone(), Layout::Last))
}

/// `masking`: zeros for the steps whose numbers are all the mask's value.
pub(super) fn masking(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &MaskingLayer,
) -> Result<TensorId> {
    let x = cx.last(call.inputs[0]);
    let rank = call.output.len();
    let value = cx.graph.scalar("value", layer.mask_value as f32)?;
    let equal = cx.graph.node("Equal", &[&x, &value], vec![]);
    let differs = cx.graph.node("Not", &[equal], vec![]);
    let differs = cx.graph.cast(&differs, data_type::FLOAT);
    let inner: Vec<usize> = (2..=rank).collect();
    let given = vec![ints("axes", &inner), int("keepdims", 1)];
    let counts = cx.graph.node("ReduceMax", &[differs], given);
    let y = cx.graph.node("Mul", &[&x, &counts], vec![]);
    let axes: Vec<i64> = inner.iter().map(|&axis| axis as i64).collect();
    let row = cx.graph.squeeze(&counts, &axes)?;
    cx.made_mask = Some(cx.graph.cast(&row, data_type::BOOL));
    Ok(cx.tensor(y, call.output.clone(), Layout::Last))
}

/// `positionEmbedding`
pub(super) fn position(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &PositionEmbedding,
) -> Result<TensorId> {
    let x = cx.last(call.inputs[0]);
    let positions = match layer.encoding {
        PositionEncoding::Learned => {
            let vectors = cx.parameter(call, "embeddings")?;
            cx.kernel(call, "embeddings", vectors, 0)?
        }
        PositionEncoding::Sinusoidal => {
            let (positions, width) = (call.output[0], call.output[1]);
            let waves = (0..positions * width).map(|at| PositionEmbedding::wave(at, width));
            let name = format!("{}/waves", cx.graph.scope);
            cx.graph.floats(&name, &call.output, waves)?
        }
    };
    let y = cx.graph.node("Add", &[x, positions], vec![]);
    Ok(cx.tensor(y, call.output.clone(), Layout::Last))
}

/// `timeDistributed`: all steps of all samples as one batch.
pub(super) fn time_distributed(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &TimeDistributed,
) -> Result<TensorId> {
    let x = cx.last(call.inputs[0]);
    let inner = call.shapes[0][1..].to_vec();
    let steps = cx.graph.reshape(&x, &inner)?;
    let steps = cx.tensor(steps, inner.clone(), Layout::Last);
    let output = call.output[1..].to_vec();
    let each = Call {
        owner: call.owner,
        inputs: vec![steps],
        shapes: vec![inner],
        output,
        masks: vec![None],
        norm: None,
    };
    let y = layers::write(cx, &each, &layer.layer)?;
    // Whatever it says of masks is dropped.
    cx.made_mask = None;
    let y = cx.last(y);
    let y = cx.graph.reshape(&y, &call.output)?;
    Ok(cx.tensor(y, call.output.clone(), Layout::Last))
}
