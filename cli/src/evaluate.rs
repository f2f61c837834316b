//! `tabgrad evaluate`: a model's loss, metrics and confusions on data that have answers.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};
use tabgrad::ErrorKind;
use tabgrad::data::{Dataset, Targets};
use tabgrad::evaluation::{Evaluation, EvaluationDetails, EvaluationReport, EvaluationSpec};
use tabgrad::objective::may_be_probabilities;

use crate::arguments::{Evaluate, PartName, name_or_json};
use crate::console::{Console, Unit, grouped};
use crate::data::{self, options_for};
use crate::failure::{Failure, Result};
use crate::files;
use crate::inspect::table;
use crate::measure::measure;
use crate::models::{self, Loaded};
use crate::named::{self, Named};
use crate::shown::shown;

/// Classes whose confusions are printed as a table; of more, the most frequent ones are listed.
const MOST_IN_TABLE: usize = 20;
/// Confusions that are listed.
const LISTED: usize = 20;

/// Evaluates a model.
pub fn run(arguments: &Evaluate, threads: usize, console: Console) -> Result<()> {
    let loaded = models::read(&arguments.model)?;
    loaded.notes.iter().for_each(|note| console.note(&format!("note: {note}")));
    let (data, import, part) = (&arguments.data, arguments.import.as_deref(), arguments.part);
    let dataset = samples_for(&loaded, data, import, part, console)?;
    let asked = Asked { loss: arguments.loss.as_deref(), metrics: arguments.metrics.as_deref() };
    let spec = spec_for(asked, arguments.batch_size, &loaded, &dataset)?;
    let total = dataset.len() as u64;
    let mut progress = console.progress("evaluating", Unit::Samples, 0, total);
    let mut tell = |done| progress.set(done as u64, String::new);
    let report = measure(&loaded.model, &spec, &dataset, threads, &mut tell)?;
    progress.end();
    report.warnings.iter().for_each(|warning| console.note(&format!("note: {warning}")));
    let names = class_names(&loaded, &dataset, &report);
    let mut out = io::stdout().lock();
    if arguments.json {
        let described = described(&report, &names, &spec);
        serde_json::to_writer_pretty(&mut out, &described).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        describe(&mut out, &report, &names)?;
    }
    Ok(out.flush()?)
}

/// Loss and metrics that were asked for.
#[derive(Clone, Copy, Default)]
pub struct Asked<'a> {
    pub loss: Option<&'a str>,
    pub metrics: Option<&'a str>,
}

/// The samples of files with answers, as a model is to see them.
pub fn samples_for(
    loaded: &Loaded,
    path: &Path,
    import: Option<&str>,
    part: Option<PartName>,
    console: Console,
) -> Result<Dataset> {
    let dataset = match named::read(path, &loaded.model)? {
        Some(dataset) if part.is_none() && import.is_none() => dataset,
        Some(_) => {
            let message = "the file goes by the names of inputs and outputs, expected no --part and no \
                           --import";
            return Err(Failure::Usage(message.into()));
        }
        None => {
            let given = import.map(|given| files::json("--import", given));
            let options = options_for(&loaded.model, &loaded.info, given.transpose()?);
            let data = data::read(path, options, None, console)?;
            match part {
                None => data.dataset,
                Some(part) => data.part(part.into())?.ok_or_else(|| {
                    Failure::at(path, format!("no file is in the part {part:?}").to_lowercase())
                })?,
            }
        }
    };
    // What the model says is decided by its own steps.
    Ok(dataset.with_preprocessing(loaded.info.preprocessing.clone())?)
}

/// What is measured: as asked for, as the model was trained, or what usually serves. With the decisions of
/// models that make some.
pub fn spec_for(
    asked: Asked<'_>,
    batch_size: u32,
    loaded: &Loaded,
    dataset: &Dataset,
) -> Result<EvaluationSpec> {
    let compiled = loaded.compiled();
    let mut spec = match &compiled {
        Some(compiled) => json!({
            "loss": compiled.loss,
            "lossWeights": compiled.loss_weights,
            "metrics": compiled.metrics,
        }),
        None => usual(loaded, dataset),
    };
    if let Some(loss) = asked.loss {
        spec["loss"] = name_or_json(loss)?;
        spec["lossWeights"] = json!({});
    }
    if let Some(metrics) = asked.metrics {
        spec["metrics"] = name_or_json(metrics)?;
    }
    spec["batchSize"] = json!(batch_size);
    spec["details"] = json!(matches!(dataset.targets(), Targets::Classes(_)));
    let spec = serde_json::from_value(spec);
    let mut spec: EvaluationSpec =
        spec.map_err(|error| Failure::Error(format!("evaluate: {error}")))?;
    match Evaluation::new(&loaded.model, &spec, dataset) {
        Err(error) if error.kind() == ErrorKind::Argument => spec.details = false,
        _ => {}
    }
    Ok(spec)
}

/// Loss and metrics for a model that nobody says them of: for each output that there are targets of.
fn usual(loaded: &Loaded, dataset: &Dataset) -> Value {
    let outputs = Named::outputs(&loaded.model);
    let graph = loaded.model.graph();
    let [output] = &outputs[..] else {
        let own = outputs.iter().enumerate().filter_map(|(position, output)| {
            let targets = dataset.targets_of(dataset.output_for(position, &output.name)?);
            let logits = !may_be_probabilities(graph, position);
            Some((output.name.clone(), usual_of(output, logits, targets)))
        });
        let own: Vec<_> = own.collect();
        let part = |name: &str| -> Value {
            own.iter().map(|(output, spec)| (output.clone(), spec[name].clone())).collect()
        };
        return json!({ "loss": part("loss"), "metrics": part("metrics") });
    };
    usual_of(output, !may_be_probabilities(graph, 0), dataset.targets())
}

