//! `tabgrad train`: a model learns from files, in a run that may be interrupted at any time.

mod checkpoint;
mod settings;
mod team;

use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::json;
use tabgrad::data::Dataset;
use tabgrad::evaluation::EvaluationSpec;
use tabgrad::formats::records::Part;
use tabgrad::formats::safetensors::ModelInfo;
use tabgrad::model::Model;
use tabgrad::trainer::{Logs, Trainer};

use crate::arguments::{self, Train};
use crate::console::{Console, Progress, Unit};
use crate::data::{self, Data, options_for};
use crate::failure::{Failure, Result};
use crate::measure::measure;
use crate::models::{self, Loaded};
use crate::stop;

use checkpoint::{Checkpoints, Epoch, Interrupted};
use settings::{Settings, Validation};
use team::Team;

/// Samples of an evaluation that are computed together.
const MEASURED_AT_ONCE: u32 = 128;

/// A run with all that belongs to it.
struct Run {
    trainer: Trainer,
    info: ModelInfo,
    settings: Settings,
    fingerprint: String,
    /// The epoch that is to be measured before the next begins.
    epoch: Option<Epoch>,
    train: Dataset,
    validation: Option<Dataset>,
}

/// Trains a model.
pub fn run(arguments: &Train, threads: usize, console: Console) -> Result<()> {
    models::check_writable(&arguments.output)?;
    let every = Duration::from_secs(arguments.checkpoint_every);
    let mut checkpoints = Checkpoints::new(&arguments.output, every);
    let interrupted = match arguments.resume {
        true => checkpoints.read()?,
        false => checkpoints.check_none().map(|()| None)?,
    };
    if arguments.resume && interrupted.is_none() && arguments.output.exists() {
        console.note(
            "nothing to resume: the model is there, and no run beside it that was interrupted",
        );
        return Ok(());
    }
    let mut run = match interrupted {
        Some(interrupted) => go_on(arguments, interrupted, console)?,
        None => begin(arguments, console)?,
    };
    let ended = run.train(&mut checkpoints, threads, console);
    match ended {
        Ok(()) => {
            run.write(&arguments.output)?;
            checkpoints.remove()
        }
        Err(Failure::Stopped(_)) => {
            // The run goes on from the weights of now, the model has their average if there is one.
            checkpoints.write(&run)?;
            run.trainer.use_average();
            run.write(&arguments.output)?;
            let goes_on = "the model was written as it is; --resume goes on from here";
            Err(Failure::Stopped(format!("stopped; {goes_on}")))
        }
        Err(error) => Err(error),
    }
}

/// A run before its first step.
fn begin(arguments: &Train, console: Console) -> Result<Run> {
    let asked = &arguments.settings;
    let (settings, loaded) = match (&arguments.spec, &arguments.model) {
        (Some(spec), _) => (Settings::of_file(spec, asked)?, None),
        (None, Some(path)) => {
            let loaded = models::read(path)?;
            loaded.notes.iter().for_each(|note| console.note(&format!("note: {note}")));
            (Settings::of_model(&loaded, asked)?, Some(loaded))
        }
        (None, None) => {
            let missing = if arguments.resume { "there is no run to resume: " } else { "" };
            let message = "expected --spec with a network, or --model with one to go on with";
            return Err(Failure::Usage(format!("{missing}{message}")));
        }
    };
    let (mut trainer, mut info) = trainer_of(&settings, loaded)?;
    let options = options_for(trainer.model(), &info, settings.import.clone());
    let data = data::read(&arguments.data, options, None, console)?;
    let (train, validation) = parts(&data, &settings)?;
    trainer.start(settings.run.clone(), &train)?;
    trainer.set_learning_rate_scale(settings.learning_rate_scale)?;
    // What is measured is prepared as what was learned from.
    info.preprocessing = train.preprocessing().clone();
    if info.class_names.is_empty() {
        info.class_names = train.class_names().to_vec();
    }
    models::keep_compiled(&mut info.extra, &settings.compile);
    let fingerprint = data.fingerprint;
    let run = Run { trainer, info, settings, fingerprint, epoch: None, train, validation };
    run.with_validation(console)
}

