//! A dataset prepared as drawings are at prediction, some samples at a time.

use super::image::Image;
use super::{CenterOfMass, ImageStep, Preprocessing, Resize};
use crate::data::{Column, Dataset, Kind, Values};
use crate::memory::reserve;
use crate::{Result, err};

/// Applies the image steps of a preprocessing to the images of a dataset. The work can be done in
/// pieces, so that its caller can look after other things and show how far it is.
#[derive(Clone, Debug)]
pub struct Preparation {
    preprocessing: Preprocessing,
    /// Of a source image.
    shape: [usize; 3],
    prepared_shape: [usize; 3],
    prepared: Vec<u8>,
    done: u32,
}

impl Preparation {
    /// Prepares the first input of this dataset, which must be images of bytes.
    ///
    /// # Errors
    /// `Data` or `Shape` if the samples are no images, `Argument` for steps that are impossible,
    /// `TooLarge` if there is no memory for the prepared samples.
    pub fn new(dataset: &Dataset, preprocessing: Preprocessing) -> Result<Self> {
        preprocessing.validate()?;
        let column = &dataset.inputs()[0];
        let shape = match *column.shape() {
            [height, width] => [height, width, 1],
            [height, width, channels @ (1 | 3 | 4)] => [height, width, channels],
            ref shape => {
                return Err(err!(
                    Shape,
                    "prepare: found samples of shape {shape:?}, expected [height, width] or \
                     [height, width, 1, 3 or 4]"
                ));
            }
        };
        if column.kind() != Kind::U8 {
            return Err(err!(Data, "prepare: found numbers (f32), expected bytes (u8)"));
        }
        let prepared_shape = preprocessing.prepared_shape(shape);
        let bytes = prepared_shape.iter().try_fold(dataset.len(), |a, &b| a.checked_mul(b));
        let prepared = reserve("the prepared samples", bytes.unwrap_or(usize::MAX))?;
        Ok(Self { preprocessing, shape, prepared_shape, prepared, done: 0 })
    }

    /// Samples that are prepared.
    pub fn done(&self) -> u32 {
        self.done
    }

    /// Prepares up to so many further samples of the dataset; true when all are.
    ///
    /// # Errors
    /// `Argument` if it is another dataset, or a step cannot be applied to its images.
    pub fn advance(&mut self, dataset: &Dataset, samples: u32) -> Result<bool> {
        let [height, width, channels] = self.shape;
        let total = dataset.len() as u32;
        for _ in 0..samples.min(total.saturating_sub(self.done)) {
            let Values::U8(bytes) = dataset.sample(self.done)? else {
                return Err(err!(Argument, "prepare: this is another dataset"));
            };
            let image = Image::new(height, width, channels, bytes)?;
            let prepared = self.preprocessing.apply(image)?;
            self.prepared.extend_from_slice(prepared.data());
            self.done += 1;
        }
        Ok(self.done >= total)
    }

    /// The prepared dataset: the same targets, class names and further inputs, and a preprocessing
    /// that is stored with models.
    ///
    /// # Errors
    /// `Argument` before all samples are prepared.
    pub fn finish(self, dataset: &Dataset) -> Result<Dataset> {
        if self.done as usize != dataset.len() {
            return Err(err!(
                Argument,
                "prepare: {} of {} samples are prepared, expected all",
                self.done,
                dataset.len()
            ));
        }
        let mut inputs =
            vec![Column::new(self.prepared_shape.to_vec(), Values::U8(self.prepared))?];
        inputs.extend_from_slice(&dataset.inputs()[1..]);
        Dataset::new(
            inputs,
            dataset.targets().try_clone()?,
            dataset.class_names().to_vec(),
            self.preprocessing,
        )
    }
}

impl Preprocessing {
    /// The shape of what comes out of the image steps, `[height, width, channels]` as what goes in.
    #[must_use]
    pub fn prepared_shape(&self, [mut height, mut width, mut channels]: [usize; 3]) -> [usize; 3] {
        channels = channels.min(3);
        for step in &self.image {
            match *step {
                ImageStep::Grayscale => channels = 1,
                ImageStep::InvertIfDarkOnLight => {}
                ImageStep::CenterOfMass(CenterOfMass { size, .. }) => {
                    (height, width) = (size as usize, size as usize);
                }
                ImageStep::Resize(Resize { height: h, width: w, .. }) => {
                    (height, width) = (h as usize, w as usize);
                }
            }
        }
        [height, width, channels]
    }
}
