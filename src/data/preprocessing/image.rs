//! Images of bytes, and the steps that work on their pixels one by one.

use crate::memory::reserve;
use crate::{Result, err};

/// The longest side of an image.
const LONGEST_SIDE: usize = u16::MAX as usize;

/// Brightness of the paper under transparent pixels.
const PAPER: u32 = 255;

/// An image of bytes, `[height, width, channels]` in row-major order. One channel is grey, three
/// are red, green and blue, and a fourth is opacity (not premultiplied, as a canvas gives it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    pub(super) data: Vec<u8>,
}

impl Image {
    /// An image of these bytes.
    ///
    /// # Errors
    /// `Shape` for a size of zero, channels other than 1, 3 or 4, and another number of bytes;
    /// `TooLarge` for more than 65,535 pixels a side.
    pub fn new(height: usize, width: usize, channels: usize, data: Vec<u8>) -> Result<Self> {
        if !matches!(channels, 1 | 3 | 4) {
            return Err(err!(Shape, "image: found {channels} channels, expected 1, 3 or 4"));
        }
        let expected = height.checked_mul(width).and_then(|pixels| pixels.checked_mul(channels));
        if height == 0 || width == 0 || expected != Some(data.len()) {
            return Err(err!(
                Shape,
                "image: found {} bytes for {height}x{width} pixels of {channels} channels, \
                 expected their product, more than 0",
                data.len()
            ));
        }
        if height > LONGEST_SIDE || width > LONGEST_SIDE {
            return Err(err!(
                TooLarge,
                "image: found {height}x{width} pixels, expected at most {LONGEST_SIDE} a side"
            ));
        }
        Ok(Self { height, width, channels, data })
    }

    /// Height, width and channels.
    pub fn shape(&self) -> [usize; 3] {
        [self.height, self.width, self.channels]
    }

    /// Whether it has no colour.
    #[must_use]
    pub fn is_gray(&self) -> bool {
        self.channels == 1
            || self.data.chunks_exact(self.channels).all(|pixel| {
                let [red, green, blue, ..] = *pixel else { return true };
                red == green && red == blue
            })
    }

    /// The bytes in row-major order.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The bytes in row-major order.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// One channel: the luma of ITU-R BT.601, 0.299 red + 0.587 green + 0.114 blue. Transparent
    /// pixels are seen on white paper.
    #[must_use]
    pub(super) fn into_gray(mut self) -> Self {
        match self.channels {
            3 => shrink(&mut self.data, |rgb| [luma(rgb)]),
            4 => shrink(&mut self.data, |rgba| [luma(on_paper(rgba))]),
            _ => {}
        }
        Self { channels: 1, ..self }
    }

    /// Three channels. Transparent pixels are seen on white paper.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for them.
    pub(super) fn into_rgb(mut self) -> Result<Self> {
        match self.channels {
            1 => {
                let mut data = reserve("an image", self.data.len().saturating_mul(3))?;
                data.extend(self.data.iter().flat_map(|&gray| [gray; 3]));
                self.data = data;
            }
            4 => shrink(&mut self.data, on_paper),
            _ => {}
        }
        Ok(Self { channels: 3, ..self })
    }

    /// Inverts an image whose border, one pixel wide, is brighter than half on average.
    #[must_use]
    pub(super) fn invert_if_dark_on_light(mut self) -> Self {
        let row = self.width * self.channels;
        let mut sum = 0_u64;
        let mut count = 0_u64;
        let mut add = |bytes: &[u8]| {
            sum += bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>();
            count += bytes.len() as u64;
        };
        for (y, row) in self.data.chunks_exact(row).enumerate() {
            if y == 0 || y == self.height - 1 {
                add(row);
            } else {
                add(&row[..self.channels]);
                if self.width > 1 {
                    add(&row[row.len() - self.channels..]);
                }
            }
        }
        if 2 * sum > 255 * count {
            for byte in &mut self.data {
                *byte = 255 - *byte;
            }
        }
        self
    }
}

/// Each pixel by one of fewer channels, in place: images are large.
fn shrink<const N: usize, const M: usize>(data: &mut Vec<u8>, pixel: impl Fn([u8; N]) -> [u8; M]) {
    let pixels = data.len() / N;
    for i in 0..pixels {
        let seen = std::array::from_fn(|channel| data[N * i + channel]);
        data[M * i..M * (i + 1)].copy_from_slice(&pixel(seen));
    }
    data.truncate(M * pixels);
}

/// The weights add up to 2^16, so that white stays white.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let sum = 19_595 * u32::from(red) + 38_470 * u32::from(green) + 7_471 * u32::from(blue);
    ((sum + (1 << 15)) >> 16) as u8
}

fn on_paper([red, green, blue, opacity]: [u8; 4]) -> [u8; 3] {
    if opacity == 255 {
        return [red, green, blue];
    }
    let opacity = u32::from(opacity);
    [red, green, blue]
        .map(|ink| ((u32::from(ink) * opacity + PAPER * (255 - opacity) + 127) / 255) as u8)
}
