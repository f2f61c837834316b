//! What columns hold, and how single cells are read as that.

use serde::{Deserialize, Serialize};

use super::date;

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum ColumnKind {
    /// Finite numbers.
    Number,
    /// One of some names.
    Category,
    /// Written text.
    Text,
    /// Dates, with or without a time.
    Date,
    /// Yes or no.
    Boolean,
}

impl ColumnKind {
    /// As messages name a value of this kind.
    pub fn value(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Category => "a category",
            Self::Text => "a text",
            Self::Date => "a date",
            Self::Boolean => "true or false",
        }
    }
}

/// A column: its name, what it holds, and how that is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What its cells are.
    pub kind: ColumnKind,
    /// Whether numbers are written with a comma: `3,14`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub decimal_comma: bool,
    /// Whether `1/2/2024` is the first of February and not the second of January.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub day_first: bool,
}

impl Field {
    /// A column whose numbers have points, and whose dates the month first.
    pub fn new(name: impl Into<String>, kind: ColumnKind) -> Self {
        Self { name: name.into(), kind, decimal_comma: false, day_first: false }
    }

    /// Forgets how numbers or dates are written where there are none.
    pub fn tidy(&mut self) {
        self.decimal_comma &= self.kind == ColumnKind::Number;
        self.day_first &= self.kind == ColumnKind::Date;
    }

    /// A cell of a column of numbers, booleans (0 or 1) or dates (milliseconds since 1970) as a
    /// number; `None` if it is none.
    pub fn number(&self, cell: Cell<'_>) -> Option<f64> {
        match (self.kind, cell) {
            (ColumnKind::Number, Cell::Number(number)) => Some(number),
            (ColumnKind::Number, Cell::Text(text)) => number(text, self.decimal_comma),
            (ColumnKind::Boolean, Cell::Boolean(value)) => Some(f64::from(u8::from(value))),
            (ColumnKind::Boolean, Cell::Number(number)) if matches!(number, 0.0 | 1.0) => {
                Some(number)
            }
            (ColumnKind::Boolean, Cell::Text(text)) => {
                boolean(text).map(|yes| f64::from(u8::from(yes)))
            }
            (ColumnKind::Date, Cell::Text(text)) => date::parse(text, self.day_first),
            // As JavaScript's dates count.
            (ColumnKind::Date, Cell::Number(number)) => date::in_range(number).then_some(number),
            _ => None,
        }
    }
}

/// A cell as a file has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Missing,
    /// A finite number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// Written, without space around it.
    Text(&'a str),
}

/// The finite number that a text is.
pub(crate) fn number(text: &str, decimal_comma: bool) -> Option<f64> {
    if let Some(number) = short_decimal(text, if decimal_comma { b',' } else { b'.' }) {
        return Some(number);
    }
    // The standard library reads names of infinities, too.
    if !text.bytes().next_back()?.is_ascii_digit() && !text.ends_with(['.', ',']) {
        return None;
    }
    if !decimal_comma {
        return text.parse().ok().filter(|number: &f64| number.is_finite());
    }
    if text.contains('.') {
        return None;
    }
    text.replace(',', ".").parse().ok().filter(|number: &f64| number.is_finite())
}

/// A number of at most 15 digits without an exponent, as most are. Digits and power of ten are exact then,
/// so that their quotient is rounded once (Clinger, "How to read floating point numbers accurately", 1990):
/// the bits are those of the standard library, in less than half of its time.
fn short_decimal(text: &str, point: u8) -> Option<f64> {
    const MOST: usize = 15;
    const POWERS: [f64; MOST + 1] =
        [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (negative, written) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    if written.len() > MOST + 1 {
        return None;
    }
    let (mut digits, mut count, mut decimals) = (0_u64, 0, None);
    for &byte in written {
        if byte.is_ascii_digit() {
            digits = digits * 10 + u64::from(byte - b'0');
            count += 1;
        } else if byte == point && decimals.is_none() {
            decimals = Some(count);
        } else {
            return None;
        }
    }
    if count == 0 || count > MOST {
        return None;
    }
    let number = digits as f64 / POWERS[count - decimals.unwrap_or(count)];
    Some(if negative { -number } else { number })
}

/// What a text that means yes or no means.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is(&["true", "yes", "t", "y", "1"]) {
        Some(true)
    } else if is(&["false", "no", "f", "n", "0"]) {
        Some(false)
    } else {
        None
    }
}
