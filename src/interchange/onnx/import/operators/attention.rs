//! Attention: `softmax(Q Kᵀ scale) V`. ONNX has it as products of values with each other, which nothing else here
//! does; so what lies between the first and the second product is only noted, and the second becomes a layer
//! `multiHeadAttention` with the projections before and behind it.

use crate::Result;
use crate::interchange::onnx::import::builder::{Builder, Live, Value, Weight, unsupported};
use crate::interchange::onnx::import::tensor::Tensor;
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::{ActivationName, LayerSpec, MultiHeadAttention};

/// What a position's query makes of the keys.
#[derive(Clone, Debug)]
pub(in super::super) struct Scores {
    query: Live,
    /// Its last two axes are the numbers of a key and the positions.
    key: Live,
    scale: f64,
    causal: bool,
    /// Whether they are shares already, which sum to one.
    shares: bool,
}

/// What a layer was made of, so that a projection behind it can become part of it.
#[derive(Clone, Debug)]
pub(in super::super) struct Attention {
    /// Values [positions, heads numbers].
    query: usize,
    key: usize,
    value: usize,
    heads: usize,
    key_dim: usize,
    value_dim: usize,
    scale: f64,
    causal: bool,
}

/// The projection behind the heads.
pub(super) struct Output<'a> {
    pub units: usize,
    /// [heads numbers, units]
    pub kernel: &'a [f32],
    pub bias: Option<&'a [f32]>,
}

/// The product of queries and keys.
pub(super) fn scores(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let (query, key) = (builder.live(node, 0)?, builder.live(node, 1)?);
    if query.axes.len() != key.axes.len() || query.axes.len() < 3 {
        return Err(unsupported(node, "expected the queries and keys of an attention"));
    }
    let scores = Scores { query, key, scale: 1.0, causal: false, shares: false };
    set(builder, node, scores);
    Ok(())
}

fn set(builder: &mut Builder, node: &NodeProto, scores: Scores) {
    if let Some(name) = node.output.first() {
        builder.values.insert(name.clone(), Value::Scores(Box::new(scores)));
    }
}

/// What becomes of scores; whether a node takes any.
pub(in super::super) fn step(builder: &mut Builder, node: &NodeProto) -> Result<bool> {
    let find = |name: &String| match builder.values.get(name) {
        Some(Value::Scores(scores)) => Some((**scores).clone()),
        _ => None,
    };
    let found =
        node.input.iter().enumerate().find_map(|(number, name)| Some((number, find(name)?)));
    let Some((place, mut scores)) = found else { return Ok(false) };
    let wrong = || unsupported(node, "this is done with the scores of an attention");
    let other =
        if node.input.len() == 2 { builder.constant(node, 1 - place).ok().flatten() } else { None };
    match node.op_type.as_str() {
        "Identity" | "Cast" | "Dropout" => {}
        "Mul" | "Div" if !scores.shares => {
            let number = other.and_then(|other| other.scalar()).ok_or_else(wrong)?;
            match node.op_type.as_str() {
                "Mul" => scores.scale *= f64::from(number),
                _ if place == 0 => scores.scale /= f64::from(number),
                _ => return Err(wrong()),
            }
        }
        "Add" if !scores.shares => match other.as_deref().and_then(mask) {
            Some(Mask::None) => {}
            Some(Mask::Causal) => scores.causal = true,
            None => return Err(unsupported(node, "found a mask that is not causal")),
        },
        "Softmax" if !scores.shares => {
            let rank = scores.query.axes.len();
            if super::shape::axis(node, -1, rank)? != rank - 1 {
                return Err(wrong());
            }
            scores.shares = true;
        }
        "MatMul" if scores.shares && place == 0 => {
            context(builder, node, &scores)?;
            return Ok(true);
        }
        _ => return Err(wrong()),
    }
    set(builder, node, scores);
    Ok(true)
}

enum Mask {
    None,
    Causal,
}

/// What is added to scores, if it hides nothing or what comes later.
fn mask(constant: &Tensor) -> Option<Mask> {
    if constant.is_all(0.0) {
        return Some(Mask::None);
    }
    let [before @ .., rows, columns] = &constant.shape[..] else { return None };
    if rows != columns || before.iter().any(|&size| size != 1) {
        return None;
    }
    let values = constant.to_floats()?;
    let hides = |(number, value): (usize, &f32)| {
        let later = number % columns > number / columns;
        if later { *value < -1e4 } else { *value == 0.0 }
    };
    values.iter().enumerate().all(hides).then_some(Mask::Causal)
}

