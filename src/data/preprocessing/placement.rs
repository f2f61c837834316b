//! Where places of an image go on its way to a sample.

#[cfg(test)]
mod tests;

use super::image::Image;
use super::place;
use super::resample::Axis;
use super::steps::{CenterOfMass, ImageStep};
use crate::data::boxes::visible;

/// Where an image lies in what became of it: what was at `at`, in pixels from the upper left corner, is
/// at `scale * at + offset`, on each axis (y, x).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// Pixels of the result for one of the image.
    pub scale: [f64; 2],
    /// Pixels of the result before the image begins.
    pub offset: [f64; 2],
}

impl Default for Placement {
    /// Everything stays where it is.
    fn default() -> Self {
        Self { scale: [1.0; 2], offset: [0.0; 2] }
    }
}

impl Placement {
    /// An image of `[height, width]` that fills another size.
    #[must_use]
    pub fn stretched(from: [usize; 2], to: [usize; 2]) -> Self {
        let scale = [0, 1].map(|axis| to[axis] as f64 / from[axis] as f64);
        Self { scale, offset: [0.0; 2] }
    }

    /// An image that is moved by whole pixels.
    fn moved(by: [isize; 2]) -> Self {
        Self { offset: by.map(|by| by as f64), ..Self::default() }
    }

    /// That of an image which is resampled so.
    fn of_axes(axes: [Axis; 2]) -> Self {
        // Indices are the middles of pixels, half a pixel from their edges.
        Self {
            scale: axes.map(|axis| 1.0 / axis.step),
            offset: axes.map(|axis| 0.5 - (axis.origin + 0.5) / axis.step),
        }
    }

    /// This one, and then another.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        let scale = [0, 1].map(|axis| self.scale[axis] * next.scale[axis]);
        let offset = [0, 1].map(|axis| self.offset[axis] * next.scale[axis] + next.offset[axis]);
        Self { scale, offset }
    }

    /// Where a box `[x1, y1, x2, y2]` is in a result of `[height, width]`, clipped; nothing where less
    /// than [`LEAST_VISIBLE`](crate::data::LEAST_VISIBLE) of it is there.
    #[must_use]
    pub fn place(&self, [x1, y1, x2, y2]: [f32; 4], size: [usize; 2]) -> Option<[f32; 4]> {
        let move_to =
            |axis: usize, at: f32| (f64::from(at) * self.scale[axis] + self.offset[axis]) as f32;
        visible([move_to(1, x1), move_to(0, y1), move_to(1, x2), move_to(0, y2)], size)
    }
}

impl ImageStep {
    /// Where this image lies in what the step makes of it.
    pub(super) fn placement(&self, image: &Image) -> Placement {
        let size = [image.height, image.width];
        match self {
            Self::Grayscale
            | Self::Rgb
            | Self::InvertIfDarkOnLight
            | Self::Median(_)
            | Self::Gaussian(_) => Placement::default(),
            Self::CenterOfMass(CenterOfMass { ink_box, size }) => {
                let axes = place::ink_axes(image, *ink_box as usize, *size as usize);
                // Nothing of an image without ink is to be seen.
                let nothing = Placement { scale: [0.0; 2], offset: [0.0; 2] };
                axes.map_or(nothing, Placement::of_axes)
            }
            Self::Crop(crop) => Placement::moved(place::crop_begin(size, crop).map(|at| -at)),
            Self::Pad(_) => {
                let [height, width, _] = self.shape(image.shape());
                Placement::moved(place::pad_begin(size, [height, width]).map(|at| -at))
            }
            Self::Resize(resize) => {
                let to = [resize.height as usize, resize.width as usize];
                Placement::of_axes(place::resize_axes(size, to, resize.fit, resize.filter))
            }
        }
    }
}
