//! An image seen through a bent and turned window.

use super::{Augmentation, around_zero};
use crate::rng::Stream;

/// Points of the elastic grid on each axis.
const POINTS: usize = 5;

/// An affine map from places in the result to places in the source, both relative to the middle
/// of the image, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Warp {
    /// Row-major: (y, x) of the source by (y, x) of the result.
    matrix: [f32; 4],
    shift: [f32; 2],
}

impl Warp {
    /// A rotated, sheared, scaled and shifted window. Draws six numbers, whatever is left out.
    pub fn random(augmentation: &Augmentation, random: &mut Stream) -> Self {
        let mut draw = |end: f32| f64::from(around_zero(random, end));
        let angle = draw(augmentation.rotation).to_radians();
        let scale = 1.0 + draw(augmentation.scale);
        let shear = draw(augmentation.shear);
        let stretch = libm::exp(draw(augmentation.aspect) / 2.0);
        let shift = [draw(augmentation.shift), draw(augmentation.shift)];
        // The source is scaled, sheared and then rotated; this is the inverse of that.
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        let (scale_y, scale_x) = (scale / stretch, scale * stretch);
        let rotated_y = [cos, -sin];
        let rotated_x = [sin, cos];
        let sheared_x = [rotated_x[0] - shear * rotated_y[0], rotated_x[1] - shear * rotated_y[1]];
        Self {
            matrix: [
                rotated_y[0] / scale_y,
                rotated_y[1] / scale_y,
                sheared_x[0] / scale_x,
                sheared_x[1] / scale_x,
            ]
            .map(|x| x as f32),
            shift: shift.map(|x| x as f32),
        }
    }

    /// Writes the source, `[height, width, channels]`, as it is seen through the window: bilinear,
    /// black outside.
    pub fn apply(
        &self,
        elastic: &Elastic,
        source: &[u8],
        [height, width, channels]: [usize; 3],
        result: &mut [f32],
    ) {
        let middle = [(height - 1) as f32 / 2.0, (width - 1) as f32 / 2.0];
        let [a, b, c, d] = self.matrix;
        for (y, row) in result.chunks_exact_mut(width * channels).enumerate() {
            for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
                let [dy, dx] = elastic.at(y, x);
                let from_middle =
                    [y as f32 - middle[0] - self.shift[0], x as f32 - middle[1] - self.shift[1]];
                let source_y = a * from_middle[0] + b * from_middle[1] + middle[0] + dy;
                let source_x = c * from_middle[0] + d * from_middle[1] + middle[1] + dx;
                interpolate(source, [height, width, channels], source_y, source_x, pixel);
            }
        }
    }
}

/// The pixel of an image at a place between its pixels.
fn interpolate(
    image: &[u8],
    [height, width, channels]: [usize; 3],
    y: f32,
    x: f32,
    pixel: &mut [f32],
) {
    pixel.fill(0.0);
    // A place that is not a number lies outside, too.
    if !(y > -1.0 && x > -1.0 && y < height as f32 && x < width as f32) {
        return;
    }
    // Moved by one pixel, so that cutting off the fraction rounds down.
    let (top, left) = ((y + 1.0) as usize, (x + 1.0) as usize);
    let (share_y, share_x) = (y + 1.0 - top as f32, x + 1.0 - left as f32);
    for (y, weight_y) in [(top, 1.0 - share_y), (top + 1, share_y)] {
        for (x, weight_x) in [(left, 1.0 - share_x), (left + 1, share_x)] {
            if !((1..=height).contains(&y) && (1..=width).contains(&x)) {
                continue;
            }
            let begin = ((y - 1) * width + x - 1) * channels;
            for (value, &byte) in pixel.iter_mut().zip(&image[begin..begin + channels]) {
                *value += weight_y * weight_x * f32::from(byte);
            }
        }
    }
}

/// Displacements that change smoothly from pixel to pixel.
#[derive(Clone, Debug)]
pub(super) struct Elastic {
    /// For each row and column, the weights of the grid's points.
    rows: Vec<[f32; POINTS]>,
    columns: Vec<[f32; POINTS]>,
    /// (y, x) for each row of pixels and each column of points.
    between: Vec<[[f32; 2]; POINTS]>,
    moves: bool,
}

impl Elastic {
    /// A grid whose outer points lie on the outer pixels, without displacement.
    pub fn new(height: usize, width: usize) -> Self {
        let axis = |len: usize| -> Vec<_> { (0..len).map(|i| weights(i, len)).collect() };
        let between = vec![[[0.0; 2]; POINTS]; height];
        Self { rows: axis(height), columns: axis(width), between, moves: false }
    }

    /// Draws new displacements with this standard deviation, in pixels.
    pub fn displace(&mut self, deviation: f32, random: &mut Stream) {
        self.moves = deviation > 0.0;
        if !self.moves {
            return;
        }
        let mut points = [[[0.0; 2]; POINTS]; POINTS];
        for point in points.as_flattened_mut() {
            *point = [deviation * random.normal(), deviation * random.normal()];
        }
        for (row, weights) in self.between.iter_mut().zip(&self.rows) {
            *row = [[0.0; 2]; POINTS];
            for (points, weight) in points.iter().zip(weights) {
                for (sum, point) in row.iter_mut().zip(points) {
                    sum[0] += weight * point[0];
                    sum[1] += weight * point[1];
                }
            }
        }
    }

    /// The displacement (y, x) of a pixel.
    pub fn at(&self, y: usize, x: usize) -> [f32; 2] {
        let mut sum = [0.0; 2];
        if self.moves {
            for (point, weight) in self.between[y].iter().zip(&self.columns[x]) {
                sum[0] += weight * point[0];
                sum[1] += weight * point[1];
            }
        }
        sum
    }
}

/// The weights of the grid's points at pixel `i` of `len`: cubic convolution (Keys, 1981) with the
/// parameter -3/4, the outer points repeated.
fn weights(i: usize, len: usize) -> [f32; POINTS] {
    let place = if len > 1 { (i * (POINTS - 1)) as f32 / (len - 1) as f32 } else { 2.0 };
    let before = place as usize;
    let mut weights = [0.0; POINTS];
    for offset in 0..4 {
        // The point before the one before the pixel, and so on.
        let point = (before + offset).clamp(1, POINTS) - 1;
        weights[point] += cubic((before + offset) as f32 - 1.0 - place);
    }
    weights
}

fn cubic(distance: f32) -> f32 {
    const A: f32 = -0.75;
    let x = distance.abs();
    if x <= 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A
    } else {
        0.0
    }
}
