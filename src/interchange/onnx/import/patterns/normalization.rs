//! Layer normalisation as it is written where the operator is missing.

use super::Matcher;
use crate::interchange::onnx::import::network::{Attributes, float_attribute, replacement};
use crate::interchange::onnx::proto::{AttributeProto, NodeProto, attribute_type};

/// The input and epsilon of `(x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon)` over the last axis; the
/// division may be a product with a reciprocal.
fn normalized<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<(&'a str, f32)> {
    let (difference, root) = match node.op_type.as_str() {
        "Div" => (node.input.first()?.as_str(), m.made(node.input.get(1)?, "Sqrt")?),
        _ => m.either(node, |name| m.made(m.made(name, "Reciprocal")?.input.first()?, "Sqrt"))?,
    };
    let sum = m.made(root.input.first()?, "Add")?;
    let (variance, epsilon) = m.either(sum, |name| m.number(name))?;
    let variance = m.made(variance, "ReduceMean")?;
    let square = variance.input.first()?;
    let of = match m.made(square, "Pow") {
        Some(power) => m.is(power.input.get(1)?, 2.0).then(|| power.input.first())?,
        None => {
            let product = m.made(square, "Mul")?;
            (product.input.first() == product.input.get(1)).then(|| product.input.first())?
        }
    };
    let centred = m.made(of?, "Sub")?;
    let other = m.made(difference, "Sub")?;
    let mean = m.made(centred.input.get(1)?, "ReduceMean")?;
    let other_mean = m.made(other.input.get(1)?, "ReduceMean")?;
    let x = centred.input.first()?;
    let over_last = [mean, other_mean, variance].iter().all(|mean| {
        let axes = match mean.input.get(1) {
            Some(axes) => m.network.constants.get(axes).and_then(|axes| axes.integers()),
            None => mean.ints("axes").map(<[i64]>::to_vec),
        };
        axes.is_some_and(|axes| axes == [-1])
    });
    let same = other.input.first() == Some(x)
        && mean.input.first() == Some(x)
        && other_mean.input.first() == Some(x);
    (over_last && same).then_some((x.as_str(), epsilon))
}

/// A node of the operator.
fn written(of: &NodeProto, input: Vec<String>, epsilon: f32) -> NodeProto {
    let mut new = replacement("LayerNormalization", of, input);
    new.attribute = vec![
        AttributeProto {
            name: "axis".into(),
            i: Some(-1),
            kind: attribute_type::INT,
            ..AttributeProto::default()
        },
        float_attribute("epsilon", epsilon),
    ];
    new
}

/// The normalised input times gamma: its name, the name of gamma, and epsilon.
fn scaled<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<(&'a str, &'a str, f32)> {
    let (other, gamma) = m.either(node, |name| {
        let constant = m.network.constants.get(name)?;
        (constant.shape.len() == 1).then_some(name)
    })?;
    let number = *m.producers.get(other)?;
    let inner = &m.network.nodes[number];
    if !matches!(inner.op_type.as_str(), "Div" | "Mul") {
        return None;
    }
    let (x, epsilon) = normalized(m, inner)?;
    Some((x, gamma, epsilon))
}

/// With gamma, without a shift.
pub(super) fn layer<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<NodeProto> {
    if node.op_type != "Mul" {
        return None;
    }
    let (x, gamma, epsilon) = scaled(m, node)?;
    Some(written(node, vec![x.into(), gamma.into()], epsilon))
}

/// With gamma and beta.
pub(super) fn layer_with_shift<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<NodeProto> {
    let (product, beta) = m.either(node, |name| {
        let constant = m.network.constants.get(name)?;
        (constant.shape.len() == 1).then_some(name)
    })?;
    let (x, gamma, epsilon) = scaled(m, m.made(product, "Mul")?)?;
    Some(written(node, vec![x.into(), gamma.into(), beta.into()], epsilon))
}
