//! Metrics against counting by hand. The goldens of scikit-learn are in the golden test.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::losses::{Form, TargetBatch};

const ONE_OF: Decision = Decision::OneOf;

/// The values of metrics after these batches.
fn values(specs: &[MetricSpec], batches: &[MetricBatch<'_>]) -> Vec<f64> {
    let mut sums = MetricSums::new(specs, batches[0].width, batches[0].decision).unwrap();
    batches.iter().for_each(|batch| sums.add(batch));
    let mut values = vec![f64::NAN; specs.len()];
    sums.values_into(&mut values);
    values
}

fn top(k: u32) -> MetricSpec {
    MetricSpec::TopKAccuracy(TopKAccuracy { k })
}

fn precision(average: Averaging) -> MetricSpec {
    MetricSpec::Precision(Precision { average, class: None })
}

/// Four rows of three classes: right, wrong (second best), wrong (last), a tie won by the first.
const OUTPUTS: [f32; 12] = [0.7, 0.2, 0.1, 0.1, 0.5, 0.4, 0.2, 0.3, 0.5, 0.4, 0.4, 0.2];
const LABELS: [u32; 4] = [0, 2, 0, 1];

#[test]
fn classes_are_counted() {
    let batch = MetricBatch {
        rows: 4,
        width: 3,
        outputs: &OUTPUTS,
        targets: TargetBatch::Classes(&LABELS),
        decision: ONE_OF,
        form: Form::Outputs,
    };
    let specs = [
        MetricSpec::Accuracy(Accuracy {}),
        top(1),
        top(2),
        top(3),
        precision(Averaging::Macro),
        precision(Averaging::Micro),
        precision(Averaging::Weighted),
        MetricSpec::Recall(Recall::default()),
    ];
    // Said: 0, 1, 2, 0. Meant: 0, 2, 0, 1.
    let expected = [0.25, 0.25, 0.75, 1.0, 0.5 / 3.0, 0.25, 0.25, 0.5 / 3.0];
    for (found, expected) in values(&specs, &[batch]).iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
}

#[test]
fn batches_and_merged_sums_add_up() {
    let batch = |rows: std::ops::Range<usize>| MetricBatch {
        rows: rows.len(),
        width: 3,
        outputs: &OUTPUTS[rows.start * 3..rows.end * 3],
        targets: TargetBatch::Classes(&LABELS[rows]),
        decision: ONE_OF,
        form: Form::Outputs,
    };
    let specs = [MetricSpec::Accuracy(Accuracy {}), precision(Averaging::Macro)];
    let whole = values(&specs, &[batch(0..4)]);
    assert_eq!(values(&specs, &[batch(0..1), batch(1..4)]), whole);

    let sums = |rows| {
        let mut sums = MetricSums::new(&specs, 3, ONE_OF).unwrap();
        sums.add(&batch(rows));
        sums
    };
    let mut merged = sums(0..3);
    merged.merge(&sums(3..4));
    assert_eq!(merged, sums(0..4));
    let mut kept = MetricSums::new(&specs, 3, ONE_OF).unwrap();
    kept.set_sums(merged.sums()).unwrap();
    assert_eq!(kept, merged);
    assert!(kept.set_sums(&[0.0]).is_err());
    assert!(kept.set_sums(&vec![f64::NAN; merged.sums().len()]).is_err());
}

#[test]
fn dense_targets_and_labels_mean_the_same() {
    let one_hot: Vec<f32> =
        LABELS.iter().flat_map(|&l| (0..3).map(move |i| f32::from(l == i))).collect();
    let batch = |targets| MetricBatch {
        rows: 4,
        width: 3,
        outputs: &OUTPUTS,
        targets,
        decision: ONE_OF,
        form: Form::Outputs,
    };
    let specs: Vec<MetricSpec> =
        MetricSpec::all().into_iter().filter(|spec| *spec != top(5)).collect();
    let labels = values(&specs, &[batch(TargetBatch::Classes(&LABELS))]);
    assert_eq!(labels, values(&specs, &[batch(TargetBatch::Dense(&one_hot))]));
}

#[test]
fn yes_and_no_are_counted_an_output_at_a_time() {
    let batch = MetricBatch {
        rows: 2,
        width: 2,
        outputs: &[0.3, -0.1, -2.0, 0.0],
        targets: TargetBatch::Dense(&[1.0, 1.0, 1.0, 0.0]),
        decision: Decision::Each { threshold: 0.0 },
        form: Form::Outputs,
    };
    let specs = [MetricSpec::Accuracy(Accuracy {}), precision(Averaging::Macro)];
    assert_eq!(values(&specs, &[batch]), [0.5, 0.5]);
    assert!(MetricSums::new(&[top(1)], 2, batch.decision).is_err());
}

#[test]
fn nothing_counted_is_zero() {
    let sums = MetricSums::new(&MetricSpec::all(), 6, ONE_OF).unwrap();
    let mut values = vec![f64::NAN; MetricSpec::all().len()];
    sums.values_into(&mut values);
    for (value, name) in values.iter().zip(sums.names()) {
        assert!(if name == "rocAuc" { value.is_nan() } else { *value == 0.0 }, "{name} {value}");
    }
}

#[test]
fn the_matrix_and_the_metrics_agree() {
    let mut matrix = ConfusionMatrix::new(3);
    for (meant, said) in [(0, 0), (2, 1), (0, 2), (1, 0)] {
        matrix.add(meant, said);
    }
    assert_eq!(matrix.counts, [1, 0, 1, 1, 0, 0, 0, 1, 0]);
    let classes = matrix.class_metrics();
    assert_eq!((classes[0].precision, classes[0].recall, classes[0].support), (0.5, 0.5, 2));
    assert_eq!((classes[1].precision, classes[1].f1, classes[1].support), (0.0, 0.0, 1));
    let scores = Averaging::Macro.of(matrix.class_counts());
    assert!((scores.precision - 0.5 / 3.0).abs() < 1e-12);
}

/// Numbers that look random, from 0 to below 1.
fn noise(count: usize) -> Vec<f32> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let states = std::iter::successors(Some(7), next).skip(1);
    states.take(count).map(|state| (state >> 8) as f32 / (1 << 24) as f32).collect()
}