/// A trainer with new weights, or those of a model; with the state of its optimiser, if that is there and
/// is the one that is asked for.
fn trainer_of(settings: &Settings, loaded: Option<Loaded>) -> Result<(Trainer, ModelInfo)> {
    let Some(Loaded { model, info, training, .. }) = loaded else {
        let model = Model::new(settings.spec.clone())?;
        return Ok((Trainer::new(model, settings.compile.clone())?, ModelInfo::default()));
    };
    if let Some(training) = training {
        let (trainer, _) = Trainer::restore(&training.file)?;
        if *trainer.spec() == settings.compile {
            return Ok((trainer, info));
        }
    }
    Ok((Trainer::new(model, settings.compile.clone())?, info))
}

/// A run where it was interrupted.
fn go_on(arguments: &Train, interrupted: Interrupted, console: Console) -> Result<Run> {
    let Interrupted { trainer, info, settings, fingerprint, epoch } = interrupted;
    let asked = &arguments.settings;
    let again = match (&arguments.spec, &arguments.model) {
        (Some(spec), _) => Some(Settings::of_file(spec, asked)?),
        (None, Some(path)) => Some(Settings::of_model(&models::read(path)?, asked)?),
        (None, None) if *asked != arguments::Settings::default() => {
            let message = "--resume goes on as the run was begun, expected no other settings without \
                           the --spec or --model that it was begun with";
            return Err(Failure::Usage(message.into()));
        }
        (None, None) => None,
    };
    if let Some(difference) = again.and_then(|again| again.difference(&settings)) {
        return Err(Failure::Error(format!(
            "--resume: {difference} is not what the run was begun with; without --resume another begins"
        )));
    }
    let options = options_for(trainer.model(), &info, settings.import.clone());
    let data = data::read(&arguments.data, options, Some(&fingerprint), console)?;
    let (train, validation) = parts(&data, &settings)?;
    let run = Run { trainer, info, settings, fingerprint, epoch, train, validation };
    run.with_validation(console)
}

/// What is learned from and, where it is of the same data, what is measured.
fn parts(data: &Data, settings: &Settings) -> Result<(Dataset, Option<Dataset>)> {
    let train = data.part(Part::Train)?;
    let all = || train.clone().unwrap_or_else(|| data.dataset.clone());
    match settings.validation {
        Some(Validation::Share(share)) => {
            let all = all();
            let (train, part) =
                all.split(share, settings.run.seed, !all.class_names().is_empty())?;
            Ok((train, Some(part)))
        }
        Some(Validation::Path(_)) => Ok((all(), None)),
        None => Ok((all(), data.part(Part::Validation)?)),
    }
}

impl Run {
    /// Reads further data that are measured.
    fn with_validation(mut self, console: Console) -> Result<Self> {
        let Some(Validation::Path(path)) = &self.settings.validation else { return Ok(self) };
        let model = self.trainer.model();
        let options = options_for(model, &self.info, self.settings.import.clone());
        let data = data::read(Path::new(path), options, None, console)?;
        let dataset = data.part(Part::Validation)?.or(data.part(Part::Test)?);
        self.validation = Some(dataset.unwrap_or(data.dataset));
        Ok(self)
    }

