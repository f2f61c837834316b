//! COCO's object instances: one JSON file for many images (cocodataset.org, "Data format").

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AnnotatedImage, Annotations, known_size};
use crate::data::LabelledBox;
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
    /// Whether the box is around a crowd, and not one object.
    #[serde(default)]
    iscrowd: u8,
}

#[derive(Deserialize)]
struct Category {
    id: u64,
    name: String,
}

/// Whether a file that begins so may be one.
pub(in crate::formats) fn sniff(head: &[u8]) -> bool {
    let begins_with = |names: &[&str]| super::simple::is_object_with(head, names);
    // A long list of images may come first.
    begins_with(&["annotations", "categories"])
        || begins_with(&["images"]) && begins_with(&["file_name"])
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
        let size = known_size(height, width);
        result.images.push(AnnotatedImage { name: file_name, size, boxes: Vec::new() });
    }
    for (number, annotation) in annotations.into_iter().enumerate() {
        let Annotation { image_id, category_id, bbox, iscrowd } = annotation;
        let Some(bbox) = bbox else { continue };
        let mut refuse = |reason: String| {
            result.refuse(|| err!(Data, "{file}: annotations[{number}]: {reason}"));
        };
        let Some(&image) = places.get(&image_id) else {
            refuse(format!("image_id is {image_id}, expected the id of one of the images"));
            continue;
        };
        let Some(&class) = classes.get(&category_id) else {
            refuse(format!("category_id is {category_id}, expected the id of a category"));
            continue;
        };
        if iscrowd != 0 {
            refuse("iscrowd is set: the box is around many objects, expected one".into());
            continue;
        }
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

/// What a file holds that is written.
#[derive(Serialize)]
struct Written<'a> {
    images: Vec<WrittenImage<'a>>,
    annotations: Vec<WrittenBox>,
    categories: Vec<WrittenCategory<'a>>,
}

#[derive(Serialize)]
struct WrittenImage<'a> {
    id: u64,
    file_name: &'a str,
    height: u32,
    width: u32,
}

#[derive(Serialize)]
struct WrittenBox {
    id: u64,
    image_id: u64,
    category_id: u32,
    bbox: [f64; 4],
    area: f64,
    iscrowd: u8,
}

#[derive(Serialize)]
struct WrittenCategory<'a> {
    id: u32,
    name: &'a str,
}

/// A file of images whose size is known, with their boxes; everything is counted from 1.
///
/// # Errors
/// None in practice: numbers that are finite can always be written.
pub fn write(class_names: &[String], images: &[AnnotatedImage]) -> Result<Vec<u8>> {
    let mut file = Written { images: Vec::new(), annotations: Vec::new(), categories: Vec::new() };
    file.categories =
        (1..).zip(class_names).map(|(id, name)| WrittenCategory { id, name }).collect();
    for (image_id, image) in (1..).zip(images) {
        let [height, width] = image.size.unwrap_or_default();
        file.images.push(WrittenImage { id: image_id, file_name: &image.name, height, width });
        for labelled @ LabelledBox { class, .. } in &image.boxes {
            let (id, bbox) = (file.annotations.len() as u64 + 1, labelled.extent());
            let (category_id, area) = (class + 1, bbox[2] * bbox[3]);
            file.annotations.push(WrittenBox { id, image_id, category_id, bbox, area, iscrowd: 0 });
        }
    }
    serde_json::to_vec(&file).map_err(|error| err!(Format, "COCO: {error}"))
}
