//! Images without their borders.

use super::borders::BordersOp;
use super::shapes::image;
use super::values::Edges;
use super::{Attribute, CompileOptions, Describe, Kind, Layer, Op, Shape};
use crate::json::Json;
use crate::{Result, err};

/// Takes rows and columns away at the borders of an image, as Keras `Cropping2D`.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cropping2d {
    /// [[top, bottom], [left, right]].
    #[serde(default = "nothing")]
    #[cfg_attr(
        target_arch = "wasm32",
        tsify(type = "number | [number, number] | [[number, number], [number, number]]")
    )]
    pub cropping: Edges,
}

fn nothing() -> Edges {
    Edges([[0; 2]; 2])
}

impl Default for Cropping2d {
    fn default() -> Self {
        Self { cropping: nothing() }
    }
}

impl Cropping2d {
    /// The height and width that are left.
    fn inner(&self, [height, width, _]: [usize; 3]) -> Result<[usize; 2]> {
        let [rows, columns] = self.cropping.0;
        let left = |size: usize, [before, after]: [usize; 2]| {
            size.checked_sub(before)?.checked_sub(after).filter(|&left| left > 0)
        };
        left(height, rows)
            .zip(left(width, columns))
            .map(|(height, width)| [height, width])
            .ok_or_else(|| {
                err!(
                    Shape,
                    "cropping2d: of {height}x{width} pixels, {rows:?} rows and {columns:?} columns \
                     leave none"
                )
            })
    }
}

impl Describe for Cropping2d {
    const HELP: &'static str = "Takes away the borders of an image.";
    const ATTRIBUTES: &'static [Attribute] = &[Attribute::new(
        "cropping",
        Kind::Edges(0, 4096),
        "Rows and columns on each side: a number, [rows, columns] or [[top, bottom], [left, right]].",
    )];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![
            (Self { cropping: Edges([[1, 2], [0, 3]]) }, vec![vec![5, 6, 3]]),
            (Self { cropping: Edges([[1; 2]; 2]) }, vec![vec![3, 5, 2]]),
        ]
    }
}

impl Layer for Cropping2d {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let image = image("cropping2d", inputs)?;
        let [height, width] = self.inner(image)?;
        Ok(vec![height, width, image[2]])
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let image = image("cropping2d", inputs)?;
        let [[top, _], [left, _]] = self.cropping.0;
        Ok(Box::new(BordersOp::new(image, [top, left], self.inner(image)?, true)))
    }
}
