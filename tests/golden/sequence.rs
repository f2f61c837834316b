//! Recurrent layers, attention and embeddings. Cases give the outputs at every step and the last one:
//! each is a model of its own with the same weights, and their gradients are added.

use serde_json::{Value, json};
use tabgrad::layers::StepKey;
use tabgrad::model::Model;
use tabgrad::plan::Plan;
use tabgrad::spec::ModelSpec;

use crate::case::{Case, Failure, Outcome};

/// Padding, which no case has for a number.
const PADDING: f32 = -77.0;

/// A model's inputs, by name, with their shapes and numbers.
type Inputs = Vec<(&'static str, Vec<usize>, Vec<f32>)>;

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    match case.op() {
        "simple_rnn" => recurrent(case, "simpleRnn"),
        "lstm" | "gru" => recurrent(case, case.op()),
        "bidirectional" => bidirectional(case),
        "multi_head_attention" => attention(case),
        "embedding" => embedding(case),
        other => Ok(Outcome::LeftOut(other.to_owned())),
    }
}

/// What a pass gave: the output, and the gradients of weights and inputs.
struct Pass {
    model: Model,
    output: Vec<f32>,
    weights: Vec<f32>,
    inputs: Vec<Vec<f32>>,
}

impl Pass {
    /// Runs these nodes, of which `layer` has the parameters and gives the output.
    fn new(
        case: &Case,
        nodes: Value,
        inputs: &Inputs,
        own_name: fn(&str) -> String,
        upstream: &[f32],
    ) -> Result<Self, Failure> {
        let text = |error: tabgrad::Error| error.to_string();
        let given =
            inputs.iter().map(|(name, shape, _)| json!({"name": name, "shape": &shape[1..]}));
        let spec = json!({
            "inputs": given.collect::<Vec<_>>(), "nodes": nodes, "outputs": ["layer"],
        });
        let spec: ModelSpec = serde_json::from_value(spec).map_err(|error| error.to_string())?;
        let mut model = Model::new(spec).map_err(text)?;
        let mut covered = 0;
        for name in case.names("param.") {
            let range = place(&model, &own_name(name))?;
            covered += range.len();
            let values = case.f32s(&format!("param.{name}"))?;
            model.weights_mut()[range].copy_from_slice(values);
        }
        if covered != model.weights().len() {
            return Err(format!("the case gives {covered} of {} weights", model.weights().len()));
        }
        let n = inputs[0].1[0];
        let mut plan = Plan::with_input_gradients(model.graph(), n + 1).map_err(text)?;
        for (number, (_, _, values)) in inputs.iter().enumerate() {
            plan.input_mut(number)[..values.len()].copy_from_slice(values);
        }
        plan.forward(n, model.weights(), &mut [], StepKey::new(0, 0)).map_err(text)?;
        let output = plan.output(0).to_vec();
        plan.output_grad_mut(0).copy_from_slice(upstream);
        let mut weights = vec![f32::NAN; model.weights().len()];
        plan.backward(n, model.weights(), &mut weights).map_err(text)?;
        let gradients = (0..inputs.len())
            .map(|number| plan.input_grad(number).unwrap_or_default().to_vec())
            .collect();
        Ok(Self { model, output, weights, inputs: gradients })
    }

    fn add(&mut self, other: &Self) {
        let pairs = self.inputs.iter_mut().zip(&other.inputs);
        for (own, other) in pairs.chain([(&mut self.weights, &other.weights)]) {
            own.iter_mut().zip(other).for_each(|(own, other)| *own += other);
        }
    }

    /// Compares every gradient.
    fn compare(
        &self,
        case: &Case,
        inputs: &Inputs,
        own_name: fn(&str) -> String,
    ) -> Result<(), Failure> {
        for name in case.names("param.") {
            let range = place(&self.model, &own_name(name))?;
            case.compare(&format!("grad_param.{name}"), &self.weights[range])?;
        }
        for ((name, ..), gradient) in inputs.iter().zip(&self.inputs) {
            let name = format!("grad_input.{name}");
            if case.has(&name) {
                case.compare(&name, gradient)?;
            }
        }
        Ok(())
    }
}

fn place(model: &Model, name: &str) -> Result<std::ops::Range<usize>, Failure> {
    let slot = model.tensors().iter().find(|slot| slot.name == name);
    slot.map(|slot| slot.range.clone()).ok_or_else(|| format!("the model has no {name}"))
}

