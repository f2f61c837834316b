//! Schedules at their ends and between. The goldens are in the golden test.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

/// One of each that takes numbers of steps, over `LENGTH` of them.
fn examples() -> Vec<ScheduleSpec> {
    let learning_rate = 0.4;
    let decay_steps = Some(LENGTH);
    let (end_learning_rate, power) = (0.1, 2.0);
    vec![
        Piecewise { boundaries: vec![3, LENGTH], values: vec![0.4, 0.2, 0.1] }.into(),
        StepDecay { learning_rate, decay_steps: 4, decay_rate: 0.5 }.into(),
        Exponential { learning_rate, decay_rate: 0.25, decay_steps }.into(),
        Polynomial { learning_rate, end_learning_rate, power, decay_steps, cycle: false }.into(),
        Cosine { learning_rate, decay_steps, warmup_steps: 0, alpha: 0.25 }.into(),
        CosineRestarts {
            learning_rate,
            first_decay_steps: Some(LENGTH),
            t_mul: 2.0,
            m_mul: 0.5,
            alpha: 0.0,
            warmup_steps: 0,
        }
        .into(),
    ]
}

const LENGTH: u64 = 8;

fn rates(schedule: &ScheduleSpec, steps: std::ops::Range<u64>) -> Vec<f64> {
    steps.map(|step| schedule.at(step, None).unwrap()).collect()
}

#[test]
fn rates_are_those_of_the_definitions() {
    use std::f64::consts::PI;
    let cos = |way: f64| (1.0 + (PI * way).cos()) / 2.0;
    let restarts = |step: u64| match step {
        0..8 => 0.4 * cos(step as f64 / 8.0),
        8..24 => 0.2 * cos((step - 8) as f64 / 16.0),
        24..56 => 0.1 * cos((step - 24) as f64 / 32.0),
        _ => 0.05 * cos((step - 56) as f64 / 64.0),
    };
    let definitions: [&dyn Fn(u64) -> f64; 6] = [
        &|step| {
            if step < 3 {
                0.4
            } else if step < 8 {
                0.2
            } else {
                0.1
            }
        },
        &|step| 0.4 * 0.5_f64.powi((step / 4) as i32),
        &|step| 0.4 * 0.25_f64.powf(step as f64 / 8.0),
        &|step| 0.1 + 0.3 * (1.0 - step.min(8) as f64 / 8.0).powi(2),
        &|step| 0.1 + 0.3 * cos(step.min(8) as f64 / 8.0),
        &restarts,
    ];
    for (schedule, definition) in examples().iter().zip(definitions) {
        schedule.validate().unwrap();
        for (step, rate) in rates(schedule, 0..100).into_iter().enumerate() {
            let expected = definition(step as u64);
            assert!((rate - expected).abs() < 1e-12, "{schedule:?} {step}: {rate} {expected}");
            assert!(rate <= schedule.peak());
        }
    }
}

#[test]
fn what_is_not_given_is_the_run() {
    let open = |json: &str| {
        let whole = number_or_schedule(&mut serde_json::Deserializer::from_str(json)).unwrap();
        whole.validate().unwrap();
        whole
    };
    let with = |json: &str, steps: u64| -> Vec<f64> {
        (0..steps).map(|step| open(json).at(step, Some(steps)).unwrap()).collect()
    };
    for (json, of_run, of_steps) in [
        (
            r#"{"type":"polynomial","learningRate":1}"#,
            9,
            r#"{"type":"polynomial","learningRate":1,"decaySteps":9}"#,
        ),
        (
            r#"{"type":"exponential","learningRate":1,"decayRate":0.1}"#,
            9,
            r#"{"type":"exponential","learningRate":1,"decayRate":0.1,"decaySteps":9}"#,
        ),
        (
            r#"{"type":"cosine","learningRate":1,"warmupSteps":2}"#,
            9,
            r#"{"type":"cosine","learningRate":1,"warmupSteps":2,"decaySteps":7}"#,
        ),
        (
            r#"{"type":"cosineRestarts","learningRate":1,"warmupSteps":2}"#,
            9,
            r#"{"type":"cosineRestarts","learningRate":1,"warmupSteps":2,"firstDecaySteps":7}"#,
        ),
    ] {
        let expected = rates(&open(of_steps), 0..of_run);
        assert_eq!(with(json, of_run), expected, "{json}");
        assert!(open(json).at(0, None).unwrap_err().message().contains("known length"));
    }
    // A run that is all warm-up.
    let json = r#"{"type":"cosine","learningRate":1,"warmupSteps":4}"#;
    assert_eq!(with(json, 4), [0.25, 0.5, 0.75, 1.0]);
    // Whole ways down begin at the peak, also where they are as long as the first.
    let json = r#"{"type":"cosineRestarts","learningRate":1,"tMul":1,"firstDecaySteps":3}"#;
    assert_eq!([0, 3, 6, 300].map(|t| open(json).at(t, None).unwrap()), [1.0; 4]);
    for number in 0..20_u32 {
        let json = r#"{"type":"cosineRestarts","learningRate":1,"tMul":3,"firstDecaySteps":10}"#;
        let begin = 10 * (3_u64.pow(number) - 1) / 2;
        assert_eq!(open(json).at(begin, None).unwrap(), 1.0, "{begin}");
    }
    // The second way down of a cycle that begins again is twice as long.
    let json = r#"{"type":"polynomial","learningRate":1,"decaySteps":4,"cycle":true}"#;
    assert_eq!(rates(&open(json), 0..8), [1.0, 0.75, 0.5, 0.25, 0.0, 0.375, 0.25, 0.125]);
}

