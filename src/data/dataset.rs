//! Samples with their targets.

use std::sync::Arc;

use super::boxes::Boxes;
use super::column::{Column, Sample, Values, beyond};
use super::extras::Extras;
use super::preprocessing::{Affine, Preprocessing};
use super::targets::Targets;
use super::written::Written;
use crate::losses::TargetKind;
use crate::memory::reserve;
use crate::{Result, err};

/// Classes that labels without names may count to; more come from labels that are none.
const MOST_UNNAMED_CLASSES: u32 = 65_536;

/// Samples with their targets, kept as they were given; batches are made of them as they are
/// needed. What it holds has been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    inputs: Vec<Column>,
    targets: Targets,
    class_names: Vec<String>,
    preprocessing: Preprocessing,
    /// What the numeric steps come to, for each input.
    pub(super) affines: Vec<Affine>,
    /// What is to be seen where, where that is known.
    pub(super) boxes: Option<Arc<Boxes>>,
    /// The texts that samples were made of, where those are known.
    pub(super) written: Option<Written>,
    pub(super) extras: Extras,
}

impl Dataset {
    /// A dataset of these inputs, all with the same number of samples. Where targets are classes
    /// and `class_names` is empty, the classes are named by their numbers.
    ///
    /// The numeric steps of `preprocessing` are for the first input. Without any, and for the other
    /// inputs, bytes are scaled to 0..1 and numbers stay as they are.
    ///
    /// # Errors
    /// `Data` for no samples, a number that is not finite, and a label without a class, each with
    /// its place; `Shape` for inputs and targets of different numbers of samples; `Argument` for
    /// preprocessing that is impossible or does not fit the samples.
    pub fn new(
        inputs: Vec<Column>,
        targets: Targets,
        class_names: Vec<String>,
        preprocessing: Preprocessing,
    ) -> Result<Self> {
        let Some(first) = inputs.first() else {
            return Err(err!(Data, "dataset: found no inputs, expected at least 1"));
        };
        let samples = first.len();
        if samples == 0 {
            return Err(err!(Data, "dataset: found no samples, expected at least 1"));
        }
        for (index, column) in inputs.iter().enumerate() {
            if column.len() != samples {
                return Err(err!(
                    Shape,
                    "dataset: input {index} has {} samples, expected {samples} as input 0",
                    column.len()
                ));
            }
        }
        targets.check(samples)?;
        let class_names = match &targets {
            Targets::Classes(labels) => name_classes(labels, class_names)?,
            Targets::None | Targets::Dense { .. } => class_names,
        };
        let affines = affines(&inputs, &preprocessing)?;
        Ok(Self {
            inputs,
            targets,
            class_names,
            preprocessing,
            affines,
            boxes: None,
            written: None,
            extras: Extras::default(),
        })
    }

    /// How many samples there are; at least one.
    #[expect(clippy::len_without_is_empty, reason = "a dataset is never empty")]
    pub fn len(&self) -> usize {
        self.inputs[0].len()
    }

    /// The inputs in the order of the model's.
    pub fn inputs(&self) -> &[Column] {
        &self.inputs
    }

    /// What the network should answer.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// The kind of targets, or `None` where there are none.
    pub fn target_kind(&self) -> Option<TargetKind> {
        self.targets.kind()
    }

    /// Names of the classes by their number; empty where there are no classes.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// How images and samples become a network's input.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    /// The same samples with another preprocessing. Its image steps are not applied to them, which
    /// are taken to be prepared; see [`Preparation`](super::Preparation).
    ///
    /// # Errors
    /// `Argument` for preprocessing that is impossible or does not fit the samples, `TooLarge` where
    /// there is no memory for the targets.
    pub fn with_preprocessing(&self, preprocessing: Preprocessing) -> Result<Self> {
        let affines = affines(&self.inputs, &preprocessing)?;
        let targets = self.targets.try_clone()?;
        Ok(Self {
            inputs: self.inputs.clone(),
            targets,
            class_names: self.class_names.clone(),
            preprocessing,
            affines,
            boxes: self.boxes.clone(),
            written: self.written.clone(),
            extras: self.extras.try_clone()?,
        })
    }

