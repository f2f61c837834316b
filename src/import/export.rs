//! Export: a dataset as a zip archive with a folder for each class, and for each part where there are
//! some, a file for each sample; or of rows, with a table for each part. Boxes go into `annotations`,
//! in COCO's format, a file for each part.

mod table;

use std::collections::BTreeMap;
use std::io::{self, Cursor, Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use self::table::Table;
use crate::data::{LabelledBox, Part, Values};
use crate::formats::annotations::{AnnotatedImage, coco};
use crate::formats::npy;
use crate::formats::records::Sink;
use crate::{Error, Result, err};

/// Where the folders of parts are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum PartFolders {
    /// There are none.
    #[default]
    None,
    /// Above those of the classes: `train/cat`. Every sample is of a part.
    Above,
    /// Below those of the classes, where the samples are that are of a part: `cat/train` beside `cat`.
    Below,
}

/// An archive that is written, a sample at a time. Images of bytes become PNG files, texts are written as
/// they are, and everything else becomes NumPy's npy.
pub struct Export<S: Sink> {
    archive: ZipWriter<SinkWriter<S>>,
    parts: PartFolders,
    samples: u64,
    /// The path and the size of the last image.
    last: Option<(String, [u32; 2])>,
    /// The table that rows are added to.
    table: Option<Table>,
    /// Images with boxes, by their part.
    annotated: BTreeMap<Option<Part>, Vec<AnnotatedImage>>,
}

impl<S: Sink> Export<S> {
    /// An archive in place of whatever the sink holds.
    ///
    /// # Errors
    /// What the sink answers.
    pub fn new(mut sink: S, parts: PartFolders) -> Result<Self> {
        sink.truncate(0)?;
        let archive = ZipWriter::new(SinkWriter { sink, at: 0 });
        let annotated = BTreeMap::new();
        Ok(Self { archive, parts, samples: 0, last: None, table: None, annotated })
    }

    /// Adds a sample of this shape to the folder of this name, of this part.
    ///
    /// # Errors
    /// `Shape` if the values are not as many as the shape says, and what the sink answers.
    pub fn add(
        &mut self,
        folder: &str,
        part: Option<Part>,
        shape: &[usize],
        values: &Values,
    ) -> Result<()> {
        let volume = shape.iter().try_fold(1_usize, |all, &size| all.checked_mul(size));
        if volume != Some(values.len()) {
            let found = values.len();
            return Err(err!(Shape, "export: found {found} values of a sample of shape {shape:?}"));
        }
        let (ending, bytes) = match (values, shape) {
            (Values::U8(pixels), &[height, width] | &[height, width, 1 | 3]) => {
                ("png", png(height, width, pixels)?)
            }
            _ => ("npy", npy(shape, values)),
        };
        let path = self.start(folder, part, ending)?;
        self.last = match *shape {
            [height, width] | [height, width, _] => Some((path, [height as u32, width as u32])),
            _ => None,
        };
        self.archive.write_all(&bytes).map_err(from_io)
    }

    /// Adds a text to the folder of this name, of this part.
    ///
    /// # Errors
    /// What the sink answers.
    pub fn add_text(&mut self, folder: &str, part: Option<Part>, text: &str) -> Result<()> {
        self.start(folder, part, "txt")?;
        self.last = None;
        self.archive.write_all(text.as_bytes()).map_err(from_io)
    }

    /// Begins the file of the next sample; answers its path.
    fn start(&mut self, folder: &str, part: Option<Part>, ending: &str) -> Result<String> {
        let (class, number) = (safe(folder), self.samples);
        self.samples += 1;
        let folder = match (self.parts, part) {
            (PartFolders::Above, Some(part)) => format!("{}/{class}", short(part)),
            (PartFolders::Below, Some(part)) => format!("{class}/{}", short(part)),
            _ => class,
        };
        self.table = None;
        let path = format!("{folder}/{number:06}.{ending}");
        // What is packed already gains nothing.
        let options = if ending == "png" {
            SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
        } else {
            packed()
        };
        self.archive.start_file(path.as_str(), options).map_err(from_zip)?;
        Ok(path)
    }

