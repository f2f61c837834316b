//! What a report suggests to do, and which samples that concerns.

use super::{Alike, ColumnSummary, DataReport};
use crate::data::cleaning::{ClassWeights, ColumnNames, Fix, SampleCount};

/// The share of rows without a value from which on a column is rather dropped than filled.
const MOSTLY_MISSING: f64 = 0.6;

/// The fixes of what is wrong, those that lose least first.
pub(super) fn fixes(report: &DataReport) -> Vec<Fix> {
    let none = || SampleCount { count: 0 };
    let of_samples = [
        Fix::DropConflicts(none()),
        Fix::DropDuplicates(none()),
        Fix::DropLeaks(none()),
        Fix::DropNearDuplicates(none()),
        Fix::DropOutliers(none()),
    ];
    let mut fixes: Vec<Fix> = of_samples
        .into_iter()
        .filter_map(|fix| {
            let count = report.concerned(&fix).len() as u32;
            (count > 0).then(|| counted(&fix, count))
        })
        .collect();
    let rows = f64::from(report.samples);
    let is_useless = |column: &ColumnSummary| {
        column.constant || f64::from(column.missing) >= MOSTLY_MISSING * rows
    };
    let names = |choose: &dyn Fn(&ColumnSummary) -> bool| ColumnNames {
        columns: report
            .columns
            .iter()
            .filter(|column| choose(column))
            .map(|column| column.name.clone())
            .collect(),
    };
    let useless = names(&is_useless);
    if !useless.columns.is_empty() {
        fixes.push(Fix::DropColumns(useless));
    }
    let incomplete = names(&|column| column.missing > 0 && !is_useless(column));
    if !incomplete.columns.is_empty() {
        fixes.push(Fix::Impute(incomplete));
    }
    if report.imbalance.is_some() {
        let counts: Vec<u32> = report.classes.iter().map(|class| class.samples).collect();
        fixes.push(Fix::ClassWeights(ClassWeights::balanced(&counts)));
    }
    fixes
}

/// The same fix of so many samples.
fn counted(fix: &Fix, count: u32) -> Fix {
    let samples = SampleCount { count };
    match fix {
        Fix::DropDuplicates(_) => Fix::DropDuplicates(samples),
        Fix::DropNearDuplicates(_) => Fix::DropNearDuplicates(samples),
        Fix::DropConflicts(_) => Fix::DropConflicts(samples),
        Fix::DropLeaks(_) => Fix::DropLeaks(samples),
        Fix::DropOutliers(_) => Fix::DropOutliers(samples),
        other => other.clone(),
    }
}

impl DataReport {
    /// The samples that go when a fix is made, ascending.
    #[must_use]
    pub fn concerned(&self, fix: &Fix) -> Vec<u32> {
        let later = |pairs: &[Alike]| pairs.iter().map(|alike| alike.sample).collect();
        let mut samples: Vec<u32> = match fix {
            Fix::DropDuplicates(_) => later(&self.duplicates),
            Fix::DropNearDuplicates(_) => later(&self.near_duplicates),
            // It is not known which of the classes is right.
            Fix::DropConflicts(_) => {
                let mut first: Vec<u32> = self.conflicts.iter().map(|alike| alike.like).collect();
                first.sort_unstable();
                let same =
                    self.duplicates.iter().filter(|alike| first.binary_search(&alike.like).is_ok());
                let mut all: Vec<u32> = same.map(|alike| alike.sample).collect();
                all.append(&mut first);
                all
            }
            Fix::DropLeaks(_) => self.leaks.iter().map(|leak| leak.sample).collect(),
            Fix::DropOutliers(_) => self.outliers.iter().map(|outlier| outlier.sample).collect(),
            Fix::DropColumns(_) | Fix::Impute(_) | Fix::ClassWeights(_) => Vec::new(),
        };
        samples.sort_unstable();
        samples.dedup();
        samples
    }
}
