//! Random changes of images in training, so that a network knows more ways to draw than its
//! samples show.
//!
//! What is done to a sample depends on seed, epoch and sample alone: the same images come out
//! however the work is split, and on every machine to the bit.

mod morphology;
#[cfg(test)]
mod tests;
mod warp;

use serde::{Deserialize, Serialize};

use self::warp::{Elastic, Warp};
use super::column::{Column, Sample, Values};
use super::dataset::Dataset;
use crate::rng::{Key, Purpose, Stream};
use crate::{Result, err};

/// How strongly images are changed. Each number is the end of a uniform distribution around no
/// change, unless it says otherwise; 0 leaves its change out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Augmentation {
    /// Degrees, to both sides.
    pub rotation: f32,
    /// Factor on both axes: 0.15 makes 0.85 to 1.15.
    pub scale: f32,
    /// Pixels to the side for each pixel upwards.
    pub shear: f32,
    /// Logarithm of the factor by which the aspect changes.
    pub aspect: f32,
    /// Pixels, on each axis.
    pub shift: f32,
    /// Pixels: standard deviation of the normally distributed displacements of 5 x 5 points, between
    /// which they are interpolated cubically (after Simard, Steinkraus, Platt: Best practices for
    /// convolutional neural networks, 2003).
    pub elastic: f32,
    /// Probability that strokes are made thicker or thinner, each half the time: the image is mixed
    /// with its dilation by 3 x 3 or its erosion by 2 x 2 pixels, in a random proportion.
    pub thickness: f32,
}

impl Augmentation {
    /// For handwriting that is drawn with any tool: measured to make a network robust against
    /// thin and thick strokes, at no cost for those of its training.
    pub fn handwriting() -> Self {
        Self {
            rotation: 15.0,
            scale: 0.15,
            shear: 0.2,
            aspect: 0.1,
            shift: 1.5,
            elastic: 0.8,
            thickness: 0.6,
        }
    }

    /// Refuses what cannot be done to an image.
    ///
    /// # Errors
    /// `Argument`, with the attribute, its value and what is allowed.
    pub fn validate(&self) -> Result<()> {
        let check = |attribute: &str, value: f32, most: f32| {
            if (0.0..=most).contains(&value) {
                return Ok(());
            }
            Err(err!(Argument, "augmentation: {attribute} is {value}, expected 0 to {most}"))
        };
        check("rotation", self.rotation, 180.0)?;
        check("scale", self.scale, 0.9)?;
        check("shear", self.shear, 2.0)?;
        check("aspect", self.aspect, 2.0)?;
        check("shift", self.shift, 4096.0)?;
        check("elastic", self.elastic, 4096.0)?;
        check("thickness", self.thickness, 1.0)
    }

    /// The images of a dataset of bytes, changed as in this epoch.
    ///
    /// # Errors
    /// `Argument` for what [`validate`](Self::validate) refuses, `Shape` or `Data` if the samples of
    /// the first input are no images of bytes.
    pub fn apply(&self, dataset: &Dataset, seed: u64, epoch: u64) -> Result<Dataset> {
        let (height, width, channels) = match *dataset.inputs()[0].shape() {
            [height, width] => (height, width, 1),
            [height, width, channels] => (height, width, channels),
            ref shape => {
                return Err(err!(
                    Shape,
                    "augmentation: found samples of shape {shape:?}, expected [height, width] or \
                     [height, width, channels]"
                ));
            }
        };
        let mut augmenter = Augmenter::new(*self, height, width, channels)?;
        let Values::U8(all) = dataset.inputs()[0].values() else {
            return Err(err!(Data, "augmentation: found numbers (f32), expected bytes (u8)"));
        };
        let mut changed = vec![0; all.len()];
        for (sample, image) in (0..).zip(changed.chunks_exact_mut(height * width * channels)) {
            if let Sample::U8(source) = dataset.sample(sample)? {
                augmenter.change(Draw { seed, epoch, sample: sample.into() }, source, image);
            }
        }
        let shape = dataset.inputs()[0].shape().to_vec();
        let mut inputs = vec![Column::new(shape, Values::U8(changed))?];
        inputs.extend_from_slice(&dataset.inputs()[1..]);
        Dataset::new(
            inputs,
            dataset.targets().clone(),
            dataset.class_names().to_vec(),
            dataset.preprocessing().clone(),
        )
    }
}

/// What decides how an image is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// Of the run.
    pub seed: u64,
    /// From 0.
    pub epoch: u64,
    /// Index in the dataset.
    pub sample: u64,
}

/// Changes images of one shape, with room for its steps.
#[derive(Clone, Debug)]
pub struct Augmenter {
    augmentation: Augmentation,
    height: usize,
    width: usize,
    channels: usize,
    elastic: Elastic,
    warped: Vec<f32>,
    thickened: Vec<f32>,
}

impl Augmenter {
    /// For images of `[height, width, channels]` bytes on black.
    ///
    /// # Errors
    /// `Argument` for what [`Augmentation::validate`] refuses, `Shape` for a size of zero or one
    /// that exceeds the memory.
    pub fn new(
        augmentation: Augmentation,
        height: usize,
        width: usize,
        channels: usize,
    ) -> Result<Self> {
        augmentation.validate()?;
        let values = height.checked_mul(width).and_then(|pixels| pixels.checked_mul(channels));
        let Some(values) = values.filter(|values| (1..usize::MAX >> 4).contains(values)) else {
            return Err(err!(
                Shape,
                "augmentation: found images of {height}x{width}x{channels}, expected sizes of at \
                 least 1 that fit the memory"
            ));
        };
        let elastic = Elastic::new(height, width);
        let (warped, thickened) = (vec![0.0; values], vec![0.0; values]);
        Ok(Self { augmentation, height, width, channels, elastic, warped, thickened })
    }

    /// Writes the changed `source` to `image`. Both hold `[height, width, channels]` bytes; what
    /// comes from outside of the source is black.
    pub fn change(&mut self, draw: Draw, source: &[u8], image: &mut [u8]) {
        let key = Key::new(draw.seed, Purpose::Augmentation).child(draw.epoch).child(draw.sample);
        let mut random = key.stream();
        let Augmentation { elastic, thickness, .. } = self.augmentation;
        let warp = Warp::random(&self.augmentation, &mut random);
        self.elastic.displace(elastic, &mut random);
        let shape = [self.height, self.width, self.channels];
        warp.apply(&self.elastic, source, shape, &mut self.warped);
        if random.uniform() < thickness {
            let thicker = random.uniform() < 0.5;
            let share = random.uniform();
            if thicker {
                morphology::dilate(&self.warped, shape, &mut self.thickened);
            } else {
                morphology::erode(&self.warped, shape, &mut self.thickened);
            }
            for (value, &changed) in self.warped.iter_mut().zip(&self.thickened) {
                *value += share * (changed - *value);
            }
        }
        for (byte, &value) in image.iter_mut().zip(&self.warped) {
            *byte = (value + 0.5) as u8;
        }
    }
}

/// Uniformly distributed within `end` to both sides of zero.
fn around_zero(random: &mut Stream, end: f32) -> f32 {
    end * (2.0 * random.uniform() - 1.0)
}
