//! Attention of several heads.

use super::builder::int;
use super::context::{Call, Context, Layout, TensorId};
use crate::interchange::onnx::proto::data_type;
use crate::layers::MultiHeadAttention;
use crate::{Result, err};

/// What a position that may not be asked has for a score.
const NEVER: f32 = -1e30;

/// `multiHeadAttention`
pub(super) fn attention(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &MultiHeadAttention,
) -> Result<TensorId> {
    let inputs = call.inputs.len();
    let (key, value) = if inputs == 3 { (2, 1) } else { (inputs - 1, inputs - 1) };
    let value_dim = layer.value_dim.unwrap_or(layer.key_dim);
    let heads = layer.num_heads;
    let sides = [
        ("query", 0, layer.key_dim, [0, 2, 1, 3]),
        ("key", key, layer.key_dim, [0, 2, 3, 1]),
        ("value", value, value_dim, [0, 2, 1, 3]),
    ];
    let mut projected = Vec::with_capacity(3);
    for (role, input, dim, order) in sides {
        let x = cx.last(call.inputs[input]);
        let from = call.shapes[input][1];
        let y = projection(cx, call, (role, x), [from, heads * dim], layer.use_bias)?;
        let split = cx.graph.reshape(&y, &[call.shapes[input][0], heads, dim])?;
        projected.push(cx.graph.transpose(&split, &order));
    }
    let factor = cx.graph.scalar("scale", (1.0 / (layer.key_dim as f64).sqrt()) as f32)?;
    let query = cx.graph.node("Mul", &[&projected[0], &factor], vec![]);
    let mut scores = cx.graph.node("MatMul", &[&query, &projected[1]], vec![]);
    let lengths = [call.shapes[0][0], call.shapes[value][0]];
    let seen = seen(cx, call.masks.get(value).cloned().flatten(), layer.use_causal_mask, lengths)?;
    if let Some(seen) = &seen {
        let never = cx.graph.scalar("never", NEVER)?;
        scores = cx.graph.node("Where", &[seen, &scores, &never], vec![]);
    }
    let mut shares = cx.graph.node("Softmax", &[&scores], vec![int("axis", -1)]);
    // A query that may ask none gets zeros.
    if let (Some(seen), Some(_)) = (&seen, call.masks.get(value).cloned().flatten()) {
        let zero = cx.graph.scalar("zero", 0.0)?;
        shares = cx.graph.node("Where", &[seen, &shares, &zero], vec![]);
    }
    let mixed = cx.graph.node("MatMul", &[&shares, &projected[2]], vec![]);
    let mixed = cx.graph.transpose(&mixed, &[0, 2, 1, 3]);
    let joined = cx.graph.reshape(&mixed, &[lengths[0], heads * value_dim])?;
    let sizes = [heads * value_dim, call.output[1]];
    let y = projection(cx, call, ("output", joined), sizes, layer.use_bias)?;
    Ok(cx.tensor(y, call.output.clone(), Layout::Last))
}

/// A dense layer whose kernel and bias have the heads as axes of their own.
fn projection(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    (role, x): (&str, String),
    sizes: [usize; 2],
    use_bias: bool,
) -> Result<String> {
    let name = format!("{role}Kernel");
    let kernel = cx.parameter(call, &name)?;
    let kernel = kernel.to_shape(&sizes[..]).map_err(|error| err!(Shape, "{name}: {error}"))?;
    let kernel = cx.kernel(call, &name, kernel.view(), 1)?;
    let y = cx.graph.node("MatMul", &[x, kernel], vec![]);
    if !use_bias {
        return Ok(y);
    }
    let name = format!("{role}Bias");
    let bias: Vec<f32> = cx.parameter(call, &name)?.iter().copied().collect();
    let bias = cx.vector(call, &name, &bias)?;
    Ok(cx.graph.node("Add", &[y, bias], vec![]))
}

/// Which keys which query may ask, as far as that is not all: it goes with [batch, heads, queries,
/// keys].
fn seen(
    cx: &mut Context<'_>,
    mask: Option<String>,
    causal: bool,
    [queries, keys]: [usize; 2],
) -> Result<Option<String>> {
    let mask = match mask {
        Some(mask) => Some(cx.graph.unsqueeze(&mask, &[1, 2])?),
        None => None,
    };
    if !causal {
        return Ok(mask);
    }
    let until = (0..queries * keys).map(|at| u8::from(at % keys <= at / keys));
    let name = format!("{}/causal", cx.graph.scope);
    let kind = (data_type::BOOL, &[queries, keys][..]);
    let causal = cx.graph.constant(&name, kind, until, u8::to_le_bytes)?;
    Ok(Some(match mask {
        Some(mask) => cx.graph.node("And", &[mask, causal], vec![]),
        None => causal,
    }))
}
