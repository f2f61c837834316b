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
    ]);
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
    }
    let classes: Vec<u32> = (0..ROWS as u32).map(|row| (row * 3 + 1) % WIDTH as u32).collect();
    let dense = if matches!(spec, LossSpec::SparseCategoricalCrossentropy(_)) {
        let row = |&class: &u32| (0..WIDTH).map(move |i| f32::from(i == class as usize));
        classes.iter().flat_map(row).collect()
    } else {
        numbers(ROWS * WIDTH, 2).iter().map(|t| 0.5 + 0.5 * t).collect()
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
fn wrong_targets_are_refused() {
    let kind = |result: Result<()>| result.unwrap_err().kind();
    let check = |targets: TargetBatch<'_>| targets.check(2, 3, &(0.0..=1.0));
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
    for spec in LossSpec::all() {
        let takes = |kind| spec.loss().validate(WIDTH, kind).is_ok();
        assert!(takes(TargetKind::Classes) != takes(TargetKind::Dense), "{spec:?}");
    }
    assert!(BinaryCrossentropy::default().validate(1, TargetKind::Classes).is_ok());
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
    for smoothing in ["-0.1", "1", "7"] {
        let json = format!(r#"{{"type":"binaryCrossentropy","labelSmoothing":{smoothing}}}"#);
        let error = read(&json).unwrap().loss().validate(1, TargetKind::Dense).unwrap_err();
        assert!(error.message().contains("labelSmoothing"), "{error}");
    }
}
