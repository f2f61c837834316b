//! What archives have in common: files by path that are read one after the other, within bounds.

use std::io::Read;

use super::gzip::{self, Gunzip};
use super::source::{self, Source, SourceReader};
use super::tar::{self, Tar};
use super::zip::{self, Zip};
use super::{SNIFFED, gzip::tar_within};
use crate::{Error, Result, err};

/// What an archive may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files and folders.
    pub entries: u64,
    /// Bytes of one file.
    pub entry_bytes: u64,
    /// Bytes of all files.
    pub total_bytes: u64,
    /// How many times longer than packed a file may be that is longer than [`Limits::SMALL`], and
    /// all files together if they are longer than [`Limits::entry_bytes`].
    pub ratio: u64,
}

impl Limits {
    /// Files up to this size may be packed as tightly as they like.
    pub const SMALL: u64 = 16 << 20;

    /// Whether `bytes` that were packed to `packed` are likely to be there to fill the memory.
    pub fn is_bomb(&self, bytes: u64, packed: u64) -> bool {
        bytes > Self::SMALL && bytes / self.ratio >= packed.max(1)
    }
}

impl Default for Limits {
    /// A few million files, as large as a data set may be, none larger than fits into memory.
    fn default() -> Self {
        Self { entries: 4_000_000, entry_bytes: 1 << 30, total_bytes: 1 << 40, ratio: 250 }
    }
}

/// A file of an archive.
#[derive(Debug)]
pub struct Item {
    /// Its path in the archive, with forward slashes, without a leading one.
    pub path: String,
    /// Whether it could be read.
    pub content: Result<()>,
}

/// An archive that is read from its beginning to its end.
pub trait Archive: Send {
    /// Reads the next file into `bytes`, which are cleared before. `None` after the last.
    ///
    /// A file that is encrypted, damaged, too large or to be written outside the archive's folder
    /// comes with its error, and the next one can be read.
    ///
    /// # Errors
    /// `Format` where the archive itself is damaged or ends too early, `TooLarge` where it holds
    /// more than the limits allow.
    fn next(&mut self, bytes: &mut Vec<u8>) -> Result<Option<Item>>;

    /// How many bytes of how many of the archive lie behind.
    fn progress(&self) -> (u64, u64);
}

/// Opens a zip, tar or tar.gz archive.
///
/// # Errors
/// `Format` if it is none, and what the format's reader refuses.
pub fn open<S: Source + 'static>(mut source: S, limits: Limits) -> Result<Box<dyn Archive>> {
    let len = source.len();
    let head = source::head(&mut source, SNIFFED)?;
    if zip::sniff(&head, len) {
        return Ok(Box::new(Zip::open(source, limits)?));
    }
    if tar::sniff(&head, len) {
        return Ok(Box::new(Tar::new(SourceReader::new(source), limits)));
    }
    if gzip::sniff(&head, len) && tar_within(&mut source)? {
        return Ok(Box::new(Tar::new(Gunzip::new(source, limits), limits)));
    }
    Err(err!(Format, "archive: found a file that is no zip, tar or tar.gz"))
}

/// Whether a gzip file holds an archive.
pub fn is_packed(source: &mut (impl Source + ?Sized)) -> bool {
    tar_within(source).unwrap_or(false)
}

