//! The values of a page, one after the other.

use super::bits::{Delta, Hybrid};
use super::metadata::{Column, Meaning, Physical};
use crate::data::table::date::{DAY, in_range};
use crate::{Result, err};

/// The most texts of a page whose lengths stand together before them.
const MOST_LENGTHS: u64 = 1 << 20;

/// Days from the beginning of Julian day numbers to 1970.
const JULIAN: f64 = 2_440_588.0;

/// A value that was decoded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    /// It is none that a table can hold.
    Missing,
    Number(f64),
    /// Where its bytes are in the page.
    Bytes(usize, usize),
    /// Those in [`Decoder::prefixed`].
    Own,
    /// Its number in the dictionary.
    Entry(usize),
}

/// How the values of a page lie.
#[derive(Clone, Debug)]
enum Encoding {
    Plain,
    /// Bits of truth, from this one on.
    Bits(usize),
    Runs(Hybrid),
    Dictionary(Hybrid),
    Differences(Delta),
    /// Lengths, the last first; and what each has in common with the one before.
    Lengths(Vec<usize>, Option<Vec<usize>>),
    /// Each byte of all values for itself: how many values there are, and which is next.
    Split(usize, usize),
}

/// Decodes the values of a page.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    encoding: Encoding,
    at: usize,
    /// The value before, where values share their beginnings.
    pub prefixed: Vec<u8>,
}

fn cut() -> crate::Error {
    err!(Format, "Parquet: a page has fewer values than it announces")
}

impl Decoder {
    /// For a page without any value.
    pub fn empty() -> Self {
        Self { encoding: Encoding::Plain, at: 0, prefixed: Vec::new() }
    }

    /// For a page whose values begin here.
    pub fn new(column: &Column, encoding: i64, page: &[u8], at: usize) -> Result<Self> {
        let mut begin = at;
        let encoding = match (encoding, column.physical) {
            (0, Physical::Boolean) => Encoding::Bits(at * 8),
            (0, _) => Encoding::Plain,
            (2 | 8, _) => {
                let width = u32::from(*page.get(at).ok_or_else(cut)?);
                Encoding::Dictionary(Hybrid::new(at + 1, page.len(), width)?)
            }
            // Behind their length.
            (3, Physical::Boolean) => Encoding::Runs(Hybrid::new(at + 4, page.len(), 1)?),
            (5, Physical::Int32 | Physical::Int64) => Encoding::Differences(Delta::new(page, at)?),
            (6, Physical::Bytes) => {
                let (lengths, end) = lengths(page, at)?;
                begin = end;
                Encoding::Lengths(lengths, None)
            }
            (7, Physical::Bytes | Physical::Fixed(_)) => {
                let (prefixes, end) = lengths(page, at)?;
                let (lengths, end) = self::lengths(page, end)?;
                begin = end;
                Encoding::Lengths(lengths, Some(prefixes))
            }
            (9, physical) => {
                let width = physical.width().ok_or_else(|| unknown(9))?;
                Encoding::Split(page.len().saturating_sub(at) / width, 0)
            }
            (other, _) => return Err(unknown(other)),
        };
        Ok(Self { encoding, at: begin, prefixed: Vec::new() })
    }

    /// The next value.
    pub fn next(&mut self, column: &Column, page: &[u8]) -> Result<Value> {
        match &mut self.encoding {
            Encoding::Plain => match column.physical {
                Physical::Bytes => {
                    let len = page.get(self.at..).and_then(|rest| rest.first_chunk());
                    let len = u32::from_le_bytes(*len.ok_or_else(cut)?) as usize;
                    self.at += 4;
                    self.take(column, page, len)
                }
                physical => self.take(column, page, physical.width().ok_or_else(cut)?),
            },
            Encoding::Bits(bit) => {
                let byte = *page.get(*bit / 8).ok_or_else(cut)?;
                let value = byte >> (*bit % 8) & 1;
                *bit += 1;
                Ok(Value::Number(value.into()))
            }
            Encoding::Runs(runs) => Ok(Value::Number(runs.next(page)?.into())),
            Encoding::Dictionary(entries) => Ok(Value::Entry(entries.next(page)? as usize)),
            Encoding::Differences(differences) => {
                let value = differences.next(page)?;
                // Those of 32 bits wrap around as such.
                let value =
                    if column.physical == Physical::Int32 { value as i32 as i64 } else { value };
                Ok(column.integer(value))
            }
            Encoding::Lengths(lengths, prefixes) => {
                let len = lengths.pop().ok_or_else(cut)?;
                let Some(prefixes) = prefixes else { return self.take(column, page, len) };
                let prefix = prefixes.pop().ok_or_else(cut)?;
                let end = self.at.checked_add(len).ok_or_else(cut)?;
                let rest = page.get(self.at..end).ok_or_else(cut)?;
                if prefix > self.prefixed.len() {
                    return Err(err!(
                        Format,
                        "Parquet: a value shares {prefix} bytes with one of {}",
                        self.prefixed.len()
                    ));
                }
                self.prefixed.truncate(prefix);
                self.prefixed.extend_from_slice(rest);
                self.at = end;
                match column.physical {
                    Physical::Bytes if column.meaning == Meaning::Plain => Ok(Value::Own),
                    _ => Ok(column.number(&self.prefixed)),
                }
            }
            Encoding::Split(count, next) => {
                let width = column.physical.width().ok_or_else(cut)?;
                if next >= count || width > 16 {
                    return Err(cut());
                }
                let mut value = [0; 16];
                for (byte, into) in value[..width].iter_mut().enumerate() {
                    *into = *page.get(self.at + byte * *count + *next).ok_or_else(cut)?;
                }
                *next += 1;
                Ok(column.number(&value[..width]))
            }
        }
    }

