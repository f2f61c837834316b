//! What format a file has, or what is packed in it.

use crate::formats::source::{self, Source};
use crate::formats::{Format, Kind, SNIFFED, gzip, image, of_head, sniff};
use crate::{Result, err};

/// The format of a file; drawings are pictures, although they are written as text.
pub(super) fn format_of(source: &mut (impl Source + ?Sized)) -> Result<&'static Format> {
    let format = sniff(source)?;
    if format.kind == Kind::Text && image::is_foreign(&source::head(source, SNIFFED)?) {
        return Err(err!(Format, "SVG: it is not read here"));
    }
    Ok(format)
}

/// The format of what a gzip file holds.
pub(super) fn packed_format(source: &mut Box<dyn Source>) -> Result<&'static Format> {
    let head = gzip::head(&mut *source, SNIFFED)?;
    // The length stands at the end, modulo 2^32.
    let mut end = [0; 4];
    source.read_at(source.len().saturating_sub(4), &mut end)?;
    of_head(&head, u32::from_le_bytes(end).into())
}
