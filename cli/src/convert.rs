//! `tabgrad convert`: a model from one format to another, and what it loses by it.

use std::io::{self, Write as _};

use tabgrad::data::{Dataset, Preprocessing};
use tabgrad::evaluation::EvaluationReport;
use tabgrad::layers::Shape;
use tabgrad::model::Model;

use crate::arguments::{Convert, WeightName};
use crate::console::{Console, Unit, grouped};
use crate::evaluate::{Asked, samples_for, spec_for};
use crate::failure::{Failure, Result};
use crate::files;
use crate::measure::measure;
use crate::models::{self, Loaded};

/// Samples that are computed together.
const AT_ONCE: u32 = 128;

/// Writes the model of one file to another, in the formats that the names say.
pub fn run(arguments: &Convert, threads: usize, console: Console) -> Result<()> {
    let Convert { from, to, .. } = arguments;
    models::check_writable(to)?;
    let shapes: Vec<Shape> = arguments.input_shapes.iter().map(|shape| shape.0.clone()).collect();
    let mut loaded = models::read_with(from, &shapes)?;
    if let Some(given) = &arguments.preprocessing {
        let preprocessing: Preprocessing = files::json("--preprocessing", given)?;
        preprocessing.validate()?;
        loaded.info.preprocessing = preprocessing;
    }
    if let Some(compiled) = loaded.compiled() {
        // The state of the optimiser stays behind; what the model was trained by does not.
        models::keep_compiled(&mut loaded.info.extra, &compiled);
    }
    loaded.notes.iter().for_each(|note| console.note(&format!("note: {note}")));
    let Some(weights) = arguments.weights else {
        return models::write(to, &loaded.model, &loaded.info);
    };
    let bytes = models::onnx_with(to, &loaded.model, &loaded.info, weights.into())?;
    let bytes = bytes.ok_or_else(|| {
        let message =
            "--weights: only ONNX files have other weights, expected a name that ends in .onnx";
        Failure::Usage(message.into())
    })?;
    let told = match &arguments.data {
        None => {
            if !matches!(weights, WeightName::F32) {
                console.note("note: what it loses is not measured; --data says it");
            }
            None
        }
        Some(data) => {
            let (import, part) = (arguments.import.as_deref(), arguments.part);
            let dataset = samples_for(&loaded, data, import, part, console)?;
            let written = models::of_onnx(to, &bytes)?;
            Some(compare(&loaded, &written, &dataset, threads, console)?)
        }
    };
    files::write(to, &bytes)?;
    if let Some(told) = told {
        writeln!(io::stdout(), "{told}")?;
    }
    Ok(())
}

/// Measures the model, and what is in the file, on the same samples.
fn compare(
    loaded: &Loaded,
    written: &Model,
    dataset: &Dataset,
    threads: usize,
    console: Console,
) -> Result<String> {
    let spec = spec_for(Asked::default(), AT_ONCE, loaded, dataset)?;
    let total = 2 * dataset.len() as u64;
    let mut progress = console.progress("comparing", Unit::Samples, 0, total);
    let mut tell = |done: usize| progress.set(done as u64, String::new);
    let before = measure(&loaded.model, &spec, dataset, threads, &mut tell)?;
    let samples = dataset.len();
    let after = measure(written, &spec, dataset, threads, &mut |done| tell(samples + done))?;
    progress.end();
    Ok(difference(&before, &after))
}

/// What differs, in a sentence.
fn difference(before: &EvaluationReport, after: &EvaluationReport) -> String {
    let samples = grouped(before.samples as u64);
    if let (Some(before), Some(after)) = (&before.details, &after.details) {
        let answers = before.predictions.iter().zip(&after.predictions);
        let differ = grouped(answers.filter(|(before, after)| before != after).count() as u64);
        let [before, after] = [before, after].map(|own| 100.0 * own.accuracy);
        return format!(
            "{after:.2}% in place of {before:.2}% are right, {differ} of {samples} answers differ"
        );
    }
    let logs = before.logs.iter().zip(&after.logs);
    let logs = logs
        .map(|((name, before), (_, after))| format!("{name} {after:.6} in place of {before:.6}"));
    format!("{}, on {samples} samples", logs.collect::<Vec<_>>().join(", "))
}
