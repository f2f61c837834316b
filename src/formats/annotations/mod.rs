//! Boxes around what is to be seen in images, as labelling tools write them.
//!
//! Whatever the format, boxes are `[x1, y1, x2, y2]` in pixels from the upper left corner, where pixel
//! 0 begins at 0 and ends at 1, and clipped at the edges of an image whose size is known. A box that
//! makes no sense is refused with its place, and the others go on.

pub mod coco;
pub mod simple;
#[cfg(test)]
mod tests;
pub mod voc;
pub mod yolo;

use std::collections::BTreeMap;

use crate::data::LabelledBox;
use crate::{Error, err};

/// Refused boxes whose reasons are kept.
const MOST_REASONS: usize = 1000;

/// What is to be seen in images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations {
    /// Names of the classes by their number.
    pub classes: Vec<String>,
    /// The images, those without any box included.
    pub images: Vec<AnnotatedImage>,
    /// Why boxes were left out, the first 1000 of them.
    pub refused: Vec<Error>,
    /// How many were left out.
    pub refused_count: u32,
    /// Of those, boxes that lie outside of their image.
    pub outside: u32,
    /// Of those that were left out, boxes without width or height.
    pub without_area: u32,
    /// Boxes that stuck out of their image by more than a pixel and were clipped.
    pub clipped: u32,
    /// The classes by their names.
    numbers: BTreeMap<String, u32>,
}

/// The boxes of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct AnnotatedImage {
    /// As the annotations name it.
    pub name: String,
    /// Height and width in pixels, where they are said.
    pub size: Option<[u32; 2]>,
    /// What is to be seen.
    pub boxes: Vec<LabelledBox>,
}

/// Small files of a kind.
#[cfg(test)]
pub(super) fn examples(kind: &str) -> Vec<Vec<u8>> {
    tests::examples(kind).into_iter().map(String::into_bytes).collect()
}

impl Annotations {
    /// The number of a class, which is added if it is new.
    fn class(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.classes.len() as u32;
        self.classes.push(name.into());
        self.numbers.insert(name.into(), number);
        number
    }

    /// Leaves a box out.
    fn refuse(&mut self, reason: impl FnOnce() -> Error) {
        self.refused_count = self.refused_count.saturating_add(1);
        if self.refused.len() < MOST_REASONS {
            self.refused.push(reason());
        }
    }

    /// Adds a box to an image, clipped, or says why it can't be; `place` names the box.
    fn add(&mut self, image: usize, corners: [f64; 4], class: u32, place: impl Fn() -> String) {
        let target = &mut self.images[image];
        match clip(corners, target.size) {
            Ok(inside) => {
                self.clipped += u32::from(is_far(corners, inside));
                target.boxes.push(LabelledBox { corners: inside, class });
            }
            Err((wrong, reason)) => {
                match wrong {
                    Wrong::Outside => self.outside = self.outside.saturating_add(1),
                    Wrong::WithoutArea => self.without_area = self.without_area.saturating_add(1),
                }
                self.refuse(|| err!(Data, "{}: {reason}", place()));
            }
        }
    }
}

/// Height and width, where they are said: some tools write 0 where they do not know.
fn known_size(height: Option<u32>, width: Option<u32>) -> Option<[u32; 2]> {
    height.zip(width).map(|(height, width)| [height, width]).filter(|size| !size.contains(&0))
}

/// Whether an edge was moved by more than a pixel, by which tools differ in where they begin to count.
fn is_far(before: [f64; 4], after: [f32; 4]) -> bool {
    before.iter().zip(after).any(|(before, after)| (before - f64::from(after)).abs() > 1.01)
}

/// What is wrong with a box.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    Outside,
    WithoutArea,
}

/// The part of a box within an image.
fn clip(corners: [f64; 4], size: Option<[u32; 2]>) -> Result<[f32; 4], (Wrong, String)> {
    let [x1, y1, x2, y2] = corners;
    if !corners.iter().all(|edge| edge.abs() < f64::from(u32::MAX)) || x1 >= x2 || y1 >= y2 {
        let reason = format!(
            "the box is [{x1}, {y1}, {x2}, {y2}], expected [x1, y1, x2, y2] with x1 < x2 and y1 < y2"
        );
        let has_area = x1 < x2 && y1 < y2;
        return Err((if has_area { Wrong::Outside } else { Wrong::WithoutArea }, reason));
    }
    let Some([height, width]) = size else { return Ok(corners.map(|edge| edge as f32)) };
    let ends = [width, height, width, height].map(f64::from);
    let mut clipped = corners;
    clipped.iter_mut().zip(ends).for_each(|(edge, end)| *edge = edge.clamp(0.0, end));
    if clipped[0] >= clipped[2] || clipped[1] >= clipped[3] {
        let reason = format!(
            "the box [{x1}, {y1}, {x2}, {y2}] lies outside of the image of {height}x{width} pixels"
        );
        return Err((Wrong::Outside, reason));
    }
    Ok(clipped.map(|edge| edge as f32))
}