    /// The same targets and weights for other inputs of the samples, which go by their order, with the
    /// default preprocessing.
    ///
    /// # Errors
    /// `Data` or `Shape` unless there is one input at least and each has as many samples, `TooLarge`
    /// where there is no memory for the targets.
    pub(crate) fn with_inputs(&self, inputs: Vec<Column>) -> Result<Self> {
        if let Some(column) = inputs.iter().find(|column| column.len() != self.len()) {
            return Err(err!(
                Shape,
                "dataset: an input has {} samples, expected {}",
                column.len(),
                self.len()
            ));
        }
        let targets = self.targets.try_clone()?;
        let plain = Self::new(inputs, Targets::None, Vec::new(), Preprocessing::default())?;
        let class_names = self.class_names.clone();
        Ok(Self { targets, class_names, extras: self.extras.for_other_inputs()?, ..plain })
    }

    /// Bytes that samples, targets and boxes take, in memory or where they are stored.
    pub fn bytes(&self) -> u64 {
        let targets = self.targets.bytes() + self.extras.bytes();
        let boxes = self.boxes().map_or(0, Boxes::bytes);
        self.inputs.iter().map(Column::bytes).sum::<u64>() + targets as u64 + boxes
    }

    /// The class of each sample, where targets are classes.
    pub fn labels(&self) -> Option<&[u32]> {
        match &self.targets {
            Targets::Classes(labels) => Some(labels),
            Targets::None | Targets::Dense { .. } => None,
        }
    }

    /// How many samples each class has; empty where targets are not classes.
    pub fn counts(&self) -> Vec<usize> {
        self.counts_of(0)
    }

    /// One sample of the first input as it was given.
    ///
    /// # Errors
    /// `Argument` beyond the last sample, and what the place of a stored one answers.
    pub fn sample(&self, index: u32) -> Result<Values> {
        self.inputs[0].gather(&[index])
    }

    /// Writes an input of the samples at these indices, `[indices.len(), ...shape]`, with the
    /// numeric steps applied. Allocates nothing, as [`Column::visit`].
    ///
    /// # Errors
    /// `Argument` for an input or an index that does not exist, `Shape` if `x` has another length,
    /// and what the place of stored samples answers.
    pub fn input_into(&self, input: usize, indices: &[u32], x: &mut [f32]) -> Result<()> {
        let (Some(column), Some(affine)) = (self.inputs.get(input), self.affines.get(input)) else {
            return Err(err!(
                Argument,
                "input {input}: the dataset has {}, expected a lower number",
                self.inputs.len()
            ));
        };
        check_length("inputs", x.len(), indices.len(), column.width())?;
        let width = column.width();
        column.visit(indices, |position, sample| {
            let row = &mut x[position * width..(position + 1) * width];
            match sample {
                Sample::U8(sample) => affine.apply_to_bytes(sample, row),
                Sample::F32(sample) => affine.apply(sample, row),
            }
        })
    }

    /// Writes the classes of the samples at these indices. Allocates nothing.
    ///
    /// # Errors
    /// `Data` if targets are not classes, `Argument` for an index that does not exist, `Shape` if
    /// `classes` has another length.
    pub fn classes_into(&self, indices: &[u32], classes: &mut [u32]) -> Result<()> {
        self.targets.classes_into(indices, classes)
    }

    /// Writes the dense targets of the samples at these indices, `[indices.len(), ...shape]`.
    /// Allocates nothing.
    ///
    /// # Errors
    /// `Data` if targets are not dense, `Argument` for an index that does not exist, `Shape` if
    /// `values` has another length.
    pub fn values_into(&self, indices: &[u32], values: &mut [f32]) -> Result<()> {
        self.targets.values_into(indices, values)
    }

    /// A dataset of the samples at these indices, in this order.
    ///
    /// # Errors
    /// `Data` for no indices, `Argument` for one that does not exist, `TooLarge` where there is no
    /// memory for the samples.
    pub fn subset(&self, indices: &[u32]) -> Result<Self> {
        if indices.is_empty() {
            return Err(err!(Data, "subset: found no samples, expected at least 1"));
        }
        if let Some(&index) = indices.iter().find(|&&index| index as usize >= self.len()) {
            return Err(self.beyond(index));
        }
        let inputs = self.inputs.iter().map(|column| column.select(indices));
        let boxes = self.boxes().map(|boxes| boxes.select(indices).map(Arc::new)).transpose()?;
        let inputs = inputs.collect::<Result<_>>()?;
        let written = self.written.as_ref().map(|written| written.select(indices)).transpose()?;
        let (targets, extras) = (self.targets.select(indices)?, self.extras.select(indices)?);
        Ok(Self { boxes, written, extras, ..self.with_samples(inputs, targets) })
    }