/// `logits` says that the output is not brought to probabilities, as in most classifiers of PyTorch.
fn usual_of(output: &Named, logits: bool, targets: &Targets) -> Value {
    let of_classes = |loss: &str| json!({ "loss": { "type": loss, "fromLogits": logits }, "metrics": ["accuracy"] });
    match (targets, output.width()) {
        (Targets::Classes(_), 1) => of_classes("binaryCrossentropy"),
        (Targets::Classes(_), _) => of_classes("sparseCategoricalCrossentropy"),
        _ => json!({ "loss": "meanSquaredError", "metrics": ["meanAbsoluteError"] }),
    }
}

fn class_names(loaded: &Loaded, dataset: &Dataset, report: &EvaluationReport) -> Vec<String> {
    let classes = report.details.as_ref().map_or(0, |details| details.confusion.classes);
    let names = [&loaded.info.class_names[..], dataset.class_names()];
    let names = names.into_iter().find(|names| !names.is_empty()).unwrap_or_default();
    (0..classes).map(|class| names.get(class).cloned().unwrap_or(class.to_string())).collect()
}

fn described(report: &EvaluationReport, names: &[String], spec: &EvaluationSpec) -> Value {
    let mut described = json!({
        "samples": report.samples,
        "logs": report.logs,
        "warnings": report.warnings,
        "measured": { "loss": spec.loss, "metrics": spec.metrics },
    });
    if let Some(details) = &report.details {
        let EvaluationDetails { confusion, classes, .. } = details;
        let rows: Vec<&[u32]> = confusion.counts.chunks(confusion.classes).collect();
        let classes: Vec<Value> = names
            .iter()
            .zip(classes)
            .map(|(name, scores)| {
                let mut class = json!(scores);
                class["name"] = json!(name);
                class
            })
            .collect();
        described["classes"] = json!(classes);
        described["confusion"] = json!(rows);
        described["macro"] = json!(details.macro_average);
        described["weighted"] = json!(details.weighted_average);
    }
    described
}

fn describe(out: &mut impl Write, report: &EvaluationReport, names: &[String]) -> io::Result<()> {
    writeln!(out, "{} samples", grouped(report.samples as u64))?;
    let loss = report.logs.iter().filter(|(name, _)| *name == "loss");
    let others = report.logs.iter().filter(|(name, _)| *name != "loss");
    for (name, value) in loss.chain(others) {
        writeln!(out, "{} {value:.6}", shown(name))?;
    }
    let Some(details) = &report.details else { return Ok(()) };
    let names = &names.iter().map(|name| shown(name).into_owned()).collect::<Vec<_>>()[..];
    writeln!(out)?;
    let header = ["class", "precision", "recall", "f1", "samples"].map(String::from);
    let scores = names.iter().zip(&details.classes).map(|(name, scores)| {
        let share = |number: f64| format!("{number:.4}");
        let counted = grouped(scores.support.into());
        let [precision, recall, f1] = [scores.precision, scores.recall, scores.f1].map(share);
        [name.clone(), precision, recall, f1, counted]
    });
    table(out, &[header].into_iter().chain(scores).collect::<Vec<_>>(), 1)?;
    writeln!(out)?;
    if names.len() <= MOST_IN_TABLE {
        confusion_table(out, details, names)
    } else {
        confusion_list(out, details, names)
    }
}

/// Rows are what samples are, columns what they were taken for.
fn confusion_table(
    out: &mut impl Write,
    details: &EvaluationDetails,
    names: &[String],
) -> io::Result<()> {
    let counts = &details.confusion.counts;
    let longest = counts.iter().map(|count| grouped((*count).into()).len()).max().unwrap_or(1);
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(1);
    let column = width.max(longest);
    writeln!(out, "is, down; was taken for, across")?;
    let header: Vec<String> = names.iter().map(|name| format!("{name:>column$}")).collect();
    writeln!(out, "{:width$}  {}", "", header.join("  "))?;
    for (name, row) in names.iter().zip(counts.chunks(names.len())) {
        let row: Vec<String> =
            row.iter().map(|&count| format!("{:>column$}", grouped(count.into()))).collect();
        writeln!(out, "{name:width$}  {}", row.join("  "))?;
    }
    Ok(())
}

fn confusion_list(
    out: &mut impl Write,
    details: &EvaluationDetails,
    names: &[String],
) -> io::Result<()> {
    let classes = names.len();
    let counts = details.confusion.counts.iter().enumerate();
    let mut wrong: Vec<(usize, u32)> = counts
        .map(|(at, &count)| (at, count))
        .filter(|(at, count)| at / classes != at % classes && *count > 0)
        .collect();
    wrong.sort_by_key(|&(at, count)| (std::cmp::Reverse(count), at));
    writeln!(out, "the most frequent confusions")?;
    for (at, count) in wrong.into_iter().take(LISTED) {
        let (is, taken_for) = (&names[at / classes], &names[at % classes]);
        writeln!(out, "{} of {is} were taken for {taken_for}", grouped(count.into()))?;
    }
    Ok(())
}
