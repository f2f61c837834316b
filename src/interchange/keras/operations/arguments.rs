//! What an operation was given.

use serde_json::Value;

use super::{Argument, Given};
use crate::interchange::keras::constants::Positions;
use crate::interchange::keras::quoted::{numbers, quoted};
use crate::{Result, err};

/// What a call was given, and who asks.
pub struct Arguments<'a> {
    pub class: &'a str,
    pub name: &'a str,
    pub arguments: &'a [Argument<'a>],
}

/// A side of an arithmetic operation.
pub enum Side<'a> {
    Tensor,
    Number(f64),
    /// Numbers of the last axis.
    Channels(Vec<f32>),
    /// Numbers of each position of a sequence.
    Positions(Positions),
    Other(&'a Value),
}

impl<'a> Arguments<'a> {
    pub fn unsupported(&self, what: &str) -> crate::Error {
        err!(Unsupported, "{} \"{}\": {what}", self.class, self.name)
    }

    /// What was given by a name, unless it is null.
    pub fn named(&self, name: &str) -> Option<&'a Value> {
        self.arguments.iter().find(|argument| argument.name == name).and_then(|argument| {
            match argument.given {
                Given::Value(value) => Some(value).filter(|value| !value.is_null()),
                Given::Tensors(_) => None,
            }
        })
    }

    pub fn wrong(&self, name: &str, expected: &str) -> crate::Error {
        let found = self.named(name).map_or_else(|| "not given".to_owned(), quoted);
        self.unsupported(&format!("{name} is {found}, expected {expected}"))
    }

    pub fn number(&self, name: &str, otherwise: Option<f64>) -> Result<f64> {
        let found = self.named(name).map_or(otherwise, Value::as_f64);
        found.ok_or_else(|| self.wrong(name, "a number"))
    }

    /// Whole numbers, or one.
    pub fn integers(&self, name: &str) -> Result<Option<Vec<i64>>> {
        let Some(value) = self.named(name) else { return Ok(None) };
        let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let list = list.iter().map(Value::as_i64).collect::<Option<_>>();
        list.map(Some).ok_or_else(|| self.wrong(name, "whole numbers"))
    }

    pub fn flag(&self, name: &str) -> Result<bool> {
        let found = self.named(name).map_or(Some(false), Value::as_bool);
        found.ok_or_else(|| self.wrong(name, "true or false"))
    }

    /// Refuses a value that is there and not this.
    pub fn only(&self, name: &str, expected: &str) -> Result<()> {
        match self.named(name) {
            Some(found) if found.as_str() != Some(expected) => Err(self.wrong(name, expected)),
            _ => Ok(()),
        }
    }

    /// How many tensors there are.
    pub fn tensors(&self) -> usize {
        let counts = self.arguments.iter().map(|argument| match argument.given {
            Given::Tensors(count) => count,
            Given::Value(_) => 0,
        });
        counts.sum()
    }

    /// The two sides: what was given by place, and what by `y`, `value` or `bias`.
    pub fn sides(&self) -> Result<[Side<'a>; 2]> {
        let is_side =
            |argument: &&Argument<'_>| matches!(argument.name, "" | "x" | "y" | "value" | "bias");
        let sides = self.arguments.iter().filter(is_side).flat_map(|argument| {
            let count = if let Given::Tensors(count) = argument.given { count } else { 1 };
            std::iter::repeat_n(argument.given, count).map(|given| match given {
                Given::Tensors(_) => Side::Tensor,
                Given::Value(value) => side(value),
            })
        });
        let sides: Vec<Side<'a>> = sides.take(3).collect();
        let count = sides.len();
        let sides: [Side<'a>; 2] = sides.try_into().map_err(|_| {
            self.unsupported(&format!("it takes {count} tensors and numbers, expected 2"))
        })?;
        if let Some(Side::Other(value)) = sides.iter().find(|side| matches!(side, Side::Other(_))) {
            return Err(self.no_side(value));
        }
        Ok(sides)
    }

    /// The error for sides that the operation has not.
    pub fn no_such_sides(&self) -> crate::Error {
        let values = self.arguments.iter().filter_map(|argument| match argument.given {
            Given::Value(value) => Some(value),
            Given::Tensors(_) => None,
        });
        self.no_side(values.into_iter().next().unwrap_or(&Value::Null))
    }

    fn no_side(&self, value: &Value) -> crate::Error {
        self.unsupported(&format!(
            "it is called with {}, expected a tensor and another, a number, or one for each channel",
            quoted(value)
        ))
    }
}

/// A number, or numbers: a list of one number is one, lists of lists of one are what is in them.
fn side(value: &Value) -> Side<'_> {
    let mut inner = numbers(value);
    while let Some([only]) = inner.as_array().map(Vec::as_slice) {
        inner = only;
    }
    if let Some(number) = inner.as_f64() {
        return Side::Number(number);
    }
    if let Some(numbers) = row(inner) {
        return Side::Channels(numbers);
    }
    let rows = inner.as_array().and_then(|rows| rows.iter().map(row).collect::<Option<Vec<_>>>());
    match rows.and_then(Positions::new) {
        Some(positions) => Side::Positions(positions),
        None => Side::Other(value),
    }
}

fn row(value: &Value) -> Option<Vec<f32>> {
    value.as_array()?.iter().map(|value| value.as_f64().map(|number| number as f32)).collect()
}
