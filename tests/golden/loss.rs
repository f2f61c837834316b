//! Losses: the mean over rows, the loss of each row, and the gradient of the mean.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tabgrad::losses::{Form, LossBatch, LossSpec, TargetBatch, mean};
use tabgrad::model::Model;
use tabgrad::objective::{LossSpecs, Objective, OutputObjective};

use crate::case::{Case, Failure, Outcome};

/// The operations of the cases, the losses that they are, and the attributes of the cases that the
/// losses have.
const LOSSES: &[(&str, &str, &[&str])] = &[
    ("sparse_categorical_crossentropy", "sparseCategoricalCrossentropy", &CROSSENTROPY),
    ("categorical_crossentropy", "categoricalCrossentropy", &CROSSENTROPY),
    ("binary_crossentropy", "binaryCrossentropy", &CROSSENTROPY),
    ("mean_squared_error", "meanSquaredError", &[]),
    ("mean_absolute_error", "meanAbsoluteError", &[]),
    ("huber", "huber", &["delta"]),
    ("log_cosh", "logCosh", &[]),
    ("kl_divergence", "kullbackLeiblerDivergence", &[]),
    ("poisson", "poisson", &[]),
    ("cosine_similarity", "cosineSimilarity", &[]),
    ("hinge", "hinge", &[]),
    ("squared_hinge", "squaredHinge", &[]),
    ("categorical_hinge", "categoricalHinge", &[]),
    ("binary_focal_crossentropy", "binaryFocalCrossentropy", &FOCAL),
    ("categorical_focal_crossentropy", "categoricalFocalCrossentropy", &FOCAL),
];
const CROSSENTROPY: [&str; 2] = ["from_logits", "label_smoothing"];
const FOCAL: [&str; 5] =
    ["from_logits", "label_smoothing", "alpha", "gamma", "apply_class_balancing"];

/// What says that samples have weights, which are among the tensors.
const WEIGHTS: [&str; 2] = ["sample_weight", "class_weight"];

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    let Some((_, name, known)) = LOSSES.iter().find(|(op, ..)| *op == case.op()) else {
        return Ok(Outcome::LeftOut(format!("loss {}", case.op())));
    };
    let known = [*known, &WEIGHTS].concat();
    if let Some(attr) = case.unknown_attr(&known) {
        return Ok(Outcome::LeftOut(format!("loss with {attr}")));
    }
    let attrs = case.attrs().as_object().into_iter().flatten();
    let mut spec: Map<String, Value> = attrs
        .filter(|(name, _)| !WEIGHTS.contains(&name.as_str()))
        .map(|(name, value)| (camel_case(name), value.clone()))
        .collect();
    spec.insert("type".into(), (*name).into());
    let spec: LossSpec = serde_json::from_value(spec.into()).map_err(|error| error.to_string())?;
    let from_logits = spec.loss().outputs_are_logits();
    let form = if from_logits { Form::Logits } else { Form::Outputs };
    let names = ["logits", "probs", "pred"];
    let name = names
        .into_iter()
        .find(|name| case.has(&format!("input.{name}")))
        .ok_or("it has no outputs")?;
    let input = format!("input.{name}");
    let outputs = case.f32s(&input)?;
    let width = *case.shape(&input)?.last().ok_or("its outputs have no shape")?;
    let labels = if case.has("input.labels") { case.u32s("input.labels")? } else { Vec::new() };
    let targets = if labels.is_empty() {
        TargetBatch::Dense(case.f32s("input.y")?)
    } else {
        TargetBatch::Classes(&labels)
    };
    let rows = outputs.len() / width;
    let scale = 1.0 / rows as f32;
    let batch = LossBatch { rows, width, outputs, form, targets, scale };
    let mut losses = vec![f32::NAN; rows];
    let mut doutputs = vec![f32::NAN; outputs.len()];
    spec.loss().evaluate(&batch, &mut losses, &mut doutputs);

    if case.has("output.per_sample") {
        case.compare("output.per_sample", &losses)?;
    }
    if case.has("input.sample_weight") {
        let weights = case.f32s("input.sample_weight")?;
        fitted(&spec, width)?.weigh_samples(weights, &mut losses, &mut doutputs);
    }
    case.compare("output.loss", &[mean(&losses) as f32])?;
    case.compare(&format!("grad_input.{name}"), &doutputs)?;
    Ok(Outcome::Agreed)
}

/// The loss of a network that answers with what it is given.
fn fitted(spec: &LossSpec, width: usize) -> Result<OutputObjective, Failure> {
    let network = json!({
        "seed": 0,
        "inputs": [{ "name": "x", "shape": [width] }],
        "nodes": [{ "name": "y", "inputs": ["x"],
                    "layer": { "type": "activation", "activation": "linear" } }],
        "outputs": ["y"],
    });
    let text = |error: tabgrad::Error| error.to_string();
    let network = serde_json::from_value(network).map_err(|error| error.to_string())?;
    let model = Model::new(network).map_err(text)?;
    let losses = LossSpecs::All(spec.clone());
    let objective = Objective::new(model.graph(), &losses, &BTreeMap::new()).map_err(text)?;
    objective.only().cloned().ok_or_else(|| "it has several outputs".into())
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}
