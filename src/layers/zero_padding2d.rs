//! Zeros around images.

use super::borders::BordersOp;
use super::shapes::image;
use super::values::Edges;
use super::{Attribute, CompileOptions, Describe, Kind, Layer, Op, Shape};
use crate::Result;
use crate::json::Json;

/// Adds rows and columns of zeros around an image, as Keras `ZeroPadding2D`.
#[derive(Clone, Debug, Default, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ZeroPadding2d {
    /// [[top, bottom], [left, right]].
    #[serde(default)]
    #[cfg_attr(
        target_arch = "wasm32",
        tsify(type = "number | [number, number] | [[number, number], [number, number]]")
    )]
    pub padding: Edges,
}

impl Describe for ZeroPadding2d {
    const HELP: &'static str = "Adds zeros around an image.";
    const ATTRIBUTES: &'static [Attribute] = &[Attribute::new(
        "padding",
        Kind::Edges(0, 4096),
        "Rows and columns on each side: a number, [rows, columns] or [[top, bottom], [left, right]].",
    )];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![
            (Self { padding: Edges([[1, 2], [0, 3]]) }, vec![vec![2, 3, 5]]),
            (Self::default(), vec![vec![1, 1, 1]]),
        ]
    }
}

impl Layer for ZeroPadding2d {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let [height, width, channels] = image("zeroPadding2d", inputs)?;
        let [[top, bottom], [left, right]] = self.padding.0;
        Ok(vec![height + top + bottom, width + left + right, channels])
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let [height, width, channels] = image("zeroPadding2d", inputs)?;
        let [[top, bottom], [left, right]] = self.padding.0;
        let outer = [top + height + bottom, left + width + right, channels];
        Ok(Box::new(BordersOp::new(outer, [top, left], [height, width], false)))
    }
}
