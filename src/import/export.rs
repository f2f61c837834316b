//! Export: a dataset as a zip archive with a folder for each class, a file for each sample. Boxes go into
//! `annotations`, in COCO's format, a file for each part.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Seek, SeekFrom, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::data::{LabelledBox, Part, Values};
use crate::formats::annotations::{AnnotatedImage, coco};
use crate::formats::records::Sink;
use crate::{Error, Result, err};

/// An archive that is written, a sample at a time. Images of bytes become PNG files, everything else
/// NumPy's npy.
pub struct Export<S: Sink> {
    archive: ZipWriter<SinkWriter<S>>,
    samples: u64,
    /// The path and the size of the last image.
    last: Option<(String, [u32; 2])>,
    /// Images with boxes, by their part.
    annotated: BTreeMap<Option<Part>, Vec<AnnotatedImage>>,
}

impl<S: Sink> Export<S> {
    /// An archive in place of whatever the sink holds.
    ///
    /// # Errors
    /// What the sink answers.
    pub fn new(mut sink: S) -> Result<Self> {
        sink.truncate(0)?;
        let archive = ZipWriter::new(SinkWriter { sink, at: 0 });
        Ok(Self { archive, samples: 0, last: None, annotated: BTreeMap::new() })
    }

    /// Adds a sample of this shape to the folder of this name.
    ///
    /// # Errors
    /// `Shape` if the values are not as many as the shape says, and what the sink answers.
    pub fn add(&mut self, folder: &str, shape: &[usize], values: &Values) -> Result<()> {
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
        let number = self.samples;
        self.samples += 1;
        let path = format!("{}/{number:06}.{ending}", safe(folder));
        self.last = match *shape {
            [height, width] | [height, width, _] => {
                Some((path.clone(), [height as u32, width as u32]))
            }
            _ => None,
        };
        // What is packed already gains nothing.
        let method =
            if ending == "png" { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let options = SimpleFileOptions::default().compression_method(method);
        self.archive.start_file(path, options).map_err(from_zip)?;
        self.archive.write_all(&bytes).map_err(from_io)
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
                None => "annotations/instances.json",
                Some(Part::Train) => "annotations/instances_train.json",
                Some(Part::Validation) => "annotations/instances_val.json",
                Some(Part::Test) => "annotations/instances_test.json",
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
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sizes}), }}");
    // Magic number, version and length before it, a line end behind it: a multiple of 64.
    let len = (10 + header.len() + 1).next_multiple_of(64) - 10;
    header.extend(std::iter::repeat_n(' ', len - 1 - header.len()));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
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
mod tests {
    use super::*;
    use crate::formats::archive::{self, Limits};
    use crate::formats::image;
    use crate::import::{Import, Options};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The files of an archive.
    fn files(archive: Vec<u8>) -> Vec<(String, Vec<u8>)> {
        let mut archive = archive::open(archive, Limits::default()).unwrap();
        let (mut files, mut content) = (Vec::new(), Vec::new());
        while let Some(item) = archive.next(&mut content).unwrap() {
            item.content.unwrap();
            files.push((item.path, content.clone()));
        }
        files
    }

    #[test]
    fn images_become_png_files_in_the_folder_of_their_class() {
        let mut export = Export::new(b"what was there".to_vec()).unwrap();
        let gray = Values::U8(vec![1, 2, 3, 4, 5, 6]);
        export.add("cat", &[2, 3], &gray).unwrap();
        export.add("cat", &[2, 3, 1], &gray).unwrap();
        export.add("a/b: c", &[1, 2, 3], &gray).unwrap();
        export.add("..", &[1, 2, 3], &gray).unwrap();
        let archive = export.finish(&[]).unwrap();
        let found = files(archive.clone());
        let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
        let expected =
            ["cat/000000.png", "cat/000001.png", "a_b_ c/000002.png", "samples/000003.png"];
        assert_eq!(paths, expected);
        for ((_, bytes), shape) in found.iter().zip([[2, 3, 1], [2, 3, 1], [1, 2, 3], [1, 2, 3]]) {
            let image = image::read(bytes).unwrap();
            assert_eq!((image.shape(), image.data()), (shape, &[1, 2, 3, 4, 5, 6][..]));
        }
        let mut import = Import::new(Options::default(), "zip", Vec::new()).unwrap();
        import.add("pets.zip", archive).unwrap();
        while !import.advance().unwrap() {}
        import.close().unwrap();
        assert_eq!(import.finish().unwrap().1.samples, 4);
    }

    #[test]
    fn everything_else_becomes_npy_files() {
        let mut export = Export::new(Vec::new()).unwrap();
        export.add("x", &[2], &Values::F32(vec![1.5, -2.0])).unwrap();
        export.add("x", &[1, 1, 2], &Values::U8(vec![7, 8])).unwrap();
        let found = files(export.finish(&[]).unwrap());
        assert_eq!(found[0].0, "x/000000.npy");
        let bytes = &found[0].1;
        assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
        let header = std::str::from_utf8(&bytes[10..128]).unwrap();
        assert_eq!(header.trim_end(), "{'descr': '<f4', 'fortran_order': False, 'shape': (2, ), }");
        assert_eq!(bytes[128..], [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
        assert_eq!(found[1].1[128..], [7, 8]);
        let mut export = Export::new(Vec::new()).unwrap();
        assert!(export.add("x", &[3], &Values::U8(vec![1])).is_err());
    }
}
