//! Pages: their headers, and what unpacks them. What a header announces is checked before memory is
//! asked for.

use std::io::Read;

use super::thrift::Thrift;
use crate::formats::source::{Source, from_io};
use crate::{Result, err};

/// Bytes in which a page's header is looked for.
const HEADER: u64 = 64 << 10;

/// The largest page that is unpacked.
const LARGEST: usize = 64 << 20;

/// How much larger than packed a page may be, beyond [`SMALL`]: more than deflate can do.
const MOST_TIMES: usize = 1100;
const SMALL: usize = 4 << 20;

/// What a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageKind {
    /// Different values, which others are numbers of.
    Dictionary,
    /// Values, behind their levels.
    Data,
    /// Values, behind their levels, which are not packed.
    DataV2 {
        repetition: usize,
        definition: usize,
    },
    Other,
}

/// A page as its header describes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub kind: PageKind,
    pub values: u64,
    pub encoding: i64,
    /// Where the next one begins.
    pub next: u64,
}

/// Reads the page that begins here; its bytes replace those of `bytes`.
pub(super) fn read(
    source: &mut impl Source,
    begin: u64,
    end: u64,
    codec: i64,
    bytes: &mut Vec<u8>,
) -> Result<Page> {
    let mut head = vec![0; (end.saturating_sub(begin)).min(HEADER) as usize];
    source.read_at(begin, &mut head)?;
    let mut header = Thrift::new(&head);
    let (mut kind, mut unpacked, mut packed) = (-1, -1, -1);
    let (mut values, mut encoding, mut is_packed) = (-1, -1, true);
    let mut levels = [0, 0];
    header.fields(|id, field, thrift| {
        match id {
            1 => kind = thrift.integer(field)?,
            2 => unpacked = thrift.integer(field)?,
            3 => packed = thrift.integer(field)?,
            5 | 7 => thrift.structure(field, |id, field, thrift| {
                match id {
                    1 => values = thrift.integer(field)?,
                    2 => encoding = thrift.integer(field)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?,
            8 => thrift.structure(field, |id, field, thrift| {
                match id {
                    1 => values = thrift.integer(field)?,
                    4 => encoding = thrift.integer(field)?,
                    5 => levels[1] = thrift.integer(field)?,
                    6 => levels[0] = thrift.integer(field)?,
                    7 => is_packed = thrift.boolean(field)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let data = begin + header.position() as u64;
    let size = |what: &str, size: i64| {
        usize::try_from(size)
            .map_err(|_| err!(Format, "Parquet: a page has {size} {what}, expected 0 or more"))
    };
    let (unpacked, packed) = (size("bytes", unpacked)?, size("packed bytes", packed)?);
    let next = data + packed as u64;
    if next > end {
        return Err(err!(Format, "Parquet: a page has {packed} bytes, beyond those of its column"));
    }
    if unpacked > LARGEST || unpacked > packed.saturating_mul(MOST_TIMES).saturating_add(SMALL) {
        return Err(err!(
            TooLarge,
            "Parquet: a page of {packed} bytes announces {unpacked}, expected at most {LARGEST} and \
             {MOST_TIMES} times as many"
        ));
    }
    let kind = match kind {
        0 => PageKind::Data,
        2 => PageKind::Dictionary,
        3 => {
            let [repetition, definition] = levels;
            let (repetition, definition) =
                (size("levels", repetition)?, size("levels", definition)?);
            PageKind::DataV2 { repetition, definition }
        }
        _ => PageKind::Other,
    };
    let values = if kind == PageKind::Other { 0 } else { size("values", values)? as u64 };
    let mut stored = vec![0; packed];
    source.read_at(data, &mut stored)?;
    bytes.clear();
    let plain = match kind {
        PageKind::DataV2 { repetition, definition } => repetition.saturating_add(definition),
        _ => 0,
    };
    if plain > packed.min(unpacked) {
        return Err(err!(
            Format,
            "Parquet: a page's levels have {plain} bytes, expected at most {packed}"
        ));
    }
    let (levels, stored) = stored.split_at(plain);
    bytes.extend_from_slice(levels);
    let unpacked = unpacked - plain;
    match if is_packed { codec } else { 0 } {
        _ if kind == PageKind::Other => {}
        0 => bytes.extend_from_slice(stored),
        codec => unpack(codec, stored, unpacked, bytes)?,
    }
    Ok(Page { kind, values, encoding, next })
}

/// Adds what these bytes are packed from, which is as long as the header says.
fn unpack(codec: i64, packed: &[u8], len: usize, bytes: &mut Vec<u8>) -> Result<()> {
    let begin = bytes.as_slice().len();
    let broken =
        |why: &dyn std::fmt::Display| err!(Format, "Parquet: a page can't be unpacked: {why}");
    if len == 0 {
        return Ok(());
    }
    match codec {
        1 => {
            bytes.resize(begin + len, 0);
            let found = snap::raw::Decoder::new().decompress(packed, &mut bytes[begin..]);
            bytes.truncate(begin + found.map_err(|error| broken(&error))?);
        }
        2 => {
            let reader = flate2::read::MultiGzDecoder::new(packed);
            read_to(reader, len, bytes)?;
        }
        6 => {
            let reader = ruzstd::decoding::StreamingDecoder::new(packed);
            read_to(reader.map_err(|error| broken(&error))?, len, bytes)?;
        }
        7 => {
            bytes.resize(begin + len, 0);
            let found = lz4_flex::block::decompress_into(packed, &mut bytes[begin..]);
            bytes.truncate(begin + found.map_err(|error| broken(&error))?);
        }
        _ => {
            let name = match codec {
                3 => "LZO",
                4 => "Brotli",
                5 => "LZ4 with Hadoop's frames",
                _ => "an unknown method",
            };
            return Err(err!(
                Unsupported,
                "Parquet: pages are packed by {name}, expected Snappy, gzip, Zstandard or LZ4"
            ));
        }
    }
    let found = bytes.as_slice().len() - begin;
    if found != len {
        return Err(err!(Format, "Parquet: a page has {found} bytes unpacked, expected {len}"));
    }
    Ok(())
}

/// Reads what comes, one byte more than `len` at most.
fn read_to(reader: impl Read, len: usize, bytes: &mut Vec<u8>) -> Result<()> {
    let read = reader.take(len as u64 + 1).read_to_end(bytes);
    read.map(drop).map_err(|error| from_io("Parquet", error))
}