/// The areas and average precisions of one class by their definitions, pair by pair.
fn by_definition(scores: &[f32], truth: &[bool]) -> [f64; 2] {
    let of = |wanted: bool| {
        scores
            .iter()
            .zip(truth)
            .filter(move |(_, truth)| **truth == wanted)
            .map(|(score, _)| *score)
    };
    let (mut wins, mut precisions) = (0.0, 0.0);
    for positive in of(true) {
        for negative in of(false) {
            wins += if positive > negative {
                1.0
            } else {
                0.5 * f64::from(u8::from(positive == negative))
            };
        }
        let hits = of(true).filter(|score| *score >= positive).count() as f64;
        precisions += hits / (hits + of(false).filter(|score| *score >= positive).count() as f64);
    }
    let positives = of(true).count() as f64;
    [wins / (positives * of(false).count() as f64), precisions / positives]
}

#[test]
fn ranks_are_those_of_the_definition() {
    let area = |average| MetricSpec::RocAuc(RocAuc { average, class: None });
    let precision =
        |average| MetricSpec::AveragePrecision(AveragePrecision { average, class: None });
    for (rows, width, steps) in
        [(1, 3, 9.0), (2, 5, 3.0), (37, 3, 7.0), (151, 4, 1e6), (601, 1, 40.0)]
    {
        let scores: Vec<f32> =
            noise(rows * width).iter().map(|score| (score * steps).floor() / steps).collect();
        let flags: Vec<f32> = noise(2 * rows * width)[rows * width..]
            .iter()
            .zip(&scores)
            .map(|(chance, score)| f32::from(*chance < 0.2 + 0.5 * score))
            .collect();
        let batch = MetricBatch {
            rows,
            width,
            outputs: &scores,
            targets: TargetBatch::Dense(&flags),
            decision: Decision::Each { threshold: 0.5 },
            form: Form::Outputs,
        };
        let specs = [area(Averaging::Macro), precision(Averaging::Macro), area(Averaging::Micro)];
        let mut sums = MetricSums::new(&specs, width, batch.decision).unwrap();
        sums.add(&batch);
        let mut all = RankedScores::new(rows, width, batch.decision).unwrap();
        let values = all.rows_of(&batch, &scores, |_| true);
        all.extend(&values);
        let (mut exact, mut binned) = ([f64::INFINITY; 3], [f64::INFINITY; 3]);
        sums.exact_values_into(&mut all, &mut exact);
        sums.values_into(&mut binned);

        let truth: Vec<bool> = flags.iter().map(|flag| *flag == 1.0).collect();
        let column = |class: usize| {
            let scores: Vec<f32> = scores.iter().skip(class).step_by(width).copied().collect();
            let truth: Vec<bool> = truth.iter().skip(class).step_by(width).copied().collect();
            by_definition(&scores, &truth)
        };
        let classes: Vec<[f64; 2]> = (0..width).map(column).collect();
        let mean =
            |of: &dyn Fn(&[f64; 2]) -> f64| classes.iter().map(of).sum::<f64>() / width as f64;
        let zero = |x: f64| if x.is_nan() { 0.0 } else { x };
        let expected = [
            mean(&|class| class[0]),
            mean(&|class| zero(class[1])),
            by_definition(&scores, &truth)[0],
        ];
        for (at, expected) in expected.into_iter().enumerate() {
            let (exact, binned) = (exact[at], binned[at]);
            if expected.is_nan() {
                assert!(exact.is_nan() && binned.is_nan() && !sums.warnings().is_empty());
            } else {
                assert!((exact - expected).abs() < 1e-12, "{rows} {at}: {exact} {expected}");
                assert!((binned - expected).abs() < 0.01, "{rows} {at}: {binned} {expected}");
            }
        }
    }
}

