//! Attention of several heads.

mod op;

use self::op::{AttentionOp, Projection};
use super::shapes::element_count;
use super::{
    Arity, Attribute, CompileOptions, Describe, Kind, Layer, Masking, Op, ParameterSpec, Shape,
};
use crate::initializers::{Fans, Initializer};
use crate::json::Json;
use crate::kernels::attention::{Attention, Geometry};
use crate::kernels::matmul::MatMul;
use crate::memory::Room;
use crate::{Result, err};

/// Attention of several heads, as Keras `MultiHeadAttention`: each position of the query
/// [queries, width] gets a mean of the values [positions, width], weighted by how well their keys
/// answer it. One input is query, value and key ("self-attention"); two are query and value, which is
/// the key, too; three are query, value and key, in Keras's order. Positions that the value's mask
/// hides are not asked; a query that may ask none gets zeros from every head. (PyTorch's
/// `MultiheadAttention` takes query, key and value in that order, has heads of `width / numHeads`
/// numbers and gives NaN for such a query.)
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
                ones: 0..0,
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
