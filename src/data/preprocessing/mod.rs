//! How images, sounds and texts become samples and samples become a network's input; stored with
//! every model.

pub mod audio;
mod image;
mod numeric;
mod place;
mod preparation;
mod resample;
pub mod table;
#[cfg(test)]
mod tests;
pub mod text;

pub use audio::{Audio, AudioEncoder, AudioSpec};
pub use image::Image;
pub use numeric::{Affine, Normalize, NumericStep, Scale};
pub use preparation::Preparation;
pub use table::TableSpec;
pub use text::TextSpec;

use serde::{Deserialize, Serialize};

use super::cleaning::Fix;
use super::column::{Column, Kind};
use crate::named::read_by_type;
use crate::{Result, err};

/// The largest height or width that a step may produce.
const MOST_PIXELS: u32 = 4096;

/// Mean and standard deviation of the pixels of MNIST's training images, of 0..1.
const MNIST_MEAN: f32 = 0.1307;
const MNIST_STD: f32 = 0.3081;

/// What turns an image of any size into a sample's bytes, and a sample into a network's numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Preprocessing {
    /// From an image to a sample's bytes, `[height, width, channels]`. What comes out of the last
    /// step is stretched to the size of the network's input and given its channels, if it has
    /// others.
    #[serde(default)]
    pub image: Vec<ImageStep>,
    /// From a sample's values to the network's. Without any, bytes are scaled to 0..1 and numbers
    /// stay as they are.
    #[serde(default)]
    pub numeric: Vec<NumericStep>,
    /// From a sound to numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<AudioSpec>,
    /// From a text to a sequence of ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextSpec>,
    /// What was done to the samples that the model was trained on, of what their report suggested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cleaning: Vec<Fix>,
    /// From a row of a table to numbers.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "table::read")]
    pub table: Option<TableSpec>,
}

/// One step of an image on its way to a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum ImageStep {
    /// One channel: the luma of ITU-R BT.601, 0.299 red + 0.587 green + 0.114 blue.
    Grayscale,
    /// Inverts an image whose border is brighter than half on average: dark ink on light paper.
    InvertIfDarkOnLight,
    /// Bright ink on black, cut out and set as MNIST set its digits.
    CenterOfMass(CenterOfMass),
    /// Another size.
    Resize(Resize),
}

read_by_type!(ImageStep {
    "grayscale" => |Plain {}| ImageStep::Grayscale,
    "invertIfDarkOnLight" => |Plain {}| ImageStep::InvertIfDarkOnLight,
    "centerOfMass" => ImageStep::CenterOfMass,
    "resize" => ImageStep::Resize,
});

/// The attributes of a step that has none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {}

/// Bright ink on black, cut out and set as MNIST set its digits: the ink's bounding box is scaled so
/// that its longer side has `box` pixels, and its centre of mass is put in the middle of an image of
/// `size` by `size` pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// Another size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// What a resize does to an image of another aspect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Fit {
    /// Fills the result; the aspect changes.
    #[default]
    Stretch,
    /// Keeps the aspect, in the middle of a black result.
    Contain,
}

fn default_box() -> u32 {
    20
}

fn default_size() -> u32 {
    28
}

impl Preprocessing {
    /// Drawings and photos of single digits, prepared as MNIST prepared its own, and pixels
    /// normalised by the mean and the standard deviation of its training images.
    pub fn digits() -> Self {
        Self {
            image: vec![
                ImageStep::Grayscale,
                ImageStep::InvertIfDarkOnLight,
                ImageStep::CenterOfMass(CenterOfMass {
                    ink_box: default_box(),
                    size: default_size(),
                }),
            ],
            numeric: vec![
                NumericStep::Scale(Scale { factor: 1.0 / 255.0 }),
                NumericStep::Normalize(Normalize { mean: vec![MNIST_MEAN], std: vec![MNIST_STD] }),
            ],
            ..Self::default()
        }
    }

