//! Images as people have them: PNG, JPEG, WebP, GIF (its first picture) and BMP, by the `image` crate.
//!
//! Pixels come out as bytes: 16 bits are rounded to 8, palettes and CMYK become red, green and blue.
//! Grey without transparency has one channel, colours have three, and what has transparency four. A
//! picture is turned as its EXIF orientation says. Colour profiles are not applied.

mod orientation;
#[cfg(test)]
mod tests;

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

pub use self::orientation::{is_sideways, turned_box};
use crate::data::Image;
use crate::{Error, Result, err};

/// The most pixels of an image that is read.
pub const MOST_PIXELS: u64 = 1 << 26;
/// The longest side of one.
pub const LONGEST_SIDE: u32 = u16::MAX as u32;
/// Memory that decoding may take besides the file: 16 bytes a pixel.
const MOST_BYTES: u64 = 16 * MOST_PIXELS;

/// One of the formats.
struct Kind {
    name: &'static str,
    format: ImageFormat,
    is: fn(&[u8]) -> bool,
    /// No file has more pixels for each of its bytes, so that a header alone makes nobody allocate.
    pixels_per_byte: u64,
    /// Pixels that may take no bytes.
    pixels_of_nothing: u64,
}

const KINDS: [Kind; 5] = [
    Kind {
        name: "PNG",
        format: ImageFormat::Png,
        is: |head| head.starts_with(b"\x89PNG\r\n\x1a\n"),
        // Deflate packs at most 1032 bytes into one, and a byte has up to 8 pixels.
        pixels_per_byte: 8 * 1032,
        pixels_of_nothing: 0,
    },
    Kind {
        name: "JPEG",
        format: ImageFormat::Jpeg,
        is: |head| head.starts_with(b"\xff\xd8\xff"),
        // A block of 8 x 8 pixels takes a bit at least.
        pixels_per_byte: 8 * 64,
        pixels_of_nothing: 0,
    },
    Kind {
        name: "WebP",
        format: ImageFormat::WebP,
        is: |head| head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"),
        // One colour takes no bits at all; nobody keeps large pictures of it.
        pixels_per_byte: 4096,
        pixels_of_nothing: 1 << 22,
    },
    Kind {
        name: "GIF",
        format: ImageFormat::Gif,
        is: |head| head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a"),
        // A code of 12 bits stands for up to 4096 pixels.
        pixels_per_byte: 2731,
        pixels_of_nothing: 0,
    },
    Kind {
        name: "BMP",
        format: ImageFormat::Bmp,
        is: |head| {
            let header = head.get(14..18).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
            head.starts_with(b"BM")
                && header.is_some_and(|bytes| {
                    matches!(u32::from_le_bytes(bytes), 12 | 40 | 52 | 56 | 64 | 108 | 124)
                })
        },
        // Runs have up to 255 pixels in two bytes.
        pixels_per_byte: 128,
        pixels_of_nothing: 0,
    },
];

/// The name of the format of an image that begins so, if it is one.
#[must_use]
pub fn sniff(head: &[u8]) -> Option<&'static str> {
    KINDS.iter().find(|kind| (kind.is)(head)).map(|kind| kind.name)
}

/// Whether a file looks like a picture of a format that is not read here but by browsers: AVIF and
/// HEIC (both ISO base media), JPEG XL, TIFF and SVG.
#[must_use]
pub fn is_foreign(bytes: &[u8]) -> bool {
    let media = bytes.get(4..8) == Some(b"ftyp")
        && matches!(
            bytes.get(8..12),
            Some(b"avif" | b"avis" | b"heic" | b"heix" | b"mif1" | b"msf1")
        );
    let beginnings: [&[u8]; 5] = [b"\xff\x0a", b"\0\0\0\x0cJXL ", b"II*\0", b"MM\0*", b"<svg"];
    let drawn = || bytes[..bytes.len().min(1024)].windows(4).any(|word| word == b"<svg");
    media
        || beginnings.iter().any(|begin| bytes.starts_with(begin))
        || bytes.starts_with(b"<?xml") && drawn()
}

/// Small files of a format.
#[cfg(test)]
pub(super) fn examples(name: &str) -> Vec<Vec<u8>> {
    tests::examples(name)
}

/// Reads an image.
///
/// # Errors
/// `Format` for what is none of the formats, damaged or cut off; `TooLarge` for more than
/// [`MOST_PIXELS`] pixels, more than [`LONGEST_SIDE`] a side, and more than a file of that length can
/// hold; `Unsupported` for rare variants of the formats.
pub fn read(bytes: &[u8]) -> Result<Image> {
    read_turned(bytes).map(|(image, _)| image)
}

