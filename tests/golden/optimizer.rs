//! Optimisers: the weights after each step with given gradients, and their averages.

use serde_json::{Value, json};
use tabgrad::optimizers::{
    Adadelta, Adagrad, Adam, AdamW, Lion, Muon, Nadam, OptimizerAlgorithm, OptimizerOptions,
    OptimizerSpec, OptimizerState, Parameters, RmsProp, Sgd, Variant,
};
use tabgrad::schedules::ScheduleSpec;

use crate::case::{Case, Failure, Outcome};

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    let known = [
        "optimizer",
        "framework_of_reference",
        "learning_rate",
        "lr",
        "learning_rate_per_step",
        "momentum",
        "nesterov",
        "weight_decay",
        "beta_1",
        "beta_2",
        "betas",
        "epsilon",
        "eps",
        "amsgrad",
        "clipvalue",
        "clipnorm",
        "global_clipnorm",
        "initial_accumulator_value",
        "rho",
        "alpha",
        "centered",
        "momentum_decay",
        "gradient_accumulation_steps",
        "use_ema",
        "ema_momentum",
        "ema_every",
        "decay_biases",
        "ns_steps",
        "adjust",
        "others",
    ];
    let Some(spec) = spec(case) else {
        return Ok(Outcome::LeftOut(format!("optimiser {}", case.attrs()["optimizer"])));
    };
    if let Some(attr) = case.unknown_attr(&known) {
        return Ok(Outcome::LeftOut(format!("optimiser with {attr}")));
    }
    // All tensors in one buffer, as in training.
    let names: Vec<&str> = case.names("param.").collect();
    let (mut weights, mut shapes) = (Vec::new(), Vec::new());
    for name in &names {
        weights.extend_from_slice(case.f32s(&format!("param.{name}"))?);
        shapes.push(case.shape(&format!("param.{name}"))?);
    }
    let parameters = Parameters::of_shapes(&shapes);
    let mut state =
        OptimizerState::new(spec.clone(), parameters).map_err(|error| error.to_string())?;
    let steps = case.json["steps"].as_u64().ok_or("it has no steps")? as usize;
    let mut after = vec![Vec::new(); names.len()];
    let mut averages = after.clone();
    for step in 0..steps {
        let mut gradients = Vec::new();
        for name in &names {
            let all = case.f32s(&format!("input.{}", name.replace('w', "grads")))?;
            gradients.extend_from_slice(&all[step * all.len() / steps..][..all.len() / steps]);
        }
        let rate = match &case.attrs()["learning_rate_per_step"] {
            Value::Array(rates) => rates[step].as_f64().ok_or("a rate is no number")?,
            _ => {
                spec.optimizer().learning_rate().at(step as u64, None).map_err(|e| e.to_string())?
            }
        };
        state.update(rate, &mut weights, &mut gradients);
        state.average(&weights);
        part(case, &names, &weights, &mut after)?;
        if let Some((_, average)) = state.buffers().find(|(name, _)| *name == "average") {
            part(case, &names, average, &mut averages)?;
        }
    }
    for ((name, after), average) in names.iter().zip(&after).zip(&averages) {
        case.compare(&format!("output.{name}_after_each_step"), after)?;
        if !average.is_empty() {
            case.compare(&format!("output.{name}_average"), average)?;
        }
    }
    Ok(Outcome::Agreed)
}

/// Adds the numbers of each tensor to those of the steps before.
fn part(
    case: &Case,
    names: &[&str],
    mut all: &[f32],
    steps: &mut [Vec<f32>],
) -> Result<(), Failure> {
    for (name, steps) in names.iter().zip(steps) {
        let own;
        (own, all) = all.split_at(case.f32s(&format!("param.{name}"))?.len());
        steps.extend_from_slice(own);
    }
    Ok(())
}

fn spec(case: &Case) -> Option<OptimizerSpec> {
    let attrs = case.attrs();
    let number = |keys: &[&str]| keys.iter().find_map(|key| attrs[*key].as_f64());
    let variant = match case.json["variant"].as_str()? {
        "torch" => Variant::Torch,
        "keras" => Variant::Keras,
        _ => return None,
    };
    let learning_rate = ScheduleSpec::constant(number(&["learning_rate", "lr"])?);
    let beta = |i: usize, key| attrs["betas"][i].as_f64().or_else(|| number(&[key]));
    let beta1 = beta(0, "beta_1").unwrap_or(Adam::default().beta1);
    let beta2 = beta(1, "beta_2").unwrap_or(Adam::default().beta2);
    let epsilon = number(&["epsilon", "eps"]);
    let weight_decay = number(&["weight_decay"]);
    let amsgrad = attrs["amsgrad"].as_bool().unwrap_or(false);
    let decay = weight_decay.unwrap_or(0.0);
    let algorithm: OptimizerAlgorithm = match attrs["optimizer"].as_str()? {
        "SGD" => Sgd {
            learning_rate,
            momentum: number(&["momentum"]).unwrap_or(0.0),
            nesterov: attrs["nesterov"].as_bool().unwrap_or(false),
            weight_decay: decay,
            variant,
        }
        .into(),
        "Adam" => {
            let weight_decay = decay;
            Adam { learning_rate, beta1, beta2, epsilon, weight_decay, amsgrad, variant }.into()
        }
        "AdamW" => {
            AdamW { learning_rate, beta1, beta2, epsilon, weight_decay, amsgrad, variant }.into()
        }
        "RMSprop" => RmsProp {
            learning_rate,
            rho: number(&["rho", "alpha"]),
            momentum: number(&["momentum"]).unwrap_or(0.0),
            centered: attrs["centered"].as_bool().unwrap_or(false),
            epsilon,
            weight_decay: decay,
            variant,
        }
        .into(),
        "Adagrad" => Adagrad {
            learning_rate,
            initial_accumulator_value: number(&["initial_accumulator_value"]),
            epsilon,
            weight_decay: decay,
            variant,
        }
        .into(),
        "Adadelta" => {
            let (rho, weight_decay) = (number(&["rho"]), decay);
            Adadelta { learning_rate, rho, epsilon, weight_decay, variant }.into()
        }
        "NAdam" | "Nadam" => Nadam {
            learning_rate,
            beta1,
            beta2,
            momentum_decay: number(&["momentum_decay"]),
            epsilon,
            weight_decay: decay,
            variant,
        }
        .into(),
        "Lion" => Lion { learning_rate, beta1, beta2, weight_decay: decay }.into(),
        "Muon" => {
            let muon = json!({
                "learningRate": attrs["learning_rate"], "momentum": attrs["momentum"],
                "nesterov": attrs["nesterov"], "steps": attrs["ns_steps"], "weightDecay": decay,
                "adjust": attrs["adjust"], "others": attrs["others"],
            });
            serde_json::from_value::<Muon>(muon).ok()?.into()
        }
        _ => return None,
    };
    let options = OptimizerOptions {
        clip_value: number(&["clipvalue"]),
        clip_norm: number(&["clipnorm"]),
        global_clip_norm: number(&["global_clipnorm"]),
        gradient_accumulation_steps: number(&["gradient_accumulation_steps"]).unwrap_or(1.0) as u32,
        use_ema: attrs["use_ema"] == true,
        ema_momentum: number(&["ema_momentum"]).unwrap_or(0.99),
        ema_every: number(&["ema_every"]).unwrap_or(1.0) as u32,
        decay_biases: attrs["decay_biases"] != false,
    };
    Some(OptimizerSpec { algorithm, options })
}
