//! The formats that are read, and how a file's is found out.

#[cfg(test)]
use super::annotations;
use super::annotations::{coco, simple, voc};
use super::archive::{self, Limits};
use super::source::{self, Source};
use super::table::TableOptions;
use super::{
    array, cifar, csv, gzip, idx, image, json, npy, npz, parquet, safetensors, table, tar, text,
    wav, zip,
};
use crate::{Result, err};

/// Bytes of a file's beginning that [`Format::sniff`] may look at.
pub const SNIFFED: usize = 8 << 10;

/// What is said of a file without any bytes.
pub const EMPTY: &str = "file: it is empty";

/// What files of a format hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Pixels.
    Image,
    /// Further files, by path.
    Archive,
    /// One further file, packed.
    Packed,
    /// Rows of named columns.
    Table,
    /// Arrays of numbers.
    Tensor,
    /// Sound.
    Audio,
    /// Written text.
    Text,
    /// What is to be seen where in images.
    Annotation,
    /// A saved model.
    Model,
}

/// A file format.
#[derive(Debug)]
pub struct Format {
    /// As messages name it.
    pub name: &'static str,
    /// What its files hold.
    pub kind: Kind,
    /// Whether a file of the given length that begins with these bytes, up to [`SNIFFED`] of them,
    /// looks like one.
    pub sniff: fn(head: &[u8], len: u64) -> bool,
    /// Reads a whole file and keeps nothing of it: says whether it can be read.
    pub check: fn(bytes: &[u8]) -> Result<()>,
    /// Small valid files, for the tests that loop over the table.
    #[cfg(test)]
    pub examples: fn() -> Vec<Vec<u8>>,
}

