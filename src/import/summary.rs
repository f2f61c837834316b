//! What a table's columns and rows came to.

use serde::Serialize;

use super::options::Task;
use crate::data::table::{ColumnKind, LeftOut};

/// What a table's columns and rows came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct TableSummary {
    /// The column that is to be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What its values are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// All columns, in the order of the first file.
    pub columns: Vec<TableColumnSummary>,
    /// What each number of a sample is, where that can be named.
    pub features: Vec<String>,
    /// Rows that could be read, in all files.
    pub rows: u64,
    /// Rows that could not, with the first of them.
    pub left_out_rows: u64,
    /// The first 100 rows that could not be read.
    pub left_out: Vec<UnreadRow>,
    /// Rows that were read and are no samples: without a value to be answered, or with a number that is
    /// too large.
    pub unusable_rows: u64,
    /// Texts that were not UTF-8 and were read as Windows-1252.
    pub recoded: u64,
    /// Values under names that are no columns.
    pub unnamed: u64,
    /// Columns that a table can't hold, with the reason.
    pub unread: Vec<String>,
}

/// What became of a column.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct TableColumnSummary {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// What it is used for.
    #[serde(rename = "use")]
    pub used: ColumnUse,
    /// Why it is ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Missing values, those that do not fit among them.
    pub missing: u64,
    /// Values that are none of the column's kind and were made missing.
    pub unfit: u64,
    /// The first of those.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_unfit: Option<LeftOut>,
}

/// What a column is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum ColumnUse {
    /// It is part of the samples.
    Input,
    /// It is what is to be answered.
    Target,
    /// Nothing.
    Ignored,
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct UnreadRow {
    /// The path of its file.
    pub file: String,
    /// The line at which it begins, the first being 1.
    pub line: u64,
    /// What was found and what was expected.
    pub message: String,
}
