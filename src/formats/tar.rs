//! Tar archives: POSIX ustar and pax, GNU and the format of before 1988 (IEEE Std 1003.1, "pax").
//!
//! Read in one pass from a stream. (The crate `tar` lends out entries that borrow the archive, which
//! a reader that is asked for one file after the other cannot keep, and reads names as long as a
//! file claims.)
//!
//! | bytes of a header | what |
//! | --- | --- |
//! | 0, 100 | name |
//! | 124, 12 | size, octal digits, or GNU's binary form for more than 8 GB |
//! | 148, 8 | sum of the header's bytes, octal |
//! | 156 | type |
//! | 257, 5 | "ustar", where the format is of after 1988 |
//! | 345, 155 | what stands before the name (ustar) |

use std::io::Read;

use super::archive::{Archive, Count, Item, Limits, check_size, clean_path, read_entry};
use super::gzip::Gunzip;
use super::source::{Source, SourceReader, from_io};
use crate::{Result, err};

/// Headers and contents are padded to this many bytes.
pub(super) const BLOCK: usize = 512;

/// The longest name and the longest pax header that are read.
const LONGEST_HEADER: u64 = 64 << 10;

/// Whether a file begins with a header.
pub(super) fn sniff(head: &[u8], _len: u64) -> bool {
    head.first_chunk::<BLOCK>().is_some_and(|header| header[0] != 0 && sum_is_right(header))
}

/// A stream that says how far it has been read.
pub trait Progress: Read + Send {
    /// How many bytes of how many of the file lie behind.
    fn progress(&self) -> (u64, u64);
}

impl<S: Source> Progress for SourceReader<S> {
    fn progress(&self) -> (u64, u64) {
        (self.position(), self.source_len())
    }
}

impl<S: Source> Progress for Gunzip<S> {
    fn progress(&self) -> (u64, u64) {
        Gunzip::progress(self)
    }
}

/// An archive that is read from a stream.
#[derive(Debug)]
pub struct Tar<R> {
    reader: R,
    limits: Limits,
    count: Count,
    /// Whether its end has been read.
    ended: bool,
}

/// What stands before an entry about it.
#[derive(Default)]
struct Ahead {
    path: Option<String>,
    size: Option<u64>,
}

impl<R: Progress> Tar<R> {
    /// An archive at its beginning.
    pub fn new(reader: R, limits: Limits) -> Self {
        Self { reader, limits, count: Count::default(), ended: false }
    }

    /// The next header; `None` at the end, which is a block of zeros, or the file's own.
    fn header(&mut self) -> Result<Option<[u8; BLOCK]>> {
        let mut header = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            let found = self.reader.read(&mut header[filled..]);
            match found.map_err(|error| from_io("tar", error))? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(err!(Format, "tar: the archive ends within a header")),
                found => filled += found,
            }
        }
        if header == [0; BLOCK] {
            return Ok(None);
        }
        if !sum_is_right(&header) {
            return Err(err!(Format, "tar: the sum of a header is wrong"));
        }
        Ok(Some(header))
    }

    /// Passes over bytes.
    fn skip(&mut self, bytes: u64) -> Result<()> {
        let mut rest = (&mut self.reader).take(bytes);
        let found = std::io::copy(&mut rest, &mut std::io::sink());
        if found.map_err(|error| from_io("tar", error))? != bytes {
            return Err(err!(Format, "tar: the archive ends within a file"));
        }
        Ok(())
    }

    /// The content of a header that tells about the next.
    fn content(&mut self, size: u64) -> Result<Vec<u8>> {
        if size > LONGEST_HEADER {
            return Err(err!(
                TooLarge,
                "tar: found a header of {size} bytes, expected at most {LONGEST_HEADER}"
            ));
        }
        let mut content = Vec::new();
        read_entry("tar", &mut (&mut self.reader).take(size), size, &mut content)?;
        self.skip(padding(size))?;
        Ok(content)
    }

    /// Reads the file whose header has been read, if it is one of the data.
    fn file(
        &mut self,
        name: &str,
        kind: u8,
        size: u64,
        bytes: &mut Vec<u8>,
    ) -> Result<Option<Item>> {
        let end = size.saturating_add(padding(size));
        let is_file = matches!(kind, b'0' | 0 | b'7') && !name.ends_with('/');
        let path = match clean_path(name) {
            Ok(Some(path)) if is_file => path,
            Err(error) if is_file => {
                self.skip(end)?;
                return Ok(Some(Item { path: name.to_owned(), content: Err(error) }));
            }
            _ => {
                self.skip(end)?;
                return Ok(None);
            }
        };
        if let Err(error) = check_size(name, size, &self.limits) {
            self.skip(end)?;
            return Ok(Some(Item { path, content: Err(error) }));
        }
        read_entry(name, &mut (&mut self.reader).take(size), size, bytes)?;
        self.skip(padding(size))?;
        Ok(Some(Item { path, content: Ok(()) }))
    }
}

