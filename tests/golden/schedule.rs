//! Learning-rate schedules: the learning rate of each step.

use tabgrad::schedules::{
    Anneal, Cosine, CosineRestarts, Exponential, OneCycle, Piecewise, Polynomial, ScheduleSpec,
    StepDecay,
};

use crate::case::{Case, Failure, Outcome};

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    let expected: Vec<f64> = case.json["learning_rate_per_step"]
        .as_array()
        .and_then(|rates| rates.iter().map(serde_json::Value::as_f64).collect())
        .ok_or("it has no learning rates")?;
    let attr = |key: &str| case.attrs()[key].as_f64().ok_or(format!("it has no {key}"));
    let steps = |key: &str| case.attrs()[key].as_u64().ok_or(format!("it has no {key}"));
    let schedule: ScheduleSpec = match case.op() {
        "one_cycle" => return one_cycle(case, &expected),
        "cosine_decay" => Cosine {
            learning_rate: attr("initial")?,
            decay_steps: Some(steps("decay_steps")?),
            warmup_steps: 0,
            alpha: attr("alpha")?,
        }
        .into(),
        "cosine_with_warmup" => Cosine {
            learning_rate: attr("peak")?,
            decay_steps: Some(steps("total_steps")? - steps("warmup_steps")?),
            warmup_steps: steps("warmup_steps")?,
            alpha: attr("end")? / attr("peak")?,
        }
        .into(),
        "cosine_restarts" => CosineRestarts {
            learning_rate: attr("initial")?,
            first_decay_steps: Some(steps("first_decay_steps")?),
            t_mul: attr("t_mul")?,
            m_mul: attr("m_mul")?,
            alpha: attr("alpha")?,
            warmup_steps: 0,
        }
        .into(),
        "exponential_decay" => Exponential {
            learning_rate: attr("initial")?,
            decay_rate: attr("gamma")?,
            decay_steps: Some(1),
        }
        .into(),
        "piecewise_constant" => {
            let list = |key: &str| case.attrs()[key].as_array().ok_or(format!("it has no {key}"));
            Piecewise {
                boundaries: list("boundaries")?.iter().filter_map(|b| b.as_u64()).collect(),
                values: list("values")?.iter().filter_map(|v| v.as_f64()).collect(),
            }
            .into()
        }
        "polynomial_decay" => Polynomial {
            learning_rate: attr("initial")?,
            end_learning_rate: attr("end")?,
            power: attr("power")?,
            decay_steps: Some(steps("decay_steps")?),
            cycle: case.attrs()["cycle"].as_bool().unwrap_or(false),
        }
        .into(),
        "step_decay" => StepDecay {
            learning_rate: attr("initial")?,
            decay_steps: steps("step_size")?,
            decay_rate: attr("gamma")?,
        }
        .into(),
        // A callback of the package, whose own test reads the case.
        op => return Ok(Outcome::LeftOut(format!("schedule {op}"))),
    };
    schedule.validate().map_err(|error| error.to_string())?;
    let found = (0..expected.len() as u64).map(|step| schedule.at(step, None));
    let found = found.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    compare(case, &found, &expected)
}

fn compare(case: &Case, found: &[f64], expected: &[f64]) -> Result<Outcome, Failure> {
    let tolerance = |key: &str| case.json["tolerance"][key].as_f64().unwrap_or(0.0);
    let (abs, rel) = (tolerance("abs"), tolerance("rel"));
    for (step, (found, expected)) in found.iter().zip(expected).enumerate() {
        let within = (found - expected).abs() <= abs + rel * expected.abs();
        if !within {
            return Err(format!("the rate of step {step} is {found}, expected {expected}"));
        }
    }
    Ok(Outcome::Agreed)
}

/// PyTorch's cycle has its ends on the first and the last step and its peak on step
/// `pct_start * total - 1`; ours has its ends one step outside of the run. So our run of
/// `total - 2` steps is PyTorch's without its ends, which are the factors themselves.
fn one_cycle(case: &Case, expected: &[f64]) -> Result<Outcome, Failure> {
    let attr = |key: &str| case.attrs()[key].as_f64().ok_or(format!("it has no {key}"));
    let (peak, total) = (attr("max_lr")?, attr("total_steps")?);
    let start_factor = 1.0 / attr("div_factor")?;
    let end_factor = start_factor / attr("final_div_factor")?;
    let warmup = (attr("pct_start")? * total - 1.0) / (total - 1.0);
    let anneal = match case.attrs()["anneal"].as_str() {
        Some("linear") => Anneal::Linear,
        _ => Anneal::Cosine,
    };
    let cycle = OneCycle { peak, warmup, start_factor, end_factor, anneal };
    let schedule = ScheduleSpec::OneCycle(cycle);
    schedule.validate().map_err(|error| error.to_string())?;
    let inner = expected.get(1..expected.len() - 1).ok_or("it has no steps")?;
    let mut found = vec![peak * start_factor];
    for step in 0..inner.len() as u64 {
        let rate = schedule.at(step, Some(inner.len() as u64));
        found.push(rate.map_err(|error| error.to_string())?);
    }
    found.push(peak * end_factor);
    compare(case, &found, expected)
}
