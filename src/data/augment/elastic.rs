//! Displacements that change smoothly from pixel to pixel.

use super::normal::Normal;
use crate::rng::Key;

/// Points of the grid on each axis.
const POINTS: usize = 5;

/// Displacements of a grid of points, and what lies between.
#[derive(Clone, Debug)]
pub(super) struct Elastic {
    /// For each row, the weights of the grid's points.
    rows: Vec<[f32; POINTS]>,
    /// For each of the grid's points, its weight in each column.
    columns: [Vec<f32>; POINTS],
    /// (y, x) for each row of pixels and each column of points.
    between: Vec<[[f32; 2]; POINTS]>,
    moves: bool,
}

impl Elastic {
    /// A grid whose outer points lie on the outer pixels, without displacement.
    pub fn new(height: usize, width: usize) -> Self {
        let mut columns = [const { Vec::new() }; POINTS];
        for x in 0..width {
            for (column, weight) in columns.iter_mut().zip(weights(x, width)) {
                column.push(weight);
            }
        }
        Self {
            rows: (0..height).map(|y| weights(y, height)).collect(),
            columns,
            between: vec![[[0.0; 2]; POINTS]; height],
            moves: false,
        }
    }

    /// Draws new displacements with this standard deviation, in pixels.
    pub fn displace(&mut self, deviation: f32, normal: &Normal, key: Key) {
        self.moves = true;
        let mut random = key.stream();
        let mut points = [[[0.0; 2]; POINTS]; POINTS];
        for point in points.as_flattened_mut() {
            *point = normal.pair(random.word()).map(|value| deviation * value);
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

    /// Whether any pixel may be displaced.
    pub fn moves(&self) -> bool {
        self.moves
    }

    /// Adds the displacements of a row of pixels to places.
    pub fn add(&self, row: usize, ys: &mut [f32], xs: &mut [f32]) {
        for (weights, [y, x]) in self.columns.iter().zip(self.between[row]) {
            let places = ys.iter_mut().zip(xs.iter_mut());
            for ((to_y, to_x), weight) in places.zip(weights) {
                *to_y += weight * y;
                *to_x += weight * x;
            }
        }
    }

    /// The displacement (y, x) of the pixel nearest to a place.
    pub fn at(&self, [y, x]: [f32; 2]) -> [f32; 2] {
        let mut sum = [0.0; 2];
        if self.moves {
            let row = (y.max(0.0) + 0.5) as usize;
            let column = (x.max(0.0) + 0.5) as usize;
            let row = row.min(self.rows.len() - 1);
            let column = column.min(self.columns[0].len() - 1);
            for (point, weights) in self.between[row].iter().zip(&self.columns) {
                sum[0] += weights[column] * point[0];
                sum[1] += weights[column] * point[1];
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
