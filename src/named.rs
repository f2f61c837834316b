//! How specifications are read that have a name, their `type`, and attributes.
//!
//! All of them are read by way of a [`Value`]: each type is then read from one format by one
//! function, which makes the WebAssembly module a good deal smaller than serde's own tagged enums,
//! whose reading is compiled anew for every format and once more for what they buffer.

use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde::{Deserialize, de};
use serde_json::{Error, Result, Value};

/// Implements `Deserialize` for an enum that is written with a `type`: the names of its variants,
/// and what makes each of its attributes.
macro_rules! read_by_type {
    ($spec:ident { $($name:literal => $variant:expr,)* }) => {
        impl<'de> serde::Deserialize<'de> for $spec {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> std::result::Result<Self, D::Error> {
                fn read(value: serde_json::Value) -> serde_json::Result<$spec> {
                    let (name, attributes) = $crate::named::split(value)?;
                    match name.as_str() {
                        $($name => $crate::named::attributes(attributes).map($variant),)*
                        _ => Err(serde::de::Error::unknown_variant(&name, &[$($name,)*])),
                    }
                }
                let value = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
                read(value).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use read_by_type;

/// The name and the attributes of a specification.
pub(crate) fn split(mut value: Value) -> Result<(String, Value)> {
    let Some(attributes) = value.as_object_mut() else {
        return Err(Error::custom(format_args!("found {value}, expected an object with \"type\"")));
    };
    match attributes.remove("type") {
        Some(Value::String(name)) => Ok((name, value)),
        Some(name) => Err(Error::custom(format_args!("type is {name}, expected a name"))),
        None => Err(Error::missing_field("type")),
    }
}

/// Reads the attributes of one type. A function for each type: a program that has few of them need
/// not load the readers of all (xtask cuts the module by function).
///
/// # Errors
/// What the type's own reading answers.
#[inline(never)]
pub(crate) fn attributes<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value)
}

/// The object that a bare name stands for: `"adam"` means `{ "type": "adam" }`, with every
/// attribute at its default.
fn in_full(value: Value) -> Result<Value> {
    match value {
        Value::String(name) => Ok(serde_json::json!({ "type": name })),
        Value::Object(_) => Ok(value),
        _ => Err(Error::custom(format_args!(
            "found {value}, expected a name, or an object with \"type\""
        ))),
    }
}

/// Reads a specification that may be a bare name.
///
/// # Errors
/// As [`one`].
pub(crate) fn read<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(in_full(value)?)
}

/// Reads a specification that may be a bare name; for `#[serde(deserialize_with = ...)]`.
///
/// # Errors
/// What the type's own reading answers: an unknown name is answered with the known ones.
pub fn one<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<T, D::Error> {
    read(Value::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// Reads a list of specifications that may be bare names.
///
/// # Errors
/// As [`one`].
pub fn list<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Vec<T>, D::Error> {
    let list = Vec::<Value>::deserialize(deserializer)?;
    list.into_iter().map(read).collect::<Result<_>>().map_err(de::Error::custom)
}
