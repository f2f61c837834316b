//! All changes of one image.

use super::color::Color;
use super::elastic::Elastic;
use super::geometry::Geometry;
use super::normal::Normal;
use super::warp::Warp;
use super::{Augmentation, morphology, sound};
use crate::data::column::Sample;
use crate::data::dataset::{Dataset, check_length};
use crate::data::preprocessing::AudioSpec;
use crate::rng::{Key, Purpose, Stream};
use crate::{Result, err};

/// The longest side of an image: coordinates between its pixels keep seven binary digits.
const LONGEST_SIDE: usize = u16::MAX as usize;
/// The most values of an image, with room around it.
const MOST_VALUES: usize = 1 << 30;

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

impl Draw {
    pub(super) fn key(self) -> Key {
        Key::new(self.seed, Purpose::Augmentation).child(self.epoch).child(self.sample)
    }
}

/// Changes images of one shape, with room for its steps: a change allocates nothing.
#[derive(Clone, Debug)]
pub struct Augmenter {
    augmentation: Augmentation,
    shape: [usize; 3],
    /// What the numbers of a sample are, where it is a sound.
    sound: Option<AudioSpec>,
    warp: Warp,
    pub(super) elastic: Elastic,
    /// Where something is normally distributed.
    normal: Option<Normal>,
    /// An image of numbers, and another.
    work: Vec<f32>,
    scratch: Vec<f32>,
}

impl Augmenter {
    /// For images of `[height, width, channels]`.
    ///
    /// # Errors
    /// `Argument` for what [`Augmentation::validate`] refuses and for changes of colour where there
    /// is none, `Shape` for a size of zero, more than 65,535 pixels a side or 2^30 values.
    pub fn new(
        augmentation: Augmentation,
        height: usize,
        width: usize,
        channels: usize,
    ) -> Result<Self> {
        augmentation.validate()?;
        let sides = 1..=LONGEST_SIDE;
        let values = height.checked_mul(width).and_then(|pixels| pixels.checked_mul(channels));
        let fits = |values: &usize| (1..MOST_VALUES).contains(values);
        let values = values.filter(fits).filter(|_| sides.contains(&height));
        let Some(values) = values.filter(|_| sides.contains(&width)) else {
            return Err(err!(
                Shape,
                "augmentation: found images of {height}x{width}x{channels}, expected 1 to \
                 {LONGEST_SIDE} pixels a side and less than 2^30 values"
            ));
        };
        for (attribute, value) in
            [("saturation", augmentation.saturation), ("hue", augmentation.hue)]
        {
            if value > 0.0 && channels != 3 {
                return Err(err!(
                    Argument,
                    "augmentation: {attribute} is {value}, expected 0 for images of {channels} \
                     channels; colours have 3"
                ));
            }
        }
        let shape = [height, width, channels];
        Ok(Self {
            augmentation,
            shape,
            sound: None,
            warp: Warp::new(shape),
            elastic: Elastic::new(height, width),
            normal: (augmentation.elastic > 0.0 || augmentation.noise > 0.0).then(Normal::new),
            work: vec![0.0; values],
            scratch: vec![0.0; values],
        })
    }

    /// For the images of the first input of a dataset, or its sounds.
    ///
    /// # Errors
    /// As [`new`](Self::new), `Shape` for samples that are no images, and `Argument` for a gain of
    /// what is no sound.
    pub fn for_dataset(augmentation: Augmentation, dataset: &Dataset) -> Result<Self> {
        let [height, width, channels] = match *dataset.inputs()[0].shape() {
            [height, width] => [height, width, 1],
            [height, width, channels] => [height, width, channels],
            ref shape => {
                return Err(err!(
                    Shape,
                    "augmentation: found samples of shape {shape:?}, expected [height, width] or \
                     [height, width, channels]"
                ));
            }
        };
        let sound = dataset.preprocessing().audio;
        if augmentation.gain > 0.0 && sound.is_none() {
            return Err(err!(
                Argument,
                "augmentation: gain is {}, expected 0 for samples that are no sounds",
                augmentation.gain
            ));
        }
        Ok(Self { sound, ..Self::new(augmentation, height, width, channels)? })
    }

    /// What it was made for.
    #[must_use]
    pub fn augmentation(&self) -> &Augmentation {
        &self.augmentation
    }

    /// Height, width and channels of its images.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Whether the images of the first input of this dataset are such.
    #[must_use]
    pub fn fits(&self, dataset: &Dataset) -> bool {
        let [height, width, channels] = self.shape;
        if self.sound != dataset.preprocessing().audio {
            return false;
        }
        match *dataset.inputs()[0].shape() {
            [h, w] => [h, w, 1] == [height, width, channels],
            [h, w, c] => [h, w, c] == [height, width, channels],
            _ => false,
        }
    }

