//! How a command ends that does not end well.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use crate::shown::shown;

/// Why a command ended.
#[derive(Debug)]
pub enum Failure {
    /// The arguments contradict each other, or one of them is none.
    Usage(String),
    /// Something went wrong.
    Error(String),
    /// All was done, but some inputs have no answer.
    Incomplete(String),
    /// Someone stopped it; what there was is saved.
    Stopped(String),
    /// Nobody reads the output any more.
    BrokenPipe,
}

/// A result of the command line.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// What went wrong with a file.
    pub fn at(path: &Path, error: impl Display) -> Self {
        Self::Error(format!("{}: {error}", path.display()))
    }

    /// What the system answered about a file.
    pub fn io(path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::at(path, told(error)),
        }
    }

    /// Says it on standard error, and with what code to exit.
    pub fn report(&self) -> ExitCode {
        let (message, code) = match self {
            Self::Error(message) => (message, 1),
            Self::Usage(message) => (message, 2),
            Self::Incomplete(message) => (message, 3),
            Self::Stopped(message) => (message, 130),
            Self::BrokenPipe => return ExitCode::SUCCESS,
        };
        // Where standard error is closed there is nobody to tell.
        let _ = writeln!(io::stderr(), "tabgrad: {}", shown(message));
        ExitCode::from(code)
    }
}

/// What the system answered, without its number.
pub fn told(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".into(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or_default().to_lowercase()
        }
    }
}

impl From<tabgrad::Error> for Failure {
    fn from(error: tabgrad::Error) -> Self {
        Self::Error(error.to_string())
    }
}

/// What writing to standard output answers.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::Error(format!("standard output: {}", told(&error))),
        }
    }
}
