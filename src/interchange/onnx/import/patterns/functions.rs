//! Activations as they are written where an operator of their own is missing.

use super::Matcher;
use crate::interchange::onnx::import::network::{Attributes, replacement};
use crate::interchange::onnx::proto::{AttributeProto, NodeProto, attribute_type};

/// `x sigmoid(x)`
pub(super) fn silu<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<NodeProto> {
    let (x, sigmoid) = m.either(node, |name| m.made(name, "Sigmoid"))?;
    (sigmoid.input.first()? == x).then(|| replacement("Silu", node, vec![x.into()]))
}

/// `x tanh(softplus(x))`
pub(super) fn mish<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<NodeProto> {
    let (x, tanh) = m.either(node, |name| m.made(name, "Tanh"))?;
    let softplus = m.made(tanh.input.first()?, "Softplus")?;
    (softplus.input.first()? == x).then(|| replacement("Mish", node, vec![x.into()]))
}

/// What `min(max(x + 3, 0), 6)` is computed of.
fn clipped<'a>(m: &Matcher<'a>, name: &str) -> Option<&'a str> {
    let clip = m.made(name, "Clip")?;
    let bounds = match clip.input.len() {
        1 => (clip.float("min", -1.0), clip.float("max", -1.0)),
        _ => (m.number(clip.input.get(1)?)?, m.number(clip.input.get(2)?)?),
    };
    if bounds != (0.0, 6.0) {
        return None;
    }
    m.plus(clip.input.first()?, 3.0)
}

/// `x min(max(x + 3, 0), 6) / 6`, in any order of its factors, and with a hard sigmoid.
pub(super) fn hard_swish<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<NodeProto> {
    let whole = |x: &str| Some(replacement("HardSwish", node, vec![x.into()]));
    // The product divided by 6.
    if let Some(product) = m.times(node, 1.0 / 6.0)
        && let Some(product) = m.made(product, "Mul")
        && let Some((x, of)) = m.either(product, |name| clipped(m, name))
        && x == of
    {
        return whole(x);
    }
    if node.op_type != "Mul" {
        return None;
    }
    let gate = |name: &'a str| {
        if let Some(sigmoid) = m.made(name, "HardSigmoid") {
            let is_ours = (sigmoid.float("alpha", 0.2) - 1.0 / 6.0).abs() < 1e-5;
            return sigmoid.input.first().filter(|_| is_ours).map(String::as_str);
        }
        clipped(m, m.made_by_factor(name, 1.0 / 6.0)?)
    };
    let (x, of) = m.either(node, gate)?;
    (x == of).then(|| whole(x))?
}

/// `min(max(x + 3, 0), 6) / 6`
pub(super) fn hard_sigmoid<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<NodeProto> {
    let x = clipped(m, m.times(node, 1.0 / 6.0)?)?;
    let mut new = replacement("HardSigmoid", node, vec![x.into()]);
    new.attribute = vec![super::super::network::float_attribute("alpha", 1.0 / 6.0)];
    Some(new)
}

/// The factors of a product and of products in it, so deep, without its numbers; and the product of those.
fn factors<'a>(m: &Matcher<'a>, node: &'a NodeProto, depth: usize) -> (Vec<&'a str>, f32) {
    let (mut names, mut number) = (Vec::new(), 1.0);
    for name in &node.input {
        if let Some(constant) = m.number(name) {
            number *= constant;
        } else if depth > 0
            && let Some(inner) = m.made(name, "Mul")
        {
            let (inner, factor) = factors(m, inner, depth - 1);
            names.extend(inner);
            number *= factor;
        } else {
            names.push(name.as_str());
        }
    }
    (names, number)
}

/// The input and what stands beside it in `0.5 x (1 + ...)`.
fn half_of_one_plus<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<(&'a str, &'a str)> {
    // No deeper, as `x` may be a product, too.
    let (names, number) = factors(m, node, 1);
    let [a, b] = names[..] else { return None };
    if (number - 0.5).abs() > 1e-6 {
        return None;
    }
    m.plus(b, 1.0).map(|inner| (a, inner)).or_else(|| m.plus(a, 1.0).map(|inner| (b, inner)))
}

