//! One pass over samples.

use std::collections::BTreeMap;

use super::columns::{Cell, Column, columns};
use super::fingerprint::{Fingerprint, Relief};
use super::impression::{Impression, Medium};
use super::outliers::Fences;
use super::{
    Alike, ClassCount, DataReport, Extent, Imbalance, Leak, LeakKind, Outlier, SampleGroups,
    SizeCount, UnreadableFile, near, suggest,
};
use crate::data::Image;
use crate::data::Part;
use crate::{Error, Result, err};

/// Different sizes that are counted.
const MOST_SIZES: usize = 1000;
/// Files that could not be read that are listed.
const MOST_UNREADABLE: usize = 10_000;
/// A class with so many times more samples than another is worth a word.
const UNBALANCED: f64 = 2.0;

/// What is known of a sample besides its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// The number of its class.
    pub class: Option<u32>,
    /// The part that it belongs to.
    pub part: Option<Part>,
    /// What it belongs to, such as the person who was recorded: any number.
    pub group: Option<u32>,
}

/// Collects a report in one pass over the samples.
#[derive(Debug, Default)]
pub struct Collector {
    class_names: Vec<String>,
    samples: u32,
    counts: Vec<[u32; 4]>,
    medium: Option<Medium>,
    sizes: BTreeMap<Vec<u32>, u32>,
    other_sizes: u32,
    length: Option<Extent>,
    unreadable: Vec<UnreadableFile>,
    unreadable_count: u32,
    empty: Vec<u32>,
    // One of each for every sample that is compared.
    contents: Vec<u64>,
    likenesses: Vec<u128>,
    /// Of images only.
    reliefs: Vec<Relief>,
    traits: Vec<[u8; 2]>,
    observed: Vec<Observed>,
    columns: Vec<Column>,
    /// The cells of the row that is looked at.
    row: Vec<u8>,
}

impl Collector {
    /// Samples that are compared with each other; of more, the rest is only counted.
    pub const MOST_COMPARED: u32 = 4 << 20;

    /// A report of samples of these classes.
    #[must_use]
    pub fn new(class_names: Vec<String>) -> Self {
        let counts = vec![[0; 4]; class_names.len()];
        Self { class_names, counts, ..Self::default() }
    }

    /// A report of the rows of a table of these columns.
    #[must_use]
    pub fn of_table(class_names: Vec<String>, column_names: &[String]) -> Self {
        Self { columns: columns(column_names), ..Self::new(class_names) }
    }

    /// How many samples there have been.
    #[must_use]
    pub fn samples(&self) -> u32 {
        self.samples
    }

