//! WAV: sound without loss, in the chunks of RIFF ("Multimedia Programming Interface and Data
//! Specifications 1.0", and Microsoft's `WAVEFORMATEXTENSIBLE`).
//!
//! | bytes | what |
//! | --- | --- |
//! | 12 | `RIFF`, a length, `WAVE` |
//! | 8 + length, even | chunks: a name, the length, and what the name says; others are skipped |
//! | `fmt ` | code of the format, channels, rate, bytes a second, bytes a frame, bits a sample |
//! | `data` | frames of a sample for each channel, little-endian |
//!
//! The crate `hound` stops at what many programs write (chunks of odd length, a size that a stream
//! did not know, floats of 64 bits), and does not bound what it is told; in the tests it is the
//! reference.

use super::source::Source;
use crate::memory::reserve;
use crate::{Error, Result, err};

/// Chunks before the sound that are looked through.
const MOST_CHUNKS: usize = 1000;

/// What the last 14 bytes of a `WAVEFORMATEXTENSIBLE`'s format are, after the code.
const GUID_TAIL: [u8; 14] = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];

/// The length of what a stream has written before it knew its length.
const UNKNOWN: u32 = u32::MAX;

/// How a sample is written, and in how many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// Whole numbers, of which 8 bits have no sign; fewer bits are the upper ones of the bytes.
    Whole(usize),
    /// IEEE 754 in 4 or 8 bytes.
    Float(usize),
}

/// Whether a file begins as one.
pub(super) fn sniff(head: &[u8], _len: u64) -> bool {
    matches!(head.get(..4), Some(b"RIFF" | b"RF64")) && head.get(8..12) == Some(b"WAVE")
}

/// Sound that is read from a source by frames.
#[derive(Debug)]
pub struct Wav<S> {
    source: S,
    channels: usize,
    rate: u32,
    encoding: Encoding,
    /// Where the first frame begins.
    begin: u64,
    frames: u64,
    /// Frames that have been read.
    done: u64,
}

impl<S: Source> Wav<S> {
    /// Reads what the file says of its sound.
    ///
    /// # Errors
    /// `Format` for what is no such file, contradicts itself, or says that it has more than there
    /// is; `Unsupported` for packed sound (A-law, mu-law, ADPCM, MP3, ...), more than 32 bits, and
    /// RF64.
    pub fn open(mut source: S) -> Result<Self> {
        let len = source.len();
        let mut head = [0; 12];
        source.read_at(0, &mut head)?;
        if head.starts_with(b"RF64") {
            return Err(err!(Unsupported, "WAV: found RF64, expected a file below 4 GiB"));
        }
        if !sniff(&head, len) {
            return Err(err!(Format, "WAV: it begins with {head:02x?}, expected RIFF and WAVE"));
        }
        let (mut at, mut layout, mut sound) = (12, None, None);
        for _ in 0..MOST_CHUNKS {
            if at + 8 > len || (layout.is_some() && sound.is_some()) {
                break;
            }
            let mut chunk = [0; 8];
            source.read_at(at, &mut chunk)?;
            let [.., a, b, c, d] = chunk;
            let (begin, size) = (at + 8, u32::from_le_bytes([a, b, c, d]));
            match &chunk[..4] {
                b"fmt " => layout = Some(read_layout(&mut source, begin, size)?),
                b"data" if size == UNKNOWN => sound = Some((begin, len - begin)),
                b"data" if u64::from(size) > len - begin => {
                    return Err(err!(
                        Format,
                        "WAV: it says that it has {size} bytes of sound, found {}: it is cut off",
                        len - begin
                    ));
                }
                b"data" => sound = Some((begin, u64::from(size))),
                _ => {}
            }
            at = begin + u64::from(size) + u64::from(size % 2);
        }
        let (Some(layout), Some((begin, bytes))) = (layout, sound) else {
            let missing = if layout.is_none() { "fmt" } else { "data" };
            return Err(err!(Format, "WAV: found no chunk {missing:?}, expected fmt and data"));
        };
        let (channels, rate, encoding) = layout;
        // A last frame that is not whole was never played either.
        let frames = bytes / (channels * encoding.bytes()) as u64;
        Ok(Self { source, channels, rate, encoding, begin, frames, done: 0 })
    }

