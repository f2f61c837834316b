//! Every loss against its formula in f64, against finite differences, and against wrong input.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::ErrorKind;

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
        Some(_) => vec![(spec, Form::Logits), (spec, Form::Outputs)],
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
        outputs.iter_mut().for_each(|rate| *rate = 1.1 + *rate);
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

#[test]
fn extreme_logits_and_certain_probabilities_stay_finite() {
    for (spec, form) in cases().into_iter().filter(|(spec, _)| spec.loss().fuses().is_some()) {
        let row = match form {
            Form::Logits => [1e4, -1e4, 0.0, 88.0, -88.0],
            Form::Outputs => [1.0, 0.0, 0.0, 0.0, 0.0],
        };
        let outputs = row.repeat(ROWS);
        let (_, dense, classes) = data(&spec, form);
        let targets = targets(&spec, &dense, &classes);
        let batch =
            LossBatch { rows: ROWS, width: WIDTH, outputs: &outputs, form, targets, scale: 1.0 };
        let (mut losses, mut gradient) = ([0.0; ROWS], [0.0; ROWS * WIDTH]);
        spec.loss().evaluate(&batch, &mut losses, &mut gradient);
        assert!(losses.iter().chain(&gradient).all(|v| v.is_finite()), "{spec:?} {form:?}");
        assert!(losses.iter().any(|&loss| loss > 1.0), "{spec:?} {form:?}: {losses:?}");
    }
}

#[test]
fn a_single_output_takes_labels() {
    let loss = BinaryCrossentropy::default();
    let outputs = [0.3, -2.0, 5.0];
    let run = |targets: TargetBatch<'_>| {
        let (mut losses, mut gradient) = ([0.0; 3], [0.0; 3]);
        let batch = LossBatch {
            rows: 3,
            width: 1,
            outputs: &outputs,
            form: Form::Logits,
            targets,
            scale: 1.0,
        };
        loss.evaluate(&batch, &mut losses, &mut gradient);
        (losses, gradient)
    };
    assert_eq!(run(TargetBatch::Classes(&[1, 0, 1])), run(TargetBatch::Dense(&[1.0, 0.0, 1.0])));
}

#[test]
fn labels_are_a_one_among_zeros() {
    let specs = [
        LossSpec::CategoricalHinge(CategoricalHinge {}),
        LossSpec::CategoricalFocalCrossentropy(CategoricalFocalCrossentropy::default()),
    ];
    for spec in specs {
        let (outputs, _, classes) = data(&spec, Form::Logits);
        let (_, one_hot, _) = data(&LossSpec::all()[0], Form::Logits);
        let run = |targets| evaluate(&spec, WIDTH, &outputs, Form::Logits, targets);
        assert_eq!(run(TargetBatch::Classes(&classes)), run(TargetBatch::Dense(&one_hot)));
    }
    for spec in [LossSpec::Hinge(Hinge {}), LossSpec::SquaredHinge(SquaredHinge {})] {
        let run = |targets| evaluate(&spec, 1, &[0.3, -2.0, 0.5], Form::Outputs, targets);
        let signs = run(TargetBatch::Dense(&[1.0, -1.0, -1.0]));
        assert_eq!(run(TargetBatch::Classes(&[1, 0, 0])), signs);
        assert_eq!(run(TargetBatch::Dense(&[1.0, 0.0, 0.0])), signs);
        let expected = match spec {
            LossSpec::Hinge(_) => [0.7, 0.0, 1.5],
            _ => [0.7 * 0.7, 0.0, 1.5 * 1.5],
        };
        for (found, expected) in signs.0.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{spec:?}: {found} {expected}");
        }
    }
}

#[test]
fn small_and_large_numbers_keep_their_digits() {
    let close = |found: f32, expected: f64| {
        assert!((f64::from(found) / expected - 1.0).abs() < 1e-5, "{found} {expected}");
    };
    // Half the square of a difference that is next to nothing, and a difference whose cosh overflows.
    let spec = LossSpec::LogCosh(LogCosh {});
    let (losses, _) = evaluate(
        &spec,
        1,
        &[1e-4, 0.249_999, 0.25, 500.0],
        Form::Outputs,
        TargetBatch::Dense(&[0.0; 4]),
    );
    close(losses[0], 0.5e-8);
    close(losses[1], 0.249_999_f64.cosh().ln());
    close(losses[2], 0.25f64.cosh().ln());
    close(losses[3], 500.0 - std::f64::consts::LN_2);

    // An answer that is nearly right: the formula in f32 would find 1 - p = 0.
    let focal = |gamma| CategoricalFocalCrossentropy { alpha: 1.0, gamma, ..Default::default() };
    for gamma in [0.5, 1.0, 2.0] {
        let spec = LossSpec::CategoricalFocalCrossentropy(focal(gamma));
        let (losses, gradient) =
            evaluate(&spec, 2, &[10.0, 0.0], Form::Logits, TargetBatch::Classes(&[0]));
        let gamma = f64::from(gamma);
        let rest = 1.0 / (1.0 + 10.0f64.exp());
        let p = 1.0 - rest;
        let log = (-rest).ln_1p();
        close(losses[0], -rest.powf(gamma) * log);
        let slope = rest.powf(gamma) * (gamma * p * log / rest - 1.0) * rest;
        close(gradient[0], slope);
        close(gradient[1], -slope);

        let binary = BinaryFocalCrossentropy { gamma: gamma as f32, ..Default::default() };
        let spec = LossSpec::BinaryFocalCrossentropy(binary);
        let (losses, gradient) =
            evaluate(&spec, 1, &[10.0], Form::Logits, TargetBatch::Classes(&[1]));
        close(losses[0], -rest.powf(gamma) * log);
        close(gradient[0], slope);
    }
}

