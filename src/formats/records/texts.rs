//! The texts that samples were made of, in blocks between the chunks.

use super::read::Records;
use super::{TextFoot, word};
use crate::data::{Excerpt, TextStore, TextsInMemory};
use crate::memory::allocate;
use crate::{Error, Result, err};

/// Bytes of a block, as far as whole samples allow.
#[cfg(feature = "data")]
const BLOCK: usize = 1 << 20;
/// Texts of a block at most, whose lengths are read to find one of them.
const MOST_TEXTS: usize = 4096;

/// Texts that are not written yet.
#[cfg(feature = "data")]
#[derive(Debug, Default)]
pub(super) struct TextBlock {
    lengths: Vec<u8>,
    texts: Vec<u8>,
    /// Samples whose texts were added.
    samples: u32,
    /// The sample that the first is of.
    first: u32,
    foot: Option<TextFoot>,
}

#[cfg(feature = "data")]
impl TextBlock {
    /// Adds the texts of the next sample; true once the block is to be written.
    ///
    /// # Errors
    /// `Shape` for another number of them than before, `TooLarge` for one of 4 GB.
    pub(super) fn add(&mut self, texts: &[&str]) -> Result<bool> {
        let none = TextFoot { columns: texts.len() as u32, blocks: Vec::new() };
        let expected = self.foot.get_or_insert(none).columns;
        if texts.len() != expected as usize || texts.is_empty() || texts.len() > MOST_TEXTS {
            let found = texts.len();
            return Err(err!(Shape, "record: found {found} texts, expected {}", expected.max(1)));
        }
        for text in texts {
            let len = u32::try_from(text.len());
            let len = len.map_err(|_| err!(TooLarge, "text: found {} bytes", text.len()))?;
            self.lengths.extend(len.to_le_bytes());
            self.texts.extend_from_slice(text.as_bytes());
        }
        self.samples += 1;
        let full = self.lengths.len() + 4 * texts.len() > 4 * MOST_TEXTS;
        Ok(full || self.texts.len() >= BLOCK)
    }

    /// Bytes that the block would take.
    pub(super) fn bytes(&self) -> u64 {
        (self.lengths.len() + self.texts.len()) as u64
    }

    /// The block, which will begin at this place; the next one begins empty.
    pub(super) fn take(&mut self, place: u64) -> Vec<u8> {
        let mut block = std::mem::take(&mut self.lengths);
        block.append(&mut self.texts);
        if let Some(foot) = self.foot.as_mut().filter(|_| !block.is_empty()) {
            foot.blocks.push((place, self.first));
        }
        self.first = self.samples;
        block
    }

    /// What the file's end says of texts.
    ///
    /// # Errors
    /// `Data` unless there are some of as many samples as there are, or none.
    pub(super) fn finish(self, samples: u32) -> Result<Option<TextFoot>> {
        if self.foot.is_some() && self.samples != samples {
            let found = self.samples;
            return Err(err!(Data, "records: found texts of {found} of {samples} samples"));
        }
        Ok(self.foot)
    }
}

/// Refuses blocks of texts that are not where they can be: behind `begin`, and before `end`.
pub(super) fn check_texts(foot: &TextFoot, samples: u32, begin: u64, end: u64) -> Result<()> {
    let mut place = begin;
    let nexts = foot.blocks.iter().skip(1).map(|&(_, first)| first).chain([samples]);
    let mut sample = 0;
    for (&(at, first), next) in foot.blocks.iter().zip(nexts) {
        let texts = next.checked_sub(first).map(|n| u64::from(n) * u64::from(foot.columns));
        let texts = texts.filter(|texts| (1..=MOST_TEXTS as u64).contains(texts));
        let after = texts.and_then(|texts| at.checked_add(4 * texts));
        let Some(after) = after.filter(|&after| at >= place && first == sample && after <= end)
        else {
            return Err(err!(Format, "records: the texts of sample {first} lie outside the file"));
        };
        (place, sample) = (after, next);
    }
    if sample != samples {
        return Err(err!(Format, "records: found texts of {sample} of {samples} samples"));
    }
    Ok(())
}

/// Where the texts of a sample are: in a block that begins here and has those of so many samples, of
/// which this one is number `at`.
struct Place {
    block: u64,
    at: usize,
    samples: usize,
}