    /// Says what is to be seen in the image that was added last, which was given for this part, or for
    /// none.
    ///
    /// # Errors
    /// `Argument` if that was no image.
    pub fn annotate(&mut self, part: Option<Part>, boxes: Vec<LabelledBox>) -> Result<()> {
        let Some((path, size)) = self.last.take() else {
            return Err(err!(Argument, "export: found boxes of what is no image"));
        };
        // In `images`, where those of COCO lie, names are of files alone.
        let name = path.strip_prefix("images/").unwrap_or(&path).to_owned();
        let image = AnnotatedImage { name, size: Some(size), boxes };
        self.annotated.entry(part).or_default().push(image);
        Ok(())
    }

    /// Writes the boxes, of these classes, and the archive's directory.
    ///
    /// # Errors
    /// What the sink answers.
    pub fn finish(mut self, box_class_names: &[String]) -> Result<S> {
        for (part, images) in &self.annotated {
            let path = match part {
                None => "annotations/instances.json".into(),
                Some(part) => format!("annotations/instances_{}.json", short(*part)),
            };
            let options = SimpleFileOptions::default();
            self.archive.start_file(path, options).map_err(from_zip)?;
            let file = coco::write(box_class_names, images)?;
            self.archive.write_all(&file).map_err(from_io)?;
        }
        let mut sink = self.archive.finish().map_err(from_zip)?.sink;
        sink.flush()?;
        Ok(sink)
    }
}

/// How files are written that are not packed already.
fn packed() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

/// What files and folders of a part are called.
fn short(part: Part) -> &'static str {
    match part {
        Part::Train => "train",
        Part::Validation => "val",
        Part::Test => "test",
    }
}

/// A folder's name that every system takes.
fn safe(name: &str) -> String {
    let clean = |symbol: char| match symbol {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\0'..='\x1f' => '_',
        other => other,
    };
    let name: String = name.chars().map(clean).collect();
    if name.trim_matches('.').is_empty() { "samples".into() } else { name }
}

fn png(height: usize, width: usize, pixels: &[u8]) -> Result<Vec<u8>> {
    use image::codecs::png::PngEncoder;
    use image::{ExtendedColorType, ImageEncoder};
    let color = if pixels.len() == height * width {
        ExtendedColorType::L8
    } else {
        ExtendedColorType::Rgb8
    };
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new(Cursor::new(&mut bytes));
    encoder
        .write_image(pixels, width as u32, height as u32, color)
        .map_err(|error| err!(Data, "export: {error}"))?;
    Ok(bytes)
}

/// NumPy's format 1.0, in C order (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).
fn npy(shape: &[usize], values: &Values) -> Vec<u8> {
    let kind = match values {
        Values::U8(_) => "|u1",
        Values::F32(_) => "<f4",
    };
    let mut bytes = npy::header(kind, shape);
    match values {
        Values::U8(values) => bytes.extend_from_slice(values),
        Values::F32(values) => bytes.extend(values.iter().flat_map(|value| value.to_le_bytes())),
    }
    bytes
}

/// A sink as what archives are written to.
struct SinkWriter<S> {
    sink: S,
    at: u64,
}

impl<S: Sink> Write for SinkWriter<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sink.write_at(self.at, bytes).map_err(io::Error::other)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<S: Sink> Seek for SinkWriter<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, offset) = match to {
            SeekFrom::Start(position) => (position, 0),
            SeekFrom::Current(offset) => (self.at, offset),
            SeekFrom::End(offset) => (self.sink.len(), offset),
        };
        self.at = base.checked_add_signed(offset).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

fn from_io(error: io::Error) -> Error {
    crate::formats::source::from_io("export", error)
}

fn from_zip(error: zip::result::ZipError) -> Error {
    match error {
        zip::result::ZipError::Io(error) => from_io(error),
        error => err!(Data, "export: {error}"),
    }
}

#[cfg(test)]
mod tests;
