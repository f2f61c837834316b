//! How recordings become samples, in the words of who makes a dataset.

use serde::{Deserialize, Serialize};

use crate::data::preprocessing::AudioSpec;
use crate::data::preprocessing::audio::{Align, Features, Mel, Mfcc, Stft, Trim};
use crate::{Result, err};

/// Samples a second of speech that is well understood, and of most that is told apart by ear.
const RATE: u32 = 16_000;
/// Bands of the mel scale.
const BANDS: u32 = 64;
/// Frames of 32 milliseconds, rounded up to a power of two of samples.
const FRAME: f64 = 0.032;

/// How recordings become samples of `[frames, bins, 1]`. For what cannot be said here,
/// `preprocessing.audio` takes a whole [`AudioSpec`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SoundOptions {
    /// Samples a second; 16,000 by default.
    pub sample_rate: Option<u32>,
    /// To which every recording is cut or filled up by silence. By default so many that 95 of 100
    /// recordings are not longer, and at most 10.
    pub seconds: Option<f64>,
    /// What a network gets; `logMel` by default.
    pub features: Option<Features>,
    /// Bands of the mel scale; 64 by default.
    pub mels: Option<u32>,
    /// Cepstral coefficients of `mfcc`; 20 by default.
    pub coefficients: Option<u32>,
    /// Whether silence at both ends is left out.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub trim: bool,
    /// Which part of a longer recording is kept, and where in the silence a shorter one lies.
    pub align: Option<Align>,
}

impl SoundOptions {
    /// As a specification, without a length if none was chosen.
    ///
    /// # Errors
    /// What [`AudioSpec::validate`] refuses, and `Argument` for no seconds.
    pub fn spec(&self) -> Result<AudioSpec> {
        let sample_rate = self.sample_rate.unwrap_or(RATE);
        let n_fft = ((f64::from(sample_rate) * FRAME) as u32).max(1).next_power_of_two();
        let length = match self.seconds {
            Some(seconds) if seconds.is_finite() && seconds > 0.0 => {
                Some((seconds * f64::from(sample_rate)).round().clamp(1.0, f64::from(u32::MAX))
                    as u32)
            }
            Some(seconds) => {
                return Err(err!(Argument, "audio: seconds is {seconds}, expected more than 0"));
            }
            None => None,
        };
        let spec = AudioSpec {
            sample_rate,
            trim: self.trim.then(Trim::default),
            length,
            align: self.align.unwrap_or_default(),
            features: self.features.unwrap_or_default(),
            stft: Stft { n_fft, hop_length: Some(n_fft / 2), ..Stft::default() },
            mel: Mel { n_mels: self.mels.unwrap_or(BANDS), ..Mel::default() },
            mfcc: self.coefficients.map_or_else(Mfcc::default, |n_mfcc| Mfcc { n_mfcc }),
            ..AudioSpec::default()
        };
        spec.validate()?;
        Ok(spec)
    }
}
