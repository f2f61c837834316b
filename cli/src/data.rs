//! Files and folders on their way to a dataset.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tabgrad::data::preprocessing::Preparation;
use tabgrad::data::{Dataset, Preprocessing};
use tabgrad::err;
use tabgrad::formats::records::{Part, Records};
use tabgrad::formats::safetensors::ModelInfo;
use tabgrad::formats::source::Seekable;
use tabgrad::import::{Foreign, Import, Options, Summary, Task};
use tabgrad::model::Model;

use crate::console::{Console, Unit};
use crate::failure::{Failure, Result, told};
use crate::files::{self, Scratch};
use crate::stop;

/// Files up to this size are read whole.
const SMALL: u64 = 32 << 20;
/// Records up to this size are in memory while they are used.
const MOST_IN_MEMORY: u64 = 1 << 30;
/// Images that are prepared between two looks at the clock.
const AT_ONCE: u32 = 64;
/// The longest side of an image that samples may have.
const MOST_PIXELS: usize = 4096;
/// Files that are named in a note.
const NAMED: usize = 3;

/// Data that were read.
pub struct Data {
    /// The samples.
    pub dataset: Dataset,
    /// The part of each sample; empty where files are in none.
    pub parts: Vec<Part>,
    /// What the files are, to know them again.
    pub fingerprint: String,
}

/// A file of the data.
struct Entry {
    file: PathBuf,
    /// Its path from the folder's name on, with forward slashes.
    path: String,
    bytes: u64,
}

/// How data are read that a model is to see.
pub fn options_for(model: &Model, info: &ModelInfo, given: Option<Options>) -> Options {
    let mut options = given.unwrap_or_default();
    if options.preprocessing.is_none() && info.preprocessing != Preprocessing::default() {
        options.preprocessing = Some(info.preprocessing.clone());
    }
    if options.class_names.is_none() && !info.class_names.is_empty() {
        options.class_names = Some(info.class_names.clone());
    }
    // Whole numbers may be both.
    let of_table = info.preprocessing.table.as_ref().is_some_and(|table| table.target.is_some());
    if options.task.is_none() && of_table {
        let has_classes = !info.class_names.is_empty();
        options.task = Some(if has_classes { Task::Classification } else { Task::Regression });
    }
    let (size, channels) = match *model.graph().inputs()[0].shape {
        [height, width] => (Some([height, width]), Some(1)),
        [height, width, channels @ (1 | 3)] => (Some([height, width]), Some(channels as u32)),
        _ => (None, None),
    };
    // What is longer is no image.
    let size = size.filter(|size| size.iter().all(|side| *side <= MOST_PIXELS));
    let size = size.map(|size| size.map(|side| side as u32));
    Options { size: options.size.or(size), channels: options.channels.or(channels), ..options }
}

/// Reads a file, or all files of a folder, as `options` say; where they are to be those that were read
/// before, by their `known` fingerprint, others are refused.
pub fn read(
    path: &Path,
    mut options: Options,
    known: Option<&str>,
    console: Console,
) -> Result<Data> {
    // Features are computed of a whole dataset.
    let featured = options.preprocessing.take_if(|steps| !steps.features.is_empty());
    if featured.is_some() {
        (options.size, options.channels) = (None, None);
    }
    let entries = list(path)?;
    let fingerprint = fingerprint(&entries);
    if let Some(known) = known.filter(|known| *known != fingerprint) {
        let found = format!("found {fingerprint}, expected what the run was begun with, {known}");
        return Err(Failure::at(path, found));
    }
    let mut import = Import::new(options, &fingerprint, Scratch::new()?)?;
    let total = entries.iter().map(|entry| entry.bytes).sum();
    let mut progress = console.progress("reading", Unit::Bytes, 0, total);
    let mut done = 0;
    for entry in &entries {
        hand_over(&mut import, entry)?;
        loop {
            refuse_foreign(&mut import)?;
            if import.advance()? {
                break;
            }
            check_stop()?;
            let (read, of) = import.progress();
            let share = read as f64 / of.max(1) as f64;
            let now = done + (share * entry.bytes as f64) as u64;
            progress.set(now, || format!("{} samples", import.samples()));
        }
        refuse_foreign(&mut import)?;
        check_stop()?;
        done += entry.bytes;
        progress.set(done, || format!("{} samples", import.samples()));
    }
    import.close().map_err(|error| Failure::at(path, error))?;
    while !import.advance().map_err(|error| Failure::at(path, error))? {
        check_stop()?;
        let (now, total) = import.progress();
        progress.expect(total);
        progress.set(now, || format!("{} samples", import.samples()));
    }
    progress.end();
    let (records, summary) = import.finish().map_err(|error| Failure::at(path, error))?;
    tell_unreadable(&summary, console);
    let records = Records::open(records).map_err(|error| Failure::at(path, error))?;
    let parts = records.parts();
    let dataset = records.into_dataset(summary.bytes <= MOST_IN_MEMORY)?;
    let dataset = match featured {
        Some(steps) => prepared(&dataset, steps)?,
        None => dataset,
    };
    Ok(Data { dataset, parts, fingerprint })
}

