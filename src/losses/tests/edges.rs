//! Extreme numbers, and wrong input.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::ErrorKind;

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
        let json = serde_json::to_value(&spec).unwrap();
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
            let mut json = serde_json::to_value(&spec).unwrap();
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
