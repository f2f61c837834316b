//! What weight a pixel has in one of another size.

use crate::json::Json;

/// How the pixels of an image of another size are made of those of the source. Where an image
/// shrinks, the filter is as many times wider, so that every pixel counts (as in Pillow).
///
/// Filters are computed here and not by `fast_image_resize`, whose results for bytes are the same
/// with and without SSE and AVX: steps such as the centre of mass put pixels where that library
/// cannot, and one resampler is smaller than two. Results are those of Pillow for images of numbers,
/// rounded; of bytes, Pillow rounds and cuts off between its two passes, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Filter {
    /// The mean over the covered area where an image shrinks, bilinear interpolation where it grows.
    #[default]
    Area,
    /// The pixel in whose area the middle of the new one lies.
    Nearest,
    /// A triangle.
    Bilinear,
    /// The cubic of Catmull and Rom (parameter -1/2).
    Bicubic,
    /// A sinc under a sinc that is three times as wide.
    Lanczos3,
}

impl Filter {
    /// Pixels on each side of its middle.
    pub(super) fn reach(self) -> f64 {
        match self {
            Self::Area | Self::Nearest => 0.5,
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos3 => 3.0,
        }
    }

    /// The weight, before all are made to add up to 1, at this distance in pixels.
    pub(super) fn weight(self, distance: f64) -> f64 {
        let x = distance.abs();
        if x >= self.reach() {
            return 0.0;
        }
        match self {
            Self::Area | Self::Nearest => 1.0,
            Self::Bilinear => 1.0 - x,
            Self::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Self::Bicubic => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            Self::Lanczos3 => sinc(x) * sinc(x / 3.0),
        }
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * std::f64::consts::PI;
    libm::sin(x) / x
}
