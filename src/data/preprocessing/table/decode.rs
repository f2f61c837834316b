//! From a network's numbers back to the row that they were made of, so that people can look at it.

use serde_json::{Map, Value};

use super::columns::{CategoryEncoding, DatePart, TableColumn};
use super::encode::TableEncoder;
use super::features::width;
use crate::data::table::date;

/// Digits that numbers are tried with: f32 has about seven, f64 about sixteen.
const DIGITS: std::ops::RangeInclusive<i32> = 6..=16;

impl TableEncoder {
    /// The values of the columns, from the numbers of a row's first input. What was missing, or is no
    /// known category, is null; numbers have six digits, or as many more as it takes to become what they
    /// became. Of dates the day is there, if their days are among the numbers; of texts the words that
    /// are counted, as often as they occur.
    pub fn decode(&self, features: &[f32]) -> Map<String, Value> {
        let mut row = Map::new();
        let mut at = 0;
        let mut texts = self.texts();
        for column in &self.spec().columns {
            let width = width(column);
            let encoder = match column {
                TableColumn::Text(_) => texts.next(),
                _ => None,
            };
            if let Some(numbers) = features.get(at..at + width).filter(|_| width > 0) {
                let value = match encoder {
                    Some((_, encoder)) => encoder.shown(numbers).into(),
                    None => value(column, numbers),
                };
                row.insert(column.name().into(), value);
            }
            at += width;
        }
        row
    }
}

/// Days that a number of days may be too small by, having gone through f32.
const SLACK: f64 = 0.01;

/// The value of a column, from the numbers that it became.
fn value(column: &TableColumn, numbers: &[f32]) -> Value {
    let indicated = match column {
        TableColumn::Number(column) => column.missing_indicator,
        TableColumn::Boolean(column) => column.missing_indicator,
        TableColumn::Category(column) => column.missing_indicator,
        TableColumn::Date(column) => column.missing_indicator,
        TableColumn::Text(_) => false,
    };
    if indicated && numbers.last() == Some(&1.0) {
        return Value::Null;
    }
    let first = f64::from(numbers[0]);
    match column {
        TableColumn::Number(column) => {
            let Some(fitted) = column.fitted else { return Value::Null };
            let scaled = first * fitted.spread + fitted.center;
            let map = column.map();
            let same = |number| fitted.affine().apply(map.apply(number)) == numbers[0];
            let number =
                if column.log { scaled.signum() * libm::expm1(scaled.abs()) } else { scaled };
            shortest(number, same)
        }
        TableColumn::Boolean(_) => Value::Bool(first > 0.5),
        TableColumn::Category(column) => {
            let at = match column.encoding {
                CategoryEncoding::OneHot => numbers.iter().position(|&number| number == 1.0),
                CategoryEncoding::Ordinal => (first >= 0.0).then_some(first as usize),
            };
            let name = at.and_then(|at| match column.categories.get(at) {
                Some(name) => Some(name.as_str()),
                None => (column.other && at == column.categories.len()).then_some("other"),
            });
            name.into()
        }
        TableColumn::Date(column) => {
            let (mut at, mut scaled) = (0, 0);
            for &part in &column.parts {
                let scale = column.fitted.as_ref().and_then(|fitted| fitted.parts.get(scaled));
                match (part, scale) {
                    (DatePart::Days, Some(scale)) => {
                        let days = f64::from(numbers[at]) * scale.spread + scale.center;
                        return day(libm::floor(days + SLACK) * date::DAY);
                    }
                    _ if column.is_cyclic(part) => at += 2,
                    _ => (at, scaled) = (at + 1, scaled + 1),
                }
            }
            Value::Null
        }
        TableColumn::Text(_) => Value::Null,
    }
}

/// A number with the fewest digits with which it is the same, or all that it has.
fn shortest(number: f64, same: impl Fn(f64) -> bool) -> Value {
    if number == 0.0 || !number.is_finite() {
        return Value::from(0.0);
    }
    let found = DIGITS.map(|digits| rounded(number, digits)).find(|&number| same(number));
    Value::from(found.unwrap_or(number))
}

/// A number with so many digits.
fn rounded(number: f64, digits: i32) -> f64 {
    let behind = digits - 1 - libm::floor(libm::log10(number.abs())) as i32;
    let scale = libm::pow(10.0, f64::from(behind.clamp(-300, 300)));
    libm::rint(number * scale) / scale
}

/// A date as `2024-05-01`.
fn day(milliseconds: f64) -> Value {
    if !date::in_range(milliseconds) {
        return Value::Null;
    }
    let date::Parts { year, month, day, .. } = date::Parts::new(milliseconds);
    format!("{year:04}-{month:02}-{day:02}").into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::data::preprocessing::table::{TableFit, TableSpec};
    use crate::data::table::{Batch, Cells, ColumnKind, Field, Texts};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn rows_come_back_from_their_numbers() {
        let columns = json!({"columns": [
            {"type": "number", "name": "n", "log": true, "missingIndicator": true},
            {"type": "boolean", "name": "b"},
            {"type": "category", "name": "c", "encoding": "ordinal"},
            {"type": "category", "name": "o", "maxCategories": 2},
            {"type": "date", "name": "d", "parts": ["year", "month", "days"]},
            {"type": "date", "name": "m", "parts": ["month"]},
        ]});
        let spec: TableSpec = serde_json::from_value(columns).unwrap();
        let texts = |list: [&str; 3]| {
            let mut texts = Texts::default();
            list.iter().for_each(|text| texts.push(text));
            Cells::Texts(texts)
        };
        let fields: Vec<Field> = spec.fields();
        assert_eq!(fields[4].kind, ColumnKind::Date);
        let day = 86_400_000.0;
        let cells = vec![
            Cells::Numbers(vec![-3.5, f64::NAN, 12_345.678]),
            Cells::Numbers(vec![1.0, 0.0, 1.0]),
            texts(["x", "y", ""]),
            texts(["p", "p", "q"]),
            Cells::Numbers(vec![0.0, 19_000.5 * day, -day]),
            Cells::Numbers(vec![0.0, day, day]),
        ];
        let batch = Batch::from_columns(fields.into(), cells).unwrap();
        let mut fit = TableFit::new(&spec).unwrap();
        fit.add(&batch, |_| true).unwrap();
        let encoder = TableEncoder::new(fit.finish().unwrap()).unwrap();
        let mut inputs = vec![Vec::new()];
        encoder.encode(&batch, &mut inputs).unwrap();
        let width = encoder.shapes()[0][0];
        let rows: Vec<Value> =
            inputs[0].chunks(width).map(|row| Value::Object(encoder.decode(row))).collect();
        // Dates lose their time.
        let expected = json!([
            {"n": -3.5, "b": true, "c": "x", "o": "p", "d": "1970-01-01", "m": null},
            {"n": null, "b": false, "c": "y", "o": "p", "d": "2022-01-08", "m": null},
            {"n": 12345.68, "b": true, "c": null, "o": "q", "d": "1969-12-31", "m": null},
        ]);
        assert_eq!(Value::Array(rows), expected);
        // Numbers from elsewhere are no error.
        assert_eq!(encoder.decode(&[f32::MAX]).len(), 0);
        assert_eq!(encoder.decode(&vec![f32::MAX; width])["d"], Value::Null);
    }
}
