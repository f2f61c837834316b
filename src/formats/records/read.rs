//! Reading of records: by random access, as batches need them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::texts::check_texts;
use super::{
    Answers, BOX, BoxFoot, END_MAGIC, FIXED, Foot, HEAD, HEAD_MAGIC, Head, MOST_JSON, Part,
    VERSION, begin, long, word,
};
use crate::data::{Boxes, Column, Dataset, Kind, LabelledBox, Store, Targets, Values};
use crate::formats::source::Source;
use crate::memory::allocate;
use crate::{Result, err};

/// A file of records that has been written to its end.
pub struct Records {
    head: Head,
    foot: Foot,
    record: usize,
    targets: Targets,
    parts: Vec<Part>,
    boxes: Option<Boxes>,
    source: Mutex<Box<dyn Source>>,
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { head, foot, .. } = self;
        f.debug_struct("Records").field("head", head).field("samples", &foot.samples).finish()
    }
}

/// Head and the place of the first chunk.
pub(super) fn read_head(source: &mut (impl Source + ?Sized)) -> Result<(Head, u64)> {
    let mut fixed = [0; HEAD];
    source.read_at(0, &mut fixed)?;
    if fixed[..8] != HEAD_MAGIC {
        return Err(err!(Format, "records: the file begins with {:02x?}", &fixed[..8]));
    }
    let version = word(&fixed, 8);
    if version != VERSION {
        return Err(err!(Unsupported, "records: found version {version}, expected {VERSION}"));
    }
    let json = read_json(source, HEAD as u64, word(&fixed, 12).into())?;
    let head: Head = from_json("head", &json)?;
    head.record()?;
    Ok((head, begin(json.len())))
}

fn read_json(source: &mut (impl Source + ?Sized), at: u64, len: u64) -> Result<Vec<u8>> {
    if len > MOST_JSON || at.checked_add(len).is_none_or(|end| end > source.len()) {
        return Err(err!(Format, "records: found {len} bytes of JSON at {at}, beyond the file"));
    }
    let mut json = allocate("records' JSON", len as usize)?;
    source.read_at(at, &mut json)?;
    Ok(json)
}

fn from_json<T: serde::de::DeserializeOwned>(what: &str, json: &[u8]) -> Result<T> {
    serde_json::from_slice(json).map_err(|error| err!(Format, "records: {what}: {error}"))
}

impl Records {
    /// Opens a file; reads nothing of its samples.
    ///
    /// # Errors
    /// `Format` if it is none, damaged, or has no end (its writing was interrupted); `Unsupported` for
    /// another version; what the source answers.
    pub fn open(source: impl Source + 'static) -> Result<Self> {
        let mut source: Box<dyn Source> = Box::new(source);
        let (head, first) = read_head(&mut source)?;
        let record = head.record()?;
        let len = source.len();
        let mut end = [0; FIXED];
        let at = len.checked_sub(FIXED as u64).filter(|&at| at >= first);
        let at = at.ok_or_else(unfinished)?;
        source.read_at(at, &mut end)?;
        if end[..8] != END_MAGIC {
            return Err(unfinished());
        }
        let (begin, json) = (long(&end, 8), long(&end, 16));
        let json = read_json(&mut source, begin, json)?;
        let foot: Foot = from_json("foot", &json)?;
        check_chunks(&foot, record as u64, first, begin)?;
        if let Some(texts) = &foot.texts {
            check_texts(texts, foot.samples, first, begin)?;
        }

        let samples = foot.samples as usize;
        let mut place = begin + json.len() as u64;
        let mut take = |bytes: Option<usize>| -> Result<Vec<u8>> {
            let bytes = bytes.filter(|&bytes| place + bytes as u64 <= at);
            let bytes = bytes.ok_or_else(|| err!(Format, "records: the foot is cut off"))?;
            let mut taken = allocate("targets", bytes)?;
            source.read_at(place, &mut taken)?;
            place += bytes as u64;
            Ok(taken)
        };
        let targets = match &foot.targets {
            Answers::Nothing => Targets::None,
            Answers::Classes => {
                let bytes = take(samples.checked_mul(4))?;
                let classes = bytes.as_chunks().0.iter().map(|&class| u32::from_le_bytes(class));
                Targets::Classes(classes.collect())
            }
            Answers::Numbers(shape) => {
                let values = shape.iter().try_fold(samples, |all, &n| all.checked_mul(n));
                let bytes = take(values.and_then(|values| values.checked_mul(4)))?;
                let values = bytes.as_chunks().0.iter().map(|&value| f32::from_le_bytes(value));
                Targets::Dense { shape: shape.clone(), values: values.collect() }
            }
        };
        let parts = if foot.parts { take(Some(samples))? } else { Vec::new() };
        let part = |&part: &u8| Part::ALL.get(usize::from(part)).copied().unwrap_or_default();
        let parts: Vec<Part> = parts.iter().map(part).collect();
        let boxes = match &foot.boxes {
            Some(BoxFoot { count, class_names }) => {
                let counts = take(samples.checked_mul(4))?;
                let counts: Vec<u32> =
                    counts.as_chunks().0.iter().map(|&count| u32::from_le_bytes(count)).collect();
                let all = take((*count as usize).checked_mul(BOX))?;
                let all = all.as_chunks::<BOX>().0.iter().map(labelled_box).collect();
                Some(Boxes::new(class_names.clone(), &counts, all).map_err(damaged)?)
            }
            None => None,
        };
        Ok(Self { head, foot, record, targets, parts, boxes, source: Mutex::new(source) })
    }

