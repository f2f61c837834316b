//! Layer normalisation.

use super::axes::{AsRows, Axes};
use super::common::{gamma_and_beta, scale_and_shift};
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Masking, Op,
    ParameterSpec, Reads, Shape,
};
use crate::json::Json;
use crate::kernels::group_norm::GroupNorm;
use crate::kernels::norm::Gradients;
use crate::memory::allocate;
use crate::{Result, err};

/// Normalises each row of a sample by itself (Ba, Kiros and Hinton, 2016), as Keras
/// `LayerNormalization`: `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`, with the biased
/// variance (PyTorch's epsilon is 1e-5 by default).
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LayerNormalization {
    /// The axes that a row goes over; the batch counts as axis 0, negative numbers count from the
    /// end. `gamma` and `beta` have their sizes.
    #[serde(default = "Axes::last")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "number | number[]"))]
    pub axis: Axes,
    /// Added to the variance.
    #[serde(default = "super::epsilon")]
    pub epsilon: f64,
    /// Whether `beta` is added.
    #[serde(default = "super::yes")]
    pub center: bool,
    /// Whether the result is multiplied by `gamma`.
    #[serde(default = "super::yes")]
    pub scale: bool,
}

impl Default for LayerNormalization {
    fn default() -> Self {
        Self { axis: Axes::last(), epsilon: super::epsilon(), center: true, scale: true }
    }
}

impl LayerNormalization {
    fn places(&self, shape: &[usize]) -> Result<Vec<usize>> {
        let places = self.axis.places("axis", shape.len())?;
        if places.is_empty() {
            return Err(err!(Argument, "axis is [], expected at least one"));
        }
        Ok(places)
    }
}

impl Describe for LayerNormalization {
    const HELP: &'static str = "Brings each row to mean 0 and variance 1, then to its own.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new(
            "axis",
            Kind::Axes(-16, 16),
            "Over which axes a row goes; 0 is the batch, -1 the last.",
        ),
        Attribute::new("epsilon", Kind::Number(1e-12, 1.0), "Added to the variance."),
        Attribute::new("center", Kind::Boolean, "Whether a number is added to each place."),
        Attribute::new("scale", Kind::Boolean, "Whether each place is multiplied by a number."),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        let axis = |axis: &[i32]| Self { axis: Axes(axis.to_vec()), ..Self::default() };
        vec![
            (Self::default(), vec![vec![3, 7]]),
            (Self { scale: false, ..axis(&[1, 2]) }, vec![vec![3, 4]]),
            (Self { center: false, epsilon: 1e-2, ..axis(&[1]) }, vec![vec![5, 3]]),
            (axis(&[-1, 1]), vec![vec![3, 2, 4]]),
        ]
    }
}

impl Layer for LayerNormalization {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        self.places(&inputs[0])?;
        Ok(inputs[0].clone())
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let places = self.places(&inputs[0]).unwrap_or_default();
        let shape: Shape = places.iter().map(|&place| inputs[0][place]).collect();
        gamma_and_beta(&shape, self.scale, self.center)
    }

    fn multiply_adds(&self, inputs: &[Shape]) -> u64 {
        super::shapes::len(&inputs[0]) as u64
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
        let rows = AsRows::new(&inputs[0], &self.places(&inputs[0])?);
        let copies = if options.training { 3 } else { 2 };
        Ok(Box::new(LayerNormalizationOp {
            norm: GroupNorm::new(1, rows.width, 1, self.epsilon),
            copies: if rows.moves() { copies } else { 0 },
            moved: Default::default(),
            rows,
            center: self.center,
            scale: self.scale,
        }))
    }
}

struct LayerNormalizationOp {
    norm: GroupNorm,
    rows: AsRows,
    center: bool,
    scale: bool,
    /// How many tensors of a batch are kept with their axes moved.
    copies: usize,
    /// The input; the output or its gradient; the gradient of the input.
    moved: [Vec<f32>; 3],
}

impl Op for LayerNormalizationOp {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn bytes(&self) -> usize {
        self.norm.bytes()
    }

    fn sample_bytes(&self) -> usize {
        let rows = self.rows.sample() / self.rows.width;
        rows * self.norm.sample_bytes() + self.copies * 4 * self.rows.sample()
    }

    fn allocate(&mut self, max_batch: usize) -> Result<()> {
        let len = max_batch * self.rows.sample();
        for moved in self.moved.iter_mut().take(self.copies) {
            *moved = allocate("samples whose axes are moved", len)?;
        }
        self.norm.allocate(len / self.rows.width)
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: true, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let [gamma, beta] = scale_and_shift(pass.weights, self.rows.width, self.scale, self.center);
        let (x, y) = (pass.inputs.get(0), pass.output);
        if !self.rows.moves() {
            return self.norm.forward(x, gamma, beta, y);
        }
        let [own_x, own_y, _] = &mut self.moved;
        let (own_x, own_y) = (&mut own_x[..x.len()], &mut own_y[..x.len()]);
        self.rows.gather(x, own_x);
        self.norm.forward(own_x, gamma, beta, own_y);
        self.rows.scatter(own_y, y);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let width = self.rows.width;
        let [gamma, _] = scale_and_shift(pass.weights, width, self.scale, self.center);
        let (dgamma, dbeta) = pass.dweights.split_at_mut(if self.scale { width } else { 0 });
        let (dgamma, dbeta) = (self.scale.then_some(dgamma), self.center.then_some(dbeta));
        let (x, dy, dx) = (pass.inputs.get(0), &*pass.doutput, pass.dinputs.get(0));
        if !self.rows.moves() {
            return self.norm.backward(x, gamma, dy, Gradients { dx, dgamma, dbeta });
        }
        let [own_x, own_dy, own_dx] = &mut self.moved;
        let [own_x, own_dy, own_dx] = [own_x, own_dy, own_dx].map(|moved| &mut moved[..x.len()]);
        self.rows.gather(x, own_x);
        self.rows.gather(dy, own_dy);
        let own = Gradients { dx: dx.is_some().then_some(&mut *own_dx), dgamma, dbeta };
        self.norm.backward(own_x, gamma, own_dy, own);
        if let Some(dx) = dx {
            self.rows.scatter(own_dx, dx);
        }
    }
}
