//! Numbers in another unit.

use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Op, Reads, Shape,
};
use crate::Result;
use crate::json::Json;
use crate::kernels::elementwise::{map, scale};
use crate::simd::F32x4;

/// Every number times `scale` plus `offset`, as Keras `Rescaling`. Behind the last dense layer it
/// turns what is learnt in standard deviations from the mean into the unit of the targets.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rescaling {
    /// What numbers are multiplied by.
    pub scale: f64,
    /// What is added then.
    #[serde(default)]
    pub offset: f64,
}

/// Factors are below it, so that a few of their products are still finite in f32.
const MOST: f64 = 1e15;

impl Describe for Rescaling {
    const HELP: &'static str = "Multiplies every number and adds to it.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new("scale", Kind::Number(-MOST, MOST), "What numbers are multiplied by."),
        Attribute::new("offset", Kind::Number(-MOST, MOST), "What is added then."),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![
            (Self { scale: 2.5, offset: -0.75 }, vec![vec![3, 5]]),
            (Self { scale: -0.125, offset: 0.0 }, vec![vec![1]]),
        ]
    }
}

impl Layer for Rescaling {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        Ok(inputs[0].clone())
    }

    fn compile(
        &self,
        _inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        Ok(Box::new(RescalingOp { scale: self.scale as f32, offset: self.offset as f32 }))
    }
}

struct RescalingOp {
    scale: f32,
    offset: f32,
}

impl Op for RescalingOp {
    fn name(&self) -> &'static str {
        "rescale"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let (scale, offset) = (F32x4::splat(self.scale), F32x4::splat(self.offset));
        map(pass.inputs.get(0), pass.output, |x| x * scale + offset);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        if let Some(dx) = pass.dinputs.get(0) {
            scale(self.scale, pass.doutput, dx);
        }
    }
}
