//! What a network should answer, from a column.

use std::collections::BTreeSet;

use crate::data::table::{Batch, Cells, ColumnKind, Field};
use crate::{Result, err};

/// The most classes that a column may have.
const MOST_CLASSES: usize = 1 << 16;

/// Different numbers that are taken for classes at most, where nobody says what they are.
const MOST_TOLD_CLASSES: usize = 20;

/// Collects the classes of a column, batch by batch.
#[derive(Clone, Debug)]
pub struct TargetFit {
    field: Field,
    /// Numbers by their order as bits, or names.
    numbers: BTreeSet<i64>,
    names: BTreeSet<Box<str>>,
    /// Whether its values are classes; `None` while numbers may still be.
    classes: Option<bool>,
    /// Numbers that were there.
    count: u64,
}

/// A number as an integer that is in the same order (IEEE 754, 5.10), and back.
fn ordered(number: f64) -> i64 {
    // Of the two zeros one is enough.
    let bits = (number + 0.0).to_bits().cast_signed();
    bits ^ (((bits >> 63).cast_unsigned() >> 1).cast_signed())
}

fn from_ordered(bits: i64) -> f64 {
    f64::from_bits((bits ^ (((bits >> 63).cast_unsigned() >> 1).cast_signed())).cast_unsigned())
}

impl TargetFit {
    /// For a column, whose values are classes unless they are numbers. Of these it is told: whole
    /// ones, at most 20 different, each twice on average, are classes, too. `classes` says otherwise.
    ///
    /// # Errors
    /// `Data` for numbers that are wanted of a column that has none.
    pub fn new(field: &Field, classes: Option<bool>) -> Result<Self> {
        let numeric = matches!(field.kind, ColumnKind::Number | ColumnKind::Boolean);
        if classes == Some(false) && !numeric {
            return Err(unlike_target(field));
        }
        let classes = classes.or((field.kind != ColumnKind::Number).then_some(true));
        let (numbers, names) = (BTreeSet::new(), BTreeSet::new());
        Ok(Self { field: field.clone(), numbers, names, classes, count: 0 })
    }

    /// Takes all rows of a batch.
    ///
    /// # Errors
    /// `NotFound` where the column is not there, `TooLarge` for more than 65,536 classes.
    pub fn add(&mut self, batch: &Batch) -> Result<()> {
        if self.classes == Some(false) {
            return Ok(());
        }
        match batch.column(&self.field.name)?.1 {
            Cells::Numbers(numbers) => {
                for &number in numbers.iter().filter(|number| !number.is_nan()) {
                    self.count += 1;
                    self.numbers.insert(ordered(number));
                    let told =
                        self.numbers.len() <= MOST_TOLD_CLASSES && libm::rint(number) == number;
                    if self.classes.is_none() && !told {
                        self.classes = Some(false);
                        self.numbers.clear();
                        return Ok(());
                    }
                }
            }
            Cells::Texts(texts) => {
                for text in texts.iter().filter(|text| !text.is_empty()) {
                    if !self.names.contains(text) {
                        self.names.insert(text.into());
                    }
                }
            }
        }
        if self.numbers.len().max(self.names.len()) > MOST_CLASSES {
            return Err(err!(
                TooLarge,
                "column \"{}\": found more than {MOST_CLASSES} different values, expected at most as \
                 many classes",
                self.field.name
            ));
        }
        Ok(())
    }

    /// What turns the column into targets.
    ///
    /// # Errors
    /// `Data` for classes of which there are none.
    pub fn finish(self) -> Result<TargetEncoder> {
        let Self { field, numbers, names, classes, count } = self;
        let classes = classes.unwrap_or(2 * numbers.len() as u64 <= count);
        if classes && numbers.is_empty() && names.is_empty() {
            return Err(err!(
                Data,
                "column \"{}\": all values are missing, expected the class of each row",
                field.name
            ));
        }
        let numbers: Vec<f64> = numbers.into_iter().map(from_ordered).collect();
        let named = |&number: &f64| match field.kind {
            ColumnKind::Boolean => (number > 0.0).to_string(),
            _ => number.to_string(),
        };
        let class_names = if !classes {
            Vec::new()
        } else if numbers.is_empty() {
            names.into_iter().map(String::from).collect()
        } else {
            numbers.iter().map(named).collect()
        };
        Ok(TargetEncoder { name: field.name, class_names, numbers, classes })
    }
}

/// Turns a column into targets.
#[derive(Clone, Debug)]
pub struct TargetEncoder {
    name: String,
    class_names: Vec<String>,
    /// Of the classes, where they are numbers.
    numbers: Vec<f64>,
    classes: bool,
}

impl TargetEncoder {
    /// The column.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the classes: numbers by their size, others by their code points. Empty where the
    /// targets are numbers.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// Whether the targets are classes; otherwise they are numbers.
    pub fn has_classes(&self) -> bool {
        self.classes
    }

    /// The class of each row; `None` where it is missing or none of them.
    ///
    /// # Errors
    /// `NotFound` where the column is not there, `Argument` if the targets are numbers.
    pub fn classes(&self, batch: &Batch) -> Result<Vec<Option<u32>>> {
        if !self.classes {
            let name = &self.name;
            return Err(err!(Argument, "column \"{name}\": its targets are numbers, not classes"));
        }
        Ok(match batch.column(&self.name)?.1 {
            Cells::Numbers(numbers) => {
                let class = |&number: &f64| {
                    let found =
                        self.numbers.binary_search_by_key(&ordered(number), |&n| ordered(n));
                    found.ok().map(|class| class as u32)
                };
                numbers.iter().map(class).collect()
            }
            Cells::Texts(texts) => {
                let class = |text: &str| {
                    let found = self.class_names.binary_search_by(|name| name.as_str().cmp(text));
                    found.ok().map(|class| class as u32)
                };
                texts.iter().map(class).collect()
            }
        })
    }

    /// The number of each row; `None` where it is missing or beyond the largest f32.
    ///
    /// # Errors
    /// `NotFound` where the column is not there, `Data` where it has no numbers.
    pub fn numbers(&self, batch: &Batch) -> Result<Vec<Option<f32>>> {
        let (field, cells) = batch.column(&self.name)?;
        let numbers = cells.numbers().ok_or_else(|| unlike_target(field))?;
        let finite = |&number: &f64| Some(number as f32).filter(|number| number.is_finite());
        Ok(numbers.iter().map(finite).collect())
    }
}

/// The error of a column that has no numbers to be answered.
fn unlike_target(field: &Field) -> crate::Error {
    let (name, kind) = (&field.name, field.kind.value());
    err!(Data, "column \"{name}\": each value is {kind}, expected a number to be answered")
}