    /// Writes the changed `source` to `image`. Both hold `[height, width, channels]` bytes.
    pub fn change(&mut self, draw: Draw, source: &[u8], image: &mut [u8]) {
        let mut work = std::mem::take(&mut self.work);
        self.change_numbers(draw, Sample::U8(source), &mut work);
        for (byte, &value) in image.iter_mut().zip(&work) {
            *byte = (value + 0.5) as u8;
        }
        self.work = work;
    }

    /// Writes the changed `source` to `image`, both `[height, width, channels]`, in the source's
    /// unit: bytes stay between 0 and 255; numbers may leave the range that they had, and white is 1.
    pub fn change_numbers(&mut self, draw: Draw, source: Sample<'_>, image: &mut [f32]) {
        let key = draw.key();
        let mut random = key.stream();
        let augmentation = self.augmentation;
        let geometry = self.geometry(key, &mut random);
        self.warp.apply(&geometry, &self.elastic, augmentation.border, source, image);

        // Always the same draws, so that one change does not decide the others.
        let [changes, thicker, share] = [(); 3].map(|()| random.uniform());
        if changes < augmentation.thickness {
            if thicker < 0.5 {
                morphology::thicken(image, self.shape, share, &mut self.scratch);
            } else {
                let [once, again] = [2.0 * share, 2.0 * share - 1.0];
                morphology::thin(image, self.shape, once.min(1.0), &mut self.scratch);
                if again > 0.0 {
                    morphology::thin(image, self.shape, again, &mut self.scratch);
                }
            }
        }
        let white = match source {
            Sample::U8(_) => 255.0,
            Sample::F32(_) => 1.0,
        };
        let color = Color::random(&augmentation, &mut random);
        let cut = [random.below(self.shape[0] as u32), random.below(self.shape[1] as u32)];
        color.apply(white, self.shape[2], image);
        if let (Some(normal), true) = (&self.normal, augmentation.noise > 0.0) {
            normal.add(augmentation.noise * white, key.child(NOISE), image);
        }
        let limits = color.changes() || augmentation.noise > 0.0;
        if limits && matches!(source, Sample::U8(_)) {
            image.iter_mut().for_each(|value| *value = value.clamp(0.0, 255.0));
        }
        if augmentation.cutout > 0 {
            self.cut_out(cut, image);
        }
        sound::change(&augmentation, self.sound.as_ref(), key.child(SOUND), self.shape, image);
    }

    /// Writes the first input of the samples at these indices, changed and with the numeric steps
    /// applied; `draw` says for each position among them what decides its change.
    ///
    /// # Errors
    /// `Argument` for an index that does not exist, `Shape` if `x` has another length or the dataset
    /// is one of other images; what the place of stored samples answers.
    pub fn fill(
        &mut self,
        dataset: &Dataset,
        indices: &[u32],
        draw: impl Fn(usize) -> Draw,
        x: &mut [f32],
    ) -> Result<()> {
        let (column, affine) = (&dataset.inputs()[0], &dataset.affines[0]);
        let size = self.shape.iter().product();
        check_length("inputs", column.width(), 1, size)?;
        check_length("inputs", x.len(), indices.len(), size)?;
        column.visit(indices, |position, source| {
            let image = &mut x[position * size..(position + 1) * size];
            self.change_numbers(draw(position), source, image);
            affine.apply_in_place(image);
        })
    }

    /// Where the boxes `[x1, y1, x2, y2]` of an image are after its change, in pixels and clipped at
    /// its edges, where pixel 0 begins at 0 and ends at 1; `None` where less than
    /// [`LEAST_VISIBLE`](crate::data::LEAST_VISIBLE) of a box stays.
    pub fn move_boxes(&mut self, draw: Draw, boxes: &[[f32; 4]]) -> Vec<Option<[f32; 4]>> {
        let key = draw.key();
        let geometry = self.geometry(key, &mut key.stream());
        let [height, width, _] = self.shape;
        boxes
            .iter()
            .map(|&corners| geometry.move_box(&self.elastic, [height, width], corners))
            .collect()
    }

    /// What moves, and the displacements that go along.
    pub(super) fn geometry(&mut self, key: Key, random: &mut Stream) -> Geometry {
        if let (Some(normal), true) = (&self.normal, self.augmentation.elastic > 0.0) {
            self.elastic.displace(self.augmentation.elastic, normal, key.child(ELASTIC));
        }
        Geometry::random(&self.augmentation, random)
    }

    /// Makes a square black.
    fn cut_out(&self, [y, x]: [u32; 2], image: &mut [f32]) {
        let [height, width, channels] = self.shape;
        let side = self.augmentation.cutout as usize;
        let range = |middle: u32, len: usize| {
            let middle = middle as usize;
            middle.saturating_sub(side / 2)..usize::min(middle + side.div_ceil(2), len)
        };
        let (rows, columns) = (range(y, height), range(x, width));
        for row in image.chunks_exact_mut(width * channels).take(rows.end).skip(rows.start) {
            row[columns.start * channels..columns.end * channels].fill(0.0);
        }
    }
}

/// Children of the key of a draw.
const ELASTIC: u64 = 0;
const NOISE: u64 = 1;
const SOUND: u64 = 2;
