//! Rows of tables as samples, in two passes: one that learns what the columns hold, and one that writes.

mod encode;
mod open;

use std::collections::VecDeque;
use std::mem::take;

pub(super) use encode::texts_of;
use open::Opened;

use super::Kept;
use super::columns::Plan;
use super::groups::Groups;
use super::options::{Options, Task};
use super::rows::{Block, BlockTargets, Rows, RowsReport};
use super::summary::{ColumnUse, TableSummary};
use super::texts::{TextLearner, shape_of, with_text};
use crate::data::preprocessing::table::{
    TableEncoder, TableFit, TableSpec, TargetEncoder, TargetFit,
};
use crate::data::preprocessing::text::TextEncoder;
use crate::data::report::Collector;
use crate::data::table::Batch;
use crate::data::{Kind, Part, Preprocessing, Values};
use crate::formats::source::Source;
use crate::formats::table::TableReader;
use crate::{Error, ErrorKind, Result, err};

/// Numbers of the rows that are encoded at a time.
const AT_ONCE: usize = 1 << 20;

/// A table that was not opened yet.
struct Unopened {
    file: u32,
    path: String,
    part: Option<Part>,
    kept: Kept,
}

/// A table that is read.
struct Table {
    file: u32,
    path: String,
    part: Option<Part>,
    reader: Box<dyn TableReader>,
    batch: Batch,
}

/// What is computed of the first pass.
enum Learner {
    Columns(TableFit),
    /// A specification that was computed before.
    Known(TableSpec),
    Text(TextLearner),
}

/// What turns a batch into samples.
enum Encoder {
    Columns(TableEncoder),
    Text { column: String, encoder: TextEncoder, shape: Vec<usize> },
}

/// The rows of all tables.
pub(super) struct TableRows {
    options: Options,
    unopened: VecDeque<Unopened>,
    /// The table that is learnt from.
    current: Option<Table>,
    /// Tables that were learnt from.
    ready: VecDeque<Table>,
    /// Whether some of them are the training part.
    trains: bool,
    plan: Plan,
    learner: Option<Learner>,
    target_fit: Option<TargetFit>,
    encoder: Option<Encoder>,
    target: Option<TargetEncoder>,
    /// The number of each of the target's classes.
    numbers: Vec<u32>,
    class_names: Vec<String>,
    groups: Groups,
    collector: Collector,
    summary: TableSummary,
    refused: Vec<(u32, Error)>,
    /// Bytes of tables that lie behind in both passes, and of all in one.
    done: u64,
    total: u64,
}

impl TableRows {
    /// No tables yet.
    pub(super) fn new(options: Options) -> Self {
        Self {
            groups: Groups::new(&options),
            options,
            unopened: VecDeque::new(),
            current: None,
            ready: VecDeque::new(),
            trains: false,
            plan: Plan::default(),
            learner: None,
            target_fit: None,
            encoder: None,
            target: None,
            numbers: Vec::new(),
            class_names: Vec::new(),
            collector: Collector::default(),
            summary: TableSummary::default(),
            refused: Vec::new(),
            done: 0,
            total: 0,
        }
    }

    /// One more table.
    pub(super) fn add(&mut self, file: u32, path: String, part: Option<Part>, kept: Kept) {
        self.total += kept.source.len();
        let trains = part == Some(Part::Train);
        self.trains |= trains;
        // The first says what the columns are: that is for the training part to say.
        let others = self.unopened.iter().position(|table| table.part != Some(Part::Train));
        let at = others.filter(|_| trains).unwrap_or(self.unopened.len());
        self.unopened.insert(at, Unopened { file, path, part, kept });
    }

