//! What the recurrent layers share: attributes, shapes, parameters and the op.

use std::ops::Range;

use super::shapes::element_count;
use super::{
    Arity, Attribute, Backward, CompileOptions, Forward, Kind, Layer, LayerSpec, Masking, Op,
    ParameterSpec, Pass, Reads, Shape,
};
use crate::initializers::{Fans, Initializer};
use crate::json::Json;
pub(super) use crate::kernels::recurrent::Cell;
use crate::kernels::recurrent::{self, GateFunction, Geometry};
use crate::{Result, err};

/// The function of a recurrent layer's gate or state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum RecurrentActivation {
    /// The hyperbolic tangent.
    #[default]
    Tanh,
    /// `1 / (1 + e^-x)`
    Sigmoid,
    /// `min(max(x + 3, 0), 6) / 6`
    HardSigmoid,
    /// `max(x, 0)`
    Relu,
    /// `x`
    Linear,
}

impl RecurrentActivation {
    /// The names in a specification.
    pub const NAMES: &'static [&'static str] =
        &["tanh", "sigmoid", "hardSigmoid", "relu", "linear"];

    /// A default of attributes.
    pub(super) fn sigmoid() -> Self {
        Self::Sigmoid
    }

    /// As the kernels have it.
    pub(super) fn function(self) -> GateFunction {
        match self {
            Self::Tanh => GateFunction::Tanh,
            Self::Sigmoid => GateFunction::Sigmoid,
            Self::HardSigmoid => GateFunction::HardSigmoid,
            Self::Relu => GateFunction::Relu,
            Self::Linear => GateFunction::Linear,
        }
    }
}

/// Lines of the layers' tables.
pub(super) const UNITS: Attribute =
    Attribute::new("units", Kind::Integer(1, 1 << 14), "The numbers of the state.");
pub(super) const ACTIVATION: Attribute = Attribute::new(
    "activation",
    Kind::Choice(RecurrentActivation::NAMES),
    "The function of the state.",
);
pub(super) const RECURRENT_ACTIVATION: Attribute = Attribute::new(
    "recurrentActivation",
    Kind::Choice(RecurrentActivation::NAMES),
    "The function of the gates.",
);
pub(super) const USE_BIAS: Attribute =
    Attribute::new("useBias", Kind::Boolean, "Whether a number is added to each gate.");
pub(super) const RETURN_SEQUENCES: Attribute = Attribute::new(
    "returnSequences",
    Kind::Boolean,
    "Whether the state after every step is given, and not only after the last.",
);
pub(super) const GO_BACKWARDS: Attribute =
    Attribute::new("goBackwards", Kind::Boolean, "Whether it goes from the end to the beginning.");
pub(super) const DROPOUT: Attribute = Attribute::new(
    "dropout",
    Kind::Number(0.0, 1.0),
    "The share of each input that is left out while training, at all steps the same.",
);
pub(super) const RECURRENT_DROPOUT: Attribute = Attribute::new(
    "recurrentDropout",
    Kind::Number(0.0, 1.0),
    "The share of the state that the gates do not see while training, at all steps the same.",
);
pub(super) const KERNEL_INITIALIZER: Attribute =
    Attribute::new("kernelInitializer", Kind::Initializer, "How the inputs' weights begin.");
pub(super) const RECURRENT_INITIALIZER: Attribute =
    Attribute::new("recurrentInitializer", Kind::Initializer, "How the state's weights begin.");
pub(super) const BIAS_INITIALIZER: Attribute =
    Attribute::new("biasInitializer", Kind::Initializer, "How the bias begins.");

/// What the layers have in common, read from their attributes.
#[derive(Clone, Copy)]
pub(super) struct Common {
    pub name: &'static str,
    pub units: usize,
    pub use_bias: bool,
    pub return_sequences: bool,
    pub go_backwards: bool,
    /// Going backwards, the outputs in the order of time.
    pub in_time: bool,
    pub dropout: f64,
    pub recurrent_dropout: f64,
    pub kernel_initializer: Initializer,
    pub recurrent_initializer: Initializer,
    pub bias_initializer: Initializer,
    /// Blocks of units in the kernels.
    pub gates: usize,
    /// The state, and the memory besides if there is one.
    pub states: usize,
    /// Rows of the bias: one, or one for the inputs and one for the state.
    pub biases: usize,
}