impl Data {
    /// The samples of a part.
    pub fn part(&self, part: Part) -> Result<Option<Dataset>> {
        let of_part = (0..).zip(&self.parts).filter(|(_, found)| **found == part);
        let samples: Vec<u32> = of_part.map(|(sample, _)| sample).collect();
        if samples.is_empty() { Ok(None) } else { Ok(Some(self.dataset.subset(&samples)?)) }
    }
}

fn prepared(dataset: &Dataset, steps: Preprocessing) -> Result<Dataset> {
    let mut preparation = Preparation::new(dataset, steps)?;
    while !preparation.advance(dataset, AT_ONCE)? {
        check_stop()?;
    }
    Ok(preparation.finish(dataset)?)
}

fn check_stop() -> Result<()> {
    if stop::wanted() {
        return Err(Failure::Stopped("stopped while data were read".into()));
    }
    Ok(())
}

/// Gives a file to an import. What is wrong with it is noted there.
fn hand_over(import: &mut Import<Scratch>, entry: &Entry) -> Result<()> {
    let Entry { file, path, bytes } = entry;
    if *bytes <= SMALL {
        match fs::read(file) {
            Ok(bytes) => {
                // False where it has to stay and too many do already.
                if import.add(path, bytes)? {
                    return Ok(());
                }
            }
            Err(error) => return Ok(import.fail(path, &err!(Format, "{}", told(&error)))?),
        }
    }
    match File::open(file).map_err(|error| err!(Format, "{}", told(&error))).and_then(Seekable::new)
    {
        Ok(source) => Ok(import.open(path, Box::new(source))?),
        Err(error) => Ok(import.fail(path, &error)?),
    }
}

/// Formats that only browsers read.
fn refuse_foreign(import: &mut Import<Scratch>) -> Result<()> {
    let Some(foreign) = import.take_foreign() else { return Ok(()) };
    let Foreign { is_sound, .. } = foreign;
    if is_sound {
        let error = err!(Unsupported, "sound: expected WAV, which is what tabgrad reads itself");
        import.add_foreign_sound(&foreign, Err(error))?;
    } else {
        let error = err!(Unsupported, "image: expected PNG, JPEG, WebP, GIF or BMP");
        import.add_foreign(&foreign, Err(error))?;
    }
    Ok(())
}

fn tell_unreadable(summary: &Summary, console: Console) {
    let files = &summary.unreadable;
    if files.is_empty() {
        return;
    }
    let mut text = format!("{} of the files were left out:", files.len());
    for file in files.iter().take(NAMED) {
        text += &format!("\n  {}: {}", file.name, file.message);
    }
    if files.len() > NAMED {
        text += "\n  ...";
    }
    console.note(&text);
}

/// A file or all files of a folder, in the order of their names.
fn list(path: &Path) -> Result<Vec<Entry>> {
    let name = fs::canonicalize(path).map_err(|error| Failure::io(path, &error))?;
    let name = name.file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
    let mut entries = Vec::new();
    collect(path, &name, &mut entries);
    if entries.is_empty() {
        return Err(Failure::at(path, "there is no file in this folder"));
    }
    Ok(entries)
}

/// What cannot be looked at is said to be unreadable when it is its turn.
fn collect(file: &Path, path: &str, entries: &mut Vec<Entry>) {
    let about = fs::metadata(file);
    if about.as_ref().is_ok_and(fs::Metadata::is_dir)
        && let Ok(names) = files::names(file)
    {
        for name in names {
            collect(&file.join(&name), &format!("{path}/{}", name.to_string_lossy()), entries);
        }
        return;
    }
    let bytes = about.map_or(0, |about| about.len());
    entries.push(Entry { file: file.into(), path: path.into(), bytes });
}

/// Says what files they are: how many, how large, and a hash of their paths and sizes (FNV-1a).
fn fingerprint(entries: &[Entry]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut bytes = 0;
    for entry in entries {
        bytes += entry.bytes;
        for byte in format!("{}\n{}\n", entry.path, entry.bytes).bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{} files, {bytes} bytes, {hash:016x}", entries.len())
}
