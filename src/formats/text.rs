//! Plain text in UTF-8, or in UTF-16 with a byte-order mark.

use std::io::{self, BufRead, Read};

use super::decode::Encoding;
use super::source::from_io;
use crate::{Error, Result, err};

/// Bytes of the longest text that becomes one sample.
pub const MOST_BYTES: usize = 64 << 20;

/// Bytes that are decoded at a time.
const BLOCK: usize = 64 << 10;

/// Whether this looks like the beginning of a text: a byte-order mark, or UTF-8 without control
/// characters but those of tabs, lines, pages and colours.
pub(super) fn sniff(head: &[u8], len: u64) -> bool {
    let (encoding, mark) = Encoding::of(head);
    if encoding != Encoding::Bytes && mark > 0 {
        return head.len() > mark;
    }
    let valid = match std::str::from_utf8(head) {
        Ok(_) => head.len(),
        // What is looked at may end within a character.
        Err(error) if error.error_len().is_none() && len > head.len() as u64 => error.valid_up_to(),
        Err(_) => return false,
    };
    let is_of_text =
        |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b) || !byte.is_ascii_control();
    valid > 0 && head[..valid].iter().all(is_of_text)
}

/// Reads a text as UTF-8 whichever of the encodings it has, without its byte-order mark.
///
/// Bytes that are no characters are an error of kind `Format` that names the first of them; see
/// [`from_io`].
#[derive(Debug)]
pub struct Utf8<R> {
    reader: R,
    /// Unknown before anything is read.
    encoding: Option<Encoding>,
    /// Bytes that are not decoded yet: the beginning of a character.
    rest: Vec<u8>,
    /// Bytes of the file before `rest`.
    offset: u64,
    ready: Vec<u8>,
    /// Of `ready`, what has been given away.
    used: usize,
}

impl<R: Read> Utf8<R> {
    /// A text; the reader stands at its beginning.
    pub fn new(reader: R) -> Self {
        let (rest, ready) = (Vec::new(), Vec::new());
        Self { reader, encoding: None, rest, offset: 0, ready, used: 0 }
    }

    /// What the text is read from.
    pub fn get_ref(&self) -> &R {
        &self.reader
    }

    /// Decodes a further block; there is none at the end of the text.
    fn decode(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.used = 0;
        while self.ready.is_empty() {
            let before = self.rest.len();
            (&mut self.reader).take(BLOCK as u64).read_to_end(&mut self.rest)?;
            let ended = self.rest.len() - before < BLOCK;
            let encoding = match self.encoding {
                Some(encoding) => encoding,
                None => {
                    let (encoding, mark) = Encoding::of(&self.rest);
                    self.rest.drain(..mark);
                    self.offset = mark as u64;
                    *self.encoding.insert(encoding)
                }
            };
            let block = std::mem::take(&mut self.rest);
            let wrong = match encoding {
                Encoding::Bytes => whole_utf8(&block, &mut self.rest, &mut self.ready),
                _ => encoding.decode(&block, &mut self.rest, &mut self.ready),
            };
            if let Some(at) = wrong {
                return Err(io::Error::other(self.refuse(at, block[at])));
            }
            self.offset += (block.len() - self.rest.len()) as u64;
            if ended {
                return match self.rest.first() {
                    Some(&byte) => Err(io::Error::other(self.refuse(0, byte))),
                    None => Ok(()),
                };
            }
        }
        Ok(())
    }

    /// The error about a byte, so many behind those that were decoded.
    #[cold]
    fn refuse(&self, at: usize, byte: u8) -> Error {
        let name = if self.encoding == Some(Encoding::Bytes) { "UTF-8" } else { "UTF-16" };
        err!(
            Format,
            "text: byte {} is 0x{byte:02x}, which is no {name} there; expected a text in UTF-8, or in UTF-16 \
             with a byte-order mark",
            self.offset + at as u64
        )
    }
}

