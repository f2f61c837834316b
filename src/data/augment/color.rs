//! Brightness, contrast and colours.

use super::Augmentation;
use super::geometry::around_zero;
use crate::rng::Stream;

/// The luma of ITU-R BT.601.
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// How the values of an image change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Color {
    /// A share of white.
    brightness: f32,
    contrast: f32,
    /// Red, green and blue of the result by those of the source; `None` leaves them.
    mix: Option<[[f32; 3]; 3]>,
}

impl Color {
    /// Draws four numbers, whatever is left out.
    pub fn random(augmentation: &Augmentation, random: &mut Stream) -> Self {
        let brightness = around_zero(random, augmentation.brightness);
        let contrast = 1.0 + around_zero(random, augmentation.contrast);
        let saturation = 1.0 + around_zero(random, augmentation.saturation);
        let hue = around_zero(random, augmentation.hue);
        let mixes = augmentation.saturation > 0.0 || augmentation.hue > 0.0;
        Self { brightness, contrast, mix: mixes.then(|| mix(saturation, hue)) }
    }

    /// Whether anything does change.
    pub fn changes(&self) -> bool {
        self.brightness != 0.0 || self.contrast != 1.0 || self.mix.is_some()
    }

    /// Changes an image of so many channels.
    pub fn apply(&self, white: f32, channels: usize, image: &mut [f32]) {
        if self.brightness != 0.0 || self.contrast != 1.0 {
            let mean = if self.contrast == 1.0 { 0.0 } else { mean(image) };
            let offset = mean - self.contrast * mean + self.brightness * white;
            image.iter_mut().for_each(|value| *value = *value * self.contrast + offset);
        }
        if let (Some(rows), 3) = (self.mix, channels) {
            for pixel in image.as_chunks_mut::<3>().0 {
                let [red, green, blue] = *pixel;
                *pixel = rows.map(|row| row[0] * red + row[1] * green + row[2] * blue);
            }
        }
    }
}

/// The mean of many numbers, in eight sums that run side by side.
pub(super) fn mean(values: &[f32]) -> f32 {
    let (groups, rest) = values.as_chunks::<8>();
    let mut sums = [0.0_f32; 8];
    for group in groups {
        sums.iter_mut().zip(group).for_each(|(sum, value)| *sum += value);
    }
    (sums.iter().sum::<f32>() + rest.iter().sum::<f32>()) / values.len() as f32
}

/// Colours moved to or from grey by the factor `saturation`, then turned around it by `hue` degrees.
///
/// The turn is one of the plane of I and Q of YIQ, as in colour television: luma stays.
fn mix(saturation: f32, hue: f32) -> [[f32; 3]; 3] {
    // Red and green, less luma, by I and Q (FCC, 1953).
    const RED: [f64; 2] = [0.956, 0.619];
    const GREEN: [f64; 2] = [-0.272, -0.647];
    const DETERMINANT: f64 = RED[0] * GREEN[1] - RED[1] * GREEN[0];
    let luma = LUMA.map(f64::from);
    let angle = f64::from(hue).to_radians();
    let (sin, cos) = (libm::sin(angle), libm::cos(angle));
    let saturation = f64::from(saturation);
    let mut rows = [[0.0_f32; 3]; 3];
    for input in 0..3 {
        let above = |channel: usize| f64::from(u8::from(channel == input)) - luma[input];
        let i = (above(0) * GREEN[1] - above(1) * RED[1]) / DETERMINANT;
        let q = (above(1) * RED[0] - above(0) * GREEN[0]) / DETERMINANT;
        let turned = [i * cos - q * sin, i * sin + q * cos].map(|part| saturation * part);
        let red = RED[0] * turned[0] + RED[1] * turned[1];
        let green = GREEN[0] * turned[0] + GREEN[1] * turned[1];
        // Blue follows from luma, which does not change.
        let blue = -(luma[0] * red + luma[1] * green) / luma[2];
        for (row, part) in rows.iter_mut().zip([red, green, blue]) {
            row[input] = (luma[input] + part) as f32;
        }
    }
    rows
}
