//! Rows as numbers.

use std::f64::consts::TAU;

use serde_json::{Map as Object, Value};

use super::columns::{
    BooleanColumn, CategoryColumn, CategoryEncoding, DateColumn, DatePart, TableColumn, Unknown,
};
use super::features::{names, width};
use super::fit::{Map, unlike};
use super::numeric::Affine64;
use super::text::TextColumn;
use super::{MOST_FEATURES, TableSpec, category};
use crate::data::preprocessing::text::TextEncoder;
use crate::data::table::date::Parts;
use crate::data::table::{Batch, Cell, Cells, Field, Missing, Texts, Typing};
use crate::{Error, Result, err};

/// A [`TableSpec`] with what was computed, ready for rows.
#[derive(Clone, Debug)]
pub struct TableEncoder {
    spec: TableSpec,
    /// Numbers of the first input.
    features: usize,
    /// Of the columns of texts, in their order.
    texts: Vec<TextEncoder>,
}

impl TableEncoder {
    /// # Errors
    /// What [`TableSpec::validate`] refuses; `Argument` for a column for which nothing was computed,
    /// with its name; `TooLarge` for more than a million numbers a row.
    pub fn new(spec: TableSpec) -> Result<Self> {
        spec.validate()?;
        let mut features = 0;
        let mut texts = Vec::new();
        for column in &spec.columns {
            let computed = match column {
                TableColumn::Number(column) => column.fitted.is_some(),
                TableColumn::Boolean(column) => column.fitted.is_some(),
                TableColumn::Category(column) => category::count(column) > 0,
                TableColumn::Date(column) => column.fitted.is_some(),
                TableColumn::Text(column) => {
                    let encoder = TextEncoder::new(column.text.clone());
                    texts.push(
                        encoder.map_err(|error| super::columns::of_column(&column.name, &error))?,
                    );
                    true
                }
            };
            if !computed {
                let name = column.name();
                return Err(err!(
                    Argument,
                    "column \"{name}\": nothing was computed, expected what a training part gives"
                ));
            }
            features += width(column);
        }
        if features > MOST_FEATURES {
            return Err(err!(
                TooLarge,
                "table: a row becomes {features} numbers, expected at most {MOST_FEATURES}"
            ));
        }
        Ok(Self { spec, features, texts })
    }

    /// The specification.
    pub fn spec(&self) -> &TableSpec {
        &self.spec
    }

    /// The shapes of the inputs that a row becomes: `[features]`, unless all columns are texts that become
    /// ids, and `[length]` for each of these.
    pub fn shapes(&self) -> Vec<Vec<usize>> {
        let numbers = (self.features > 0).then(|| vec![self.features]);
        let texts = self.spec.columns.iter().filter_map(|column| match column {
            TableColumn::Text(column) if column.is_input() => {
                Some(vec![column.text.length? as usize])
            }
            _ => None,
        });
        numbers.into_iter().chain(texts).collect()
    }

