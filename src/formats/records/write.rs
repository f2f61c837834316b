//! Writing of records, a chunk at a time.

use std::mem::take;

use serde::{Deserialize, Serialize};

use super::read::read_head;
use super::texts::TextBlock;
use super::{
    Answers, BOX, BoxFoot, CHUNK_MAGIC, END_MAGIC, FIXED, Foot, HEAD_MAGIC, Head, MOST_JSON, Part,
    Sink, VERSION, begin, long, word,
};
use crate::data::{Boxes, Kind};
use crate::memory::allocate;
use crate::{Result, err};

/// Bytes of samples of a chunk, as far as whole samples allow: what is lost at most when writing is
/// interrupted.
const CHUNK: usize = 4 << 20;
/// Samples of a chunk at most.
const MOST_SAMPLES: usize = 1 << 16;

/// What an import is told when it goes on, for the samples of all chunks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resumed {
    /// What was noted of each sample, in their order.
    pub notes: Vec<serde_json::Value>,
    /// What was noted besides, in the order in which it was.
    pub remarks: Vec<serde_json::Value>,
    /// How far the input was read.
    pub checkpoint: Checkpoint,
}

/// How far an input was read when a chunk was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Files that have been read to their end.
    pub files: u64,
    /// Samples of the next that have been read.
    pub samples: u64,
}

/// What a file ends with.
#[derive(Clone, Debug)]
pub struct Finish {
    /// What the network should answer.
    pub labels: Labels,
    /// Names of the classes.
    pub class_names: Vec<String>,
    /// The part of each sample; empty where none is given.
    pub parts: Vec<Part>,
    /// What is to be seen where, if that is known.
    pub boxes: Option<Boxes>,
    /// What else is to be known.
    pub report: serde_json::Value,
}

/// The targets of all samples.
#[derive(Clone, Debug, PartialEq)]
pub enum Labels {
    /// None.
    Nothing,
    /// A class each.
    Classes(Vec<u32>),
    /// Numbers of a shape each.
    Numbers {
        /// Of one sample.
        shape: Vec<usize>,
        /// Sample after sample.
        values: Vec<f32>,
    },
}

/// Writes a file of records.
pub struct Writer<S> {
    sink: S,
    record: usize,
    values: Kind,
    /// Samples that are not written yet, and what is noted of them.
    chunk: Vec<u8>,
    notes: Resumed,
    /// Texts that are not written yet.
    texts: TextBlock,
    chunks: Vec<(u64, u32)>,
    written: u32,
    /// Where the next chunk begins.
    end: u64,
}

impl<S: Sink> Writer<S> {
    /// Begins a file, in place of whatever the sink holds.
    ///
    /// # Errors
    /// `Format` for a shape without values, and what the sink answers.
    pub fn create(mut sink: S, head: &Head) -> Result<Self> {
        let record = head.record()?;
        let json = to_json(head)?;
        let end = begin(json.len());
        let mut bytes = HEAD_MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((json.len() as u32).to_le_bytes());
        bytes.extend(json);
        bytes.resize(end as usize, 0);
        sink.truncate(0)?;
        sink.write_at(0, &bytes)?;
        Ok(Self::at(sink, record, head.values, end))
    }

    fn at(sink: S, record: usize, values: Kind, end: u64) -> Self {
        let (chunk, notes, texts) = (Vec::new(), Resumed::default(), TextBlock::default());
        Self { sink, record, values, chunk, notes, texts, chunks: Vec::new(), written: 0, end }
    }

    /// Goes on with a file whose writing was interrupted, after its last whole chunk, if it was made
    /// from the same `source`. Otherwise the sink comes back as it was.
    ///
    /// # Errors
    /// What the sink answers.
    pub fn resume(
        mut sink: S,
        source: &str,
    ) -> Result<std::result::Result<(Self, Head, Resumed), S>> {
        let Ok((head, first)) = read_head(&mut sink) else { return Ok(Err(sink)) };
        if head.source != source {
            return Ok(Err(sink));
        }
        let record = head.record()?;
        let mut writer = Self::at(sink, record, head.values, first);
        let mut resumed = Resumed::default();
        while let Some(notes) = writer.next_chunk()? {
            resumed.notes.extend(notes.notes);
            resumed.remarks.extend(notes.remarks);
            resumed.checkpoint = notes.checkpoint;
        }
        writer.sink.truncate(writer.end)?;
        writer.notes.checkpoint = resumed.checkpoint;
        Ok(Ok((writer, head, resumed)))
    }

