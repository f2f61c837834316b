//! Samples on their way to another worker.

use super::column::{Column, Values};
use super::dataset::Dataset;
use super::targets::{Targets, copy_rows};
use crate::{Result, err};

/// Room for some samples of a dataset, as they were given and with their targets, to be filled
/// again and again.
#[derive(Clone, Debug)]
pub struct Rows {
    dataset: Dataset,
}

/// The values of all rows of an input, or of their targets.
#[derive(Debug)]
pub enum RowValues<'a> {
    /// Bytes.
    U8(&'a mut [u8]),
    /// Numbers.
    F32(&'a mut [f32]),
    /// Classes.
    U32(&'a mut [u32]),
}

impl Rows {
    /// Room for so many samples of a dataset like this one; all are zero.
    ///
    /// # Errors
    /// `Data` for no samples, `TooLarge` where there is no memory for them.
    pub fn new(like: &Dataset, samples: usize) -> Result<Self> {
        if samples == 0 {
            return Err(err!(Data, "rows: found no samples, expected at least 1"));
        }
        let beyond = || err!(TooLarge, "rows: {samples} samples have more values than memory");
        let columns = like.inputs().iter().map(|column| {
            let len = samples.checked_mul(column.width()).ok_or_else(beyond)?;
            Column::new(column.shape().to_vec(), column.kind().zeros("rows of samples", len)?)
        });
        let targets = like.targets().zeros(samples)?;
        let mut dataset = like.with_samples(columns.collect::<Result<_>>()?, targets);
        dataset.extras = like.extras.zeros(samples)?;
        Ok(Self { dataset })
    }

    /// A dataset that begins with the samples that were put in.
    #[must_use]
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Takes the samples at these indices, in this order.
    ///
    /// # Errors
    /// `Shape` for more samples than there is room for, or of a dataset of another kind; `Argument`
    /// for an index that does not exist; what the place of stored samples answers.
    pub fn gather(&mut self, from: &Dataset, indices: &[u32]) -> Result<()> {
        let capacity = self.dataset.len();
        if indices.len() > capacity {
            return Err(err!(
                Shape,
                "rows: found {} samples, expected at most {capacity}",
                indices.len()
            ));
        }
        if let Some(index) = indices.iter().find(|&&index| index as usize >= from.len()) {
            return Err(err!(Argument, "sample {index}: the dataset has {} samples", from.len()));
        }
        if !is_alike(&self.dataset, from) {
            return Err(err!(
                Shape,
                "rows: the samples are of another kind or shape than the room for them"
            ));
        }
        let (inputs, targets, extras) = self.dataset.samples_mut();
        for (column, source) in inputs.iter_mut().zip(from.inputs()) {
            if let Some(rows) = column.values_mut() {
                source.gather_into(indices, rows)?;
            }
        }
        targets.gather_from(from.targets(), indices);
        for (to, source) in extras.further.iter_mut().zip(&from.extras.further) {
            to.targets.gather_from(&source.targets, indices);
        }
        if let (Some(to), Some(weights)) = (&mut extras.sample_weight, from.sample_weight()) {
            copy_rows(&mut to.values, weights, to.width, indices);
        }
        Ok(())
    }

    /// Calls `visit` with the values of the first `samples` rows: of each input, then of the targets of
    /// each output and the weights of the samples, if there are any. What is written there is not
    /// checked again.
    ///
    /// # Errors
    /// `Shape` for more samples than there is room for.
    pub fn visit(&mut self, samples: usize, mut visit: impl FnMut(RowValues<'_>)) -> Result<()> {
        let capacity = self.dataset.len();
        if samples > capacity {
            return Err(err!(Shape, "rows: found {samples} samples, expected at most {capacity}"));
        }
        let (inputs, targets, extras) = self.dataset.samples_mut();
        for column in inputs {
            let len = samples * column.width();
            match column.values_mut() {
                Some(Values::U8(values)) => visit(RowValues::U8(&mut values[..len])),
                Some(Values::F32(values)) => visit(RowValues::F32(&mut values[..len])),
                None => {}
            }
        }
        let further = extras.further.iter_mut().map(|further| &mut further.targets);
        for targets in std::iter::once(targets).chain(further) {
            match targets {
                Targets::None => {}
                Targets::Classes(labels) => visit(RowValues::U32(&mut labels[..samples])),
                Targets::Dense { values, .. } => {
                    let width = values.len() / capacity;
                    visit(RowValues::F32(&mut values[..samples * width]));
                }
            }
        }
        if let Some(weights) = &mut extras.sample_weight {
            visit(RowValues::F32(&mut weights.values[..samples * weights.width]));
        }
        Ok(())
    }
}

/// Whether samples and targets are of the same kinds and shapes.
fn is_alike(one: &Dataset, other: &Dataset) -> bool {
    let (ours, theirs) = (one.inputs(), other.inputs());
    let columns = ours.len() == theirs.len()
        && ours
            .iter()
            .zip(theirs)
            .all(|(ours, theirs)| ours.shape() == theirs.shape() && ours.kind() == theirs.kind());
    columns && one.targets().is_alike(other.targets()) && one.extras.is_alike(&other.extras)
}