    /// A dataset of other samples of the same kinds and shapes, which the caller knows to be right, and
    /// without boxes, texts and extras.
    pub(super) fn with_samples(&self, inputs: Vec<Column>, targets: Targets) -> Self {
        Self {
            inputs,
            targets,
            class_names: self.class_names.clone(),
            preprocessing: self.preprocessing.clone(),
            affines: self.affines.clone(),
            boxes: None,
            written: None,
            extras: Extras::default(),
        }
    }

    /// Inputs, targets and extras, to be overwritten by others that the caller knows to be right.
    pub(super) fn samples_mut(&mut self) -> (&mut [Column], &mut Targets, &mut Extras) {
        (&mut self.inputs, &mut self.targets, &mut self.extras)
    }

    /// The samples of this dataset and of another one. Class names and preprocessing are those of
    /// this one; the other's classes are found by their names, and new ones are added, as are those of
    /// boxes. Where only one has boxes, the pictures of the other have none.
    ///
    /// # Errors
    /// `Shape` or `Data` if samples or targets are of another shape or kind, `TooLarge` for more
    /// than 2^32 - 1 samples or than there is memory for.
    pub fn joined(&self, other: &Self) -> Result<Self> {
        if self.inputs.len() != other.inputs.len() {
            return Err(err!(
                Shape,
                "joining: found {} inputs, expected {}",
                other.inputs.len(),
                self.inputs.len()
            ));
        }
        if u32::try_from(self.len() + other.len()).is_err() {
            let samples = self.len() + other.len();
            return Err(err!(
                TooLarge,
                "joining: {samples} samples, expected at most {}",
                u32::MAX
            ));
        }
        let mut class_names = self.class_names.clone();
        let columns = self.inputs.iter().zip(&other.inputs);
        let inputs = columns.map(|(column, more)| column.joined(more)).collect::<Result<_>>()?;
        let targets = match (&self.targets, &other.targets) {
            (Targets::Classes(labels), Targets::Classes(more)) => {
                let numbers = merge_names(&mut class_names, &other.class_names);
                let mut all = reserve("the labels of both", labels.len() + more.len())?;
                all.extend_from_slice(labels);
                all.extend(more.iter().map(|&label| numbers[label as usize]));
                Targets::Classes(all)
            }
            (ours, theirs) => ours.joined(theirs)?,
        };
        let extras = self.joined_extras(other)?;
        let (boxes, written) = (self.joined_boxes(other)?, self.joined_texts(other)?);
        Ok(Self { class_names, boxes, written, extras, ..self.with_samples(inputs, targets) })
    }

    fn beyond(&self, index: u32) -> crate::Error {
        beyond(index, self.len())
    }
}

/// What the numeric steps come to for each input.
fn affines(inputs: &[Column], preprocessing: &Preprocessing) -> Result<Vec<Affine>> {
    preprocessing.validate()?;
    let others = Preprocessing::default();
    (0..)
        .zip(inputs)
        .map(|(index, column)| {
            let steps = if index == 0 { preprocessing } else { &others };
            steps.affine(column)
        })
        .collect()
}

/// The names that are given, if there is one for every label; else the classes' numbers.
fn name_classes(labels: &[u32], names: Vec<String>) -> Result<Vec<String>> {
    let unnamed = names.is_empty();
    let classes = if unnamed { MOST_UNNAMED_CLASSES as usize } else { names.len() };
    if let Some(sample) = labels.iter().position(|&label| label as usize >= classes) {
        return Err(err!(
            Data,
            "targets: the label of sample {sample} is {}, expected less than {classes}{}",
            labels[sample],
            if unnamed { "" } else { ", the number of class names" }
        ));
    }
    if !unnamed {
        return Ok(names);
    }
    let highest = labels.iter().max().copied().unwrap_or(0);
    Ok((0..=highest).map(|class| class.to_string()).collect())
}

/// Adds the names that are missing and says under which number each of `more` stands.
pub(super) fn merge_names(names: &mut Vec<String>, more: &[String]) -> Vec<u32> {
    let mut numbers = Vec::with_capacity(more.len());
    for name in more {
        let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name.clone());
            names.len() - 1
        });
        numbers.push(u32::try_from(at).unwrap_or(u32::MAX));
    }
    numbers
}

pub(super) fn check_length(what: &str, found: usize, samples: usize, width: usize) -> Result<()> {
    if samples.checked_mul(width) == Some(found) {
        return Ok(());
    }
    Err(err!(Shape, "{what}: room for {found} values, expected {samples} samples of {width}"))
}