    /// The encoder of each column of texts, with the column.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&TextColumn, &TextEncoder)> {
        let columns = self.spec.columns.iter().filter_map(|column| match column {
            TableColumn::Text(column) => Some(column),
            _ => None,
        });
        columns.zip(&self.texts)
    }

    /// The columns of texts, in their order.
    pub fn text_names(&self) -> impl Iterator<Item = &str> {
        self.texts().map(|(column, _)| column.name.as_str())
    }

    /// What each number of the first input is: `age`, `age missing`, `city=Bonn`, `born month sin`,
    /// `note: hello`.
    pub fn feature_names(&self) -> Vec<String> {
        self.spec.columns.iter().flat_map(names).collect()
    }

    /// Adds the inputs of all rows, each input to its own list in the order of
    /// [`shapes`](Self::shapes).
    ///
    /// # Errors
    /// `NotFound` for a column that the table does not have, `Data` for one that holds something else
    /// and for an unknown category that is to be refused, with the column's name; `TooLarge` where
    /// there is no memory; `Shape` for another number of lists than inputs.
    pub fn encode(&self, batch: &Batch, inputs: &mut [Vec<f32>]) -> Result<()> {
        let expected = self.shapes().len();
        if inputs.len() != expected {
            let found = inputs.len();
            return Err(err!(
                Shape,
                "table: found {found} lists, expected {expected}, one for each input"
            ));
        }
        let (numbers, texts) = inputs.split_at_mut(usize::from(self.features > 0));
        if let Some(numbers) = numbers.first_mut() {
            self.encode_numbers(batch, numbers)?;
        }
        self.encode_texts(batch, texts)
    }

    fn encode_numbers(&self, batch: &Batch, numbers: &mut Vec<f32>) -> Result<()> {
        let begin = numbers.len();
        let further = batch.rows() * self.features;
        numbers
            .try_reserve(further)
            .map_err(|_| err!(TooLarge, "table: found no memory for {further} further numbers"))?;
        numbers.resize(begin + further, 0.0);
        let mut at = 0;
        for column in &self.spec.columns {
            let width = width(column);
            if width == 0 {
                continue;
            }
            let cells = batch.column(column.name())?.1;
            let mut rows = Rows { numbers: &mut numbers[begin..], features: self.features, at };
            match (column, cells) {
                (TableColumn::Number(number), Cells::Numbers(cells)) => {
                    let fitted = number.fitted.unwrap_or(NOTHING);
                    let map = number.map();
                    rows.fill(cells, fitted.fill, |x| fitted.affine().apply(map.apply(x)));
                    rows.indicate(width, number.missing_indicator, |row| cells[row].is_nan());
                }
                (
                    TableColumn::Boolean(BooleanColumn { fitted, missing_indicator, .. }),
                    Cells::Numbers(cells),
                ) => {
                    rows.fill(cells, fitted.unwrap_or(NOTHING).fill, |x| x as f32);
                    rows.indicate(width, *missing_indicator, |row| cells[row].is_nan());
                }
                (TableColumn::Date(date), Cells::Numbers(cells)) => {
                    rows.fill_dates(date, cells);
                    rows.indicate(width, date.missing_indicator, |row| cells[row].is_nan());
                }
                (TableColumn::Text(text), Cells::Texts(cells)) => {
                    let encoder = self.texts().find(|(column, _)| column.name == text.name);
                    let (_, encoder) = encoder.ok_or_else(|| unlike(column))?;
                    for (row, text) in rows.each().zip(cells.iter()) {
                        encoder.count(text, &mut row[..width]);
                    }
                }
                (TableColumn::Category(category), Cells::Texts(cells)) => {
                    rows.fill_categories(category, cells)?;
                    rows.indicate(width, category.missing_indicator, |row| {
                        cells.get(row).is_empty()
                    });
                }
                _ => return Err(unlike(column)),
            }
            at += width;
        }
        Ok(())
    }

    fn encode_texts(&self, batch: &Batch, inputs: &mut [Vec<f32>]) -> Result<()> {
        let sequences = self.texts().filter(|(column, _)| column.is_input());
        for ((column, encoder), input) in sequences.zip(inputs) {
            let texts = batch.column(&column.name)?.1.texts();
            let texts = texts.ok_or_else(|| unlike(&TableColumn::Text(column.clone())))?;
            for text in texts.iter() {
                input.extend(encoder.encode(text).into_iter().map(|id| id as f32));
            }
        }
        Ok(())
    }

    /// The inputs of one row, given as an object: `{ "age": 41, "city": "Bonn" }`. `null` is a missing
    /// value; names that are no columns are passed over.
    ///
    /// # Errors
    /// `NotFound` for a column that the row does not have, `Data` for a value that is none of the
    /// column's kind and for an unknown category that is to be refused, with the column's name.
    pub fn prepare(&self, row: &Object<String, Value>) -> Result<Vec<Vec<f32>>> {
        self.prepare_rows(std::slice::from_ref(row))
    }

    /// The inputs of several rows, those of each row after those of the one before.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare), with the number of the row.
    pub fn prepare_rows(&self, rows: &[Object<String, Value>]) -> Result<Vec<Vec<f32>>> {
        let missing = Missing::default();
        let mut typing = Typing::new(self.spec.fields(), missing.clone());
        let fields = typing.fields().clone();
        let mut batch = Batch::new(fields.clone());
        for (at, row) in rows.iter().enumerate() {
            let cells = fields.iter().map(|field| cell(row, field, &missing));
            let cells = cells.collect::<Result<Vec<_>>>().map_err(|error| match rows.len() {
                1 => error,
                _ => Error::new(error.kind(), format!("row {at}: {}", error.message())),
            })?;
            typing.push(&mut batch, at as u64, |column| cells[column]);
        }
        let mut inputs = vec![Vec::new(); self.shapes().len()];
        self.encode(&batch, &mut inputs)?;
        Ok(inputs)
    }
}

/// Of a column for which nothing was computed, which `TableEncoder::new` refuses.
const NOTHING: super::Fitted = super::Fitted { fill: 0.0, center: 0.0, spread: 1.0 };