#[test]
fn a_number_and_an_object_are_read() {
    let read = |json: &str| number_or_schedule(&mut serde_json::Deserializer::from_str(json));
    assert_eq!(read("0.5").unwrap(), ScheduleSpec::constant(0.5));
    assert_eq!(read("1").unwrap(), ScheduleSpec::constant(1.0));
    let cycle = ScheduleSpec::one_cycle(0.008);
    assert_eq!(read(r#"{"type":"oneCycle","peak":0.008}"#).unwrap(), cycle);
    for schedule in examples().into_iter().chain([cycle, ScheduleSpec::constant(0.1)]) {
        let json = serde_json::to_string(&schedule).unwrap();
        assert_eq!(read(&json).unwrap(), schedule, "{json}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    let message =
        |json: &str| match number_or_schedule(&mut serde_json::Deserializer::from_str(json)) {
            Ok(schedule) => schedule.validate().unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
    assert!(message("-0.1").contains("learningRate is -0.1"));
    assert!(message("true").contains("a learning rate"));
    assert!(message(r#"{"type":"cos","peak":1}"#).contains("`oneCycle`"));
    assert!(message(r#"{"type":"oneCycle"}"#).contains("peak"));
    assert!(message(r#"{"type":"oneCycle","peak":1,"warm":0.1}"#).contains("warm"));
    assert!(message(r#"{"type":"oneCycle","peak":1,"warmup":1}"#).contains("warmup is 1"));
    for (json, expected) in [
        (r#"{"type":"piecewise","boundaries":[1],"values":[1]}"#, "1 values for 1 boundaries"),
        (r#"{"type":"piecewise","boundaries":[2,2],"values":[1,1,1]}"#, "boundary 2 behind 2"),
        (r#"{"type":"piecewise","boundaries":[],"values":[-1]}"#, "a value is -1"),
        (r#"{"type":"step","learningRate":1,"decaySteps":0}"#, "decaySteps is 0"),
        (r#"{"type":"step","learningRate":1}"#, "decaySteps"),
        (r#"{"type":"step","learningRate":1,"decaySteps":1,"decayRate":2}"#, "decayRate is 2"),
        (r#"{"type":"exponential","learningRate":1,"decayRate":-1}"#, "decayRate is -1"),
        (r#"{"type":"polynomial","learningRate":1,"power":0}"#, "power is 0"),
        (r#"{"type":"polynomial","learningRate":1,"endLearningRate":-1}"#, "endLearningRate is -1"),
        (r#"{"type":"cosine","learningRate":1,"alpha":1.5}"#, "alpha is 1.5"),
        (r#"{"type":"cosine","learningRate":-1}"#, "learningRate is -1"),
        (r#"{"type":"cosineRestarts","learningRate":1,"tMul":0.5}"#, "tMul is 0.5"),
        (r#"{"type":"cosineRestarts","learningRate":1,"mMul":2}"#, "mMul is 2"),
    ] {
        assert!(message(json).contains(expected), "{json}: {}", message(json));
    }
    assert!(ScheduleSpec::constant(f64::NAN).validate().is_err());
    assert!(ScheduleSpec::constant(f64::INFINITY).validate().is_err());
    assert!(ScheduleSpec::one_cycle(0.1).at(0, None).is_err());
}

#[test]
fn a_cycle_rises_and_falls_and_never_stands_at_zero() {
    for steps in [1, 2, 3, 7, 100] {
        let rates: Vec<f64> = (0..steps)
            .map(|step| ScheduleSpec::one_cycle(0.5).at(step, Some(steps)).unwrap())
            .collect();
        assert!(rates.iter().all(|&rate| rate > 0.0 && rate <= 0.5), "{rates:?}");
        let top = rates.iter().copied().fold(0.0, f64::max);
        let at = rates.iter().position(|&rate| rate == top).unwrap();
        assert!(rates[..=at].is_sorted() && rates[at..].iter().rev().is_sorted());
    }
    assert_eq!(ScheduleSpec::one_cycle(0.5).peak(), 0.5);
    assert_eq!(ScheduleSpec::constant(0.2).peak(), 0.2);
    let rate = |step| ScheduleSpec::one_cycle(1.0).at(step, Some(99)).unwrap();
    assert_eq!(rate(19), 1.0);
    assert!((rate(9) - 0.5).abs() < 1e-12 && (rate(59) - 0.5).abs() < 1e-12);
}
