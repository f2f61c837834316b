//! Shapes and their sizes.

use crate::{Result, err};

/// The sizes of a tensor of one sample, without the batch dimension.
pub type Shape = Vec<usize>;

/// The most numbers that one sample of a tensor, or one parameter, may have: 1 GiB of them.
pub const MAX_ELEMENTS: usize = 1 << 28;

/// The numbers in a tensor of this shape.
///
/// # Errors
/// `Shape` where a size is 0, `TooLarge` above [`MAX_ELEMENTS`]. `name` says whose shape it is.
pub fn element_count(name: &str, shape: &[usize]) -> Result<usize> {
    if shape.contains(&0) {
        return Err(err!(Shape, "{name} has shape {shape:?}, expected sizes of at least 1"));
    }
    shape
        .iter()
        .try_fold(1usize, |product, &size| product.checked_mul(size))
        .filter(|&product| product <= MAX_ELEMENTS)
        .ok_or_else(|| {
            err!(TooLarge, "{name} has shape {shape:?}, more than {MAX_ELEMENTS} numbers a sample")
        })
}

/// The numbers in a tensor whose size was checked.
pub(super) fn len(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// The only input, as an image.
///
/// # Errors
/// `Shape` if it is none.
pub(super) fn image(layer: &str, inputs: &[Shape]) -> Result<[usize; 3]> {
    let found = inputs.first().map_or(&[][..], Vec::as_slice);
    found.try_into().map_err(|_| {
        err!(Shape, "{layer}: the input has shape {found:?}, expected [height, width, channels]")
    })
}

/// The only input, as a sequence.
///
/// # Errors
/// `Shape` if it is none.
pub(super) fn sequence(layer: &str, inputs: &[Shape]) -> Result<[usize; 2]> {
    let found = inputs.first().map_or(&[][..], Vec::as_slice);
    found.try_into().map_err(|_| {
        err!(Shape, "{layer}: the input has shape {found:?}, expected [length, channels]")
    })
}

/// Refuses a window that is longer than a sequence without padding.
pub(super) fn check_span(what: &str, length: usize, window: usize, dilation: usize) -> Result<()> {
    let span = window.saturating_sub(1).saturating_mul(dilation).saturating_add(1);
    if span <= length {
        return Ok(());
    }
    Err(err!(
        Shape,
        "the input of length {length} is shorter than the {what}, which spans {span}; padding \
         \"same\" would take it"
    ))
}

/// Refuses a window that is larger than an image without padding.
pub(super) fn check_window(
    what: &str,
    image: [usize; 3],
    window: [usize; 2],
    dilation: [usize; 2],
) -> Result<()> {
    let [height, width, _] = image;
    let span = [0, 1].map(|i| (window[i].saturating_sub(1)).saturating_mul(dilation[i]) + 1);
    if span[0] <= height && span[1] <= width {
        return Ok(());
    }
    let dilated = if dilation == [1, 1] { "" } else { " (dilated)" };
    Err(err!(
        Shape,
        "the input of {height}x{width} is smaller than the {}x{} {what}{dilated}; padding \"same\" \
         would take it",
        span[0],
        span[1]
    ))
}

/// Several shapes in a message.
pub(super) fn list(shapes: &[Shape]) -> String {
    let shapes: Vec<String> = shapes.iter().map(|shape| format!("{shape:?}")).collect();
    shapes.join(" and ")
}
