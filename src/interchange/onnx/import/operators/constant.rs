//! Constants that take the places of layers' outputs, or choose between them.

use super::{elementwise, slice};
use crate::Result;
use crate::interchange::onnx::import::builder::{Builder, Live, Value, unsupported};
use crate::interchange::onnx::import::tensor::{Integer, Tensor};
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

/// `Where` of a condition that holds for all or for none: the one or the other.
pub(super) fn choose(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let [condition, first, second] = &node.input[..] else {
        return Err(unsupported(node, "expected a condition and two values"));
    };
    let known = builder.constant(node, 0)?.filter(|known| known.data.len() == 1);
    let holds = known.and_then(|known| known.scalar()).map(|number| number != 0.0);
    let holds = holds.ok_or_else(|| unsupported(node, "expected a condition of one place"))?;
    let (number, taken, other) = if holds { (1, first, second) } else { (2, second, first) };
    let shapes = [taken, other, condition].map(|name| sizes(builder, name));
    // It has the whole shape, without what the others would repeat.
    let fits = |shape: &Vec<Integer>| {
        let (own, shape) = (shapes[0].iter().rev(), shape.iter().rev());
        shape.len() <= own.len()
            && own.zip(shape).all(|(own, other)| own == other || *other == Integer::from(1))
    };
    if !shapes.iter().all(fits) {
        return Err(unsupported(node, "expected values of the same shape"));
    }
    match (builder.constant(node, number), node.output.first()) {
        (Ok(Some(constant)), Some(name)) => {
            builder.values.insert(name.clone(), Value::Constant(constant));
        }
        _ => {
            let live = builder.live(node, number)?;
            builder.set(node, live);
        }
    }
    Ok(())
}

/// The shape of a value or a constant.
fn sizes(builder: &Builder, name: &str) -> Vec<Integer> {
    match builder.values.get(name) {
        Some(Value::Live(live)) => {
            (0..live.axes.len()).map(|axis| builder.size(live, axis)).collect()
        }
        Some(Value::Constant(constant)) => {
            constant.shape.iter().map(|&size| (size as i64).into()).collect()
        }
        _ => Vec::new(),
    }
}
