//! How specifications are read from a [`Value`] and written to one.
//!
//! What `derive(Json)` makes of a type (derive/) is names and calls of these functions, where serde's own
//! derived code would be compiled anew for each type, and for each format: it was the largest piece of what
//! a page loads before its first prediction (docs/download.md). Types that derive it have serde's traits
//! all the same; those go by way of a [`Value`].

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer};
use serde_json::{Error, Map, Result, Value};
pub use tabgrad_derive::Json;

/// A type with a form in JSON.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no form in JSON here",
    note = "derive `crate::json::Json` in place of serde's traits, or name it in `json::by_serde!`"
)]
pub trait Json: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// With the way to the field, what was found there and what is expected.
    fn from_json(value: &Value) -> Result<Self>;

    /// Writes it.
    fn to_json(&self) -> Value;

    /// What a field of this type is where it is not given and has no default of its own.
    fn absent() -> Option<Self> {
        None
    }
}

/// An object with a known set of fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no struct that is read by its fields",
    note = "derive `crate::json::Json` in place of serde's traits"
)]
pub trait Record: Sized {
    /// Reads its fields; `tag` is one more that may be there, and belongs to whoever calls.
    ///
    /// # Errors
    /// As [`Json::from_json`].
    fn from_fields(fields: &Map<String, Value>, tag: &'static str) -> Result<Self>;

    /// Writes its fields.
    fn to_fields(&self) -> Map<String, Value>;
}

impl<T: Record> Json for T {
    fn from_json(value: &Value) -> Result<Self> {
        match value {
            Value::Object(fields) => T::from_fields(fields, ""),
            other => Err(wrong(other, "an object")),
        }
    }

    fn to_json(&self) -> Value {
        Value::Object(self.to_fields())
    }
}

/// Reads a field; `default` says what it is if it is not given.
///
/// # Errors
/// As [`Json::from_json`], and for a missing field.
#[inline(never)]
pub fn get<T: Json>(
    fields: &Map<String, Value>,
    name: &'static str,
    default: fn() -> Option<T>,
) -> Result<T> {
    match fields.get(name) {
        Some(value) => T::from_json(value).map_err(|error| at(name, &error)),
        None => default().ok_or_else(|| Error::missing_field(name)),
    }
}

/// Writes a field.
pub fn put<T: Json>(fields: &mut Map<String, Value>, name: &str, value: &T) {
    insert(fields, name, value.to_json());
}

#[inline(never)]
fn insert(fields: &mut Map<String, Value>, name: &str, value: Value) {
    fields.insert(name.to_owned(), value);
}

/// Refuses fields that are not among these, nor `tag`.
///
/// # Errors
/// For the first unknown field, with the known ones.
#[inline(never)]
pub fn known(fields: &Map<String, Value>, tag: &str, known: &'static [&'static str]) -> Result<()> {
    match fields.keys().find(|name| *name != tag && !known.contains(&name.as_str())) {
        Some(unknown) => Err(Error::unknown_field(unknown, known)),
        None => Ok(()),
    }
}

/// The place of a name in a list.
///
/// # Errors
/// For anything else, with the list.
#[inline(never)]
pub fn choice(value: &Value, names: &'static [&'static str]) -> Result<usize> {
    let Some(name) = value.as_str() else { return Err(wrong(value, "a name")) };
    let place = names.iter().position(|known| *known == name);
    place.ok_or_else(|| Error::unknown_variant(name, names))
}

/// The place of an object's type in a list, and its fields.
///
/// # Errors
/// For what is no such object, and for a type that is not in the list.
#[inline(never)]
pub fn variant<'a>(
    value: &'a Value,
    tag: &'static str,
    names: &'static [&'static str],
) -> Result<(usize, &'a Map<String, Value>)> {
    let Some(fields) = value.as_object() else {
        return Err(Error::custom(format_args!("found {value}, expected an object with {tag:?}")));
    };
    match fields.get(tag) {
        Some(name @ Value::String(_)) => Ok((choice(name, names)?, fields)),
        Some(other) => Err(Error::custom(format_args!("{tag} is {other}, expected a name"))),
        None => Err(Error::missing_field(tag)),
    }
}

