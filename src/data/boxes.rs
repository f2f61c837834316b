//! Boxes around what is to be seen in pictures.
//!
//! A box is `[x1, y1, x2, y2]` in pixels of the sample as it is stored, from its upper left corner:
//! pixel 0 begins at 0 and ends at 1. All boxes lie within their picture.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::dataset::{Dataset, merge_names};
use crate::memory::{joined, reserve};
use crate::{Result, err};

/// The share of a box that must stay in a picture that is cut or moved for it to count.
pub const LEAST_VISIBLE: f32 = 0.1;

/// A box and what is in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelledBox {
    /// `[x1, y1, x2, y2]` in pixels.
    pub corners: [f32; 4],
    /// The number of its class.
    pub class: u32,
}

impl LabelledBox {
    /// One of left, top, width and height.
    #[must_use]
    pub fn of_extent([x, y, width, height]: [f64; 4], class: u32) -> Self {
        Self { corners: [x, y, x + width, y + height].map(|edge| edge as f32), class }
    }

    /// Left, top, width and height.
    #[must_use]
    pub fn extent(&self) -> [f64; 4] {
        // Where the difference is exact, so that both ends come back to the bit.
        let [x1, y1, x2, y2] = self.corners.map(f64::from);
        [x1, y1, x2 - x1, y2 - y1]
    }
}

/// The part of a box within a picture of `[height, width]`; nothing where less than [`LEAST_VISIBLE`]
/// of it is.
pub(crate) fn visible(whole: [f32; 4], size: [usize; 2]) -> Option<[f32; 4]> {
    let seen = clipped(whole, size)?;
    let area = |[x1, y1, x2, y2]: [f32; 4]| (x2 - x1) * (y2 - y1);
    (area(seen) >= LEAST_VISIBLE * area(whole)).then_some(seen)
}

/// The part of a box within a picture of `[height, width]`, if there is any.
pub(crate) fn clipped(whole: [f32; 4], [height, width]: [usize; 2]) -> Option<[f32; 4]> {
    let ends = [width as f32, height as f32, width as f32, height as f32];
    let mut seen = whole;
    seen.iter_mut().zip(ends).for_each(|(edge, end)| *edge = edge.clamp(0.0, end));
    (seen[0] < seen[2] && seen[1] < seen[3]).then_some(seen)
}

/// The boxes of the samples of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Boxes {
    class_names: Vec<String>,
    /// Where those of each sample begin, and at last how many there are.
    begins: Vec<u32>,
    all: Vec<LabelledBox>,
}

impl Boxes {
    /// So many boxes for each sample, one sample's after the other's.
    ///
    /// # Errors
    /// `Data` unless there are as many boxes as the counts say, for a box without area and for a class
    /// without a name; `TooLarge` for more than 2^32 - 1 boxes or than there is memory for.
    pub fn new(class_names: Vec<String>, counts: &[u32], all: Vec<LabelledBox>) -> Result<Self> {
        let mut begins = reserve("where the boxes of samples begin", counts.len() + 1)?;
        let mut sum = 0_u32;
        begins.push(sum);
        for &count in counts {
            sum = sum.checked_add(count).ok_or_else(too_many)?;
            begins.push(sum);
        }
        if sum as usize != all.len() {
            return Err(err!(Data, "boxes: found {}, expected {sum} as counted", all.len()));
        }
        let boxes = Self { class_names, begins, all };
        for sample in 0..boxes.samples() {
            for (at, &LabelledBox { corners, class }) in boxes.of(sample).iter().enumerate() {
                let [x1, y1, x2, y2] = corners;
                // Also false for what is no number.
                if !(x1 < x2 && y1 < y2 && corners.iter().all(|edge| edge.is_finite())) {
                    return Err(err!(
                        Data,
                        "boxes: box {at} of sample {sample} is {corners:?}, expected [x1, y1, x2, y2] \
                         with x1 < x2 and y1 < y2"
                    ));
                }
                let classes = boxes.class_names.len();
                if class as usize >= classes {
                    return Err(err!(
                        Data,
                        "boxes: the class of box {at} of sample {sample} is {class}, expected less \
                         than {classes}, the number of class names"
                    ));
                }
            }
        }
        Ok(boxes)
    }