impl Common {
    pub fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let Self { name, units, gates, .. } = *self;
        let [steps, features] = inputs[0][..] else {
            return Err(err!(
                Shape,
                "{name}: the input has shape {:?}, expected [steps, features]",
                inputs[0]
            ));
        };
        for (state, shape) in inputs[1..].iter().enumerate() {
            if *shape != [units] {
                return Err(err!(
                    Shape,
                    "{name}: initial state {state} has shape {shape:?}, expected [{units}]"
                ));
            }
        }
        element_count(name, &[features, gates * units])?;
        element_count(name, &[units, gates * units])?;
        // What training keeps of a sample.
        element_count(name, &[steps + 1, gates * units])?;
        Ok(if self.return_sequences { vec![steps, units] } else { vec![units] })
    }

    pub fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let (features, width) = (inputs[0][1], self.gates * self.units);
        let parameter = |name, shape: Shape, initializer| ParameterSpec {
            name,
            fans: Fans { fan_in: shape[0], fan_out: width },
            shape,
            initializer,
            ones: 0..0,
            trainable: true,
        };
        let mut parameters = vec![
            parameter("kernel", vec![features, width], self.kernel_initializer),
            parameter("recurrentKernel", vec![self.units, width], self.recurrent_initializer),
        ];
        if self.use_bias {
            let shape = if self.biases == 1 { vec![width] } else { vec![self.biases, width] };
            let bias = parameter("bias", shape, self.bias_initializer);
            parameters.push(ParameterSpec { fans: parameters[0].fans, ..bias });
        }
        parameters
    }

    pub fn multiply_adds(&self, inputs: &[Shape]) -> u64 {
        let [steps, features] = [inputs[0][0], inputs[0][1]].map(|size| size as u64);
        steps * (features + self.units as u64) * (self.gates * self.units) as u64
    }

    pub fn masking(&self) -> Masking {
        match (self.return_sequences, self.go_backwards && !self.in_time) {
            (false, _) => Masking::Drops,
            (true, false) => Masking::First,
            (true, true) => Masking::Reverses,
        }
    }

    /// The op; `salt` tells its dropout from that of another in the same layer.
    pub fn op(
        &self,
        cell: Box<dyn Cell>,
        inputs: &[Shape],
        max_batch: usize,
        options: CompileOptions,
        salt: u64,
    ) -> Result<RecurrentOp> {
        let geometry = Geometry {
            steps: inputs[0][0],
            features: inputs[0][1],
            units: self.units,
            backwards: self.go_backwards,
            sequences: self.return_sequences,
            in_time: self.in_time,
        };
        let rates = [self.dropout, self.recurrent_dropout].map(|rate| match options.training {
            true => rate,
            false => 0.0,
        });
        let dropout = rates.map(|rate| rate > 0.0);
        let kernel =
            recurrent::Recurrent::new(cell, geometry, max_batch, options.training, dropout)?;
        Ok(RecurrentOp { kernel, rates, sizes: [inputs[0][1], self.units], salt })
    }
}

/// What a recurrent layer says of itself; all that it answers as a layer follows.
pub(super) trait RecurrentLayer {
    fn common(&self) -> Common;

    fn cell(&self) -> Box<dyn Cell>;

    /// The numbers of the bias that begin with 1.
    fn unit_bias(&self) -> Range<usize> {
        0..0
    }
}

impl<T: RecurrentLayer> Layer for T {
    fn arity(&self) -> Arity {
        Arity::OneOr(self.common().states)
    }

    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        self.common().output_shape(inputs)
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let mut parameters = self.common().parameters(inputs);
        if let Some(bias) = parameters.get_mut(2) {
            bias.ones = self.unit_bias();
        }
        parameters
    }

    fn multiply_adds(&self, inputs: &[Shape]) -> u64 {
        self.common().multiply_adds(inputs)
    }

    fn masking(&self, _inputs: &[Shape]) -> Masking {
        self.common().masking()
    }

    fn reads_masks(&self) -> bool {
        true
    }

    fn is_random(&self) -> bool {
        let Common { dropout, recurrent_dropout, .. } = self.common();
        dropout > 0.0 || recurrent_dropout > 0.0
    }

    fn compile(
        &self,
        inputs: &[Shape],
        max_batch: usize,
        options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        Ok(Box::new(self.common().op(self.cell(), inputs, max_batch, options, 0)?))
    }
}

