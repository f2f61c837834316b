//! Dense layers.

use super::activations::ending;
use super::context::{Call, Context, Layout, TensorId};
use crate::Result;
use crate::layers::Dense;

/// `dense`: `Gemm` for rows, `MatMul` and `Add` where positions share the weights.
pub(super) fn dense(cx: &mut Context<'_>, call: &Call<'_>, layer: &Dense) -> Result<TensorId> {
    let product = cx.product(call, "kernel", layer.use_bias)?;
    let kernel = cx.kernel(call, "kernel", product.kernel.view(), 1)?;
    let x = cx.last(call.inputs[0]);
    let y = match product.bias {
        Some(bias) if call.output.len() == 1 => {
            let bias = cx.vector(call, "bias", &bias)?;
            cx.graph.node("Gemm", &[x, kernel, bias], vec![])
        }
        Some(bias) => {
            let bias = cx.vector(call, "bias", &bias)?;
            let product = cx.graph.node("MatMul", &[x, kernel], vec![]);
            cx.graph.node("Add", &[product, bias], vec![])
        }
        None => cx.graph.node("MatMul", &[x, kernel], vec![]),
    };
    ending(cx, call, y, Layout::Last, layer.activation)
}
