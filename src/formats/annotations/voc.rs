//! Pascal VOC: an XML file for each image.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{AnnotatedImage, Annotations, known_size};
use crate::{Result, err};

/// Elements within elements; the format has five.
const DEEPEST: usize = 32;

/// Whether a file that begins so may be one.
pub(in crate::formats) fn sniff(head: &[u8]) -> bool {
    let tag = b"<annotation";
    head.trim_ascii_start().starts_with(b"<") && head.windows(tag.len()).any(|window| window == tag)
}

/// What stands in a file.
#[derive(Default)]
struct Found {
    filename: String,
    /// Height and width.
    size: [Option<f64>; 2],
    objects: Vec<Object>,
}

/// What is said of an object: its class, and xmin, ymin, xmax and ymax.
#[derive(Default)]
struct Object {
    name: String,
    corners: [Option<f64>; 4],
}

/// Reads the boxes of an image; `file` is the name of the annotations for messages, and that of the
/// image where they don't say it. Pixels count from 1 and both ends belong to a box, as in VOC's own
/// files, so that `xmin` 1 and `xmax` 10 are the edges 0 and 10.
///
/// # Errors
/// `Format` for what is no such file. Boxes that make no sense are left out and told.
pub fn read(bytes: &[u8], file: &str) -> Result<Annotations> {
    let Found { filename, size, objects } = parse(bytes, file)?;
    let name = if filename.is_empty() { file.to_owned() } else { filename };
    let [height, width] = size.map(|side| side.map(|side| side as u32));
    let size = known_size(height, width);
    let image = AnnotatedImage { name: name.clone(), size, boxes: Vec::new() };
    let mut result = Annotations { images: vec![image], ..Annotations::default() };
    for (number, Object { name: label, corners }) in objects.into_iter().enumerate() {
        let place = || format!("{file}: object {number} of \"{name}\"");
        match corners {
            _ if label.is_empty() => {
                result.refuse(|| err!(Data, "{}: it has no name", place()));
            }
            [Some(x1), Some(y1), Some(x2), Some(y2)] => {
                let class = result.class(&label);
                result
                    .add(0, [x1 - 1.0, y1 - 1.0, x2, y2], class, || format!("{}: bndbox", place()));
            }
            _ => {
                let reason = "bndbox: expected the numbers xmin, ymin, xmax and ymax";
                result.refuse(|| err!(Data, "{}: {reason}", place()));
            }
        }
    }
    Ok(result)
}

fn parse(bytes: &[u8], file: &str) -> Result<Found> {
    let refuse = |reason: &dyn std::fmt::Display| {
        err!(Format, "{file}: these are no Pascal VOC annotations: {reason}")
    };
    let mut reader = Reader::from_reader(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let mut found = Found::default();
    let mut path: Vec<String> = Vec::new();
    let mut closed = false;
    loop {
        match reader.read_event().map_err(|error| refuse(&error))? {
            Event::Start(tag) => {
                path.push(tag.local_name().as_ref().to_owned());
                if path.len() > DEEPEST {
                    return Err(refuse(&format!("more than {DEEPEST} elements are nested")));
                }
                if path[0] != "annotation" || closed {
                    let found = format!("found <{}>, expected one <annotation>", path[0]);
                    return Err(refuse(&found));
                }
                if path.len() == 2 && path[1] == "object" {
                    found.objects.push(Object::default());
                }
            }
            Event::End(_) => {
                path.pop();
                closed |= path.is_empty();
            }
            Event::Text(text) => found.take(&path, &text),
            Event::CData(text) => found.take(&path, &text),
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|error| refuse(&error))?;
                let text = match character {
                    Some(character) => character.to_string(),
                    None => quick_xml::escape::resolve_predefined_entity(&reference)
                        .ok_or_else(|| refuse(&format!("the entity &{}; is unknown", &*reference)))?
                        .to_owned(),
                };
                found.take(&path, &text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if !closed {
        return Err(refuse(&"the file is cut off, expected </annotation>"));
    }
    Ok(found)
}

impl Found {
    /// Takes a piece of text within these elements. Names may come in several pieces.
    fn take(&mut self, path: &[String], text: &str) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let number = || text.trim().parse().ok().filter(|number: &f64| number.is_finite());
        let object = self.objects.last_mut();
        match (path.as_slice(), object) {
            ([_, "filename"], _) => self.filename.push_str(text.trim()),
            ([_, "size", "height"], _) => self.size[0] = number(),
            ([_, "size", "width"], _) => self.size[1] = number(),
            ([_, "object", "name"], Some(object)) => object.name.push_str(text.trim()),
            ([_, "object", "bndbox", edge], Some(object)) => {
                let edges = ["xmin", "ymin", "xmax", "ymax"];
                if let Some(at) = edges.iter().position(|name| name == edge) {
                    object.corners[at] = number();
                }
            }
            _ => {}
        }
    }
}
