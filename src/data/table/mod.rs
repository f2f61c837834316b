//! Tables: rows of named columns, in batches, so that memory does not grow with the table.
//!
//! Readers of files (`formats::csv` and others) hand over cells as the file has them ([`Cell`]).
//! An [`Inference`] tells from a sample what each column holds ([`Field`]); a [`Typing`] makes
//! batches of typed columns ([`Batch`]) of the cells of all rows, and counts what does not fit.

mod cells;
pub mod date;
mod infer;
mod kind;
#[cfg(test)]
mod tests;
mod typing;

pub use cells::{Batch, Cells, Texts};
pub use infer::Inference;
pub use kind::{Cell, ColumnKind, Field};
pub use typing::{ColumnReport, LeftOut, Missing, TableReport, Typing};

pub(crate) use kind::{boolean, number};

/// The most columns that a table may have: as many as spreadsheets do.
pub const MOST_COLUMNS: usize = 1 << 14;
