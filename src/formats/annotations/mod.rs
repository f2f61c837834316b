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

use crate::{Error, err};

/// What is to be seen in images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations {
    /// Names of the classes by their number.
    pub classes: Vec<String>,
    /// The images, those without any box included.
    pub images: Vec<AnnotatedImage>,
    /// Boxes that were left out, and why.
    pub refused: Vec<Error>,
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

/// A box and what is in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelledBox {
    /// `[x1, y1, x2, y2]` in pixels.
    pub corners: [f32; 4],
    /// The number of its class.
    pub class: u32,
}

/// Small files of a kind.
#[cfg(test)]
pub(super) fn examples(kind: &str) -> Vec<Vec<u8>> {
    tests::examples(kind).into_iter().map(String::into_bytes).collect()
}

impl Annotations {
    /// Adds those of another file: its classes are found by their names, and new ones are added. An
    /// image that is there already gets further boxes.
    pub fn merge(&mut self, other: Self) {
        let numbers: Vec<u32> = other.classes.iter().map(|name| self.class(name)).collect();
        let places: BTreeMap<String, usize> =
            self.images.iter().enumerate().map(|(at, image)| (image.name.clone(), at)).collect();
        for mut image in other.images {
            for labelled in &mut image.boxes {
                labelled.class = numbers[labelled.class as usize];
            }
            match places.get(&image.name) {
                Some(&at) => self.images[at].boxes.append(&mut image.boxes),
                None => self.images.push(image),
            }
        }
        self.refused.extend(other.refused);
    }

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

    /// Adds a box to an image, clipped, or says why it can't be; `place` names the box.
    fn add(&mut self, image: usize, corners: [f64; 4], class: u32, place: impl Fn() -> String) {
        let target = &mut self.images[image];
        match clip(corners, target.size) {
            Ok(corners) => target.boxes.push(LabelledBox { corners, class }),
            Err(reason) => self.refused.push(err!(Data, "{}: {reason}", place())),
        }
    }
}

/// The part of a box within an image.
fn clip(corners: [f64; 4], size: Option<[u32; 2]>) -> Result<[f32; 4], String> {
    let [x1, y1, x2, y2] = corners;
    if !corners.iter().all(|edge| edge.abs() < f64::from(u32::MAX)) || x1 >= x2 || y1 >= y2 {
        return Err(format!(
            "the box is [{x1}, {y1}, {x2}, {y2}], expected [x1, y1, x2, y2] with x1 < x2 and y1 < y2"
        ));
    }
    let Some([height, width]) = size else { return Ok(corners.map(|edge| edge as f32)) };
    let ends = [width, height, width, height].map(f64::from);
    let mut clipped = corners;
    clipped.iter_mut().zip(ends).for_each(|(edge, end)| *edge = edge.clamp(0.0, end));
    if clipped[0] >= clipped[2] || clipped[1] >= clipped[3] {
        return Err(format!(
            "the box [{x1}, {y1}, {x2}, {y2}] lies outside of the image of {height}x{width} pixels"
        ));
    }
    Ok(clipped.map(|edge| edge as f32))
}
