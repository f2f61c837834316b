//! `Gather`: vectors of a constant by their numbers, or a place of a value.

use super::slice;
use crate::Result;
use crate::interchange::onnx::import::builder::{Builder, Live, Value, Weight, unsupported};
use crate::interchange::onnx::import::network::Attributes;
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::Embedding;

pub(super) fn gather(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let first = node.input.first().map_or("", String::as_str);
    if !matches!(builder.values.get(first), Some(Value::Constant(_))) {
        return slice::gather(builder, node);
    }
    let (shape, values) = builder.numbers(node, 0)?;
    let ids = builder.live(node, 1)?;
    let ([input_dim, output_dim], 0) = (&shape[..], node.int("axis", 0)) else {
        return Err(unsupported(node, "expected the rows of a matrix"));
    };
    let batch = builder.batch_axis(&ids)?;
    let mut order = builder.sample_axes(&ids)?;
    let mut value = builder.arranged(&ids, &order)?;
    let rank = ids.axes.len() + 1;
    if order.is_empty() {
        value = builder.reshaped(value, &[1])?;
    }
    let layer = Embedding::new(*input_dim, *output_dim);
    let weights = vec![Weight::new("embeddings", shape.clone(), values)];
    let value = builder.push(layer, vec![value], weights)?;
    let mut axes = Builder::ordered(rank, batch, &order);
    // The vectors' axis lies behind the ids'.
    axes[rank - 1] = vec![order.len().max(1) + 1];
    order.push(rank - 1);
    builder.set(node, Live { value, axes, sole: true });
    Ok(())
}
