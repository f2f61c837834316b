//! An image seen through a window that is moved, flipped, turned and bent.

use super::Border;
use super::elastic::Elastic;
use super::geometry::Geometry;
use crate::data::column::Sample;

/// Pixels of the border before an image: places from 1 before it on have neighbours, and rounding
/// them down by [`ROUND`] meets no negative numbers.
const BEFORE: usize = 2;
/// Before and after it.
const AROUND: usize = 4;
/// Adding it to a number of less than 2^22 rounds to an integer, which then stands in the lowest
/// bits.
const ROUND: f32 = 8_388_608.0;

/// Room for seeing images of one shape.
#[derive(Clone, Debug)]
pub(super) struct Warp {
    shape: [usize; 3],
    /// The source with a black border.
    padded: Vec<f32>,
    /// Of the pixels of a row of the result: places in the source.
    ys: Vec<f32>,
    xs: Vec<f32>,
    /// The padded pixel up and left of each place, and how far it is from there.
    corners: Vec<u32>,
}

impl Warp {
    /// For images of `[height, width, channels]`.
    pub fn new(shape: [usize; 3]) -> Self {
        let [height, width, channels] = shape;
        Self {
            shape,
            padded: vec![0.0; (height + AROUND) * (width + AROUND) * channels],
            ys: vec![0.0; width],
            xs: vec![0.0; width],
            corners: vec![0; width],
        }
    }

    /// Writes what is seen of the source.
    pub fn apply(
        &mut self,
        geometry: &Geometry,
        elastic: &Elastic,
        border: Border,
        source: Sample<'_>,
        result: &mut [f32],
    ) {
        if geometry.bends {
            match source {
                Sample::U8(source) => self.pad(source),
                Sample::F32(source) => self.pad(source),
            }
            match self.shape[2] {
                1 => self.interpolate::<1>(geometry, elastic, border, result),
                3 => self.interpolate::<3>(geometry, elastic, border, result),
                _ => self.interpolate::<0>(geometry, elastic, border, result),
            }
        } else {
            match source {
                Sample::U8(source) => self.place(geometry, border, source, result),
                Sample::F32(source) => self.place(geometry, border, source, result),
            }
        }
    }

    /// Crop and flips alone, which move whole pixels.
    fn place<T: Copy + Into<f32>>(
        &self,
        geometry: &Geometry,
        border: Border,
        source: &[T],
        result: &mut [f32],
    ) {
        let [height, width, channels] = self.shape;
        let [flip_y, flip_x] = geometry.flips;
        let row_len = width * channels;
        // Columns of the result that lie in the source, before the flip.
        let crop = geometry.crop[1] as isize;
        let first = (-crop).clamp(0, width as isize) as usize;
        let end = (width as isize - crop).clamp(first as isize, width as isize) as usize;
        for (y, row) in result.chunks_exact_mut(row_len).enumerate() {
            let y = if flip_y { height - 1 - y } else { y };
            let Some(from_y) = seen(y as isize + geometry.crop[0] as isize, height, border) else {
                row.fill(0.0);
                continue;
            };
            let from = &source[from_y * row_len..][..row_len];
            let begin = (first as isize + crop).clamp(0, width as isize) as usize * channels;
            let inside = &from[begin..begin + (end - first) * channels];
            if flip_x {
                let row = &mut row[(width - end) * channels..(width - first) * channels];
                mirror(inside, channels, row);
            } else {
                let row = &mut row[first * channels..end * channels];
                row.iter_mut().zip(inside).for_each(|(to, &value)| *to = value.into());
            }
            for x in (0..first).chain(end..width) {
                let to = if flip_x { width - 1 - x } else { x };
                let to = &mut row[to * channels..(to + 1) * channels];
                match seen(x as isize + crop, width, border) {
                    None => to.fill(0.0),
                    Some(x) => {
                        let pixel = &from[x * channels..(x + 1) * channels];
                        to.iter_mut().zip(pixel).for_each(|(to, &value)| *to = value.into());
                    }
                }
            }
        }
    }

    /// Takes the source, in the middle of the border.
    fn pad<T: Copy + Into<f32>>(&mut self, source: &[T]) {
        let [_, width, channels] = self.shape;
        let rows = self.padded.chunks_exact_mut((width + AROUND) * channels).skip(BEFORE);
        for (row, source) in rows.zip(source.chunks_exact(width * channels)) {
            let row = &mut row[BEFORE * channels..];
            row.iter_mut().zip(source).for_each(|(to, &value)| *to = value.into());
        }
    }

