//! Functions of each number.

use crate::Result;
use crate::interchange::onnx::import::builder::{Builder, Live, Weight, unsupported};
use crate::interchange::onnx::import::network::Attributes;
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::{Activation, ActivationName, Axes, Prelu, Softmax};

fn apply(builder: &mut Builder, node: &NodeProto, activation: Activation) -> Result<()> {
    let live = builder.live(node, 0)?;
    let live = builder.activated(&live, activation)?;
    builder.set(node, live);
    Ok(())
}

/// Functions without attributes.
pub(super) fn named(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let name = match node.op_type.as_str() {
        "Exp" => ActivationName::Exponential,
        "HardSwish" => ActivationName::HardSwish,
        "Mish" => ActivationName::Mish,
        "Relu" => ActivationName::Relu,
        "Sigmoid" => ActivationName::Sigmoid,
        "Silu" => ActivationName::Silu,
        "Swish" if node.float("alpha", 1.0) == 1.0 => ActivationName::Silu,
        "Softplus" => ActivationName::Softplus,
        "Softsign" => ActivationName::Softsign,
        "Tanh" => ActivationName::Tanh,
        _ => return Err(unsupported(node, "found another alpha than 1")),
    };
    apply(builder, node, Activation::new(name))
}

pub(super) fn elu(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let alpha = f64::from(node.float("alpha", 1.0));
    apply(builder, node, Activation { alpha, ..Activation::new(ActivationName::Elu) })
}

pub(super) fn leaky_relu(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    // As it was written: 0.2 and not its nearest f32.
    let slope = node.float("alpha", 0.01);
    let negative_slope = slope.to_string().parse().unwrap_or(f64::from(slope));
    apply(
        builder,
        node,
        Activation { negative_slope, ..Activation::new(ActivationName::LeakyRelu) },
    )
}

pub(super) fn gelu(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let approximate = node.text("approximate").is_some_and(|text| text == "tanh");
    apply(builder, node, Activation { approximate, ..Activation::new(ActivationName::Gelu) })
}

pub(super) fn selu(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let close = |name, own: f32, default| (node.float(name, default) - own).abs() < 1e-5;
    if !close("alpha", 1.673_263_2, 1.673_263_2) || !close("gamma", 1.050_701, 1.050_701) {
        return Err(unsupported(node, "found other numbers than those of SELU"));
    }
    apply(builder, node, Activation::new(ActivationName::Selu))
}

pub(super) fn hard_sigmoid(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let (alpha, beta) = (node.float("alpha", 0.2), node.float("beta", 0.5));
    if (beta - 0.5).abs() > 1e-6 {
        return Err(unsupported(node, "expected a beta of 0.5"));
    }
    let live = builder.live(node, 0)?;
    // Ours has a slope of 1/6.
    let steeper = f64::from(alpha) * 6.0;
    let live =
        if (steeper - 1.0).abs() < 1e-5 { live } else { builder.rescaled(&live, steeper, 0.0)? };
    let live = builder.activated(&live, Activation::new(ActivationName::HardSigmoid))?;
    builder.set(node, live);
    Ok(())
}

/// Between 0 and 6, or at least 0; anything else is no function of ours.
pub(super) fn clip(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let bound = |builder: &Builder, number: usize, name: &str, default: f32| {
        let constant = builder.constant(node, number)?;
        Ok(match constant {
            Some(constant) => constant.scalar().unwrap_or(f32::NAN),
            None => node.float(name, default),
        })
    };
    let low: Result<f32> = bound(builder, 1, "min", f32::NEG_INFINITY);
    let high: Result<f32> = bound(builder, 2, "max", f32::INFINITY);
    let (low, high) = (low?, high?);
    let live = builder.live(node, 0)?;
    // 1e30 and more is what stands for no bound.
    let (open_below, open_above) = (low <= -1e30, high >= 1e30);
    let found = if low == 0.0 && high == 6.0 {
        builder.activated(&live, Activation::new(ActivationName::Relu6))?
    } else if low == 0.0 && open_above {
        builder.activated(&live, Activation::new(ActivationName::Relu))?
    } else if open_below && open_above {
        live
    } else if low < high && low.is_finite() && high.is_finite() {
        // min(max(x, 0), 6) between other bounds.
        let (low, span) = (f64::from(low), f64::from(high) - f64::from(low));
        let live = builder.rescaled(&live, 6.0 / span, -low * 6.0 / span)?;
        let live = builder.activated(&live, Activation::new(ActivationName::Relu6))?;
        builder.rescaled(&live, span / 6.0, low)?
    } else {
        return Err(unsupported(node, &format!("bounds {low} and {high}")));
    };
    builder.set(node, found);
    Ok(())
}

pub(super) fn softmax(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let is_log = node.op_type == "LogSoftmax";
    let name = if is_log { ActivationName::LogSoftmax } else { ActivationName::Softmax };
    // Until version 13 all axes from this one on were one.
    let old = builder.opset < 13;
    let rank = live.axes.len();
    let axis = super::shape::axis(node, if old { 1 } else { -1 }, rank)?;
    if old && (axis + 1..rank).any(|axis| builder.sample_size(&live, axis) != 1) {
        return Err(unsupported(node, "found several axes, expected one"));
    }
    let last = builder.shape(live.value).len();
    let own = live.axes[axis].clone();
    let found = if own == [last] {
        builder.activated(&live, Activation::new(name))?
    } else if let [own] = own[..]
        && own > 0
        && !is_log
    {
        let axis = Axes::from(own as i32);
        let value = builder.push(Softmax { axis }, vec![live.value], Vec::new())?;
        Live { value, sole: true, ..live }
    } else {
        let mut order = builder.stored_order(&live)?;
        order.retain(|&other| other != axis);
        order.push(axis);
        let batch = builder.batch_axis(&live)?;
        let value = builder.arranged(&live, &order)?;
        let axes = Builder::ordered(rank, batch, &order);
        builder.activated(&Live { value, axes, sole: live.sole }, Activation::new(name))?
    };
    builder.set(node, found);
    Ok(())
}

pub(super) fn prelu(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let live = builder.live(node, 0)?;
    let (shape, slopes) = builder.numbers(node, 1)?;
    let rank = live.axes.len();
    let batch = builder.batch_axis(&live)?;
    let order = builder.stored_order(&live)?;
    let padded = [vec![1; rank.saturating_sub(shape.len())], shape].concat();
    let sizes: Vec<usize> = order.iter().map(|&axis| builder.sample_size(&live, axis)).collect();
    let long: Vec<usize> = (0..padded.len()).filter(|&axis| padded[axis] != 1).collect();
    let fits = padded.len() == rank
        && long.len() <= 1
        && long
            .iter()
            .all(|axis| order.iter().zip(&sizes).any(|(o, s)| o == axis && *s == padded[*axis]));
    if !fits {
        return Err(unsupported(node, "expected one slope, or one for each place of an axis"));
    }
    let value = builder.arranged(&live, &order)?;
    let shared = (0..order.len()).filter(|&place| !long.contains(&order[place]));
    let shared: Vec<i32> = shared.map(|place| place as i32 + 1).collect();
    let alpha_shape =
        order.iter().map(|axis| if long.contains(axis) { padded[*axis] } else { 1 }).collect();
    let weights = vec![Weight::new("alpha", alpha_shape, slopes)];
    let value = builder.push(Prelu::new(shared), vec![value], weights)?;
    let axes = Builder::ordered(rank, batch, &order);
    builder.set(node, Live { value, axes, sole: true });
    Ok(())
}
