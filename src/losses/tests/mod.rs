//! Every loss against its formula in f64 and against finite differences.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

mod edges;
mod graph;

use super::*;

/// Rows of outputs and targets for tests, of odd sizes.
const ROWS: usize = 7;
const WIDTH: usize = 5;

/// Numbers between -1 and 1 that look random (a linear congruential generator).
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// A softmax or sigmoid in f64.
fn probabilities(binary: bool, logits: &[f64]) -> Vec<f64> {
    if binary {
        return logits.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect();
    }
    let exp: Vec<f64> = logits.iter().map(|x| x.exp()).collect();
    let sum: f64 = exp.iter().sum();
    exp.iter().map(|e| e / sum).collect()
}

/// The loss of one row from its definition.
fn naive(spec: &LossSpec, form: Form, y: &[f64], t: &[f64]) -> f64 {
    let width = y.len() as f64;
    let pairs = |f: fn(f64, f64) -> f64| y.iter().zip(t).map(|(&y, &t)| f(y, t)).sum::<f64>();
    let p = match form {
        Form::Logits => probabilities(spec.loss().is_binary(), y),
        Form::Outputs => y.to_vec(),
    };
    let categorical = |smoothing: f32| {
        let sum: f64 = p.iter().sum();
        let smoothing = f64::from(smoothing);
        let smooth = |t: f64| t * (1.0 - smoothing) + smoothing / width;
        -p.iter().zip(t).map(|(p, &t)| smooth(t) * (p / sum).ln()).sum::<f64>()
    };
    match spec {
        LossSpec::SparseCategoricalCrossentropy(loss) => categorical(loss.label_smoothing),
        LossSpec::CategoricalCrossentropy(loss) => categorical(loss.label_smoothing),
        LossSpec::BinaryCrossentropy(loss) => {
            let smoothing = f64::from(loss.label_smoothing);
            let terms = p.iter().zip(t).map(|(p, &t)| {
                let t = t * (1.0 - smoothing) + smoothing / 2.0;
                -t * p.ln() - (1.0 - t) * (1.0 - p).ln()
            });
            terms.sum::<f64>() / width
        }
        LossSpec::MeanSquaredError(_) => pairs(|y, t| (y - t) * (y - t)) / width,
        LossSpec::MeanAbsoluteError(_) => pairs(|y, t| (y - t).abs()) / width,
        LossSpec::Huber(loss) => {
            let delta = f64::from(loss.delta);
            let terms = y.iter().zip(t).map(|(y, t)| match (y - t).abs() {
                size if size <= delta => 0.5 * size * size,
                size => delta * size - 0.5 * delta * delta,
            });
            terms.sum::<f64>() / width
        }
        LossSpec::LogCosh(_) => pairs(|y, t| (y - t).cosh().ln()) / width,
        LossSpec::KullbackLeiblerDivergence(_) => {
            let clipped = |p: f64| p.clamp(1e-7, 1.0);
            p.iter().zip(t).map(|(&p, &t)| clipped(t) * (clipped(t) / clipped(p)).ln()).sum()
        }
        LossSpec::Poisson(_) => pairs(|y, t| y - t * (y + 1e-7).ln()) / width,
        LossSpec::CosineSimilarity(_) => {
            let size = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
            -pairs(|y, t| y * t) / (size(y) * size(t))
        }
        LossSpec::Hinge(_) => pairs(|y, t| (1.0 - t * y).max(0.0)) / width,
        LossSpec::SquaredHinge(_) => pairs(|y, t| (1.0 - t * y).max(0.0).powi(2)) / width,
        LossSpec::CategoricalHinge(_) => {
            let others = y.iter().zip(t).map(|(y, t)| (1.0 - t) * y);
            (1.0 + others.fold(f64::MIN, f64::max) - pairs(|y, t| y * t)).max(0.0)
        }
        LossSpec::BinaryFocalCrossentropy(loss) => {
            let (alpha, gamma) = (f64::from(loss.alpha), f64::from(loss.gamma));
            let smoothing = f64::from(loss.label_smoothing);
            let terms = p.iter().zip(t).map(|(p, &t)| {
                let t = t * (1.0 - smoothing) + smoothing / 2.0;
                let right = t * p + (1.0 - t) * (1.0 - p);
                let balance = t * alpha + (1.0 - t) * (1.0 - alpha);
                let weight = if loss.apply_class_balancing { balance } else { 1.0 };
                let entropy = -t * p.ln() - (1.0 - t) * (1.0 - p).ln();
                weight * (1.0 - right).powf(gamma) * entropy
            });
            terms.sum::<f64>() / width
        }
        LossSpec::CategoricalFocalCrossentropy(loss) => {
            let (alpha, gamma) = (f64::from(loss.alpha), f64::from(loss.gamma));
            let (sum, smoothing) = (p.iter().sum::<f64>(), f64::from(loss.label_smoothing));
            let terms = p.iter().zip(t).map(|(p, &t)| {
                let (p, t) = (p / sum, t * (1.0 - smoothing) + smoothing / width);
                -alpha * t * (1.0 - p).powf(gamma) * p.ln()
            });
            terms.sum()
        }
        LossSpec::Graph(_) => unreachable!("it is not among the cases"),
    }
}