impl LayerSpec {
    /// The recurrent layer, if it is one.
    pub(super) fn recurrent(&self) -> Option<&dyn RecurrentLayer> {
        match self {
            Self::SimpleRnn(layer) => Some(layer),
            Self::Lstm(layer) => Some(layer),
            Self::Gru(layer) => Some(layer),
            _ => None,
        }
    }
}

/// A recurrent layer at work.
pub(super) struct RecurrentOp {
    kernel: recurrent::Recurrent,
    /// The shares of inputs and state that are left out in training.
    rates: [f64; 2],
    /// Numbers of an input at a step, and of the state.
    sizes: [usize; 2],
    salt: u64,
}

impl RecurrentOp {
    /// Draws what inputs and state are multiplied by in this pass.
    fn draw(&mut self, n: usize, pass: &Pass<'_>) {
        for (which, mask) in self.kernel.dropout_masks(n).into_iter().enumerate() {
            let Pass::Training { key, layer, .. } = *pass else {
                mask.fill(1.0);
                continue;
            };
            for (sample, mask) in mask.chunks_exact_mut(self.sizes[which]).enumerate() {
                let key = key.dropout(layer, sample).child(self.salt + which as u64);
                super::dropout::draw(self.rates[which], key, mask);
            }
        }
    }
}

impl RecurrentOp {
    /// A forward pass: samples with their sequences and mask, initial states, the weights and whether
    /// they may have changed.
    pub fn run(
        &mut self,
        (n, x, mask): (usize, &[f32], Option<&[f32]>),
        initial: [Option<&[f32]>; 2],
        (weights, weights_changed): (&[f32], bool),
        pass: &Pass<'_>,
        output: &mut [f32],
    ) {
        self.draw(n, pass);
        let weights = self.kernel.weights(weights);
        self.kernel.forward(recurrent::Forward {
            n,
            x,
            mask,
            initial,
            weights,
            weights_changed,
            output,
        });
    }

    /// A backward pass: the weights and their gradients, and that of the sequences if it is wanted.
    pub fn gradients(
        &mut self,
        (n, mask): (usize, Option<&[f32]>),
        doutput: &[f32],
        (weights, dweights): (&[f32], &mut [f32]),
        dx: Option<&mut [f32]>,
    ) {
        let (weights, dweights) = (self.kernel.weights(weights), self.kernel.gradients(dweights));
        self.kernel.backward(recurrent::Backward { n, mask, weights, doutput, dx, dweights });
    }
}

impl Op for RecurrentOp {
    fn name(&self) -> &'static str {
        self.kernel.name()
    }

    fn bytes(&self) -> usize {
        self.kernel.bytes()
    }

    fn sample_bytes(&self) -> usize {
        self.kernel.sample_bytes()
    }

    fn allocate(&mut self, _max_batch: usize) -> Result<()> {
        self.kernel.allocate()
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let initial = [1, 2].map(|i| (i < pass.inputs.count()).then(|| pass.inputs.get(i)));
        self.run(
            (pass.n, pass.inputs.get(0), pass.masks.get(0)),
            initial,
            (pass.weights, pass.weights_changed),
            &pass.pass,
            pass.output,
        );
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let weights = (pass.weights, pass.dweights);
        let dx = pass.dinputs.get(0);
        self.gradients((pass.n, pass.masks.get(0)), pass.doutput, weights, dx);
        for (number, gradient) in self.kernel.initial_gradients(pass.n).into_iter().enumerate() {
            if 1 + number < pass.dinputs.count()
                && let Some(dinitial) = pass.dinputs.get(1 + number)
            {
                dinitial.copy_from_slice(gradient);
            }
        }
    }
}
