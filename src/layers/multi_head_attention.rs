//! Attention of several heads.

use super::shapes::element_count;
use super::{
    Arity, Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Masking, Op,
    ParameterSpec, Pass, Reads, Shape,
};
use crate::initializers::{Fans, Initializer};
use crate::json::Json;
use crate::kernels::Rectifier;
use crate::kernels::attention::{self, Attention, Geometry};
use crate::kernels::elementwise::accumulate;
use crate::kernels::matmul::MatMul;
use crate::memory::Room;
use crate::{Result, err};

/// Attention of several heads, as Keras `MultiHeadAttention`: each position of the query
/// [queries, width] gets a mean of the values [positions, width], weighted by how well their keys
/// answer it. One input is query, value and key ("self-attention"); two are query and value, which is
/// the key, too; three are query, value and key, in Keras's order. Positions that the value's mask
/// hides are not asked; a query that may ask none gets zeros from every head.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MultiHeadAttention {
    /// How many heads there are.
    pub num_heads: usize,
    /// The numbers of a query and of a key in a head.
    pub key_dim: usize,
    /// The numbers of a value in a head; those of a key if not given.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub value_dim: Option<usize>,
    /// The share of positions that are not asked while training.
    #[serde(default)]
    pub dropout: f64,
    /// Whether numbers are added to queries, keys, values and the output.
    #[serde(default = "super::yes")]
    pub use_bias: bool,
    /// Whether a position sees only those up to itself.
    #[serde(default)]
    pub use_causal_mask: bool,
    /// How the kernels begin.
    #[serde(default)]
    pub kernel_initializer: Initializer,
    /// How the biases begin.
    #[serde(default = "super::zeros")]
    pub bias_initializer: Initializer,
}

impl MultiHeadAttention {
    /// A layer with Keras's defaults.
    #[must_use]
    pub fn new(num_heads: usize, key_dim: usize) -> Self {
        Self {
            num_heads,
            key_dim,
            value_dim: None,
            dropout: 0.0,
            use_bias: true,
            use_causal_mask: false,
            kernel_initializer: Initializer::GlorotUniform,
            bias_initializer: Initializer::Zeros,
        }
    }

    /// Numbers of all heads' queries, and of all their values.
    fn widths(&self) -> [usize; 2] {
        [self.key_dim, self.value_dim.unwrap_or(self.key_dim)].map(|dim| self.num_heads * dim)
    }

    /// The projections: name, numbers of an input, numbers of an output.
    fn projections(&self, inputs: &[Shape]) -> [([&'static str; 2], usize, usize); 4] {
        let [keys, values] = self.widths();
        let width = |role: usize| inputs[role_input(role, inputs.len())][1];
        [
            (["queryKernel", "queryBias"], width(0), keys),
            (["keyKernel", "keyBias"], width(1), keys),
            (["valueKernel", "valueBias"], width(2), values),
            (["outputKernel", "outputBias"], values, width(0)),
        ]
    }
}

/// Which of so many inputs are query, key and value.
fn role_input(role: usize, inputs: usize) -> usize {
    match (role, inputs) {
        (0, _) | (_, 1) => 0,
        (1, 3) => 2,
        _ => 1,
    }
}

impl Describe for MultiHeadAttention {
    const HELP: &'static str = "Lets every position look at all the others.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new("numHeads", Kind::Integer(1, 256), "How many heads there are."),
        Attribute::new("keyDim", Kind::Integer(1, 1 << 12), "Numbers of a query in a head."),
        Attribute::new("valueDim", Kind::Integer(1, 1 << 12), "Numbers of a value in a head."),
        Attribute::new("dropout", Kind::Number(0.0, 1.0), "The share that is not asked."),
        Attribute::new("useBias", Kind::Boolean, "Whether numbers are added to projections."),
        Attribute::new("useCausalMask", Kind::Boolean, "Whether only earlier ones are seen."),
        Attribute::new("kernelInitializer", Kind::Initializer, "How the weights begin."),
        Attribute::new("biasInitializer", Kind::Initializer, "How the biases begin."),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        let causal = Self { use_causal_mask: true, value_dim: Some(5), ..Self::new(3, 2) };
        let dropped = Self { dropout: 0.4, use_bias: false, ..Self::new(2, 3) };
        vec![
            (Self::new(2, 3), vec![vec![4, 5]]),
            (causal, vec![vec![5, 3]]),
            (Self::new(1, 4), vec![vec![3, 5], vec![4, 2]]),
            (dropped, vec![vec![2, 3], vec![3, 4], vec![3, 5]]),
        ]
    }
}

impl Layer for MultiHeadAttention {
    fn arity(&self) -> Arity {
        Arity::UpTo(3)
    }

    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        if let Some(shape) = inputs.iter().find(|shape| shape.len() != 2) {
            return Err(err!(
                Shape,
                "multiHeadAttention: an input has shape {shape:?}, expected [positions, width]"
            ));
        }
        let positions = |role: usize| inputs[role_input(role, inputs.len())][0];
        if positions(1) != positions(2) {
            return Err(err!(
                Shape,
                "multiHeadAttention: found {} keys and {} values, expected as many",
                positions(1),
                positions(2)
            ));
        }
        for ([name, _], from, to) in self.projections(inputs) {
            element_count(&format!("multiHeadAttention: {name}"), &[from, to])?;
            element_count(
                "multiHeadAttention: a projection",
                &[positions(0).max(positions(1)), to],
            )?;
        }
        let shares = [self.num_heads, positions(0), positions(1)];
        element_count("multiHeadAttention: the shares", &shares)?;
        Ok(inputs[0].clone())
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let mut parameters = Vec::new();
        for (role, ([kernel, bias], from, to)) in self.projections(inputs).into_iter().enumerate() {
            let heads = [self.num_heads, if role == 3 { from } else { to } / self.num_heads];
            let fans = Fans { fan_in: from, fan_out: to };
            let (shape, bias_shape) = if role == 3 {
                (vec![heads[0], heads[1], to], vec![to])
            } else {
                (vec![from, heads[0], heads[1]], heads.to_vec())
            };
            let parameter = |name, shape, initializer| ParameterSpec {
                name,
                shape,
                initializer,
                fans,
                trainable: true,
            };
            parameters.push(parameter(kernel, shape, self.kernel_initializer));
            if self.use_bias {
                parameters.push(parameter(bias, bias_shape, self.bias_initializer));
            }
        }
        parameters
    }