impl Records {
    /// The block that the texts of a sample are in.
    fn texts_at(&self, foot: &TextFoot, sample: u32) -> Result<Place> {
        let after = foot.blocks.partition_point(|&(_, first)| first <= sample);
        let block = after.checked_sub(1).and_then(|at| foot.blocks.get(at));
        let samples = self.foot().samples;
        let Some(&(block, first)) = block.filter(|_| sample < samples) else {
            return Err(err!(Argument, "sample {sample}: the records have {samples}"));
        };
        let end = foot.blocks.get(after).map_or(samples, |&(_, first)| first);
        Ok(Place { block, at: (sample - first) as usize, samples: (end - first) as usize })
    }

    /// The lengths of so many texts of a block, and where the texts begin.
    fn lengths(&self, block: u64, texts: usize) -> Result<(Vec<u8>, u64)> {
        let mut lengths = allocate("the lengths of texts", 4 * texts)?;
        self.source().read_at(block, &mut lengths)?;
        let begin = block + lengths.len() as u64;
        Ok((lengths, begin))
    }

    /// The first bytes, at most so many, of a text of `len` bytes.
    fn text(&self, place: u64, len: u64, most: usize) -> Result<Vec<u8>> {
        let mut source = self.source();
        if place.checked_add(len).is_none_or(|end| end > source.len()) {
            return Err(err!(Format, "records: found a text outside the file"));
        }
        let mut bytes = allocate("a text", len.min(most as u64) as usize)?;
        source.read_at(place, &mut bytes)?;
        Ok(bytes)
    }

    /// All texts, where there are some.
    pub(super) fn texts_in_memory(&self) -> Result<Option<TextsInMemory>> {
        let Some(foot) = &self.foot().texts else { return Ok(None) };
        let columns = foot.columns as usize;
        let mut all = TextsInMemory::default();
        // Blocks could all lead to the same bytes.
        let mut left = self.source().len();
        for &(block, first) in &foot.blocks {
            let Place { samples, .. } = self.texts_at(foot, first)?;
            let (lengths, begin) = self.lengths(block, columns * samples)?;
            let lengths = lengths.as_chunks().0.iter().map(|&len| u32::from_le_bytes(len) as usize);
            let lengths: Vec<usize> = lengths.collect();
            let len = lengths.iter().map(|&len| len as u64).sum();
            left = left.checked_sub(len).ok_or_else(|| {
                err!(Format, "records: found texts of more bytes than the file has")
            })?;
            let bytes = self.text(begin, len, usize::MAX)?;
            let mut rest = str(&bytes)?;
            for lengths in lengths.chunks(columns) {
                let mut texts = Vec::with_capacity(columns);
                for &len in lengths {
                    let (text, after) = rest.split_at_checked(len).ok_or_else(damaged)?;
                    texts.push(text);
                    rest = after;
                }
                all.push(texts);
            }
        }
        Ok(Some(all))
    }
}

impl TextStore for Records {
    fn samples(&self) -> usize {
        self.foot().samples as usize
    }

    fn read(&self, sample: usize, most: usize) -> Result<Vec<Excerpt>> {
        let Some(foot) = &self.foot().texts else { return Ok(Vec::new()) };
        let columns = foot.columns as usize;
        let Place { block, at, samples } = self.texts_at(foot, sample as u32)?;
        let (lengths, begin) = self.lengths(block, columns * samples)?;
        let length = |text: usize| u64::from(word(&lengths, 4 * text));
        let mut place = begin + (0..at * columns).map(length).sum::<u64>();
        (at * columns..(at + 1) * columns)
            .map(|text| {
                let len = length(text);
                let bytes = self.text(place, len, most)?;
                place += len;
                excerpt(&bytes, (bytes.len() as u64) < len)
            })
            .collect()
    }
}

/// What was read of a text, without the character that was cut.
fn excerpt(bytes: &[u8], is_cut: bool) -> Result<Excerpt> {
    let whole = match std::str::from_utf8(bytes) {
        Err(error) if is_cut && error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    };
    Ok(Excerpt { text: str(whole)?.to_owned(), is_cut })
}

fn str(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| damaged())
}

fn damaged() -> Error {
    err!(Format, "records: found a text that is no UTF-8, the file is damaged")
}

#[cfg(all(test, feature = "data"))]
mod tests;
