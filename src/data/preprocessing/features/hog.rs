//! Histograms of oriented gradients (Dalal, Triggs: Histograms of oriented gradients for human
//! detection, 2005), as `skimage.feature.hog` computes them, with blocks normalised by "L2-Hys".

use super::super::image::Image;
use crate::json::Json;
use crate::{Result, err};

/// Added to a squared norm, squared.
const EPSILON: f64 = 1e-5;
/// The most that one direction may count in a block.
const CLIP: f64 = 0.2;

/// Histograms of the directions of edges in cells of the image, normalised in blocks of cells that
/// overlap. White is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Hog {
    /// Directions, of 180 degrees.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub orientations: u32,
    /// Pixels a side of a cell. What is left over at the right and at the bottom is in none.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub pixels_per_cell: u32,
    /// Cells a side of a block.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub cells_per_block: u32,
}

impl Default for Hog {
    fn default() -> Self {
        Self { orientations: 9, pixels_per_cell: 8, cells_per_block: 3 }
    }
}

impl Hog {
    pub(super) fn validate(&self) -> Result<()> {
        for (attribute, value, most) in [
            ("orientations", self.orientations, 180),
            ("pixelsPerCell", self.pixels_per_cell, 1024),
            ("cellsPerBlock", self.cells_per_block, 64),
        ] {
            if !(1..=most).contains(&value) {
                return Err(err!(Argument, "hog: {attribute} is {value}, expected 1 to {most}"));
            }
        }
        Ok(())
    }

    /// Rows and columns of cells, and of blocks.
    fn grid(&self, [height, width, _]: [usize; 3]) -> Result<([usize; 2], [usize; 2])> {
        let (cell, block) = (self.pixels_per_cell as usize, self.cells_per_block as usize);
        let cells = [height / cell, width / cell];
        if cells[0] < block || cells[1] < block {
            return Err(err!(
                Shape,
                "hog: found an image of {height}x{width} pixels, expected at least {0}x{0}, a block \
                 of {block}x{block} cells; put resize before it",
                cell * block
            ));
        }
        Ok((cells, cells.map(|cells| cells - block + 1)))
    }

    /// How many numbers an image of this shape becomes.
    pub(super) fn len(&self, shape: [usize; 3]) -> Result<usize> {
        let (_, [down, right]) = self.grid(shape)?;
        let block = (self.cells_per_block * self.cells_per_block * self.orientations) as usize;
        Ok(down * right * block)
    }

    /// `[blocks down, blocks right, cells down, cells right, orientations]`, flat.
    pub(super) fn apply(&self, image: &Image) -> Result<Vec<f32>> {
        let (cells, blocks) = self.grid(image.shape())?;
        let histograms = self.histograms(image, cells);
        let (bins, side) = (self.orientations as usize, self.cells_per_block as usize);
        let mut values = Vec::with_capacity(self.len(image.shape())?);
        let mut block = Vec::with_capacity(side * side * bins);
        for y in 0..blocks[0] {
            for x in 0..blocks[1] {
                block.clear();
                for row in y..y + side {
                    let begin = (row * cells[1] + x) * bins;
                    block.extend_from_slice(&histograms[begin..begin + side * bins]);
                }
                normalize(&mut block);
                block.iter_mut().for_each(|value| *value = value.min(CLIP));
                normalize(&mut block);
                values.extend(block.iter().map(|&value| value as f32));
            }
        }
        Ok(values)
    }

    /// The mean magnitude of each direction in each cell.
    fn histograms(&self, image: &Image, cells: [usize; 2]) -> Vec<f64> {
        let (bins, cell) = (self.orientations as usize, self.pixels_per_cell as usize);
        let per_degree = bins as f64 / 180.0;
        let share = 1.0 / (cell * cell) as f64;
        let mut histograms = vec![0.0; cells[0] * cells[1] * bins];
        for y in 0..cells[0] * cell {
            for x in 0..cells[1] * cell {
                let [down, right] = gradient(image, y, x);
                let squared = down * down + right * right;
                if squared == 0 {
                    continue;
                }
                let degrees = libm::atan2(f64::from(down), f64::from(right)).to_degrees();
                let degrees = if degrees < 0.0 { degrees + 180.0 } else { degrees };
                // 180 degrees are 0.
                let bin = (degrees * per_degree) as usize % bins;
                let at = (y / cell * cells[1] + x / cell) * bins + bin;
                histograms[at] += libm::sqrt(f64::from(squared)) / 255.0 * share;
            }
        }
        histograms
    }
}

/// Differences of the neighbours above and below, left and right; none at the edges. Of colours,
/// the channel that changes most.
fn gradient(image: &Image, y: usize, x: usize) -> [i32; 2] {
    let Image { height, width, channels, ref data } = *image;
    let at = |y: usize, x: usize, channel| i32::from(data[(y * width + x) * channels + channel]);
    let mut steepest = [0, 0];
    for channel in 0..channels {
        let inside = |i: usize, len: usize| i > 0 && i + 1 < len;
        let down =
            if inside(y, height) { at(y + 1, x, channel) - at(y - 1, x, channel) } else { 0 };
        let right =
            if inside(x, width) { at(y, x + 1, channel) - at(y, x - 1, channel) } else { 0 };
        let squared = |[a, b]: [i32; 2]| a * a + b * b;
        if squared([down, right]) > squared(steepest) {
            steepest = [down, right];
        }
    }
    steepest
}

fn normalize(block: &mut [f64]) {
    let squares: f64 = block.iter().map(|value| value * value).sum();
    let norm = libm::sqrt(squares + EPSILON * EPSILON);
    block.iter_mut().for_each(|value| *value /= norm);
}