/// The same, and the EXIF orientation by which it was turned, 1 to 8.
///
/// # Errors
/// As [`read`].
pub fn read_turned(bytes: &[u8]) -> Result<(Image, u8)> {
    let Some(kind) = KINDS.iter().find(|kind| (kind.is)(bytes)) else {
        return Err(err!(
            Format,
            "image: it begins with {:02x?}, expected PNG, JPEG, WebP, GIF or BMP",
            &bytes[..bytes.len().min(8)]
        ));
    };
    // Before a decoder is made: where memory has 32 bits, that may be where it allocates.
    if let Some((width, height)) = declared_size(kind.format, bytes) {
        kind.check_size(width, height, bytes.len())?;
    }
    if let (ImageFormat::Gif, Some((width, height))) = (kind.format, first_picture(bytes)) {
        kind.check_size(width, height, bytes.len())?;
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), kind.format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| kind.refuse(error))?;
    let (width, height) = decoder.dimensions();
    kind.check_size(width, height, bytes.len())?;
    match kind.format {
        ImageFormat::Jpeg if !has_end(bytes) => {
            return Err(err!(Format, "JPEG: the file is cut off, expected an end-of-image marker"));
        }
        ImageFormat::WebP => check_riff(bytes)?,
        _ => {}
    }
    // Damaged metadata turn nothing.
    let orientation = decoder.orientation().ok();
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| kind.refuse(error))?;
    if let Some(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (channels, data) = match image {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageLuma16(_) => {
            (1, image.into_luma8().into_raw())
        }
        _ if image.color().has_alpha() => (4, image.into_rgba8().into_raw()),
        _ => (3, image.into_rgb8().into_raw()),
    };
    let orientation = orientation.map_or(1, |orientation| orientation.to_exif());
    Ok((Image::new(height, width, channels, data)?, orientation))
}

impl Kind {
    /// Refuses sizes that are too large, before anything is allocated for them.
    fn check_size(&self, width: u32, height: u32, bytes: usize) -> Result<()> {
        let name = self.name;
        if width == 0 || height == 0 {
            return Err(err!(Format, "{name}: found {height}x{width} pixels, expected at least 1"));
        }
        let pixels = u64::from(width) * u64::from(height);
        if width > LONGEST_SIDE || height > LONGEST_SIDE || pixels > MOST_PIXELS {
            return Err(err!(
                TooLarge,
                "{name}: found {height}x{width} pixels, expected at most {MOST_PIXELS}, \
                 {LONGEST_SIDE} a side"
            ));
        }
        let most = self.pixels_of_nothing + self.pixels_per_byte.saturating_mul(bytes as u64);
        if pixels > most {
            return Err(err!(
                TooLarge,
                "{name}: found {height}x{width} pixels, expected at most {most} in a file of \
                 {bytes} bytes"
            ));
        }
        Ok(())
    }

    fn refuse(&self, error: ImageError) -> Error {
        let name = self.name;
        match error {
            ImageError::Limits(error) => err!(TooLarge, "{name}: {error}"),
            ImageError::Unsupported(error) => err!(Unsupported, "{name}: {error}"),
            error => err!(Format, "{name}: {error}"),
        }
    }
}

/// Width and height where they stand at a fixed place.
fn declared_size(format: ImageFormat, bytes: &[u8]) -> Option<(u32, u32)> {
    let short = |at: usize| {
        let bytes = bytes.get(at..at + 2)?.try_into().ok()?;
        Some(u32::from(u16::from_le_bytes(bytes)))
    };
    let long = |at: usize| -> Option<[u8; 4]> { bytes.get(at..at + 4)?.try_into().ok() };
    match format {
        ImageFormat::Png => Some((u32::from_be_bytes(long(16)?), u32::from_be_bytes(long(20)?))),
        ImageFormat::Gif => Some((short(6)?, short(8)?)),
        ImageFormat::Bmp if long(14)? == 12_u32.to_le_bytes() => Some((short(18)?, short(20)?)),
        // A negative height stands for rows from top to bottom.
        ImageFormat::Bmp => {
            let side = |at| Some(i32::from_le_bytes(long(at)?).unsigned_abs());
            Some((side(18)?, side(22)?))
        }
        _ => None,
    }
}

/// Width and height of the first picture of a GIF, for which the decoder allocates: they may be others
/// than those of the screen that it is shown on.
fn first_picture(bytes: &[u8]) -> Option<(u32, u32)> {
    let short =
        |at: usize| Some(u32::from(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?])));
    let flags = *bytes.get(10)?;
    let colors = if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + colors;
    loop {
        match *bytes.get(at)? {
            // An extension: its kind, then blocks of a length each, up to an empty one.
            0x21 => {
                at += 2;
                while *bytes.get(at)? != 0 {
                    at += 1 + usize::from(bytes[at]);
                }
                at += 1;
            }
            0x2c => return Some((short(at + 5)?, short(at + 7)?)),
            // The decoder skips what it does not know.
            _ => at += 1,
        }
    }
}

/// Refuses a WebP file that is shorter than it says, and one with a chunk beyond its end, for which
/// the decoder would allocate: its orientation stands in the last chunk.
fn check_riff(bytes: &[u8]) -> Result<()> {
    let size = |at: usize| -> u64 {
        let size = bytes.get(at..at + 4).and_then(|size| size.try_into().ok());
        size.map_or(0, u32::from_le_bytes).into()
    };
    let found = bytes.len() as u64;
    let mut expected = size(4) + 8;
    let mut chunk = 12;
    while expected <= found && chunk + 8 <= bytes.len() {
        let end = chunk as u64 + 8 + size(chunk + 4);
        expected = expected.max(end);
        // Beyond the file there is no further chunk. Chunks begin at even places.
        chunk = end.min(found).next_multiple_of(2) as usize;
    }
    if found < expected {
        return Err(err!(
            Format,
            "WebP: the file is cut off: found {found} bytes, expected {expected}"
        ));
    }
    Ok(())
}

/// Whether a JPEG file has an end-of-image marker after its first scan; decoding alone takes what is
/// cut off for grey.
fn has_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4) {
        match marker {
            // Filling.
            0xff => at += 1,
            // The start of a scan: what follows has no length.
            0xda => return bytes[at..].windows(2).any(|pair| pair == [0xff, 0xd9]),
            // Markers without anything.
            0x01 | 0xd0..=0xd7 => at += 2,
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
        }
    }
    false
}
