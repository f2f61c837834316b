//! Frequencies as they are heard.

use serde::{Deserialize, Serialize};

use crate::simd::F32x4;
use crate::{Result, err};

/// The most bands.
const MOST_BANDS: u32 = 1024;

/// Bands of the mel scale: triangles that overlap by half (`librosa.filters.mel`).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Mel {
    /// How many.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub n_mels: u32,
    /// Hertz where the lowest band begins.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub f_min: f32,
    /// Hertz where the highest band ends; half the sample rate by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub f_max: Option<f32>,
    /// Whether the scale is that of HTK, `2595 log10(1 + f / 700)`, and not that of Slaney's Auditory
    /// Toolbox (1998), which is linear below 1000 Hz and logarithmic above.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub htk: bool,
    /// How high the triangles are.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub norm: MelNorm,
}

/// How high the triangle of a band is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum MelNorm {
    /// Its area is 1, with frequencies in hertz.
    #[default]
    Slaney,
    /// 1.
    None,
}

impl Default for Mel {
    fn default() -> Self {
        Self { n_mels: 128, f_min: 0.0, f_max: None, htk: false, norm: MelNorm::Slaney }
    }
}

impl Mel {
    pub(super) fn validate(&self, sample_rate: u32) -> Result<()> {
        super::check("mel.nMels", self.n_mels, 1, MOST_BANDS)?;
        let (f_min, f_max, most) = (self.f_min, self.highest(sample_rate), half(sample_rate));
        if !(0.0..most).contains(&f_min) {
            return Err(err!(
                Argument,
                "audio: mel.fMin is {f_min}, expected 0 or more, below {most}, half the sample rate"
            ));
        }
        if !(f_max > f_min && f_max <= most) {
            return Err(err!(
                Argument,
                "audio: mel.fMax is {f_max}, expected more than fMin, {f_min}, and at most {most}, \
                 half the sample rate"
            ));
        }
        Ok(())
    }

    fn highest(&self, sample_rate: u32) -> f32 {
        self.f_max.unwrap_or_else(|| half(sample_rate))
    }

    fn to_mel(self, hertz: f64) -> f64 {
        if self.htk {
            2595.0 * libm::log10(1.0 + hertz / 700.0)
        } else if hertz < BREAK {
            hertz / LINEAR
        } else {
            BREAK / LINEAR + libm::log(hertz / BREAK) / log_step()
        }
    }

    fn to_hertz(self, mel: f64) -> f64 {
        if self.htk {
            700.0 * (libm::pow(10.0, mel / 2595.0) - 1.0)
        } else if mel < BREAK / LINEAR {
            mel * LINEAR
        } else {
            BREAK * libm::exp(log_step() * (mel - BREAK / LINEAR))
        }
    }
}

/// Slaney's scale: hertz a mel below the break, and its place.
const LINEAR: f64 = 200.0 / 3.0;
const BREAK: f64 = 1000.0;

/// The logarithm of the factor of a mel above the break: 27 of them make 6.4.
fn log_step() -> f64 {
    libm::log(6.4) / 27.0
}

fn half(sample_rate: u32) -> f32 {
    sample_rate as f32 / 2.0
}

/// The bands as weights of the bins of a spectrum. Each band has only a few; a matrix product would
/// multiply by zeros most of the time.
#[derive(Clone, Debug)]
pub(super) struct FilterBank {
    /// For each band: the first bin, and the end of its weights.
    bands: Vec<(usize, usize)>,
    weights: Vec<f32>,
}

impl FilterBank {
    pub fn new(mel: &Mel, sample_rate: u32, n_fft: usize) -> Self {
        let bands = mel.n_mels as usize;
        let low = mel.to_mel(mel.f_min.into());
        let high = mel.to_mel(mel.highest(sample_rate).into());
        let step = (high - low) / (bands + 1) as f64;
        let edges: Vec<f64> = (0..bands + 2).map(|i| mel.to_hertz(low + step * i as f64)).collect();
        let bin_width = f64::from(sample_rate) / n_fft as f64;
        let mut bank = Self { bands: Vec::new(), weights: Vec::new() };
        for &[left, middle, right] in edges.array_windows() {
            let height = match mel.norm {
                MelNorm::Slaney => 2.0 / (right - left),
                MelNorm::None => 1.0,
            };
            let mut first = None;
            for bin in 0..=n_fft / 2 {
                let hertz = bin_width * bin as f64;
                let rising = (hertz - left) / (middle - left);
                let falling = (right - hertz) / (right - middle);
                let weight = f64::min(rising, falling);
                if weight > 0.0 {
                    first.get_or_insert(bin);
                    bank.weights.push((weight * height) as f32);
                }
            }
            bank.bands.push((first.unwrap_or(0), bank.weights.len()));
        }
        bank
    }

    pub fn len(&self) -> usize {
        self.bands.len()
    }

    /// The bands of four spectra.
    #[inline(never)]
    pub fn apply(&self, spectrum: &[F32x4], bands: &mut [F32x4]) {
        let mut begin = 0;
        for (band, &(first, end)) in bands.iter_mut().zip(&self.bands) {
            let mut sum = F32x4::zero();
            for (&weight, &value) in self.weights[begin..end].iter().zip(&spectrum[first..]) {
                sum += F32x4::splat(weight) * value;
            }
            *band = sum;
            begin = end;
        }
    }
}
