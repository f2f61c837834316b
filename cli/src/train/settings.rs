//! What a run is told: from its specification, from the command line, and where neither says anything.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tabgrad::import::Options;
use tabgrad::layers::LayerSpec;
use tabgrad::spec::ModelSpec;
use tabgrad::trainer::{RunSpec, TrainerSpec};

use crate::arguments::{self, name_or_json};
use crate::failure::{Failure, Result};
use crate::files;
use crate::models::Loaded;

const EPOCHS: u32 = 1;
const BATCH_SIZE: u32 = 32;

/// A specification as it is written down: what `presets` of the npm package give, as JSON.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    spec: Option<Value>,
    compile: Option<Value>,
    #[serde(default)]
    fit: Fit,
    import: Option<Options>,
    /// What presets say of themselves.
    #[serde(rename = "about")]
    _about: Option<String>,
    #[serde(rename = "source")]
    _source: Option<String>,
}

/// How `fit` trains, as far as it can be written down.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fit {
    epochs: Option<u32>,
    batch_size: Option<u32>,
    seed: Option<u64>,
    shuffle: Option<bool>,
    shards: Option<u32>,
    augmentation: Option<Value>,
    class_weight: Option<Value>,
    validation_split: Option<f64>,
}

/// A network whose layers follow each other, as `sequential` of the npm package takes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sequential {
    name: Option<String>,
    #[serde(default)]
    seed: u64,
    input_shape: Vec<usize>,
    layers: Vec<LayerSpec>,
}

/// All that a run is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// The network.
    pub spec: ModelSpec,
    /// What trains it.
    pub compile: TrainerSpec,
    /// How.
    pub run: RunSpec,
    /// The factor of the learning rate, where that follows a schedule.
    pub learning_rate_scale: f64,
    /// What is measured after every epoch.
    pub validation: Option<Validation>,
    /// How files become samples, as it was asked for.
    pub import: Option<Options>,
}

/// What is measured after every epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Validation {
    /// A share of the data.
    Share(f64),
    /// Further data, by their path.
    Path(String),
}

impl Settings {
    /// Of a specification in a file.
    pub fn of_file(path: &Path, asked: &arguments::Settings) -> Result<Self> {
        let value: Value = serde_json::from_slice(&files::read(path)?)
            .map_err(|error| Failure::at(path, error))?;
        let refuse =
            |what: &str, error: serde_json::Error| Failure::at(path, format!("{what}: {error}"));
        // A network alone, without what trains it.
        let written = if value.get("nodes").or(value.get("layers")).is_some() {
            Written { spec: Some(value), ..Written::default() }
        } else {
            Written::deserialize(value).map_err(|error| refuse("specification", error))?
        };
        let Some(spec) = written.spec.clone() else {
            return Err(Failure::at(path, "found no `spec`, expected the network"));
        };
        let mut spec = if spec.get("layers").is_some() {
            let Sequential { name, seed, input_shape, layers } =
                Sequential::deserialize(spec).map_err(|error| refuse("spec", error))?;
            ModelSpec::sequential(name.as_deref(), input_shape, layers).with_seed(seed)
        } else {
            ModelSpec::deserialize(spec).map_err(|error| refuse("spec", error))?
        };
        // First weights are as random as all else.
        spec.seed = asked.seed.unwrap_or(spec.seed);
        Self::new(spec, written, asked)
    }

    /// Of a model that there is.
    pub fn of_model(loaded: &Loaded, asked: &arguments::Settings) -> Result<Self> {
        let compile = loaded.compiled().map(|compiled| json!(compiled));
        Self::new(loaded.model.spec().clone(), Written { compile, ..Written::default() }, asked)
    }

