//! Rows of a table as a network's numbers: what happens to each column, with what was computed from
//! the training part.
//!
//! All columns but texts make one input, `[features]`, in the order of the columns; each text column is
//! an input of its own, a sequence of ids.

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

pub use columns::{
    BooleanColumn, CategoryColumn, CategoryEncoding, CategoryImpute, DateColumn, DatePart,
    FittedDate, NumberColumn, TableColumn, TextColumn, Unknown,
};
pub use encode::TableEncoder;
pub use fit::TableFit;
pub use numeric::{Affine64, Fitted, Impute, Scaling};
pub(super) use stats::Counts;
pub use target::{TargetEncoder, TargetFit};

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::data::table::{ColumnKind, Field, MOST_COLUMNS};
use crate::{Result, err};

/// The most categories that a column may have.
const MOST_CATEGORIES: u32 = 1 << 16;

/// The most numbers that a row may become.
const MOST_FEATURES: usize = 1 << 20;

/// Ids of a text column, where nothing else is said.
const TEXT_LENGTH: u32 = 64;

/// What turns rows into a network's numbers. What has to be computed is computed from the rows of the
/// training part (see [`TableFit`]) and stored here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TableSpec {
    /// The columns that are used; a table may have others.
    pub columns: Vec<TableColumn>,
}

crate::json::by_serde!(TableSpec);

impl TableSpec {
    /// What usually serves for these columns, those of the names in `without` left out: numbers and
    /// dates are scaled to a mean of 0 and a standard deviation of 1, categories become one-hot.
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
                    let text = super::TextSpec { length: Some(TEXT_LENGTH), ..Default::default() };
                    TableColumn::Text(TextColumn { name, text })
                }
            }
        };
        Self { columns: used.map(column).collect() }
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
        Ok(())
    }
}