/// Queries, keys or values of all heads: the value [positions, heads numbers], and those sizes.
fn joined(
    builder: &mut Builder,
    node: &NodeProto,
    live: &Live,
    turned: bool,
) -> Result<(usize, [usize; 3])> {
    let rank = live.axes.len();
    let (position, number) = if turned { (rank - 1, rank - 2) } else { (rank - 2, rank - 1) };
    let mut heads = live.axes[..rank - 2].concat();
    let batch = heads.iter().position(|&own| own == 0);
    heads.remove(batch.ok_or_else(|| unsupported(node, "expected the batch before the heads"))?);
    let axes = vec![vec![0], heads, live.axes[position].clone(), live.axes[number].clone()];
    let live = Live { axes, ..live.clone() };
    let value = builder.arranged(&live, &[2, 1, 3])?;
    let sizes = [2, 1, 3].map(|axis| builder.sample_size(&live, axis));
    let value = builder.reshaped(value, &[sizes[0], sizes[1] * sizes[2]])?;
    Ok((value, sizes))
}

/// The product of shares and values.
fn context(builder: &mut Builder, node: &NodeProto, scores: &Scores) -> Result<()> {
    let live = builder.live(node, 1)?;
    if live.axes.len() != scores.query.axes.len() {
        return Err(unsupported(node, "expected the values of an attention"));
    }
    let (query, [positions, heads, key_dim]) = joined(builder, node, &scores.query, false)?;
    let (key, [asked, key_heads, other_dim]) = joined(builder, node, &scores.key, true)?;
    let (value, [values, value_heads, value_dim]) = joined(builder, node, &live, false)?;
    if [key_heads, value_heads] != [heads; 2] || other_dim != key_dim || values != asked {
        return Err(unsupported(node, "the heads of queries, keys and values differ"));
    }
    let (scale, causal) = (scores.scale, scores.causal);
    let attention = Attention { query, key, value, heads, key_dim, value_dim, scale, causal };
    let made = attend(builder, &attention, None)?
        .ok_or_else(|| unsupported(node, "queries and values have other numbers"))?;
    builder.attentions.insert(made, attention);
    // One axis of ours for each that the heads are.
    let leading = &scores.query.axes[..scores.query.axes.len() - 2];
    let shape = builder.shape(scores.query.value).to_vec();
    let own: Vec<usize> = leading.concat().into_iter().filter(|&own| own > 0).collect();
    let sizes: Vec<usize> = own.iter().map(|&own| shape[own - 1]).collect();
    let split = [&[positions], &sizes[..], &[value_dim]].concat();
    let value = builder.reshaped(made, &split)?;
    let place = |own_axis: usize| match own_axis {
        0 => 0,
        other => own.iter().position(|&own| own == other).map_or(0, |place| place + 2),
    };
    let mut axes: Vec<Vec<usize>> =
        leading.iter().map(|axis| axis.iter().map(|&own| place(own)).collect()).collect();
    axes.extend([vec![1], vec![own.len() + 2]]);
    builder.set(node, Live { value, axes, sole: true });
    Ok(())
}

/// A projection of the input: that of the dense layer before, or none.
struct Projection {
    from: usize,
    kernel: Vec<f32>,
    bias: Vec<f32>,
}

impl Projection {
    /// Nothing but a factor.
    fn none(builder: &mut Builder, value: usize, factor: f32) -> Result<Self> {
        let width = builder.shape(value)[1];
        builder.budget.take(width.saturating_mul(width))?;
        let mut kernel = vec![0.0; width * width];
        (0..width).for_each(|place| kernel[place * width + place] = factor);
        Ok(Self { from: value, kernel, bias: vec![0.0; width] })
    }