    /// The notes of the chunk at the end, if it is whole; moves behind it.
    fn next_chunk(&mut self) -> Result<Option<Resumed>> {
        let rest = self.sink.len().saturating_sub(self.end);
        let mut fixed = [0; FIXED];
        if rest < FIXED as u64 {
            return Ok(None);
        }
        self.sink.read_at(self.end, &mut fixed)?;
        let (samples, data, notes) = (word(&fixed, 4), long(&fixed, 8), long(&fixed, 16));
        let whole = fixed[..4] == CHUNK_MAGIC
            && is_sum(word(&fixed, 28), &fixed[..28])
            && u64::from(samples).checked_mul(self.record as u64) == Some(data)
            && notes <= MOST_JSON
            && (FIXED as u64 + notes).checked_add(data).is_some_and(|bytes| bytes <= rest)
            && self.written.checked_add(samples).is_some();
        if !whole {
            return Ok(None);
        }
        let begin = self.end + FIXED as u64;
        let mut content = allocate("a chunk of records", (data + notes) as usize)?;
        self.sink.read_at(begin, &mut content)?;
        if !is_sum(word(&fixed, 24), &content) {
            return Ok(None);
        }
        let Ok(notes) = serde_json::from_slice::<Resumed>(&content[data as usize..]) else {
            return Ok(None);
        };
        if notes.notes.len() != samples as usize {
            return Ok(None);
        }
        if samples > 0 {
            self.chunks.push((begin, self.written));
        }
        self.written += samples;
        self.end = begin + content.len() as u64;
        Ok(Some(notes))
    }

    /// What is written to.
    pub fn into_sink(self) -> S {
        self.sink
    }

    /// Reads a sample that has been written to the sink.
    ///
    /// # Errors
    /// `Argument` if it has not, and what the sink answers.
    pub fn read(&mut self, sample: u32) -> Result<Vec<u8>> {
        let after = self.chunks.partition_point(|&(_, first)| first <= sample);
        let chunk = after.checked_sub(1).and_then(|at| self.chunks.get(at));
        let Some(&(place, first)) = chunk.filter(|_| sample < self.written) else {
            return Err(err!(Argument, "record {sample}: found {} of them", self.written));
        };
        let mut bytes = allocate("a record", self.record)?;
        self.sink.read_at(place + u64::from(sample - first) * self.record as u64, &mut bytes)?;
        Ok(bytes)
    }

    /// Samples so far.
    #[must_use]
    pub fn samples(&self) -> u64 {
        u64::from(self.written) + self.notes.notes.len() as u64
    }