/// All of them. The first that knows a file by its beginning has it, so those without a signature
/// stand last.
pub const FORMATS: &[Format] = &[
    // Before zip, which it is.
    Format {
        name: "NPZ",
        kind: Kind::Tensor,
        sniff: npz::sniff,
        check: npz::check,
        #[cfg(test)]
        examples: npz::examples,
    },
    Format {
        name: "zip",
        kind: Kind::Archive,
        sniff: zip::sniff,
        check: check_archive,
        #[cfg(test)]
        examples: zip::examples,
    },
    Format {
        name: "gzip",
        kind: Kind::Packed,
        sniff: gzip::sniff,
        check: |bytes| gzip::unpack(bytes, Limits::default()).map(drop),
        #[cfg(test)]
        examples: gzip::examples,
    },
    Format {
        name: "tar",
        kind: Kind::Archive,
        sniff: tar::sniff,
        check: check_archive,
        #[cfg(test)]
        examples: tar::examples,
    },
    Format {
        name: "PNG",
        kind: Kind::Image,
        sniff: |head, _| image::sniff(head) == Some("PNG"),
        check: |bytes| image::read(bytes).map(drop),
        #[cfg(test)]
        examples: || image::examples("PNG"),
    },
    Format {
        name: "JPEG",
        kind: Kind::Image,
        sniff: |head, _| image::sniff(head) == Some("JPEG"),
        check: |bytes| image::read(bytes).map(drop),
        #[cfg(test)]
        examples: || image::examples("JPEG"),
    },
    Format {
        name: "WebP",
        kind: Kind::Image,
        sniff: |head, _| image::sniff(head) == Some("WebP"),
        check: |bytes| image::read(bytes).map(drop),
        #[cfg(test)]
        examples: || image::examples("WebP"),
    },
    Format {
        name: "GIF",
        kind: Kind::Image,
        sniff: |head, _| image::sniff(head) == Some("GIF"),
        check: |bytes| image::read(bytes).map(drop),
        #[cfg(test)]
        examples: || image::examples("GIF"),
    },
    Format {
        name: "BMP",
        kind: Kind::Image,
        sniff: |head, _| image::sniff(head) == Some("BMP"),
        check: |bytes| image::read(bytes).map(drop),
        #[cfg(test)]
        examples: || image::examples("BMP"),
    },
    Format {
        name: "IDX",
        kind: Kind::Tensor,
        sniff: idx::sniff,
        check: |bytes| array::check(idx::open(bytes, Some(bytes.len() as u64))?),
        #[cfg(test)]
        examples: idx::examples,
    },
    Format {
        name: "NPY",
        kind: Kind::Tensor,
        sniff: npy::sniff,
        check: |bytes| array::check(npy::open(bytes, Some(bytes.len() as u64))?),
        #[cfg(test)]
        examples: npy::examples,
    },
    Format {
        name: "WAV",
        kind: Kind::Audio,
        sniff: wav::sniff,
        check: wav::check,
        #[cfg(test)]
        examples: wav::examples,
    },
    Format {
        name: "safetensors",
        kind: Kind::Model,
        sniff: safetensors::sniff,
        check: |bytes| safetensors::read(bytes).map(drop),
        #[cfg(test)]
        examples: safetensors::examples,
    },
    Format {
        name: parquet::NAME,
        kind: Kind::Table,
        sniff: parquet::sniff,
        check: |bytes| table::check(parquet::open(bytes.to_vec(), &TableOptions::default())?),
        #[cfg(test)]
        examples: parquet::examples,
    },
    Format {
        name: json::LINES,
        kind: Kind::Table,
        sniff: |head, len| json::sniff_lines(head, len),
        check: |bytes| table::check(json::open(bytes.to_vec(), &TableOptions::default())?),
        #[cfg(test)]
        examples: json::examples_of_lines,
    },
    Format {
        name: json::ARRAY,
        kind: Kind::Table,
        sniff: |head, _| json::sniff_array(head),
        check: |bytes| table::check(json::open(bytes.to_vec(), &TableOptions::default())?),
        #[cfg(test)]
        examples: json::examples_of_arrays,
    },
    Format {
        name: "Pascal VOC",
        kind: Kind::Annotation,
        sniff: |head, _| voc::sniff(head),
        check: |bytes| voc::read(bytes, "file").map(drop),
        #[cfg(test)]
        examples: || annotations::examples("xml"),
    },
    Format {
        name: "COCO",
        kind: Kind::Annotation,
        sniff: |head, _| coco::sniff(head),
        check: |bytes| coco::read(bytes, "file").map(drop),
        #[cfg(test)]
        examples: || annotations::examples("coco"),
    },
    Format {
        name: "boxes by image",
        kind: Kind::Annotation,
        sniff: |head, _| simple::sniff(head),
        check: |bytes| simple::read(bytes, "file").map(drop),
        #[cfg(test)]
        examples: || annotations::examples("simple"),
    },
    Format {
        name: csv::NAME,
        kind: Kind::Table,
        sniff: csv::sniff,
        check: |bytes| table::check(csv::open(bytes.to_vec(), &TableOptions::default())?),
        #[cfg(test)]
        examples: csv::examples,
    },
    Format {
        name: "text",
        kind: Kind::Text,
        sniff: text::sniff,
        check: text::check,
        #[cfg(test)]
        examples: text::examples,
    },
    Format {
        name: "CIFAR-100",
        kind: Kind::Tensor,
        sniff: cifar::sniff_100,
        check: |bytes| cifar::check(cifar::Kind::Cifar100, bytes),
        #[cfg(test)]
        examples: || cifar::examples(cifar::Kind::Cifar100),
    },
    Format {
        name: "CIFAR-10",
        kind: Kind::Tensor,
        sniff: cifar::sniff_10,
        check: |bytes| cifar::check(cifar::Kind::Cifar10, bytes),
        #[cfg(test)]
        examples: || cifar::examples(cifar::Kind::Cifar10),
    },
];

/// Reads all files of an archive; the first that can't be read is the archive's error.
fn check_archive(bytes: &[u8]) -> Result<()> {
    let mut archive = archive::open(bytes.to_vec(), Limits::default())?;
    let (mut content, mut found) = (Vec::new(), Ok(()));
    while let Some(item) = archive.next(&mut content)? {
        found = found.and(item.content);
    }
    found
}

/// The format of a file, by its content.
///
/// # Errors
/// `Format` if none of [`FORMATS`] knows it, and what the source answers.
pub fn sniff(source: &mut (impl Source + ?Sized)) -> Result<&'static Format> {
    let head = source::head(source, SNIFFED)?;
    let len = source.len();
    if head.is_empty() {
        return Err(err!(Format, "{EMPTY}"));
    }
    of_head(&head, len)
}

/// The format of a file of `len` bytes that begins so.
///
/// # Errors
/// `Format` if none of [`FORMATS`] knows it.
pub fn of_head(head: &[u8], len: u64) -> Result<&'static Format> {
    FORMATS.iter().find(|format| (format.sniff)(head, len)).ok_or_else(|| {
        let begin = &head[..head.len().min(8)];
        err!(Format, "file: it begins with {begin:02x?}, which no known format does")
    })
}