    /// Takes an image.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn image(&mut self, observed: Observed, image: &Image) -> Result<()> {
        self.take(observed, &Impression::of_image(image))
    }

    /// Takes sound: samples of -1..1, frame after frame.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn audio(
        &mut self,
        observed: Observed,
        channels: usize,
        rate: u32,
        samples: &[f32],
    ) -> Result<()> {
        self.take(observed, &Impression::of_audio(channels, rate, samples))
    }

    /// Takes a text.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn text(&mut self, observed: Observed, text: &str) -> Result<()> {
        self.take(observed, &Impression::of_text(text))
    }

    /// Takes what was seen of a sample.
    ///
    /// # Errors
    /// `Argument` for a class without a name, and samples of another kind than those before;
    /// `TooLarge` for more samples than can be numbered.
    pub fn take(&mut self, observed: Observed, seen: &Impression) -> Result<()> {
        self.expect(seen.medium, observed)?;
        if !seen.size.is_empty() {
            self.size(&seen.size);
        }
        if let Some(length) = seen.length {
            self.lengthen(length);
        }
        self.add(observed, seen.fingerprint)
    }

    /// Takes a row of a table, of a cell for each column.
    ///
    /// # Errors
    /// As [`take`](Self::take), and `Shape` for another number of cells than columns.
    pub fn row(&mut self, observed: Observed, cells: &[Cell]) -> Result<()> {
        if cells.len() != self.columns.len() {
            return Err(err!(
                Shape,
                "report: found a row of {} cells, expected {}",
                cells.len(),
                self.columns.len()
            ));
        }
        self.check_class(observed)?;
        let row = self.samples;
        self.row.clear();
        for (column, &cell) in self.columns.iter_mut().zip(cells) {
            column.observe(row, cell);
            // A mark before each, so that no two rows are written alike.
            match cell {
                Cell::Missing => self.row.push(0),
                Cell::Number(number) => {
                    self.row.push(1);
                    self.row.extend(number.to_le_bytes());
                }
                Cell::Text(text) => {
                    self.row.push(2);
                    self.row.extend((text.len() as u64).to_le_bytes());
                    self.row.extend(text.as_bytes());
                }
            }
        }
        let content = xxhash_rust::xxh3::xxh3_64(&self.row);
        self.add(observed, Fingerprint::of_content(content))
    }

    /// Says the classes and parts of all samples so far anew, for whoever learns them after the last.
    ///
    /// # Errors
    /// `Argument` unless there is one for each sample, and for a class without a name.
    pub fn describe(&mut self, class_names: Vec<String>, observed: &[Observed]) -> Result<()> {
        if observed.len() != self.samples as usize {
            let (found, expected) = (observed.len(), self.samples);
            return Err(err!(Argument, "report: found {found} descriptions of {expected} samples"));
        }
        self.counts = vec![[0; 4]; class_names.len()];
        self.class_names = class_names;
        for &observed in observed {
            self.check_class(observed)?;
            self.count(observed);
        }
        self.observed = observed[..self.contents.len()].to_vec();
        Ok(())
    }

    /// Takes note of a file that could not be read.
    pub fn unreadable(&mut self, name: &str, error: &Error) {
        self.unreadable_count = self.unreadable_count.saturating_add(1);
        if self.unreadable.len() < MOST_UNREADABLE {
            self.unreadable.push(UnreadableFile {
                name: name.into(),
                code: error.kind().code().into(),
                message: error.message().into(),
            });
        }
    }

    /// The report.
    #[must_use]
    pub fn finish(self) -> DataReport {
        let duplicates = near::duplicates(&self.contents);
        let near_duplicates = near::near_duplicates(&self.likenesses, &self.reliefs, &duplicates);
        let class = |sample: u32| self.observed[sample as usize].class;
        let differs = |alike: &&Alike| class(alike.sample) != class(alike.like);
        let conflicts = duplicates.iter().filter(differs).copied().collect();
        let mut outliers = self.outliers();
        let classes = self.classes();
        let counts: Vec<u32> = classes.iter().map(|class| class.samples).collect();
        let groups = self.group_leaks();
        let all = self.observed.len() == self.samples as usize;
        let together = SampleGroups::of(self.observed.iter().map(|found| found.group));
        let parts: Vec<Option<Part>> = self.observed.iter().map(|found| found.part).collect();
        let mut sizes: Vec<SizeCount> =
            self.sizes.into_iter().map(|(size, samples)| SizeCount { size, samples }).collect();
        sizes.sort_by_key(|size| std::cmp::Reverse(size.samples));
        let mut columns = Vec::with_capacity(self.columns.len());
        for column in self.columns {
            let (report, mut far) = column.finish();
            columns.push(report);
            outliers.append(&mut far);
        }
        let mut report = DataReport {
            samples: self.samples,
            compared: self.contents.len() as u32,
            imbalance: Imbalance::of(&counts),
            classes,
            sizes,
            other_sizes: self.other_sizes,
            length: self.length,
            unreadable: self.unreadable,
            unreadable_count: self.unreadable_count,
            empty: self.empty,
            duplicates,
            near_duplicates,
            conflicts,
            outliers,
            groups: together.filter(|_| all),
            columns,
            ..DataReport::default()
        };
        report.leaks = report.leaks_between(&parts);
        report.leaks.extend(groups);
        // What leaks for several reasons leaks once, for the clearest.
        report.leaks.sort_unstable_by_key(|leak| (leak.sample, leak.kind, leak.like));
        report.leaks.dedup_by_key(|leak| leak.sample);
        report.fixes = suggest::fixes(&report);
        report
    }

    /// Refuses samples of another kind than those before.
    fn expect(&mut self, medium: Medium, observed: Observed) -> Result<()> {
        let before = *self.medium.get_or_insert(medium);
        if before != medium || !self.columns.is_empty() {
            return Err(err!(
                Argument,
                "report: found samples of another kind than before, expected one kind"
            ));
        }
        self.check_class(observed)
    }

    fn check_class(&self, observed: Observed) -> Result<()> {
        match observed.class {
            Some(class) if class as usize >= self.counts.len() => Err(err!(
                Argument,
                "report: found class {class}, expected one of {}",
                self.counts.len()
            )),
            _ => Ok(()),
        }
    }

    fn size(&mut self, size: &[u32]) {
        if let Some(count) = self.sizes.get_mut(size) {
            *count += 1;
        } else if self.sizes.len() < MOST_SIZES {
            self.sizes.insert(size.to_vec(), 1);
        } else {
            self.other_sizes += 1;
        }
    }

    /// Takes the length of the sample that is taken next.
    fn lengthen(&mut self, length: f64) {
        let samples = f64::from(self.samples);
        let Extent { min, mean, max } =
            self.length.unwrap_or(Extent { min: length, mean: length, max: length });
        let mean = mean + (length - mean) / (samples + 1.0);
        self.length = Some(Extent { min: min.min(length), mean, max: max.max(length) });
    }

    fn add(&mut self, observed: Observed, fingerprint: Fingerprint) -> Result<()> {
        let sample = self.samples;
        self.samples = sample.checked_add(1).ok_or_else(|| {
            err!(TooLarge, "report: found more samples than {}, expected fewer", u32::MAX)
        })?;
        self.count(observed);
        if fingerprint.empty && self.empty.len() < Self::MOST_COMPARED as usize {
            self.empty.push(sample);
        }
        if sample < Self::MOST_COMPARED {
            self.contents.push(fingerprint.content);
            self.observed.push(observed);
            if self.medium.is_some() {
                self.likenesses.push(fingerprint.likeness);
                self.traits.push(fingerprint.traits);
            }
            if self.medium == Some(Medium::Images) {
                self.reliefs.push(fingerprint.relief);
            }
        }
        Ok(())
    }

    /// Counts a sample whose class has been checked.
    fn count(&mut self, Observed { class, part, .. }: Observed) {
        let Some(class) = class else { return };
        let counts = &mut self.counts[class as usize];
        counts[0] += 1;
        if let Some(part) = part {
            counts[1 + part as usize] += 1;
        }
    }

    fn classes(&self) -> Vec<ClassCount> {
        let classes = self.class_names.iter().zip(&self.counts);
        classes
            .map(|(name, &[samples, parts @ ..])| ClassCount { name: name.clone(), samples, parts })
            .collect()
    }

    /// Samples whose traits are far from those of the others.
    fn outliers(&self) -> Vec<Outlier> {
        let Some(medium) = self.medium else { return Vec::new() };
        let mut outliers = Vec::new();
        for number in 0..2 {
            let (what, unit) = match (medium, number) {
                (Medium::Images, 0) => ("brightness", 1.0),
                (Medium::Images, _) => ("contrast", 1.0),
                (Medium::Audio, 0) => ("level", 1.0),
                (Medium::Audio, _) | (Medium::Texts, 0) => ("length", 0.125),
                (Medium::Texts | Medium::Values, _) => continue,
            };
            let mut counts = [0; 256];
            self.traits.iter().for_each(|traits| counts[usize::from(traits[number])] += 1);
            let Some(fences) = Fences::of(&counts) else { continue };
            for (sample, traits) in (0..).zip(&self.traits) {
                if let Some(distance) = fences.distance(traits[number]) {
                    let value = unit * f64::from(traits[number]);
                    outliers.push(Outlier { sample, what: what.into(), value, distance });
                }
            }
        }
        outliers
    }

    /// Samples of the validation and test part whose group is in an earlier part.
    fn group_leaks(&self) -> Vec<Leak> {
        let mut first: BTreeMap<u32, (Part, u32)> = BTreeMap::new();
        let all = || (0..).zip(&self.observed);
        let divided = || {
            all().filter_map(|(sample, found): (u32, _)| Some((sample, found.group?, found.part?)))
        };
        for (sample, group, part) in divided() {
            let earliest = first.entry(group).or_insert((part, sample));
            *earliest = (part, sample).min(*earliest);
        }
        divided()
            .filter_map(|(sample, group, part)| {
                let &(earliest, like) = first.get(&group)?;
                (earliest < part).then_some(Leak { sample, like, kind: LeakKind::Group })
            })
            .collect()
    }
}

impl Imbalance {
    /// Of classes with so many samples or boxes each, if they are unlike enough to be worth a word.
    pub(super) fn of(counts: &[u32]) -> Option<Self> {
        // Of equals, the first.
        let largest = (0..counts.len()).rev().max_by_key(|&at| counts[at])?;
        let smallest = (0..counts.len()).min_by_key(|&at| counts[at])?;
        let ratio = f64::from(counts[largest]) / f64::from(counts[smallest].max(1));
        (ratio >= UNBALANCED).then_some(Self {
            largest: largest as u32,
            smallest: smallest as u32,
            ratio,
        })
    }
}
