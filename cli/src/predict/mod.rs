//! `tabgrad predict`: what a model says of files, a row for each, in memory that does not grow with them.

mod answers;
mod crew;
mod reader;
mod rows;
mod worker;

use std::fs;
use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use crate::arguments::{Predict, RowFormat};
use crate::console::{Console, Progress, Unit, grouped};
use crate::failure::{Failure, Result};
use crate::files::{self, Draft};
use crate::models;
use crate::shown::shown;

use answers::Answers;
use crew::Crew;
use reader::Reader;
use worker::{Answered, Worker};

/// Asks a model about files.
pub fn run(arguments: &Predict, threads: usize, console: Console) -> Result<()> {
    let loaded = models::read(&arguments.model)?;
    loaded.notes.iter().for_each(|note| console.note(&format!("note: {note}")));
    let format = format_of(arguments)?;
    let answers = Arc::new(Answers::new(&loaded, arguments.top as usize, format));
    for input in arguments.inputs.iter().filter(|input| input.as_os_str() != "-") {
        fs::metadata(input).map_err(|error| Failure::io(input, &error))?;
    }
    let mut reader = Reader::new(&loaded, arguments)?;
    let workers = (0..threads).map(|_| Worker::new(&loaded, Arc::clone(&answers)));
    let workers = workers.collect::<Result<Vec<_>>>()?;
    let total = bytes_of(&arguments.inputs);
    let mut rows = Rows {
        out: Output::new(arguments.output.as_deref())?,
        progress: console.progress("predicting", Unit::Bytes, 0, 0),
        total,
        began: Instant::now(),
        rows: 0,
        failed: 0,
    };
    rows.out.rows(&answers.header()).map_err(|error| rows.failed_to(&error))?;
    let read = Crew::work(workers, &mut rows, |crew| {
        arguments.inputs.iter().try_for_each(|input| reader.read(input, crew))?;
        reader.flush(crew)
    });
    match read {
        Ok(()) | Err(Failure::Stopped(_)) => {}
        Err(error) => return Err(error),
    }
    let Rows { out, progress, rows, failed, .. } = rows;
    progress.end();
    reader.notes.iter().for_each(|note| console.note(&format!("note: {note}")));
    out.end()?;
    read?;
    match failed {
        _ if rows == 0 => {
            Err(Failure::Error("found nothing that the model can be asked about".into()))
        }
        0 => Ok(()),
        _ => Err(Failure::Incomplete(format!(
            "{} of {} inputs have no answer; their rows say why",
            grouped(failed),
            grouped(rows)
        ))),
    }
}

fn format_of(arguments: &Predict) -> Result<RowFormat> {
    let ending = arguments.output.as_deref().and_then(Path::extension);
    let ending = ending.map(|ending| ending.to_string_lossy().to_lowercase());
    match (arguments.format, ending.as_deref()) {
        (Some(format), _) => Ok(format),
        (None, Some("csv")) => Ok(RowFormat::Csv),
        (None, Some("jsonl" | "ndjson")) => Ok(RowFormat::Jsonl),
        (None, _) if arguments.output.is_none() => Ok(RowFormat::Csv),
        (None, _) => Err(Failure::Usage(
            "--output: the ending says no format of rows, expected .csv, .jsonl or --format".into(),
        )),
    }
}

/// The bytes of all inputs, counted while others are read.
fn bytes_of(inputs: &[std::path::PathBuf]) -> Arc<AtomicU64> {
    fn count(path: &Path, total: &AtomicU64) {
        let Ok(about) = fs::metadata(path) else { return };
        if !about.is_dir() {
            total.fetch_add(about.len(), Ordering::Relaxed);
        } else if let Ok(names) = files::names(path) {
            names.iter().for_each(|name| count(&path.join(name), total));
        }
    }
    let total = Arc::new(AtomicU64::new(0));
    let (counted, inputs) = (Arc::clone(&total), inputs.to_vec());
    thread::spawn(move || inputs.iter().for_each(|input| count(input, &counted)));
    total
}

/// Where rows go, in the order of the inputs.
struct Rows {
    out: Output,
    progress: Progress,
    total: Arc<AtomicU64>,
    began: Instant,
    rows: u64,
    failed: u64,
}

impl Rows {
    /// The next rows; so many bytes of all inputs lie behind.
    fn add(&mut self, answered: &Answered, position: u64) -> Result<()> {
        self.out.rows(&answered.text).map_err(|error| self.failed_to(&error))?;
        self.rows += answered.rows;
        self.failed += answered.failed;
        self.progress.expect(self.total.load(Ordering::Relaxed));
        self.progress.set(position, || {
            let failed = match self.failed {
                0 => String::new(),
                failed => format!(", {} without an answer", grouped(failed)),
            };
            let rate = self.rows as f64 / self.began.elapsed().as_secs_f64().max(1e-9);
            let [rows, rate] = [self.rows, rate.round() as u64].map(grouped);
            format!("{rows} rows, {rate} a second{failed}")
        });
        Ok(())
    }

    fn failed_to(&self, error: &io::Error) -> Failure {
        match &self.out {
            Output::File { path, .. } => Failure::io(path, error),
            Output::Standard(_) => io::Error::from(error.kind()).into(),
        }
    }
}

/// A file, or standard output.
enum Output {
    File { path: std::path::PathBuf, draft: Box<BufWriter<Draft>> },
    Standard(BufWriter<io::Stdout>),
}

impl Output {
    fn new(path: Option<&Path>) -> Result<Self> {
        Ok(match path {
            Some(path) => {
                let draft = Box::new(BufWriter::new(Draft::new(path)?));
                Self::File { path: path.into(), draft }
            }
            None => Self::Standard(BufWriter::new(io::stdout())),
        })
    }

    /// Writes rows: as they are, but to a terminal as people are shown them.
    fn rows(&mut self, text: &str) -> io::Result<()> {
        match self {
            Self::File { draft, .. } => draft.write_all(text.as_bytes()),
            Self::Standard(out) if out.get_ref().is_terminal() => {
                text.lines().try_for_each(|line| writeln!(out, "{}", shown(line)))
            }
            Self::Standard(out) => out.write_all(text.as_bytes()),
        }
    }

    fn end(self) -> Result<()> {
        match self {
            Self::File { path, draft } => {
                draft.into_inner().map_err(|error| Failure::io(&path, error.error()))?.keep()
            }
            Self::Standard(mut out) => Ok(out.flush()?),
        }
    }
}
