//! Steps that choose what part of an image is seen, where and how large.

use super::Fit;
use super::image::Image;
use super::resample::{Axis, Outside, resample};

/// Pixels at most this bright are paper.
const PAPER: u8 = 0;

/// The image in another size.
pub(super) fn resize(image: Image, height: usize, width: usize, fit: Fit) -> Image {
    if (image.height, image.width) == (height, width) {
        return image;
    }
    match fit {
        Fit::Stretch => {
            let (vertical, horizontal) =
                (Axis::stretch(image.height, height), Axis::stretch(image.width, width));
            resample(&image, &vertical, &horizontal)
        }
        Fit::Contain => {
            let step =
                f64::max(image.height as f64 / height as f64, image.width as f64 / width as f64);
            let middle = |source: usize, len: usize| Axis {
                origin: (source as f64 - 1.0 - step * (len as f64 - 1.0)) / 2.0,
                step,
                len,
                from: 0,
                to: source,
                outside: Outside::Black,
            };
            resample(&image, &middle(image.height, height), &middle(image.width, width))
        }
    }
}

/// Bright ink on black, as MNIST set its digits: the longer side of the ink's bounding box scaled
/// to `ink_box` pixels, its centre of mass at index `size / 2` of both axes (14.0 of 28), where
/// indices are the middles of pixels. It is one resampling of the whole drawing, so nothing is cut
/// that the result has room for. Without ink the result is black.
pub(super) fn center_of_mass(gray: &Image, ink_box: usize, size: usize) -> Image {
    let Some(ink) = Ink::find(gray) else {
        return Image { height: size, width: size, channels: 1, data: vec![0; size * size] };
    };
    let longer = usize::max(ink.bottom - ink.top, ink.right - ink.left);
    let step = longer as f64 / ink_box as f64;
    let axis = |center: f64, from: usize, to: usize| Axis {
        origin: center - step * (size as f64 / 2.0),
        step,
        len: size,
        from,
        to,
        outside: Outside::Black,
    };
    let vertical = axis(ink.center_y, ink.top, ink.bottom);
    let horizontal = axis(ink.center_x, ink.left, ink.right);
    resample(gray, &vertical, &horizontal)
}

/// Where the ink of a drawing is.
struct Ink {
    top: usize,
    bottom: usize,
    left: usize,
    right: usize,
    /// Centre of mass within the box, in indices of pixels.
    center_y: f64,
    center_x: f64,
}

impl Ink {
    fn find(gray: &Image) -> Option<Self> {
        let is_ink = |byte: u8| byte > PAPER;
        let rows = || gray.data.chunks_exact(gray.width);
        let has_ink = |row: &[u8]| row.iter().copied().max().is_some_and(is_ink);
        let top = rows().position(has_ink)?;
        let bottom = rows().rposition(has_ink)? + 1;
        let (mut left, mut right) = (gray.width, 0);
        for row in rows().skip(top).take(bottom - top) {
            left = row[..left].iter().position(|&byte| is_ink(byte)).unwrap_or(left);
            let more = row[right..].iter().rposition(|&byte| is_ink(byte));
            right = more.map_or(right, |more| right + more + 1);
        }
        // Exact sums: no rounding, whatever their order.
        let (mut mass, mut moment_y, mut moment_x) = (0_u64, 0_u64, 0_u64);
        for (y, row) in rows().enumerate().skip(top).take(bottom - top) {
            let (mut sum, mut moment) = (0_u64, 0_u64);
            for (x, &byte) in (left as u64..).zip(&row[left..right]) {
                sum += u64::from(byte);
                moment += x * u64::from(byte);
            }
            mass += sum;
            moment_y += y as u64 * sum;
            moment_x += moment;
        }
        let center = |moment: u64| moment as f64 / mass as f64;
        Some(Self {
            top,
            bottom,
            left,
            right,
            center_y: center(moment_y),
            center_x: center(moment_x),
        })
    }
}