    /// Samples of a frame, at least 1.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Frames a second, at least 1.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// How many frames there are; none in an empty recording.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Reads up to so many further frames in place of the samples that are there, frame after frame
    /// in -1..1 (floats may be larger), and says how many there were; 0 after the last.
    ///
    /// # Errors
    /// `Data` for a float that is not finite, `TooLarge` where there is no memory for so many, and
    /// what the source answers.
    pub fn next(&mut self, frames: usize, samples: &mut Vec<f32>) -> Result<usize> {
        samples.clear();
        let frames = (self.frames - self.done).min(frames as u64) as usize;
        let count = frames.saturating_mul(self.channels);
        let size = self.encoding.bytes();
        let mut bytes = reserve("recorded sound", count.saturating_mul(size))?;
        bytes.resize(count * size, 0);
        let frame_bytes = (self.channels * size) as u64;
        self.source.read_at(self.begin + self.done * frame_bytes, &mut bytes)?;
        *samples = reserve("sound", count)?;
        samples.extend(bytes.chunks_exact(size).map(|bytes| self.encoding.sample(bytes)));
        if let Some(at) = samples.iter().position(|sample| !sample.is_finite()) {
            return Err(err!(
                Data,
                "WAV: frame {} has the sample {}, expected a finite number",
                self.done + (at / self.channels) as u64,
                samples[at]
            ));
        }
        self.done += frames as u64;
        Ok(frames)
    }
}

impl Encoding {
    fn bytes(self) -> usize {
        match self {
            Self::Whole(bytes) | Self::Float(bytes) => bytes,
        }
    }

    /// The sample of so many bytes, of -1..1.
    fn sample(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Self::Whole(_), &[byte]) => (f32::from(byte) - 128.0) / 128.0,
            (Self::Float(_), &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]),
            (Self::Float(_), bytes) => {
                let mut number = [0; 8];
                number[..bytes.len()].copy_from_slice(bytes);
                f64::from_le_bytes(number) as f32
            }
            (Self::Whole(_), bytes) => {
                let mut number = [0; 4];
                number[4 - bytes.len()..].copy_from_slice(bytes);
                i32::from_le_bytes(number) as f32 / 2_147_483_648.0
            }
        }
    }
}

/// Channels, rate and encoding from the chunk `fmt`.
fn read_layout(source: &mut impl Source, begin: u64, size: u32) -> Result<(usize, u32, Encoding)> {
    let mut fmt = [0; 40];
    let there = fmt.len().min(size as usize);
    if there < 16 {
        return Err(err!(Format, "WAV: found a fmt of {size} bytes, expected at least 16"));
    }
    source.read_at(begin, &mut fmt[..there])?;
    let word = |at: usize| u16::from_le_bytes([fmt[at], fmt[at + 1]]);
    let (mut code, channels, frame, bits) = (word(0), word(2), word(12), word(14));
    let rate = u32::from_le_bytes([fmt[4], fmt[5], fmt[6], fmt[7]]);
    if code == 0xfffe && there == fmt.len() && fmt[26..] == GUID_TAIL {
        code = word(24);
    }
    if channels == 0 || rate == 0 || frame == 0 || !frame.is_multiple_of(channels) {
        return Err(err!(
            Format,
            "WAV: found {channels} channels, {rate} frames a second and {frame} bytes a frame, \
             expected at least 1, and as many bytes for each channel"
        ));
    }
    let bytes = usize::from(frame / channels);
    let encoding = match (code, bytes) {
        (1, 1..=4) if (1..=8 * bytes).contains(&usize::from(bits)) => Encoding::Whole(bytes),
        (3, 4 | 8) if usize::from(bits) == 8 * bytes => Encoding::Float(bytes),
        (1 | 3, _) => {
            return Err(err!(
                Unsupported,
                "WAV: found samples of {bits} bits in {bytes} bytes, expected whole numbers of up \
                 to 32 bits, or floats of 32 or 64"
            ));
        }
        _ => return Err(packed(code)),
    };
    Ok((usize::from(channels), rate, encoding))
}

/// The error about sound that is not written sample by sample.
fn packed(code: u16) -> Error {
    let name = match code {
        2 | 0x11 => "ADPCM",
        6 => "A-law",
        7 => "mu-law",
        0x31 => "GSM",
        0x50 | 0x55 => "MPEG",
        0x161..=0x163 => "WMA",
        _ => "a rare way",
    };
    err!(
        Unsupported,
        "WAV: the sound is packed by {name} (0x{code:04x}), expected whole numbers or floats"
    )
}

/// A file of floats, frame after frame.
pub fn write(channels: u16, rate: u32, samples: &[f32]) -> Vec<u8> {
    let bytes = 4 * samples.len() as u32;
    let frame = 4 * channels;
    let mut file = b"RIFF".to_vec();
    file.extend((bytes + 36).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend([3, channels].map(u16::to_le_bytes).concat());
    file.extend([rate, rate * u32::from(frame)].map(u32::to_le_bytes).concat());
    file.extend([frame, 32].map(u16::to_le_bytes).concat());
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}

/// Reads all frames and keeps none: says whether that can be done.
pub(super) fn check(bytes: &[u8]) -> Result<()> {
    let (mut sound, mut samples) = (Wav::open(bytes)?, Vec::new());
    while sound.next(1 << 12, &mut samples)? > 0 {}
    Ok(())
}

/// Small files for tests.
#[cfg(test)]
pub(super) fn examples() -> Vec<Vec<u8>> {
    tests::examples()
}

#[cfg(test)]
mod tests;