    fn take(&mut self, column: &Column, page: &[u8], len: usize) -> Result<Value> {
        let end = self.at.checked_add(len).ok_or_else(cut)?;
        let bytes = page.get(self.at..end).ok_or_else(cut)?;
        let begin = std::mem::replace(&mut self.at, end);
        match column.physical {
            Physical::Bytes if column.meaning == Meaning::Plain => Ok(Value::Bytes(begin, end)),
            _ => Ok(column.number(bytes)),
        }
    }
}

fn unknown(encoding: i64) -> crate::Error {
    err!(
        Unsupported,
        "Parquet: found values in encoding {encoding}, which is not read for their type"
    )
}

/// Lengths as differences, the last first, and where what follows begins.
fn lengths(page: &[u8], at: usize) -> Result<(Vec<usize>, usize)> {
    let mut differences = Delta::new(page, at)?;
    let count = differences.left();
    if count > MOST_LENGTHS {
        return Err(err!(
            TooLarge,
            "Parquet: a page has {count} texts, expected at most {MOST_LENGTHS}"
        ));
    }
    let mut lengths = Vec::new();
    for _ in 0..count {
        let len = differences.next(page)?;
        lengths
            .push(usize::try_from(len).map_err(|_| {
                err!(Format, "Parquet: a text has {len} bytes, expected 0 or more")
            })?);
    }
    lengths.reverse();
    Ok((lengths, differences.end()))
}

impl Physical {
    /// Bytes of a value, where all have as many.
    pub fn width(self) -> Option<usize> {
        match self {
            Self::Boolean | Self::Bytes => None,
            Self::Int32 | Self::Float => Some(4),
            Self::Int64 | Self::Double => Some(8),
            Self::Int96 => Some(12),
            Self::Fixed(len) => Some(len).filter(|&len| len > 0),
        }
    }
}

impl Column {
    /// What an integer means.
    fn integer(&self, value: i64) -> Value {
        let number = match self.meaning {
            Meaning::Unsigned if self.physical == Physical::Int32 => f64::from(value as u32),
            Meaning::Unsigned => value.cast_unsigned() as f64,
            Meaning::Decimal(power) => value as f64 / power,
            Meaning::Days => return date(value as f64 * DAY),
            Meaning::Timestamp(per_millisecond) => {
                return date(value.div_euclid(per_millisecond) as f64);
            }
            Meaning::Plain | Meaning::Half => value as f64,
        };
        Value::Number(number)
    }

    /// What the bytes of a number mean.
    fn number(&self, bytes: &[u8]) -> Value {
        match (self.physical, bytes) {
            (Physical::Int32, &[a, b, c, d]) => {
                self.integer(i32::from_le_bytes([a, b, c, d]).into())
            }
            (Physical::Float, &[a, b, c, d]) => float(f32::from_le_bytes([a, b, c, d]).into()),
            (Physical::Int64, &[a, b, c, d, e, f, g, h]) => {
                self.integer(i64::from_le_bytes([a, b, c, d, e, f, g, h]))
            }
            (Physical::Double, &[a, b, c, d, e, f, g, h]) => {
                float(f64::from_le_bytes([a, b, c, d, e, f, g, h]))
            }
            (Physical::Int96, &[a, b, c, d, e, f, g, h, i, j, k, l]) => {
                let nanoseconds = i64::from_le_bytes([a, b, c, d, e, f, g, h]);
                let days = f64::from(u32::from_le_bytes([i, j, k, l])) - JULIAN;
                date(days * DAY + nanoseconds.div_euclid(1_000_000) as f64)
            }
            (Physical::Fixed(_), &[a, b]) if self.meaning == Meaning::Half => {
                half(u16::from_le_bytes([a, b]))
            }
            (_, bytes) => match self.meaning {
                Meaning::Decimal(power) if (1..=16).contains(&bytes.len()) => {
                    let sign = if bytes[0] < 128 { 0 } else { -1 };
                    let value =
                        bytes.iter().fold(sign, |value: i128, &byte| value << 8 | i128::from(byte));
                    Value::Number(value as f64 / power)
                }
                _ => Value::Missing,
            },
        }
    }
}

fn float(number: f64) -> Value {
    if number.is_nan() { Value::Missing } else { Value::Number(number) }
}

fn date(milliseconds: f64) -> Value {
    if in_range(milliseconds) { Value::Number(milliseconds) } else { Value::Missing }
}

/// A number of 16 bits (IEEE 754's binary16).
fn half(bits: u16) -> Value {
    let (exponent, fraction) = (bits >> 10 & 31, f64::from(bits & 1023));
    let power = |exponent: u16| f64::from_bits(u64::from(1023 - 25 + exponent) << 52);
    let magnitude = match exponent {
        0 => fraction * power(1),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => return Value::Missing,
        _ => (1024.0 + fraction) * power(exponent),
    };
    Value::Number(if bits >> 15 == 0 { magnitude } else { -magnitude })
}