fn input(case: &Case, name: &'static str) -> Result<(&'static str, Vec<usize>, Vec<f32>), Failure> {
    let tensor = format!("input.{name}");
    Ok((name, case.shape(&tensor)?.to_vec(), case.f32s(&tensor)?.to_vec()))
}

/// The sequences with padding behind their ends, and how long each is.
fn padded(case: &Case) -> Result<(Inputs, Vec<usize>), Failure> {
    let (name, shape, mut values) = input(case, "x")?;
    let lengths = match case.has("input.lengths") {
        true => case.u32s("input.lengths")?.iter().map(|&length| length as usize).collect(),
        false => vec![shape[1]; shape[0]],
    };
    for (row, &length) in values.chunks_mut(shape[1] * shape[2]).zip(&lengths) {
        row[length * shape[2]..].fill(PADDING);
    }
    Ok((vec![(name, shape, values)], lengths))
}

/// Outputs [n, steps, units] in the case's order, with its zeros behind the ends.
fn in_order(output: &[f32], steps: usize, lengths: &[usize], reversed: bool) -> Vec<f32> {
    let row = output.len() / lengths.len();
    let units = row / steps;
    let sequences = output.chunks(row).zip(lengths).flat_map(|(row, &length)| {
        let mut rows: Vec<&[f32]> = row.chunks(units).collect();
        if reversed {
            rows.reverse();
        }
        let mut values = rows.concat();
        values[length * units..].fill(0.0);
        values
    });
    sequences.collect()
}

/// The gradients of outputs in the layer's order; those behind the ends go nowhere in the case.
fn upstream(
    case: &Case,
    steps: usize,
    lengths: &[usize],
    reversed: bool,
) -> Result<Vec<f32>, Failure> {
    let inside = in_order(case.f32s("grad_output.sequence")?, steps, lengths, false);
    Ok(in_order(&inside, steps, &vec![steps; lengths.len()], reversed))
}

fn recurrent(case: &Case, kind: &str) -> Result<Outcome, Failure> {
    let attrs = case.attrs();
    let backwards = attrs["go_backwards"] == true;
    let (mut inputs, lengths) = padded(case)?;
    let mut from = vec!["masking"];
    for name in ["initial_h", "initial_c"] {
        if case.has(&format!("input.{name}")) {
            inputs.push(input(case, name)?);
            from.push(name);
        }
    }
    let nodes = |sequences: bool| {
        json!([
            {"name": "masking", "layer": {"type": "masking", "maskValue": PADDING}, "inputs": ["x"]},
            {"name": "layer", "inputs": from, "layer": {
                "type": kind, "units": attrs["units"], "activation": attrs["activation"],
                "goBackwards": backwards, "returnSequences": sequences,
            }},
        ])
    };
    let own_name: fn(&str) -> String = |name| match name {
        "recurrent_kernel" => "layer/recurrentKernel".into(),
        name => format!("layer/{name}"),
    };
    let steps = inputs[0].1[1];
    let upstream = upstream(case, steps, &lengths, backwards)?;
    let mut all = Pass::new(case, nodes(true), &inputs, own_name, &upstream)?;
    case.compare("output.sequence", &in_order(&all.output, steps, &lengths, backwards))?;
    let last = Pass::new(case, nodes(false), &inputs, own_name, case.f32s("grad_output.last_h")?)?;
    case.compare("output.last_h", &last.output)?;
    // The gradient of the last memory, which the layer does not give, is part of the others here:
    // they are compared in the cases of the same numbers without it.
    if case.has("grad_output.last_c") {
        return Ok(Outcome::Agreed);
    }
    all.add(&last);
    all.compare(case, &inputs, own_name)?;
    Ok(Outcome::Agreed)
}

fn bidirectional(case: &Case) -> Result<Outcome, Failure> {
    let attrs = case.attrs();
    let kind = attrs["layer"].as_str().unwrap_or_default().replace("simple_rnn", "simpleRnn");
    let (inputs, lengths) = padded(case)?;
    let nodes = |sequences: bool| {
        let layer = json!({"type": kind, "units": attrs["units"], "returnSequences": sequences});
        json!([
            {"name": "masking", "layer": {"type": "masking", "maskValue": PADDING}, "inputs": ["x"]},
            {"name": "layer", "inputs": ["masking"], "layer": {
                "type": "bidirectional", "layer": layer, "mergeMode": attrs["merge_mode"],
            }},
        ])
    };
    let own_name: fn(&str) -> String = |name| {
        let (direction, rest) = name.split_at(2);
        let direction = if direction == "fw" { "forward" } else { "backward" };
        let own = match rest {
            "_kernel" => "Kernel",
            "_recurrent_kernel" => "RecurrentKernel",
            _ => "Bias",
        };
        format!("layer/{direction}{own}")
    };
    let steps = inputs[0].1[1];
    let upstream = upstream(case, steps, &lengths, false)?;
    let mut all = Pass::new(case, nodes(true), &inputs, own_name, &upstream)?;
    case.compare("output.sequence", &in_order(&all.output, steps, &lengths, false))?;
    let last = Pass::new(case, nodes(false), &inputs, own_name, case.f32s("grad_output.last")?)?;
    case.compare("output.last", &last.output)?;
    all.add(&last);
    all.compare(case, &inputs, own_name)?;
    Ok(Outcome::Agreed)
}