/// Every loss with every form and some label smoothing.
fn cases() -> Vec<(LossSpec, Form)> {
    let mut specs = LossSpec::all();
    specs.extend([
        LossSpec::SparseCategoricalCrossentropy(SparseCategoricalCrossentropy {
            label_smoothing: 0.1,
            ..Default::default()
        }),
        LossSpec::CategoricalCrossentropy(CategoricalCrossentropy {
            label_smoothing: 0.2,
            ..Default::default()
        }),
        LossSpec::BinaryCrossentropy(BinaryCrossentropy {
            label_smoothing: 0.3,
            ..Default::default()
        }),
        LossSpec::Huber(Huber { delta: 0.3 }),
    ]);
    for gamma in [0.0, 0.7, 1.0, 3.5] {
        specs.push(LossSpec::BinaryFocalCrossentropy(BinaryFocalCrossentropy {
            apply_class_balancing: true,
            alpha: 0.3,
            gamma,
            label_smoothing: 0.1,
            ..Default::default()
        }));
        specs.push(LossSpec::CategoricalFocalCrossentropy(CategoricalFocalCrossentropy {
            alpha: 0.8,
            gamma,
            label_smoothing: 0.1,
            ..Default::default()
        }));
    }
    let forms = |spec: LossSpec| match spec.loss().fuses() {
        Some(_) => vec![(spec.clone(), Form::Logits), (spec, Form::Outputs)],
        None => vec![(spec, Form::Outputs)],
    };
    specs.into_iter().flat_map(forms).collect()
}

/// Outputs and dense targets of a case; a sparse loss takes the classes.
fn data(spec: &LossSpec, form: Form) -> (Vec<f32>, Vec<f32>, Vec<u32>) {
    let mut outputs = numbers(ROWS * WIDTH, 1);
    if form == Form::Logits {
        outputs.iter_mut().for_each(|x| *x *= 4.0);
    } else if spec.loss().fuses().is_some() {
        // Probabilities that do not sum to 1.
        outputs.iter_mut().for_each(|p| *p = 0.5 + 0.4 * *p);
    } else if matches!(spec, LossSpec::Poisson(_)) {
        outputs.iter_mut().for_each(|rate| *rate += 1.1);
    } else {
        outputs.iter_mut().for_each(|y| *y *= 1.7);
    }
    let classes: Vec<u32> = (0..ROWS as u32).map(|row| (row * 3 + 1) % WIDTH as u32).collect();
    let one_hot =
        classes.iter().flat_map(|&class| (0..WIDTH).map(move |i| f32::from(i == class as usize)));
    let dense = match spec {
        LossSpec::SparseCategoricalCrossentropy(_) => one_hot.collect(),
        LossSpec::Hinge(_) | LossSpec::SquaredHinge(_) => {
            numbers(ROWS * WIDTH, 2).iter().map(|t| t.signum()).collect()
        }
        LossSpec::CosineSimilarity(_) => numbers(ROWS * WIDTH, 2),
        _ => numbers(ROWS * WIDTH, 2).iter().map(|t| 0.5 + 0.5 * t).collect(),
    };
    (outputs, dense, classes)
}

fn targets<'a>(spec: &LossSpec, dense: &'a [f32], classes: &'a [u32]) -> TargetBatch<'a> {
    match spec {
        LossSpec::SparseCategoricalCrossentropy(_) => TargetBatch::Classes(classes),
        _ => TargetBatch::Dense(dense),
    }
}

#[test]
fn losses_and_gradients_are_those_of_the_definition() {
    for (spec, form) in cases() {
        let (outputs, dense, classes) = data(&spec, form);
        let targets = targets(&spec, &dense, &classes);
        let scale = 1.0 / 20.0;
        let batch = LossBatch { rows: ROWS, width: WIDTH, outputs: &outputs, form, targets, scale };
        let mut losses = [0.0; ROWS];
        let mut gradient = vec![f32::NAN; ROWS * WIDTH];
        spec.loss().evaluate(&batch, &mut losses, &mut gradient);

        let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
        for (row, &found) in losses.iter().enumerate() {
            let own = row * WIDTH..(row + 1) * WIDTH;
            let (y, t) = (wide(&outputs[own.clone()]), wide(&dense[own.clone()]));
            let expected = naive(&spec, form, &y, &t);
            let found = f64::from(found);
            assert!((found - expected).abs() < 2e-6 * expected.abs().max(1.0), "{spec:?} {form:?}");
            for i in 0..WIDTH {
                let moved = |by: f64| {
                    let mut y = y.clone();
                    y[i] += by;
                    naive(&spec, form, &y, &t)
                };
                let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5 * f64::from(scale);
                let found = f64::from(gradient[own.start + i]);
                assert!((found - expected).abs() < 2e-6, "{spec:?} {form:?}: {found} {expected}");
            }
        }
    }
}
