//! Samples on their way into the file.

use std::collections::BTreeMap;
use std::mem::replace;

use serde_json::{Map, Value, json};

use super::leaf::{Known, Leaf};
use super::options::{Options, Summary};
use super::placed::Placed;
use super::summary::TableSummary;
use crate::data::report::{DataReport, Impression, UnreadableFile};
use crate::data::{Image, Kind, Preprocessing};
use crate::formats::records::{Checkpoint, Finish, Head, Part, Sink, Writer};
use crate::{Result, err};

/// Pixels a side of a sample whose size nobody chose.
const MOST_DEFAULT_SIDE: usize = 512;

/// A file of records that is written, from its first sample on.
pub(super) struct Output<S> {
    place: Place<S>,
    source: String,
    /// Remarks from before the first sample.
    early: Vec<(usize, Value)>,
    answers: Option<Finish>,
}

/// What is known before the first sample, and what writes.
struct Open<S> {
    head: Head,
    writer: Writer<S>,
}

enum Place<S> {
    /// Nothing is written yet.
    Sink(S),
    Open(Box<Open<S>>),
    /// In between, and after a failure.
    Gone,
}

impl<S: Sink> Output<S> {
    /// Goes on with what the sink holds, if that is the same import; says what became of its files.
    pub(super) fn new(
        options: &Options,
        source: &str,
        sink: S,
    ) -> Result<(Self, BTreeMap<usize, Known>)> {
        let options = serde_json::to_string(options);
        let options = options.map_err(|error| err!(Argument, "options: {error}"))?;
        let source = format!("{options} {source}");
        let mut known = BTreeMap::new();
        let place = match Writer::resume(sink, &source)? {
            Err(sink) => Place::Sink(sink),
            Ok((writer, head, resumed)) => {
                known = resumed.notes.iter().chain(&resumed.remarks).filter_map(known_of).collect();
                if known.len() < resumed.notes.len() {
                    // Samples of arrays: they are written anew, which takes less than reading them did.
                    known.clear();
                    Place::Sink(writer.into_sink())
                } else {
                    Place::Open(Box::new(Open { head, writer }))
                }
            }
        };
        Ok((Self { place, source, early: Vec::new(), answers: None }, known))
    }

    pub(super) fn samples(&self) -> u64 {
        if let Place::Open(open) = &self.place { open.writer.samples() } else { 0 }
    }

    pub(super) fn bytes(&self) -> u64 {
        if let Place::Open(open) = &self.place { open.writer.bytes() } else { 0 }
    }

    /// Adds an image that was turned by an EXIF orientation; the first decides about the shape where nobody
    /// did. Says where it lies in its sample.
    pub(super) fn image(
        &mut self,
        options: &Options,
        number: usize,
        leaf: &Leaf,
        (image, orientation): (Image, u8),
        seen: &Impression,
    ) -> Result<Placed> {
        let given = image.shape();
        let default = Preprocessing::default();
        let preprocessing = options.preprocessing.as_ref().unwrap_or(&default);
        let (sample, placement) = match &self.place {
            Place::Open(open) => preprocessing.prepare_placed(image, &open.head.shape)?,
            _ => {
                let shape = shape_of(options, &image);
                let sample = preprocessing.prepare_placed(image, &shape)?;
                self.begin(shape, Kind::U8, preprocessing.clone())?;
                sample
            }
        };
        let Place::Open(open) = &mut self.place else { return Err(gone()) };
        let as_it_came = open.head.shape == given && preprocessing.image.is_empty();
        let placed = Placed::new([given[0], given[1]], orientation, placement);
        // Otherwise its size says it.
        let moved = (orientation != 1 || !preprocessing.image.is_empty()).then_some(&placed);
        let seen = (!as_it_came || moved.is_some()).then_some(seen);
        let note = note(number, leaf, seen, moved)?;
        open.writer.reached(Checkpoint { files: number as u64 + 1, samples: 0 });
        open.writer.push(&sample, note)?;
        Ok(placed)
    }

    /// Height and width of the samples, which are pictures; none before the first.
    pub(super) fn picture_size(&self) -> [usize; 2] {
        match &self.place {
            Place::Open(open) => match open.head.shape[..] {
                [height, width, _] => [height, width],
                _ => [0; 2],
            },
            _ => [0; 2],
        }
    }

    /// An image that was written before an interruption.
    pub(super) fn written(&mut self, sample: u32) -> Result<Image> {
        let Place::Open(open) = &mut self.place else { return Err(gone()) };
        let Open { head, writer } = &mut **open;
        let bytes = writer.read(sample)?;
        match head.shape[..] {
            [height, width, channels] => Image::new(height, width, channels, bytes),
            ref shape => Err(err!(Shape, "records: found {shape:?}, expected images")),
        }
    }

    /// Begins the file of samples that are no files of their own, in place of any other.
    pub(super) fn begin_rows(
        &mut self,
        shape: Vec<usize>,
        kind: Kind,
        preprocessing: Preprocessing,
    ) -> Result<()> {
        self.place = match replace(&mut self.place, Place::Gone) {
            // Pictures beside what turned out to be the dataset.
            Place::Open(open) => Place::Sink(open.writer.into_sink()),
            other => other,
        };
        self.begin(shape, kind, preprocessing)
    }

