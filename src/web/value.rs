//! Values on their way in and out.
//!
//! Both ways lead over [`serde_json::Value`]. The engine's types are then read and written by one
//! format only, for JavaScript and for files, which makes the module a good deal smaller.

use js_sys::{Array, Object, Reflect, Uint8Array};
#[cfg(feature = "engine")]
use js_sys::{Float32Array, Uint32Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wasm_bindgen::JsValue;

use super::error::into_error;
#[cfg(feature = "engine")]
use crate::data::Preprocessing;
#[cfg(feature = "engine")]
use crate::json::Json;
use crate::memory::allocate;
use crate::{Error, err};

/// The largest integer that JavaScript's numbers tell from the next one.
const MOST: f64 = 9_007_199_254_740_991.0;

/// What every function of this surface returns.
pub(super) type WebResult<T> = Result<T, JsValue>;

/// Turns the engine's results into this surface's.
pub(super) trait OrThrow<T> {
    /// The value, or the error as JavaScript sees it.
    fn or_throw(self) -> WebResult<T>;
}

impl<T> OrThrow<T> for crate::Result<T> {
    fn or_throw(self) -> WebResult<T> {
        self.map_err(|error| into_error(&error))
    }
}

/// A plain object as one of the engine's values; `what` names it if it is none.
pub(super) fn from_value<T: DeserializeOwned>(what: &str, value: JsValue) -> WebResult<T> {
    serde_json::from_value(to_json(what, value)?)
        .map_err(|error| throw(&err!(Argument, "{what}: {error}")))
}

/// A specification as a plain object.
#[cfg(feature = "engine")]
pub(super) fn to_object(value: &impl Json) -> WebResult<JsValue> {
    from_json(value.to_json())
}

/// One of the engine's values as a plain object.
pub(super) fn to_value<T: Serialize>(value: &T) -> WebResult<JsValue> {
    from_json(serde_json::to_value(value).map_err(|error| not_written(&error))?)
}

fn to_json(what: &str, value: JsValue) -> WebResult<Value> {
    serde_wasm_bindgen::from_value(value)
        .map_err(|error| throw(&err!(Argument, "{what}: it is no plain object ({error})")))
}

fn from_json(value: Value) -> WebResult<JsValue> {
    Ok(match value {
        Value::Null => JsValue::NULL,
        Value::Bool(value) => value.into(),
        Value::Number(number) => match number.as_f64() {
            Some(value) if number.is_f64() || value.abs() <= MOST => value.into(),
            _ => return Err(throw(&err!(Format, "result: {number} is no number of JavaScript"))),
        },
        Value::String(text) => text.into(),
        Value::Array(values) => {
            values.into_iter().map(from_json).collect::<WebResult<Array>>()?.into()
        }
        Value::Object(entries) => {
            let pair = |(name, value)| Ok(Array::of2(&JsValue::from(name), &from_json(value)?));
            let pairs = entries.into_iter().map(pair).collect::<WebResult<Array>>()?;
            // Names of columns may be "__proto__", which setting a property takes for something else.
            Object::from_entries(&pairs)?.into()
        }
    })
}

fn not_written(error: &dyn std::error::Error) -> JsValue {
    throw(&err!(Format, "result: {error}"))
}

/// The error as JavaScript sees it.
pub(super) fn throw(error: &Error) -> JsValue {
    into_error(error)
}

/// Bytes of JavaScript; `TooLarge` where there is no memory for them, which wasm-bindgen's own way in
/// would end the program for.
pub(super) fn bytes_of(what: &str, array: &Uint8Array) -> WebResult<Vec<u8>> {
    taken(what, array.length(), |values| array.copy_to(values))
}

/// Bytes of JavaScript that come in parts, as [`bytes_of`].
#[cfg(feature = "engine")]
pub(super) fn joined(what: &str, parts: &[Uint8Array]) -> WebResult<Vec<u8>> {
    let len = parts.iter().try_fold(0, |len: u32, part| len.checked_add(part.length()));
    taken(what, len.unwrap_or(u32::MAX), |mut values| {
        for part in parts {
            let (value, rest) = values.split_at_mut(part.length() as usize);
            part.copy_to(value);
            values = rest;
        }
    })
}

/// Numbers of JavaScript, as [`bytes_of`].
#[cfg(feature = "engine")]
pub(super) fn floats_of(what: &str, array: &Float32Array) -> WebResult<Vec<f32>> {
    taken(what, array.length(), |values| array.copy_to(values))
}

/// Whole numbers of JavaScript, as [`bytes_of`].
#[cfg(feature = "engine")]
pub(super) fn words_of(what: &str, array: &Uint32Array) -> WebResult<Vec<u32>> {
    taken(what, array.length(), |values| array.copy_to(values))
}

fn taken<T: Copy + Default>(
    what: &str,
    len: u32,
    copy_to: impl FnOnce(&mut [T]),
) -> WebResult<Vec<T>> {
    let mut values = allocate(what, len as usize).or_throw()?;
    copy_to(&mut values);
    Ok(values)
}

/// A seed, which JavaScript keeps as a number.
#[cfg(feature = "engine")]
pub(super) fn to_seed(value: f64) -> WebResult<u64> {
    if (0.0..=MOST).contains(&value) && value.trunc() == value {
        Ok(value as u64)
    } else {
        Err(throw(&err!(Argument, "seed is {value}, expected an integer from 0 to 2^53 - 1")))
    }
}

/// A shape, which JavaScript hands over as a `Uint32Array`.
pub(super) fn to_shape(sizes: &[u32]) -> Vec<usize> {
    sizes.iter().map(|&size| size as usize).collect()
}

/// A shape as a plain list.
#[cfg(feature = "engine")]
pub(super) fn sizes_of(shape: &[usize]) -> JsValue {
    shape.iter().map(|&size| JsValue::from_f64(size as f64)).collect::<Array>().into()
}

/// A shape for JavaScript.
#[cfg(feature = "engine")]
pub(super) fn from_shape(shape: &[usize]) -> Vec<u32> {
    shape.iter().map(|&size| size as u32).collect()
}

/// A plain object.
pub(super) fn object(entries: &[(&str, JsValue)]) -> WebResult<JsValue> {
    let object = Object::new();
    for (key, value) in entries {
        Reflect::set(&object, &(*key).into(), value)?;
    }
    Ok(object.into())
}

/// A preprocessing, or the default one.
#[cfg(feature = "engine")]
pub(super) fn to_preprocessing(value: JsValue) -> WebResult<Preprocessing> {
    if value.is_undefined() {
        return Ok(Preprocessing::default());
    }
    from_value("preprocessing", value)
}
