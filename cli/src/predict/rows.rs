//! Files that hold many samples: tables and arrays.

use std::io::Read;

use tabgrad::data::table::{Batch, Cells};
use tabgrad::err;
use tabgrad::formats::archive::Limits;
use tabgrad::formats::array::Array;
use tabgrad::formats::npz::Npz;
use tabgrad::formats::source::{Shared, Source, SourceReader};
use tabgrad::formats::table::{self, TableOptions, TableReader};
use tabgrad::formats::{idx, npy, sniff};

use super::crew::Crew;
use super::reader::{Failed, Outcome, Reader, Takes};
use super::worker::{Content, Work};
use crate::named;

/// Rows that are answered together.
pub(super) const ROWS: u32 = 256;

impl Reader {
    /// The rows of a table, or the texts in one of its columns.
    pub(super) fn rows(&mut self, name: &str, source: Shared, crew: &mut Crew<'_>) -> Outcome {
        self.flush(crew)?;
        let mut table = self.open_table(source)?;
        let mut batch = Batch::new(table.fields().clone());
        let (mut number, mut left_out) = (0, 0);
        loop {
            let more = table.next(&mut batch)?;
            let position = self.position + table.progress().0;
            let rows = batch.rows();
            if more && rows > 0 {
                let names = self.row_names(name, &batch, number)?;
                number += rows as u64;
                crew.give(self.work_of(names, batch)?, position)?;
                batch = Batch::new(table.fields().clone());
            }
            let report = table.report();
            let new = left_out..report.left_out_rows;
            left_out = new.end;
            for at in new {
                let (name, error) = match report.left_out.get(at as usize) {
                    Some(row) => (format!("{name} line {}", row.line), row.message.clone()),
                    None => (name.to_owned(), "a row that cannot be read".to_owned()),
                };
                self.file(&name, Content::None(error), 0, crew)?;
            }
            self.flush(crew)?;
            if !more {
                self.note_unfit(name, &*table);
                return Ok(());
            }
        }
    }

    /// Values of the model's columns that are none of their kind do not stop a table.
    fn note_unfit(&mut self, name: &str, table: &dyn TableReader) {
        for column in table.report().columns.iter().filter(|column| column.unfit > 0) {
            if let (true, Some(first)) = (self.columns.contains(&column.name), &column.first_unfit)
            {
                self.notes.push(format!(
                    "{name}: {} of the values in column \"{}\" were taken as missing, the first in \
                     line {}: {}",
                    column.unfit, column.name, first.line, first.message
                ));
            }
        }
    }

    /// Opens a table; columns that are not there are told as such.
    fn open_table(&self, source: Shared) -> tabgrad::Result<Box<dyn TableReader>> {
        let own = TableOptions { kinds: Default::default(), ..self.table.clone() };
        let plain = table::open(source.clone(), &own)?;
        let fields = Batch::new(plain.fields().clone());
        let wanted = self.columns.iter().chain(&self.id).chain(&self.column);
        wanted.clone().try_for_each(|name| fields.column(name).map(drop))?;
        // Others may be named, of which this table has none.
        let mut options = self.table.clone();
        options.kinds.retain(|name, _| fields.column(name).is_ok());
        table::open(source, &options)
    }

    fn row_names(&self, name: &str, batch: &Batch, first: u64) -> tabgrad::Result<Vec<String>> {
        let Some(id) = &self.id else {
            let numbers = first + 1..=first + batch.rows() as u64;
            return Ok(numbers.map(|number| format!("{name}#{number}")).collect());
        };
        Ok(match batch.column(id)?.1 {
            Cells::Texts(texts) => texts.iter().map(str::to_owned).collect(),
            Cells::Numbers(numbers) => numbers.iter().map(f64::to_string).collect(),
        })
    }

