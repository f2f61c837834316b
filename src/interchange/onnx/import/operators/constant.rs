//! Constants where only layers' outputs fit.

use super::{elementwise, slice};
use crate::Result;
use crate::interchange::onnx::import::builder::{Builder, Live, unsupported};
use crate::interchange::onnx::import::tensor::Tensor;
use crate::interchange::onnx::proto::NodeProto;

/// A constant that is put together with a value along an axis, such as the token of a class, for each sample: as many
/// of the value's places times 0, plus the constant.
pub(super) fn beside(
    builder: &mut Builder,
    node: &NodeProto,
    live: &Live,
    along: usize,
    constant: &Tensor,
) -> Result<Live> {
    let batch = builder.batch_axis(live)?;
    let rank = live.axes.len();
    let mut expected: Vec<usize> = (0..rank).map(|axis| builder.sample_size(live, axis)).collect();
    let count = constant.shape.get(along).copied().unwrap_or(0);
    if along == batch || !(1..=expected[along]).contains(&count) {
        let most = if along == batch { 0 } else { expected[along] };
        let said = format!("found a constant of {count} places, expected at most {most}");
        return Err(unsupported(node, &said));
    }
    expected[along] = count;
    if constant.shape != expected {
        let said = format!("found a constant of shape {:?}, expected {expected:?}", constant.shape);
        return Err(unsupported(node, &said));
    }
    let apart = Live { sole: false, ..live.clone() };
    let part = slice::part(builder, node, &apart, along, 0..count)?;
    let nothing = builder.rescaled(&part, 0.0, 0.0)?;
    elementwise::shifted(builder, node, &nothing, constant)
}
