//! What a file says beside its graph: names of classes, and the preprocessing that tabgrad wrote.

use serde_json::Value;

use crate::data::Preprocessing;
use crate::formats::safetensors::ModelInfo;
use crate::interchange::onnx::proto::StringStringEntryProto;
use crate::json::Json;
use crate::model::Model;

/// Our own keys.
const CLASS_NAMES: &str = "tabgrad.classNames";
const PREPROCESSING: &str = "tabgrad.preprocessing";
const INCLUDED: &str = "tabgrad.preprocessingIncluded";

/// Keys under which others keep the names of classes.
const OTHERS: &[&str] =
    &["class_names", "classNames", "classes", "labels", "names", "id2label", "label_names"];

/// The most names, and the longest.
const MOST_NAMES: usize = 100_000;
const LONGEST_NAME: usize = 1000;

/// Reads the metadata, and whether they say how data become the network's inputs. What cannot be read is left
/// aside, with a note.
pub(super) fn read(
    entries: &[StringStringEntryProto],
    notes: &mut Vec<String>,
) -> (ModelInfo, bool) {
    let mut info = ModelInfo::default();
    let find = |key: &str| entries.iter().find(|entry| entry.key == key);
    let keys = [CLASS_NAMES].iter().chain(OTHERS);
    for entry in keys.filter_map(|key| find(key)) {
        match class_names(&entry.value) {
            Some(names) => {
                info.class_names = names;
                break;
            }
            None => notes.push(format!("The metadata \"{}\" hold no names of classes.", entry.key)),
        }
    }
    let mut is_known = false;
    // What is a part of the network must not be done before it as well.
    let is_included = find(INCLUDED).is_some_and(|entry| entry.value == "true");
    if let Some(entry) = find(PREPROCESSING).filter(|_| !is_included) {
        let json = serde_json::from_str::<Value>(&entry.value).ok();
        let read = json.and_then(|json| Preprocessing::from_json(&json).ok());
        match read.filter(|read| read.validate().is_ok()) {
            Some(read) => (info.preprocessing, is_known) = (read, true),
            None => notes.push("The preprocessing in the metadata cannot be read.".into()),
        }
    }
    (info, is_known)
}

/// Leaves names aside that are not one for each number of the only output, or two for one.
pub(super) fn fit_names(model: &Model, info: &mut ModelInfo, notes: &mut Vec<String>) {
    let graph = model.graph();
    let [output] = graph.outputs() else { return };
    let names = info.class_names.len();
    if let [width] = *graph.shape(*output)
        && names > 0
        && names != width
        && (width, names) != (1, 2)
    {
        notes.push(format!(
            "The metadata name {names} classes, and the network gives {width} numbers: the names are left aside."
        ));
        info.class_names.clear();
    }
}

/// Names from a list in JSON, from an object whose keys are the classes' numbers (in JSON, or as Python prints
/// a dict), or from a list with commas.
fn class_names(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    let json = serde_json::from_str::<Value>(text).ok();
    // As Python prints it, with quotes and keys of its own.
    let json = json.or_else(|| text.starts_with(['{', '[']).then(|| python(text))?);
    let names = match json {
        Some(Value::Array(items)) => {
            items.iter().map(|item| Some(item.as_str()?.to_owned())).collect::<Option<Vec<_>>>()?
        }
        Some(Value::Object(items)) => numbered(&items)?,
        Some(_) => return None,
        None if text.starts_with(['{', '[']) => return None,
        None => text.split(',').map(|name| name.trim().to_owned()).collect(),
    };
    let fits = !names.is_empty()
        && names.len() <= MOST_NAMES
        && names.iter().all(|name| !name.is_empty() && name.len() <= LONGEST_NAME);
    fits.then_some(names)
}

/// Names whose keys are 0, 1, ...
fn numbered(items: &serde_json::Map<String, Value>) -> Option<Vec<String>> {
    let mut names: Vec<(usize, &str)> = Vec::with_capacity(items.len());
    for (key, value) in items {
        match (key.parse(), value) {
            (Ok(number), Value::String(name)) => names.push((number, name)),
            // The other way round: numbers by names.
            (Err(_), Value::Number(number)) => {
                names.push((usize::try_from(number.as_u64()?).ok()?, key));
            }
            _ => return None,
        }
    }
    names.sort_unstable();
    let in_order = names.iter().enumerate().all(|(number, (key, _))| *key == number);
    in_order.then(|| names.into_iter().map(|(_, name)| name.to_owned()).collect())
}

/// A list or a dict as Python prints it: `{0: 'cat', 1: 'dog'}`.
fn python(text: &str) -> Option<Value> {
    let mut json = String::with_capacity(text.len() + 16);
    let mut quote = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, '\'' | '"') => {
                quote = Some(character);
                json.push('"');
            }
            (Some(open), _) if character == open => {
                quote = None;
                json.push('"');
            }
            (Some(_), '\\') => match characters.next()? {
                '\'' => json.push('\''),
                other => json.extend(['\\', other]),
            },
            (Some(_), '"') => json.push_str("\\\""),
            (None, '0'..='9') if json.ends_with(['{', ',', ' ']) && text.starts_with('{') => {
                json.push('"');
                json.push(character);
                while let Some(digit) = characters.next_if(char::is_ascii_digit) {
                    json.push(digit);
                }
                json.push('"');
            }
            _ => json.push(character),
        }
    }
    serde_json::from_str(&json).ok()
}