    /// Trains to the end of the run. `Stopped` if someone wants it to end before.
    fn train(
        &mut self,
        checkpoints: &mut Checkpoints,
        threads: usize,
        console: Console,
    ) -> Result<()> {
        let train = self.train.clone();
        let (samples, batch) = (train.len() as u64, u64::from(self.settings.run.batch_size));
        let (batches, epochs) = (samples.div_ceil(batch), self.settings.run.epochs);
        let done = |step: u64| step / batches * samples + samples.min(step % batches * batch);
        let total = samples * u64::from(epochs);
        let done_of = |trainer: &Trainer| trainer.next_step().map_or(total, done);
        let begin = done_of(&self.trainer);
        let mut progress = console.progress("training", Unit::Samples, begin, total);
        thread::scope(|scope| {
            let team = Team::new(scope, &self.trainer, &train, threads)?;
            loop {
                if self.epoch.is_some() {
                    self.end_epoch(&mut progress, done_of(&self.trainer), threads)?;
                    if self.trainer.run().is_some() && checkpoints.is_due_after_epoch() {
                        checkpoints.write(self)?;
                    }
                } else if checkpoints.is_due() {
                    checkpoints.write(self)?;
                }
                let Some(step) = self.trainer.next_step() else { break };
                if stop::wanted() {
                    return Err(Failure::Stopped("stopped".into()));
                }
                let made = team.step(&mut self.trainer, &train)?;
                progress.set(done(step + 1), || {
                    let of_epoch = made.epoch_end.as_ref().map(|end| end.logs.clone());
                    let logs = of_epoch.unwrap_or_else(|| self.trainer.logs());
                    format!("epoch {} of {epochs}, {}", made.epoch + 1, told(&logs))
                });
                if let Some(end) = made.epoch_end {
                    end.warnings.iter().for_each(|text| progress.line(&format!("note: {text}")));
                    let logs = end.logs.into_iter().map(|(name, value)| (name, json!(value)));
                    self.epoch = Some(Epoch { number: made.epoch + 1, logs: logs.collect() });
                }
            }
            progress.end();
            Ok(())
        })
    }

    /// Measures the epoch that was learned, and adds its numbers to the history.
    fn end_epoch(&mut self, progress: &mut Progress, done: u64, threads: usize) -> Result<()> {
        let Some(Epoch { number, mut logs }) = self.epoch.clone() else { return Ok(()) };
        if let Some(validation) = &self.validation {
            let spec = evaluation_of(&self.settings)?;
            let samples = validation.len();
            let mut tell = |measured| {
                progress.set(done, || format!("epoch {number}: {measured} of {samples} measured"));
            };
            let report = measure(self.trainer.model(), &spec, validation, threads, &mut tell)?;
            logs.extend(report.logs.iter().map(|(name, value)| (validated(name), json!(value))));
            report.warnings.iter().for_each(|text| progress.line(&format!("note: {text}")));
        }
        self.epoch = None;
        if !self.info.history.is_object() {
            self.info.history = json!({});
        }
        for (name, value) in &logs {
            match self.info.history[name].as_array_mut() {
                Some(series) => series.push(value.clone()),
                None => self.info.history[name] = json!([value]),
            }
        }
        let logs =
            logs.iter().map(|(name, value)| (name.clone(), value.as_f64().unwrap_or(f64::NAN)));
        let told = told(&logs.collect());
        progress.line(&format!("epoch {number} of {}: {told}", self.settings.run.epochs));
        Ok(())
    }

    /// Writes the model as it is.
    fn write(&self, output: &Path) -> Result<()> {
        models::write(output, self.trainer.model(), &self.info)
    }
}

fn evaluation_of(settings: &Settings) -> Result<EvaluationSpec> {
    let compile = &settings.compile;
    let spec = json!({
        "loss": compile.loss,
        "lossWeights": compile.loss_weights,
        "metrics": compile.metrics,
        "batchSize": MEASURED_AT_ONCE,
    });
    serde_json::from_value(spec).map_err(|error| Failure::Error(format!("compile: {error}")))
}

/// `loss` -> `valLoss`.
fn validated(name: &str) -> String {
    let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
    format!("val{}{rest}", first.to_uppercase())
}

fn told(logs: &Logs) -> String {
    let loss = logs.iter().filter(|(name, _)| *name == "loss");
    let others = logs.iter().filter(|(name, _)| *name != "loss");
    let told = loss.chain(others).map(|(name, value)| format!("{name} {value:.4}"));
    told.collect::<Vec<_>>().join(", ")
}
