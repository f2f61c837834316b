//! Frames of a sound and their spectra.

use serde::{Deserialize, Serialize};

use super::window::Window;
use crate::kernels::fft::{LONGEST, RealFft};
use crate::memory::reserve;
use crate::simd::{F32x4, LANES};
use crate::{Result, err};

/// The short-time Fourier transform (`librosa.stft`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Stft {
    /// Samples of a frame.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub n_fft: u32,
    /// Samples of the window, in the middle of a frame; `nFft` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub win_length: Option<u32>,
    /// Samples from one frame to the next; a quarter of the window by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hop_length: Option<u32>,
    /// How frames are faded in and out.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub window: Window,
    /// Whether the middle of the first frame is the first sample, and not its beginning. The sound is
    /// continued by half a frame on both sides.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub center: bool,
    /// How it is continued.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub pad_mode: PadMode,
}

/// How a sound is continued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum PadMode {
    /// By silence.
    #[default]
    Constant,
    /// By its reflection, the outer sample only once.
    Reflect,
    /// By its outer sample.
    Edge,
}

impl Default for Stft {
    fn default() -> Self {
        Self {
            n_fft: 2048,
            win_length: None,
            hop_length: None,
            window: Window::Hann,
            center: true,
            pad_mode: PadMode::Constant,
        }
    }
}

impl Stft {
    pub(super) fn validate(&self) -> Result<()> {
        super::check("stft.nFft", self.n_fft, 2, LONGEST as u32)?;
        super::check("stft.winLength", self.window_length(), 1, self.n_fft)?;
        super::check("stft.hopLength", self.hop(), 1, 1 << 20)
    }

    fn window_length(&self) -> u32 {
        self.win_length.unwrap_or(self.n_fft)
    }

    fn hop(&self) -> u32 {
        self.hop_length.unwrap_or(u32::max(self.window_length() / 4, 1))
    }

    /// Samples that the sound is continued by on each side.
    fn around(&self) -> usize {
        if self.center { self.n_fft as usize / 2 } else { 0 }
    }

    /// Frames of a sound of so many samples; none if it is shorter than one.
    pub(super) fn frames(&self, samples: usize) -> usize {
        let all = samples.saturating_add(2 * self.around());
        match all.checked_sub(self.n_fft as usize) {
            Some(rest) if samples > 0 => 1 + rest / self.hop() as usize,
            _ => 0,
        }
    }
}

/// A transform with its memory.
#[derive(Clone, Debug)]
pub(super) struct Transform {
    stft: Stft,
    fft: RealFft,
    window: Vec<f32>,
    power: Vec<F32x4>,
}

impl Transform {
    pub fn new(stft: Stft) -> Result<Self> {
        let frame = stft.n_fft as usize;
        let fft = RealFft::new(frame)
            .map_err(|error| err!(Argument, "audio: stft.nFft: {}", error.message()))?;
        let window = stft.window.values(stft.window_length() as usize, frame);
        let power = vec![F32x4::zero(); fft.bins()];
        Ok(Self { stft, fft, window, power })
    }

    pub fn bins(&self) -> usize {
        self.fft.bins()
    }

    /// Calls `each` with the number of a frame and the squared magnitudes of it and of the three
    /// after it, `[bins][4]`, for every fourth one; lanes beyond the last frame repeat it.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for the continued sound.
    pub fn run(&mut self, x: &[f32], mut each: impl FnMut(usize, &[F32x4])) -> Result<()> {
        let frames = self.stft.frames(x.len());
        if frames == 0 {
            return Ok(());
        }
        let padded = self.padded(x)?;
        let hop = self.stft.hop() as usize;
        for first in (0..frames).step_by(LANES) {
            let begin = |lane| hop * usize::min(first + lane, frames - 1);
            let signals = [0, 1, 2, 3].map(|lane| &padded[begin(lane)..]);
            self.fft.power(signals, &self.window, &mut self.power);
            each(first, &self.power);
        }
        Ok(())
    }

    fn padded(&self, x: &[f32]) -> Result<Vec<f32>> {
        let around = self.stft.around();
        let mut padded = reserve("the sound", x.len() + 2 * around)?;
        let beyond = |i: isize| match self.stft.pad_mode {
            PadMode::Constant => 0.0,
            PadMode::Edge => x[if i < 0 { 0 } else { x.len() - 1 }],
            PadMode::Reflect if x.len() == 1 => x[0],
            PadMode::Reflect => {
                let period = 2 * (x.len() - 1);
                let i = i.rem_euclid(period as isize) as usize;
                x[usize::min(i, period - i)]
            }
        };
        padded.extend((0..around).map(|i| beyond(i as isize - around as isize)));
        padded.extend_from_slice(x);
        padded.extend((0..around).map(|i| beyond((x.len() + i) as isize)));
        Ok(padded)
    }
}
