//! Dropout: what the case says of its statistics.

use tabgrad::layers::{Dropout, StepKey};
use tabgrad::model::Model;
use tabgrad::plan::Plan;
use tabgrad::spec::ModelSpec;

use crate::case::{Case, Failure, Outcome};

/// Samples and positions: together the million elements that the case asks for.
const N: usize = 100;
const LEN: usize = 10_000;

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    let text = |error: tabgrad::Error| error.to_string();
    let rate = case.attrs()["rate"].as_f64().ok_or("it has no rate")?;
    let expected = |name: &str| {
        case.json["expected"][name].as_f64().ok_or_else(|| format!("it has no {name}"))
    };
    let layer = Dropout { rate };
    let spec = ModelSpec::sequential(None, vec![LEN], vec![layer.into()]);
    let model = Model::new(spec).map_err(text)?;
    let mut plan = Plan::with_input_gradients(model.graph(), N).map_err(text)?;
    plan.input_mut(0).fill(1.0);

    plan.infer(N, &[], &[]).map_err(text)?;
    check("an input of inference that is changed", plan.output(0).iter().all(|&y| y == 1.0))?;

    let mut forward = |seed, step| {
        plan.forward(N, &[], &mut [], StepKey::new(seed, step)).map_err(text)?;
        Ok::<_, Failure>(plan.output(0).to_vec())
    };
    let y = forward(1, 0)?;
    check("the same seed and step", forward(1, 0)? == y)?;
    check("another step", rate == 0.0 || forward(1, 1)? != y)?;
    check("another seed", rate == 0.0 || forward(2, 0)? != y)?;
    forward(1, 0)?;

    let total = y.len() as f64;
    let zeros = y.iter().filter(|&&y| y == 0.0).count() as f64 / total;
    near(
        "the share of zeros",
        zeros,
        expected("train_zero_fraction")?,
        expected("zero_fraction_tolerance")?,
    )?;
    let mean = y.iter().map(|&y| f64::from(y)).sum::<f64>() / total;
    near("the mean", mean, expected("mean")?, expected("mean_tolerance")?)?;
    let scale = expected("kept_scale")?;
    for &y in y.iter().filter(|&&y| y != 0.0) {
        near("what is kept", f64::from(y), scale, 1e-6 * scale)?;
    }
    for distance in [1, LEN] {
        let r = correlation(&y, distance);
        near(&format!("the correlation of elements {distance} apart"), r, 0.0, 0.005)?;
    }

    plan.output_grad_mut(0).fill(3.0);
    plan.backward(N, &[], &mut []).map_err(text)?;
    let gradient = plan.input_grad(0).ok_or("no gradient of the input")?;
    check("the gradient has the mask", gradient.iter().zip(&y).all(|(g, y)| *g == 3.0 * y))?;
    Ok(Outcome::Agreed)
}

/// The correlation of a sequence with itself moved by a distance; 0 for one that is constant.
fn correlation(y: &[f32], distance: usize) -> f64 {
    let mean = y.iter().map(|&y| f64::from(y)).sum::<f64>() / y.len() as f64;
    let variance: f64 = y.iter().map(|&y| (f64::from(y) - mean).powi(2)).sum();
    let pairs = y.iter().zip(&y[distance..]);
    let shared: f64 = pairs.map(|(a, b)| (f64::from(*a) - mean) * (f64::from(*b) - mean)).sum();
    if variance == 0.0 { 0.0 } else { shared / variance }
}

fn check(what: &str, holds: bool) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(format!("{what}: not as expected")) }
}

fn near(what: &str, found: f64, expected: f64, tolerance: f64) -> Result<(), Failure> {
    check(&format!("{what} is {found}, expected {expected}"), (found - expected).abs() <= tolerance)
}
