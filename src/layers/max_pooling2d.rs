//! Max pooling.

use super::shapes::{check_window, image};
use super::values::{Padding, Pair};
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Op, Reads, Shape,
};
use crate::Result;
use crate::json::Json;
use crate::kernels::Rectifier;
use crate::kernels::pool::{self, PoolGeometry};
use crate::memory::allocate;

/// The maximum of each window, as Keras `MaxPooling2D`. Of equal values the first in row-major order
/// receives the gradient.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MaxPooling2d {
    /// The window.
    #[serde(default = "Pair::twos")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | [number, number]"))]
    pub pool_size: Pair,
    /// How far windows lie apart; by default as far as they are large.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | [number, number]"))]
    pub strides: Option<Pair>,
    /// How borders are treated; what lies outside never wins.
    #[serde(default)]
    pub padding: Padding,
}

impl MaxPooling2d {
    /// Windows side by side.
    #[must_use]
    pub fn new(pool_size: impl Into<Pair>) -> Self {
        Self { pool_size: pool_size.into(), strides: None, padding: Padding::Valid }
    }
}

/// The attributes of a pooling.
pub(super) const ATTRIBUTES: &[Attribute] = &[
    Attribute::new("poolSize", Kind::Pair(1, 1024), "Height and width of the window."),
    Attribute::new(
        "strides",
        Kind::Pair(1, 1024),
        "How far windows lie apart; if not given, as far as they are large.",
    ),
    Attribute::new(
        "padding",
        Kind::Padding,
        "Whether windows stay inside (valid) or may reach over the border (same).",
    ),
];

/// The sizes of a pooling.
pub(super) fn geometry(
    name: &str,
    inputs: &[Shape],
    pool_size: Pair,
    strides: Option<Pair>,
    padding: Padding,
) -> Result<PoolGeometry> {
    let image = image(name, inputs)?;
    if padding == Padding::Valid {
        check_window("window", image, pool_size.0, [1, 1])?;
    }
    PoolGeometry::new(image, pool_size.0, strides.unwrap_or(pool_size).0, padding.into())
}

impl Describe for MaxPooling2d {
    const HELP: &'static str = "Keeps the largest number of each window.";
    const ATTRIBUTES: &'static [Attribute] = ATTRIBUTES;

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        let overlapping =
            Self { strides: Some([2, 1].into()), padding: Padding::Same, ..Self::new([3, 2]) };
        vec![(Self::new(2), vec![vec![5, 6, 3]]), (overlapping, vec![vec![5, 4, 5]])]
    }
}

impl MaxPooling2d {
    /// The sizes of its pooling.
    ///
    /// # Errors
    /// As [`Layer::output_shape`].
    pub(crate) fn geometry(&self, inputs: &[Shape]) -> Result<PoolGeometry> {
        geometry("maxPooling2d", inputs, self.pool_size, self.strides, self.padding)
    }
}

impl Layer for MaxPooling2d {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let geometry = self.geometry(inputs)?;
        Ok(vec![geometry.out_height, geometry.out_width, geometry.channels])
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        CompileOptions { training, .. }: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let geometry = self.geometry(inputs)?;
        Ok(Box::new(MaxPoolingOp::new(geometry, training)))
    }
}

pub(super) struct MaxPoolingOp {
    geometry: PoolGeometry,
    /// Of the output: the maximum of what was rectified is the rectified maximum.
    rectifier: Rectifier,
    training: bool,
    /// Which pixel of its window won, for each output; in training.
    winners: Vec<u32>,
}

impl MaxPoolingOp {
    pub(super) fn new(geometry: PoolGeometry, training: bool) -> Self {
        Self { geometry, rectifier: Rectifier::Linear, training, winners: Vec::new() }
    }
}

impl Op for MaxPoolingOp {
    fn name(&self) -> &'static str {
        "max-pool"
    }

    fn sample_bytes(&self) -> usize {
        if self.training { 4 * self.geometry.output_len() } else { 0 }
    }

    fn allocate(&mut self, max_batch: usize) -> Result<()> {
        self.winners = allocate("winners of a max pooling", max_batch * self.sample_bytes() / 4)?;
        Ok(())
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: self.rectifier != Rectifier::Linear }
    }

    fn rectifier(&mut self) -> Option<&mut Rectifier> {
        Some(&mut self.rectifier)
    }

    fn delays_rectifier(&self) -> bool {
        true
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let (x, y) = (pass.inputs.get(0), pass.output);
        let winners = self.training.then_some(&mut self.winners[..]);
        pool::max_forward(&self.geometry, pass.n, x, self.rectifier, y, winners);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        if let Some(dx) = pass.dinputs.get(0) {
            self.rectifier.backward(pass.output, pass.doutput);
            pool::max_backward(&self.geometry, pass.n, pass.doutput, &self.winners, dx);
        }
    }
}
