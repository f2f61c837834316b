//! Steps from an image of any size to a sample's bytes.

#[cfg(test)]
mod tests;

use super::filter::Filter;
use super::image::Image;
use super::{MOST_PIXELS, denoise, place};
use crate::json::Json;
use crate::{Result, err};

/// One step of an image on its way to a sample.
#[derive(Clone, Copy, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum ImageStep {
    /// One channel: the luma of ITU-R BT.601, 0.299 red + 0.587 green + 0.114 blue.
    Grayscale,
    /// Three channels; grey ones are three alike.
    Rgb,
    /// Inverts an image whose border is brighter than half on average: dark ink on light paper.
    InvertIfDarkOnLight,
    /// Bright ink on black, cut out and set as MNIST set its digits.
    CenterOfMass(CenterOfMass),
    /// A part of the image.
    Crop(Crop),
    /// A larger image with this one in its middle.
    Pad(Pad),
    /// Another size.
    Resize(Resize),
    /// The median of the pixels around each: takes away single wrong ones.
    Median(Median),
    /// A weighted mean of the pixels around each.
    Gaussian(Gaussian),
}

/// Bright ink on black, cut out and set as MNIST set its digits: the ink's bounding box is scaled so
/// that its longer side has `box` pixels, and its centre of mass is put in the middle of an image of
/// `size` by `size` pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CenterOfMass {
    /// Pixels of the longer side of the ink's bounding box.
    #[serde(rename = "box", default = "default_box")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub ink_box: u32,
    /// Height and width of the result.
    #[serde(default = "default_size")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub size: u32,
}

impl Default for CenterOfMass {
    fn default() -> Self {
        Self { ink_box: default_box(), size: default_size() }
    }
}

fn default_box() -> u32 {
    20
}

fn default_size() -> u32 {
    28
}

/// A part of the image. What of it lies outside of the image is black.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Crop {
    /// Height of the result.
    pub height: u32,
    /// Width of the result.
    pub width: u32,
    /// Pixels above it; without them it is in the middle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<u32>,
    /// Pixels to its left; without them it is in the middle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<u32>,
}

/// A larger image with this one in its middle. One that is as large already stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pad {
    /// The least height of the result.
    pub height: u32,
    /// The least width of the result.
    pub width: u32,
    /// What all channels are around the image, 0 to 255.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub value: u8,
}

/// Another size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resize {
    /// Height of the result.
    pub height: u32,
    /// Width of the result.
    pub width: u32,
    /// What happens to another aspect.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub fit: Fit,
    /// How pixels are made of those of the source.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub filter: Filter,
}

/// What a resize does to an image of another aspect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Fit {
    /// Fills the result; the aspect changes.
    #[default]
    Stretch,
    /// Keeps the aspect, in the middle of a black result.
    Contain,
    /// Keeps the aspect and fills the result; what sticks out is cut off on both sides alike.
    Cover,
}

/// The median of the square of pixels around each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Median {
    /// Pixels a side of the square: 3, 5, 7 or 9.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub size: u32,
}

impl Default for Median {
    fn default() -> Self {
        Self { size: 3 }
    }
}

/// A mean whose weights fall off with the distance as a normal distribution does.
#[derive(Clone, Copy, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Gaussian {
    /// Standard deviation in pixels.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub sigma: f32,
}

impl Default for Gaussian {
    fn default() -> Self {
        Self { sigma: 1.0 }
    }
}

/// The widest Gaussian filter: each pixel of the result sees 257 on each axis.
const WIDEST: f32 = 32.0;

impl ImageStep {
    /// What an image becomes.
    pub(super) fn apply(self, image: Image) -> Result<Image> {
        Ok(match self {
            Self::Grayscale => image.into_gray(),
            Self::Rgb => image.into_rgb()?,
            Self::InvertIfDarkOnLight => image.invert_if_dark_on_light(),
            Self::CenterOfMass(CenterOfMass { ink_box, size }) if image.channels == 1 => {
                place::center_of_mass(&image, ink_box as usize, size as usize)?
            }
            Self::CenterOfMass(_) => {
                return Err(err!(
                    Argument,
                    "centerOfMass: found {} channels, expected 1; put grayscale before it",
                    image.channels
                ));
            }
            Self::Crop(crop) => place::crop(&image, &crop)?,
            Self::Pad(pad) => place::pad(image, &pad)?,
            Self::Resize(Resize { height, width, fit, filter }) => {
                place::resize(image, height as usize, width as usize, fit, filter)?
            }
            Self::Median(Median { size }) => denoise::median(&image, size as usize)?,
            Self::Gaussian(Gaussian { sigma }) => denoise::gaussian(&image, sigma)?,
        })
    }

    /// The shape of what an image of this shape becomes.
    pub(super) fn shape(self, [height, width, channels]: [usize; 3]) -> [usize; 3] {
        match self {
            Self::Grayscale => [height, width, 1],
            Self::Rgb => [height, width, 3],
            Self::InvertIfDarkOnLight | Self::Median(_) | Self::Gaussian(_) => {
                [height, width, channels]
            }
            Self::CenterOfMass(CenterOfMass { size, .. }) => {
                [size as usize, size as usize, channels]
            }
            Self::Crop(Crop { height, width, .. }) | Self::Resize(Resize { height, width, .. }) => {
                [height as usize, width as usize, channels]
            }
            Self::Pad(pad) => {
                [height.max(pad.height as usize), width.max(pad.width as usize), channels]
            }
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        let check = |step: &str, attribute: &str, value: u32| {
            if (1..=MOST_PIXELS).contains(&value) {
                return Ok(());
            }
            Err(err!(Argument, "{step}: {attribute} is {value}, expected 1 to {MOST_PIXELS}"))
        };
        let (step, height, width) = match *self {
            Self::Grayscale | Self::Rgb | Self::InvertIfDarkOnLight => return Ok(()),
            Self::CenterOfMass(CenterOfMass { ink_box, size }) => {
                check("centerOfMass", "size", size)?;
                check("centerOfMass", "box", ink_box)?;
                if ink_box > size {
                    return Err(err!(
                        Argument,
                        "centerOfMass: box is {ink_box}, expected at most size, {size}"
                    ));
                }
                return Ok(());
            }
            Self::Median(Median { size }) => {
                if !matches!(size, 3 | 5 | 7 | 9) {
                    return Err(err!(Argument, "median: size is {size}, expected 3, 5, 7 or 9"));
                }
                return Ok(());
            }
            Self::Gaussian(Gaussian { sigma }) => {
                if !(0.1..=WIDEST).contains(&sigma) {
                    return Err(err!(
                        Argument,
                        "gaussian: sigma is {sigma}, expected 0.1 to {WIDEST}"
                    ));
                }
                return Ok(());
            }
            Self::Crop(Crop { height, width, .. }) => ("crop", height, width),
            Self::Pad(Pad { height, width, .. }) => ("pad", height, width),
            Self::Resize(Resize { height, width, .. }) => ("resize", height, width),
        };
        check(step, "height", height)?;
        check(step, "width", width)
    }
}
