//! Where objects begin and end, so that one can be read after the other, and one that is broken costs
//! no other.

use crate::formats::decode::Decoder;
use crate::formats::source::Source;
use crate::formats::table::LONGEST_ROW;
use crate::{Result, err};

/// How objects follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One on each line.
    Lines,
    /// Between brackets and commas.
    Array,
}

/// A file's objects one after the other.
pub(super) struct Splitter<S> {
    text: Decoder<S>,
    form: Form,
    object: Vec<u8>,
    /// Where the object begins, and where reading is.
    begin: u64,
    line: u64,
    /// Whether the array has ended, or its not ending has been told.
    closed: bool,
}

/// The text behind a byte order mark.
pub(super) fn without_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)
}

impl<S: Source> Splitter<S> {
    pub fn new(source: S) -> Result<Self> {
        let mut text = Decoder::new(source)?;
        let array = text.head()?.trim_ascii_start().first() == Some(&b'[');
        let form = if array { Form::Array } else { Form::Lines };
        let mut splitter =
            Self { text, form, object: Vec::new(), begin: 1, line: 1, closed: false };
        splitter.rewind()?;
        Ok(splitter)
    }

    /// Back to the first object.
    pub fn rewind(&mut self) -> Result<()> {
        self.text.rewind();
        (self.line, self.closed) = (1, self.form == Form::Lines);
        if self.form == Form::Array {
            self.skip(u8::is_ascii_whitespace)?;
            self.text.consume(1);
        }
        Ok(())
    }

    /// The line on which the object begins.
    pub fn begin(&self) -> u64 {
        self.begin
    }

    /// The bytes of the object.
    pub fn object(&self) -> &[u8] {
        &self.object
    }

    /// The last line if the file ends within the array; once.
    pub fn unfinished(&mut self) -> Option<u64> {
        (!std::mem::replace(&mut self.closed, true)).then_some(self.line)
    }

    /// How many bytes of how many of the file lie behind.
    pub fn progress(&self) -> (u64, u64) {
        self.text.progress()
    }

    /// Reads on to the next object; false at the end.
    pub fn advance(&mut self) -> Result<bool> {
        match self.form {
            Form::Lines => self.next_line(),
            Form::Array => self.next_element(),
        }
    }

    fn next_line(&mut self) -> Result<bool> {
        self.skip(u8::is_ascii_whitespace)?;
        self.object.clear();
        self.begin = self.line;
        loop {
            let text = self.text.fill()?;
            if text.is_empty() {
                return Ok(!self.object.is_empty());
            }
            let end = text.iter().position(|&byte| byte == b'\n');
            let used = end.unwrap_or(text.len());
            grow(&mut self.object, &text[..used], self.begin)?;
            self.text.consume(used);
            if end.is_some() {
                return Ok(true);
            }
        }
    }

    fn next_element(&mut self) -> Result<bool> {
        self.skip(|byte| byte.is_ascii_whitespace() || *byte == b',')?;
        self.object.clear();
        self.begin = self.line;
        let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
        loop {
            let text = self.text.fill()?;
            if self.closed || text.is_empty() {
                // What is left of an element that does not end is told by the array.
                return Ok(false);
            }
            let mut ended = None;
            for (at, &byte) in text.iter().enumerate() {
                if quoted {
                    quoted = escaped || byte != b'"';
                    escaped = !escaped && byte == b'\\';
                    continue;
                }
                match byte {
                    b'"' => quoted = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' if depth > 1 => depth -= 1,
                    b'}' | b']' if depth == 1 => {
                        ended = Some(at + 1);
                        break;
                    }
                    b']' => {
                        self.closed = true;
                        ended = Some(at);
                        break;
                    }
                    b',' if depth == 0 => {
                        ended = Some(at);
                        break;
                    }
                    _ => {}
                }
            }
            let used = ended.unwrap_or(text.len());
            let lines = text[..used].iter().filter(|&&byte| byte == b'\n').count();
            grow(&mut self.object, &text[..used], self.begin)?;
            self.line += lines as u64;
            self.text.consume(used);
            if ended.is_some() {
                return Ok(!self.object.is_empty());
            }
        }
    }

    /// Passes over such bytes.
    fn skip(&mut self, passed: impl Fn(&u8) -> bool) -> Result<()> {
        loop {
            let text = self.text.fill()?;
            let count = text.iter().take_while(|byte| passed(byte)).count();
            self.line += text[..count].iter().filter(|&&byte| byte == b'\n').count() as u64;
            let ended = count < text.len() || text.is_empty();
            self.text.consume(count);
            if ended {
                return Ok(());
            }
        }
    }
}

/// Adds to an object what belongs to it.
fn grow(object: &mut Vec<u8>, text: &[u8], line: u64) -> Result<()> {
    if object.as_slice().len() + text.len() > LONGEST_ROW {
        return Err(err!(
            TooLarge,
            "table: the object at line {line} has more than {LONGEST_ROW} bytes, expected at most as \
             many"
        ));
    }
    object.extend_from_slice(text);
    Ok(())
}
