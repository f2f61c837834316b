//! Files: read whole, written whole or not at all, and as the engine reads and writes them.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use tabgrad::formats::records::Sink;
use tabgrad::formats::source::Source;
use tabgrad::{Error, ErrorKind, err};

use crate::failure::{Failure, Result, told};

/// The bytes of a file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| Failure::io(path, &error))
}

/// Writes a file so that its name always has a whole one: the old or the new.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut draft = Draft::new(path)?;
    draft.write_all(bytes).map_err(|error| Failure::io(path, &error))?;
    draft.keep()
}

/// The names in a folder in their order, without what systems leave there.
pub fn names(folder: &Path) -> Result<Vec<OsString>> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::io(folder, &error))?;
    let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
    let names = names.collect::<io::Result<Vec<_>>>();
    let mut names = names.map_err(|error| Failure::io(folder, &error))?;
    names.retain(|name| {
        let name = name.to_string_lossy();
        !name.starts_with('.') && !matches!(&*name, "__MACOSX" | "Thumbs.db" | "desktop.ini")
    });
    names.sort_unstable();
    Ok(names)
}

/// The path of a file beside another.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// A file that has its name once it is whole.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    partial: PathBuf,
    file: File,
}

impl Draft {
    /// The draft of a file.
    pub fn new(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Err(Failure::at(path, "this is a folder, expected the name of a file"));
        }
        let partial = beside(path, ".partial");
        let file = File::create(&partial).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::at(path, "there is no such folder"),
            _ => Failure::io(path, &error),
        })?;
        Ok(Self { path: path.into(), partial, file })
    }

    /// Gives it its name, once it is where a power failure leaves it.
    pub fn keep(self) -> Result<()> {
        let kept = self.file.sync_all().and_then(|()| fs::rename(&self.partial, &self.path));
        kept.and_then(|()| sync_folder(&self.path)).map_err(|error| Failure::io(&self.path, &error))
    }
}

impl io::Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Has the new name written to where it stays.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// A value that is given as JSON, or as the path of a file of it.
pub fn json<T: DeserializeOwned>(what: &str, given: &str) -> Result<T> {
    let written;
    let text = if given.trim_start().starts_with(['{', '[', '"']) {
        given.as_bytes()
    } else {
        written = read(Path::new(given))?;
        &written
    };
    serde_json::from_slice(text).map_err(|error| Failure::Error(format!("{what}: {error}")))
}

/// A file of one's own, for the records of an import.
#[derive(Debug)]
pub struct Scratch {
    file: File,
    len: u64,
}

impl Scratch {
    /// An empty file that goes when it is closed, also by a crash.
    pub fn new() -> Result<Self> {
        let file = tempfile::tempfile();
        let file = file.map_err(|error| Failure::at(&std::env::temp_dir(), error))?;
        Ok(Self { file, len: 0 })
    }

    /// What comes in on standard input.
    pub fn of_standard_input() -> Result<Self> {
        let mut scratch = Self::new()?;
        let copied = io::copy(&mut io::stdin().lock(), &mut scratch.file);
        scratch.len = copied.map_err(|error| Failure::at(Path::new("standard input"), error))?;
        Ok(scratch)
    }
}

impl Source for Scratch {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> tabgrad::Result<()> {
        if offset.checked_add(into.len() as u64).is_none_or(|end| end > self.len) {
            let (found, wanted) = (self.len, into.len());
            return Err(err!(
                Format,
                "records: found {found} bytes, expected {wanted} at {offset}"
            ));
        }
        let read = self.file.seek(SeekFrom::Start(offset));
        read.and_then(|_| self.file.read_exact(into)).map_err(|error| storage(&error))
    }
}

impl Sink for Scratch {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> tabgrad::Result<()> {
        let written = self.file.seek(SeekFrom::Start(offset));
        written.and_then(|_| self.file.write_all(bytes)).map_err(|error| storage(&error))?;
        self.len = self.len.max(offset + bytes.len() as u64);
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> tabgrad::Result<()> {
        self.file.set_len(len).map_err(|error| storage(&error))?;
        self.len = len;
        Ok(())
    }

    fn flush(&mut self) -> tabgrad::Result<()> {
        Ok(())
    }
}

fn storage(error: &io::Error) -> Error {
    let folder = std::env::temp_dir();
    let kind = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::Quota,
        _ => ErrorKind::Storage,
    };
    let (folder, error) = (folder.display(), told(error));
    Error::new(kind, format!("records in {folder}: {error} (TMPDIR names another folder)"))
}
