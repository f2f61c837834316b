//! Tables that are opened, and what is made of the columns of the first.

use std::mem::take;

use super::super::columns::{Plan, find};
use super::super::options::Task;
use super::super::summary::{ColumnUse, TableColumnSummary};
use super::super::texts::TextLearner;
use super::{Learner, Table, TableRows, Unopened};
use crate::data::preprocessing::table::{TableEncoder, TableFit, TargetFit};
use crate::data::table::{Batch, ColumnKind};
use crate::formats::archive::Limits;
use crate::formats::gzip;
use crate::formats::source::{Shared, Source};
use crate::formats::table::{TableReader, open};
use crate::{Error, Result};

/// What came of opening a table.
pub(super) enum Opened {
    Table(Table),
    /// Its columns are not what the options want.
    Unplanned(Error),
}

impl TableRows {
    /// Opens a table. The first says what the columns are; the others must have those that are used.
    pub(super) fn open(&mut self, Unopened { file, path, part, kept }: Unopened) -> Result<Opened> {
        let source: Box<dyn Source> = if kept.packed {
            Box::new(gzip::unpack(kept.source, Limits::default())?)
        } else {
            kept.source
        };
        let source = Shared::new(source);
        let mut options = self.options.table.clone();
        options.kinds.extend(self.options.text.clone().map(|name| (name, ColumnKind::Text)));
        let steps = self.options.preprocessing.as_ref();
        if let Some(spec) = steps.and_then(|steps| steps.table.as_ref()) {
            let kinds = spec.fields().into_iter().map(|field| (field.name, field.kind));
            options.kinds.extend(kinds);
        }
        if self.learner.is_some() {
            let used =
                self.summary.columns.iter().filter(|column| column.used != ColumnUse::Ignored);
            options.kinds.extend(used.map(|column| (column.name.clone(), column.kind)));
        }
        if self.learner.is_none() && options.kinds.len() > self.options.table.kinds.len() {
            // Columns that are not there are told as such.
            let fields = open(source.clone(), &self.options.table)?.fields().to_vec();
            if let Some(Err(error)) =
                options.kinds.keys().map(|name| find(&fields, name)).find(Result::is_err)
            {
                return Ok(Opened::Unplanned(error));
            }
        }
        let reader = open(source, &options)?;
        if self.learner.is_none()
            && let Err(error) = self.plan(&*reader)
        {
            return Ok(Opened::Unplanned(error));
        }
        let batch = Batch::new(reader.fields().clone());
        Ok(Opened::Table(Table { file, path, part, reader, batch }))
    }

    /// Decides what the columns are for.
    fn plan(&mut self, table: &dyn TableReader) -> Result<()> {
        let fields = table.fields();
        self.plan = Plan::of(fields, &self.options)?;
        let classes = self.options.task.map(|task| task == Task::Classification);
        let target = self.plan.target.as_ref();
        self.target_fit = target.map(|field| TargetFit::new(field, classes)).transpose()?;
        self.learner = Some(if self.plan.text.is_some() {
            Learner::Text(TextLearner::new(&self.options)?)
        } else if TableEncoder::new(self.plan.spec.clone()).is_ok() {
            Learner::Known(take(&mut self.plan.spec))
        } else {
            Learner::Columns(TableFit::new(&self.plan.spec)?)
        });
        let columns = fields.iter().map(|field| {
            let name = &field.name;
            let reason = self.plan.ignored.iter().find(|(ignored, _)| ignored == name);
            let is_target = self.plan.target.as_ref().is_some_and(|target| target.name == *name);
            TableColumnSummary {
                name: name.clone(),
                kind: field.kind,
                used: match reason {
                    _ if is_target => ColumnUse::Target,
                    Some(_) => ColumnUse::Ignored,
                    None => ColumnUse::Input,
                },
                reason: reason.map(|(_, reason)| reason.clone()),
                missing: 0,
                unfit: 0,
                first_unfit: None,
            }
        });
        self.summary.columns = columns.collect();
        Ok(())
    }
}
