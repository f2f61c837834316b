//! Larger images.

use super::shapes::image;
use super::values::{Interpolation, Pair};
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Op, Reads, Shape,
};
use crate::Result;
use crate::json::Json;
use crate::kernels::resample::Upsampling;

/// Makes images several times as high and wide, as Keras `UpSampling2D`. Bilinear interpolation has
/// the centres of pixels at half-integers (PyTorch's `align_corners=False`).
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpSampling2d {
    /// How many times as high and wide.
    #[serde(default = "Pair::twos")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | [number, number]"))]
    pub size: Pair,
    /// How the new pixels are made.
    #[serde(default)]
    pub interpolation: Interpolation,
}

impl Default for UpSampling2d {
    fn default() -> Self {
        Self { size: Pair::twos(), interpolation: Interpolation::Nearest }
    }
}

impl Describe for UpSampling2d {
    const HELP: &'static str = "Makes images several times as large.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new("size", Kind::Pair(1, 1024), "How many times as high and wide."),
        Attribute::new(
            "interpolation",
            Kind::Interpolation,
            "Whether pixels are repeated (nearest) or blend into each other (bilinear).",
        ),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        let bilinear = Self { size: [3, 2].into(), interpolation: Interpolation::Bilinear };
        vec![(Self::default(), vec![vec![2, 3, 5]]), (bilinear, vec![vec![3, 2, 3]])]
    }
}

impl Layer for UpSampling2d {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let ([height, width, channels], [down, across]) =
            (image("upSampling2d", inputs)?, self.size.0);
        Ok(vec![height.saturating_mul(down), width.saturating_mul(across), channels])
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let is_bilinear = self.interpolation == Interpolation::Bilinear;
        let upsampling = Upsampling::new(image("upSampling2d", inputs)?, self.size.0, is_bilinear);
        Ok(Box::new(UpSamplingOp { upsampling, is_bilinear }))
    }
}

struct UpSamplingOp {
    upsampling: Upsampling,
    is_bilinear: bool,
}

impl Op for UpSamplingOp {
    fn name(&self) -> &'static str {
        if self.is_bilinear { "bilinear" } else { "nearest" }
    }

    fn bytes(&self) -> usize {
        self.upsampling.bytes()
    }

    fn allocate(&mut self, _max_batch: usize) -> Result<()> {
        self.upsampling.allocate()
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        self.upsampling.forward(pass.inputs.get(0), pass.output);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        if let Some(dx) = pass.dinputs.get(0) {
            self.upsampling.backward(pass.doutput, dx);
        }
    }
}
