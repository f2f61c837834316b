//! Files that hold many samples, one file after the other, on their way into the records.

use std::collections::VecDeque;

use super::arrange::part_of;
use super::output::Output;
use super::rows::{Block, BlockTargets, Rows, RowsReport};
use crate::data::table::Texts;
use crate::data::{Part, Preprocessing, Values};
use crate::formats::records::{self, Finish, Labels, Sink};
use crate::{Error, Result, err};

/// Bytes of samples that are read before others have their turn.
const AT_ONCE: usize = 1 << 20;

/// Rows of several files.
pub(super) struct Stream {
    files: VecDeque<(Box<dyn Rows>, Option<Part>)>,
    shape: Vec<usize>,
    class_names: Vec<String>,
    labels: Labels,
    parts: Vec<records::Part>,
    done: u64,
    total: u64,
    /// What the rows reported that were read.
    report: Option<RowsReport>,
    refused: Vec<(u32, Error)>,
}

impl Stream {
    /// All rows of these files, which must be of one shape and kind.
    pub(super) fn new(
        files: Vec<(Box<dyn Rows>, Option<Part>)>,
        class_names: Option<Vec<String>>,
    ) -> Result<Self> {
        let Some((first, _)) = files.first() else {
            return Err(err!(Format, "import: found no arrays"));
        };
        let (shape, kind) = (first.shape(), first.kind());
        for (rows, _) in &files {
            if rows.shape() != shape || rows.kind() != kind {
                return Err(err!(
                    Shape,
                    "arrays: found {} of shape {:?} beside {kind} of shape {shape:?}; import them \
                     one by one",
                    rows.kind(),
                    rows.shape()
                ));
            }
        }
        let class_names = class_names.unwrap_or_else(|| first.class_names());
        let total = files.iter().filter_map(|(rows, _)| rows.samples()).sum();
        Ok(Self {
            files: files.into(),
            shape,
            class_names,
            labels: Labels::Nothing,
            parts: Vec::new(),
            done: 0,
            total,
            report: None,
            refused: Vec::new(),
        })
    }

    /// Begins the file of records. The steps are those that the rows learnt, or else these.
    pub(super) fn begin<S: Sink>(
        &self,
        steps: &Preprocessing,
        output: &mut Output<S>,
    ) -> Result<()> {
        let first = self.files.front().map(|(rows, _)| rows);
        let kind = first.map_or(crate::data::Kind::U8, |rows| rows.kind());
        let learnt = first.and_then(|rows| rows.preprocessing());
        output.begin_rows(self.shape.clone(), kind, learnt.unwrap_or_else(|| steps.clone()))
    }

    /// Writes some; true if those were the last.
    pub(super) fn advance<S: Sink>(&mut self, output: &mut Output<S>) -> Result<bool> {
        let width = self.shape.iter().product::<usize>().max(1);
        let Some((rows, part)) = self.files.front_mut() else { return Ok(true) };
        let block = rows.next((AT_ONCE / width).max(1))?;
        self.refused.append(&mut rows.refused());
        let Some(Block { values, targets, texts, part: own }) = block else {
            self.report = rows.report().or(self.report.take());
            self.files.pop_front();
            return Ok(self.files.is_empty());
        };
        let samples = values.len() / width;
        if samples == 0 {
            return Ok(false);
        }
        let target_shape = rows.target_shape();
        let part = part_of(own.or(*part));
        match &values {
            Values::U8(values) => {
                for (row, sample) in values.chunks_exact(width).enumerate() {
                    output.row(sample, &texts_of(&texts, row))?;
                }
            }
            Values::F32(values) => {
                let mut bytes = Vec::with_capacity(4 * width);
                for (row, sample) in values.chunks_exact(width).enumerate() {
                    bytes.clear();
                    bytes.extend(sample.iter().flat_map(|value| value.to_le_bytes()));
                    output.row(&bytes, &texts_of(&texts, row))?;
                }
            }
        }
        self.add_targets(targets, target_shape)?;
        self.parts.extend(std::iter::repeat_n(part, samples));
        self.done += samples as u64;
        Ok(false)
    }

    fn add_targets(&mut self, targets: BlockTargets, shape: Vec<usize>) -> Result<()> {
        let first = self.done == 0;
        match (&mut self.labels, targets) {
            (Labels::Nothing, BlockTargets::Nothing) => {}
            (Labels::Classes(all), BlockTargets::Classes(classes)) => all.extend(classes),
            (Labels::Nothing, BlockTargets::Classes(classes)) if first => {
                self.labels = Labels::Classes(classes);
            }
            (Labels::Numbers { shape: known, values }, BlockTargets::Numbers(numbers))
                if *known == shape =>
            {
                values.extend(numbers);
            }
            (Labels::Nothing, BlockTargets::Numbers(values)) if first => {
                self.labels = Labels::Numbers { shape, values };
            }
            _ => return Err(err!(Data, "arrays: found targets of several kinds or shapes")),
        }
        Ok(())
    }

    /// How many samples of how many lie behind; or bytes, which is said first.
    pub(super) fn progress(&self) -> (bool, (u64, u64)) {
        let bytes = self.files.front().and_then(|(rows, _)| rows.progress());
        (bytes.is_some(), bytes.unwrap_or((self.done, self.total.max(self.done))))
    }

    /// Files that turned out to be bad since this was asked last.
    pub(super) fn take_refused(&mut self) -> Vec<(u32, Error)> {
        std::mem::take(&mut self.refused)
    }

    /// What was seen of the samples, after the last.
    pub(super) fn take_report(&mut self) -> Option<RowsReport> {
        self.report.take()
    }

    /// What the samples are of. Classes without names are named by their numbers.
    pub(super) fn finish(self) -> Finish {
        let mut class_names = self.class_names;
        if let (Labels::Classes(classes), true) = (&self.labels, class_names.is_empty()) {
            let highest = classes.iter().max().copied().unwrap_or(0).min(65_535);
            class_names = (0..=highest).map(|class| class.to_string()).collect();
        }
        let divided = self.parts.iter().any(|part| *part != records::Part::All);
        let parts = if divided { self.parts } else { Vec::new() };
        let report = serde_json::Value::Null;
        Finish { labels: self.labels, class_names, parts, boxes: None, report }
    }
}

/// What the sample of this row was made of.
fn texts_of(columns: &[Texts], row: usize) -> Vec<&str> {
    columns.iter().map(|texts| texts.get(row)).collect()
}
