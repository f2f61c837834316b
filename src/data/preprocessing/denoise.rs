//! Steps that smooth an image. Beyond its edges the outer pixels go on.
//!
//! They are not inlined, so that a page whose model does without need not load them at first.

use super::image::Image;
use crate::Result;
use crate::memory::{allocate, reserve};

/// Each pixel becomes the median of the square of `size` pixels a side around it (odd), channel by
/// channel.
#[inline(never)]
pub(super) fn median(image: &Image, size: usize) -> Result<Image> {
    let Image { height, width, channels, ref data } = *image;
    let reach = size / 2;
    let mut square = Vec::with_capacity(size * size);
    let mut result = reserve("an image", data.len())?;
    for y in 0..height {
        for x in 0..width {
            for channel in 0..channels {
                square.clear();
                for row in y..y + size {
                    let row = row.saturating_sub(reach).min(height - 1) * width;
                    let columns = (x..x + size).map(|x| x.saturating_sub(reach).min(width - 1));
                    square.extend(columns.map(|x| data[(row + x) * channels + channel]));
                }
                let middle = square.len() / 2;
                result.push(*square.select_nth_unstable(middle).1);
            }
        }
    }
    Ok(Image { data: result, ..*image })
}

/// A Gaussian filter of this standard deviation in pixels, cut off at four of them, rounded
/// (`scipy.ndimage.gaussian_filter` with the mode "nearest").
#[inline(never)]
pub(super) fn gaussian(image: &Image, sigma: f32) -> Result<Image> {
    let Image { height, width, channels, ref data } = *image;
    let sigma = f64::from(sigma);
    let reach = (4.0 * sigma + 0.5) as usize;
    let weight = |i: usize| {
        let distance = i as f64 - reach as f64;
        libm::exp(-0.5 * distance * distance / (sigma * sigma))
    };
    let total: f64 = (0..=2 * reach).map(weight).sum();
    let weights: Vec<f32> = (0..=2 * reach).map(|i| (weight(i) / total) as f32).collect();
    let row_len = width * channels;
    let mut result = reserve("an image", data.len())?;
    // A row that is filtered downwards, with its outer pixels repeated on both sides.
    let mut padded: Vec<f32> = allocate("an image", row_len + 2 * reach * channels)?;
    let mut sums: Vec<f32> = allocate("an image", row_len)?;
    for y in 0..height {
        let inner = &mut padded[reach * channels..][..row_len];
        inner.fill(0.0);
        for (row, &weight) in (y..).zip(&weights) {
            let row = row.saturating_sub(reach).min(height - 1) * row_len;
            for (sum, &byte) in inner.iter_mut().zip(&data[row..row + row_len]) {
                *sum += weight * f32::from(byte);
            }
        }
        for i in 0..reach {
            let (first, last) = (reach * channels, (reach + width - 1) * channels);
            padded.copy_within(first..first + channels, i * channels);
            padded.copy_within(last..last + channels, last + (i + 1) * channels);
        }
        sums.fill(0.0);
        for (i, &weight) in weights.iter().enumerate() {
            for (sum, value) in sums.iter_mut().zip(&padded[i * channels..]) {
                *sum += weight * value;
            }
        }
        result.extend(sums.iter().map(|sum| (sum + 0.5) as u8));
    }
    Ok(Image { data: result, ..*image })
}
