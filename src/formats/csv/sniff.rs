//! How a file's fields are written, told from its beginning.

use std::collections::{BTreeMap, BTreeSet};

use csv_core::{ReadRecordResult, ReaderBuilder};

use crate::data::table::{MOST_COLUMNS, date, number};
use crate::formats::decode::Encoding;
use crate::{Result, err};

/// What may stand between fields; the first of those that fit as well is taken, as a comma is also
/// part of numbers.
const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];

/// Records of the beginning that are looked at.
const LOOKED_AT: usize = 200;

/// Whether a file that begins so looks like rows of fields: text in which at least two records, and
/// nine of ten, have as many fields, which are more than one.
pub(in crate::formats) fn sniff(head: &[u8], len: u64) -> bool {
    let (encoding, mark) = Encoding::of(head);
    let mut text = Vec::new();
    encoding.decode(&head[mark..], &mut Vec::new(), &mut text);
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 14..=31 | 127);
    if text.iter().any(is_control)
        || matches!(text.trim_ascii_start().first(), Some(b'{' | b'[' | b'<'))
    {
        return false;
    }
    let whole = head.len() as u64 == len;
    let used = DELIMITERS.iter().filter(|delimiter| text.contains(delimiter));
    used.into_iter().any(|&delimiter| {
        let counts = fields(&text, delimiter, whole);
        let shape = Shape::of(&counts);
        shape.columns > 1 && shape.rows > 1 && shape.rows * 10 >= counts.len() * 9
    })
}

/// What stands between the fields of a text that begins so.
pub(super) fn delimiter(text: &[u8]) -> u8 {
    let mut best = (Shape::default(), b',');
    for delimiter in DELIMITERS.into_iter().filter(|delimiter| text.contains(delimiter)) {
        let shape = Shape::of(&fields(text, delimiter, false));
        if shape.columns > 1 && (shape.first, shape.rows) > (best.0.first, best.0.rows) {
            best = (shape, delimiter);
        }
    }
    best.1
}

/// Refuses what cannot stand between fields.
pub(super) fn check_delimiter(delimiter: char) -> Result<u8> {
    match u8::try_from(delimiter) {
        Ok(byte)
            if byte.is_ascii()
                && !byte.is_ascii_alphanumeric()
                && !b"\"\r\n\0.-".contains(&byte) =>
        {
            Ok(byte)
        }
        _ => Err(err!(
            Argument,
            "table: delimiter is {delimiter:?}, expected an ASCII mark such as \",\" or a tab"
        )),
    }
}

/// How well records go together.
#[derive(Clone, Copy, Debug, Default)]
struct Shape {
    /// Whether the first record has as many fields as most.
    first: bool,
    /// How many have as many fields as most.
    rows: usize,
    /// As how many fields most records have.
    columns: usize,
}

impl Shape {
    fn of(counts: &[usize]) -> Self {
        let mut sorted = counts.to_vec();
        sorted.sort_unstable();
        let most = sorted.chunk_by(|a, b| a == b).max_by_key(|chunk| chunk.len());
        let Some((most, &columns)) = most.and_then(|chunk| Some((chunk, chunk.first()?))) else {
            return Self::default();
        };
        Self { first: counts.first() == Some(&columns), rows: most.len(), columns }
    }
}

/// The numbers of fields of the first records; of the last one only if it is `whole`.
fn fields(mut text: &[u8], delimiter: u8, whole: bool) -> Vec<usize> {
    if whole {
        let end = text.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n'));
        text = &text[..end.map_or(0, |end| end + 1)];
    }
    let mut core = ReaderBuilder::new().delimiter(delimiter).build();
    let mut output = vec![0; text.len()];
    let mut ends = vec![0; text.len().min(MOST_COLUMNS) + 1];
    let mut counts = Vec::new();
    while counts.len() < LOOKED_AT && !text.is_empty() {
        let (result, read, _, count) = core.read_record(text, &mut output, &mut ends);
        text = &text[read..];
        match result {
            ReadRecordResult::Record => counts.push(count),
            // The end of what is known, in the middle of a field.
            ReadRecordResult::InputEmpty if whole || counts.is_empty() => counts.push(count + 1),
            _ => break,
        }
    }
    counts
}

/// Whether a record names columns: all of its fields that are not empty are different, and none is a
/// number or a date.
pub(super) fn is_header(fields: &[&str]) -> bool {
    let names: Vec<_> = fields.iter().filter(|field| !field.is_empty()).collect();
    let is_value = |field: &str| {
        number(field, false).is_some()
            || number(field, true).is_some()
            || date::parse(field, false).or_else(|| date::parse(field, true)).is_some()
    };
    !names.is_empty()
        && names.iter().collect::<BTreeSet<_>>().len() == names.len()
        && !names.iter().any(|field| is_value(field))
}

/// Names of columns, each of them once: those without are numbered, and of the same ones all but the
/// first.
pub(super) fn names(fields: &[&str]) -> Vec<String> {
    let mut taken: BTreeSet<String> = fields.iter().map(|&field| field.into()).collect();
    // How often each was there: a number that was tried is not tried again.
    let mut seen = BTreeMap::<&str, usize>::new();
    let mut names = Vec::with_capacity(fields.len());
    for (at, &field) in fields.iter().enumerate() {
        let number = seen.entry(field).or_insert(0);
        *number += 1;
        if *number == 1 && !field.is_empty() {
            names.push(field.to_owned());
            continue;
        }
        let base = if field.is_empty() { "column" } else { field };
        if field.is_empty() {
            *number = at + 1;
        }
        let mut name = format!("{base} {number}");
        while !taken.insert(name.clone()) {
            *number += 1;
            name = format!("{base} {number}");
        }
        names.push(name);
    }
    names
}
