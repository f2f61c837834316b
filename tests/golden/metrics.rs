//! Metrics, against scikit-learn.

use serde_json::Value;
use tabgrad::losses::{Form, TargetBatch};
use tabgrad::metrics::{
    Accuracy, AveragePrecision, Averaging, BalancedAccuracy, CohenKappa, ConfusionMatrix, Decision,
    ExpectedCalibrationError, F1Score, KappaWeights, LogLoss, MeanAbsoluteError, MeanSquaredError,
    MetricBatch, MetricSpec, MetricSums, Perplexity, Precision, R2Score, RankedScores, Recall,
    RocAuc, RootMeanSquaredError, TopKAccuracy,
};

use crate::case::{Case, Failure, Outcome};

const AVERAGES: [(&str, Averaging); 3] =
    [("macro", Averaging::Macro), ("micro", Averaging::Micro), ("weighted", Averaging::Weighted)];

pub fn run(case: &Case) -> Result<Outcome, Failure> {
    match case.op() {
        "classification_metrics" => classification(case)?,
        "multilabel_metrics" => multilabel(case)?,
        "binary_metrics" => binary(case)?,
        "regression_metrics" => regression(case)?,
        "scores_of_classes" | "scores_of_each" => scores(case)?,
        "numbers" => numbers(case)?,
        op => return Ok(Outcome::LeftOut(format!("metric {op}"))),
    }
    Ok(Outcome::Agreed)
}

fn close(case: &Case, name: &str, found: f64, expected: &Value) -> Result<(), Failure> {
    let tolerance = |key: &str| case.json["tolerance"][key].as_f64().unwrap_or(0.0);
    if expected.is_null() && found.is_nan() {
        return Ok(());
    }
    let expected = expected.as_f64().ok_or(format!("{name} has no reference"))?;
    if (found - expected).abs() <= tolerance("abs") + tolerance("rel") * expected.abs() {
        Ok(())
    } else {
        Err(format!("{name} is {found}, expected {expected}"))
    }
}

/// The values of metrics; the samples come in batches of seven, to see that these add up.
fn values(batch: &MetricBatch<'_>, specs: &[MetricSpec]) -> Result<Vec<f64>, Failure> {
    let mut sums =
        MetricSums::new(specs, batch.width, batch.decision).map_err(|error| error.to_string())?;
    let mut scores = RankedScores::new(batch.rows, batch.width, batch.decision)
        .map_err(|error| error.to_string())?;
    for first in (0..batch.rows).step_by(7) {
        let rows = first..(first + 7).min(batch.rows);
        let values = rows.start * batch.width..rows.end * batch.width;
        let targets = match batch.targets {
            TargetBatch::Classes(labels) => TargetBatch::Classes(&labels[rows.clone()]),
            TargetBatch::Dense(targets) => TargetBatch::Dense(&targets[values.clone()]),
        };
        let outputs = &batch.outputs[values];
        let batch = MetricBatch { rows: rows.len(), outputs, targets, ..*batch };
        sums.add(&batch);
        let rows = scores.rows_of(&batch, outputs, |_| true);
        scores.extend(&rows);
    }
    let mut values = vec![f64::INFINITY; specs.len()];
    sums.exact_values_into(&mut scores, &mut values);
    for ((value, spec), name) in values.iter().zip(specs).zip(sums.names()) {
        let warned =
            sums.warnings().iter().any(|warning| warning.starts_with(&format!("{name}: ")));
        if value.is_nan() && !warned {
            return Err(format!("{spec:?} is not defined, and nothing says so"));
        }
    }
    Ok(values)
}

/// Precision, recall and F1 with one average.
fn retrieval(average: Averaging) -> [MetricSpec; 3] {
    [
        MetricSpec::Precision(Precision { average, class: None }),
        MetricSpec::Recall(Recall { average, class: None }),
        MetricSpec::F1Score(F1Score { average, class: None }),
    ]
}

/// Those of one class.
fn retrieval_of(class: u32) -> [MetricSpec; 3] {
    let (average, class) = (Averaging::Macro, Some(class));
    [
        MetricSpec::Precision(Precision { average, class }),
        MetricSpec::Recall(Recall { average, class }),
        MetricSpec::F1Score(F1Score { average, class }),
    ]
}

