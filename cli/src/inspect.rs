//! `tabgrad inspect`: what a model is.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};
use tabgrad::inspect::{ModelReport, inspect};

use crate::console::grouped;
use crate::failure::Result;
use crate::models::{self, Loaded};
use crate::shown::shown;

/// Class names that are listed.
const NAMED: usize = 20;

/// Prints what a model is, as text or as JSON.
pub fn run(path: &Path, as_json: bool) -> Result<()> {
    let loaded = models::read(path)?;
    let report = inspect(loaded.model.spec());
    let mut out = io::stdout().lock();
    if as_json {
        serde_json::to_writer_pretty(&mut out, &described(&loaded, &report))
            .map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        describe(&mut out, &loaded, &report)?;
    }
    Ok(out.flush()?)
}

fn described(loaded: &Loaded, report: &ModelReport) -> Value {
    let Loaded { model, info, notes, training } = loaded;
    let spec = model.spec();
    json!({
        "name": spec.name,
        "inputs": spec.inputs,
        "outputs": spec.outputs,
        "layers": report.layers,
        "parameters": report.parameters,
        "trainable": report.trainable,
        "multiplyAdds": report.multiply_adds,
        "classNames": info.class_names,
        "preprocessing": info.preprocessing,
        "compiled": loaded.compiled(),
        "training": training.as_ref().map(|training| &training.description["run"]),
        "history": info.history,
        "notes": notes,
    })
}

fn describe(out: &mut impl Write, loaded: &Loaded, report: &ModelReport) -> io::Result<()> {
    let Loaded { model, info, notes, training } = loaded;
    let spec = model.spec();
    writeln!(out, "{}", shown(spec.name.as_deref().unwrap_or("A model without a name")))?;
    for input in &spec.inputs {
        writeln!(out, "input {}: {}", shown(&input.name), shape_of(&input.shape))?;
    }
    writeln!(out)?;
    let mut rows =
        vec![["layer", "type", "output", "parameters", "multiply-adds"].map(String::from)];
    for layer in &report.layers {
        let shape = layer.output_shape.as_deref().map(shape_of).unwrap_or_default();
        let frozen = if layer.frozen { " (frozen)" } else { "" };
        rows.push([
            layer.name.clone(),
            format!("{}{frozen}", layer.kind),
            shape,
            grouped(layer.parameters),
            grouped(layer.multiply_adds),
        ]);
    }
    let all = [grouped(report.parameters), grouped(report.multiply_adds)];
    let [parameters, multiply_adds] = all;
    rows.push(["all".into(), String::new(), String::new(), parameters, multiply_adds]);
    table(out, &rows, 3)?;
    if report.trainable != report.parameters {
        writeln!(out, "{} of the parameters are trained", grouped(report.trainable))?;
    }
    writeln!(out, "\noutput: {}", shown(&spec.outputs.join(", ")))?;
    if !info.class_names.is_empty() {
        let more = if info.class_names.len() > NAMED { ", ..." } else { "" };
        let named = &info.class_names[..info.class_names.len().min(NAMED)];
        writeln!(out, "{} classes: {}{more}", info.class_names.len(), shown(&named.join(", ")))?;
    }
    writeln!(out, "preprocessing: {}", shown(&json!(info.preprocessing).to_string()))?;
    if let Some(compiled) = loaded.compiled() {
        writeln!(out, "trained by: {}", shown(&json!(compiled).to_string()))?;
    }
    if let Some((epochs, last)) = last_numbers(&info.history) {
        writeln!(out, "after {epochs} epochs: {}", shown(&last))?;
    }
    if let Some(training) = training {
        let run = &training.description["run"];
        if let (Some(epoch), Some(batch)) = (run["epoch"].as_u64(), run["batch"].as_u64()) {
            let epochs = &run["spec"]["epochs"];
            writeln!(out, "a run goes on at epoch {} of {epochs}, batch {batch}", epoch + 1)?;
        } else {
            writeln!(out, "with the state of its optimiser")?;
        }
    }
    notes.iter().try_for_each(|note| writeln!(out, "note: {}", shown(note)))
}

/// How many epochs a history has, and the last number of each of its series.
fn last_numbers(history: &Value) -> Option<(usize, String)> {
    let series = history.as_object()?.iter().filter_map(|(name, values)| {
        let values = values.as_array().filter(|values| !values.is_empty())?;
        Some((name, values))
    });
    let series: Vec<_> = series.collect();
    let epochs = series.iter().map(|(_, values)| values.len()).max()?;
    let last = series.iter().filter_map(|(name, values)| {
        let last = values.last()?;
        Some(last.as_f64().map_or(format!("{name} {last}"), |last| format!("{name} {last:.4}")))
    });
    Some((epochs, last.collect::<Vec<_>>().join(", ")))
}

fn shape_of(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    if sizes.is_empty() { "one number".into() } else { sizes.join(" x ") }
}

/// Prints rows of any text with aligned columns; those from `numbers` on end at the same place.
pub fn table<const N: usize>(
    out: &mut impl Write,
    rows: &[[String; N]],
    numbers: usize,
) -> io::Result<()> {
    let rows: Vec<_> = rows.iter().map(|row| row.each_ref().map(|cell| shown(cell))).collect();
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    for row in &rows {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = width(column);
            if column < numbers { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
