//! Learning-rate schedules: the learning rate of each step.

use tabgrad::schedules::{Anneal, OneCycle, ScheduleSpec};

use crate::case::{Case, Failure, Outcome};

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    let expected: Vec<f64> = case.json["learning_rate_per_step"]
        .as_array()
        .and_then(|rates| rates.iter().map(serde_json::Value::as_f64).collect())
        .ok_or("it has no learning rates")?;
    match case.op() {
        "one_cycle" => one_cycle(case, &expected)?,
        op => return Ok(Outcome::LeftOut(format!("schedule {op}"))),
    }
    Ok(Outcome::Agreed)
}

/// PyTorch's cycle has its ends on the first and the last step and its peak on step
/// `pct_start * total - 1`; ours has its ends one step outside of the run. So our run of
/// `total - 2` steps is PyTorch's without its ends, which are the factors themselves.
fn one_cycle(case: &Case, expected: &[f64]) -> Result<(), Failure> {
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
    let tolerance = |key: &str| case.json["tolerance"][key].as_f64().unwrap_or(0.0);
    let (abs, rel) = (tolerance("abs"), tolerance("rel"));
    for (step, (found, expected)) in found.iter().zip(expected).enumerate() {
        let within = (found - expected).abs() <= abs + rel * expected.abs();
        if !within {
            return Err(format!("the rate of step {step} is {found}, expected {expected}"));
        }
    }
    Ok(())
}