    fn multiply_adds(&self, inputs: &[Shape]) -> u64 {
        let positions = |role: usize| inputs[role_input(role, inputs.len())][0] as u64;
        let products = self.projections(inputs).into_iter().enumerate();
        let projected: u64 =
            products.map(|(role, (_, from, to))| positions(role % 3) * (from * to) as u64).sum();
        let [keys, values] = self.widths();
        projected + positions(0) * positions(1) * (keys + values) as u64
    }

    fn is_random(&self) -> bool {
        self.dropout > 0.0
    }

    fn masking(&self, _inputs: &[Shape]) -> Masking {
        Masking::First
    }

    fn reads_masks(&self) -> bool {
        true
    }

    fn compile(
        &self,
        inputs: &[Shape],
        max_batch: usize,
        options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let positions = [0, 1, 2].map(|role| inputs[role_input(role, inputs.len())][0]);
        let [queries, keys, _] = positions;
        let geometry = Geometry {
            queries,
            keys,
            heads: self.num_heads,
            key_dim: self.key_dim,
            value_dim: self.value_dim.unwrap_or(self.key_dim),
            causal: self.use_causal_mask,
        };
        let dropout = options.training && self.dropout > 0.0;
        let widths = self.projections(inputs);
        let mut projections = Vec::with_capacity(4);
        for (role, (_, from, to)) in widths.into_iter().enumerate() {
            let rows = positions[role % 3];
            let matmul = MatMul::new(max_batch.saturating_mul(rows), from, to, options.training)?;
            projections.push(Projection { matmul, rows, from, to, use_bias: self.use_bias });
        }
        let projected = |role: usize| {
            let (_, from, to) = widths[role];
            // That of the output is kept as it goes in.
            Room::new(max_batch * positions[role % 3] * if role == 3 { from } else { to })
        };
        let widest = inputs.iter().map(|shape| shape[0] * shape[1]).max().unwrap_or(0);
        Ok(Box::new(AttentionOp {
            attention: Attention::new(geometry, max_batch, options.training, dropout)?,
            projected: [0, 1, 2, 3].map(projected),
            aside: Room::new(if options.training { max_batch * widest } else { 0 }),
            projections,
            rate: self.dropout,
            shares: self.num_heads * queries * keys,
            max_batch,
            inputs: inputs.len(),
            dropped: false,
        }))
    }
}

/// A dense layer on the rows of an input.
struct Projection {
    matmul: MatMul,
    /// Rows of a sample.
    rows: usize,
    from: usize,
    to: usize,
    use_bias: bool,
}

impl Projection {
    /// How many of the layer's weights are its own.
    fn weights(&self) -> usize {
        self.from * self.to + if self.use_bias { self.to } else { 0 }
    }

    fn forward(&mut self, n: usize, x: &[f32], weights: &[f32], reuse: bool, y: &mut [f32]) {
        let (kernel, bias) = weights.split_at(self.from * self.to);
        self.matmul.reuse_b(reuse);
        let bias = self.use_bias.then_some(bias);
        self.matmul.forward(n * self.rows, x, kernel, bias, Rectifier::Linear, y);
    }

