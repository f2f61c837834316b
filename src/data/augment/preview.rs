//! Changed samples to look at.

use super::{Augmentation, Augmenter, Draw, Mixer};
use crate::data::column::{Kind, Values};
use crate::data::dataset::Dataset;
use crate::memory::allocate;
use crate::{Result, err};

/// The images at these indices as the shard of a run with this seed has them in this epoch, before
/// the numeric steps: bytes are rounded to bytes again.
///
/// # Errors
/// What [`Augmenter::for_dataset`] refuses, `Argument` for an index that does not exist, `TooLarge`
/// where there is no memory for them.
pub fn preview(
    dataset: &Dataset,
    indices: &[u32],
    augmentation: Augmentation,
    seed: u64,
    epoch: u64,
) -> Result<Values> {
    let mut augmenter = Augmenter::for_dataset(augmentation, dataset)?;
    let size = augmenter.shape().iter().product::<usize>();
    let Some(len) = indices.len().checked_mul(size) else {
        return Err(err!(TooLarge, "augmentation: {} images exceed the memory", indices.len()));
    };
    let draw = |sample: u32| Draw { seed, epoch, sample: sample.into() };
    let mut images = allocate("augmented images", len)?;
    let column = &dataset.inputs()[0];
    column.visit(indices, |at, sample| {
        let image = &mut images[at * size..(at + 1) * size];
        augmenter.change_numbers(draw(indices[at]), sample, image);
    })?;
    let mixer = Mixer::new(&augmentation, augmenter.shape(), indices.len(), 0)?;
    if let (Some(mut mixer), Some(&first)) = (mixer, indices.first()) {
        mixer.mix_images(draw(first), &mut images);
    }
    if column.kind() == Kind::U8 && !indices.is_empty() {
        let mut bytes: Vec<u8> = allocate("augmented images", len)?;
        for (byte, value) in bytes.iter_mut().zip(images) {
            *byte = (value + 0.5) as u8;
        }
        return Ok(Values::U8(bytes));
    }
    Ok(Values::F32(images))
}