/// The area and the average precision with one average.
fn ranked(average: Averaging) -> [MetricSpec; 2] {
    [
        MetricSpec::RocAuc(RocAuc { average, class: None }),
        MetricSpec::AveragePrecision(AveragePrecision { average, class: None }),
    ]
}

/// Those of one class.
fn ranked_of(class: u32) -> [MetricSpec; 2] {
    let (average, class) = (Averaging::Macro, Some(class));
    [
        MetricSpec::RocAuc(RocAuc { average, class }),
        MetricSpec::AveragePrecision(AveragePrecision { average, class }),
    ]
}

fn classification(case: &Case) -> Result<(), Failure> {
    let labels = case.u32s("input.y_true")?;
    let outputs = case.f32s("input.probs")?;
    let rows = labels.len();
    let width = outputs.len() / rows;
    let targets = TargetBatch::Classes(&labels);
    let batch = MetricBatch {
        rows,
        width,
        outputs,
        targets,
        decision: Decision::OneOf,
        form: Form::Outputs,
    };
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
    for class in 0..width {
        let own = &expected["per_class"];
        let found = values(&batch, &retrieval_of(class as u32))?;
        for (key, found) in ["precision", "recall", "f1"].into_iter().zip(found) {
            close(case, &format!("{key} of class {class}"), found, &own[key][class])?;
        }
        let found = values(&batch, &ranked_of(class as u32))?;
        close(case, &format!("area {class}"), found[0], &expected["roc_auc_per_class"][class])?;
        // Of a class without samples it is 0; the reference has none.
        let precision = expected["average_precision_per_class"][class].as_f64().unwrap_or(0.0);
        close(case, &format!("average precision {class}"), found[1], &precision.into())?;
    }
    let area = |average| ranked(average)[0];
    for (spec, key) in [
        (MetricSpec::Accuracy(Accuracy {}), "accuracy"),
        (MetricSpec::BalancedAccuracy(BalancedAccuracy::default()), "balanced_accuracy"),
        (MetricSpec::CohenKappa(CohenKappa::default()), "cohen_kappa"),
        (MetricSpec::LogLoss(LogLoss {}), "log_loss"),
        (area(Averaging::Macro), "roc_auc_ovr_macro"),
        (area(Averaging::Weighted), "roc_auc_ovr_weighted"),
    ] {
        // scikit-learn passes over a class without a weight; these were made as if it did not.
        if key == "roc_auc_ovr_weighted" && expected[key].is_null() {
            continue;
        }
        close(case, key, values(&batch, &[spec])?[0], &expected[key])?;
    }
    let precisions = expected["average_precision_per_class"].as_array();
    let defined: Vec<f64> = precisions.into_iter().flatten().filter_map(Value::as_f64).collect();
    let mean = defined.iter().sum::<f64>() / width as f64;
    let found = values(&batch, &[MetricSpec::AveragePrecision(AveragePrecision::default())])?;
    close(case, "average precision", found[0], &mean.into())?;
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
        form: Form::Outputs,
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
        form: Form::Outputs,
    };
    let expected = &case.json["expected"]["threshold_0"];
    let mut specs = retrieval(Averaging::Macro).to_vec();
    specs.push(MetricSpec::Accuracy(Accuracy {}));
    let found = values(&batch, &specs)?;
    for (name, found) in ["precision", "recall", "f1", "accuracy"].into_iter().zip(found) {
        close(case, name, found, &expected[name])?;
    }
    for average in AVERAGES.map(|(_, average)| average) {
        let found = values(&batch, &ranked(average))?;
        close(case, "roc_auc", found[0], &case.json["expected"]["roc_auc"])?;
        close(case, "average precision", found[1], &case.json["expected"]["average_precision"])?;
    }
    Ok(())
}

