//! Metrics against counting by hand. The goldens of scikit-learn are in the golden test.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

const ONE_OF: Decision = Decision::OneOf;

/// The values of metrics after these batches.
fn values(specs: &[MetricSpec], batches: &[MetricBatch<'_>]) -> Vec<f64> {
    let mut sums = MetricSums::new(specs, batches[0].width, batches[0].decision, false).unwrap();
    batches.iter().for_each(|batch| sums.add(batch));
    let mut values = vec![f64::NAN; specs.len()];
    sums.values_into(&mut values);
    values
}

fn top(k: u32) -> MetricSpec {
    MetricSpec::TopKAccuracy(TopKAccuracy { k })
}

fn precision(average: Average) -> MetricSpec {
    MetricSpec::Precision(Precision { average })
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
    };
    let specs = [
        MetricSpec::Accuracy(Accuracy {}),
        top(1),
        top(2),
        top(3),
        precision(Average::Macro),
        precision(Average::Micro),
        precision(Average::Weighted),
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
    };
    let specs = [MetricSpec::Accuracy(Accuracy {}), precision(Average::Macro)];
    let whole = values(&specs, &[batch(0..4)]);
    assert_eq!(values(&specs, &[batch(0..1), batch(1..4)]), whole);

    let sums = |rows| {
        let mut sums = MetricSums::new(&specs, 3, ONE_OF, false).unwrap();
        sums.add(&batch(rows));
        sums
    };
    let mut merged = sums(0..3);
    merged.merge(&sums(3..4));
    assert_eq!(merged, sums(0..4));
    let mut kept = MetricSums::new(&specs, 3, ONE_OF, false).unwrap();
    kept.set_sums(merged.sums()).unwrap();
    assert_eq!(kept, merged);
    assert!(kept.set_sums(&[0.0]).is_err());
    assert!(kept.set_sums(&vec![f64::NAN; merged.sums().len()]).is_err());
}

#[test]
fn dense_targets_and_labels_mean_the_same() {
    let one_hot: Vec<f32> =
        LABELS.iter().flat_map(|&l| (0..3).map(move |i| f32::from(l == i))).collect();
    let batch =
        |targets| MetricBatch { rows: 4, width: 3, outputs: &OUTPUTS, targets, decision: ONE_OF };
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
    };
    let specs = [MetricSpec::Accuracy(Accuracy {}), precision(Average::Macro)];
    assert_eq!(values(&specs, &[batch]), [0.5, 0.5]);
    assert!(MetricSums::new(&[top(1)], 2, batch.decision, false).is_err());
}

#[test]
fn nothing_counted_is_zero() {
    let sums = MetricSums::new(&MetricSpec::all(), 6, ONE_OF, false).unwrap();
    let mut values = vec![f64::NAN; MetricSpec::all().len()];
    sums.values_into(&mut values);
    assert!(values.iter().all(|&value| value == 0.0), "{values:?}");
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
    let scores = Average::Macro.of(matrix.class_counts());
    assert!((scores.precision - 0.5 / 3.0).abs() < 1e-12);
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
    assert!(read("[\"auc\"]").unwrap_err().to_string().contains("`accuracy`"));
    let refused = |specs: &[MetricSpec], logits| {
        MetricSums::new(specs, 3, ONE_OF, logits).unwrap_err().message().to_owned()
    };
    assert!(refused(&[top(0)], true).contains("k is 0"));
    assert!(refused(&[top(4)], true).contains("k is 4"));
    assert!(refused(&[top(2), top(2)], true).contains("named twice"));
    let squared = MetricSpec::MeanSquaredError(MeanSquaredError {});
    assert!(refused(&[squared], true).contains("logits"));
}
