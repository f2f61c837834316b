//! COCO's object instances: one JSON file for many images (cocodataset.org, "Data format").

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{AnnotatedImage, Annotations};
use crate::{Result, err};

#[derive(Deserialize)]
struct File {
    images: Vec<Image>,
    annotations: Vec<Annotation>,
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct Image {
    id: u64,
    file_name: String,
    width: Option<u32>,
    height: Option<u32>,
}

#[derive(Deserialize)]
struct Annotation {
    image_id: u64,
    category_id: u64,
    /// Left, top, width and height in pixels; some annotations have none.
    bbox: Option<Vec<f64>>,
}

#[derive(Deserialize)]
struct Category {
    id: u64,
    name: String,
}

/// Whether a file that begins so may be one.
pub(in crate::formats) fn sniff(head: &[u8]) -> bool {
    super::simple::is_object_with(head, &["annotations", "categories"])
}

/// Reads a file; `file` is its name for messages. Classes are numbered in the order of `categories`.
///
/// # Errors
/// `Format` for what is no such file, and for two images or categories of the same id. Annotations of
/// unknown images or categories, and boxes that make no sense, are left out and told.
pub fn read(bytes: &[u8], file: &str) -> Result<Annotations> {
    let File { images, annotations, categories } = serde_json::from_slice(bytes)
        .map_err(|error| err!(Format, "{file}: these are no COCO annotations: {error}"))?;
    let mut result = Annotations::default();
    let mut classes = BTreeMap::new();
    for Category { id, name } in categories {
        let class = result.class(&name);
        if classes.insert(id, class).is_some() {
            return Err(err!(Format, "{file}: categories: found the id {id} twice"));
        }
    }
    let mut places = BTreeMap::new();
    for Image { id, file_name, width, height } in images {
        if places.insert(id, result.images.len()).is_some() {
            return Err(err!(Format, "{file}: images: found the id {id} twice"));
        }
        let size = height.zip(width).map(|(height, width)| [height, width]);
        result.images.push(AnnotatedImage { name: file_name, size, boxes: Vec::new() });
    }
    for (number, annotation) in annotations.into_iter().enumerate() {
        let Annotation { image_id, category_id, bbox } = annotation;
        let Some(bbox) = bbox else { continue };
        let mut refuse = |reason: String| {
            result.refused.push(err!(Data, "{file}: annotations[{number}]: {reason}"));
        };
        let Some(&image) = places.get(&image_id) else {
            refuse(format!("image_id is {image_id}, expected the id of one of the images"));
            continue;
        };
        let Some(&class) = classes.get(&category_id) else {
            refuse(format!("category_id is {category_id}, expected the id of a category"));
            continue;
        };
        let [left, top, width, height] = bbox[..] else {
            refuse(format!("bbox has {} numbers, expected 4", bbox.len()));
            continue;
        };
        let name = result.images[image].name.clone();
        let place = || format!("{file}: annotations[{number}] of \"{name}\": bbox");
        result.add(image, [left, top, left + width, top + height], class, place);
    }
    Ok(result)
}
