//! Batches of a table as samples.

use super::super::rows::{Block, BlockTargets};
use super::super::summary::{ColumnUse, UnreadRow};
use super::{Encoder, Table, TableRows};
use crate::data::report::{Cell, Observed};
use crate::data::table::{Batch, Cells, Texts};
use crate::data::{Part, Values};
use crate::{Result, err};

/// Rows that could not be read and are listed.
const LISTED: usize = 100;
/// Columns of a table whose texts are kept; where there are more, none are.
const MOST_TEXT_COLUMNS: usize = 256;

impl TableRows {
    /// The samples of a batch.
    pub(super) fn encode(
        &mut self,
        batch: &Batch,
        part: Option<Part>,
        path: &str,
    ) -> Result<Block> {
        let Some(encoder) = &self.encoder else {
            return Err(err!(Format, "table: nothing was learnt of it"));
        };
        let mut classes = None;
        let mut answers = None;
        match &self.target {
            Some(target) if target.has_classes() => classes = Some(target.classes(batch)?),
            Some(target) => answers = Some(target.numbers(batch)?),
            None => {}
        }
        let mut values = Vec::new();
        let mut kept = vec![true; batch.rows()];
        let (texts, width) = match encoder {
            Encoder::Columns(encoder) => {
                let mut inputs = vec![Vec::new()];
                encoder.encode(batch, &mut inputs)?;
                values = inputs.pop().unwrap_or_default();
                let width = values.len() / batch.rows().max(1);
                for (row, numbers) in values.chunks_exact(width.max(1)).enumerate() {
                    kept[row] = numbers.iter().all(|number| number.is_finite());
                }
                (None, width)
            }
            Encoder::Text { column, .. } => {
                let texts = texts_of(batch, column)?;
                texts.iter().enumerate().for_each(|(row, text)| kept[row] = !text.is_empty());
                (Some(texts), 0)
            }
        };
        for (row, kept) in kept.iter_mut().enumerate() {
            *kept &= classes.as_ref().is_none_or(|classes| classes[row].is_some());
            *kept &= answers.as_ref().is_none_or(|answers| answers[row].is_some());
        }
        let names = self.summary.columns.iter().filter(|column| column.used == ColumnUse::Input);
        let columns = names.map(|column| batch.column(&column.name).map(|(_, cells)| cells));
        let columns: Vec<&Cells> = columns.collect::<Result<_>>()?;
        let grouping = self.groups.column().map(|name| batch.column(name)).transpose()?;
        let written = written_of(batch, encoder)?;
        let mut kept_texts = vec![Texts::default(); written.len()];
        let mut cells = Vec::with_capacity(columns.len());
        let all = kept.iter().all(|&kept| kept);
        let mut samples = Vec::new();
        for row in (0..batch.rows()).filter(|&row| kept[row]) {
            let class = classes.as_ref().and_then(|classes| classes[row]);
            let class = class.map(|class| self.numbers[class as usize]);
            let group = match grouping {
                Some((_, cells)) => Some(self.groups.of_cell(cell(cells, row))),
                None => self.groups.of_path(path)?,
            };
            let observed = Observed { class, part, group };
            kept_texts.iter_mut().zip(&written).for_each(|(kept, texts)| kept.push(texts.get(row)));
            match (encoder, texts) {
                (Encoder::Text { encoder, shape, .. }, Some(texts)) => {
                    let text = texts.get(row);
                    samples.append(&mut encoder.prepare(text, shape)?);
                    self.collector.text(observed, text)?;
                }
                _ => {
                    if !all {
                        samples.extend_from_slice(&values[row * width..(row + 1) * width]);
                    }
                    cells.clear();
                    cells.extend(columns.iter().map(|cells| cell(cells, row)));
                    self.collector.row(observed, &cells)?;
                }
            }
        }
        let unusable = kept.iter().filter(|&&kept| !kept).count();
        self.summary.unusable_rows += unusable as u64;
        let values = if texts.is_none() && all { values } else { samples };
        let targets = match (classes, answers) {
            (Some(classes), _) => {
                let rows = classes.into_iter().zip(&kept).filter(|(_, kept)| **kept);
                let numbers = &self.numbers;
                BlockTargets::Classes(
                    rows.filter_map(|(class, _)| Some(numbers[class? as usize])).collect(),
                )
            }
            (None, Some(answers)) => {
                let rows = answers.into_iter().zip(&kept).filter(|(_, kept)| **kept);
                BlockTargets::Numbers(rows.filter_map(|(answer, _)| answer).collect())
            }
            (None, None) => BlockTargets::Nothing,
        };
        Ok(Block { values: Values::F32(values), targets, texts: kept_texts, part })
    }

    /// Adds what happened to a table that was read to its end.
    pub(super) fn summarize(&mut self, Table { path, reader, .. }: &Table) {
        let (summary, report) = (&mut self.summary, reader.report());
        summary.rows += report.rows;
        summary.left_out_rows += report.left_out_rows;
        let room = LISTED - summary.left_out.len().min(LISTED);
        let rows = report.left_out.iter().take(room).map(|row| UnreadRow {
            file: path.clone(),
            line: row.line,
            message: row.message.clone(),
        });
        summary.left_out.extend(rows);
        summary.recoded += report.recoded;
        summary.unnamed += report.unnamed;
        summary.unread.extend_from_slice(&report.unread);
        for column in &report.columns {
            let known = summary.columns.iter_mut().find(|known| known.name == column.name);
            let Some(known) = known else { continue };
            known.missing += column.missing;
            known.unfit += column.unfit;
            known.first_unfit = known.first_unfit.take().or_else(|| column.first_unfit.clone());
        }
    }
}

/// The columns whose texts are kept beside what they become.
fn written_of<'a>(batch: &'a Batch, encoder: &Encoder) -> Result<Vec<&'a Texts>> {
    match encoder {
        Encoder::Text { column, .. } => Ok(vec![texts_of(batch, column)?]),
        Encoder::Columns(encoder) if encoder.text_names().count() > MOST_TEXT_COLUMNS => {
            Ok(Vec::new())
        }
        Encoder::Columns(encoder) => {
            encoder.text_names().map(|column| texts_of(batch, column)).collect()
        }
    }
}

pub(in crate::import) fn texts_of<'a>(batch: &'a Batch, column: &str) -> Result<&'a Texts> {
    batch.column(column)?.1.texts().ok_or_else(|| {
        err!(Data, "column \"{column}\": found no texts, expected them as the input")
    })
}

fn cell(cells: &Cells, row: usize) -> Cell<'_> {
    match cells {
        _ if cells.is_missing(row) => Cell::Missing,
        Cells::Numbers(numbers) => numbers.get(row).map_or(Cell::Missing, |&n| Cell::Number(n)),
        Cells::Texts(texts) => Cell::Text(texts.get(row)),
    }
}
