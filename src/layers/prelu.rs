//! A ReLU with learned slopes.

use super::axes::Axes;
use super::shapes::len;
use super::spread::Spread;
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Masking, Op,
    ParameterSpec, Reads, Shape,
};
use crate::Result;
use crate::initializers::{Fans, Initializer};
use crate::json::Json;
use crate::kernels::elementwise::{map2, update2};
use crate::memory::Room;
use crate::simd::F32x4;

/// `x` where positive, else `alpha x` with learned `alpha` (He, Zhang, Ren and Sun, 2015), as Keras
/// `PReLU`: one for each number of a sample, or for all along the shared axes (PyTorch's `PReLU`
/// shares all axes, or all but the channels, and begins at 0.25).
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Prelu {
    /// How `alpha` is filled.
    #[serde(default = "super::zeros")]
    pub alpha_initializer: Initializer,
    /// The axes along which numbers share their `alpha`; the batch counts as axis 0. For images
    /// [1, 2]: one for each channel.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | number[]"))]
    pub shared_axes: Axes,
}

impl Prelu {
    /// With the slopes zero at first, and shared along these axes.
    #[must_use]
    pub fn new(shared_axes: Vec<i32>) -> Self {
        Self { alpha_initializer: Initializer::Zeros, shared_axes: Axes(shared_axes) }
    }

    /// The shape of `alpha`.
    fn shape(&self, input: &[usize]) -> Result<Shape> {
        let mut shape = input.to_vec();
        for place in self.shared_axes.places("sharedAxes", input.len())? {
            shape[place] = 1;
        }
        Ok(shape)
    }
}

impl Describe for Prelu {
    const HELP: &'static str = "A ReLU that learns its slope below zero.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new("alphaInitializer", Kind::Initializer, "How the slopes begin."),
        Attribute::new(
            "sharedAxes",
            Kind::Axes(-16, 16),
            "Axes along which the slope is the same; 1 and 2 are height and width of images.",
        ),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![
            (Self::new(vec![]), vec![vec![3, 5]]),
            (Self::new(vec![1, 2]), vec![vec![2, 3, 5]]),
            (Self::new(vec![-1]), vec![vec![3, 5]]),
            (Self::new(vec![1]), vec![vec![7]]),
        ]
    }
}

impl Layer for Prelu {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        self.shape(&inputs[0])?;
        Ok(inputs[0].clone())
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let Ok(shape) = self.shape(&inputs[0]) else { return Vec::new() };
        let fans = Fans { fan_in: len(&shape), fan_out: len(&shape) };
        let initializer = self.alpha_initializer;
        vec![ParameterSpec { name: "alpha", shape, initializer, fans, ones: 0..0, trainable: true }]
    }

    fn masking(&self, _inputs: &[Shape]) -> Masking {
        Masking::Keeps
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let (shape, len) = (self.shape(&inputs[0])?, len(&inputs[0]));
        Ok(Box::new(PreluOp {
            spread: Spread::new(&shape, &inputs[0]),
            alpha: Room::new(len),
            gradient: Room::new(if options.training { len } else { 0 }),
            len,
        }))
    }
}

struct PreluOp {
    spread: Spread,
    /// Of every number of a sample.
    alpha: Room,
    /// Of those, summed over the samples.
    gradient: Room,
    len: usize,
}

impl Op for PreluOp {
    fn name(&self) -> &'static str {
        "prelu"
    }

    fn bytes(&self) -> usize {
        self.alpha.bytes() + self.gradient.bytes()
    }

    fn allocate(&mut self, _max_batch: usize) -> Result<()> {
        self.alpha.allocate("the slopes of a sample")?;
        self.gradient.allocate("the gradient of slopes")
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: true, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        self.spread.expand(pass.weights, &mut self.alpha);
        let samples = pass.inputs.get(0).chunks_exact(self.len);
        for (y, x) in pass.output.chunks_exact_mut(self.len).zip(samples) {
            map2(x, &self.alpha, y, |x, alpha| F32x4::zero().lt(x).select(x, alpha * x));
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let zero = F32x4::zero();
        let samples = pass.inputs.get(0).chunks_exact(self.len);
        self.gradient.fill(0.0);
        for (x, dy) in samples.clone().zip(pass.doutput.chunks_exact(self.len)) {
            update2(&mut self.gradient, x, dy, |sum, x, dy| sum + dy * x.min(zero));
        }
        self.spread.reduce(&self.gradient, pass.dweights);
        let Some(dx) = pass.dinputs.get(0) else { return };
        self.spread.expand(pass.weights, &mut self.alpha);
        dx.copy_from_slice(pass.doutput);
        for (dx, x) in dx.chunks_exact_mut(self.len).zip(samples) {
            update2(dx, x, &self.alpha, |dy, x, alpha| zero.lt(x).select(dy, alpha * dy));
        }
    }
}