/// The value of a column in a row.
fn cell<'a>(row: &'a Object<String, Value>, field: &Field, missing: &Missing) -> Result<Cell<'a>> {
    let name = &field.name;
    let cell = match row.get(name) {
        None => {
            return Err(err!(
                NotFound,
                "column \"{name}\": the row has no such value, expected {} or null",
                field.kind.value()
            ));
        }
        Some(Value::Null) => Cell::Missing,
        Some(Value::Bool(value)) => Cell::Boolean(*value),
        Some(Value::Number(number)) => number.as_f64().map_or(Cell::Missing, Cell::Number),
        Some(Value::String(text)) => match text.trim_ascii() {
            text if missing.is(text) => Cell::Missing,
            text => Cell::Text(text),
        },
        Some(value @ (Value::Array(_) | Value::Object(_))) => return Err(unfit(field, value)),
    };
    let takes_texts = matches!(Cells::new(field.kind), Cells::Texts(_));
    match row.get(name) {
        Some(value) if cell != Cell::Missing && !takes_texts && field.number(cell).is_none() => {
            Err(unfit(field, value))
        }
        _ => Ok(cell),
    }
}

fn unfit(field: &Field, value: &Value) -> crate::Error {
    let value = value.to_string();
    let value = &value[..value.floor_char_boundary(60)];
    err!(Data, "column \"{}\": found {value}, expected {}", field.name, field.kind.value())
}

/// The numbers of rows, from one of their features on.
struct Rows<'a> {
    numbers: &'a mut [f32],
    features: usize,
    at: usize,
}

impl Rows<'_> {
    /// The features of each row from here on.
    fn each(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.numbers.chunks_exact_mut(self.features).map(|row| &mut row[self.at..])
    }

    fn fill(&mut self, cells: &[f64], fill: f64, number: impl Fn(f64) -> f32) {
        for (row, &cell) in self.each().zip(cells) {
            row[0] = number(if cell.is_nan() { fill } else { cell });
        }
    }

    /// Says in the last of a column's numbers whether its value was missing.
    fn indicate(&mut self, width: usize, wanted: bool, missing: impl Fn(usize) -> bool) {
        if wanted {
            for (at, row) in self.each().enumerate() {
                row[width - 1] = f32::from(u8::from(missing(at)));
            }
        }
    }

    fn fill_dates(&mut self, column: &DateColumn, cells: &[f64]) {
        let (fill, scales): (_, &[Affine64]) =
            column.fitted.as_ref().map_or((0.0, &[]), |fitted| (fitted.fill, &fitted.parts));
        for (row, &cell) in self.each().zip(cells) {
            let date = if cell.is_nan() { fill } else { cell };
            let parts = Parts::new(date);
            let (mut at, mut scales) = (0, scales.iter());
            for &part in &column.parts {
                if column.is_cyclic(part) {
                    let (first, period) = part.period();
                    let angle = TAU * (part.of(&parts) - first) / period;
                    row[at] = libm::sin(angle) as f32;
                    row[at + 1] = libm::cos(angle) as f32;
                    at += 2;
                } else {
                    let number = match part {
                        DatePart::Days => Map::Part(part).apply(date),
                        _ => part.of(&parts),
                    };
                    row[at] = scales.next().map_or(0.0, |scale| scale.apply(number));
                    at += 1;
                }
            }
        }
    }

    fn fill_categories(&mut self, column: &CategoryColumn, cells: &Texts) -> Result<()> {
        let rare = column.other.then_some(column.categories.len());
        let refuses = column.unknown == Unknown::Error && rare.is_none();
        let fill = column.fill.as_deref().unwrap_or_default();
        for (row, cell) in self.each().zip(cells.iter()) {
            let name = if cell.is_empty() { fill } else { cell };
            let found = if name.is_empty() {
                None
            } else if let Some(found) = category::find(column, name) {
                Some(found)
            } else if refuses {
                let name = &name[..name.floor_char_boundary(60)];
                return Err(err!(
                    Data,
                    "column \"{}\": found {name:?}, expected one of {} known categories",
                    column.name,
                    column.categories.len()
                ));
            } else {
                // What was rare in the training part is not in the list either.
                rare
            };
            match (column.encoding, found) {
                (CategoryEncoding::OneHot, Some(found)) => row[found] = 1.0,
                (CategoryEncoding::OneHot, None) => {}
                (CategoryEncoding::Ordinal, found) => {
                    row[0] = found.map_or(-1.0, |found| found as f32);
                }
            }
        }
        Ok(())
    }
}
