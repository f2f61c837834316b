//! A run in a file beside the model that is to come of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tabgrad::formats::safetensors::ModelInfo;
use tabgrad::trainer::Trainer;

use super::Run;
use super::settings::Settings;
use crate::failure::{Failure, Result};
use crate::files;
use crate::models::COMMAND;

/// At the end of an epoch nothing is written that was written so shortly before.
const AT_LEAST: Duration = Duration::from_secs(1);

/// Where a run is kept, and when it was last.
pub struct Checkpoints {
    path: PathBuf,
    every: Duration,
    written: Instant,
}

/// A run that was interrupted.
pub struct Interrupted {
    /// The run.
    pub trainer: Trainer,
    /// What goes along with the model, with the history so far.
    pub info: ModelInfo,
    /// What it was told.
    pub settings: Settings,
    /// What its data are.
    pub fingerprint: String,
    /// The epoch that is to be measured before the next begins.
    pub epoch: Option<Epoch>,
}

/// An epoch that was learned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1.
    pub number: u32,
    /// Its numbers; what is not defined is null.
    pub logs: Map<String, Value>,
}

impl Checkpoints {
    /// Those of a run whose model is written to `output`.
    pub fn new(output: &Path, every: Duration) -> Self {
        let path = files::beside(output, ".checkpoint");
        Self { path, every, written: Instant::now() }
    }

    /// Refuses to begin another run in the place of one that was interrupted.
    pub fn check_none(&self) -> Result<()> {
        if !self.path.exists() {
            return Ok(());
        }
        let message = "an interrupted run is kept here: --resume goes on with it; remove the file to \
                       begin another";
        Err(Failure::at(&self.path, message))
    }

    /// The run that was interrupted, if there is one.
    pub fn read(&self) -> Result<Option<Interrupted>> {
        let file = match fs::read(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::io(&self.path, &error)),
        };
        let refuse = |error: &dyn std::fmt::Display| Failure::at(&self.path, error);
        let (trainer, mut info) = Trainer::restore(&file).map_err(|error| refuse(&error))?;
        let command = info.extra.as_object_mut().and_then(|extra| extra.remove(COMMAND));
        let command = command.ok_or_else(|| refuse(&"it is no run of the command line"))?;
        let settings = serde_json::from_value(command["settings"].clone());
        let fingerprint = command["data"].as_str().unwrap_or_default().to_owned();
        let epoch = serde_json::from_value(command["epoch"].clone());
        let epoch: Option<Epoch> = epoch.map_err(|error| refuse(&error))?;
        if trainer.run().is_none() && epoch.is_none() {
            return Err(refuse(&"its run is finished"));
        }
        Ok(Some(Interrupted {
            trainer,
            info,
            settings: settings.map_err(|error| refuse(&error))?,
            fingerprint,
            epoch,
        }))
    }

    /// Whether it is time for another within an epoch.
    pub fn is_due(&self) -> bool {
        self.written.elapsed() >= self.every
    }

    /// Whether it is time for one at the end of an epoch.
    pub fn is_due_after_epoch(&self) -> bool {
        self.written.elapsed() >= AT_LEAST.min(self.every)
    }

    /// Writes the whole run.
    pub fn write(&mut self, run: &Run) -> Result<()> {
        let mut info = run.info.clone();
        if !info.extra.is_object() {
            info.extra = json!({});
        }
        let Run { settings, fingerprint, epoch, .. } = run;
        info.extra[COMMAND] = json!({ "settings": settings, "data": fingerprint, "epoch": epoch });
        files::write(&self.path, &run.trainer.save(&info)?)?;
        self.written = Instant::now();
        Ok(())
    }

    /// Removes it, once the model is there.
    pub fn remove(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Failure::io(&self.path, &error))
            }
            _ => Ok(()),
        }
    }
}
