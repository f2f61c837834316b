//! Average pooling.

use super::max_pooling2d::{ATTRIBUTES, geometry};
use super::values::{Padding, Pair};
use super::{Attribute, Backward, CompileOptions, Describe, Forward, Layer, Op, Reads, Shape};
use crate::Result;
use crate::json::Json;
use crate::kernels::pool::{self, PoolGeometry};

/// The mean of each window, as Keras `AveragePooling2D`; padding does not count.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AveragePooling2d {
    /// The window.
    #[serde(default = "Pair::twos")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | [number, number]"))]
    pub pool_size: Pair,
    /// How far windows lie apart; by default as far as they are large.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | [number, number]"))]
    pub strides: Option<Pair>,
    /// How borders are treated.
    #[serde(default)]
    pub padding: Padding,
}

impl AveragePooling2d {
    /// Windows side by side.
    #[must_use]
    pub fn new(pool_size: impl Into<Pair>) -> Self {
        Self { pool_size: pool_size.into(), strides: None, padding: Padding::Valid }
    }

    fn geometry(&self, inputs: &[Shape]) -> Result<PoolGeometry> {
        geometry("averagePooling2d", inputs, self.pool_size, self.strides, self.padding)
    }
}

impl Describe for AveragePooling2d {
    const HELP: &'static str = "Keeps the mean of each window.";
    const ATTRIBUTES: &'static [Attribute] = ATTRIBUTES;

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        let overlapping =
            Self { strides: Some([2, 1].into()), padding: Padding::Same, ..Self::new([3, 2]) };
        vec![(Self::new(2), vec![vec![5, 6, 3]]), (overlapping, vec![vec![5, 4, 5]])]
    }
}

impl Layer for AveragePooling2d {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let geometry = self.geometry(inputs)?;
        Ok(vec![geometry.out_height, geometry.out_width, geometry.channels])
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        Ok(Box::new(AveragePoolingOp { geometry: self.geometry(inputs)? }))
    }
}

pub(super) struct AveragePoolingOp {
    pub geometry: PoolGeometry,
}

impl Op for AveragePoolingOp {
    fn name(&self) -> &'static str {
        "average-pool"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        pool::average_forward(&self.geometry, pass.n, pass.inputs.get(0), pass.output);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        if let Some(dx) = pass.dinputs.get(0) {
            pool::average_backward(&self.geometry, pass.n, pass.doutput, dx);
        }
    }
}
