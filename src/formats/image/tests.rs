//! Images that other programs wrote, and what is wrong with some.

use safetensors::SafeTensors;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::ErrorKind;

const EXPECTED: &[u8] = include_bytes!("../../../tests/golden/images/expected.safetensors");

macro_rules! files {
    ($($name:literal: $tolerance:literal,)*) => {
        /// Names, contents, and how far a value may be from what Pillow reads.
        const FILES: &[(&str, &[u8], u8)] = &[$((
            $name,
            include_bytes!(concat!("../../../tests/golden/images/", $name)),
            $tolerance,
        ),)*];
    };
}

// JPEG and lossy WebP leave it to a decoder how to round and to bring back halved colours.
files! {
    "gray.png": 0,
    "rgb.png": 0,
    "rgba.png": 0,
    "gray-alpha.png": 0,
    "bits.png": 0,
    "palette.png": 0,
    "palette-clear.png": 0,
    "one.png": 0,
    "wide.png": 0,
    "high.png": 0,
    "gray16.png": 0,
    "rgb16.png": 0,
    "rgba16.png": 0,
    "turned-6.png": 0,
    "rgb.jpg": 3,
    "halved.jpg": 3,
    "progressive.jpg": 3,
    "gray.jpg": 3,
    "cmyk.jpg": 3,
    "restart.jpg": 3,
    "turned-1.jpg": 3,
    "turned-2.jpg": 3,
    "turned-3.jpg": 3,
    "turned-4.jpg": 3,
    "turned-5.jpg": 3,
    "turned-6.jpg": 3,
    "turned-7.jpg": 3,
    "turned-8.jpg": 3,
    "turned-6.webp": 0,
    "lossless.webp": 0,
    "lossless-clear.webp": 0,
    "lossy.webp": 3,
    "moving.webp": 0,
    "still.gif": 0,
    "moving.gif": 0,
    "clear.gif": 0,
    "rgb.bmp": 0,
    "palette.bmp": 0,
    "gray.bmp": 0,
    "rgba.bmp": 0,
}

/// The small ones of a format.
pub fn examples(name: &str) -> Vec<Vec<u8>> {
    let all = FILES.iter().map(|(_, bytes, _)| *bytes);
    let small = all.filter(|bytes| sniff(bytes) == Some(name) && bytes.len() < 1500);
    small
        .filter(|bytes| read(bytes).is_ok_and(|image| image.data().len() < 4096))
        .map(<[u8]>::to_vec)
        .collect()
}

/// The channels that are expected, from those that are there.
fn fitted(image: &Image, channels: usize) -> Vec<u8> {
    let found = image.shape()[2];
    let pixel = |pixel: &[u8]| -> Vec<u8> {
        match (found, channels) {
            (1, 3) => vec![pixel[0]; 3],
            // A grey palette, and the opaque pixels of a format that says nothing of opacity.
            (3 | 4, 1) => vec![pixel[0]],
            (4, 3) => pixel[..3].to_vec(),
            _ => pixel.to_vec(),
        }
    };
    image.data().chunks(found).flat_map(pixel).collect()
}

#[test]
fn pixels_are_those_of_pillow() {
    let expected = SafeTensors::deserialize(EXPECTED).unwrap();
    for &(name, bytes, tolerance) in FILES {
        let image = read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let view = expected.tensor(name).unwrap();
        let [height, width, channels] = view.shape() else { panic!("{name}") };
        assert_eq!(image.shape()[..2], [*height, *width], "{name}");
        let found = fitted(&image, *channels);
        assert_eq!(found.len(), view.data().len(), "{name}");
        let off = |(found, expected): (&u8, &u8)| found.abs_diff(*expected);
        let pixels = found.chunks(*channels).zip(view.data().chunks(*channels));
        // Colours that nobody sees are nobody's.
        let seen = pixels.filter(|(_, expected)| expected.get(3) != Some(&0));
        let furthest = seen.flat_map(|(found, expected)| found.iter().zip(expected)).map(off).max();
        assert!(furthest <= Some(tolerance), "{name}: off by {furthest:?}");
    }
}

