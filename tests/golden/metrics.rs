//! Metrics, against scikit-learn.

use serde_json::Value;
use tabgrad::losses::TargetBatch;
use tabgrad::metrics::{
    Accuracy, Average, ConfusionMatrix, Decision, F1Score, MeanAbsoluteError, MeanSquaredError,
    MetricBatch, MetricSpec, MetricSums, Precision, Recall, TopKAccuracy,
};

use crate::case::{Case, Failure, Outcome};

const AVERAGES: [(&str, Average); 3] =
    [("macro", Average::Macro), ("micro", Average::Micro), ("weighted", Average::Weighted)];

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    match case.op() {
        "classification_metrics" => classification(case)?,
        "multilabel_metrics" => multilabel(case)?,
        "binary_metrics" => binary(case)?,
        "regression_metrics" => regression(case)?,
        op => return Ok(Outcome::LeftOut(format!("metric {op}"))),
    }
    Ok(Outcome::Agreed)
}

fn close(case: &Case, name: &str, found: f64, expected: &Value) -> Result<(), Failure> {
    let tolerance = |key: &str| case.json["tolerance"][key].as_f64().unwrap_or(0.0);
    let expected = expected.as_f64().ok_or(format!("{name} has no reference"))?;
    if (found - expected).abs() <= tolerance("abs") + tolerance("rel") * expected.abs() {
        Ok(())
    } else {
        Err(format!("{name} is {found}, expected {expected}"))
    }
}

/// The values of metrics; the samples come in batches of seven, to see that these add up.
fn values(batch: &MetricBatch<'_>, specs: &[MetricSpec]) -> Result<Vec<f64>, Failure> {
    let mut sums = MetricSums::new(specs, batch.width, batch.decision, false)
        .map_err(|error| error.to_string())?;
    for first in (0..batch.rows).step_by(7) {
        let rows = first..(first + 7).min(batch.rows);
        let values = rows.start * batch.width..rows.end * batch.width;
        let targets = match batch.targets {
            TargetBatch::Classes(labels) => TargetBatch::Classes(&labels[rows.clone()]),
            TargetBatch::Dense(targets) => TargetBatch::Dense(&targets[values.clone()]),
        };
        let outputs = &batch.outputs[values];
        sums.add(&MetricBatch { rows: rows.len(), outputs, targets, ..*batch });
    }
    let mut values = vec![f64::NAN; specs.len()];
    sums.values_into(&mut values);
    Ok(values)
}

/// Precision, recall and F1 with one average.
fn retrieval(average: Average) -> [MetricSpec; 3] {
    [
        MetricSpec::Precision(Precision { average }),
        MetricSpec::Recall(Recall { average }),
        MetricSpec::F1Score(F1Score { average }),
    ]
}

fn classification(case: &Case) -> Result<(), Failure> {
    let labels = case.u32s("input.y_true")?;
    let outputs = case.f32s("input.probs")?;
    let rows = labels.len();
    let width = outputs.len() / rows;
    let targets = TargetBatch::Classes(&labels);
    let batch = MetricBatch { rows, width, outputs, targets, decision: Decision::OneOf };
    let expected = &case.json["expected"];

    let mut matrix = ConfusionMatrix::new(width);
    for (row, &said) in case.u32s("input.y_pred")?.iter().enumerate() {
        if batch.predicted_class(row) != said as usize {
            return Err(format!(
                "row {row} is of class {}, expected {said}",
                batch.predicted_class(row)
            ));
        }
        matrix.add(labels[row] as usize, said as usize);
    }
    for (class, metrics) in matrix.class_metrics().iter().enumerate() {
        let own = &expected["per_class"];
        close(case, "precision", metrics.precision, &own["precision"][class])?;
        close(case, "recall", metrics.recall, &own["recall"][class])?;
        close(case, "f1", metrics.f1, &own["f1"][class])?;
        close(case, "support", f64::from(metrics.support), &own["support"][class])?;
        for said in 0..width {
            let count = f64::from(matrix.counts[class * width + said]);
            close(case, "confusion", count, &expected["confusion_matrix"][class][said])?;
        }
    }
    for (name, average) in AVERAGES {
        let scores = average.of(matrix.class_counts());
        let found = values(&batch, &retrieval(average))?;
        for (key, from_matrix, found) in [
            ("precision", scores.precision, found[0]),
            ("recall", scores.recall, found[1]),
            ("f1", scores.f1, found[2]),
        ] {
            close(case, key, from_matrix, &expected[name][key])?;
            close(case, key, found, &expected[name][key])?;
        }
    }
    let accuracy = values(&batch, &[MetricSpec::Accuracy(Accuracy {})])?;
    close(case, "accuracy", accuracy[0], &expected["accuracy"])?;
    for k in 1..=width as u32 {
        let reference = &expected[format!("top_{k}_accuracy")];
        if !reference.is_null() {
            let found = values(&batch, &[MetricSpec::TopKAccuracy(TopKAccuracy { k })])?;
            close(case, &format!("top {k}"), found[0], reference)?;
        }
    }
    Ok(())
}

fn multilabel(case: &Case) -> Result<(), Failure> {
    let outputs = case.f32s("input.probs")?;
    let width = *case.shape("input.probs")?.last().ok_or("its outputs have no shape")?;
    let targets: Vec<f32> = case.u32s("input.y_true")?.iter().map(|&y| y as f32).collect();
    let threshold = case.attrs()["threshold"].as_f64().ok_or("it has no threshold")? as f32;
    let batch = MetricBatch {
        rows: outputs.len() / width,
        width,
        outputs,
        targets: TargetBatch::Dense(&targets),
        decision: Decision::Each { threshold },
    };
    let expected = &case.json["expected"];
    let accuracy = values(&batch, &[MetricSpec::Accuracy(Accuracy {})])?;
    close(case, "accuracy", accuracy[0], &expected["binary_accuracy"])?;
    for (name, average) in AVERAGES {
        for (i, found) in values(&batch, &retrieval(average))?.into_iter().enumerate() {
            close(case, name, found, &expected["precision_recall_f1"][name][i])?;
        }
    }
    Ok(())
}

fn binary(case: &Case) -> Result<(), Failure> {
    let labels = case.u32s("input.y_true")?;
    let batch = MetricBatch {
        rows: labels.len(),
        width: 1,
        outputs: case.f32s("input.scores")?,
        targets: TargetBatch::Classes(&labels),
        decision: Decision::Each { threshold: 0.0 },
    };
    let expected = &case.json["expected"]["threshold_0"];
    let mut specs = retrieval(Average::Macro).to_vec();
    specs.push(MetricSpec::Accuracy(Accuracy {}));
    let found = values(&batch, &specs)?;
    for (name, found) in ["precision", "recall", "f1", "accuracy"].into_iter().zip(found) {
        close(case, name, found, &expected[name])?;
    }
    Ok(())
}

fn regression(case: &Case) -> Result<(), Failure> {
    let outputs = case.f32s("input.y_pred")?;
    let batch = MetricBatch {
        rows: outputs.len(),
        width: 1,
        outputs,
        targets: TargetBatch::Dense(case.f32s("input.y_true")?),
        decision: Decision::Each { threshold: 0.5 },
    };
    let specs = [
        MetricSpec::MeanSquaredError(MeanSquaredError {}),
        MetricSpec::MeanAbsoluteError(MeanAbsoluteError {}),
    ];
    let found = values(&batch, &specs)?;
    close(case, "mse", found[0], &case.json["expected"]["mse"])?;
    close(case, "mae", found[1], &case.json["expected"]["mae"])
}