/// Adds the characters that are whole; the beginning of a last one is what `rest` has then. The place of the
/// first byte that is no UTF-8, if there is one.
fn whole_utf8(bytes: &[u8], rest: &mut Vec<u8>, into: &mut Vec<u8>) -> Option<usize> {
    let whole = match std::str::from_utf8(bytes) {
        Ok(text) => text.len(),
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Err(error) => return Some(error.valid_up_to()),
    };
    into.extend_from_slice(&bytes[..whole]);
    rest.extend_from_slice(&bytes[whole..]);
    None
}

impl<R: Read> BufRead for Utf8<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used == self.ready.len() {
            self.decode()?;
        }
        Ok(&self.ready[self.used..])
    }

    fn consume(&mut self, bytes: usize) {
        self.used = (self.used + bytes).min(self.ready.len());
    }
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

/// What of a text is a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Every line that is not blank.
    #[default]
    Line,
    /// Lines up to a blank one.
    Paragraph,
    /// All of it.
    Whole,
}

/// A text that is read sample after sample.
#[derive(Debug)]
pub struct Texts<R> {
    text: Utf8<R>,
    unit: Unit,
    /// Whether the last line ended with a carriage return, so that a line feed belongs to its end.
    returned: bool,
}

impl<R: Read> Texts<R> {
    /// The samples of a text; the reader stands at its beginning.
    pub fn new(reader: R, unit: Unit) -> Self {
        Self { text: Utf8::new(reader), unit, returned: false }
    }

    /// The next sample, without the end of its last line; `None` after the last. Lines end with a
    /// line feed, a carriage return, or both; within a sample they end with a line feed.
    ///
    /// # Errors
    /// `Format` for bytes that are no text, `TooLarge` for a sample of more than [`MOST_BYTES`].
    pub fn next_sample(&mut self) -> Result<Option<String>> {
        let mut sample = Vec::new();
        let mut begun = false;
        let mut line = Vec::new();
        while self.next_line(sample.len(), &mut line)? {
            let blank = line.trim_ascii().is_empty();
            match self.unit {
                Unit::Line | Unit::Paragraph if blank && !begun => continue,
                Unit::Paragraph if blank => break,
                _ => {}
            }
            if begun {
                sample.push(b'\n');
            }
            sample.append(&mut line);
            begun = true;
            if self.unit == Unit::Line {
                break;
            }
        }
        let text = String::from_utf8(sample);
        let text = text.map_err(|error| err!(Format, "text: it is no UTF-8: {error}"))?;
        Ok(begun.then_some(text))
    }

    /// Reads the next line, to which `before` bytes of the sample belong; false after the last.
    fn next_line(&mut self, before: usize, line: &mut Vec<u8>) -> Result<bool> {
        line.clear();
        loop {
            let mut block = self.text.fill_buf().map_err(|error| from_io("text", error))?;
            if std::mem::take(&mut self.returned) && block.starts_with(b"\n") {
                self.text.consume(1);
                block = self.text.fill_buf().map_err(|error| from_io("text", error))?;
            }
            if block.is_empty() {
                return Ok(!line.is_empty());
            }
            let end = block.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let text = &block[..end.unwrap_or(block.len())];
            if before + line.len() + text.len() > MOST_BYTES {
                return Err(err!(
                    TooLarge,
                    "text: found a sample of more than {MOST_BYTES} bytes, expected lines or \
                     paragraphs that are shorter"
                ));
            }
            line.extend_from_slice(text);
            let read = text.len();
            self.returned = end.is_some_and(|end| block[end] == b'\r');
            self.text.consume(read + usize::from(end.is_some()));
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}

/// Reads all lines and keeps none: says whether that can be done.
pub(super) fn check(bytes: &[u8]) -> Result<()> {
    let mut texts = Texts::new(bytes, Unit::Line);
    while texts.next_sample()?.is_some() {}
    Ok(())
}

/// Small files for tests.
#[cfg(test)]
pub(super) fn examples() -> Vec<Vec<u8>> {
    tests::examples()
}

#[cfg(test)]
mod tests;