#[test]
fn channels_are_as_many_as_the_image_has() {
    let channels = |name: &str| {
        let (_, bytes, _) = FILES.iter().find(|(found, ..)| *found == name).unwrap();
        read(bytes).unwrap().shape()[2]
    };
    for (expected, names) in [
        (1, ["gray.png", "bits.png", "gray16.png", "gray.jpg"]),
        (3, ["rgb.png", "palette.png", "cmyk.jpg", "lossless.webp"]),
        (4, ["rgba.png", "gray-alpha.png", "palette-clear.png", "lossless-clear.webp"]),
    ] {
        for name in names {
            assert_eq!(channels(name), expected, "{name}");
        }
    }
}

/// A file that is cut off is refused, or has lost nothing that can be seen.
#[test]
fn prefixes_are_errors_or_whole() {
    for &(name, bytes, _) in FILES {
        let whole = read(bytes).unwrap();
        for len in 0..bytes.len() {
            if let Ok(image) = read(&bytes[..len]) {
                assert_eq!(image, whole, "{name} cut to {len} of {} bytes", bytes.len());
            }
        }
    }
}

#[test]
fn sizes_are_refused_before_they_are_allocated() {
    let refused = |bytes: &[u8]| read(bytes).unwrap_err();
    let find = |name: &str| FILES.iter().find(|(found, ..)| *found == name).unwrap().1.to_vec();
    let mut png = find("gray.png");
    let mut gif = find("still.gif");
    let mut bmp = find("rgb.bmp");
    // Width and height of a PNG are covered by a checksum.
    png[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let crc = [png.clone()[12..29].to_vec()].concat();
    png[29..33].copy_from_slice(&crc32(&crc).to_be_bytes());
    gif[6..10].fill(0xff);
    bmp[18..26].copy_from_slice(&[0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0]);
    for bytes in [png, gif, bmp] {
        let error = refused(&bytes);
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    }
    let mut png = find("gray.png");
    png[16..24].copy_from_slice(&[0, 0, 0x20, 0, 0, 0, 0x20, 0]);
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    let error = refused(&png);
    assert_eq!(
        error.message(),
        format!(
            "PNG: found 8192x8192 pixels, expected at most {} in a file of {} bytes",
            8256 * png.len(),
            png.len()
        )
    );
    // A picture that is larger than the screen it is shown on.
    let mut gif = find("still.gif");
    let picture = gif.windows(5).position(|bytes| bytes == [0x2c, 0, 0, 0, 0]).unwrap();
    gif[picture + 5..picture + 9].fill(0xff);
    assert_eq!(refused(&gif).kind(), ErrorKind::TooLarge);
    // A lossless WebP of one colour takes no byte for its pixels, whatever its size.
    let mut webp = find("lossless.webp");
    let size = webp.windows(4).position(|name| name == b"VP8L").unwrap() + 9;
    let [a, b, c, d] = *webp[size..].first_chunk().unwrap();
    let flags = u32::from_le_bytes([a, b, c, d]) >> 28 << 28;
    webp[size..size + 4].copy_from_slice(&(flags | 8000 << 14 | 8000).to_le_bytes());
    assert_eq!(refused(&webp).kind(), ErrorKind::TooLarge);
    for (name, size) in [("gif", 6..8), ("bmp", 18..20)] {
        let mut bytes = find(if name == "gif" { "still.gif" } else { "rgb.bmp" });
        bytes[size].fill(0);
        assert!(read(&bytes).is_err(), "{name} of width 0");
    }
    let mut bmp = find("rgb.bmp");
    bmp[18..22].copy_from_slice(&(-11_i32).to_le_bytes());
    assert!(read(&bmp).is_err(), "a negative width");
}

#[test]
fn what_is_no_image_is_refused() {
    let error = read(b"hello, world").unwrap_err();
    assert_eq!(
        error.message(),
        "image: it begins with [68, 65, 6c, 6c, 6f, 2c, 20, 77], expected PNG, JPEG, WebP, GIF or BMP"
    );
    assert_eq!(read(b"").unwrap_err().kind(), ErrorKind::Format);
    assert_eq!(sniff(b"BMs are not bitmaps, at least not"), None);
    assert_eq!(sniff(b"\xff\xd8\xff\xe0"), Some("JPEG"));
    for &(name, bytes, _) in FILES {
        let kind = sniff(bytes).unwrap();
        let ending = name.rsplit('.').next().unwrap();
        assert_eq!(kind.to_lowercase().replace("jpeg", "jpg"), ending);
    }
}

/// The checksum of PNG's chunks, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, &byte: &u8| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
        })
    };
    !bytes.iter().fold(!0, step)
}