#[test]
fn rows_without_a_direction_do_not_count() {
    let spec = LossSpec::CosineSimilarity(CosineSimilarity {});
    let outputs = [0.0, 0.0, 3.0, 4.0, 1.0, 1.0];
    let targets = TargetBatch::Dense(&[1.0, 2.0, 6.0, 8.0, 0.0, 0.0]);
    let (losses, gradient) = evaluate(&spec, 2, &outputs, Form::Outputs, targets);
    assert_eq!(losses, [0.0, -1.0, 0.0]);
    assert_eq!(gradient, [0.0; 6]);
}

#[test]
fn a_negative_rate_is_no_number() {
    let spec = LossSpec::Poisson(Poisson {});
    let (losses, _) =
        evaluate(&spec, 1, &[-0.5, 0.0], Form::Outputs, TargetBatch::Dense(&[1.0; 2]));
    assert!(losses[0].is_nan() && losses[1].is_finite(), "{losses:?}");
}

/// The losses and the gradient of their sum.
fn evaluate(
    spec: &LossSpec,
    width: usize,
    outputs: &[f32],
    form: Form,
    targets: TargetBatch<'_>,
) -> (Vec<f32>, Vec<f32>) {
    let rows = outputs.len() / width;
    let (mut losses, mut gradient) = (vec![f32::NAN; rows], vec![f32::NAN; outputs.len()]);
    let batch = LossBatch { rows, width, outputs, form, targets, scale: 1.0 };
    spec.loss().evaluate(&batch, &mut losses, &mut gradient);
    (losses, gradient)
}

#[test]
fn wrong_targets_are_refused() {
    let kind = |result: Result<()>| result.unwrap_err().kind();
    let check = |targets: TargetBatch<'_>| targets.check(2, 3, &Allowed::Between(0.0, 1.0));
    assert!(check(TargetBatch::Classes(&[0, 2])).is_ok());
    assert_eq!(kind(check(TargetBatch::Classes(&[0]))), ErrorKind::Shape);
    assert_eq!(kind(check(TargetBatch::Classes(&[0, 3]))), ErrorKind::Data);
    assert!(check(TargetBatch::Dense(&[0.0, 0.5, 1.0, 0.0, 0.0, 1.0])).is_ok());
    assert_eq!(kind(check(TargetBatch::Dense(&[0.0; 5]))), ErrorKind::Shape);
    for wrong in [f32::NAN, f32::INFINITY, -0.1, 1.1] {
        let error = check(TargetBatch::Dense(&[0.0, wrong, 0.0, 0.0, 0.0, 0.0])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(error.message().contains("at position 1"), "{error}");
    }
    let signs = TargetBatch::Dense(&[0.0, -1.0, 1.0, 0.5]);
    let error = signs.check(2, 2, &Allowed::Signs).unwrap_err();
    assert!(
        error.message().contains("0.5 at position 3, expected -1 and 1, or 0 and 1"),
        "{error}"
    );
    let error = TargetBatch::Dense(&[-2.0]).check(1, 1, &Poisson {}.allowed_targets()).unwrap_err();
    assert!(error.message().contains("found -2 at position 0, expected finite numbers from 0 on"));
    for spec in LossSpec::all() {
        let takes = |width, kind| spec.loss().validate(width, kind).is_ok();
        let both = matches!(
            spec,
            LossSpec::CategoricalHinge(_) | LossSpec::CategoricalFocalCrossentropy(_)
        );
        let found = takes(WIDTH, TargetKind::Classes) && takes(WIDTH, TargetKind::Dense);
        assert_eq!(found, both, "{spec:?}");
        assert!(takes(WIDTH, TargetKind::Classes) || takes(WIDTH, TargetKind::Dense), "{spec:?}");
        assert_eq!(takes(1, TargetKind::Classes), spec.loss().is_binary(), "{spec:?}");
    }
    let error = CosineSimilarity {}.validate(1, TargetKind::Dense).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
}

#[test]
fn wrong_specifications_are_refused() {
    let read = |json: &str| {
        crate::named::one::<LossSpec, _>(&mut serde_json::Deserializer::from_str(json))
    };
    for spec in LossSpec::all() {
        let json = serde_json::to_value(spec).unwrap();
        assert_eq!(read(&json.to_string()).unwrap(), spec);
        assert_eq!(read(&json["type"].to_string()).unwrap(), spec);
    }
    let message = |json: &str| read(json).unwrap_err().to_string();
    assert!(message("\"crossentropy\"").contains("`sparseCategoricalCrossentropy`"));
    assert!(message(r#"{"type":"meanSquaredError","scale":2}"#).contains("scale"));
    assert!(message("3").contains("a name, or an object"));
    let wrong = [
        ("labelSmoothing", "-0.1"),
        ("labelSmoothing", "1"),
        ("alpha", "-0.1"),
        ("alpha", "1.1"),
        ("gamma", "-1"),
        ("delta", "0"),
        ("delta", "-1"),
    ];
    for (attribute, value) in wrong {
        let mut refused = 0;
        for spec in LossSpec::all() {
            let mut json = serde_json::to_value(spec).unwrap();
            if json.get(attribute).is_none() {
                continue;
            }
            json[attribute] = serde_json::from_str(value).unwrap();
            let error = [(1, TargetKind::Dense), (3, TargetKind::Classes), (3, TargetKind::Dense)]
                .into_iter()
                .filter_map(|(width, kind)| {
                    read(&json.to_string()).unwrap().loss().validate(width, kind).err()
                })
                .find(|error| error.message().contains(attribute));
            assert!(error.is_some_and(|error| error.kind() == ErrorKind::Argument), "{json}");
            refused += 1;
        }
        assert!(refused > 0, "{attribute}");
    }
}