fn attention(case: &Case) -> Result<Outcome, Failure> {
    let attrs = case.attrs();
    let mut inputs = vec![input(case, "query")?];
    let mut layer = json!({
        "type": "multiHeadAttention", "numHeads": attrs["num_heads"], "keyDim": attrs["key_dim"],
        "useCausalMask": attrs["use_causal_mask"],
    });
    if !attrs["value_dim"].is_null() {
        layer["valueDim"] = attrs["value_dim"].clone();
    }
    let mut nodes = Vec::new();
    let mut from = vec!["query"];
    if case.has("input.value") {
        let (name, shape, mut values) = input(case, "value")?;
        if case.has("input.mask") {
            // The same for every query: padding of the values.
            let mask = case.u32s("input.mask")?;
            let queries = inputs[0].1[1];
            let rows = values.chunks_mut(shape[2]).enumerate();
            for (at, row) in rows {
                let (sample, key) = (at / shape[1], at % shape[1]);
                let counts = |query: usize| mask[(sample * queries + query) * shape[1] + key];
                if (0..queries).any(|query| counts(query) != counts(0)) {
                    return Ok(Outcome::LeftOut("a mask for each query".into()));
                }
                if counts(0) == 0 {
                    row.fill(PADDING);
                }
            }
        }
        inputs.push((name, shape, values));
        let masking = json!({"type": "masking", "maskValue": PADDING});
        nodes.push(json!({"name": "masking", "layer": masking, "inputs": ["value"]}));
        from.push("masking");
    }
    if case.has("input.key") {
        inputs.push(input(case, "key")?);
        from.push("key");
    }
    nodes.push(json!({"name": "layer", "layer": layer, "inputs": from}));
    let own_name: fn(&str) -> String = |name| {
        let (role, part) = name.split_once('_').unwrap_or((name, ""));
        format!("layer/{role}{}", if part == "kernel" { "Kernel" } else { "Bias" })
    };
    let upstream = case.f32s("grad_output.y")?;
    let pass = Pass::new(case, nodes.into(), &inputs, own_name, upstream)?;
    case.compare("output.y", &pass.output)?;
    pass.compare(case, &inputs, own_name)?;
    Ok(Outcome::Agreed)
}

fn embedding(case: &Case) -> Result<Outcome, Failure> {
    let attrs = case.attrs();
    let ids = case.u32s("input.indices")?.iter().map(|&id| id as f32).collect();
    let inputs = vec![("indices", case.shape("input.indices")?.to_vec(), ids)];
    let layer = json!({
        "type": "embedding", "inputDim": attrs["input_dim"], "outputDim": attrs["output_dim"],
        "maskZero": attrs["mask_zero"] == true,
    });
    // What comes behind, which a mask is for, gives the output.
    let (nodes, own_name): (Value, fn(&str) -> String) = match &attrs["then"] {
        Value::Null => {
            let nodes = json!([{"name": "layer", "layer": layer, "inputs": ["indices"]}]);
            (nodes, |name| format!("layer/{name}"))
        }
        then => {
            let nodes = json!([
                {"name": "embedding", "layer": layer, "inputs": ["indices"]},
                {"name": "layer", "layer": then, "inputs": ["embedding"]},
            ]);
            (nodes, |name| match name {
                "embeddings" => "embedding/embeddings".into(),
                "recurrent_kernel" => "layer/recurrentKernel".into(),
                name => format!("layer/{name}"),
            })
        }
    };
    let pass = Pass::new(case, nodes, &inputs, own_name, case.f32s("grad_output.y")?)?;
    case.compare("output.y", &pass.output)?;
    pass.compare(case, &inputs, own_name)?;
    Ok(Outcome::Agreed)
}