impl<R: Progress> Archive for Tar<R> {
    fn next(&mut self, bytes: &mut Vec<u8>) -> Result<Option<Item>> {
        bytes.clear();
        let mut ahead = Ahead::default();
        while !self.ended {
            let Some(header) = self.header()? else {
                self.ended = true;
                break;
            };
            let (kind, size) = (header[156], number(&header[124..136])?);
            self.count.add("tar", size, &self.limits)?;
            match kind {
                b'L' => ahead.path = Some(text(&self.content(size)?)),
                b'K' => drop(self.content(size)?),
                b'x' => read_pax(&self.content(size)?, &mut ahead)?,
                b'g' => drop(self.content(size)?),
                b'S' => {
                    let error = err!(Unsupported, "tar: it is sparse, expected a whole file");
                    self.skip(size.saturating_add(padding(size)))?;
                    return Ok(Some(Item { path: text(&header[..100]), content: Err(error) }));
                }
                _ => {
                    let Ahead { path, size: longer } = std::mem::take(&mut ahead);
                    let path = path.unwrap_or_else(|| full_name(&header));
                    let size = longer.unwrap_or(size);
                    if let Some(item) = self.file(&path, kind, size, bytes)? {
                        return Ok(Some(item));
                    }
                }
            }
        }
        Ok(None)
    }

    fn progress(&self) -> (u64, u64) {
        self.reader.progress()
    }
}

fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK as u64
}

/// The name up to its first zero. Bytes that are no UTF-8 stay as what stands for them.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

fn full_name(header: &[u8; BLOCK]) -> String {
    let (name, before) = (text(&header[..100]), text(&header[345..500]));
    // GNU's header has other things there, and another end of its signature.
    let is_ustar = header[257..263] == *b"ustar\0";
    if is_ustar && !before.is_empty() { format!("{before}/{name}") } else { name }
}

/// A number of a header, in octal digits or, with the highest bit set, in binary.
fn number(field: &[u8]) -> Result<u64> {
    let wrong = || err!(Format, "tar: found the number {field:02x?}, expected octal digits");
    if field[0] & 0x80 != 0 {
        let (head, low) = field.split_at(field.len().saturating_sub(8));
        if head.first() != Some(&0x80) || head[1..].iter().any(|&byte| byte != 0) {
            return Err(wrong());
        }
        return Ok(low.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)));
    }
    let digits = field.iter().skip_while(|byte| **byte == b' ');
    digits.take_while(|byte| !matches!(**byte, 0 | b' ')).try_fold(0_u64, |sum, byte| match byte {
        b'0'..=b'7' => Ok(sum << 3 | u64::from(byte - b'0')),
        _ => Err(wrong()),
    })
}

/// Whether a header has the sum of its bytes, taken with blanks in the sum's own place.
fn sum_is_right(header: &[u8; BLOCK]) -> bool {
    let bytes = header.iter().enumerate();
    let sum: u64 =
        bytes.map(|(at, &byte)| if (148..156).contains(&at) { 32 } else { u64::from(byte) }).sum();
    number(&header[148..156]).is_ok_and(|said| said == sum)
}

/// Records of a pax header: `length key=value\n`, the length of all of that.
fn read_pax(mut records: &[u8], ahead: &mut Ahead) -> Result<()> {
    let wrong = || err!(Format, "tar: a pax header is wrong");
    while !records.is_empty() {
        let blank = records.iter().position(|&byte| byte == b' ').ok_or_else(wrong)?;
        let length: usize = text(&records[..blank]).parse().map_err(|_| wrong())?;
        let record = records.get(blank + 1..length).ok_or_else(wrong)?;
        let record = record.strip_suffix(b"\n").ok_or_else(wrong)?;
        let equals = record.iter().position(|&byte| byte == b'=').ok_or_else(wrong)?;
        let value = text(&record[equals + 1..]);
        match &record[..equals] {
            b"path" => ahead.path = Some(value),
            b"size" => ahead.size = Some(value.parse().map_err(|_| wrong())?),
            _ => {}
        }
        records = &records[length..];
    }
    Ok(())
}

/// Small files for tests.
#[cfg(test)]
pub(super) fn examples() -> Vec<Vec<u8>> {
    vec![tests::example()]
}

#[cfg(test)]
mod tests;
