//! What a report keeps of a sample, apart from the sample: so that it can be noted beside it and taken
//! again when the sample itself is gone, or was changed.

use super::fingerprint::{Fingerprint, of_audio, of_image, of_text, of_values};
use crate::data::{Image, Values};

/// Numbers of a size at most: height, width and channels.
const MOST_SIZES: usize = 3;

/// What samples are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Medium {
    Images,
    Audio,
    Texts,
    /// Numbers of which nothing else is known: they are the same or not.
    Values,
}

const MEDIA: [Medium; 4] = [Medium::Images, Medium::Audio, Medium::Texts, Medium::Values];

/// What was seen of a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Impression {
    pub(super) medium: Medium,
    /// `[height, width, channels]` of an image, `[channels, rate]` of sound.
    pub(super) size: Vec<u32>,
    /// Of sound in seconds, of a text in characters.
    pub(super) length: Option<f64>,
    pub(super) fingerprint: Fingerprint,
}

impl Impression {
    /// That of an image.
    #[must_use]
    pub fn of_image(image: &Image) -> Self {
        let size = image.shape().map(|size| size as u32).to_vec();
        Self { medium: Medium::Images, size, length: None, fingerprint: of_image(image) }
    }

    /// That of sound: samples of -1..1, frame after frame.
    #[must_use]
    pub fn of_audio(channels: usize, rate: u32, samples: &[f32]) -> Self {
        let frames = samples.len() as f64 / channels.max(1) as f64;
        Self {
            medium: Medium::Audio,
            size: vec![channels as u32, rate],
            length: Some(frames / f64::from(rate.max(1))),
            fingerprint: of_audio(channels, rate, samples),
        }
    }

    /// That of a text.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let length = Some(text.chars().count() as f64);
        Self { medium: Medium::Texts, size: Vec::new(), length, fingerprint: of_text(text) }
    }

    /// That of a sample of a dataset, of this shape: bytes of one to four channels are an image.
    #[must_use]
    pub fn of_values(shape: &[usize], values: &Values) -> Self {
        let image = match (values, shape) {
            (Values::U8(bytes), &[height, width]) => {
                Image::new(height, width, 1, bytes.clone()).ok()
            }
            (Values::U8(bytes), &[height, width, channels]) => {
                Image::new(height, width, channels, bytes.clone()).ok()
            }
            _ => None,
        };
        if let Some(image) = image {
            return Self::of_image(&image);
        }
        let fingerprint = of_values(shape.len(), values);
        Self { medium: Medium::Values, size: Vec::new(), length: None, fingerprint }
    }

    /// Height and width, where it is that of an image.
    pub(crate) fn picture_size(&self) -> Option<[u32; 2]> {
        match (self.medium, &self.size[..]) {
            (Medium::Images, &[height, width, _]) => Some([height, width]),
            _ => None,
        }
    }

    /// As text, some 160 characters; [`from_text`](Self::from_text) gives the same again.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Fingerprint { content, likeness, relief, traits, empty } = &self.fingerprint;
        let mut bytes = vec![self.medium as u8, self.size.len() as u8];
        bytes.extend(self.size.iter().flat_map(|size| size.to_le_bytes()));
        bytes.push(u8::from(self.length.is_some()));
        bytes.extend(self.length.iter().flat_map(|length| length.to_le_bytes()));
        bytes.extend(content.to_le_bytes());
        bytes.extend(likeness.to_le_bytes());
        bytes.extend(relief);
        bytes.extend(traits);
        bytes.push(u8::from(*empty));
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
        bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }

    /// What [`to_text`](Self::to_text) wrote; nothing for any other text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let digits: Option<Vec<u8>> =
            text.chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8)).collect();
        let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
        let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        let mut rest = bytes.as_slice();
        let [medium, sizes] = taken(&mut rest)?;
        let medium = *MEDIA.get(usize::from(medium))?;
        if usize::from(sizes) > MOST_SIZES {
            return None;
        }
        let size: Option<Vec<u32>> =
            (0..sizes).map(|_| taken(&mut rest).map(u32::from_le_bytes)).collect();
        let length = match taken(&mut rest)? {
            [0] => None,
            _ => Some(f64::from_le_bytes(taken(&mut rest)?)).filter(|length| length.is_finite()),
        };
        let fingerprint = Fingerprint {
            content: u64::from_le_bytes(taken(&mut rest)?),
            likeness: u128::from_le_bytes(taken(&mut rest)?),
            relief: taken(&mut rest)?,
            traits: taken(&mut rest)?,
            empty: taken(&mut rest)? != [0],
        };
        let impression = Self { medium, size: size?, length, fingerprint };
        rest.is_empty().then_some(impression)
    }
}

/// The next bytes.
fn taken<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn impressions() -> Vec<Impression> {
        let pixels = (0..60_u8).map(|at| at.wrapping_mul(37)).collect();
        vec![
            Impression::of_image(&Image::new(4, 5, 3, pixels).unwrap()),
            Impression::of_audio(2, 44_100, &[0.1, -0.3, 0.7]),
            Impression::of_text("A text of some words, more than eight of them, to be compared."),
            Impression::of_values(&[3], &Values::F32(vec![0.5, -1.0, 2.0])),
        ]
    }

    #[test]
    fn what_was_written_is_read_again() {
        for seen in impressions() {
            let text = seen.to_text();
            assert_eq!(Impression::from_text(&text), Some(seen));
            // No part of it, and nothing more, is taken for the whole.
            for end in 0..text.len() {
                assert_eq!(Impression::from_text(&text[..end]), None);
            }
            for wrong in [format!("{text}00"), format!("ff{}", &text[2..]), text.replace('0', "é")]
            {
                assert_eq!(Impression::from_text(&wrong), None);
            }
        }
    }

    #[test]
    fn samples_of_a_dataset_are_seen_as_what_they_are() {
        let pixels: Vec<u8> = (0..60).collect();
        let image = Impression::of_image(&Image::new(4, 5, 3, pixels.clone()).unwrap());
        assert_eq!(Impression::of_values(&[4, 5, 3], &Values::U8(pixels.clone())), image);
        // What is no picture is the same or not.
        for shape in [&[60][..], &[2, 5, 6]] {
            let seen = Impression::of_values(shape, &Values::U8(pixels.clone()));
            assert_eq!((seen.medium, seen.fingerprint.likeness), (Medium::Values, 0));
        }
        let empty = |shape: &[usize], values| {
            Impression::of_values(shape, &Values::F32(values)).fingerprint.empty
        };
        assert!(empty(&[2, 2, 1], vec![0.5; 4]) && !empty(&[2, 2], vec![0.5, 0.5, 0.5, 0.4]));
        assert!(!empty(&[4], vec![0.0; 4]), "a row of zeros");
    }
}