#[test]
fn a_class_is_measured_alone() {
    let rows = 61;
    for (width, decision) in [
        (3, ONE_OF),
        (2, ONE_OF),
        (3, Decision::Each { threshold: 0.5 }),
        (1, Decision::Each { threshold: 0.5 }),
    ] {
        let scores: Vec<f32> =
            noise(rows * width).iter().map(|x| (x * 9.0).floor() / 9.0).collect();
        let labels: Vec<u32> = (0..rows).map(|row| (row * row % 7 % width) as u32).collect();
        let flags: Vec<f32> = (0..rows * width).map(|at| f32::from(at * at % 5 < 2)).collect();
        let targets = match decision {
            Decision::OneOf => TargetBatch::Classes(&labels),
            Decision::Each { .. } => TargetBatch::Dense(&flags),
        };
        let (outputs, form) = (&scores[..], Form::Outputs);
        let batch = MetricBatch { rows, width, outputs, targets, decision, form };
        for class in 0..width.max(2) {
            let of = |row: usize| match decision {
                Decision::OneOf => {
                    let scores = &scores[row * width..(row + 1) * width];
                    (labels[row] as usize == class, arg_max(scores) == class, scores[class])
                }
                // Of a single output, no is class 0.
                Decision::Each { .. } if width == 1 && class == 0 => {
                    (flags[row] == 0.0, scores[row] <= 0.5, -scores[row])
                }
                Decision::Each { .. } => {
                    let at = row * width + class.min(width - 1);
                    (flags[at] == 1.0, scores[at] > 0.5, scores[at])
                }
            };
            let found: Vec<(bool, bool, f32)> = (0..rows).map(of).collect();
            let count = |keep: &dyn Fn(bool, bool) -> bool| {
                found.iter().filter(|(is, said, _)| keep(*is, *said)).count() as f64
            };
            let (hits, said, are) =
                (count(&|is, said| is && said), count(&|_, said| said), count(&|is, _| is));
            let truth: Vec<bool> = found.iter().map(|row| row.0).collect();
            let column: Vec<f32> = found.iter().map(|row| row.2).collect();
            let [area, precision] = by_definition(&column, &truth);
            let expected = [hits / said, hits / are, 2.0 * hits / (said + are), area, precision];

            let (average, class) = (Averaging::Macro, Some(class as u32));
            let specs = [
                MetricSpec::Precision(Precision { average, class }),
                MetricSpec::Recall(Recall { average, class }),
                MetricSpec::F1Score(F1Score { average, class }),
                MetricSpec::RocAuc(RocAuc { average, class }),
                MetricSpec::AveragePrecision(AveragePrecision { average, class }),
            ];
            let mut sums = MetricSums::new(&specs, width, decision).unwrap();
            sums.add(&batch);
            let mut all = RankedScores::new(rows, width, decision).unwrap();
            let values = all.rows_of(&batch, &scores, |_| true);
            all.extend(&values);
            let (mut exact, mut binned) = ([f64::INFINITY; 5], [f64::INFINITY; 5]);
            sums.exact_values_into(&mut all, &mut exact);
            sums.values_into(&mut binned);
            for (at, expected) in expected.into_iter().enumerate() {
                let name = &sums.names()[at];
                assert!((exact[at] - expected).abs() < 1e-12, "{name}: {exact:?} {expected}");
                assert!((binned[at] - expected).abs() < 0.01, "{name}: {binned:?} {expected}");
            }
            let names = ["Precision", "Recall", "F1Score", "RocAuc", "AveragePrecision"];
            let class = class.unwrap_or_default();
            assert_eq!(sums.names(), names.map(|name| format!("class{class}{name}")));
        }
    }
}

