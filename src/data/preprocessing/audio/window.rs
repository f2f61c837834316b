//! Windows of a transform.

use serde::{Deserialize, Serialize};

/// How a frame is faded in and out before its transform. Windows are periodic, as those of
/// librosa and SciPy (`fftbins=True`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Window {
    /// `0.5 - 0.5 cos`.
    #[default]
    Hann,
    /// `0.54 - 0.46 cos`.
    Hamming,
    /// `0.42 - 0.5 cos + 0.08 cos 2`.
    Blackman,
    /// Not at all.
    Rectangular,
}

impl Window {
    /// The window of `len` samples in the middle of `frame` ones.
    pub(super) fn values(self, len: usize, frame: usize) -> Vec<f32> {
        let [a, b, c] = match self {
            Self::Hann => [0.5, 0.5, 0.0],
            Self::Hamming => [0.54, 0.46, 0.0],
            Self::Blackman => [0.42, 0.5, 0.08],
            Self::Rectangular => [1.0, 0.0, 0.0],
        };
        let mut values = vec![0.0; frame];
        for (i, value) in values[(frame - len) / 2..][..len].iter_mut().enumerate() {
            let angle = std::f64::consts::TAU * i as f64 / len as f64;
            *value = (a - b * libm::cos(angle) + c * libm::cos(2.0 * angle)) as f32;
        }
        values
    }
}

/// The modified Bessel function of the first kind and order 0, by its power series.
pub(super) fn bessel(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > 1e-17 * sum {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}