    fn weight_gradients(&mut self, n: usize, x: &[f32], dy: &[f32], dweights: &mut [f32]) {
        let (dkernel, dbias) = dweights.split_at_mut(self.from * self.to);
        let dbias = self.use_bias.then_some(dbias);
        self.matmul.backward_b(n * self.rows, x, dy, dkernel, dbias);
    }

    fn input_gradient(&mut self, n: usize, dy: &[f32], weights: &[f32], dx: &mut [f32]) {
        let kernel = &weights[..self.from * self.to];
        self.matmul.backward_a(n * self.rows, dy, kernel, dx);
    }
}

struct AttentionOp {
    attention: Attention,
    /// Of query, key, value and output.
    projections: Vec<Projection>,
    /// Queries, keys, values and what the heads make of them; in the backward pass their gradients.
    projected: [Room; 4],
    /// A gradient that is added to another.
    aside: Room,
    rate: f64,
    /// Shares of a sample.
    shares: usize,
    max_batch: usize,
    inputs: usize,
    /// Whether the last pass had dropout.
    dropped: bool,
}

impl AttentionOp {
    fn split<'a>(&self, weights: &'a [f32]) -> [&'a [f32]; 4] {
        let mut rest = weights;
        [0, 1, 2, 3].map(|role| {
            let own;
            (own, rest) = rest.split_at(self.projections[role].weights());
            own
        })
    }
}

impl Op for AttentionOp {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn bytes(&self) -> usize {
        let own: usize = self.projections.iter().map(|own| own.matmul.bytes()).sum();
        own + self.attention.bytes()[0]
    }

    fn sample_bytes(&self) -> usize {
        let [fixed, all] = self.attention.bytes();
        let rooms = self.projected.iter().chain([&self.aside]).map(Room::bytes).sum::<usize>();
        (rooms + all - fixed).div_ceil(self.max_batch.max(1))
    }

    fn allocate(&mut self, _max_batch: usize) -> Result<()> {
        self.projections.iter_mut().try_for_each(|own| own.matmul.allocate())?;
        let rooms = self.projected.iter_mut().chain([&mut self.aside]);
        rooms.into_iter().try_for_each(|room| room.allocate("the projections of attention"))?;
        self.attention.allocate()
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: true, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let n = pass.n;
        let weights = self.split(pass.weights);
        let roles = self.projections.iter_mut().zip(&mut self.projected).zip(weights);
        for (role, ((projection, y), weights)) in roles.enumerate().take(3) {
            let x = pass.inputs.get(role_input(role, self.inputs));
            projection.forward(n, x, weights, !pass.weights_changed, y);
        }
        self.dropped = false;
        if let Pass::Training { key, layer, .. } = pass.pass {
            let mask = self.attention.dropout_mask(n);
            self.dropped = !mask.is_empty();
            for (sample, mask) in mask.chunks_exact_mut(self.shares).enumerate() {
                super::dropout::draw(self.rate, key.dropout(layer, sample), mask);
            }
        }
        let [queries, keys, values, heads] = &mut self.projected;
        self.attention.forward(attention::Forward {
            n,
            queries,
            keys,
            values,
            mask: pass.masks.get(role_input(2, self.inputs)),
            dropout: self.dropped,
            output: heads,
        });
        self.projections[3].forward(n, heads, weights[3], !pass.weights_changed, pass.output);
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let n = pass.n;
        let weights = self.split(pass.weights);
        let mut dweights = pass.dweights;
        let gradients = [0, 1, 2, 3].map(|role| {
            let (own, rest) =
                std::mem::take(&mut dweights).split_at_mut(self.projections[role].weights());
            dweights = rest;
            own
        });
        let [dqueries, dkeys, dvalues, heads] = &mut self.projected;
        let output = &mut self.projections[3];
        output.weight_gradients(n, heads, pass.doutput, gradients[3]);
        output.input_gradient(n, pass.doutput, weights[3], heads);
        self.attention.backward(attention::Backward {
            n,
            dropout: self.dropped,
            doutput: heads,
            dqueries,
            dkeys,
            dvalues,
        });
        let mut written = [false; 3];
        for role in 0..3 {
            let (input, dy) = (role_input(role, self.inputs), &self.projected[role]);
            let own = &mut self.projections[role];
            own.weight_gradients(n, pass.inputs.get(input), dy, gradients[role]);
            let Some(dx) = pass.dinputs.get(input) else { continue };
            if std::mem::replace(&mut written[input], true) {
                let aside = &mut self.aside[..dx.len()];
                own.input_gradient(n, dy, weights[role], aside);
                accumulate(aside, dx);
            } else {
                own.input_gradient(n, dy, weights[role], dx);
            }
        }
    }
}
