//! What is in a dataset and what is wrong with it: a report that is collected in one pass over the
//! samples, and what it suggests to do.
//!
//! [`Collector`] looks at each sample once and keeps some 80 bytes of it: a hash of its content, a
//! fingerprint that is alike for samples that look, sound or read alike, its class and its part.
//! Samples are named by their number in the order in which they were given.

mod boxes;
mod collector;
mod columns;
mod fingerprint;
mod hashes;
mod impression;
mod near;
mod outliers;
mod sampled;
mod suggest;
#[cfg(test)]
mod tests;

pub use boxes::{BoxCollector, BoxCount, BoxPlace, BoxReport, SameBox};
pub use collector::{Collector, Observed};
pub use columns::Cell;
pub use impression::Impression;

use serde::{Deserialize, Serialize};

use super::Part;
use super::cleaning::Fix;

/// What is in a dataset and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct DataReport {
    /// Samples that were read.
    pub samples: u32,
    /// Samples that were compared with each other; fewer than all where there are more than
    /// [`Collector::MOST_COMPARED`].
    pub compared: u32,
    /// The classes with their numbers of samples, by their number.
    pub classes: Vec<ClassCount>,
    /// Sizes of images (`[height, width, channels]`) or formats of sound (`[channels, rate]`) with
    /// their numbers of samples, the most frequent first.
    pub sizes: Vec<SizeCount>,
    /// Sizes that are not among `sizes`, which are at most 1000.
    pub other_sizes: u32,
    /// How long sound (in seconds) or texts (in characters) are.
    pub length: Option<Extent>,
    /// Files that could not be read, the first 10,000 of them.
    pub unreadable: Vec<UnreadableFile>,
    /// How many files could not be read.
    pub unreadable_count: u32,
    /// Samples without any content: silent or empty sound, texts without a character, images of one
    /// colour.
    pub empty: Vec<u32>,
    /// Samples with exactly the content of an earlier one.
    pub duplicates: Vec<Alike>,
    /// Samples that look, sound or read nearly like an earlier one.
    pub near_duplicates: Vec<Alike>,
    /// Of the samples with the same content, those whose classes differ.
    pub conflicts: Vec<Alike>,
    /// Samples that are far from the others.
    pub outliers: Vec<Outlier>,
    /// Samples of the validation or test part that are, or belong to, what another part has.
    pub leaks: Vec<Leak>,
    /// Which samples belong together, where someone asked for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<SampleGroups>,
    /// How unlike the numbers of samples of the classes are, if they are.
    pub imbalance: Option<Imbalance>,
    /// The columns of a table.
    pub columns: Vec<ColumnSummary>,
    /// What is to be seen in pictures, where annotations say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boxes: Option<BoxReport>,
    /// What the report suggests to do; see [`DataReport::kept`].
    pub fixes: Vec<Fix>,
}

/// The samples of a class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ClassCount {
    /// Its name.
    pub name: String,
    /// All of its samples.
    pub samples: u32,
    /// Of these, those of the training, validation and test part.
    pub parts: [u32; 3],
}

/// The samples of a size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct SizeCount {
    /// `[height, width, channels]`, or `[channels, rate]`.
    pub size: Vec<u32>,
    /// How many samples have it.
    pub samples: u32,
}

/// Which samples belong together, such as those of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct SampleGroups {
    /// How many groups there are.
    pub groups: u32,
    /// The group of each sample.
    pub of: Vec<u32>,
}

impl SampleGroups {
    /// The groups of these samples, if each has one.
    fn of(groups: impl Iterator<Item = Option<u32>>) -> Option<Self> {
        let of: Vec<u32> = groups.collect::<Option<_>>()?;
        let different: std::collections::BTreeSet<u32> = of.iter().copied().collect();
        (!of.is_empty()).then_some(Self { groups: different.len() as u32, of })
    }
}

/// The least and the most of something, and its mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Extent {
    /// The least.
    pub min: f64,
    /// The mean.
    pub mean: f64,
    /// The most.
    pub max: f64,
}

/// A file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct UnreadableFile {
    /// Its path.
    pub name: String,
    /// What kind of error it is; see [`ErrorKind::code`](crate::ErrorKind::code).
    pub code: String,
    /// The reason.
    pub message: String,
}

/// Two samples that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Alike {
    /// The later one.
    pub sample: u32,
    /// The earlier one.
    pub like: u32,
}

/// A sample that is far from the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Outlier {
    /// Its number.
    pub sample: u32,
    /// In what: `brightness` or `contrast` (of 0..255), `level` (decibels below full scale),
    /// `length` (octaves of frames or characters), or the name of a column.
    pub what: String,
    /// Its own value.
    pub value: f64,
    /// How far that is from the median, in standard deviations as the median absolute deviation
    /// estimates them; in a column, in interquartile ranges beyond the quartile.
    pub distance: f64,
}

