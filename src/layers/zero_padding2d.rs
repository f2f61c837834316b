//! Zeros around images.

use super::shapes::image;
use super::values::Edges;
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Op, Reads, Shape,
};
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
        let line = (left + width + right) * channels;
        Ok(Box::new(ZeroPaddingOp {
            height,
            line: width * channels,
            padded_line: line,
            before: top * line + left * channels,
            image: (top + height + bottom) * line,
        }))
    }
}

/// Sizes in floats.
struct ZeroPaddingOp {
    height: usize,
    line: usize,
    padded_line: usize,
    /// Before the first pixel of the inside.
    before: usize,
    /// Of a padded image.
    image: usize,
}

impl Op for ZeroPaddingOp {
    fn name(&self) -> &'static str {
        "copy"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        pass.output.fill(0.0);
        let images = pass.inputs.get(0).chunks_exact(self.height * self.line);
        for (y, x) in pass.output.chunks_exact_mut(self.image).zip(images) {
            // The last line may end before a whole padded one does.
            let lines = y[self.before..].chunks_mut(self.padded_line);
            for (y, x) in lines.zip(x.chunks_exact(self.line)) {
                y[..self.line].copy_from_slice(x);
            }
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let Some(dx) = pass.dinputs.get(0) else { return };
        let images = dx.chunks_exact_mut(self.height * self.line);
        for (dy, dx) in pass.doutput.chunks_exact(self.image).zip(images) {
            let lines = dy[self.before..].chunks(self.padded_line);
            for (dy, dx) in lines.zip(dx.chunks_exact_mut(self.line)) {
                dx.copy_from_slice(&dy[..self.line]);
            }
        }
    }
}