    /// What was known before the first sample.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// What was known after the last.
    #[must_use]
    pub fn foot(&self) -> &Foot {
        &self.foot
    }

    /// The part of each sample of the dataset; empty where none was given.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        self.parts.iter().copied().filter(|&part| part != Part::LeftOut).collect()
    }

    /// The samples that are the dataset's, if not all are.
    fn kept(&self) -> Option<Vec<u32>> {
        let parts = (0..).zip(&self.parts);
        let kept: Vec<u32> =
            parts.filter(|(_, part)| **part != Part::LeftOut).map(|(sample, _)| sample).collect();
        (kept.len() < self.parts.len()).then_some(kept)
    }

    /// A dataset that reads its samples when it needs them; `in_memory`, one that has them all.
    ///
    /// # Errors
    /// What [`Dataset::new`] refuses; `TooLarge` where there is no memory for all samples.
    pub fn into_dataset(mut self, in_memory: bool) -> Result<Dataset> {
        let Head { shape, values, preprocessing, .. } = self.head.clone();
        let class_names = self.foot.class_names.clone();
        let kept = self.kept();
        let targets = std::mem::replace(&mut self.targets, Targets::None);
        let boxes = self.boxes.take();
        let records = Arc::new(self);
        let column = if in_memory {
            let samples = records.foot.samples as usize;
            let bytes = samples.checked_mul(records.record);
            let bytes = bytes.ok_or_else(|| err!(TooLarge, "records: more bytes than memory"))?;
            let mut all = allocate("the samples", bytes)?;
            Store::read(&*records, 0, &mut all)?;
            let all = match values {
                Kind::U8 => Values::U8(all),
                Kind::F32 => {
                    let numbers = all.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
                    Values::F32(numbers.collect())
                }
            };
            Column::new(shape, all)?
        } else {
            Column::stored(shape, values, Arc::clone(&records) as _)?
        };
        let mut dataset = Dataset::new(vec![column], targets, class_names, preprocessing)?;
        if let Some(boxes) = boxes {
            dataset = dataset.with_boxes(boxes).map_err(damaged)?;
        }
        if in_memory {
            if let Some(texts) = records.texts_in_memory()? {
                dataset = dataset.with_texts(Arc::new(texts))?;
            }
        } else if records.foot.texts.is_some() {
            dataset = dataset.with_texts(records)?;
        }
        kept.map_or(Ok(dataset.clone()), |kept| dataset.subset(&kept))
    }

    /// What everything is read from.
    pub(super) fn source(&self) -> MutexGuard<'_, Box<dyn Source>> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The chunk that a sample is in: its place in the file, its first sample, and the one after its
    /// last.
    fn chunk_of(&self, sample: u32) -> (u64, u32, u32) {
        let chunks = &self.foot.chunks;
        let after = chunks.partition_point(|&(_, first)| first <= sample);
        let (place, first) = chunks[after - 1];
        (place, first, chunks.get(after).map_or(self.foot.samples, |&(_, first)| first))
    }
}

impl Store for Records {
    fn samples(&self) -> usize {
        self.foot.samples as usize
    }

    fn read(&self, first: usize, into: &mut [u8]) -> Result<()> {
        let mut sample = first as u32;
        let mut rest = into;
        let mut source = self.source();
        while !rest.is_empty() {
            if sample >= self.foot.samples {
                let samples = self.foot.samples;
                return Err(err!(Argument, "sample {sample}: the records have {samples}"));
            }
            let (place, first, end) = self.chunk_of(sample);
            let bytes = rest.len().min((end - sample) as usize * self.record);
            let (now, after) = rest.split_at_mut(bytes);
            let skipped = u64::from(sample - first) * self.record as u64;
            source.read_at(place + skipped, now)?;
            sample += (bytes / self.record) as u32;
            rest = after;
        }
        Ok(())
    }
}

/// Refuses chunks that are not where chunks can be.
fn check_chunks(foot: &Foot, record: u64, begin: u64, end: u64) -> Result<()> {
    let mut place = begin;
    let firsts = foot.chunks.iter().skip(1).map(|&(_, first)| first).chain([foot.samples]);
    let mut sample = 0;
    for (&(at, first), next) in foot.chunks.iter().zip(firsts) {
        let bytes = next.checked_sub(first).and_then(|n| u64::from(n).checked_mul(record));
        let after = bytes.filter(|&bytes| bytes > 0).and_then(|bytes| at.checked_add(bytes));
        let Some(after) = after.filter(|&after| at >= place && first == sample && after <= end)
        else {
            return Err(err!(Format, "records: the chunk of sample {first} lies outside the file"));
        };
        (place, sample) = (after, next);
    }
    if sample != foot.samples {
        return Err(err!(Format, "records: found {sample} of {} samples", foot.samples));
    }
    Ok(())
}

fn labelled_box(bytes: &[u8; BOX]) -> LabelledBox {
    let corners = [0, 4, 8, 12].map(|at| f32::from_bits(word(bytes, at)));
    LabelledBox { corners, class: word(bytes, 16) }
}

fn damaged(error: crate::Error) -> crate::Error {
    err!(Format, "records: {error}")
}

fn unfinished() -> crate::Error {
    err!(Format, "records: the file has no end; what wrote it was interrupted")
}