    /// Learns from some rows of the current table; true while there are more.
    fn learn_some(&mut self, table: &mut Table) -> Result<bool> {
        if !table.reader.next(&mut table.batch)? {
            return Ok(false);
        }
        let batch = &table.batch;
        let target = match &self.plan.target {
            Some(field) => Some(batch.column(&field.name)?.1),
            None => None,
        };
        if let Some(fit) = &mut self.target_fit {
            fit.add(batch)?;
        }
        if self.trains && table.part != Some(Part::Train) {
            return Ok(true);
        }
        let used = |row: usize| target.is_none_or(|cells| !cells.is_missing(row));
        match (&mut self.learner, &self.plan.text) {
            (Some(Learner::Columns(fit)), _) => fit.add(batch, used)?,
            (Some(Learner::Text(learner)), Some(column)) => {
                let texts = texts_of(batch, column)?;
                let rows = texts.iter().enumerate().filter(|(row, _)| used(*row));
                rows.for_each(|(_, text)| learner.add(text));
            }
            _ => {}
        }
        Ok(true)
    }

    /// What was learnt of all tables.
    fn learnt(&mut self) -> Result<()> {
        let Some(learner) = self.learner.take().filter(|_| !self.ready.is_empty()) else {
            return Err(err!(Format, "found no table that can be read"));
        };
        let encoder = match (learner, self.plan.text.take()) {
            (Learner::Text(learner), Some(column)) => {
                let encoder = learner.finish()?;
                let shape = shape_of(&encoder)?;
                Encoder::Text { column, encoder, shape }
            }
            (Learner::Columns(fit), _) => Encoder::Columns(TableEncoder::new(self.known(fit)?)?),
            (Learner::Known(spec), _) => Encoder::Columns(TableEncoder::new(spec)?),
            (Learner::Text(_), None) => return Err(err!(Format, "found no column of texts")),
        };
        if let Encoder::Columns(encoder) = &encoder {
            let inputs = encoder.shapes().len();
            if inputs != 1 || encoder.feature_names().is_empty() {
                return Err(err!(
                    Unsupported,
                    "table: found {inputs} inputs, expected columns of one; texts are an input of their \
                     own (`text`)"
                ));
            }
            self.summary.features = encoder.feature_names();
        }
        if let Some(target) = self.target_fit.take().map(TargetFit::finish).transpose()? {
            self.summary.target = Some(target.name().into());
            self.name_classes(&target)?;
            self.target = Some(target);
        }
        let names = self.summary.columns.iter().filter(|column| column.used == ColumnUse::Input);
        let names: Vec<String> = names.map(|column| column.name.clone()).collect();
        self.collector = match encoder {
            Encoder::Columns(_) => Collector::of_table(self.class_names.clone(), &names),
            Encoder::Text { .. } => Collector::new(self.class_names.clone()),
        };
        self.encoder = Some(encoder);
        // Samples keep the order of the files.
        self.ready.make_contiguous().sort_by_key(|table| table.file);
        let rows = AT_ONCE / self.shape().iter().product::<usize>().max(1);
        self.ready.iter_mut().try_for_each(|table| table.reader.restart(rows))
    }

    /// The specification without columns that hold nothing, unless someone asked for them.
    fn known(&mut self, fit: TableFit) -> Result<TableSpec> {
        let steps = self.options.preprocessing.as_ref();
        let asked =
            self.options.columns.is_some() || steps.is_some_and(|steps| steps.table.is_some());
        let (spec, left_out) = fit.finish_known()?;
        for (name, error) in left_out {
            if asked || spec.columns.is_empty() {
                return Err(error);
            }
            if let Some(column) = self.summary.columns.iter_mut().find(|column| column.name == name)
            {
                column.used = ColumnUse::Ignored;
                column.reason = Some("it has no values to learn from".into());
            }
        }
        Ok(spec)
    }

