//! What every optimiser can do: clip, gather, average, spare biases.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

/// A matrix and two vectors, PARAMETERS numbers in all.
fn shapes() -> Parameters {
    Parameters::of_shapes(&[&[2, 3], &[2], &[3]])
}

fn sgd(options: OptimizerOptions) -> OptimizerState {
    let sgd = Sgd { learning_rate: ScheduleSpec::constant(1.0), ..Sgd::default() };
    OptimizerState::new(OptimizerSpec { options, algorithm: sgd.into() }, shapes()).unwrap()
}

/// What a step of gradient descent at a rate of 1 subtracts.
fn step_of(options: OptimizerOptions) -> Vec<f32> {
    let mut weights = [0.0; PARAMETERS];
    sgd(options).update(1.0, &mut weights, &mut gradients(0));
    weights.iter().map(|w| -w).collect()
}

fn norm(g: &[f32]) -> f64 {
    g.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn gradients_are_clipped() {
    let g = gradients(0);
    let default = OptimizerOptions::default;
    assert_eq!(step_of(default()), g);
    let found = step_of(OptimizerOptions { clip_value: Some(0.25), ..default() });
    let expected: Vec<f32> = g.iter().map(|g| g.clamp(-0.25, 0.25)).collect();
    assert_eq!(found, expected);

    let limit = 0.9;
    let found = step_of(OptimizerOptions { clip_norm: Some(limit), ..default() });
    let mut scaled = 0;
    for range in [0..6, 6..8, 8..11] {
        let norm = norm(&g[range.clone()]);
        let scale = (limit / norm).min(1.0);
        scaled += u32::from(norm > limit);
        for (found, g) in found[range.clone()].iter().zip(&g[range]) {
            assert!((f64::from(*found) - f64::from(*g) * scale).abs() < 1e-6);
        }
    }
    assert!((1..3).contains(&scaled), "the case has norms on one side of the limit only");

    let found = step_of(OptimizerOptions { global_clip_norm: Some(limit), ..default() });
    let scale = limit / norm(&g);
    for (found, g) in found.iter().zip(&g) {
        assert!((f64::from(*found) - f64::from(*g) * scale).abs() < 1e-6);
    }
}

#[test]
fn batches_are_gathered_before_they_are_clipped() {
    let options = OptimizerOptions {
        gradient_accumulation_steps: 3,
        global_clip_norm: Some(0.5),
        ..OptimizerOptions::default()
    };
    let (mut state, mut weights) = (sgd(options), [0.0; PARAMETERS]);
    for round in 0..2 {
        let before = weights;
        let moved: Vec<bool> = (0..3)
            .map(|batch| {
                let moved = state.update(1.0, &mut weights, &mut gradients(3 * round + batch));
                assert!(moved || weights == before);
                moved
            })
            .collect();
        assert_eq!(moved, [false, false, true]);
        let mean: Vec<f32> = (0..PARAMETERS)
            .map(|i| (0..3).map(|b| gradient(3 * round + b, i)).sum::<f64>() as f32 / 3.0)
            .collect();
        let scale = 0.5 / norm(&mean);
        assert!(scale < 1.0);
        for ((w, before), mean) in weights.iter().zip(before).zip(mean) {
            let expected = f64::from(before) - f64::from(mean) * scale;
            assert!((f64::from(*w) - expected).abs() < 1e-6);
        }
    }
    assert_eq!(state.steps(), 2);
}

#[test]
fn weights_are_averaged_and_change_places() {
    for every in [1, 3] {
        let options = OptimizerOptions {
            use_ema: true,
            ema_momentum: 0.75,
            ema_every: every,
            ..OptimizerOptions::default()
        };
        let (mut state, mut weights) = (sgd(options), [0.25; PARAMETERS]);
        assert!(!state.show_average(&mut weights), "there is none yet");
        let mut expected = [0.0_f64; PARAMETERS];
        for step in 0..7 {
            state.update(0.1, &mut weights, &mut gradients(step));
            state.average(&weights);
            let number = step as u32 + 1;
            for (average, w) in expected.iter_mut().zip(weights).map(|(a, w)| (a, f64::from(w))) {
                if number == 1 {
                    *average = w;
                } else if number.is_multiple_of(every) {
                    *average = 0.75 * *average + 0.25 * w;
                }
            }
        }
        let trained = weights;
        assert!(state.show_average(&mut weights));
        assert!(!state.show_average(&mut weights));
        for (w, expected) in weights.iter().zip(expected) {
            assert!((f64::from(*w) - expected).abs() < 1e-6, "{w} {expected}");
        }
        assert!(state.hide_average(&mut weights));
        assert_eq!(weights, trained);
        state.forget_average();
        assert!(!state.show_average(&mut weights));
    }
}

#[test]
fn biases_are_spared_where_asked() {
    let algorithms: [OptimizerAlgorithm; 5] = [
        AdamW { weight_decay: Some(0.5), ..AdamW::default() }.into(),
        Lion { weight_decay: 0.5, ..Lion::default() }.into(),
        Sgd { weight_decay: 0.5, variant: Variant::Keras, ..Sgd::default() }.into(),
        RmsProp { weight_decay: 0.5, variant: Variant::Keras, ..RmsProp::default() }.into(),
        Muon { weight_decay: 0.5, ..Muon::default() }.into(),
    ];
    for algorithm in algorithms {
        for decay_biases in [true, false] {
            let options = OptimizerOptions { decay_biases, ..OptimizerOptions::default() };
            let spec = OptimizerSpec { options, algorithm: algorithm.clone() };
            let mut state = OptimizerState::new(spec, shapes()).unwrap();
            let mut weights = [1.0; PARAMETERS];
            state.update(0.01, &mut weights, &mut [0.0; PARAMETERS]);
            assert!(weights[..6].iter().all(|w| *w < 1.0), "{algorithm:?}");
            assert!(weights[6..].iter().all(|w| (*w == 1.0) != decay_biases), "{algorithm:?}");
        }
    }
}

#[test]
fn what_is_split_into_groups_has_the_bits_of_one() {
    for spec in cases().into_iter().filter(|spec| !spec.optimizer().takes_matrices()) {
        // Without weight decay groups make no difference; with it, where all decay, there is one.
        let run = |shapes: &[&[usize]], decay_biases| {
            let options = OptimizerOptions { decay_biases, ..OptimizerOptions::default() };
            let spec = OptimizerSpec { options, ..spec.clone() };
            let mut state = OptimizerState::new(spec, Parameters::of_shapes(shapes)).unwrap();
            let mut weights = [0.5; PARAMETERS];
            (0..5).for_each(|step| {
                state.update(0.01, &mut weights, &mut gradients(step));
            });
            weights
        };
        let whole = run(&[&[PARAMETERS]], false);
        assert_eq!(run(&[&[5], &[6]], false), whole);
        let whole = run(&[&[PARAMETERS, 1]], true);
        assert_eq!(run(&[&[5, 1], &[3], &[3, 1]], true), whole, "{spec:?}");
    }
}