    /// Adds a sample of a file that holds many, and the texts that it was made of, if it was.
    pub(super) fn row(&mut self, bytes: &[u8], texts: &[&str]) -> Result<()> {
        let writer = self.writer()?;
        writer.push(bytes, Value::Null)?;
        if texts.is_empty() { Ok(()) } else { writer.push_texts(texts) }
    }

    /// Says what the samples' targets are.
    pub(super) fn answer(&mut self, answers: Finish) {
        self.answers = Some(answers);
    }

    /// Notes a file that is left out.
    pub(super) fn remark(&mut self, leaf: usize, unreadable: &UnreadableFile) -> Result<()> {
        let remark = json!([leaf, unreadable]);
        match &mut self.place {
            Place::Open(open) => {
                let writer = &mut open.writer;
                writer.reached(Checkpoint { files: leaf as u64 + 1, samples: 0 });
                writer.remark(remark);
            }
            _ => self.early.push((leaf, remark)),
        }
        Ok(())
    }

    /// Writes the end.
    pub(super) fn finish(
        self,
        unreadable: &[UnreadableFile],
        report: Option<DataReport>,
        table: Option<&TableSummary>,
    ) -> Result<(S, Summary)> {
        let (Place::Open(open), Some(answers)) = (self.place, self.answers) else {
            return Err(err!(Format, "import: found no sample, expected at least one"));
        };
        let said = report.map_or(Ok(Value::Object(Map::new())), serde_json::to_value);
        let mut report = said.map_err(|error| err!(Format, "report: {error}"))?;
        report["unreadable"] = json!(unreadable);
        if let Some(table) = table {
            report["table"] = json!(table);
        }
        let end = Finish { report, ..answers };
        let class_names = end.class_names.clone();
        let left_out = end.parts.iter().filter(|&&part| part == Part::LeftOut).count();
        let Open { head, writer } = *open;
        let (sink, samples) = writer.finish(end)?;
        let summary = Summary {
            samples: samples - left_out as u32,
            bytes: sink.len(),
            shape: head.shape,
            class_names,
            unreadable: unreadable.to_vec(),
        };
        Ok((sink, summary))
    }

    fn begin(&mut self, shape: Vec<usize>, kind: Kind, steps: Preprocessing) -> Result<()> {
        let source = self.source.clone();
        let head = Head { shape, values: kind, preprocessing: steps, source };
        let Place::Sink(sink) = replace(&mut self.place, Place::Gone) else {
            return Err(gone());
        };
        let mut writer = Writer::create(sink, &head)?;
        for (leaf, remark) in self.early.drain(..) {
            writer.reached(Checkpoint { files: leaf as u64 + 1, samples: 0 });
            writer.remark(remark);
        }
        self.place = Place::Open(Box::new(Open { head, writer }));
        Ok(())
    }

    fn writer(&mut self) -> Result<&mut Writer<S>> {
        match &mut self.place {
            Place::Open(open) => Ok(&mut open.writer),
            _ => Err(gone()),
        }
    }
}

fn gone() -> crate::Error {
    err!(Storage, "import: it cannot go on after it failed")
}

/// A note of a sample: with what was seen of it, unless the sample itself shows that, and where its picture
/// lies in it, unless its size says that.
fn note(
    number: usize,
    leaf: &Leaf,
    seen: Option<&Impression>,
    moved: Option<&Placed>,
) -> Result<Value> {
    let mut note =
        vec![json!(number), json!(leaf.path), json!(leaf.format.map_or("", |format| format.name))];
    note.extend(seen.map(|seen| json!(seen.to_text())));
    if let Some(placed) = moved {
        let placed = serde_json::to_value(placed);
        note.push(placed.map_err(|error| err!(Format, "import: {error}"))?);
    }
    Ok(Value::Array(note))
}

/// What a note or a remark says of a file.
fn known_of(note: &Value) -> Option<(usize, Known)> {
    let leaf = usize::try_from(note.get(0)?.as_u64()?).ok()?;
    if let Some(path) = note.get(1)?.as_str() {
        let format = note.get(2)?.as_str()?.into();
        let seen = match note.get(3) {
            Some(seen) => Some(Impression::from_text(seen.as_str()?)?),
            None => None,
        };
        let placed = match note.get(4) {
            Some(placed) => Some(serde_json::from_value(placed.clone()).ok()?),
            None => None,
        };
        return Some((leaf, Known { path: path.into(), format, unreadable: None, seen, placed }));
    }
    let unreadable: UnreadableFile = serde_json::from_value(note.get(1)?.clone()).ok()?;
    let path = unreadable.name.clone();
    let (format, unreadable) = (String::new(), Some(unreadable));
    Some((leaf, Known { path, format, unreadable, seen: None, placed: None }))
}

/// What was chosen, what the image steps give, or what the image is like.
fn shape_of(options: &Options, image: &Image) -> Vec<usize> {
    let [height, width, _] = image.shape();
    let longest = height.max(width);
    let shrunk = |side: usize| {
        let rounded = (side * MOST_DEFAULT_SIDE + longest / 2) / longest;
        if longest > MOST_DEFAULT_SIDE { rounded.max(1) } else { side }
    };
    let given = [shrunk(height), shrunk(width), if image.is_gray() { 1 } else { 3 }];
    let steps = options.preprocessing.as_ref();
    let mut shape = steps.map_or(given, |steps| steps.image_shape(given));
    if let Some(size) = options.size {
        [shape[0], shape[1]] = size.map(|side| side as usize);
    }
    if let Some(channels) = options.channels {
        shape[2] = channels as usize;
    }
    shape.to_vec()
}
