//! Boxes by image and label in one JSON file:
//! `{ "classes": [...], "images": [{ "image", "width", "height", "boxes": [{ "label", "box" }] }] }`,
//! a box being `[x1, y1, x2, y2]` in pixels.

use serde::Deserialize;

use super::{AnnotatedImage, Annotations, known_size};
use crate::{Result, err};

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    classes: Vec<String>,
    images: Vec<Image>,
}

#[derive(Deserialize)]
struct Image {
    image: String,
    width: Option<u32>,
    height: Option<u32>,
    boxes: Vec<Labelled>,
}

#[derive(Deserialize)]
struct Labelled {
    label: String,
    #[serde(rename = "box")]
    corners: Vec<f64>,
}

/// Whether a file that begins so may be one.
pub(in crate::formats) fn sniff(head: &[u8]) -> bool {
    is_object_with(head, &["boxes"])
}

/// Whether this is the beginning of a JSON object in which one of these names comes soon.
pub(super) fn is_object_with(head: &[u8], names: &[&str]) -> bool {
    let object = head.trim_ascii_start().starts_with(b"{");
    let has = |name: &&str| {
        let quoted = format!("\"{name}\"");
        head.windows(quoted.len()).any(|window| window == quoted.as_bytes())
    };
    object && names.iter().any(has)
}

/// Reads a file; `file` is its name for messages. Labels that `classes` does not name are added.
///
/// # Errors
/// `Format` for what is no such file. Boxes that make no sense are left out and told.
pub fn read(bytes: &[u8], file: &str) -> Result<Annotations> {
    let File { classes, images } = serde_json::from_slice(bytes)
        .map_err(|error| err!(Format, "{file}: these are no boxes by image: {error}"))?;
    let mut result = Annotations::default();
    for name in &classes {
        result.class(name);
    }
    for Image { image: name, width, height, boxes } in images {
        let at = result.images.len();
        let size = known_size(height, width);
        result.images.push(AnnotatedImage { name: name.clone(), size, boxes: Vec::new() });
        for (number, Labelled { label, corners }) in boxes.into_iter().enumerate() {
            let place = || format!("{file}: boxes[{number}] of \"{name}\"");
            let class = result.class(&label);
            match corners[..] {
                [x1, y1, x2, y2] => result.add(at, [x1, y1, x2, y2], class, place),
                _ => {
                    let found = corners.len();
                    result
                        .refuse(|| err!(Data, "{}: box has {found} numbers, expected 4", place()));
                }
            }
        }
    }
    Ok(result)
}