    /// Names of the classes by their number.
    #[must_use]
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// How many samples there are.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.begins.len() - 1
    }

    /// All boxes, one sample's after the other's.
    #[must_use]
    pub fn all(&self) -> &[LabelledBox] {
        &self.all
    }

    /// How many boxes each sample has.
    pub fn counts(&self) -> impl Iterator<Item = u32> {
        self.begins.array_windows().map(|[begin, end]| end - begin)
    }

    /// The boxes of a sample; none beyond the last.
    #[must_use]
    pub fn of(&self, sample: usize) -> &[LabelledBox] {
        match self.begins.get(sample..) {
            Some(&[begin, end, ..]) => &self.all[begin as usize..end as usize],
            _ => &[],
        }
    }

    /// Bytes that they take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        (size_of_val(self.all.as_slice()) + size_of_val(self.begins.as_slice())) as u64
    }

    /// Those of the samples at these indices, which must exist.
    ///
    /// # Errors
    /// `TooLarge` for more than 2^32 - 1 boxes or than there is memory for, as all that follow.
    pub(super) fn select(&self, indices: &[u32]) -> Result<Self> {
        let count = indices.iter().map(|&index| self.of(index as usize).len()).sum();
        let mut gathered = Gathered::new(indices.len(), count)?;
        indices.iter().try_for_each(|&index| gathered.add(self.of(index as usize)))?;
        Ok(gathered.finish(self.class_names.clone()))
    }

    /// Those of samples and of others behind them. Classes are found by their names, and new ones are
    /// added.
    pub(super) fn joined(&self, other: &Self) -> Result<Self> {
        let mut class_names = self.class_names.clone();
        let numbers = merge_names(&mut class_names, &other.class_names);
        let mut all = joined("the boxes of both", &self.all, &other.all)?;
        for labelled in &mut all[self.all.len()..] {
            labelled.class = numbers[labelled.class as usize];
        }
        u32::try_from(all.len()).map_err(|_| too_many())?;
        let mut begins = joined("where the boxes begin", &self.begins, &other.begins[1..])?;
        let before = self.all.len() as u32;
        begins[self.begins.len()..].iter_mut().for_each(|begin| *begin += before);
        Ok(Self { class_names, begins, all })
    }

    /// None of each of so many samples.
    pub(super) fn none(samples: usize) -> Result<Self> {
        let mut begins = reserve("where the boxes begin", samples + 1)?;
        begins.resize(samples + 1, 0);
        Ok(Self { class_names: Vec::new(), begins, all: Vec::new() })
    }

    /// Refuses boxes of other samples than these pictures of `[height, width]` or
    /// `[height, width, channels]`.
    pub(super) fn check(&self, samples: usize, shape: &[usize]) -> Result<()> {
        let &([height, width] | [height, width, _]) = shape else {
            return Err(err!(
                Shape,
                "boxes: found samples of shape {shape:?}, expected pictures of [height, width] or \
                 [height, width, channels]"
            ));
        };
        if self.samples() != samples {
            let found = self.samples();
            return Err(err!(Shape, "boxes: found those of {found} samples, expected {samples}"));
        }
        for sample in 0..samples {
            let inside = |labelled: &LabelledBox| {
                clipped(labelled.corners, [height, width]) == Some(labelled.corners)
            };
            if let Some(outside) = self.of(sample).iter().find(|labelled| !inside(labelled)) {
                return Err(err!(
                    Data,
                    "boxes: a box of sample {sample} is {:?}, expected it within {height}x{width} \
                     pixels",
                    outside.corners
                ));
            }
        }
        Ok(())
    }
}

impl Dataset {
    /// What is to be seen where, where that is known.
    pub fn boxes(&self) -> Option<&Boxes> {
        self.boxes.as_deref()
    }

    /// The same samples, with what is to be seen where.
    ///
    /// # Errors
    /// `Shape` if samples are no pictures or not as many, `Data` for a box that is not within its picture.
    pub fn with_boxes(mut self, boxes: Boxes) -> Result<Self> {
        boxes.check(self.len(), self.inputs()[0].shape())?;
        self.boxes = Some(Arc::new(boxes));
        Ok(self)
    }

    /// The boxes of the samples of both, if either has any.
    pub(super) fn joined_boxes(&self, other: &Self) -> Result<Option<Arc<Boxes>>> {
        if self.boxes.is_none() && other.boxes.is_none() {
            return Ok(None);
        }
        let of = |dataset: &Self| match &dataset.boxes {
            Some(boxes) => Ok(Arc::clone(boxes)),
            None => Boxes::none(dataset.len()).map(Arc::new),
        };
        of(self)?.joined(&*of(other)?).map(Arc::new).map(Some)
    }
}

fn too_many() -> crate::Error {
    err!(TooLarge, "boxes: found more than {}", u32::MAX)
}

/// Boxes that come one sample after the other and are known to be right.
#[derive(Clone, Debug)]
pub(crate) struct Gathered {
    begins: Vec<u32>,
    all: Vec<LabelledBox>,
}

impl Gathered {
    /// Room for so many samples and boxes.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for them.
    pub fn new(samples: usize, boxes: usize) -> Result<Self> {
        let mut begins = reserve("where the boxes of samples begin", samples + 1)?;
        begins.push(0);
        Ok(Self { begins, all: reserve("boxes", boxes)? })
    }

    /// The boxes of the next sample.
    ///
    /// # Errors
    /// `TooLarge` for more than 2^32 - 1 boxes.
    pub fn add(&mut self, boxes: &[LabelledBox]) -> Result<()> {
        self.all.extend_from_slice(boxes);
        self.begins.push(u32::try_from(self.all.len()).map_err(|_| too_many())?);
        Ok(())
    }

    /// All of them.
    pub fn finish(self, class_names: Vec<String>) -> Boxes {
        let Self { begins, all } = self;
        Boxes { class_names, begins, all }
    }
}
