//! The engine's errors as JavaScript's.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

use crate::Error;

/// The one way from an error of the engine to an `Error` of JavaScript.
pub(super) fn into_error(error: &Error) -> JsValue {
    let js = js_sys::Error::new(&error.to_string());
    js.set_name("TabgradError");
    let set = |key: &str, value: &str| {
        // Fails on frozen objects only, which a new error is not.
        let _ = Reflect::set(&js, &key.into(), &value.into());
    };
    set("code", error.kind().code());
    if let Some(layer) = error.layer() {
        set("layer", layer);
    }
    js.into()
}
