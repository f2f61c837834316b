//! YOLO: a text file for each image, a line for each box: the number of its class, then its middle,
//! width and height as shares of the image's (after Darknet; Ultralytics also writes polygons).

use std::collections::BTreeMap;

use super::{AnnotatedImage, Annotations};
use crate::{Result, err};

/// Classes that numbers may count to.
const MOST_NUMBERED: u32 = 1 << 16;

/// Reads the boxes of an image of `[height, width]` pixels. `names` are those of the classes, `file`
/// is the name of the annotations for messages. A line with a polygon gives the box around it.
///
/// # Errors
/// `Format` for what is no text or has words where numbers are expected. Boxes of unknown classes, or
/// that make no sense, are left out and told.
pub fn read(
    bytes: &[u8],
    file: &str,
    image: &str,
    size: [u32; 2],
    names: &[String],
) -> Result<Annotations> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| err!(Format, "{file}: it is no text in UTF-8: {error}"))?;
    let image = AnnotatedImage { name: image.into(), size: Some(size), boxes: Vec::new() };
    let mut result = Annotations { images: vec![image], ..Annotations::default() };
    let classes: Vec<u32> = names.iter().map(|name| result.class(name)).collect();
    let [height, width] = size.map(f64::from);
    for (line, text) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let place = || format!("{file}: line {}", line + 1);
        let mut numbers = Vec::new();
        for word in text.split_ascii_whitespace() {
            let number = word.parse().ok().filter(|number: &f64| number.is_finite());
            let number = number
                .ok_or_else(|| err!(Format, "{}: found \"{word}\", expected a number", place()))?;
            numbers.push(number);
        }
        let Some((&class, shares)) = numbers.split_first() else { continue };
        if !(0.0..names.len() as f64).contains(&class) || class.fract() != 0.0 {
            let known = names.len();
            result.refuse(|| {
                err!(Data, "{}: the class is {class}, expected a number below {known}", place())
            });
            continue;
        }
        let corners = match *shares {
            // The fifth is how sure a detector was.
            [x, y, w, h] | [x, y, w, h, _] => [x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0],
            ref points if points.len() >= 6 && points.len().is_multiple_of(2) => {
                let mut around = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
                for &[x, y] in points.as_chunks::<2>().0 {
                    let [x1, y1, x2, y2] = around;
                    around = [x1.min(x), y1.min(y), x2.max(x), y2.max(y)];
                }
                around
            }
            ref others => {
                let found = others.len() + 1;
                let expected = "expected 5, or a class and the points of a polygon";
                result.refuse(|| err!(Data, "{}: found {found} numbers, {expected}", place()));
                continue;
            }
        };
        let [x1, y1, x2, y2] = corners;
        let corners = [x1 * width, y1 * height, x2 * width, y2 * height];
        result.add(0, corners, classes[class as usize], place);
    }
    Ok(result)
}

/// The numbers of classes, as names, up to the highest that is found at the beginning of a line, below
/// `most`: for files beside which nothing names the classes.
#[must_use]
pub fn numbers(bytes: &[u8], most: u32) -> Vec<String> {
    let lines =
        bytes.split(|&byte| byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    let classes =
        lines.filter_map(|line| line.split_ascii_whitespace().next()?.parse::<f64>().ok());
    let classes = classes.filter(|class| (0.0..f64::from(most)).contains(class));
    let count = classes.fold(0, |count, class| count.max(class as u32 + 1));
    (0..count).map(|class| class.to_string()).collect()
}

/// The names of the classes from a file that lists them: one a line (`classes.txt`, `obj.names`), or
/// under `names` in a `data.yaml`, as `[a, b]`, as items (`- a`) or by number (`0: a`, `{0: a}`). Numbers
/// without a name are their own.
///
/// # Errors
/// `Format` for what is no text, and if there are no names.
pub fn names(bytes: &[u8], file: &str) -> Result<Vec<String>> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| err!(Format, "{file}: it is no text in UTF-8: {error}"))?;
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    let names: Vec<String> = match lines.iter().position(|line| line.starts_with("names:")) {
        None => lines.iter().map(|line| line.trim().to_owned()).collect(),
        Some(at) => yaml_names(lines[at].trim_start_matches("names:").trim(), &lines[at + 1..]),
    };
    let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return Err(err!(Format, "{file}: found no names of classes, expected one a line"));
    }
    Ok(names)
}

/// The names behind `names:` and on the lines that follow.
fn yaml_names(same_line: &str, below: &[&str]) -> Vec<String> {
    let behind = without_comment(same_line);
    if let Some(close) = behind.chars().next().and_then(closing) {
        // A list or map within brackets may go over several lines.
        let mut list = behind[1..].to_owned();
        for line in below {
            if list.contains(close) {
                break;
            }
            list.push(' ');
            list.push_str(without_comment(line));
        }
        let list = list.split(close).next().unwrap_or_default();
        let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
        return if close == ']' { items.map(unquoted).collect() } else { numbered(items) };
    }
    let lines = || below.iter().map(|line| without_comment(line)).filter(|line| !line.is_empty());
    if lines().next().is_some_and(|line| line.starts_with("- ")) {
        return lines().map_while(|line| line.strip_prefix("- ")).map(unquoted).collect();
    }
    numbered(lines())
}

/// Names by their numbers, up to the first line that has none.
fn numbered<'a>(items: impl Iterator<Item = &'a str>) -> Vec<String> {
    let item = |item: &'a str| {
        let (number, name) = item.split_once(':')?;
        let number =
            unquoted(number).parse().ok().filter(|&number: &u32| number < MOST_NUMBERED)?;
        Some((number, unquoted(name)))
    };
    let found: BTreeMap<u32, String> = items.map_while(item).collect();
    let count = found.last_key_value().map_or(0, |(&last, _)| last + 1);
    (0..count)
        .map(|number| found.get(&number).cloned().unwrap_or_else(|| number.to_string()))
        .collect()
}

/// What ends what begins with this bracket.
fn closing(bracket: char) -> Option<char> {
    match bracket {
        '[' => Some(']'),
        '{' => Some('}'),
        _ => None,
    }
}

fn without_comment(line: &str) -> &str {
    let end = line.find(" #").unwrap_or(line.len());
    let line = line[..end].trim();
    if line.starts_with('#') { "" } else { line }
}

fn unquoted(name: &str) -> String {
    name.trim().trim_matches(['"', '\'']).to_owned()
}