    /// The dense layer that makes a value, with the factors behind it.
    ///
    /// # Errors
    /// `TooLarge` beyond the budget.
    fn of(builder: &mut Builder, value: usize, mut factor: f32) -> Result<Option<Self>> {
        let mut at = value;
        loop {
            let Some(built) = builder.layer_of(at) else { return Ok(None) };
            match &built.layer {
                LayerSpec::Reshape(_) | LayerSpec::Flatten(_) => {}
                LayerSpec::Rescaling(layer) if layer.offset == 0.0 => factor *= layer.scale as f32,
                LayerSpec::Dense(layer)
                    if layer.activation == ActivationName::Linear
                        && built.weights_of.is_none()
                        && built.shape.last() == builder.shape(value).last() =>
                {
                    let from = built.inputs[0];
                    let [kernel, bias @ ..] = &built.weights[..] else { return Ok(None) };
                    let width = kernel.shape[0];
                    let kernel: Vec<f32> = kernel.values.iter().map(|v| v * factor).collect();
                    let bias = match bias {
                        [bias, ..] => bias.values.iter().map(|v| v * factor).collect(),
                        [] => vec![0.0; layer.units],
                    };
                    builder.budget.take(kernel.len())?;
                    // Positions side by side, also where they are those of an image.
                    let from = builder.reshaped(from, &[builder.shape(value)[0], width])?;
                    return Ok(Some(Self { from, kernel, bias }));
                }
                _ => return Ok(None),
            }
            at = built.inputs[0];
        }
    }

    fn width(&self) -> usize {
        self.kernel.len() / self.bias.len()
    }
}

/// A layer of these parts; `None` where the output has not the size of the layer's query.
fn attend(
    builder: &mut Builder,
    parts: &Attention,
    output: Option<&Output<'_>>,
) -> Result<Option<usize>> {
    let Attention { heads, key_dim, value_dim, .. } = *parts;
    let all = heads * value_dim;
    let units = output.map_or(all, |output| output.units);
    // The layer divides by the root itself.
    let factor = (parts.scale * (key_dim as f64).sqrt()) as f32;
    let query = match Projection::of(builder, parts.query, factor)? {
        Some(query) if query.width() == units => query,
        _ if heads * key_dim == units => Projection::none(builder, parts.query, factor)?,
        _ => return Ok(None),
    };
    let mut others = Vec::new();
    for value in [parts.key, parts.value] {
        others.push(match Projection::of(builder, value, 1.0)? {
            Some(projection) => projection,
            None => Projection::none(builder, value, 1.0)?,
        });
    }
    let [key, value] = &others[..] else { return Ok(None) };
    let output_kernel = match output {
        Some(output) => output.kernel.to_vec(),
        None => {
            builder.budget.take(all.saturating_mul(all))?;
            let mut kernel = vec![0.0; all * all];
            (0..all).for_each(|place| kernel[place * all + place] = 1.0);
            kernel
        }
    };
    let output_bias = output.and_then(|output| output.bias);
    let output_bias = output_bias.map_or_else(|| vec![0.0; units], <[f32]>::to_vec);
    let layer = MultiHeadAttention {
        value_dim: (value_dim != key_dim).then_some(value_dim),
        use_causal_mask: parts.causal,
        ..MultiHeadAttention::new(heads, key_dim)
    };
    let inputs = match (query.from == value.from, value.from == key.from) {
        (true, true) => vec![query.from],
        (_, true) => vec![query.from, value.from],
        _ => vec![query.from, value.from, key.from],
    };
    let weight = Weight::new;
    let weights = vec![
        weight("queryKernel", vec![query.width(), heads, key_dim], query.kernel.clone()),
        weight("queryBias", vec![heads, key_dim], query.bias.clone()),
        weight("keyKernel", vec![key.width(), heads, key_dim], key.kernel.clone()),
        weight("keyBias", vec![heads, key_dim], key.bias.clone()),
        weight("valueKernel", vec![value.width(), heads, value_dim], value.kernel.clone()),
        weight("valueBias", vec![heads, value_dim], value.bias.clone()),
        weight("outputKernel", vec![heads, value_dim, units], output_kernel),
        weight("outputBias", vec![units], output_bias),
    ];
    // Positions side by side: what lies before may have been seen otherwise.
    if inputs.iter().any(|&value| builder.shape(value).len() != 2) {
        return Ok(None);
    }
    builder.push(layer, inputs, weights).map(Some)
}

/// The attention that makes a value, with a projection behind it.
pub(super) fn projected(
    builder: &mut Builder,
    value: usize,
    output: &Output<'_>,
) -> Result<Option<usize>> {
    match builder.attentions.get(&value).cloned() {
        Some(parts) => attend(builder, &parts, Some(output)),
        None => Ok(None),
    }
}