    /// The classes in their order, or in that of the names that were given.
    fn name_classes(&mut self, target: &TargetEncoder) -> Result<()> {
        self.summary.task = Some(match target.has_classes() {
            true => Task::Classification,
            false => Task::Regression,
        });
        let found = target.class_names();
        let Some(names) = &self.options.class_names else {
            self.class_names = found.to_vec();
            self.numbers = (0..found.len() as u32).collect();
            return Ok(());
        };
        let number = |name: &String| {
            let at = names.iter().position(|known| known == name);
            at.map(|at| at as u32).ok_or_else(|| {
                err!(
                    Data,
                    "column \"{}\": found {name:?}, expected one of the class names {}",
                    target.name(),
                    names.join(", ")
                )
            })
        };
        self.numbers = found.iter().map(number).collect::<Result<_>>()?;
        self.class_names = if target.has_classes() { names.clone() } else { Vec::new() };
        Ok(())
    }
}

impl Rows for TableRows {
    fn learn(&mut self) -> Result<bool> {
        if let Some(mut table) = self.current.take() {
            match self.learn_some(&mut table) {
                Ok(true) => self.current = Some(table),
                Ok(false) => {
                    self.done += table.reader.progress().1;
                    self.ready.push_back(table);
                }
                Err(error) => self.refused.push((table.file, error)),
            }
            return Ok(false);
        }
        let Some(next) = self.unopened.pop_front() else {
            return self.learnt().map(|()| true);
        };
        let file = next.file;
        match self.open(next) {
            Ok(Opened::Table(table)) => self.current = Some(table),
            Ok(Opened::Unplanned(error)) => return Err(error),
            // A kind of a column that someone chose is not of a column.
            Err(error) if self.learner.is_none() && is_of_options(&error) => return Err(error),
            Err(error) => self.refused.push((file, error)),
        }
        Ok(false)
    }

    fn shape(&self) -> Vec<usize> {
        match &self.encoder {
            Some(Encoder::Columns(encoder)) => encoder.shapes().pop().unwrap_or_default(),
            Some(Encoder::Text { shape, .. }) => shape.clone(),
            None => Vec::new(),
        }
    }

    fn kind(&self) -> Kind {
        Kind::F32
    }

    fn target_shape(&self) -> Vec<usize> {
        vec![1]
    }

    fn class_names(&self) -> Vec<String> {
        self.class_names.clone()
    }

    fn samples(&self) -> Option<u64> {
        None
    }

    fn preprocessing(&self) -> Option<Preprocessing> {
        match self.encoder.as_ref()? {
            Encoder::Columns(encoder) => {
                let steps = self.options.preprocessing.clone().unwrap_or_default();
                Some(Preprocessing { table: Some(encoder.spec().clone()), ..steps })
            }
            Encoder::Text { encoder, .. } => Some(with_text(&self.options, encoder)),
        }
    }

    fn progress(&self) -> Option<(u64, u64)> {
        let current =
            self.current.as_ref().or(self.ready.front().filter(|_| self.encoder.is_some()));
        let read = current.map_or(0, |table| table.reader.progress().0);
        Some((self.done + read, (2 * self.total).max(self.done + read)))
    }

    fn refused(&mut self) -> Vec<(u32, Error)> {
        take(&mut self.refused)
    }

    fn report(&mut self) -> Option<RowsReport> {
        let data = take(&mut self.collector).finish();
        Some(RowsReport { data, table: Some(take(&mut self.summary)) })
    }

    fn next(&mut self, _: usize) -> Result<Option<Block>> {
        let Some(mut table) = self.ready.pop_front() else { return Ok(None) };
        match table.reader.next(&mut table.batch) {
            Ok(true) => {
                let block = self.encode(&table.batch, table.part, &table.path);
                self.ready.push_front(table);
                return block.map(Some);
            }
            Ok(false) => {}
            Err(error) => self.refused.push((table.file, error)),
        }
        self.done += table.reader.progress().1;
        self.summarize(&table);
        let nothing = (Values::F32(Vec::new()), BlockTargets::Nothing);
        Ok(Some(Block { values: nothing.0, targets: nothing.1, texts: Vec::new(), part: None }))
    }
}

/// Whether an error is of what someone chose, not of a file.
fn is_of_options(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Argument | ErrorKind::NotFound)
}