/// The metrics of `scripts/metrics.py` on probabilities.
fn scores(case: &Case) -> Result<(), Failure> {
    let outputs = case.f32s("input.scores")?;
    let width = *case.shape("input.scores")?.last().ok_or("its scores have no shape")?;
    let truth = case.u32s("input.y_true")?;
    let flags: Vec<f32> = truth.iter().map(|&y| y as f32).collect();
    let (targets, decision) = match case.op() {
        "scores_of_classes" => (TargetBatch::Classes(&truth), Decision::OneOf),
        _ => (TargetBatch::Dense(&flags), Decision::Each { threshold: 0.5 }),
    };
    let rows = outputs.len() / width;
    let batch = MetricBatch { rows, width, outputs, targets, decision, form: Form::Outputs };
    let mut specs = Vec::new();
    for (name, average) in AVERAGES {
        let [area, precision] = ranked(average);
        specs.push((format!("roc_auc_{name}"), area));
        specs.push((format!("average_precision_{name}"), precision));
    }
    for (name, weights) in [
        ("none", KappaWeights::None),
        ("linear", KappaWeights::Linear),
        ("quadratic", KappaWeights::Quadratic),
    ] {
        let kappa = MetricSpec::CohenKappa(CohenKappa { weights });
        specs.push((format!("cohen_kappa_{name}"), kappa));
    }
    for adjusted in [false, true] {
        let name = if adjusted { "adjusted_balanced_accuracy" } else { "balanced_accuracy" };
        specs.push((name.into(), MetricSpec::BalancedAccuracy(BalancedAccuracy { adjusted })));
    }
    for bins in [10, 15] {
        let error = MetricSpec::ExpectedCalibrationError(ExpectedCalibrationError { bins });
        specs.push((format!("calibration_{bins}"), error));
    }
    specs.push(("log_loss".into(), MetricSpec::LogLoss(LogLoss {})));
    specs.push(("perplexity".into(), MetricSpec::Perplexity(Perplexity {})));
    let expected = case.json["expected"].as_object().ok_or("it expects nothing")?;
    let mut compared = 0;
    for (name, spec) in &specs {
        let Some(expected) = expected.get(name) else { continue };
        compared += 1;
        close(case, name, values(&batch, &[*spec])?[0], expected)?;
    }
    if compared != expected.len() {
        return Err(format!("{} values were not compared", expected.len() - compared));
    }
    Ok(())
}

fn numbers(case: &Case) -> Result<(), Failure> {
    let outputs = case.f32s("input.y_pred")?;
    let width = *case.shape("input.y_pred")?.last().ok_or("its outputs have no shape")?;
    let batch = MetricBatch {
        rows: outputs.len() / width,
        width,
        outputs,
        targets: TargetBatch::Dense(case.f32s("input.y_true")?),
        decision: Decision::Each { threshold: 0.5 },
        form: Form::Outputs,
    };
    let specs = [
        MetricSpec::R2Score(R2Score {}),
        MetricSpec::RootMeanSquaredError(RootMeanSquaredError {}),
    ];
    let found = values(&batch, &specs)?;
    close(case, "r2", found[0], &case.json["expected"]["r2"])?;
    close(case, "rmse", found[1], &case.json["expected"]["rmse"])
}

fn regression(case: &Case) -> Result<(), Failure> {
    let outputs = case.f32s("input.y_pred")?;
    let batch = MetricBatch {
        rows: outputs.len(),
        width: 1,
        outputs,
        targets: TargetBatch::Dense(case.f32s("input.y_true")?),
        decision: Decision::Each { threshold: 0.5 },
        form: Form::Outputs,
    };
    let specs = [
        MetricSpec::MeanSquaredError(MeanSquaredError {}),
        MetricSpec::MeanAbsoluteError(MeanAbsoluteError {}),
        MetricSpec::RootMeanSquaredError(RootMeanSquaredError {}),
        MetricSpec::R2Score(R2Score {}),
    ];
    let found = values(&batch, &specs)?;
    close(case, "rmse", found[2], &case.json["expected"]["rmse"])?;
    close(case, "r2", found[3], &case.json["expected"]["r2"])?;
    close(case, "mse", found[0], &case.json["expected"]["mse"])?;
    close(case, "mae", found[1], &case.json["expected"]["mae"])
}
