//! The engine's errors as JavaScript's.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;

use crate::Error;
use crate::error::OpenInput;

/// The one way from an error of the engine to an `Error` of JavaScript.
pub(super) fn into_error(error: &Error) -> JsValue {
    let js = js_sys::Error::new(&error.to_string());
    js.set_name("TabgradError");
    set(&js, "code", &error.kind().code().into());
    if let Some(layer) = error.layer() {
        set(&js, "layer", &layer.into());
    }
    if !error.open_inputs().is_empty() {
        set(&js, "openInputs", &error.open_inputs().iter().map(open_input).collect::<Array>());
    }
    js.into()
}

/// `{ name, shape }`, with `null` for a size that is open.
fn open_input(input: &OpenInput) -> Object {
    let object = Object::new();
    let size = |size: &Option<usize>| size.map_or(JsValue::NULL, |size| (size as f64).into());
    set(&object, "name", &input.name.as_str().into());
    set(&object, "shape", &input.shape.iter().map(size).collect::<Array>());
    object
}

fn set(object: &JsValue, key: &str, value: &JsValue) {
    // Fails on frozen objects only, which a new one is not.
    let _ = Reflect::set(object, &key.into(), value);
}
