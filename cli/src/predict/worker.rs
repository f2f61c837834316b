//! A thread's own: a copy of the model, and what makes its inputs of files, rows and texts.

use std::path::PathBuf;
use std::sync::Arc;

use ndarray::{ArrayD, IxDyn};
use tabgrad::data::preprocessing::table::TableEncoder;
use tabgrad::data::preprocessing::text::TextEncoder;
use tabgrad::data::preprocessing::{AudioEncoder, Preprocessing};
use tabgrad::data::table::{self, Batch, Cells};
use tabgrad::data::{Column, Dataset, Targets, Values};
use tabgrad::formats::text::{Texts, Unit};
use tabgrad::formats::{EMPTY, image};
use tabgrad::import::read_sound;
use tabgrad::model::Model;
use tabgrad::{Error, err};

use super::answers::{Answer, Answers};
use crate::failure::{Result, told};
use crate::models::Loaded;
use crate::named::Named;

/// Inputs with their names.
pub enum Work {
    /// Pictures, sounds or texts, a file each.
    Files(Vec<(String, Content)>),
    /// Rows of a table.
    Rows(Vec<String>, Batch),
    /// Texts.
    Texts(Vec<(String, String)>),
    /// Samples of arrays, one for each input.
    Samples(Vec<String>, Vec<Values>),
}

/// Where the bytes of a file are.
pub enum Content {
    Path(PathBuf),
    Bytes(Vec<u8>),
    /// They cannot be read.
    None(String),
}

/// Rows that were written.
pub struct Answered {
    pub text: String,
    pub rows: u64,
    /// Those of inputs without an answer.
    pub failed: u64,
}

/// What answers.
pub struct Worker {
    model: Model,
    preprocessing: Preprocessing,
    /// What the model takes.
    inputs: Vec<Named>,
    table: Option<TableEncoder>,
    text: Option<TextEncoder>,
    audio: Option<AudioEncoder>,
    answers: Arc<Answers>,
}

impl Worker {
    /// A worker with a model of its own.
    pub fn new(loaded: &Loaded, answers: Arc<Answers>) -> Result<Self> {
        let preprocessing = loaded.info.preprocessing.clone();
        Ok(Self {
            model: loaded.model.try_clone()?,
            inputs: Named::inputs(loaded.model.graph()),
            table: preprocessing.table.clone().map(TableEncoder::new).transpose()?,
            text: preprocessing.text.clone().map(TextEncoder::new).transpose()?,
            audio: preprocessing.audio.map(AudioEncoder::new).transpose()?,
            preprocessing,
            answers,
        })
    }

    /// The rows of some inputs.
    pub fn answer(&mut self, work: Work) -> Answered {
        let (names, answers) = match work {
            Work::Files(files) => {
                let (names, contents): (Vec<_>, Vec<_>) = files.into_iter().unzip();
                let prepared = contents.into_iter().map(|content| self.prepare(content));
                let prepared = prepared.collect();
                (names, self.answer_each(prepared))
            }
            Work::Texts(texts) => {
                let (names, texts): (Vec<_>, Vec<_>) = texts.into_iter().unzip();
                let prepared = texts.iter().map(|text| self.encode_text(text)).collect();
                (names, self.answer_each(prepared))
            }
            Work::Rows(names, batch) => {
                let answers = self.answer_rows(&batch);
                (names, answers)
            }
            Work::Samples(names, values) => {
                let answers = match self.predict(values) {
                    Ok(answers) => answers.into_iter().map(Ok).collect(),
                    Err(error) => vec![Err(error.to_string()); names.len()],
                };
                (names, answers)
            }
        };
        let mut answered = Answered { text: String::new(), rows: names.len() as u64, failed: 0 };
        for (name, answer) in names.iter().zip(answers) {
            let answer = answer.and_then(finite);
            answered.failed += u64::from(answer.is_err());
            self.answers.write(&mut answered.text, name, &answer);
        }
        answered
    }

    /// What the network sees of a file.
    fn prepare(&mut self, content: Content) -> std::result::Result<Values, String> {
        let bytes = match content {
            Content::Bytes(bytes) => bytes,
            Content::Path(path) => std::fs::read(path).map_err(|error| told(&error))?,
            Content::None(error) => return Err(error),
        };
        if bytes.is_empty() {
            return Err(EMPTY.into());
        }
        let prepared = if let Some(audio) = &mut self.audio {
            let sound = read_sound(bytes.as_slice());
            sound.and_then(|sound| audio.prepare(&sound, &self.inputs[0].shape)).map(Values::F32)
        } else if self.text.is_some() {
            let text = Texts::new(bytes.as_slice(), Unit::Whole).next_sample();
            let text = text.map_err(|error| error.to_string())?;
            return self.encode_text(&text.ok_or("text: it is empty")?);
        } else {
            let image = image::read(&bytes);
            image.and_then(|image| self.preprocessing.prepare_values(image, &self.inputs[0].shape))
        };
        prepared.map_err(|error| error.to_string())
    }

    fn encode_text(&self, text: &str) -> std::result::Result<Values, String> {
        let encoder = self.text.as_ref().ok_or("text: the model reads no texts")?;
        encoder
            .prepare(text, &self.inputs[0].shape)
            .map(Values::F32)
            .map_err(|error| error.to_string())
    }

