//! How images, sounds and texts become samples and samples become a network's input; stored with
//! every model.

pub mod audio;
mod denoise;
pub mod features;
mod filter;
mod image;
mod moments;
mod numeric;
mod place;
mod placement;
mod preparation;
mod resample;
mod steps;
pub mod table;
#[cfg(test)]
mod tests;
pub mod text;

pub use audio::{Audio, AudioEncoder, AudioSpec};
pub use features::FeatureStep;
pub use filter::Filter;
pub use image::Image;
pub use moments::{Moments, Per};
pub use numeric::{Affine, Normalize, NumericStep, Scale};
pub use placement::Placement;
pub use preparation::Preparation;
pub use steps::{CenterOfMass, Crop, Fit, Gaussian, ImageStep, Median, Pad, Resize};
pub use table::TableSpec;
pub use text::TextSpec;

use super::cleaning::{ClassWeights, Fix};
use super::column::{Column, Kind, Values};
use crate::json::Json;
use crate::{Result, err};

/// The largest height or width that a step may produce.
const MOST_PIXELS: u32 = 4096;

/// Mean and standard deviation of the pixels of MNIST's training images, of 0..1.
const MNIST_MEAN: f32 = 0.1307;
const MNIST_STD: f32 = 0.3081;

/// What turns an image of any size into a sample's bytes, and a sample into a network's numbers.
#[derive(Clone, Debug, Default, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Preprocessing {
    /// From an image to a sample's bytes, `[height, width, channels]`. What comes out of the last
    /// step is stretched to the size of the network's input and given its channels, if it has
    /// others.
    #[serde(default)]
    pub image: Vec<ImageStep>,
    /// From what comes out of the image steps to few numbers, in the place of its bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<FeatureStep>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableSpec>,
}

impl Preprocessing {
    /// Drawings and photos of single digits, prepared as MNIST prepared its own, and pixels
    /// normalised by the mean and the standard deviation of its training images.
    pub fn digits() -> Self {
        Self {
            image: vec![
                ImageStep::Grayscale,
                ImageStep::InvertIfDarkOnLight,
                ImageStep::CenterOfMass(CenterOfMass::default()),
            ],
            numeric: vec![
                NumericStep::Scale(Scale { factor: 1.0 / 255.0 }),
                NumericStep::Normalize(Normalize { mean: vec![MNIST_MEAN], std: vec![MNIST_STD] }),
            ],
            ..Self::default()
        }
    }

    /// How much the samples of each class count, if a fix said so; the last one holds.
    #[must_use]
    pub fn class_weight(&self) -> Option<&[f32]> {
        self.cleaning.iter().rev().find_map(|fix| match fix {
            Fix::ClassWeights(ClassWeights { weights }) => Some(weights.as_slice()),
            _ => None,
        })
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
        // Not called in vain: what runs at the first prediction is what a page loads first.
        if !self.features.is_empty() {
            features::validate(&self.features)?;
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
        self.prepare_by(image, shape, |_, _| {})
    }

    /// The same, and where the image lies in the sample.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub fn prepare_placed(&self, image: Image, shape: &[usize]) -> Result<(Vec<u8>, Placement)> {
        let mut placement = Placement::default();
        let bytes = self.prepare_by(image, shape, |step, image| {
            placement = placement.then(step.placement(image));
        })?;
        Ok((bytes, placement))
    }

    /// The same; `see` is told every step and what it is applied to.
    fn prepare_by(
        &self,
        image: Image,
        shape: &[usize],
        mut see: impl FnMut(&ImageStep, &Image),
    ) -> Result<Vec<u8>> {
        self.validate()?;
        let image = self.apply_by(image, &mut see)?;
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
        let (fit, filter) = (Fit::Stretch, Filter::Area);
        let to = Resize { height: height as u32, width: width as u32, fit, filter };
        see(&ImageStep::Resize(to), &image);
        let image = place::resize(image, height, width, fit, filter)?;
        Ok(image.into_data())
    }

    /// Turns an image into the values of a sample: bytes as [`prepare`](Self::prepare) does, or the
    /// numbers of the features, `[n]`.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare), and `Argument` for components that are not computed.
    pub fn prepare_values(&self, image: Image, shape: &[usize]) -> Result<Values> {
        if self.features.is_empty() {
            return self.prepare(image, shape).map(Values::U8);
        }
        self.validate()?;
        let (values, _) = self.values(image)?;
        if shape != [values.len()] {
            return Err(err!(
                Shape,
                "features: the network's input has the shape {shape:?}, expected [{}]",
                values.len()
            ));
        }
        Ok(values)
    }

    /// What an image becomes, whatever the network's input is, and where it lies in that.
    fn values(&self, image: Image) -> Result<(Values, Placement)> {
        let mut placement = Placement::default();
        let image = self.apply_by(image, |step, image| {
            placement = placement.then(step.placement(image));
        })?;
        if self.features.is_empty() {
            return Ok((Values::U8(image.into_data()), placement));
        }
        Ok((features::apply(&self.features, &image).map(Values::F32)?, placement))
    }

    /// What comes out of the image steps.
    fn apply(&self, image: Image) -> Result<Image> {
        self.apply_by(image, |_, _| {})
    }

    /// The same; `see` is told every step and what it is applied to.
    fn apply_by(&self, image: Image, mut see: impl FnMut(&ImageStep, &Image)) -> Result<Image> {
        let mut image = match self.image.first() {
            // Transparency is seen to by the step itself, in one pass.
            Some(ImageStep::Grayscale) => image.into_gray(),
            _ if image.channels == 4 => image.into_rgb()?,
            _ => image,
        };
        for step in &self.image {
            see(step, &image);
            image = step.apply(image)?;
        }
        Ok(image)
    }

    /// What the numeric steps come to for the samples of a column.
    ///
    /// # Errors
    /// `Argument` for steps that are impossible or have another number of channels.
    pub fn affine(&self, column: &Column) -> Result<Affine> {
        Affine::new(&self.numeric, column.shape(), column.kind() == Kind::U8)
    }
}