/// The path of an entry, cleaned; `None` for what belongs to the system that wrote the archive and
/// not to the data: `__MACOSX` and hidden files.
pub(super) fn clean_path(path: &str) -> Result<Option<String>> {
    let path = path.replace('\\', "/");
    let drive = path.as_bytes().get(1) == Some(&b':');
    if path.starts_with('/') || drive || path.contains('\0') || path.split('/').any(|p| p == "..") {
        return Err(err!(
            Format,
            "path {path:?}: it leads out of the archive, expected one within it"
        ));
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    Ok((!parts.iter().any(|part| is_of_a_system(part))).then(|| parts.join("/")))
}

/// Whether a file or folder of this name belongs to a system and not to the data.
pub(crate) fn is_of_a_system(name: &str) -> bool {
    name.starts_with('.') || matches!(name, "__MACOSX" | "Thumbs.db" | "desktop.ini")
}

/// Reads a file of this size into `bytes`; memory grows with what is there, not with what is said.
pub(super) fn read_entry(
    what: &str,
    reader: &mut impl Read,
    size: u64,
    bytes: &mut Vec<u8>,
) -> Result<()> {
    bytes.clear();
    bytes
        .try_reserve(size.min(1 << 20) as usize)
        .map_err(|_| err!(TooLarge, "{what}: found {size} bytes, for which there is no memory"))?;
    let found = reader.take(size.saturating_add(1)).read_to_end(bytes);
    let found = found.map_err(|error| source::from_io(what, error))? as u64;
    if found != size {
        let more = if found > size { "more than " } else { "" };
        let found = found.min(size);
        return Err(err!(Format, "{what}: found {more}{found} bytes, expected {size}"));
    }
    Ok(())
}

/// Refuses a file that is larger than the limits allow.
pub(super) fn check_size(path: &str, size: u64, limits: &Limits) -> Result<()> {
    if size > limits.entry_bytes {
        return Err(err!(
            TooLarge,
            "{path}: found {size} bytes, expected at most {}",
            limits.entry_bytes
        ));
    }
    Ok(())
}

/// Counts files and bytes, up to the limits.
#[derive(Debug, Default)]
pub(super) struct Count {
    entries: u64,
    bytes: u64,
}

impl Count {
    /// Counts one more.
    pub(super) fn add(&mut self, what: &str, size: u64, limits: &Limits) -> Result<()> {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(size);
        if self.entries > limits.entries || self.bytes > limits.total_bytes {
            return Err(too_much(what, self.entries, self.bytes, limits));
        }
        Ok(())
    }
}

pub(super) fn too_much(what: &str, entries: u64, bytes: u64, limits: &Limits) -> Error {
    err!(
        TooLarge,
        "{what}: found {entries} entries of {bytes} bytes, expected at most {} of {}",
        limits.entries,
        limits.total_bytes
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn paths_are_cleaned_or_refused() {
        for (path, expected) in [
            ("train/cat/1.png", Some("train/cat/1.png")),
            ("./train//cat\\1.png", Some("train/cat/1.png")),
            ("__MACOSX/train/._1.png", None),
            ("a/.DS_Store", None),
            ("a/Thumbs.db", None),
            ("a..b/c...png", Some("a..b/c...png")),
            ("", Some("")),
        ] {
            assert_eq!(clean_path(path).unwrap().as_deref(), expected, "{path}");
        }
        for path in ["../a", "a/../../b", "/etc/passwd", "C:\\a", "a\\..\\b", "a\0b", ".."] {
            assert_eq!(clean_path(path).unwrap_err().kind(), ErrorKind::Format, "{path}");
        }
    }

    #[test]
    fn sizes_are_counted_up_to_the_limits() {
        let limits = Limits { entries: 2, total_bytes: 10, ..Limits::default() };
        let mut count = Count::default();
        count.add("zip", 5, &limits).unwrap();
        count.add("zip", 5, &limits).unwrap();
        assert_eq!(count.add("zip", 0, &limits).unwrap_err().kind(), ErrorKind::TooLarge);
        let mut count = Count::default();
        assert!(count.add("zip", 11, &limits).is_err());
        assert!(count.add("zip", u64::MAX, &limits).is_err());
        assert!(limits.is_bomb(1 << 30, 1 << 20) && limits.is_bomb(u64::MAX, 0));
        assert!(!limits.is_bomb(1 << 20, 1) && !limits.is_bomb(1 << 30, 1 << 23));
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        for bytes in [&b""[..], b"PK", b"hello", &[0x1f, 0x8b, 8, 0]] {
            assert!(open(bytes.to_vec(), Limits::default()).is_err());
        }
    }
}
