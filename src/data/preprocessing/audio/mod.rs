//! Sounds as images of what is heard when: frames of the short-time Fourier transform, in bands of
//! the mel scale, in decibels.
//!
//! The stages and their defaults are those of librosa 0.11, whose results these are within the
//! tolerances that the goldens state:
//!
//! | stage | librosa |
//! | --- | --- |
//! | one channel | `to_mono` |
//! | `sampleRate` | `resample`, by a filter of the same kind |
//! | `trim` | `effects.trim` |
//! | `length`, `align` | `util.fix_length` |
//! | `stft`, `power` | `abs(stft(y)) ** power` |
//! | `mel` | `feature.melspectrogram` |
//! | `decibels` | `power_to_db`, or `amplitude_to_db` where `power` is 1 |
//! | `mfcc` | `feature.mfcc` |
//!
//! The result is `[frames, bins, 1]`, an image whose rows are moments (librosa's are frequencies).

mod decibels;
mod encoder;
mod mel;
mod resample;
mod sound;
mod stft;
#[cfg(test)]
mod tests;
mod trim;
mod window;

pub use decibels::{Decibels, Reference};
pub use encoder::{AudioEncoder, Encoded};
pub use mel::{Mel, MelNorm};
pub use sound::Audio;
pub use stft::{PadMode, Stft};
pub use trim::Trim;
pub use window::Window;

use serde::{Deserialize, Serialize};

use crate::{Result, err};

/// The most samples of a sound of fixed length.
const MOST_LENGTH: u32 = 1 << 26;

/// How a sound becomes a network's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AudioSpec {
    /// Samples a second; a sound of another rate is resampled.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub sample_rate: u32,
    /// Leaves out silence at both ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trim: Option<Trim>,
    /// Samples that every sound is cut or filled up to; without it sounds keep their lengths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// Which part of a longer sound is kept, and where in the silence a shorter one lies.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub align: Align,
    /// What the network gets.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub features: Features,
    /// Frames and their spectra.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub stft: Stft,
    /// Exponent of the magnitudes: 1, or 2 for their power.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub power: u32,
    /// Bands of the mel scale.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub mel: Mel,
    /// The logarithm.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub decibels: Decibels,
    /// Cepstral coefficients.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub mfcc: Mfcc,
}

crate::json::by_serde!(AudioSpec);

/// What a network gets of a sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Features {
    /// Its samples, `[samples, 1, 1]`.
    Waveform,
    /// Magnitudes or powers of frequencies, `[frames, nFft / 2 + 1, 1]`.
    Spectrogram,
    /// The same in decibels.
    LogSpectrogram,
    /// Magnitudes or powers of bands of the mel scale, `[frames, nMels, 1]`.
    Mel,
    /// The same in decibels.
    #[default]
    LogMel,
    /// Mel-frequency cepstral coefficients, `[frames, nMfcc, 1]`.
    Mfcc,
}

/// Which part of a sound is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Align {
    /// The beginning.
    #[default]
    Start,
    /// The middle.
    Center,
    /// The end.
    End,
}

/// Mel-frequency cepstral coefficients: the first ones of the orthonormal discrete cosine transform
/// (DCT-II) of the bands in decibels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Mfcc {
    /// How many; at most as many as there are bands.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub n_mfcc: u32,
}

impl Default for Mfcc {
    fn default() -> Self {
        Self { n_mfcc: 20 }
    }
}

impl Default for AudioSpec {
    fn default() -> Self {
        Self {
            sample_rate: 22_050,
            trim: None,
            length: None,
            align: Align::default(),
            features: Features::default(),
            stft: Stft::default(),
            power: 2,
            mel: Mel::default(),
            decibels: Decibels::default(),
            mfcc: Mfcc::default(),
        }
    }
}

impl AudioSpec {
    /// Refuses what is impossible whatever the sounds are.
    ///
    /// # Errors
    /// `Argument`, with the attribute, its value and what is allowed.
    pub fn validate(&self) -> Result<()> {
        check("sampleRate", self.sample_rate, 1_000, 192_000)?;
        self.trim.as_ref().map_or(Ok(()), Trim::validate)?;
        check("length", self.length.unwrap_or(1), 1, MOST_LENGTH)?;
        self.stft.validate()?;
        check("power", self.power, 1, 2)?;
        self.mel.validate(self.sample_rate)?;
        self.decibels.validate()?;
        check("mfcc.nMfcc", self.mfcc.n_mfcc, 1, u32::MAX)?;
        if self.features == Features::Mfcc {
            check("mfcc.nMfcc", self.mfcc.n_mfcc, 1, self.mel.n_mels)?;
        }
        let length = self.length.unwrap_or(u32::MAX) as usize;
        if self.features != Features::Waveform && self.stft.frames(length) == 0 {
            return Err(err!(
                Argument,
                "audio: length is {length}, expected at least a frame, {}, unless center is true",
                self.stft.n_fft
            ));
        }
        Ok(())
    }
}

/// Refuses numbers that are too small or too large.
fn check(attribute: &str, value: u32, least: u32, most: u32) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(err!(Argument, "audio: {attribute} is {value}, expected {least} to {most}"))
}
