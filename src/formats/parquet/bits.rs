//! Small integers: runs and packed bits, and differences (Parquet's "Encodings", RLE and
//! DELTA_BINARY_PACKED). Values are decoded one at a time, so that a run of any length takes no memory.

use super::thrift::{varint, zigzag};
use crate::{Result, err};

/// The most values of a block of differences.
const LARGEST_BLOCK: u64 = 1 << 16;

fn ended() -> crate::Error {
    err!(Format, "Parquet: a page has fewer values than it announces")
}

/// `width` bits from this bit on, the lowest first; at most 64.
fn bits(bytes: &[u8], begin: usize, width: u32) -> Option<u64> {
    let mut value = 0_u64;
    let mut filled = 0;
    while filled < width {
        let at = begin + filled as usize;
        let (byte, offset) = (*bytes.get(at / 8)?, (at % 8) as u32);
        let taken = (8 - offset).min(width - filled);
        let part = u64::from(byte >> offset) & ((1 << taken) - 1);
        value |= part << filled;
        filled += taken;
    }
    Some(value)
}

/// Runs of one value, and values of as many bits each.
#[derive(Clone, Debug)]
pub(super) struct Hybrid {
    /// Where reading is, and where it ends.
    at: usize,
    end: usize,
    width: u32,
    /// Values of the run to come.
    left: u64,
    run: Run,
}

#[derive(Clone, Copy, Debug)]
enum Run {
    Same(u32),
    /// The bit at which the next value begins.
    Packed(usize),
}

impl Hybrid {
    /// Values of `width` bits, at most 32, in these bytes of a page.
    pub fn new(at: usize, end: usize, width: u32) -> Result<Self> {
        if width > 32 {
            return Err(err!(Format, "Parquet: found values of {width} bits, expected at most 32"));
        }
        Ok(Self { at, end, width, left: 0, run: Run::Same(0) })
    }

    pub fn next(&mut self, page: &[u8]) -> Result<u32> {
        let bytes = page.get(..self.end).ok_or_else(ended)?;
        while self.left == 0 {
            let (header, used) = bytes.get(self.at..).and_then(varint).ok_or_else(ended)?;
            self.at += used;
            if header & 1 == 1 {
                let groups = usize::try_from(header >> 1).map_err(|_| ended())?;
                let packed = groups.checked_mul(self.width as usize).ok_or_else(ended)?;
                self.run = Run::Packed(self.at * 8);
                // The last run may be cut to what is needed.
                self.at = self.at.saturating_add(packed).min(self.end);
                self.left = (header >> 1).saturating_mul(8);
            } else {
                let count = self.width.div_ceil(8);
                let value = bits(bytes, self.at * 8, count * 8).ok_or_else(ended)?;
                self.at += count as usize;
                self.run = Run::Same(value as u32);
                self.left = header >> 1;
            }
        }
        self.left -= 1;
        match &mut self.run {
            Run::Same(value) => Ok(*value),
            Run::Packed(bit) => {
                let value = bits(bytes, *bit, self.width).ok_or_else(ended)?;
                *bit += self.width as usize;
                Ok(value as u32)
            }
        }
    }
}

/// Differences of integers, packed in blocks.
#[derive(Clone, Debug)]
pub(super) struct Delta {
    at: usize,
    /// Values of a block, and of each of its parts.
    block: u64,
    part: u64,
    /// Values to come, and of the block and the part.
    left: u64,
    left_of_block: u64,
    left_of_part: u64,
    last: i64,
    least: i64,
    /// Bits of each part's values, those of the next part last.
    widths: Vec<u8>,
    width: u32,
    bit: usize,
    first: bool,
}

impl Delta {
    pub fn new(page: &[u8], at: usize) -> Result<Self> {
        let mut at = at;
        let mut number = || {
            let (value, used) = page.get(at..).and_then(varint).ok_or_else(ended)?;
            at += used;
            Ok::<_, crate::Error>(value)
        };
        let [block, parts, left, first] = [number()?, number()?, number()?, number()?];
        if block == 0
            || block > LARGEST_BLOCK
            || parts == 0
            || block % parts != 0
            || (block / parts) % 8 != 0
        {
            return Err(err!(
                Format,
                "Parquet: found blocks of {block} differences in {parts} parts"
            ));
        }
        Ok(Self {
            at,
            block,
            part: block / parts,
            left,
            left_of_block: 0,
            left_of_part: 0,
            last: zigzag(first),
            least: 0,
            widths: Vec::new(),
            width: 0,
            bit: 0,
            first: true,
        })
    }

    /// Values to come.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Where what follows begins, once there are none to come.
    pub fn end(&self) -> usize {
        self.at
    }

    pub fn next(&mut self, page: &[u8]) -> Result<i64> {
        self.left = self.left.checked_sub(1).ok_or_else(ended)?;
        if std::mem::take(&mut self.first) {
            return Ok(self.last);
        }
        if self.left_of_block == 0 {
            let (least, used) = page.get(self.at..).and_then(varint).ok_or_else(ended)?;
            let begin = self.at + used;
            let widths = (self.block / self.part) as usize;
            let widths = page.get(begin..begin + widths).ok_or_else(ended)?;
            self.least = zigzag(least);
            self.at = begin + widths.len();
            self.widths.clear();
            self.widths.extend(widths.iter().rev());
            (self.left_of_block, self.left_of_part) = (self.block, 0);
        }
        if self.left_of_part == 0 {
            self.width = self.widths.pop().unwrap_or_default().into();
            if self.width > 64 {
                return Err(err!(Format, "Parquet: found differences of {} bits", self.width));
            }
            self.bit = self.at * 8;
            self.at += self.part as usize / 8 * self.width as usize;
            self.left_of_part = self.part;
        }
        self.left_of_part -= 1;
        self.left_of_block -= 1;
        let difference = bits(page, self.bit, self.width).ok_or_else(ended)?;
        self.bit += self.width as usize;
        self.last = self.last.wrapping_add(self.least).wrapping_add(difference.cast_signed());
        Ok(self.last)
    }
}