#[test]
fn logits_are_measured_as_their_probabilities() {
    let logits: Vec<f32> = noise(33).iter().map(|x| 8.0 * x - 4.0).collect();
    let labels: Vec<u32> = (0..11).map(|i| i * 2 % 3).collect();
    let flags: Vec<f32> = (0..33).map(|i| f32::from(i * i % 5 < 2)).collect();
    for (decision, half, targets) in [
        (ONE_OF, ONE_OF, TargetBatch::Classes(&labels)),
        (
            Decision::Each { threshold: 0.0 },
            Decision::Each { threshold: 0.5 },
            TargetBatch::Dense(&flags),
        ),
    ] {
        let batch = MetricBatch {
            rows: 11,
            width: 3,
            outputs: &logits,
            targets,
            decision,
            form: Form::Logits,
        };
        let mut probabilities = vec![0.0; 33];
        batch.probabilities_into(&mut probabilities);
        let other =
            MetricBatch { outputs: &probabilities, form: Form::Outputs, decision: half, ..batch };
        let fits = |spec: &MetricSpec| MetricSums::new(&[*spec], 3, decision).is_ok();
        let specs: Vec<MetricSpec> = MetricSpec::all().into_iter().filter(fits).collect();
        assert!(specs.len() >= 8, "{specs:?}");
        assert_eq!(values(&specs, &[batch]), values(&specs, &[other]));
    }
}

#[test]
fn equal_targets_are_explained_or_not() {
    let r2 = |outputs: &[f32], targets: &[f32]| {
        let batch = MetricBatch {
            rows: outputs.len(),
            width: 1,
            outputs,
            targets: TargetBatch::Dense(targets),
            decision: Decision::Each { threshold: 0.5 },
            form: Form::Outputs,
        };
        values(&[MetricSpec::R2Score(R2Score {})], &[batch])[0]
    };
    // 0.1 added up 999 times is not 99.9.
    let (same, other) = (vec![0.1; 999], vec![0.3; 999]);
    assert_eq!(r2(&same, &same), 1.0);
    assert_eq!(r2(&other, &same), 0.0);
    let near: Vec<f32> = (0..999).map(|i| 1e6 + (i % 2) as f32 * 0.0625).collect();
    assert_eq!(r2(&near, &near), 1.0);
    assert!(r2(&vec![1e6 + 0.03125; 999], &near).abs() < 1e-2);
}

#[test]
fn wrong_specifications_are_refused() {
    let read = |json: &str| {
        crate::named::list::<MetricSpec, _>(&mut serde_json::Deserializer::from_str(json))
    };
    for spec in MetricSpec::all() {
        let json = serde_json::to_value(spec).unwrap();
        assert_eq!(read(&format!("[{json}, {}]", json["type"])).unwrap(), [spec, spec]);
    }
    assert!(read("[\"area\"]").unwrap_err().to_string().contains("`accuracy`"));
    let refused =
        |specs: &[MetricSpec]| MetricSums::new(specs, 3, ONE_OF).unwrap_err().message().to_owned();
    assert!(refused(&[top(0)]).contains("k is 0"));
    assert!(refused(&[top(4)]).contains("k is 4"));
    assert!(refused(&[top(2), top(2)]).contains("named twice"));
    let error = MetricSpec::ExpectedCalibrationError(ExpectedCalibrationError { bins: 0 });
    assert!(refused(&[error]).contains("bins is 0"));
    let of_class = |average, class| {
        MetricSpec::AveragePrecision(AveragePrecision { average, class: Some(class) })
    };
    let message = refused(&[of_class(Averaging::Macro, 3)]);
    assert!(message.contains("averagePrecision: class is 3, expected less than 3"), "{message}");
    let message = refused(&[of_class(Averaging::Micro, 1)]);
    assert!(message.contains("found an average and class 1, expected one"), "{message}");
    let each = Decision::Each { threshold: 0.0 };
    for spec in ["cohenKappa", "balancedAccuracy", "perplexity"] {
        let specs = read(&format!("[\"{spec}\"]")).unwrap();
        let error = MetricSums::new(&specs, 3, each).unwrap_err();
        assert!(error.message().contains(&format!("{spec}: ")), "{error}");
        assert_eq!(MetricSums::new(&specs, 1, each).is_ok(), spec != "perplexity");
    }
}
