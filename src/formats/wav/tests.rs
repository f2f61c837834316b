//! Sound that `hound` wrote, and what other programs write.

use std::io::Cursor;

use hound::{SampleFormat, WavSpec, WavWriter};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::ErrorKind;

/// A file by `hound` of samples in -1..1, as far as the bits tell them apart.
fn written(channels: u16, rate: u32, bits: u16, format: SampleFormat, samples: &[f32]) -> Vec<u8> {
    let spec =
        WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format: format };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
    for &sample in samples {
        match format {
            SampleFormat::Float => writer.write_sample(sample).unwrap(),
            SampleFormat::Int => {
                let whole = f64::from(sample) * f64::from(1_u32 << (bits - 1));
                writer.write_sample(whole as i32).unwrap();
            }
        }
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

/// A file of these chunks; those of odd length get their byte of padding.
fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WAVE".to_vec();
    for (name, content) in chunks {
        body.extend_from_slice(*name);
        body.extend_from_slice(&(content.len() as u32).to_le_bytes());
        body.extend_from_slice(content);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()
}

fn fmt(code: u16, channels: u16, rate: u32, bytes: u16, bits: u16) -> Vec<u8> {
    let frame = channels.wrapping_mul(bytes);
    let mut fmt = [code, channels].map(u16::to_le_bytes).concat();
    fmt.extend(rate.to_le_bytes());
    fmt.extend(rate.wrapping_mul(u32::from(frame)).to_le_bytes());
    fmt.extend([frame, bits].map(u16::to_le_bytes).concat());
    fmt
}

pub fn examples() -> Vec<Vec<u8>> {
    let samples = [0.0, 0.5, -0.5, 0.25, -1.0, 0.75];
    let mut stream = written(1, 16000, 16, SampleFormat::Int, &samples);
    stream[40..44].copy_from_slice(&[0xff; 4]);
    vec![
        written(1, 8000, 8, SampleFormat::Int, &samples),
        written(2, 44100, 16, SampleFormat::Int, &samples),
        written(3, 11025, 24, SampleFormat::Int, &samples),
        written(1, 22050, 32, SampleFormat::Int, &samples),
        written(2, 48000, 32, SampleFormat::Float, &samples),
        // Empty, silent and of an odd rate.
        written(1, 44100, 16, SampleFormat::Int, &[]),
        written(1, 12347, 16, SampleFormat::Int, &[0.0; 9]),
        riff(&[(b"LIST", b"odd"), (b"fmt ", &fmt(1, 1, 1, 2, 12)), (b"data", &[0, 64])]),
        stream,
    ]
}

/// Channels, rate and all samples.
fn read(bytes: &[u8], portion: usize) -> Result<(usize, u32, Vec<f32>)> {
    let mut sound = Wav::open(bytes)?;
    let (mut all, mut samples) = (Vec::new(), Vec::new());
    loop {
        let frames = sound.next(portion, &mut samples)?;
        assert_eq!(samples.len(), frames * sound.channels());
        if frames == 0 {
            assert_eq!(all.len() as u64, sound.frames() * sound.channels() as u64);
            return Ok((sound.channels(), sound.rate(), all));
        }
        all.append(&mut samples);
    }
}

#[test]
fn samples_of_all_widths_are_what_was_written() {
    let samples: Vec<f32> = (0..60_i16).map(|i| f32::from(i * 37 % 128 - 64) / 64.0).collect();
    for (bits, format) in [
        (8, SampleFormat::Int),
        (16, SampleFormat::Int),
        (24, SampleFormat::Int),
        (32, SampleFormat::Int),
        (32, SampleFormat::Float),
    ] {
        for channels in [1, 2, 3] {
            let bytes = written(channels, 16000, bits, format, &samples);
            for portion in [1, 7, 1000] {
                let expected = (usize::from(channels), 16000, samples.clone());
                assert_eq!(read(&bytes, portion).unwrap(), expected, "{bits} {channels} {portion}");
            }
        }
    }
}

#[test]
fn doubles_and_fewer_bits_are_read() {
    let doubles: Vec<u8> =
        [0.5_f64, -0.25].iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let bytes = riff(&[(b"fmt ", &fmt(3, 1, 8000, 8, 64)), (b"data", &doubles)]);
    assert_eq!(read(&bytes, 9).unwrap().2, [0.5, -0.25]);
    // 20 bits in 3 bytes and 12 in 2 are the upper ones.
    for (bytes, bits) in [(3, 20), (2, 12), (4, 24)] {
        let mut data = vec![0; bytes];
        data[bytes - 1] = 0x40;
        let file =
            riff(&[(b"fmt ", &fmt(1, 1, 8000, bytes as u16, bits)), (b"data", data.as_slice())]);
        assert_eq!(read(&file, 9).unwrap().2, [0.5], "{bits}");
    }
}

#[test]
fn what_many_programs_write_is_read() {
    let format = fmt(1, 1, 8000, 2, 16);
    let data: &[u8] = &[0, 64, 0, 192];
    let mut extensible = fmt(0xfffe, 1, 8000, 2, 16);
    extensible.extend([22, 0, 16, 0, 4, 0, 0, 0, 1, 0]);
    extensible.extend(GUID_TAIL);
    let mut longer = extensible.clone();
    longer.extend([0; 6]);
    for chunks in [
        &[(b"fmt ", &format[..]), (b"data", data)][..],
        &[(b"LIST", b"abc"), (b"fmt ", &format), (b"fact", &[2, 0, 0, 0]), (b"data", data)],
        &[(b"fmt ", &format), (b"data", data), (b"id3 ", b"tags")],
        &[(b"data", data), (b"fmt ", &format)],
        &[(b"fmt ", &extensible), (b"data", data)],
        &[(b"fmt ", &longer), (b"data", data)],
        // A byte that makes no whole frame.
        &[(b"fmt ", &format), (b"data", &[0, 64, 0, 192, 1])],
    ] {
        assert_eq!(read(&riff(chunks), 5).unwrap(), (1, 8000, vec![0.5, -0.5]));
    }
    let stream = examples().pop().unwrap();
    assert_eq!(read(&stream, 100).unwrap().2, [0.0, 0.5, -0.5, 0.25, -1.0, 0.75]);
}

#[test]
fn empty_and_silent_sound_is_read() {
    let found: Vec<_> = examples()[5..7].iter().map(|bytes| read(bytes, 100).unwrap()).collect();
    assert_eq!(found, [(1, 44100, vec![]), (1, 12347, vec![0.0; 9])]);
}

#[test]
fn every_prefix_is_refused() {
    for bytes in &examples()[..5] {
        for len in 0..bytes.len() {
            assert_eq!(read(&bytes[..len], 9).unwrap_err().kind(), ErrorKind::Format, "{len}");
        }
    }
}

#[test]
fn what_is_packed_or_makes_no_sense_is_refused() {
    for (format, kind, message) in [
        (fmt(6, 1, 8000, 1, 8), ErrorKind::Unsupported, "packed by A-law (0x0006)"),
        (fmt(7, 1, 8000, 1, 8), ErrorKind::Unsupported, "packed by mu-law (0x0007)"),
        (fmt(0x55, 1, 8000, 1, 8), ErrorKind::Unsupported, "packed by MPEG (0x0055)"),
        (fmt(0xfffe, 1, 8000, 2, 16), ErrorKind::Unsupported, "packed by a rare way (0xfffe)"),
        (fmt(1, 1, 8000, 8, 64), ErrorKind::Unsupported, "found samples of 64 bits in 8 bytes"),
        (fmt(3, 1, 8000, 2, 16), ErrorKind::Unsupported, "found samples of 16 bits in 2 bytes"),
        (fmt(1, 1, 8000, 2, 17), ErrorKind::Unsupported, "found samples of 17 bits in 2 bytes"),
        (fmt(1, 0, 8000, 2, 16), ErrorKind::Format, "found 0 channels"),
        (fmt(1, 1, 0, 2, 16), ErrorKind::Format, "0 frames a second"),
        (fmt(1, 1, 8000, 0, 16), ErrorKind::Format, "0 bytes a frame"),
        (vec![0; 15], ErrorKind::Format, "found a fmt of 15 bytes"),
    ] {
        let error = read(&riff(&[(b"fmt ", &format), (b"data", &[0; 8])]), 9).unwrap_err();
        assert_eq!(error.kind(), kind, "{message}");
        assert!(error.message().contains(message), "{error}");
    }
    let nan = f32::NAN.to_le_bytes();
    let nan = riff(&[(b"fmt ", &fmt(3, 1, 8000, 4, 32)), (b"data", &nan)]);
    assert_eq!(read(&nan, 9).unwrap_err().kind(), ErrorKind::Data);
    let missing = riff(&[(b"fmt ", &fmt(1, 1, 8000, 2, 16))]);
    assert_eq!(
        read(&missing, 9).unwrap_err().message(),
        "WAV: found no chunk \"data\", expected fmt and data"
    );
    let mut large = examples()[0].clone();
    large[..4].copy_from_slice(b"RF64");
    assert_eq!(read(&large, 9).unwrap_err().kind(), ErrorKind::Unsupported);
    // Chunks without an end.
    let many = riff(&vec![(b"junk", &b""[..]); 2000]);
    assert_eq!(read(&many, 9).unwrap_err().kind(), ErrorKind::Format);
}