/// A sample that is, or belongs to, what another part has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Leak {
    /// The sample of the later part, of training, validation and test.
    pub sample: u32,
    /// The sample of the other part.
    pub like: u32,
    /// Why they belong together.
    pub kind: LeakKind,
}

/// Why samples of two parts belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum LeakKind {
    /// They have the same content.
    Exact,
    /// They are nearly the same.
    Near,
    /// They are of one group.
    Group,
}

/// How unlike the numbers of samples of the classes are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Imbalance {
    /// The number of the class that has the most samples.
    pub largest: u32,
    /// The number of the class that has the fewest.
    pub smallest: u32,
    /// How many times more samples the largest has; of a class without any, the largest's number.
    pub ratio: f64,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ColumnSummary {
    /// Its name.
    pub name: String,
    /// Rows without a value.
    pub missing: u32,
    /// Rows with a number.
    pub numbers: u32,
    /// Rows with a text.
    pub texts: u32,
    /// Different values, up to 10,000; `None` for more.
    pub distinct: Option<u32>,
    /// Whether all rows that have a value have the same one.
    pub constant: bool,
    /// Statistics of the numbers, if there are any.
    pub statistics: Option<Statistics>,
    /// Rows further from the quartiles than three interquartile ranges, at least; the furthest of
    /// them are among the outliers.
    pub outliers: u32,
}

/// Statistics of the numbers of a column.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub std: f64,
    /// The least.
    pub min: f64,
    /// The lower quartile, the median and the upper quartile; of a random part of the rows where
    /// there are more than 4096.
    pub quartiles: [f64; 3],
    /// The most.
    pub max: f64,
}

impl DataReport {
    /// The same of a dataset that has only these samples, ascending, of those that were looked at.
    /// What is said of several classes together stays as it is.
    #[must_use]
    pub fn of_kept(mut self, kept: &[u32]) -> Self {
        let number = |sample: u32| kept.binary_search(&sample).ok().map(|at| at as u32);
        let pair = |pair: &mut Alike| {
            let found = number(pair.sample).zip(number(pair.like));
            found.is_some_and(|(sample, like)| {
                *pair = Alike { sample, like };
                true
            })
        };
        for pairs in [&mut self.duplicates, &mut self.near_duplicates, &mut self.conflicts] {
            pairs.retain_mut(pair);
        }
        let one = |sample: &mut u32| number(*sample).map(|at| *sample = at).is_some();
        self.empty.retain_mut(one);
        self.outliers.retain_mut(|outlier| one(&mut outlier.sample));
        self.leaks.retain_mut(|leak| one(&mut leak.sample) && one(&mut leak.like));
        if let Some(boxes) = &mut self.boxes {
            boxes.renumber(number);
        }
        self.groups = self.groups.and_then(|SampleGroups { of, .. }| {
            SampleGroups::of(kept.iter().map(|&sample| of.get(sample as usize).copied()))
        });
        self.samples = kept.len() as u32;
        self
    }

    /// The samples that stay when these fixes are made, ascending. Fixes of columns and of weights
    /// concern none.
    #[must_use]
    pub fn kept(&self, fixes: &[Fix]) -> Vec<u32> {
        let mut gone = vec![false; self.samples as usize];
        for fix in fixes {
            for sample in self.concerned(fix) {
                if let Some(gone) = gone.get_mut(sample as usize) {
                    *gone = true;
                }
            }
        }
        (0..).zip(gone).filter(|(_, gone)| !gone).map(|(sample, _)| sample).collect()
    }

    /// Leaks between parts of another division than that which the dataset came with: `parts` has
    /// the part of each sample.
    #[must_use]
    pub fn leaks_between(&self, parts: &[Option<Part>]) -> Vec<Leak> {
        let part = |sample: u32| parts.get(sample as usize).copied().flatten();
        let kinds = [(&self.duplicates, LeakKind::Exact), (&self.near_duplicates, LeakKind::Near)];
        let mut leaks = Vec::new();
        for (pairs, kind) in kinds {
            for &Alike { sample, like } in pairs {
                let (Some(one), Some(other)) = (part(sample), part(like)) else { continue };
                match one.cmp(&other) {
                    std::cmp::Ordering::Greater => leaks.push(Leak { sample, like, kind }),
                    std::cmp::Ordering::Less => {
                        leaks.push(Leak { sample: like, like: sample, kind });
                    }
                    std::cmp::Ordering::Equal => {}
                }
            }
        }
        leaks
    }
}