/// `0.5 x (1 + erf(x / sqrt 2))`
pub(super) fn gelu<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<NodeProto> {
    let (x, inner) = half_of_one_plus(m, node)?;
    let erf = m.made(inner, "Erf")?;
    let of = m.made_by_factor(erf.input.first()?, std::f32::consts::FRAC_1_SQRT_2)?;
    (x == of).then(|| replacement("Gelu", node, vec![x.into()]))
}

/// `0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`
pub(super) fn gelu_by_tanh<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<NodeProto> {
    let (x, inner) = half_of_one_plus(m, node)?;
    let tanh = m.made(inner, "Tanh")?;
    let sum = m.made_by_factor(tanh.input.first()?, 0.797_884_56)?;
    let sum = m.made(sum, "Add")?;
    let is_cube = |name: &'a str| {
        let cube = m.made_by_factor(name, 0.044_715)?;
        if let Some(power) = m.made(cube, "Pow") {
            return (power.input.first()? == x && m.is(power.input.get(1)?, 3.0)).then_some(());
        }
        let (names, number) = factors(m, m.made(cube, "Mul")?, 1);
        (number == 1.0 && names.len() == 3 && names.iter().all(|name| *name == x)).then_some(())
    };
    let (other, ()) = m.either(sum, is_cube)?;
    let mut new = replacement("Gelu", node, vec![x.into()]);
    new.attribute = vec![AttributeProto {
        name: "approximate".into(),
        s: Some(b"tanh".to_vec()),
        kind: attribute_type::STRING,
        ..AttributeProto::default()
    }];
    (other == x).then_some(new)
}

/// `x / (1 + |x|)`
pub(super) fn softsign<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<NodeProto> {
    let [x, below] = &node.input[..] else { return None };
    let abs = m.made(m.plus(below, 1.0)?, "Abs")?;
    (abs.input.first()? == x).then(|| replacement("Softsign", node, vec![x.clone()]))
}

/// `ln(1 + exp(x))`
pub(super) fn softplus<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<NodeProto> {
    let exp = m.made(m.plus(node.input.first()?, 1.0)?, "Exp")?;
    Some(replacement("Softplus", node, exp.input.clone()))
}

/// `ln(softmax(x))`
pub(super) fn log_softmax<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<NodeProto> {
    let softmax = m.made(node.input.first()?, "Softmax")?;
    let mut new = replacement("LogSoftmax", node, softmax.input.clone());
    new.attribute.clone_from(&softmax.attribute);
    Some(new)
}

/// `x < 0 ? x + n : x`, by which Keras lets numbers of words count from the end: an embedding takes none below 0.
pub(super) fn wrapped<'a>(m: &Matcher<'a>, node: &'a NodeProto) -> Option<NodeProto> {
    let [condition, sum, x] = &node.input[..] else { return None };
    let less = m.made(condition, "Less")?;
    let is_negative = less.input.first()? == x && m.number(less.input.get(1)?)? == 0.0;
    let (of, _) = m.either(m.made(sum, "Add")?, |name| m.number(name))?;
    (is_negative && of == x).then(|| replacement("Identity", node, vec![x.clone()]))
}

/// Softplus that is `x` itself where it is large, as PyTorch writes it.
pub(super) fn softplus_with_threshold<'a>(
    m: &Matcher<'a>,
    node: &'a NodeProto,
) -> Option<NodeProto> {
    let [condition, x, softplus] = &node.input[..] else { return None };
    let greater = m.made(condition, "Greater")?;
    // From there on they are the same number.
    let is_large = greater.input.first()? == x && m.number(greater.input.get(1)?)? >= 17.0;
    let same = m.made(softplus, "Softplus")?.input.first()? == x;
    (is_large && same).then(|| replacement("Softplus", node, vec![x.clone()]))
}
