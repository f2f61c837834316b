//! Where the pixels of a changed image come from, and where boxes go.

use super::Augmentation;
use super::elastic::Elastic;
use crate::data::boxes::visible;
use crate::rng::Stream;

/// A window through which an image is seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    /// Moves by whole pixels only: what was cropped at the top and at the left.
    pub crop: [i32; 2],
    /// Whether the order of rows and of columns is reversed.
    pub flips: [bool; 2],
    /// Row-major: (y, x) of the source by (y, x) of the result, both from the middle of the image.
    pub matrix: [f32; 4],
    /// Added to the source's (y, x).
    pub offset: [f32; 2],
    /// Whether there is more than crop and flips.
    pub bends: bool,
}

impl Geometry {
    /// A window that is rotated, sheared, scaled and shifted, cropped and flipped. Draws ten numbers,
    /// whatever is left out.
    pub fn random(augmentation: &Augmentation, random: &mut Stream) -> Self {
        let mut draw = |end: f32| f64::from(around_zero(random, end));
        let Augmentation { rotation, scale, shear, aspect, shift, elastic, .. } = *augmentation;
        let angle = draw(rotation).to_radians();
        let zoom = 1.0 + draw(scale);
        let slide = draw(shear);
        let stretch = libm::exp(draw(aspect) / 2.0);
        let moved = [draw(shift), draw(shift)];
        let most = augmentation.crop;
        let crop = [(); 2].map(|()| random.below(2 * most + 1) as i32 - most as i32);
        let chances = [augmentation.flip_vertical, augmentation.flip_horizontal];
        let flips = chances.map(|chance| random.uniform() < chance);
        // The source is scaled, sheared and then rotated; this is the inverse of that.
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        let (zoom_y, zoom_x) = (zoom / stretch, zoom * stretch);
        let to_y = [cos / zoom_y, -sin / zoom_y];
        let to_x = [(sin - slide * cos) / zoom_x, (cos + slide * sin) / zoom_x];
        // Of a place that has been flipped back: the window lies where it was cropped.
        let window = [f64::from(crop[0]) - moved[0], f64::from(crop[1]) - moved[1]];
        let offset = [to_y, to_x].map(|by| (by[0] * window[0] + by[1] * window[1]) as f32);
        let signs = flips.map(|flipped| if flipped { -1.0 } else { 1.0 });
        let matrix = [to_y, to_x].map(|by| [by[0] * signs[0], by[1] * signs[1]]);
        Self {
            crop,
            flips,
            matrix: [matrix[0][0], matrix[0][1], matrix[1][0], matrix[1][1]].map(|x| x as f32),
            offset,
            bends: [rotation, scale, shear, aspect, shift, elastic].iter().any(|&end| end > 0.0),
        }
    }

    /// Where a box `[x1, y1, x2, y2]` is in the result: the box around its moved edges, clipped.
    pub fn move_box(
        &self,
        elastic: &Elastic,
        [height, width]: [usize; 2],
        [x1, y1, x2, y2]: [f32; 4],
    ) -> Option<[f32; 4]> {
        let middle = [(height - 1) as f32 / 2.0, (width - 1) as f32 / 2.0];
        let mut whole = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
        // Straight edges stay straight, so that corners suffice, unless they are bent.
        let parts = if elastic.moves() { 4 } else { 1 };
        for part in 0..=parts {
            let share = part as f32 / parts as f32;
            let (y, x) = (y1 + share * (y2 - y1), x1 + share * (x2 - x1));
            for edge in [[y1, x], [y2, x], [y, x1], [y, x2]] {
                // Places are in indices of pixels, whose middles are half a pixel from their edges.
                let moved = self.forward(elastic, middle, edge.map(|at| at - 0.5));
                let [y, x] = moved.map(|at| at + 0.5);
                whole = [whole[0].min(x), whole[1].min(y), whole[2].max(x), whole[3].max(y)];
            }
        }
        visible(whole, [height, width])
    }

    /// Where a place (y, x) of the source is in the result.
    fn forward(&self, elastic: &Elastic, middle: [f32; 2], place: [f32; 2]) -> [f32; 2] {
        let [a, b, c, d] = self.matrix;
        let determinant = a * d - b * c;
        let mut result = place;
        // A fixed point, since displacements are those of places in the result.
        for _ in 0..if elastic.moves() { 10 } else { 1 } {
            let bent = elastic.at(result);
            let y = place[0] - middle[0] - self.offset[0] - bent[0];
            let x = place[1] - middle[1] - self.offset[1] - bent[1];
            result = [
                (d * y - b * x) / determinant + middle[0],
                (a * x - c * y) / determinant + middle[1],
            ];
        }
        result
    }
}

/// Uniformly distributed within `end` to both sides of zero.
pub(super) fn around_zero(random: &mut Stream, end: f32) -> f32 {
    end * (2.0 * random.uniform() - 1.0)
}
