//! One object as cells.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::data::table::{Cell, MOST_COLUMNS};
use crate::formats::table::LONGEST_ROW;

/// A value of an object; its text is a piece of [`Row::text`].
#[derive(Clone, Debug)]
enum Value {
    Missing,
    Number(f64),
    Boolean(bool),
    Text(Range<usize>),
}

/// The values of an object in their order, and then by column.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// Names and texts.
    text: String,
    /// Where the name is, and the value.
    values: Vec<(Range<usize>, Value)>,
    /// For each column the place of its value.
    columns: Vec<Option<usize>>,
}

impl Row {
    /// Reads an object, or says why it is none.
    pub fn read(&mut self, object: &[u8]) -> std::result::Result<(), String> {
        self.text.clear();
        self.values.clear();
        if !object.starts_with(b"{") {
            return Err("found no object, expected one".into());
        }
        let mut path = String::new();
        let mut json = serde_json::Deserializer::from_slice(object);
        let value = Flat { row: self, path: &mut path };
        value.deserialize(&mut json).and_then(|()| json.end()).map_err(|error| error.to_string())
    }

    /// Names and values in the order of the object.
    pub fn values(&self) -> impl Iterator<Item = (&str, Cell<'_>)> {
        self.values.iter().map(|(name, value)| (&self.text[name.clone()], self.as_cell(value)))
    }

    /// Finds the column of each value; answers how many have none. Of several values of one name the
    /// last counts.
    pub fn assign(&mut self, names: &[String], columns: &BTreeMap<String, usize>) -> u64 {
        self.columns.clear();
        self.columns.resize(names.len(), None);
        let mut unnamed = 0;
        // Most objects of a file have the same names in the same order.
        let mut expected = 0;
        for (at, (name, _)) in self.values.iter().enumerate() {
            let name = &self.text[name.clone()];
            let column = match names.get(expected) {
                Some(next) if next == name => Some(expected),
                _ => columns.get(name).copied(),
            };
            match column {
                Some(column) => {
                    self.columns[column] = Some(at);
                    expected = column + 1;
                }
                None => unnamed += 1,
            }
        }
        unnamed
    }

    /// The value of a column.
    pub fn cell(&self, column: usize) -> Cell<'_> {
        let at = self.columns.get(column).copied().flatten();
        at.map_or(Cell::Missing, |at| self.as_cell(&self.values[at].1))
    }

    fn as_cell(&self, value: &Value) -> Cell<'_> {
        match value {
            Value::Missing => Cell::Missing,
            Value::Number(number) => Cell::Number(*number),
            Value::Boolean(value) => Cell::Boolean(*value),
            Value::Text(range) => Cell::Text(self.text[range.clone()].trim_ascii()),
        }
    }

    /// A value more, unless there are too many or their names would take more memory than an object
    /// may.
    fn add<E: Error>(&mut self, path: &str, value: Value) -> Result<(), E> {
        let begin = self.text.len();
        if self.values.len() >= MOST_COLUMNS || begin + path.len() > 2 * LONGEST_ROW {
            let most = format_args!("found more than {MOST_COLUMNS} values, or longer names");
            return Err(E::custom(most));
        }
        self.text.push_str(path);
        self.values.push((begin..self.text.len(), value));
        Ok(())
    }
}

/// Reads a value that stands under a path into a row.
struct Flat<'a> {
    row: &'a mut Row,
    path: &'a mut String,
}

impl Flat<'_> {
    fn add<E: Error>(self, value: Value) -> Result<(), E> {
        self.row.add(self.path, value)
    }

    /// The same row, under a further name.
    fn inside(&mut self, name: &str) -> Flat<'_> {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(name);
        Flat { row: self.row, path: self.path }
    }
}

impl<'de> DeserializeSeed<'de> for Flat<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Flat<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.add(Value::Missing)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.add(Value::Boolean(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.add(Value::Number(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        let begin = self.row.text.len();
        self.row.text.push_str(value);
        let range = begin..self.row.text.len();
        self.add(Value::Text(range))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let len = self.path.len();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value_seed(self.inside(&name))?;
            self.path.truncate(len);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let len = self.path.len();
        for at in 0_usize.. {
            let found = seq.next_element_seed(self.inside(&at.to_string()))?;
            self.path.truncate(len);
            if found.is_none() {
                break;
            }
        }
        Ok(())
    }
}
