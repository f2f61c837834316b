//! Silence at both ends of a sound.

use serde::{Deserialize, Serialize};

use crate::{Result, err};

/// The least mean square that counts, as librosa has it.
const LEAST: f64 = 1e-10;
/// The longest frame, and the longest way between two.
const LONGEST: u32 = 1 << 20;

/// Leaves out what is silent at the beginning and at the end: frames whose root mean square is
/// `topDb` decibels or more below that of the loudest one (`librosa.effects.trim`). A sound that is
/// equally loud throughout, or silent, stays whole.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Trim {
    /// Decibels below the loudest frame.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub top_db: f32,
    /// Samples of a frame.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub frame_length: u32,
    /// Samples from one frame to the next.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub hop_length: u32,
}

impl Default for Trim {
    fn default() -> Self {
        Self { top_db: 60.0, frame_length: 2048, hop_length: 512 }
    }
}

impl Trim {
    pub(super) fn validate(&self) -> Result<()> {
        if !(self.top_db > 0.0 && self.top_db <= 200.0) {
            return Err(err!(
                Argument,
                "audio: trim.topDb is {}, expected more than 0, at most 200",
                self.top_db
            ));
        }
        super::check("trim.frameLength", self.frame_length, 1, LONGEST)?;
        super::check("trim.hopLength", self.hop_length, 1, LONGEST)
    }

    /// What is left of a sound.
    pub(super) fn apply<'a>(&self, x: &'a [f32]) -> &'a [f32] {
        if x.is_empty() {
            return x;
        }
        let (frame, hop) = (self.frame_length as usize, self.hop_length as usize);
        // Frames have their middles at multiples of the hop, and silence around the sound.
        let before = frame / 2;
        let frames = 1 + (x.len() + 2 * before).saturating_sub(frame) / hop;
        let mean_square = |i: usize| {
            let end = usize::min((i * hop + frame).saturating_sub(before), x.len());
            let begin = usize::min((i * hop).saturating_sub(before), end);
            crate::kernels::reduce::sum_of_squares(&x[begin..end]) / frame as f64
        };
        let squares: Vec<f64> = (0..frames).map(|i| f64::max(mean_square(i), LEAST)).collect();
        let loudest = squares.iter().fold(LEAST, |loudest, &square| f64::max(loudest, square));
        let least = loudest * libm::pow(10.0, f64::from(-self.top_db) / 10.0);
        let audible = |square: &f64| *square > least;
        let (Some(first), Some(last)) =
            (squares.iter().position(audible), squares.iter().rposition(audible))
        else {
            return &x[..0];
        };
        let end = usize::min((last + 1) * hop, x.len());
        &x[usize::min(first * hop, end)..end]
    }
}
