//! Sound as it was recorded.

use crate::memory::reserve;
use crate::{Result, err};

/// Samples a second that a sound may have.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;
/// The most channels.
const MOST_CHANNELS: usize = 64;

/// Sound of any rate and number of channels, `[frames, channels]` in row-major order; full scale is
/// -1 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Audio {
    rate: u32,
    channels: usize,
    samples: Vec<f32>,
}

impl Audio {
    /// Sound of these samples, which may be none.
    ///
    /// # Errors
    /// `Unsupported` for fewer than 1,000 or more than 768,000 frames a second and for more than 64
    /// channels, `Shape` for samples that are not a whole number of frames, `Data` for a sample that
    /// is not finite, with its place.
    pub fn new(rate: u32, channels: usize, samples: Vec<f32>) -> Result<Self> {
        if !RATES.contains(&rate) {
            return Err(err!(
                Unsupported,
                "audio: found {rate} frames a second, expected {} to {}",
                RATES.start(),
                RATES.end()
            ));
        }
        if !(1..=MOST_CHANNELS).contains(&channels) {
            return Err(err!(
                Unsupported,
                "audio: found {channels} channels, expected 1 to {MOST_CHANNELS}"
            ));
        }
        if !samples.len().is_multiple_of(channels) {
            return Err(err!(
                Shape,
                "audio: found {} samples, expected a multiple of {channels}, the channels",
                samples.len()
            ));
        }
        if let Some(place) = samples.iter().position(|sample| !sample.is_finite()) {
            return Err(err!(
                Data,
                "audio: sample {place} is {}, expected finite numbers",
                samples[place]
            ));
        }
        Ok(Self { rate, channels, samples })
    }

    /// Frames a second.
    #[must_use]
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Samples of a frame.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// How many frames there are.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.samples.len() / self.channels
    }

    /// All samples, frame after frame.
    #[must_use]
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// The mean of the channels.
    pub(super) fn mono(&self) -> Result<Vec<f32>> {
        let mut mono = reserve("the sound", self.frames())?;
        if self.channels == 1 {
            mono.extend_from_slice(&self.samples);
        } else {
            let share = 1.0 / self.channels as f32;
            // Scaled before they are added up, so that the sum cannot overflow.
            let mean = |frame: &[f32]| frame.iter().map(|sample| sample * share).sum::<f32>();
            mono.extend(self.samples.chunks_exact(self.channels).map(mean));
        }
        Ok(mono)
    }
}
