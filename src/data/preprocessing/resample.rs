//! Images in another size.
//!
//! With the filter `area`, every pixel of the result looks at the source through a window as wide as itself, but at least
//! one pixel of the source wide, and takes the mean of what lies in it: bilinear interpolation when
//! it grows, the mean over the covered area when it shrinks, and nothing in between that jumps.

use super::filter::Filter;
use super::image::Image;
use crate::Result;
use crate::memory::reserve;

/// How one axis is resampled: the pixel at index `i` of the result has its middle at index
/// `origin + step * i` of the source, where an index is the middle of a pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    pub origin: f64,
    /// Pixels of the source for one of the result.
    pub step: f64,
    /// Pixels of the result.
    pub len: usize,
    /// The part of the source that is looked at.
    pub from: usize,
    pub to: usize,
    /// What lies outside of that part.
    pub outside: Outside,
    pub filter: Filter,
}

/// What lies outside of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outside {
    /// Black.
    Black,
    /// Nothing: the mean is taken over what lies inside.
    Nothing,
}

impl Axis {
    /// All `source` pixels onto `len` pixels.
    pub fn stretch(source: usize, len: usize, filter: Filter) -> Self {
        let step = source as f64 / len as f64;
        let origin = (step - 1.0) / 2.0;
        Self { origin, step, len, from: 0, to: source, outside: Outside::Nothing, filter }
    }

    /// The pixels of the source that each pixel of the result sees, with their weights.
    fn windows(&self) -> Windows {
        let mut windows = Windows { ranges: Vec::with_capacity(self.len), weights: Vec::new() };
        for i in 0..self.len {
            let middle = self.origin + self.step * i as f64;
            let begin = windows.weights.len();
            let (first, total) = match self.filter {
                Filter::Area => self.cover(middle, &mut windows.weights),
                Filter::Nearest => self.nearest(middle, &mut windows.weights),
                _ => self.weigh(middle, &mut windows.weights),
            };
            if total > 0.0 {
                let factor = (1.0 / total) as f32;
                for weight in &mut windows.weights[begin..] {
                    *weight *= factor;
                }
            }
            windows.ranges.push((first, begin..windows.weights.len()));
        }
        windows
    }

    /// Between the edges of the part that is looked at.
    fn inside(&self, edge: f64) -> usize {
        (edge.max(self.from as f64) as usize).min(self.to)
    }

    /// Adds how much of each pixel is covered, from the first one on that is returned, and says what
    /// the weights should add up to.
    fn cover(&self, middle: f64, weights: &mut Vec<f32>) -> (usize, f64) {
        let width = self.step.max(1.0);
        // Pixel j covers j - 1/2 to j + 1/2.
        let (low, high) = (middle - width / 2.0, middle + width / 2.0);
        let first = self.inside(libm::floor(low + 0.5));
        let end = self.inside(libm::ceil(high + 0.5)).max(first);
        let mut total = 0.0;
        for j in first..end {
            let j = j as f64;
            let overlap = (high.min(j + 0.5) - low.max(j - 0.5)).max(0.0);
            weights.push(overlap as f32);
            total += overlap;
        }
        (first, if self.outside == Outside::Black { width } else { total })
    }

    /// The same for one pixel.
    #[inline(never)]
    fn nearest(&self, middle: f64, weights: &mut Vec<f32>) -> (usize, f64) {
        let place = libm::floor(middle + 0.5);
        let within = place >= self.from as f64 && place < self.to as f64;
        if within || self.outside == Outside::Nothing {
            weights.push(1.0);
        }
        (self.inside(place).min(self.to - 1), 1.0)
    }

    /// The same for the weights of a filter.
    #[inline(never)]
    fn weigh(&self, middle: f64, weights: &mut Vec<f32>) -> (usize, f64) {
        let scale = self.step.max(1.0);
        let reach = self.filter.reach() * scale;
        let (low, high) = (libm::ceil(middle - reach), libm::floor(middle + reach));
        let first = self.inside(low);
        let end = self.inside(high + 1.0).max(first);
        let weight = |j: f64| self.filter.weight((j - middle) / scale);
        let mut total = 0.0;
        for j in first..end {
            let weight = weight(j as f64);
            weights.push(weight as f32);
            total += weight;
        }
        if self.outside == Outside::Black {
            total = (0..=(high - low) as usize).map(|j| weight(low + j as f64)).sum();
        }
        (first, total)
    }
}

struct Windows {
    /// For each pixel of the result: the first pixel of the source, and where its weights are.
    ranges: Vec<(usize, std::ops::Range<usize>)>,
    weights: Vec<f32>,
}

impl Windows {
    fn iter(&self) -> impl Iterator<Item = (usize, &[f32])> {
        self.ranges.iter().map(|(first, range)| (*first, &self.weights[range.clone()]))
    }
}

/// The image seen through the windows of both axes.
///
/// # Errors
/// `TooLarge` where there is no memory for it.
pub(super) fn resample(image: &Image, vertical: &Axis, horizontal: &Axis) -> Result<Image> {
    let channels = image.channels;
    let (rows, columns) = (vertical.windows(), horizontal.windows());
    let mut data = reserve("an image", vertical.len * horizontal.len * channels)?;
    // Rows first: that pass reads the whole source and runs along it.
    let (from, to) = (horizontal.from * channels, horizontal.to * channels);
    let mut seen = vec![0.0_f32; to - from];
    for (y, weights) in rows.iter() {
        seen.fill(0.0);
        for (y, &weight) in (y..).zip(weights) {
            let row = &image.data[y * image.width * channels..][from..to];
            for (sum, &byte) in seen.iter_mut().zip(row) {
                *sum += weight * f32::from(byte);
            }
        }
        for (x, weights) in columns.iter() {
            let begin = (x - horizontal.from) * channels;
            for channel in 0..channels {
                let values = seen[begin..].iter().skip(channel).step_by(channels);
                let value: f32 = values.zip(weights).map(|(value, weight)| value * weight).sum();
                data.push((value + 0.5) as u8);
            }
        }
    }
    Ok(Image { height: vertical.len, width: horizontal.len, channels, data })
}
