//! Tables beside pictures that say what each of them is.

use super::Import;
use super::columns::target;
use super::layout::{FilePart, Label, LabelRow, Layout, part_of_word};
use super::options::{Options, Task};
use crate::data::Part;
use crate::data::preprocessing::table::TargetFit;
use crate::data::table::{Batch, ColumnKind, Field};
use crate::formats::archive::Limits;
use crate::formats::gzip;
use crate::formats::records::Sink;
use crate::formats::source::{Shared, Source};
use crate::formats::table::{TableReader, open};
use crate::{Error, Result, err};

/// Rows by which it is told in which column files are named.
const TOLD_BY: usize = 1000;

/// Columns that say parts are named so.
const PARTS: &[&str] = &["split", "part", "set", "subset", "partition"];

impl<S: Sink> Import<S> {
    /// Gives samples what these tables say of them. A table that says nothing of any is left out; if all
    /// are, samples have no labels.
    ///
    /// # Errors
    /// What [`Layout::with_labels`] refuses.
    pub(super) fn label(&mut self, layout: &mut Layout, tables: &[FilePart]) -> Result<()> {
        let mut rows = Vec::new();
        for &FilePart { file, part } in tables {
            let kept = self.taken(file)?;
            let path = self.leaves.get(file as usize).path.to_lowercase();
            let read = if path.contains("submission") {
                Err(err!(Data, "it is what is to be handed in, expected labels"))
            } else if kept.packed {
                let unpacked = gzip::unpack(kept.source, Limits::default());
                unpacked.and_then(|bytes| read(bytes, &self.options, layout, part))
            } else {
                read(kept.source, &self.options, layout, part)
            };
            match read {
                Ok(mut found) => rows.append(&mut found),
                Err(error) => self.refuse(file as usize, &error)?,
            }
        }
        if rows.is_empty() { Ok(()) } else { layout.with_labels(&rows).map(drop) }
    }
}

/// What the rows of a table say of files.
fn read<T: Source + 'static>(
    source: T,
    options: &Options,
    layout: &mut Layout,
    part: Option<Part>,
) -> Result<Vec<LabelRow>> {
    let source = Shared::new(source);
    // The kinds that are told say what the target is; names of files are texts, also `0001`.
    let fields = open(source.clone(), &options.table)?.fields().to_vec();
    let target = target(&fields, options)?;
    let target = target.ok_or_else(|| no_target(&fields))?;
    let mut reading = options.table.clone();
    for field in fields.iter().filter(|field| field.name != target.name) {
        reading.kinds.insert(field.name.clone(), ColumnKind::Category);
    }
    reading.kinds.insert(target.name.clone(), target.kind);
    let mut table = open(source, &reading)?;
    let name = name_column(&mut *table, &target, layout)?;
    let part_column = fields
        .iter()
        .map(|field| &field.name)
        .find(|name| PARTS.iter().any(|part| part.eq_ignore_ascii_case(name)));
    let classes = options.task.map(|task| task == Task::Classification);
    let mut fit = TargetFit::new(&target, classes)?;
    let mut batch = Batch::new(table.fields().clone());
    while table.next(&mut batch)? {
        fit.add(&batch)?;
    }
    let encoder = fit.finish()?;
    table.restart(usize::MAX)?;
    let mut rows = Vec::new();
    while table.next(&mut batch)? {
        let names = texts(&batch, &name)?;
        let parts = part_column.map(|column| texts(&batch, column)).transpose()?;
        let labels: Vec<Option<Label>> = if encoder.has_classes() {
            let class = |class: u32| Label::Class(encoder.class_names()[class as usize].clone());
            encoder.classes(&batch)?.into_iter().map(|found| found.map(class)).collect()
        } else {
            let numbers = encoder.numbers(&batch)?;
            numbers.into_iter().map(|number| number.map(Label::Number)).collect()
        };
        for (row, label) in labels.into_iter().enumerate() {
            let (name, Some(label)) = (names.get(row), label) else { continue };
            if !name.is_empty() {
                let said = parts.and_then(|parts| part_of_word(&parts.get(row).to_lowercase()));
                rows.push(LabelRow { name: name.into(), label, part: said.or(part) });
            }
        }
    }
    Ok(rows)
}

/// The column in which files are named: that of which most cells are names of files. The table is read
/// from its beginning, and is there again afterwards.
fn name_column(table: &mut dyn TableReader, target: &Field, layout: &mut Layout) -> Result<String> {
    let mut batch = Batch::new(table.fields().clone());
    table.next(&mut batch)?;
    let mut best = (0, None);
    for field in batch.fields().iter().filter(|field| field.name != target.name) {
        let cells = texts(&batch, &field.name)?;
        let names = cells.iter().take(TOLD_BY).filter(|name| !name.is_empty());
        let count = layout.named(names)?;
        if count > best.0 {
            best = (count, Some(field.name.clone()));
        }
    }
    table.restart(usize::MAX)?;
    best.1.ok_or_else(|| {
        let names: Vec<_> = batch.fields().iter().take(20).map(|field| &*field.name).collect();
        err!(
            Data,
            "labels: none of the columns {} names any of the files, expected one that does",
            names.join(", ")
        )
    })
}

fn texts<'a>(batch: &'a Batch, column: &str) -> Result<&'a crate::data::table::Texts> {
    super::tables::texts_of(batch, column)
}

fn no_target(fields: &[Field]) -> Error {
    err!(
        Data,
        "labels: found {} columns of which none says classes, expected names of files and labels",
        fields.len()
    )
}