    /// Answers those that could be prepared, at once.
    fn answer_each(&mut self, prepared: Vec<std::result::Result<Values, String>>) -> Vec<Answer> {
        let mut all = None;
        for values in prepared.iter().flatten() {
            match (&mut all, values) {
                (None, values) => all = Some(values.clone()),
                (Some(Values::U8(all)), Values::U8(values)) => all.extend_from_slice(values),
                (Some(Values::F32(all)), Values::F32(values)) => all.extend_from_slice(values),
                // All come from the same steps.
                _ => {}
            }
        }
        let mut answers = match all.map(|all| self.predict(vec![all])).transpose() {
            Ok(answers) => answers.unwrap_or_default().into_iter(),
            Err(error) => {
                let failed = prepared.into_iter().map(|one| one.and(Err(error.to_string())));
                return failed
                    .map(|one: std::result::Result<Values, _>| one.map(|_| Vec::new()))
                    .collect();
            }
        };
        let missing = || "predict: found no answer".to_owned();
        prepared
            .into_iter()
            .map(|one| one.and_then(|_| answers.next().ok_or_else(missing)))
            .collect()
    }

    fn answer_rows(&mut self, batch: &Batch) -> Vec<Answer> {
        let rows = batch.rows();
        match self.encode_rows(batch).and_then(|values| self.predict(values)) {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(error) if rows == 1 => vec![Err(error.to_string())],
            // One row at a time shows which it is.
            Err(_) => {
                let single = (0..rows).map(|row| match row_of(batch, row) {
                    Ok(row) => self.answer_rows(&row).pop().unwrap_or(Ok(Vec::new())),
                    Err(error) => Err(error.to_string()),
                });
                single.collect()
            }
        }
    }

    /// The samples of rows: as the model's own table says, or else the numbers in the columns.
    fn encode_rows(&self, batch: &Batch) -> tabgrad::Result<Vec<Values>> {
        let Some(table) = &self.table else {
            return match &self.inputs[..] {
                [input] => Ok(vec![numbers_of(batch, &input.shape)?]),
                several => several.iter().map(|own| Ok(Values::F32(own.numbers(batch)?))).collect(),
            };
        };
        let mut inputs = vec![Vec::new(); table.shapes().len()];
        table.encode(batch, &mut inputs)?;
        if inputs.len() != self.inputs.len() {
            let (found, expected) = (inputs.len(), self.inputs.len());
            return Err(err!(Unsupported, "rows: they become {found} inputs, expected {expected}"));
        }
        Ok(inputs.into_iter().map(Values::F32).collect())
    }

    /// All numbers of the outputs for each sample, of which there is one of each input.
    fn predict(&mut self, values: Vec<Values>) -> tabgrad::Result<Vec<Vec<f32>>> {
        let columns = self.inputs.iter().zip(values);
        let columns = columns.map(|(input, values)| Column::new(input.shape.clone(), values));
        let columns = columns.collect::<tabgrad::Result<Vec<_>>>()?;
        let steps = self.preprocessing.clone();
        let dataset = Dataset::new(columns, Targets::None, Vec::new(), steps)?;
        let samples = dataset.len();
        let indices: Vec<u32> = (0..samples as u32).collect();
        let mut inputs = Vec::new();
        for (number, input) in self.inputs.iter().enumerate() {
            let mut x = vec![0.0; samples * input.width()];
            dataset.input_into(number, &indices, &mut x)?;
            let shape = [samples].into_iter().chain(input.shape.iter().copied());
            let x = ArrayD::from_shape_vec(IxDyn(&shape.collect::<Vec<_>>()), x);
            inputs.push(x.map_err(|error| err!(Shape, "samples: {error}"))?);
        }
        let views: Vec<_> = inputs.iter().map(|input| input.view()).collect();
        let outputs = self.model.predict(&views)?;
        let of_sample = |sample: usize| {
            let numbers = outputs.iter().flat_map(|output| {
                let values = output.as_slice().unwrap_or_default();
                let width = values.len() / samples;
                values[sample * width..(sample + 1) * width].iter().copied()
            });
            numbers.collect()
        };
        Ok((0..samples).map(of_sample).collect())
    }
}

fn finite(numbers: Vec<f32>) -> Answer {
    match numbers.iter().find(|number| !number.is_finite()) {
        Some(number) => Err(format!("predict: the model's answer is {number}, no finite number")),
        None => Ok(numbers),
    }
}

/// One row of a batch.
fn row_of(batch: &Batch, row: usize) -> tabgrad::Result<Batch> {
    let cells = batch.columns().iter().map(|cells| match cells {
        Cells::Numbers(numbers) => Cells::Numbers(vec![numbers[row]]),
        Cells::Texts(texts) => {
            let mut one = table::Texts::default();
            one.push(texts.get(row));
            Cells::Texts(one)
        }
    });
    Batch::from_columns(Arc::clone(batch.fields()), cells.collect())
}

/// The numbers of a table for a model that says nothing of tables: its columns in their order.
fn numbers_of(batch: &Batch, shape: &[usize]) -> tabgrad::Result<Values> {
    let width: usize = shape.iter().product();
    let refuse = |found: &str| -> Error {
        err!(
            Shape,
            "table: found {found}, expected {width} columns of numbers, which the model takes"
        )
    };
    let columns = batch.columns().iter().map(Cells::numbers).collect::<Option<Vec<_>>>();
    let columns = columns.ok_or_else(|| refuse("columns of other things than numbers"))?;
    if columns.len() != width {
        return Err(refuse(&format!("{} columns", columns.len())));
    }
    let mut values = Vec::with_capacity(width * batch.rows());
    for row in 0..batch.rows() {
        values.extend(columns.iter().map(|column| column[row] as f32));
    }
    Ok(Values::F32(values))
}
