//! Layers: a case becomes a model of one layer (or a few), run forward and backward by a plan.

use serde_json::{Map, Value, json};
use tabgrad::layers::{LayerSpec, StepKey};
use tabgrad::model::Model;
use tabgrad::plan::Plan;
use tabgrad::spec::{InputSpec, ModelSpec, NodeSpec};

use crate::case::{Case, Failure, Outcome};

/// The operations that are one layer: the case's name for it, and the layer's with what the case
/// says by the name alone.
const OPS: &[(&str, &str)] = &[
    ("relu", r#"{"type": "activation", "activation": "relu"}"#),
    ("relu6", r#"{"type": "activation", "activation": "relu6"}"#),
    ("leaky_relu", r#"{"type": "activation", "activation": "leakyRelu"}"#),
    ("elu", r#"{"type": "activation", "activation": "elu"}"#),
    ("gelu", r#"{"type": "activation", "activation": "gelu"}"#),
    ("sigmoid", r#"{"type": "activation", "activation": "sigmoid"}"#),
    ("tanh", r#"{"type": "activation", "activation": "tanh"}"#),
    ("softplus", r#"{"type": "activation", "activation": "softplus"}"#),
    ("softmax", r#"{"type": "activation", "activation": "softmax"}"#),
    ("selu", r#"{"type": "activation", "activation": "selu"}"#),
    ("silu", r#"{"type": "activation", "activation": "silu"}"#),
    ("mish", r#"{"type": "activation", "activation": "mish"}"#),
    ("hard_sigmoid", r#"{"type": "activation", "activation": "hardSigmoid"}"#),
    ("hard_silu", r#"{"type": "activation", "activation": "hardSwish"}"#),
    ("softsign", r#"{"type": "activation", "activation": "softsign"}"#),
    ("exponential", r#"{"type": "activation", "activation": "exponential"}"#),
    ("log_softmax", r#"{"type": "activation", "activation": "logSoftmax"}"#),
    ("softmax_over", r#"{"type": "softmax"}"#),
    ("prelu", r#"{"type": "prelu"}"#),
    ("conv1d", r#"{"type": "conv1d"}"#),
    ("conv2d", r#"{"type": "conv2d"}"#),
    ("depthwise_conv2d", r#"{"type": "depthwiseConv2d"}"#),
    ("separable_conv2d", r#"{"type": "separableConv2d"}"#),
    ("conv2d_transpose", r#"{"type": "conv2dTranspose"}"#),
    ("dense", r#"{"type": "dense"}"#),
    ("max_pool2d", r#"{"type": "maxPooling2d"}"#),
    ("average_pool2d", r#"{"type": "averagePooling2d"}"#),
    ("global_average_pool2d", r#"{"type": "globalAveragePooling2d"}"#),
    ("global_max_pool2d", r#"{"type": "globalMaxPooling2d"}"#),
    ("max_pool1d", r#"{"type": "maxPooling1d"}"#),
    ("average_pool1d", r#"{"type": "averagePooling1d"}"#),
    ("global_average_pool1d", r#"{"type": "globalAveragePooling1d"}"#),
    ("global_max_pool1d", r#"{"type": "globalMaxPooling1d"}"#),
    ("batch_normalization", r#"{"type": "batchNormalization"}"#),
    ("batch_normalization_running_stats", r#"{"type": "batchNormalization"}"#),
    ("layer_normalization", r#"{"type": "layerNormalization"}"#),
    ("group_normalization", r#"{"type": "groupNormalization"}"#),
    ("add", r#"{"type": "add"}"#),
    ("average", r#"{"type": "average"}"#),
    ("multiply", r#"{"type": "multiply"}"#),
    ("maximum", r#"{"type": "maximum"}"#),
    ("minimum", r#"{"type": "minimum"}"#),
    ("subtract", r#"{"type": "subtract"}"#),
    ("concatenate", r#"{"type": "concatenate"}"#),
    ("flatten", r#"{"type": "flatten"}"#),
    ("reshape", r#"{"type": "reshape"}"#),
    ("permute", r#"{"type": "permute"}"#),
    ("flip", r#"{"type": "flip"}"#),
    ("repeat_vector", r#"{"type": "repeatVector"}"#),
    ("zero_padding2d", r#"{"type": "zeroPadding2d"}"#),
    ("cropping2d", r#"{"type": "cropping2d"}"#),
    ("up_sampling2d", r#"{"type": "upSampling2d"}"#),
    ("time_distributed", r#"{"type": "timeDistributed"}"#),
    ("position_embedding", r#"{"type": "positionEmbedding"}"#),
];

/// The operations whose axes are attributes here.
const AXES: [&str; 4] = ["concatenate", "flip", "layer_normalization", "softmax_over"];

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    if case.op() == "residual_block" {
        return residual_block(case);
    }
    let Some((_, layer)) = OPS.iter().find(|(op, _)| *op == case.op()) else {
        return Ok(Outcome::LeftOut(format!("{} {}", case.group, case.op())));
    };
    let Value::Object(mut layer) = serde_json::from_str(layer).map_err(|e| e.to_string())? else {
        return Err("a layer is an object".into());
    };
    let attrs = match attributes(case) {
        Ok(attrs) => attrs,
        Err(why) => return Ok(Outcome::LeftOut(why)),
    };
    layer.extend(attrs);
    let mut nodes = vec![("layer", layer_of(Value::Object(layer))?, inputs_of(case))];
    if let Some(pads) = case.attrs().get("pads") {
        let edges = json!([[pads["top"], pads["bottom"]], [pads["left"], pads["right"]]]);
        let padding = layer_of(json!({"type": "zeroPadding2d", "padding": edges}))?;
        nodes.insert(0, ("padding", padding, inputs_of(case)));
        nodes[1].2 = vec!["padding".into()];
    }
    match case.op() {
        "batch_normalization_running_stats" => running_statistics(case, nodes),
        "depthwise_conv2d" => check(case, nodes, |name| match name {
            "depthwise_kernel" => Some("layer/kernel".into()),
            _ => Some(format!("layer/{name}")),
        }),
        _ => check(case, nodes, |name| Some(format!("layer/{}", camel_case(name)))),
    }
}

/// The case's attributes by the names and values that they have here, or why they have none.
fn attributes(case: &Case) -> Result<Map<String, Value>, String> {
    let mut attrs = Map::new();
    for (name, value) in case.attrs().as_object().into_iter().flatten() {
        match name.as_str() {
            // Said by the runner, or by the shape of the case.
            "training" | "pads" | "keepdims" => {}
            "axis" if !AXES.contains(&case.op()) => {
                if value != -1 {
                    return Err(format!("{} along axis {value}", case.op()));
                }
            }
            "activation" if value.is_null() => {}
            "padding" if value == "explicit" => {
                attrs.insert("padding".into(), "valid".into());
            }
            _ => {
                attrs.insert(camel_case(name), value.clone());
            }
        }
    }
    Ok(attrs)
}

fn camel_case(name: &str) -> String {
    let mut upper = false;
    let mut camel = String::new();
    for symbol in name.chars() {
        if symbol == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            camel.extend(symbol.to_uppercase());
        } else {
            camel.push(symbol);
        }
    }
    camel
}

fn layer_of(value: Value) -> Result<LayerSpec, Failure> {
    serde_json::from_value(value.clone()).map_err(|error| format!("{value}: {error}"))
}

/// The names of the case's samples: `x`, or `x0`, `x1`, ...
fn inputs_of(case: &Case) -> Vec<String> {
    let all: Vec<String> = case.names("input.").map(str::to_owned).collect();
    all.into_iter().filter(|name| name.starts_with('x')).collect()
}

type Nodes = Vec<(&'static str, LayerSpec, Vec<String>)>;

/// A model of these layers, the last of which gives the output.
fn model(case: &Case, nodes: Nodes, inputs: &[String]) -> Result<Model, Failure> {
    let inputs = inputs.iter().map(|name| {
        let shape = case.shape(&format!("input.{name}"))?[1..].to_vec();
        Ok(InputSpec { name: name.clone(), shape })
    });
    let spec = ModelSpec {
        name: None,
        seed: 0,
        winograd: true,
        inputs: inputs.collect::<Result<_, Failure>>()?,
        outputs: nodes.last().map(|(name, ..)| (*name).into()).into_iter().collect(),
        nodes: nodes
            .into_iter()
            .map(|(name, layer, inputs)| NodeSpec::new(name, layer, inputs))
            .collect(),
    };
    Model::new(spec).map_err(|error| error.to_string())
}

/// Where a parameter of the case lies among the model's: `own_name` says what it is called there.
fn place(model: &Model, name: &str) -> Result<std::ops::Range<usize>, Failure> {
    let slot = model.tensors().iter().find(|slot| slot.name == name);
    slot.map(|slot| slot.range.clone()).ok_or_else(|| format!("the model has no {name}"))
}

/// Runs the layers on the case's inputs and compares the output and every gradient.
fn check(
    case: &Case,
    nodes: Nodes,
    own_name: impl Fn(&str) -> Option<String>,
) -> Result<Outcome, Failure> {
    let text = |error: tabgrad::Error| error.to_string();
    let inputs = inputs_of(case);
    let mut model = model(case, nodes, &inputs)?;
    let parameters: Vec<(String, std::ops::Range<usize>)> = case
        .names("param.")
        .map(|name| {
            let own = own_name(name).ok_or_else(|| format!("{name} has no name here"))?;
            Ok((name.to_owned(), place(&model, &own)?))
        })
        .collect::<Result<_, Failure>>()?;
    let covered: usize = parameters.iter().map(|(_, range)| range.len()).sum();
    if covered != model.weights().len() {
        return Err(format!("the case gives {covered} of {} weights", model.weights().len()));
    }
    for (name, range) in &parameters {
        let values = case.f32s(&format!("param.{name}"))?;
        model.weights_mut()[range.clone()].copy_from_slice(values);
    }
    for (name, own) in [("moving_mean", "movingMean"), ("moving_variance", "movingVariance")] {
        if case.has(&format!("input.{name}")) {
            let range = place(&model, &format!("layer/{own}"))?;
            model.state_mut()[range].copy_from_slice(case.f32s(&format!("input.{name}"))?);
        }
    }

    let n = case.shape("output.y")?[0];
    // Room for more samples than there are, as in the last batch of an epoch.
    let mut plan = Plan::with_input_gradients(model.graph(), n + 1).map_err(text)?;
    for (number, name) in inputs.iter().enumerate() {
        let values = case.f32s(&format!("input.{name}"))?;
        plan.input_mut(number)[..values.len()].copy_from_slice(values);
    }
    let mut state = model.state().to_vec();
    if case.attrs()["training"].as_bool().unwrap_or(true) {
        plan.forward(n, model.weights(), &mut state, StepKey::new(0, 0)).map_err(text)?;
    } else {
        plan.infer(n, model.weights(), &state).map_err(text)?;
    }
    case.compare("output.y", plan.output(0))?;
    if !case.has("grad_output.y") {
        return Ok(Outcome::Agreed);
    }
    plan.output_grad_mut(0).copy_from_slice(case.f32s("grad_output.y")?);
    let mut gradients = vec![f32::NAN; model.weights().len()];
    plan.backward(n, model.weights(), &mut gradients).map_err(text)?;
    for (name, range) in parameters {
        case.compare(&format!("grad_param.{name}"), &gradients[range])?;
    }
    for (number, name) in inputs.iter().enumerate() {
        let gradient = plan.input_grad(number).ok_or("no gradient of the input")?;
        case.compare(&format!("grad_input.{name}"), gradient)?;
    }
    Ok(Outcome::Agreed)
}

/// The running statistics after each of several batches; Keras's, which keep the biased variance.
fn running_statistics(case: &Case, mut nodes: Nodes) -> Result<Outcome, Failure> {
    let text = |error: tabgrad::Error| error.to_string();
    let batches = inputs_of(case);
    for (_, _, inputs) in &mut nodes {
        *inputs = batches[..1].to_vec();
    }
    let mut model = model(case, nodes, &batches[..1])?;
    let n = case.shape("input.x0")?[0];
    let mut plan = Plan::with_input_gradients(model.graph(), n).map_err(text)?;
    let (mut means, mut variances) = (Vec::new(), Vec::new());
    let mean = place(&model, "layer/movingMean")?;
    let variance = place(&model, "layer/movingVariance")?;
    for (step, name) in batches.iter().enumerate() {
        plan.input_mut(0).copy_from_slice(case.f32s(&format!("input.{name}"))?);
        let (weights, state) = model.weights_and_state_mut();
        plan.forward(n, weights, state, StepKey::new(0, step as u64)).map_err(text)?;
        means.extend_from_slice(&state[mean.clone()]);
        variances.extend_from_slice(&state[variance.clone()]);
    }
    case.compare("output.moving_mean", &means)?;
    case.compare("output.moving_variance_biased", &variances)?;
    Ok(Outcome::Agreed)
}

/// A residual block: a graph with two branches that meet.
fn residual_block(case: &Case) -> Result<Outcome, Failure> {
    let attrs = case.attrs();
    let conv = |size: usize, strides: &Value| {
        layer_of(json!({
            "type": "conv2d", "filters": attrs["filters"], "kernelSize": size, "strides": strides,
            "padding": "same", "useBias": false,
        }))
    };
    let norm = || layer_of(json!({"type": "batchNormalization", "epsilon": attrs["epsilon"]}));
    let relu = || layer_of(json!({"type": "activation", "activation": "relu"}));
    let (one, from) = (json!(1), |name: &str| vec![name.to_owned()]);
    let projection = attrs["projection"] == true;
    let mut nodes = vec![
        ("conv1", conv(3, &attrs["strides"])?, from("x")),
        ("norm1", norm()?, from("conv1")),
        ("relu1", relu()?, from("norm1")),
        ("conv2", conv(3, &one)?, from("relu1")),
        ("norm2", norm()?, from("conv2")),
    ];
    if projection {
        nodes.push(("project", conv(1, &attrs["strides"])?, from("x")));
    }
    let shortcut = if projection { "project" } else { "x" };
    let sum = vec!["norm2".to_owned(), shortcut.to_owned()];
    nodes.push(("sum", layer_of(json!({"type": "add"}))?, sum));
    nodes.push(("relu2", relu()?, from("sum")));
    check(case, nodes, |name| {
        let own = match name {
            "k1" => "conv1/kernel",
            "g1" => "norm1/gamma",
            "b1" => "norm1/beta",
            "k2" => "conv2/kernel",
            "g2" => "norm2/gamma",
            "b2" => "norm2/beta",
            "kp" => "project/kernel",
            _ => return None,
        };
        Some(own.to_owned())
    })
}
