//! Rows of a table as a network's numbers: what happens to each column, with what was computed from
//! the training part.
//!
//! All columns make one input, `[features]`, in their order: of texts it has how often each word occurs.
//! Only a text column that becomes a sequence of ids is an input of its own.

mod category;
mod columns;
mod decode;
mod encode;
mod features;
mod fit;
mod numeric;
mod stats;
mod target;
#[cfg(all(test, feature = "data"))]
mod tests;
mod text;

pub use columns::{
    BooleanColumn, CategoryColumn, CategoryEncoding, CategoryImpute, DateColumn, DatePart,
    FittedDate, NumberColumn, TableColumn, Unknown,
};
pub use encode::TableEncoder;
pub use fit::TableFit;
pub use numeric::{Affine64, Fitted, Impute, Scaling};
pub(super) use stats::Counts;
pub use target::{TargetEncoder, TargetFit};
pub use text::TextColumn;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::text::{FIRST_TOKEN, TextOutput};
use crate::data::table::{ColumnKind, Field, MOST_COLUMNS};
use crate::{Result, err};

/// The most categories that a column may have.
const MOST_CATEGORIES: u32 = 1 << 16;

/// The most numbers that a row may become.
const MOST_FEATURES: usize = 1 << 20;

/// Words of a text column that are counted at most, and how often each must occur to be, where nothing
/// else is said: of what stands beside other columns only what comes again tells something.
const TEXT_WORDS: u32 = 500;
const TEXT_MIN_COUNT: u32 = 5;

/// What turns rows into a network's numbers. What has to be computed is computed from the rows of the
/// training part (see [`TableFit`]) and stored here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TableSpec {
    /// The columns that are used; a table may have others.
    pub columns: Vec<TableColumn>,
    /// The column that is answered, which rows that are asked about do not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

crate::json::by_serde!(TableSpec);

impl TableSpec {
    /// What usually serves for these columns, those of the names in `without` left out: numbers and
    /// dates are scaled to a mean of 0 and a standard deviation of 1, categories become one-hot, and of
    /// texts the 500 most frequent words are counted that occur five times.
    pub fn for_fields(fields: &[Field], without: &[&str]) -> Self {
        let used = fields.iter().filter(|field| !without.contains(&&*field.name));
        let column = |field: &Field| {
            let name = field.name.clone();
            match field.kind {
                ColumnKind::Number => TableColumn::Number(NumberColumn {
                    name,
                    decimal_comma: field.decimal_comma,
                    ..NumberColumn::default()
                }),
                ColumnKind::Boolean => {
                    TableColumn::Boolean(BooleanColumn { name, ..BooleanColumn::default() })
                }
                ColumnKind::Date => TableColumn::Date(DateColumn {
                    name,
                    day_first: field.day_first,
                    ..DateColumn::default()
                }),
                ColumnKind::Category => {
                    TableColumn::Category(CategoryColumn { name, ..CategoryColumn::default() })
                }
                ColumnKind::Text => {
                    let text = super::TextSpec {
                        output: TextOutput::Counts,
                        max_tokens: FIRST_TOKEN + TEXT_WORDS,
                        min_count: TEXT_MIN_COUNT,
                        ..super::TextSpec::default()
                    };
                    TableColumn::Text(TextColumn { name, text })
                }
            }
        };
        Self { columns: used.map(column).collect(), target: None }
    }

    /// The columns that a table must have, and how their cells are read.
    pub fn fields(&self) -> Vec<Field> {
        self.columns.iter().map(TableColumn::field).collect()
    }

    /// Refuses what is impossible whatever the table is.
    ///
    /// # Errors
    /// `Argument`, with the column, the attribute, its value and what is allowed; `TooLarge` for more
    /// columns than a table may have.
    pub fn validate(&self) -> Result<()> {
        if self.columns.is_empty() {
            return Err(err!(Argument, "table: found no columns, expected at least 1"));
        }
        if self.columns.len() > MOST_COLUMNS {
            let found = self.columns.len();
            return Err(err!(
                TooLarge,
                "table: found {found} columns, expected at most {MOST_COLUMNS}"
            ));
        }
        let mut names = BTreeSet::new();
        for column in &self.columns {
            let name = column.name();
            if !names.insert(name) {
                return Err(err!(Argument, "column \"{name}\": found twice, expected once"));
            }
            column.validate()?;
        }
        if let Some(target) = self.target.as_deref().filter(|target| names.contains(target)) {
            return Err(err!(
                Argument,
                "column \"{target}\": found as an input and as what is answered, expected one of them"
            ));
        }
        Ok(())
    }
}