    fn new(spec: ModelSpec, written: Written, asked: &arguments::Settings) -> Result<Self> {
        let mut compile = written.compile.unwrap_or_else(|| json!({}));
        if let Some(optimizer) = &asked.optimizer {
            compile["optimizer"] = name_or_json(optimizer)?;
        }
        if let Some(loss) = &asked.loss {
            compile["loss"] = name_or_json(loss)?;
        }
        if let Some(metrics) = &asked.metrics {
            compile["metrics"] = match name_or_json(metrics)? {
                name @ Value::String(_) => json!([name]),
                others => others,
            };
        }
        if compile.get("loss").is_none() {
            let message = "nothing says the loss, expected `compile` in the specification, or --loss \
                           such as sparseCategoricalCrossentropy";
            return Err(Failure::Usage(message.into()));
        }
        let compile: TrainerSpec = serde_json::from_value(compile)
            .map_err(|error| Failure::Error(format!("compile: {error}")))?;
        let (compile, learning_rate_scale) = at_rate(compile, asked.learning_rate)?;
        let fit = written.fit;
        let augmentation = match &asked.augmentation {
            Some(given) => Some(files::json("--augmentation", given)?),
            None => fit.augmentation,
        };
        let run = json!({
            "epochs": asked.epochs.or(fit.epochs).unwrap_or(EPOCHS),
            "batchSize": asked.batch_size.or(fit.batch_size).unwrap_or(BATCH_SIZE),
            "shuffle": fit.shuffle.unwrap_or(true),
            "seed": asked.seed.or(fit.seed).unwrap_or(spec.seed),
            "shards": asked.shards.or(fit.shards),
            "augmentation": augmentation,
            "classWeight": fit.class_weight,
        });
        let run: RunSpec =
            serde_json::from_value(run).map_err(|error| Failure::Error(format!("fit: {error}")))?;
        run.validate()?;
        let import = match &asked.import {
            Some(given) => Some(files::json("--import", given)?),
            None => written.import,
        };
        let validation = match (&asked.validation, fit.validation_split) {
            (Some(given), _) => Some(Validation::read(given)?),
            (None, Some(share)) if share > 0.0 => Some(Validation::Share(share)),
            (None, _) => None,
        };
        Ok(Self { spec, compile, run, learning_rate_scale, validation, import })
    }

    /// The first thing in which a run was told otherwise.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let [own, others] = [self, other].map(|settings| json!(settings));
        let names = ["spec", "compile", "run", "learningRateScale", "validation", "import"];
        let different = names.into_iter().find(|name| own[name] != others[name])?;
        // Of an object, the first of its fields that is another.
        let fields = own[different].as_object().into_iter().flat_map(|fields| fields.keys());
        let field =
            fields.into_iter().find(|field| own[different][*field] != others[different][*field]);
        Some(match field {
            Some(field) => format!("{different}.{field}"),
            None => different.into(),
        })
    }
}

impl Validation {
    fn read(given: &str) -> Result<Self> {
        match given.parse::<f64>() {
            Ok(share) if share > 0.0 && share < 1.0 => Ok(Self::Share(share)),
            Ok(share) => Err(Failure::Usage(format!(
                "--validation is {share}, expected a share between 0 and 1, or a path"
            ))),
            Err(_) => Ok(Self::Path(given.into())),
        }
    }
}

/// What trains at this learning rate: a constant one is written down, of a schedule all is multiplied.
fn at_rate(compile: TrainerSpec, rate: Option<f64>) -> Result<(TrainerSpec, f64)> {
    let Some(rate) = rate else { return Ok((compile, 1.0)) };
    if !(rate.is_finite() && rate > 0.0) {
        return Err(Failure::Usage(format!(
            "--learning-rate is {rate}, expected a number above 0"
        )));
    }
    let schedule = compile.optimizer.optimizer().learning_rate();
    if json!(schedule)["type"] != "constant" {
        return Ok((compile.clone(), rate / schedule.peak()));
    }
    let mut written = json!(compile);
    written["optimizer"]["learningRate"] = json!(rate);
    let compile = serde_json::from_value(written)
        .map_err(|error| Failure::Error(format!("compile: {error}")))?;
    Ok((compile, 1.0))
}
