//! Names of categories, computed and found.

use std::cmp::Reverse;

use super::columns::{CategoryColumn, CategoryImpute};
use super::stats::Counts;
use crate::{Result, err};

/// How many categories there are, that of rare names among them.
pub(super) fn count(column: &CategoryColumn) -> usize {
    column.categories.len() + usize::from(column.other)
}

/// The category of a name; `None` if it is none.
pub(super) fn find(column: &CategoryColumn, name: &str) -> Option<usize> {
    column.categories.binary_search_by(|category| category.as_str().cmp(name)).ok()
}

/// Computes the names of a column, as scikit-learn's encoders do after its `SimpleImputer`.
#[derive(Clone, Debug)]
pub(super) struct CategoryFit {
    column: CategoryColumn,
    counts: Counts<Box<str>>,
    missing: u64,
}

impl CategoryFit {
    pub fn new(column: CategoryColumn) -> Self {
        Self { column, counts: Counts::default(), missing: 0 }
    }

    /// As it was given.
    pub fn column(&self) -> &CategoryColumn {
        &self.column
    }

    /// The name of a row; empty if it is missing.
    pub fn add(&mut self, name: &str) {
        if name.is_empty() {
            self.missing += 1;
        } else {
            self.counts.add(name, |name| name.into());
        }
    }

    /// The column with its categories.
    ///
    /// # Errors
    /// `Data` where no row has a name.
    pub fn finish(self) -> Result<CategoryColumn> {
        let Self { mut column, mut counts, missing } = self;
        column.fill = match &column.impute {
            CategoryImpute::None => None,
            // Of as frequent ones the first.
            CategoryImpute::MostFrequent => {
                let most = counts.iter().max_by_key(|&(name, count)| (count, Reverse(name)));
                most.map(|(name, _)| name.to_string())
            }
            CategoryImpute::Constant { value } => Some(value.clone()),
        };
        if let Some(fill) = column.fill.clone().filter(|_| missing > 0) {
            counts.add_times(fill.into(), missing);
        }
        let counts = counts.into_map();
        if counts.is_empty() {
            return Err(err!(Data, "all values are missing, expected at least 1 that is not"));
        }
        let (least, all) = (u64::from(column.min_count), counts.len());
        let mut frequent: Vec<_> =
            counts.into_iter().filter(|(_, count)| *count >= least).collect();
        let most = column.max_categories as usize;
        column.other = frequent.len() < all || all > most;
        if frequent.len() + usize::from(column.other) > most {
            // Of as frequent ones the last stay: scikit-learn takes the first for rare.
            frequent.reverse();
            frequent.sort_by_key(|(_, count)| Reverse(*count));
            frequent.truncate(most - 1);
            frequent.sort();
        }
        column.categories = frequent.into_iter().map(|(name, _)| name.into()).collect();
        Ok(column)
    }
}