/// An object with its type.
#[inline(never)]
pub fn tagged(tag: &str, name: &str, mut fields: Map<String, Value>) -> Value {
    insert(&mut fields, tag, name.into());
    Value::Object(fields)
}

/// For serde's traits.
///
/// # Errors
/// As [`Json::from_json`].
pub fn deserialize<'de, T: Json, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<T, D::Error> {
    T::from_json(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// The error of a field, or of a place in a list.
#[cold]
fn at(place: impl std::fmt::Display, error: &Error) -> Error {
    Error::custom(format_args!("{place}: {error}"))
}

/// The error for a value of another kind.
#[cold]
fn wrong(value: &Value, expected: &str) -> Error {
    let found = match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(bool) => Unexpected::Bool(*bool),
        Value::String(text) => Unexpected::Str(text),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => {
                return Error::invalid_value(Unexpected::Unsigned(number), &expected);
            }
            (_, Some(number)) => {
                return Error::invalid_value(Unexpected::Signed(number), &expected);
            }
            _ => Unexpected::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
    };
    Error::invalid_type(found, &expected)
}

/// What one function of [`Value`] answers.
macro_rules! plain {
    ($($type:ty, $expected:literal, $read:expr;)*) => {
        $(impl Json for $type {
            fn from_json(value: &Value) -> Result<Self> {
                let read: fn(&Value) -> Option<$type> = $read;
                read(value).ok_or_else(|| wrong(value, $expected))
            }

            fn to_json(&self) -> Value {
                self.clone().into()
            }
        })*
    };
}

plain! {
    bool, "true or false", Value::as_bool;
    String, "a text", |value| value.as_str().map(str::to_owned);
    usize, "a whole number of at least 0", |value| value.as_u64()?.try_into().ok();
    u8, "a whole number from 0 to 255", |value| value.as_u64()?.try_into().ok();
    u32, "a whole number from 0 to 4294967295", |value| value.as_u64()?.try_into().ok();
    u64, "a whole number of at least 0", Value::as_u64;
    i32, "a whole number of 32 bits", |value| value.as_i64()?.try_into().ok();
    i64, "a whole number", Value::as_i64;
    f32, "a number", |value| value.as_f64().map(|number| number as f32);
    f64, "a number", Value::as_f64;
    Value, "anything", |value| Some(value.clone());
}

impl<T: Json> Json for Option<T> {
    fn from_json(value: &Value) -> Result<Self> {
        match value {
            Value::Null => Ok(None),
            given => T::from_json(given).map(Some),
        }
    }

    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_json)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Json> Json for Vec<T> {
    fn from_json(value: &Value) -> Result<Self> {
        let Some(list) = value.as_array() else { return Err(wrong(value, "a list")) };
        // No longer than what was read already.
        let mut all = Vec::with_capacity(list.len());
        for (place, value) in list.iter().enumerate() {
            all.push(T::from_json(value).map_err(|error| at(place, &error))?);
        }
        Ok(all)
    }

    fn to_json(&self) -> Value {
        self.iter().map(T::to_json).collect()
    }
}

impl<T: Json> Json for BTreeMap<String, T> {
    fn from_json(value: &Value) -> Result<Self> {
        let Some(fields) = value.as_object() else { return Err(wrong(value, "an object")) };
        let mut all = Self::new();
        for (name, value) in fields {
            all.insert(name.clone(), T::from_json(value).map_err(|error| at(name, &error))?);
        }
        Ok(all)
    }

    fn to_json(&self) -> Value {
        Value::Object(self.iter().map(|(name, value)| (name.clone(), value.to_json())).collect())
    }
}

/// A type that has serde's traits, as they read and write it.
macro_rules! by_serde {
    ($($type:ty),*) => {
        $(impl $crate::json::Json for $type {
            #[inline(never)]
            fn from_json(value: &serde_json::Value) -> serde_json::Result<Self> {
                serde_json::from_value(value.clone())
            }

            #[inline(never)]
            fn to_json(&self) -> serde_json::Value {
                serde_json::to_value(self).unwrap_or_default()
            }
        })*
    };
}
pub(crate) use by_serde;
