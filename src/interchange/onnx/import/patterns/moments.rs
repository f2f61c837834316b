//! Group normalisation as Keras writes it: `x s + (shift - mean s)`, where `s` is
//! `scale / sqrt(mean(x²) - mean² + epsilon)`.

use super::Matcher;
use crate::interchange::onnx::import::fold;
use crate::interchange::onnx::import::network::{Attributes, float_attribute, replacement};
use crate::interchange::onnx::proto::{AttributeProto, NodeProto, attribute_type};

/// The axes of a mean.
fn axes(m: &Matcher<'_>, mean: &NodeProto) -> Option<Vec<i64>> {
    match mean.input.get(1) {
        Some(axes) => m.network.constants.get(axes)?.integers(),
        None => mean.ints("axes").map(<[i64]>::to_vec),
    }
}

/// Whether a node has this value as both of its inputs.
fn squares(node: &NodeProto, value: Option<&String>) -> bool {
    node.input.len() == 2 && node.input.iter().all(|name| Some(name) == value)
}

/// The variance under a root, which may be cast to what it is, and what is added to it.
fn variance<'a>(m: &Matcher<'a>, root: &'a NodeProto) -> Option<(&'a NodeProto, f32)> {
    let mut name = root.input.first()?;
    if let Some(cast) = m.made(name, "Cast").filter(|cast| fold::is_float(cast.int("to", 1))) {
        name = cast.input.first()?;
    }
    let (variance, epsilon) = m.either(m.made(name, "Add")?, |name| m.number(name))?;
    Some((m.made(variance, "Sub")?, epsilon))
}

/// The whole of it, as a node that takes `x`, the scale and the shift.
pub(super) fn normalization<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<NodeProto> {
    let (rest, product) = m.either(node, |name| m.made(name, "Mul"))?;
    let (shift, moved) = m.either(m.made(rest, "Add")?, |name| m.made(name, "Mul"))?;
    let (factor, negative) = m.either(moved, |name| m.made(name, "Neg"))?;
    let mean = m.made(negative.input.first()?, "ReduceMean")?;
    let (x, ()) = m.either(product, |name| (name == factor).then_some(()))?;
    let (scale, inverse) = m.either(m.made(factor, "Mul")?, |name| m.made(name, "Div"))?;
    let (variance, epsilon) = variance(m, m.made(inverse.input.get(1)?, "Sqrt")?)?;
    let mean_square = m.made(variance.input.first()?, "ReduceMean")?;
    let square_mean = m.made(variance.input.get(1)?, "Mul")?;
    let over = axes(m, mean)?;
    let fits = m.is(inverse.input.first()?, 1.0)
        && mean.input.first().is_some_and(|name| name == x)
        && squares(m.made(mean_square.input.first()?, "Mul")?, mean.input.first())
        && squares(square_mean, mean.output.first())
        && axes(m, mean_square)? == over;
    if !fits {
        return None;
    }
    let inputs = vec![x.into(), scale.into(), shift.into()];
    let mut new = replacement("MomentsNormalization", node, inputs);
    new.attribute = vec![
        AttributeProto {
            name: "axes".into(),
            ints: over,
            kind: attribute_type::INTS,
            ..AttributeProto::default()
        },
        float_attribute("epsilon", epsilon),
    ];
    Some(new)
}
