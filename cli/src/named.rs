//! Samples of models with several inputs or outputs: arrays of an NPZ file, or columns of a table, by the
//! names of these.

use std::fs::File;
use std::path::Path;

use tabgrad::data::table::{Batch, ColumnKind};
use tabgrad::data::{Column, Dataset, Preprocessing, Targets, Values};
use tabgrad::formats::archive::Limits;
use tabgrad::formats::array::Element;
use tabgrad::formats::npz::Npz;
use tabgrad::formats::source::{Seekable, Shared};
use tabgrad::formats::table::{self, TableOptions};
use tabgrad::formats::{Kind, sniff};
use tabgrad::graph::Graph;
use tabgrad::model::Model;
use tabgrad::{Error, Result, err};

use crate::failure::{self, Failure};

/// Rows of a table that are read at once.
const ROWS: u32 = 4096;

/// An input or an output: its name and the shape of a sample.
#[derive(Clone, Debug)]
pub struct Named {
    pub name: String,
    pub shape: Vec<usize>,
}

impl Named {
    /// The inputs of a model.
    pub fn inputs(graph: &Graph) -> Vec<Self> {
        let of =
            |name: &String, shape: &[usize]| Self { name: name.clone(), shape: shape.to_vec() };
        graph.inputs().iter().map(|input| of(&input.name, &input.shape)).collect()
    }

    /// The outputs of a model.
    pub fn outputs(model: &Model) -> Vec<Self> {
        let outputs = model.spec().outputs.iter().zip(model.graph().outputs());
        let shape = |value: usize| model.graph().shape(value).to_vec();
        outputs.map(|(name, &value)| Self { name: name.clone(), shape: shape(value) }).collect()
    }

    /// Numbers of a sample.
    pub fn width(&self) -> usize {
        self.shape.iter().product::<usize>().max(1)
    }

    /// The columns of a table that have its numbers: `age` for one, else `code_0`, `code_1` and so on, as
    /// predictions have them.
    pub fn columns(&self) -> Vec<String> {
        match self.width() {
            1 => vec![self.name.clone()],
            width => (0..width).map(|at| format!("{}_{at}", self.name)).collect(),
        }
    }

    /// The name of its array among these: its own, or that of the only one where it is the only input.
    pub fn array<'n>(&self, names: &'n [String], only: bool) -> Result<&'n str> {
        let own = names.iter().find(|name| **name == self.name);
        let alone = names.first().filter(|_| only && names.len() == 1);
        own.or(alone).map(String::as_str).ok_or_else(|| {
            err!(NotFound, "NPZ: found no array \"{}\", but {}", self.name, names.join(", "))
        })
    }

    /// Refuses samples of another shape; a size of 1 in the end may go without saying.
    pub fn check(&self, found: &[usize]) -> Result<()> {
        let plain = |shape: &[usize]| shape.strip_suffix(&[1]).unwrap_or(shape).to_vec();
        if plain(found) == plain(&self.shape) {
            return Ok(());
        }
        let Self { name, shape } = self;
        Err(err!(Shape, "\"{name}\": found samples of shape {found:?}, expected {shape:?}"))
    }

    /// Its numbers in the rows of a table.
    pub fn numbers(&self, batch: &Batch) -> Result<Vec<f32>> {
        let columns = self.columns().into_iter().map(|name| {
            batch
                .column(&name)?
                .1
                .numbers()
                .ok_or_else(|| err!(Data, "column \"{name}\": expected numbers"))
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let rows = 0..batch.rows();
        Ok(rows.flat_map(|row| columns.iter().map(move |column| column[row] as f32)).collect())
    }
}

/// How the columns of these are read: as numbers.
pub fn as_numbers<'a>(named: impl Iterator<Item = &'a Named>, options: &mut TableOptions) {
    for column in named.flat_map(Named::columns) {
        options.kinds.insert(column, ColumnKind::Number);
    }
}

/// The samples of a file that has the inputs of a model by their names, with what its outputs should answer
/// as far as the file has it. `None` for other files, if the model has one input only.
pub fn read(path: &Path, model: &Model) -> failure::Result<Option<Dataset>> {
    let (inputs, outputs) = (Named::inputs(model.graph()), Named::outputs(model));
    let several = inputs.len() > 1;
    if !path.is_file() {
        return match several {
            true => Err(Failure::at(path, expected(&inputs))),
            false => Ok(None),
        };
    }
    let file = File::open(path).map_err(|error| Failure::io(path, &error))?;
    let source = Seekable::new(file).map(Shared::new);
    let read = source.and_then(|mut source| {
        let format = sniff(&mut source);
        match format {
            Ok(format) if format.name == "NPZ" => arrays(source, &inputs, &outputs, several),
            Ok(format) if format.kind == Kind::Table && several => {
                rows(source, &inputs, &outputs).map(Some)
            }
            Ok(_) | Err(_) if !several => Ok(None),
            Ok(format) => Err(err!(Unsupported, "it is {}, {}", format.name, expected(&inputs))),
            Err(error) => Err(error),
        }
    });
    read.map_err(|error| Failure::at(path, error))
}

/// What there must be for these inputs.
pub fn expected(inputs: &[Named]) -> String {
    let names: Vec<_> = inputs.iter().map(|input| input.name.as_str()).collect();
    format!(
        "expected an NPZ file with the arrays {}, or a table with such columns: the model has {} inputs",
        names.join(", "),
        inputs.len()
    )
}

