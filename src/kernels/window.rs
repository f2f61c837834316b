//! Sliding windows along one axis, shared by convolutions and pools.

use crate::{Result, err};

/// The most elements one image, kernel or output may have.
pub(super) const MAX_ELEMENTS: usize = 1 << 28;

/// How the borders of an image are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Windows lie wholly inside: `out = (in - span) / stride + 1`.
    Valid,
    /// `out = ceil(in / stride)`; the padding is split evenly, with the odd one at the end, as
    /// TensorFlow and Keras do.
    Same,
    /// As many outputs as [`Padding::Same`], with all of the padding before the first element: an
    /// output sees no element that comes after its own.
    Causal,
}

/// The window along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    pub before: usize,
    pub after: usize,
    pub out: usize,
}

impl Axis {
    /// Places windows of `size` elements, `dilation` apart, every `stride` elements.
    pub fn new(
        name: &str,
        length: usize,
        size: usize,
        stride: usize,
        dilation: usize,
        padding: Padding,
    ) -> Result<Self> {
        if length == 0 || size == 0 || stride == 0 || dilation == 0 {
            return Err(err!(
                Argument,
                "{name}: length {length}, window {size}, stride {stride} and dilation {dilation} must be at least 1"
            ));
        }
        if length > MAX_ELEMENTS {
            return Err(err!(
                TooLarge,
                "{name}: {length} elements, expected at most {MAX_ELEMENTS}"
            ));
        }
        let span = (size - 1)
            .checked_mul(dilation)
            .and_then(|span| span.checked_add(1))
            .filter(|&span| span <= MAX_ELEMENTS)
            .ok_or_else(|| {
                err!(
                    TooLarge,
                    "{name}: a window of {size} elements, {dilation} apart, is too large"
                )
            })?;
        match padding {
            Padding::Valid if span > length => Err(err!(
                Shape,
                "{name}: a window that spans {span} does not fit an input of {length} without padding"
            )),
            Padding::Valid => Ok(Self { before: 0, after: 0, out: (length - span) / stride + 1 }),
            Padding::Same => {
                let out = length.div_ceil(stride);
                let total = ((out - 1) * stride + span).saturating_sub(length);
                Ok(Self { before: total / 2, after: total - total / 2, out })
            }
            Padding::Causal => {
                Ok(Self { before: span - 1, after: 0, out: length.div_ceil(stride) })
            }
        }
    }
}

/// The product of sizes, refused above [`MAX_ELEMENTS`].
pub(super) fn elements(name: &str, sizes: &[usize]) -> Result<usize> {
    sizes
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size))
        .filter(|&product| product <= MAX_ELEMENTS)
        .ok_or_else(|| err!(TooLarge, "{name}: {sizes:?} has more than {MAX_ELEMENTS} elements"))
}
