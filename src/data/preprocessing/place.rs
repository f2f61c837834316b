//! Steps that choose what part of an image is seen, where and how large.

use super::filter::Filter;
use super::image::Image;
use super::resample::{Axis, Outside, resample};
use super::steps::{Crop, Fit, Pad};
use crate::Result;
use crate::memory::{allocate, reserve};

/// The image in another size.
///
/// # Errors
/// `TooLarge` where there is no memory for it.
pub(super) fn resize(
    image: Image,
    height: usize,
    width: usize,
    fit: Fit,
    filter: Filter,
) -> Result<Image> {
    if (image.height, image.width) == (height, width) {
        return Ok(image);
    }
    let [vertical, horizontal] =
        resize_axes([image.height, image.width], [height, width], fit, filter);
    resample(&image, &vertical, &horizontal)
}

/// How the axes of an image of `[height, width]` are resampled to another size.
pub(super) fn resize_axes(from: [usize; 2], to: [usize; 2], fit: Fit, filter: Filter) -> [Axis; 2] {
    let steps = [0, 1].map(|axis| from[axis] as f64 / to[axis] as f64);
    let (step, outside) = match fit {
        Fit::Stretch => return [0, 1].map(|axis| Axis::stretch(from[axis], to[axis], filter)),
        Fit::Cover => (steps[0].min(steps[1]), Outside::Nothing),
        Fit::Contain => (steps[0].max(steps[1]), Outside::Black),
    };
    [0, 1].map(|axis| Axis {
        origin: (from[axis] as f64 - 1.0 - step * (to[axis] as f64 - 1.0)) / 2.0,
        step,
        len: to[axis],
        from: 0,
        to: from[axis],
        outside,
        filter,
    })
}

/// A part of the image.
///
/// # Errors
/// `TooLarge` where there is no memory for it, as all that follow.
#[inline(never)]
pub(super) fn crop(image: &Image, crop: &Crop) -> Result<Image> {
    let size = [crop.height as usize, crop.width as usize];
    window(image, crop_begin([image.height, image.width], crop), size, 0)
}

/// Where (y, x) what is cropped from an image of `[height, width]` begins in it.
pub(super) fn crop_begin([height, width]: [usize; 2], crop: &Crop) -> [isize; 2] {
    let begin = |given: Option<u32>, source: usize, len: u32| {
        given.map_or((source as isize - len as isize).div_euclid(2), |given| given as isize)
    };
    [begin(crop.top, height, crop.height), begin(crop.left, width, crop.width)]
}

/// A larger image with this one in its middle.
#[inline(never)]
pub(super) fn pad(image: Image, pad: &Pad) -> Result<Image> {
    let height = usize::max(pad.height as usize, image.height);
    let width = usize::max(pad.width as usize, image.width);
    if (height, width) == (image.height, image.width) {
        return Ok(image);
    }
    let (from, to) = ([image.height, image.width], [height, width]);
    window(&image, pad_begin(from, to), to, pad.value)
}

/// Where (y, x) a larger image begins in the one that is in its middle.
pub(super) fn pad_begin(from: [usize; 2], to: [usize; 2]) -> [isize; 2] {
    [0, 1].map(|axis| -(((to[axis] - from[axis]) / 2) as isize))
}

/// What is seen of an image from a place (y, x) on, with one value around it.
fn window(
    image: &Image,
    [top, left]: [isize; 2],
    [height, width]: [usize; 2],
    value: u8,
) -> Result<Image> {
    let channels = image.channels;
    let len = height * width * channels;
    let mut data = reserve("an image", len)?;
    data.resize(len, value);
    // Of each axis: the first pixel that is there in both, in either, and how many there are.
    let shared = |begin: isize, source: usize, len: usize| {
        let (from, to) = (begin.max(0) as usize, begin.min(0).unsigned_abs());
        (from, to, source.saturating_sub(from).min(len.saturating_sub(to)))
    };
    let (from_y, to_y, rows) = shared(top, image.height, height);
    let (from_x, to_x, columns) = shared(left, image.width, width);
    for row in 0..if columns > 0 { rows } else { 0 } {
        let from = ((from_y + row) * image.width + from_x) * channels;
        let to = ((to_y + row) * width + to_x) * channels;
        let len = columns * channels;
        data[to..to + len].copy_from_slice(&image.data[from..from + len]);
    }
    Ok(Image { height, width, channels, data })
}

/// Bright ink on black, as MNIST set its digits: the longer side of the ink's bounding box scaled
/// to `ink_box` pixels, its centre of mass at index `size / 2` of both axes (14.0 of 28), where
/// indices are the middles of pixels. It is one resampling of the whole drawing, so nothing is cut
/// that the result has room for. Without ink the result is black.
///
/// # Errors
/// `TooLarge` where there is no memory for it.
pub(super) fn center_of_mass(gray: &Image, ink_box: usize, size: usize) -> Result<Image> {
    let Some([vertical, horizontal]) = ink_axes(gray, ink_box, size) else {
        let data = allocate("an image", size * size)?;
        return Ok(Image { height: size, width: size, channels: 1, data });
    };
    resample(gray, &vertical, &horizontal)
}

/// How the axes of a drawing are resampled for that, if there is ink.
pub(super) fn ink_axes(gray: &Image, ink_box: usize, size: usize) -> Option<[Axis; 2]> {
    let ink = Ink::find(gray)?;
    let longer = usize::max(ink.bottom - ink.top, ink.right - ink.left);
    let step = longer as f64 / ink_box as f64;
    let axis = |center: f64, from: usize, to: usize| Axis {
        origin: center - step * (size as f64 / 2.0),
        step,
        len: size,
        from,
        to,
        outside: Outside::Black,
        filter: Filter::Area,
    };
    Some([axis(ink.center_y, ink.top, ink.bottom), axis(ink.center_x, ink.left, ink.right)])
}

/// Where the ink of a drawing is: every pixel that is not black.
struct Ink {
    top: usize,
    bottom: usize,
    left: usize,
    right: usize,
    /// Centre of mass, in indices of pixels.
    center_y: f64,
    center_x: f64,
}

impl Ink {
    fn find(gray: &Image) -> Option<Self> {
        // An image has less than 2^16 pixels a side, so these sums are exact.
        let mut rows = vec![0_u32; gray.height];
        let mut columns = vec![0_u32; gray.width];
        for (row_sum, row) in rows.iter_mut().zip(gray.data.chunks_exact(gray.width)) {
            for (column_sum, &byte) in columns.iter_mut().zip(row) {
                *column_sum += u32::from(byte);
            }
            *row_sum = row.iter().map(|&byte| u32::from(byte)).sum();
        }
        let (top, bottom, center_y) = extent(&rows)?;
        let (left, right, center_x) = extent(&columns)?;
        Some(Self { top, bottom, left, right, center_y, center_x })
    }
}

/// Of the ink along an axis: the first index, the one after the last, and the centre of mass.
fn extent(sums: &[u32]) -> Option<(usize, usize, f64)> {
    let first = sums.iter().position(|&sum| sum > 0)?;
    let last = sums.iter().rposition(|&sum| sum > 0)?;
    let mass: u64 = sums.iter().map(|&sum| u64::from(sum)).sum();
    let moment: u64 = (0..).zip(sums).map(|(index, &sum)| index * u64::from(sum)).sum();
    Some((first, last + 1, moment as f64 / mass as f64))
}
