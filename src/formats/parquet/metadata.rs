//! The footer: columns, and where the pieces of each are.

use super::schema::{Element, columns};
use super::thrift::{Kind, Thrift};
use crate::data::table::ColumnKind;
use crate::formats::source::Source;
use crate::{Result, err};

/// The largest footer that is read.
const LARGEST: u64 = 16 << 20;

/// How values lie in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Physical {
    Boolean,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    Bytes,
    Fixed(usize),
}

/// What values mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meaning {
    /// What their type says.
    Plain,
    /// Integers without a sign.
    Unsigned,
    /// Integers to be divided by this.
    Decimal(f64),
    /// Days since 1970.
    Days,
    /// So many to a millisecond, since 1970.
    Timestamp(i64),
    /// Numbers of 16 bits.
    Half,
}

/// A column that can be read.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub name: String,
    /// Its place among all columns of the file.
    pub leaf: usize,
    pub physical: Physical,
    pub meaning: Meaning,
    /// The level that says that a value is there.
    pub most_defined: u32,
}

impl Column {
    /// `None` for texts, which may be categories.
    pub fn kind(&self) -> Option<ColumnKind> {
        match (self.physical, self.meaning) {
            (_, Meaning::Days | Meaning::Timestamp(_)) | (Physical::Int96, _) => {
                Some(ColumnKind::Date)
            }
            (Physical::Boolean, _) => Some(ColumnKind::Boolean),
            (Physical::Bytes, Meaning::Plain) => None,
            _ => Some(ColumnKind::Number),
        }
    }
}

/// Where a column's values of a group of rows are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    pub begin: u64,
    pub end: u64,
    pub codec: i64,
}

/// A group of rows, with a chunk for each column of the file.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub rows: u64,
    pub chunks: Vec<Chunk>,
}

/// A file's columns and rows.
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    pub columns: Vec<Column>,
    /// Columns that can't be read, and why.
    pub unread: Vec<String>,
    pub groups: Vec<Group>,
    pub rows: u64,
}

impl Metadata {
    pub fn read(source: &mut impl Source) -> Result<Self> {
        let len = source.len();
        let mut tail = [0; 8];
        let begin =
            len.checked_sub(12).ok_or_else(|| err!(Format, "Parquet: the file is too short"))?;
        source.read_at(begin + 4, &mut tail)?;
        let [a, b, c, d, magic @ ..] = tail;
        if magic != *super::MAGIC {
            return Err(err!(
                Format,
                "Parquet: the file ends with {magic:02x?}, expected \"PAR1\""
            ));
        }
        let size = u64::from(u32::from_le_bytes([a, b, c, d]));
        if size > begin {
            return Err(err!(
                Format,
                "Parquet: the footer has {size} bytes, found a file of {len}"
            ));
        }
        if size > LARGEST {
            return Err(err!(
                TooLarge,
                "Parquet: the footer has {size} bytes, expected at most {LARGEST}"
            ));
        }
        let mut footer = vec![0; size as usize];
        source.read_at(len - 8 - size, &mut footer)?;
        Self::parse(&footer, len)
    }

    fn parse(footer: &[u8], len: u64) -> Result<Self> {
        let (mut elements, mut groups) = (Vec::new(), Vec::new());
        Thrift::new(footer).fields(|id, kind, thrift| {
            match id {
                2 => thrift.list(kind, |kind, thrift| {
                    elements.push(Element::read(kind, thrift)?);
                    Ok(())
                })?,
                4 => thrift.list(kind, |kind, thrift| {
                    groups.push(Group::read(kind, thrift, len)?);
                    Ok(())
                })?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let (columns, unread, leaves) = columns(&elements)?;
        if let Some(group) = groups.iter().find(|group| group.chunks.len() != leaves) {
            let found = group.chunks.len();
            return Err(err!(Format, "Parquet: a group has {found} columns, expected {leaves}"));
        }
        if columns.is_empty() {
            let why = unread.first().map(|why| format!("; {why}")).unwrap_or_default();
            return Err(err!(Format, "Parquet: found no column that can be read{why}"));
        }
        let rows = groups.iter().try_fold(0_u64, |sum, group| sum.checked_add(group.rows));
        let rows = rows.filter(|&rows| rows <= u32::MAX.into()).ok_or_else(|| {
            err!(TooLarge, "Parquet: the file announces more than {} rows", u32::MAX)
        })?;
        Ok(Self { columns, unread, groups, rows })
    }
}

impl Group {
    fn read(kind: Kind, thrift: &mut Thrift<'_>, len: u64) -> Result<Self> {
        let mut group = Self { rows: 0, chunks: Vec::new() };
        let mut rows = -1;
        thrift.structure(kind, |id, kind, thrift| {
            match id {
                1 => thrift.list(kind, |kind, thrift| {
                    group.chunks.push(Chunk::read(kind, thrift, len)?);
                    Ok(())
                })?,
                3 => rows = thrift.integer(kind)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        group.rows = u64::try_from(rows)
            .map_err(|_| err!(Format, "Parquet: a group has {rows} rows, expected 0 or more"))?;
        Ok(group)
    }
}

impl Chunk {
    fn read(kind: Kind, thrift: &mut Thrift<'_>, len: u64) -> Result<Self> {
        let (mut codec, mut size, mut data, mut dictionary) = (0, -1, -1, None);
        thrift.structure(kind, |id, kind, thrift| {
            if id != 3 {
                return Ok(false);
            }
            thrift.structure(kind, |id, kind, thrift| {
                match id {
                    4 => codec = thrift.integer(kind)?,
                    7 => size = thrift.integer(kind)?,
                    9 => data = thrift.integer(kind)?,
                    11 => dictionary = Some(thrift.integer(kind)?),
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
            Ok(true)
        })?;
        // Some writers say 0 where there is no dictionary.
        let begin = dictionary.filter(|&at| at > 0).map_or(data, |at| at.min(data));
        let range = u64::try_from(begin).ok().zip(u64::try_from(size).ok());
        let end = range.and_then(|(begin, size)| begin.checked_add(size)).filter(|&end| end <= len);
        match range.zip(end) {
            Some(((begin, _), end)) => Ok(Self { begin, end, codec }),
            None => Err(err!(
                Format,
                "Parquet: a column has {size} bytes at {begin}, found a file of {len}"
            )),
        }
    }
}