/// Those of an NPZ file; none if it goes by other names and need not go by these.
fn arrays(
    source: Shared,
    inputs: &[Named],
    outputs: &[Named],
    several: bool,
) -> Result<Option<Dataset>> {
    let mut file = Npz::open(source, Limits::default())?;
    let names = file.names().to_vec();
    let targets: Vec<_> = outputs.iter().filter(|output| names.contains(&output.name)).collect();
    if !several && (targets.is_empty() || inputs.iter().any(|input| !names.contains(&input.name))) {
        return Ok(None);
    }
    let mut columns = Vec::new();
    for input in inputs {
        let mut array = file.array(input.array(&names, false)?)?;
        input.check(array.sample_shape())?;
        let values = array.next(array.samples().max(1))?.unwrap_or(Values::F32(Vec::new()));
        columns.push(Column::new(input.shape.clone(), values)?);
    }
    let mut answers = Vec::new();
    for output in &targets {
        let mut array = file.array(&output.name)?;
        let samples = array.samples().max(1);
        let is_label = array.sample_shape().iter().product::<usize>() == 1 && output.width() > 1;
        // Whole numbers that are one-hot are numbers, too.
        if is_label && array.header().element != Element::Bool {
            answers.push(Targets::Classes(array.next_classes(samples)?.unwrap_or_default()));
            continue;
        }
        let shape = array.sample_shape().to_vec();
        let shape = if shape.is_empty() { vec![1] } else { shape };
        let values = match array.next(samples)? {
            Some(Values::F32(values)) => values,
            Some(Values::U8(bytes)) => bytes.into_iter().map(f32::from).collect(),
            None => Vec::new(),
        };
        answers.push(Targets::Dense { shape, values });
    }
    dataset(columns, inputs, answers, &targets).map(Some)
}

/// Those of a table.
fn rows(source: Shared, inputs: &[Named], outputs: &[Named]) -> Result<Dataset> {
    let plain = table::open(source.clone(), &TableOptions::default())?;
    let fields = plain.fields().clone();
    let has = |column: &String| fields.iter().any(|field| field.name == *column);
    // The class of an output may stand in one column.
    let label = |output: &&Named| output.width() > 1 && has(&output.name);
    let targets: Vec<&Named> =
        outputs.iter().filter(|output| label(output) || output.columns().iter().all(has)).collect();
    let mut options = TableOptions { batch: Some(ROWS), ..TableOptions::default() };
    let missing = inputs.iter().flat_map(Named::columns).find(|column| !has(column));
    if let Some(column) = missing {
        let names: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
        return Err(err!(
            NotFound,
            "found no column \"{column}\", the table has {}",
            names.join(", ")
        ));
    }
    let labels: Vec<Named> = targets
        .iter()
        .map(|output| match label(output) {
            true => Named { name: output.name.clone(), shape: vec![1] },
            false => (*output).clone(),
        })
        .collect();
    as_numbers(inputs.iter().chain(&labels), &mut options);
    let mut table = table::open(source, &options)?;
    let mut batch = Batch::new(table.fields().clone());
    let mut numbers = vec![Vec::new(); inputs.len() + labels.len()];
    loop {
        let more = table.next(&mut batch)?;
        for (all, named) in numbers.iter_mut().zip(inputs.iter().chain(&labels)) {
            all.extend(named.numbers(&batch)?);
        }
        if !more {
            break;
        }
        batch = Batch::new(table.fields().clone());
    }
    if let Some(row) = table.report().left_out.first() {
        return Err(err!(Data, "line {}: {}", row.line, row.message));
    }
    let answers = numbers.split_off(inputs.len());
    let columns = inputs.iter().zip(numbers);
    let columns =
        columns.map(|(input, values)| Column::new(input.shape.clone(), Values::F32(values)));
    let columns = columns.collect::<Result<_>>()?;
    let answers = targets.iter().zip(answers).map(|(output, values)| match label(output) {
        true => classes(&output.name, &values).map(Targets::Classes),
        false => Ok(Targets::Dense { shape: output.shape.clone(), values }),
    });
    dataset(columns, inputs, answers.collect::<Result<_>>()?, &targets)
}

fn classes(name: &str, values: &[f32]) -> Result<Vec<u32>> {
    let class = |(row, value): (usize, &f32)| {
        let is_whole = *value >= 0.0 && value.trunc() == *value && *value < 16_777_216.0;
        is_whole.then_some(*value as u32).ok_or_else(|| -> Error {
            err!(Data, "column \"{name}\": row {} is {value}, expected a class from 0 on", row + 1)
        })
    };
    values.iter().enumerate().map(class).collect()
}

fn dataset(
    columns: Vec<Column>,
    inputs: &[Named],
    answers: Vec<Targets>,
    targets: &[&Named],
) -> Result<Dataset> {
    let mut answers = answers.into_iter();
    let first = answers.next().unwrap_or(Targets::None);
    let dataset = Dataset::new(columns, first, Vec::new(), Preprocessing::default())?;
    let dataset =
        dataset.with_input_names(inputs.iter().map(|input| input.name.clone()).collect())?;
    if targets.is_empty() {
        return Ok(dataset);
    }
    dataset
        .with_further_targets(answers.collect())?
        .with_output_names(targets.iter().map(|output| output.name.clone()).collect())
}