    /// Sees the padded source, bilinearly; for `C` channels, or any number of them if `C` is 0.
    fn interpolate<const C: usize>(
        &mut self,
        geometry: &Geometry,
        elastic: &Elastic,
        border: Border,
        result: &mut [f32],
    ) {
        let [_, width, channels] = self.shape;
        let channels = if C == 0 { channels } else { C };
        let stride = (width + AROUND) * channels;
        for (y, row) in result.chunks_exact_mut(width * channels).enumerate() {
            self.find_places(y, geometry, elastic, border);
            let places = self.corners.iter().zip(self.ys.iter().zip(&self.xs));
            for (pixel, (&corner, (&down, &right))) in row.chunks_exact_mut(channels).zip(places) {
                let corner = corner as usize;
                let upper = &self.padded[corner..corner + 2 * channels];
                let lower = &self.padded[corner + stride..corner + stride + 2 * channels];
                for (channel, value) in pixel.iter_mut().enumerate() {
                    let (left, beside) = (upper[channel], upper[channel + channels]);
                    let above = left + right * (beside - left);
                    let (left, beside) = (lower[channel], lower[channel + channels]);
                    let below = left + right * (beside - left);
                    *value = above + down * (below - above);
                }
            }
        }
    }

    /// Finds where the pixels of a row of the result come from: their corners, and the shares of what
    /// lies below and to the right of those in `ys` and `xs`.
    fn find_places(&mut self, y: usize, geometry: &Geometry, elastic: &Elastic, border: Border) {
        let [height, width, channels] = self.shape;
        let middle = [(height - 1) as f32 / 2.0, (width - 1) as f32 / 2.0];
        let [a, b, c, d] = geometry.matrix;
        let from_middle = y as f32 - middle[0];
        let begin_y = a * from_middle + geometry.offset[0] + middle[0];
        let begin_x = c * from_middle + geometry.offset[1] + middle[1];
        for (x, (to_y, to_x)) in self.ys.iter_mut().zip(&mut self.xs).enumerate() {
            let from_middle = x as i32 as f32 - middle[1];
            *to_y = begin_y + b * from_middle;
            *to_x = begin_x + d * from_middle;
        }
        if elastic.moves() {
            elastic.add(y, &mut self.ys, &mut self.xs);
        }
        if border == Border::Reflect {
            reflect(height, &mut self.ys);
            reflect(width, &mut self.xs);
        }
        let (last_y, last_x) = (height as f32, width as f32);
        let (stride, channels) = (((width + AROUND) * channels) as u32, channels as u32);
        let places = self.ys.iter_mut().zip(&mut self.xs);
        for (corner, (y, x)) in self.corners.iter_mut().zip(places) {
            // One pixel outside of the image all is black, and so is what is further away.
            let shifted_y = y.clamp(-1.0, last_y) + BEFORE as f32;
            let shifted_x = x.clamp(-1.0, last_x) + BEFORE as f32;
            // Half a pixel less and then rounded is rounded down; a place on a pixel may also be
            // all of the way from the one before.
            let (top, left) = (shifted_y - 0.5 + ROUND, shifted_x - 0.5 + ROUND);
            let index = |rounded: f32| rounded.to_bits() & 0x007f_ffff;
            *corner = index(top) * stride + index(left) * channels;
            (*y, *x) = (shifted_y - (top - ROUND), shifted_x - (left - ROUND));
        }
    }
}

/// The index of a pixel that is seen at `i` of `len`; `None` for black.
fn seen(i: isize, len: usize, border: Border) -> Option<usize> {
    match usize::try_from(i) {
        Ok(i) if i < len => Some(i),
        _ if border == Border::Zero => None,
        _ if len == 1 => Some(0),
        _ => {
            let period = 2 * (len - 1);
            let i = i.rem_euclid(period as isize) as usize;
            Some(usize::min(i, period - i))
        }
    }
}

/// Reflects places at the first and the last of `len` pixels. Those that are further away than the
/// image is long see its outer pixels.
fn reflect(len: usize, places: &mut [f32]) {
    let last = (len - 1) as f32;
    for place in places {
        *place = (last - (last - place.abs()).abs()).max(0.0);
    }
}

/// The pixels in reverse order.
fn mirror<T: Copy + Into<f32>>(pixels: &[T], channels: usize, result: &mut [f32]) {
    match channels {
        1 => result.iter_mut().zip(pixels.iter().rev()).for_each(|(to, &x)| *to = x.into()),
        3 => {
            let (pixels, results) = (pixels.as_chunks::<3>().0, result.as_chunks_mut::<3>().0);
            for (to, &pixel) in results.iter_mut().zip(pixels.iter().rev()) {
                *to = pixel.map(Into::into);
            }
        }
        _ => {
            let results = result.chunks_exact_mut(channels);
            for (to, pixel) in results.zip(pixels.chunks_exact(channels).rev()) {
                to.iter_mut().zip(pixel).for_each(|(to, &value)| *to = value.into());
            }
        }
    }
}