    /// Refuses steps that are impossible whatever they are applied to.
    ///
    /// # Errors
    /// `Argument`, with the step, the attribute, its value and what is allowed.
    pub fn validate(&self) -> Result<()> {
        for step in &self.image {
            step.validate()?;
        }
        for step in &self.numeric {
            step.validate()?;
        }
        for fix in &self.cleaning {
            fix.validate()?;
        }
        self.audio.as_ref().map_or(Ok(()), AudioSpec::validate)?;
        self.text.as_ref().map_or(Ok(()), TextSpec::validate)?;
        self.table.as_ref().map_or(Ok(()), TableSpec::validate)
    }

    /// Turns an image into the bytes of a sample of this shape: `[height, width, channels]`,
    /// `[height, width]`, or one number if it is the product of what comes out of the steps.
    ///
    /// # Errors
    /// `Argument` for steps that are impossible, `Shape` if no image can become such a sample,
    /// `TooLarge` if it is too large or there is no memory for it.
    pub fn prepare(&self, image: Image, shape: &[usize]) -> Result<Vec<u8>> {
        self.validate()?;
        let image = self.apply(image)?;
        let (height, width, channels) = match *shape {
            [height, width] => (height, width, 1),
            [height, width, channels @ (1 | 3)] => (height, width, channels),
            [len] if len == image.data().len() => return Ok(image.into_data()),
            _ => {
                return Err(err!(
                    Shape,
                    "image: the network's input has the shape {shape:?}, expected \
                     [height, width, 1 or 3]{}",
                    if let [_] = shape {
                        format!(" or {} after the image steps", image.data().len())
                    } else {
                        String::new()
                    }
                ));
            }
        };
        let largest = MOST_PIXELS as usize;
        if height > largest || width > largest {
            return Err(err!(
                TooLarge,
                "image: the network's input has {height}x{width} pixels, expected at most {largest} \
                 a side"
            ));
        }
        let image = if channels == 1 { image.into_gray() } else { image.into_rgb()? };
        Ok(place::resize(image, height, width, Fit::Stretch)?.into_data())
    }

    /// What comes out of the image steps.
    fn apply(&self, image: Image) -> Result<Image> {
        let mut image = match self.image.first() {
            // Transparency is seen to by the step itself, in one pass.
            Some(ImageStep::Grayscale) => image.into_gray(),
            _ if image.channels == 4 => image.into_rgb()?,
            _ => image,
        };
        for step in &self.image {
            image = match *step {
                ImageStep::Grayscale => image.into_gray(),
                ImageStep::InvertIfDarkOnLight => image.invert_if_dark_on_light(),
                ImageStep::CenterOfMass(CenterOfMass { ink_box, size }) if image.channels == 1 => {
                    place::center_of_mass(&image, ink_box as usize, size as usize)?
                }
                ImageStep::CenterOfMass(_) => {
                    return Err(err!(
                        Argument,
                        "centerOfMass: found {} channels, expected 1; put grayscale before it",
                        image.channels
                    ));
                }
                ImageStep::Resize(Resize { height, width, fit }) => {
                    place::resize(image, height as usize, width as usize, fit)?
                }
            };
        }
        Ok(image)
    }

    /// What the numeric steps come to for the samples of a column.
    ///
    /// # Errors
    /// `Argument` for steps that are impossible or have another number of channels.
    pub fn affine(&self, column: &Column) -> Result<Affine> {
        let channels = column.shape().last().copied().unwrap_or(1);
        Affine::new(&self.numeric, channels, column.kind() == Kind::U8)
    }
}

impl ImageStep {
    fn validate(&self) -> Result<()> {
        let check = |step: &str, attribute: &str, value: u32| {
            if (1..=MOST_PIXELS).contains(&value) {
                return Ok(());
            }
            Err(err!(Argument, "{step}: {attribute} is {value}, expected 1 to {MOST_PIXELS}"))
        };
        match *self {
            Self::Grayscale | Self::InvertIfDarkOnLight => Ok(()),
            Self::CenterOfMass(CenterOfMass { ink_box, size }) => {
                check("centerOfMass", "size", size)?;
                check("centerOfMass", "box", ink_box)?;
                if ink_box > size {
                    return Err(err!(
                        Argument,
                        "centerOfMass: box is {ink_box}, expected at most size, {size}"
                    ));
                }
                Ok(())
            }
            Self::Resize(Resize { height, width, .. }) => {
                check("resize", "height", height)?;
                check("resize", "width", width)
            }
        }
    }
}
