//! A dataset prepared as drawings are at prediction, some samples at a time.

use super::image::Image;
use super::{Preprocessing, features};
use crate::data::boxes::Gathered;
use crate::data::{Boxes, Column, Dataset, Kind, LabelledBox, Values};
use crate::memory::reserve;
use crate::{Result, err};

/// Applies the image steps of a preprocessing, and its features, to the images of a dataset. The
/// work can be done in pieces, so that its caller can look after other things and show how far it is.
#[derive(Clone, Debug)]
pub struct Preparation {
    preprocessing: Preprocessing,
    /// Of a source image.
    shape: [usize; 3],
    prepared_shape: Vec<usize>,
    prepared: Values,
    /// Where the boxes of the samples have gone, if there are any.
    boxes: Option<Gathered>,
    done: u32,
}

impl Preparation {
    /// Prepares the first input of this dataset, which must be images of bytes. Boxes move along; features
    /// have none.
    ///
    /// # Errors
    /// `Data` or `Shape` if the samples are no images, `Argument` for steps that are impossible,
    /// `TooLarge` if there is no memory for the prepared samples.
    pub fn new(dataset: &Dataset, preprocessing: Preprocessing) -> Result<Self> {
        preprocessing.validate()?;
        let column = &dataset.inputs()[0];
        let shape = image_shape(column)?;
        let prepared_shape = preprocessing.prepared_shape(shape)?;
        let len = prepared_shape.iter().try_fold(dataset.len(), |a, &b| a.checked_mul(b));
        let Some(len) = len.filter(|&len| isize::try_from(len).is_ok()) else {
            return Err(err!(TooLarge, "prepare: samples of {prepared_shape:?} exceed the memory"));
        };
        let prepared = if preprocessing.features.is_empty() {
            Values::U8(reserve("the prepared samples", len)?)
        } else {
            Values::F32(reserve("the prepared samples", len)?)
        };
        let boxes = dataset.boxes().filter(|_| preprocessing.features.is_empty());
        let boxes = boxes.map(|boxes| Gathered::new(boxes.samples(), boxes.all().len()));
        let boxes = boxes.transpose()?;
        Ok(Self { preprocessing, shape, prepared_shape, prepared, boxes, done: 0 })
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
        let total = dataset.len() as u32;
        for _ in 0..samples.min(total.saturating_sub(self.done)) {
            let image = image_of(dataset, self.done, self.shape)?;
            let (values, placement) = self.preprocessing.values(image)?;
            match (&mut self.prepared, values) {
                (Values::U8(all), Values::U8(bytes)) => all.extend_from_slice(&bytes),
                (Values::F32(all), Values::F32(numbers)) => all.extend_from_slice(&numbers),
                _ => return Err(err!(Argument, "prepare: the samples became another kind")),
            }
            if let (Some(moved), Some(boxes)) = (&mut self.boxes, dataset.boxes()) {
                let size = [self.prepared_shape[0], self.prepared_shape[1]];
                let place = |&LabelledBox { corners, class }: &LabelledBox| {
                    let corners = placement.place(corners, size)?;
                    Some(LabelledBox { corners, class })
                };
                let placed: Vec<_> =
                    boxes.of(self.done as usize).iter().filter_map(place).collect();
                moved.add(&placed)?;
            }
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
        let mut inputs = vec![Column::new(self.prepared_shape, self.prepared)?];
        inputs.extend_from_slice(&dataset.inputs()[1..]);
        let mut prepared = Dataset::new(
            inputs,
            dataset.targets().try_clone()?,
            dataset.class_names().to_vec(),
            self.preprocessing,
        )?;
        prepared.extras = dataset.extras.try_clone()?;
        match self.boxes {
            Some(boxes) => {
                let names = dataset.boxes().map_or(&[][..], Boxes::class_names);
                prepared.with_boxes(boxes.finish(names.to_vec()))
            }
            None => Ok(prepared),
        }
    }
}

/// Height, width and channels of the images of a column.
pub(super) fn image_shape(column: &Column) -> Result<[usize; 3]> {
    if column.kind() != Kind::U8 {
        return Err(err!(Data, "prepare: found numbers (f32), expected bytes (u8)"));
    }
    match *column.shape() {
        [height, width] => Ok([height, width, 1]),
        [height, width, channels @ (1 | 3 | 4)] => Ok([height, width, channels]),
        ref shape => Err(err!(
            Shape,
            "prepare: found samples of shape {shape:?}, expected [height, width] or \
             [height, width, 1, 3 or 4]"
        )),
    }
}

/// An image of a dataset of such.
pub(super) fn image_of(
    dataset: &Dataset,
    index: u32,
    [height, width, channels]: [usize; 3],
) -> Result<Image> {
    let Values::U8(bytes) = dataset.sample(index)? else {
        return Err(err!(Argument, "prepare: this is another dataset"));
    };
    Image::new(height, width, channels, bytes)
}

impl Preprocessing {
    /// The shape of what images of this shape become by the image steps.
    pub(crate) fn image_shape(&self, [height, width, channels]: [usize; 3]) -> [usize; 3] {
        let shape = [height, width, channels.min(3)];
        self.image.iter().fold(shape, |shape, step| step.shape(shape))
    }

    /// The same by all steps.
    ///
    /// # Errors
    /// `Shape` or `Argument` where the features cannot be computed.
    fn prepared_shape(&self, shape: [usize; 3]) -> Result<Vec<usize>> {
        let shape = self.image_shape(shape);
        if self.features.is_empty() {
            return Ok(shape.to_vec());
        }
        Ok(vec![features::len(&self.features, shape)?])
    }
}
