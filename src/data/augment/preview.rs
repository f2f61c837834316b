//! Changed samples to look at.

use super::{Augmentation, Augmenter, Draw, Mixer};
use crate::data::LabelledBox;
use crate::data::column::{Kind, Values};
use crate::data::dataset::Dataset;
use crate::memory::allocate;
use crate::{Result, err};

/// The images at these indices as the shard of a run with this seed has them in this epoch, before
/// the numeric steps: bytes are rounded to bytes again.
///
/// # Errors
/// What [`Augmenter::for_dataset`] refuses, `Argument` for an index that does not exist, `TooLarge`
/// where there is no memory for them, `Unsupported` for mixing pictures that have boxes.
pub fn preview(
    dataset: &Dataset,
    indices: &[u32],
    augmentation: Augmentation,
    seed: u64,
    epoch: u64,
) -> Result<Values> {
    let mut augmenter = Augmenter::for_dataset(augmentation, dataset)?;
    refuse_mixed_boxes(dataset, &augmentation)?;
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

/// The boxes of the images at these indices as such a run has them; none of a dataset without boxes.
///
/// # Errors
/// What [`preview`] refuses.
pub fn preview_boxes(
    dataset: &Dataset,
    indices: &[u32],
    augmentation: Augmentation,
    seed: u64,
    epoch: u64,
) -> Result<Vec<Vec<LabelledBox>>> {
    let Some(boxes) = dataset.boxes() else { return Ok(Vec::new()) };
    refuse_mixed_boxes(dataset, &augmentation)?;
    let mut augmenter = Augmenter::for_dataset(augmentation, dataset)?;
    let moved = |&sample: &u32| {
        let draw = Draw { seed, epoch, sample: sample.into() };
        moved_boxes(&mut augmenter, draw, boxes.of(sample as usize))
    };
    Ok(indices.iter().map(moved).collect())
}

/// The boxes of an image after its change, those that are still to be seen.
pub(super) fn moved_boxes(
    augmenter: &mut Augmenter,
    draw: Draw,
    boxes: &[LabelledBox],
) -> Vec<LabelledBox> {
    let corners: Vec<[f32; 4]> = boxes.iter().map(|labelled| labelled.corners).collect();
    let moved = augmenter.move_boxes(draw, &corners);
    let kept = boxes.iter().zip(moved).filter_map(|(&LabelledBox { class, .. }, corners)| {
        corners.map(|corners| LabelledBox { corners, class })
    });
    kept.collect()
}

/// Which of the boxes of two pictures that are mixed count is not decided.
fn refuse_mixed_boxes(dataset: &Dataset, augmentation: &Augmentation) -> Result<()> {
    for (attribute, value) in [("mixup", augmentation.mixup), ("cutmix", augmentation.cutmix)] {
        if value > 0.0 && dataset.boxes().is_some() {
            return Err(err!(
                Unsupported,
                "augmentation: {attribute} is {value}, expected 0 for pictures with boxes"
            ));
        }
    }
    Ok(())
}