    /// The rows, or the texts in the column that was named.
    fn work_of(&self, names: Vec<String>, batch: Batch) -> tabgrad::Result<Work> {
        if self.takes == Takes::Pictures {
            // A table of numbers and nothing else, but for what names its rows.
            return Ok(Work::Rows(names, self.without_id(&batch)?));
        }
        let Some(column) = self.column.as_ref().filter(|_| self.takes == Takes::Texts) else {
            return Ok(Work::Rows(names, batch));
        };
        let texts = batch.column(column)?.1.texts();
        let texts = texts.ok_or_else(|| err!(Data, "column \"{column}\": it holds no texts"))?;
        Ok(Work::Texts(names.into_iter().zip(texts.iter().map(str::to_owned)).collect()))
    }

    fn without_id(&self, batch: &Batch) -> tabgrad::Result<Batch> {
        let columns = batch.fields().iter().zip(batch.columns());
        let columns = columns.filter(|(field, _)| self.id.as_ref() != Some(&field.name));
        let (fields, cells): (Vec<_>, Vec<_>) =
            columns.map(|(field, cells)| (field.clone(), cells.clone())).unzip();
        Batch::from_columns(fields.into(), cells)
    }

    /// The samples of an array, or of those of an NPZ file.
    pub(super) fn array(&mut self, name: &str, mut source: Shared, crew: &mut Crew<'_>) -> Outcome {
        self.flush(crew)?;
        let (format, len) = (sniff(&mut source)?.name, source.len());
        if format == "NPZ" {
            return self.arrays(name, Npz::open(source, Limits::default())?, crew);
        }
        if self.takes == Takes::Named {
            return Err(Failed::File(named::expected(&self.inputs)));
        }
        let reader = SourceReader::new(source);
        let array = match format {
            "IDX" => idx::open(reader, Some(len))?.boxed(),
            "NPY" => npy::open(reader, Some(len))?.boxed(),
            _ => {
                let expected = "expected one that the model can be asked about, such as IDX or NPY";
                return Err(Failed::File(format!("file: it is {format}, {expected}")));
            }
        };
        let (found, wanted) = (array.sample_shape().to_vec(), self.inputs[0].shape.clone());
        self.inputs[0]
            .check(&found)
            .map_err(|_| format!("{format}: found samples of shape {found:?}, expected {wanted:?}"))
            .map_err(Failed::File)?;
        self.samples(name, &mut [array], crew)
    }

    /// The samples of arrays by the names of the inputs.
    fn arrays(&mut self, name: &str, mut file: Npz, crew: &mut Crew<'_>) -> Outcome {
        let names = file.names().to_vec();
        let only = self.inputs.len() == 1;
        let mut arrays = Vec::new();
        for input in &self.inputs {
            let array = file.array(input.array(&names, only)?)?;
            input.check(array.sample_shape())?;
            arrays.push(array.boxed());
        }
        let count = arrays[0].samples();
        for (input, array) in self.inputs.iter().zip(&arrays) {
            if array.samples() != count {
                return Err(Failed::File(format!(
                    "NPZ: found {} samples of \"{}\", expected {count} as of \"{}\"",
                    array.samples(),
                    input.name,
                    self.inputs[0].name
                )));
            }
        }
        self.samples(name, &mut arrays, crew)
    }

    /// Hands over samples, of which each input has an array of as many.
    fn samples<R: Read>(
        &mut self,
        name: &str,
        arrays: &mut [Array<R>],
        crew: &mut Crew<'_>,
    ) -> Outcome {
        let begin = self.position;
        let mut bytes = 0;
        loop {
            let first = arrays[0].done();
            let mut inputs = Vec::new();
            for array in arrays.iter_mut() {
                let Some(values) = array.next(ROWS as usize)? else { return Ok(()) };
                bytes += values.bytes() as u64;
                inputs.push(values);
            }
            let names = first + 1..=arrays[0].done();
            let names = names.map(|number| format!("{name}#{number}")).collect();
            crew.give(Work::Samples(names, inputs), begin + bytes)?;
        }
    }
}
