//! Random changes of samples in training, so that a network knows more ways to draw and to see than
//! its samples show.
//!
//! What is done to a sample depends on seed, epoch and sample alone: the same numbers come out
//! however the work is split, and on every machine to the bit. What is done to a shard of a batch
//! (mixup, cutmix) depends on its samples, in their order.

mod augmenter;
mod color;
mod elastic;
mod geometry;
mod mixer;
mod morphology;
mod normal;
mod preview;
mod sound;
#[cfg(test)]
mod tests;
mod warp;

use serde::{Deserialize, Serialize};

pub use self::augmenter::{Augmenter, Draw};
pub use self::mixer::Mixer;
use self::preview::moved_boxes;
pub use self::preview::{preview, preview_boxes};
use super::boxes::Gathered;
use super::column::{Column, Kind, Values};
use super::dataset::Dataset;
use crate::memory::allocate;
use crate::{Result, err};

/// How strongly images are changed. Each number is the end of a uniform distribution around no
/// change, unless it says otherwise; 0 leaves its change out.
///
/// Changes of place come first (turned, sheared, scaled and shifted, then cropped, then flipped, all
/// in one bilinear interpolation), then strokes, colours, noise and what is cut out, then what is done
/// to sounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Augmentation {
    /// Probability that left and right are exchanged.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub flip_horizontal: f32,
    /// Probability that top and bottom are exchanged.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub flip_vertical: f32,
    /// Pixels that are added at each border before a random part of the old size is cut out.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub crop: u32,
    /// Pixels, on each axis.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub shift: f32,
    /// Degrees, to both sides.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub rotation: f32,
    /// Factor on both axes: 0.15 makes 0.85 to 1.15.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub scale: f32,
    /// Pixels to the side for each pixel upwards.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub shear: f32,
    /// Logarithm of the factor by which the aspect changes.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub aspect: f32,
    /// Pixels: standard deviation of the normally distributed displacements of 5 x 5 points, between
    /// which they are interpolated cubically (after Simard, Steinkraus, Platt: Best practices for
    /// convolutional neural networks, 2003).
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub elastic: f32,
    /// What lies outside of an image; zero by default.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub border: Border,
    /// Probability that strokes, bright on black, are made thicker or thinner, each half the time, by
    /// up to two pixels: the image is mixed in a random proportion with its dilation by 3 x 3 pixels,
    /// or with its erosion by 2 x 2, once or twice.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub thickness: f32,
    /// What is added to all values, as a share of white.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub brightness: f32,
    /// Factor on the distance of the values from their mean: 0.3 makes 0.7 to 1.3.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub contrast: f32,
    /// Factor on the distance of colours from grey. Three channels only, as `hue`.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub saturation: f32,
    /// Degrees by which colours are turned around grey, at the same luma.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub hue: f32,
    /// Standard deviation of normally distributed noise, as a share of white.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub noise: f32,
    /// Side in pixels of a square that is made black, its middle anywhere in the image (DeVries,
    /// Taylor: Improved regularization of convolutional neural networks with cutout, 2017).
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub cutout: u32,
    /// Decibels by which a sound is made louder, to both sides. Only for samples of a preprocessing
    /// of audio, whatever their features are.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub gain: f32,
    /// Rows, frames of a sound, by which it is moved in time, to both sides; silence comes in.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub time_shift: u32,
    /// How many times up to `timeMask` rows are replaced by the mean of the sample (Park et al.:
    /// SpecAugment, 2019).
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub time_masks: u32,
    /// Rows of a mask, at most.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub time_mask: u32,
    /// How many times up to `frequencyMask` columns are replaced by the mean of the sample.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub frequency_masks: u32,
    /// Columns of a mask, at most.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub frequency_mask: u32,
    /// `alpha` of the distribution Beta(alpha, alpha) of the proportion in which each sample and its
    /// target are mixed with those of another of the shard (Zhang et al.: mixup, 2018).
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub mixup: f32,
    /// The same where a rectangle of another image is put in, and targets are mixed by its area (Yun
    /// et al.: CutMix, 2019). With `mixup` too, each is chosen half the time.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub cutmix: f32,
}

/// What lies outside of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Border {
    /// Black.
    #[default]
    Zero,
    /// The image reflected at the middle of its outer pixels.
    Reflect,
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
            thickness: 0.7,
            ..Self::default()
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
        check("flipHorizontal", self.flip_horizontal, 1.0)?;
        check("flipVertical", self.flip_vertical, 1.0)?;
        check("crop", self.crop as f32, 4096.0)?;
        check("shift", self.shift, 4096.0)?;
        check("rotation", self.rotation, 180.0)?;
        check("scale", self.scale, 0.9)?;
        check("shear", self.shear, 2.0)?;
        check("aspect", self.aspect, 2.0)?;
        check("elastic", self.elastic, 4096.0)?;
        check("thickness", self.thickness, 1.0)?;
        check("brightness", self.brightness, 1.0)?;
        check("contrast", self.contrast, 1.0)?;
        check("saturation", self.saturation, 1.0)?;
        check("hue", self.hue, 180.0)?;
        check("noise", self.noise, 1.0)?;
        check("cutout", self.cutout as f32, 4096.0)?;
        check("gain", self.gain, 100.0)?;
        check("timeShift", self.time_shift as f32, 65_535.0)?;
        check("timeMasks", self.time_masks as f32, 100.0)?;
        check("timeMask", self.time_mask as f32, 65_535.0)?;
        check("frequencyMasks", self.frequency_masks as f32, 100.0)?;
        check("frequencyMask", self.frequency_mask as f32, 65_535.0)?;
        check("mixup", self.mixup, 2.0)?;
        check("cutmix", self.cutmix, 2.0)
    }

    /// The images of a dataset of bytes, changed as in this epoch, but not mixed with one another. Boxes
    /// move along.
    ///
    /// # Errors
    /// `Argument` for what [`validate`](Self::validate) refuses, `Shape` or `Data` if the samples of
    /// the first input are no images of bytes.
    pub fn apply(&self, dataset: &Dataset, seed: u64, epoch: u64) -> Result<Dataset> {
        let mut augmenter = Augmenter::for_dataset(*self, dataset)?;
        let first = &dataset.inputs()[0];
        if first.kind() != Kind::U8 {
            return Err(err!(Data, "augmentation: found numbers (f32), expected bytes (u8)"));
        }
        let len = dataset.len().saturating_mul(first.width());
        let mut changed = allocate("the changed images", len)?;
        let moved = dataset.boxes().map(|boxes| Gathered::new(boxes.samples(), boxes.all().len()));
        let mut moved = moved.transpose()?;
        for (sample, image) in (0..).zip(changed.chunks_exact_mut(first.width())) {
            let draw = Draw { seed, epoch, sample: sample.into() };
            if let Values::U8(source) = &dataset.sample(sample)? {
                augmenter.change(draw, source, image);
            }
            if let (Some(moved), Some(boxes)) = (&mut moved, dataset.boxes()) {
                moved.add(&moved_boxes(&mut augmenter, draw, boxes.of(sample as usize)))?;
            }
        }
        let mut inputs = vec![Column::new(first.shape().to_vec(), Values::U8(changed))?];
        inputs.extend_from_slice(&dataset.inputs()[1..]);
        let mut changed = dataset.with_samples(inputs, dataset.targets().try_clone()?);
        changed.extras = dataset.extras.try_clone()?;
        match (moved, dataset.boxes()) {
            (Some(moved), Some(boxes)) => {
                changed.with_boxes(moved.finish(boxes.class_names().to_vec()))
            }
            _ => Ok(changed),
        }
    }
}
