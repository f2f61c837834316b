//! What of a file gets into messages: never more than a reader reads.

use serde_json::Value;

use crate::Error;

/// The most characters of a value.
const VALUE: usize = 80;
/// The most characters of a message, which may name many layers.
const MESSAGE: usize = 8000;

/// A value of a configuration; of arrays of many numbers only the shape.
pub fn quoted(value: &Value) -> String {
    let text = value.to_string();
    match shape(numbers(value)) {
        Some(shape) if text.len() > VALUE => format!("a constant of shape {shape:?}"),
        _ => clipped(&text, VALUE),
    }
}

/// The numbers of an array that Keras 3 wrote, of NumPy or of a backend; else the value itself.
pub fn numbers(value: &Value) -> &Value {
    let class = value.get("class_name").and_then(Value::as_str);
    let tensor = matches!(class, Some("__tensor__" | "__numpy__"));
    let inner = value.get("config").and_then(|config| config.get("value"));
    inner.filter(|_| tensor).unwrap_or(value)
}

/// The sizes of lists within lists that end in a number, by the first of each.
fn shape(mut value: &Value) -> Option<Vec<usize>> {
    let mut shape = Vec::new();
    while let Some(list) = value.as_array() {
        shape.push(list.len());
        value = list.first()?;
    }
    value.is_number().then_some(shape)
}

/// The same error with what a reader reads of its message.
pub fn bounded(error: Error) -> Error {
    if error.message().len() <= MESSAGE {
        return error;
    }
    let message = clipped(error.message(), MESSAGE);
    Error::new(error.kind(), message).with_open_inputs(error.open_inputs().to_vec())
}

fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