    /// Bytes of the file so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.end + self.chunk.len() as u64 + self.texts.bytes()
    }

    /// Adds a sample with what is noted of it.
    ///
    /// # Errors
    /// `Shape` for another number of bytes, `Data` for a number that is not finite, `TooLarge` beyond
    /// 2^32 - 1 samples, and what the sink answers.
    pub fn push(&mut self, bytes: &[u8], note: serde_json::Value) -> Result<()> {
        if bytes.len() != self.record {
            let (found, record) = (bytes.len(), self.record);
            return Err(err!(Shape, "record: found {found} bytes, expected {record}"));
        }
        if self.samples() >= u64::from(u32::MAX) {
            return Err(err!(TooLarge, "records: expected at most {} samples", u32::MAX));
        }
        if self.values == Kind::F32 {
            let numbers = bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
            if let Some((at, value)) = numbers.enumerate().find(|(_, value)| !value.is_finite()) {
                return Err(err!(Data, "value {at} is {value}, expected a finite number"));
            }
        }
        self.chunk.extend_from_slice(bytes);
        self.notes.notes.push(note);
        let full = self.chunk.len() + self.record > CHUNK;
        if full || self.notes.notes.len() == MOST_SAMPLES {
            self.seal()?;
        }
        Ok(())
    }

    /// Adds the texts that the sample was made of which was added last. Either all samples have them, as
    /// many each, or none.
    ///
    /// # Errors
    /// `Shape` for another number of them than before, and what the sink answers.
    pub fn push_texts(&mut self, texts: &[&str]) -> Result<()> {
        if self.texts.add(texts)? { self.seal_texts() } else { Ok(()) }
    }

    /// Writes the texts that are not written yet as a block.
    fn seal_texts(&mut self) -> Result<()> {
        let block = self.texts.take(self.end);
        self.sink.write_at(self.end, &block)?;
        self.end += block.len() as u64;
        Ok(())
    }

    /// Notes something that is no sample.
    pub fn remark(&mut self, remark: serde_json::Value) {
        self.notes.remarks.push(remark);
    }

    /// Says how far the input is read once the sample or the remark that comes next is written.
    pub fn reached(&mut self, checkpoint: Checkpoint) {
        self.notes.checkpoint = checkpoint;
    }

    /// Writes the samples that are not written yet as a chunk.
    ///
    /// # Errors
    /// What the sink answers.
    pub fn seal(&mut self) -> Result<()> {
        if self.notes.notes.is_empty() && self.notes.remarks.is_empty() {
            return Ok(());
        }
        let checkpoint = self.notes.checkpoint;
        let notes = take(&mut self.notes);
        self.notes.checkpoint = checkpoint;
        let samples = notes.notes.len() as u32;
        let json = to_json(&notes)?;
        let data = self.chunk.len();
        self.chunk.extend_from_slice(&json);
        let mut fixed = CHUNK_MAGIC.to_vec();
        fixed.extend(samples.to_le_bytes());
        fixed.extend((data as u64).to_le_bytes());
        fixed.extend((json.len() as u64).to_le_bytes());
        fixed.extend(crc32fast::hash(&self.chunk).to_le_bytes());
        fixed.extend(crc32fast::hash(&fixed).to_le_bytes());
        let begin = self.end + FIXED as u64;
        self.sink.write_at(begin, &self.chunk)?;
        self.sink.write_at(self.end, &fixed)?;
        if samples > 0 {
            self.chunks.push((begin, self.written));
        }
        self.written += samples;
        self.end = begin + self.chunk.len() as u64;
        self.chunk.clear();
        Ok(())
    }

    /// Writes the end; returns the sink and the number of samples.
    ///
    /// # Errors
    /// `Data` for no samples, or targets, parts, boxes or texts that are not of as many as they, and what
    /// the sink answers.
    pub fn finish(mut self, finish: Finish) -> Result<(S, u32)> {
        self.seal()?;
        self.seal_texts()?;
        let samples = self.written as usize;
        if samples == 0 {
            return Err(err!(Data, "records: found no samples, expected at least 1"));
        }
        let Finish { labels, class_names, parts, boxes, report } = finish;
        let (targets, count, bytes): (_, _, Vec<u8>) = match labels {
            Labels::Nothing => (Answers::Nothing, samples, Vec::new()),
            Labels::Classes(classes) => {
                let bytes = classes.iter().flat_map(|class| class.to_le_bytes());
                (Answers::Classes, classes.len(), bytes.collect())
            }
            Labels::Numbers { shape, values } => {
                let width = shape.iter().product::<usize>().max(1);
                let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                (Answers::Numbers(shape), values.len() / width, bytes)
            }
        };
        if count != samples || !(parts.is_empty() || parts.len() == samples) {
            let parts = parts.len();
            return Err(err!(
                Data,
                "records: found {count} targets and {parts} parts of {samples} samples"
            ));
        }
        if let Some(found) = boxes.as_ref().map(Boxes::samples).filter(|&found| found != samples) {
            return Err(err!(Data, "records: found boxes of {found} of {samples} samples"));
        }
        let foot = Foot {
            samples: self.written,
            targets,
            class_names,
            chunks: self.chunks,
            parts: !parts.is_empty(),
            boxes: boxes.as_ref().map(|boxes| BoxFoot {
                count: boxes.all().len() as u32,
                class_names: boxes.class_names().to_vec(),
            }),
            texts: self.texts.finish(self.written)?,
            report,
        };
        let mut content = to_json(&foot)?;
        let json = content.len() as u64;
        content.extend(bytes);
        content.extend(parts.iter().map(|&part| part as u8));
        if let Some(boxes) = &boxes {
            let taken = 4 * samples + BOX * boxes.all().len();
            content.reserve(taken);
            content.extend(boxes.counts().flat_map(u32::to_le_bytes));
            for labelled in boxes.all() {
                content.extend(labelled.corners.iter().flat_map(|edge| edge.to_le_bytes()));
                content.extend(labelled.class.to_le_bytes());
            }
        }
        let mut end = END_MAGIC.to_vec();
        end.extend(self.end.to_le_bytes());
        end.extend(json.to_le_bytes());
        end.extend(crc32fast::hash(&content).to_le_bytes());
        end.extend(crc32fast::hash(&end).to_le_bytes());
        self.sink.write_at(self.end, &content)?;
        // The end comes when all before it is where it stays.
        self.sink.flush()?;
        self.sink.write_at(self.end + content.len() as u64, &end)?;
        self.sink.flush()?;
        Ok((self.sink, self.written))
    }
}

/// Whether this is the sum of these bytes; a fuzzer is spared from finding sums.
fn is_sum(sum: u32, bytes: &[u8]) -> bool {
    cfg!(fuzzing) || sum == crc32fast::hash(bytes)
}

fn to_json(value: &impl Serialize) -> Result<Vec<u8>> {
    let json = serde_json::to_vec(value).map_err(|error| err!(Format, "records: {error}"))?;
    if json.len() as u64 > MOST_JSON {
        return Err(err!(TooLarge, "records: found {} bytes of JSON", json.len()));
    }
    Ok(json)
}
