//! Embedding.

use super::shapes::{element_count, len};
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Inputs, Kind, Layer, Masking, Op,
    ParameterSpec, Reads, Shape,
};
use crate::initializers::{Fans, Initializer};
use crate::json::Json;
use crate::kernels::elementwise::accumulate;
use crate::{Result, err};

/// A vector for each of the whole numbers 0 to `inputDim - 1`, as Keras `Embedding`: inputs of shape
/// [...] give outputs [..., outputDim]. (PyTorch's vectors begin with normal numbers of deviation 1; its
/// `padding_idx` keeps one vector as it is, where `maskZero` lets what follows pass over 0.)
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Embedding {
    /// How many numbers there are, the size of the vocabulary.
    pub input_dim: usize,
    /// The length of a vector.
    pub output_dim: usize,
    /// How the vectors begin.
    #[serde(default = "random_uniform")]
    pub embeddings_initializer: Initializer,
    /// Whether 0 stands for padding, so that layers behind (recurrent ones, attention, averages) and
    /// the loss pass over it.
    #[serde(default)]
    pub mask_zero: bool,
}

fn random_uniform() -> Initializer {
    Initializer::RandomUniform
}

impl Embedding {
    /// A layer with Keras's defaults.
    #[must_use]
    pub fn new(input_dim: usize, output_dim: usize) -> Self {
        Self {
            input_dim,
            output_dim,
            embeddings_initializer: Initializer::RandomUniform,
            mask_zero: false,
        }
    }
}

impl Describe for Embedding {
    const HELP: &'static str = "Gives each word or symbol a vector that is learnt.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new("inputDim", Kind::Integer(1, 1 << 24), "The size of the vocabulary."),
        Attribute::new("outputDim", Kind::Integer(1, 1 << 14), "The length of a vector."),
        Attribute::new("embeddingsInitializer", Kind::Initializer, "How the vectors begin."),
        Attribute::new("maskZero", Kind::Boolean, "Whether 0 is padding that does not count."),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![
            (Self::new(7, 5), vec![vec![4]]),
            (Self { mask_zero: true, ..Self::new(5, 3) }, vec![vec![6]]),
            (Self::new(3, 2), vec![vec![2, 3]]),
        ]
    }
}

impl Layer for Embedding {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        element_count("embedding: the vectors", &[self.input_dim, self.output_dim])?;
        if self.mask_zero && inputs[0].len() != 1 {
            return Err(err!(
                Shape,
                "embedding: the input has shape {:?}, expected [steps] where maskZero is true",
                inputs[0]
            ));
        }
        Ok([&inputs[0][..], &[self.output_dim]].concat())
    }

    fn parameters(&self, _inputs: &[Shape]) -> Vec<ParameterSpec> {
        vec![ParameterSpec {
            name: "embeddings",
            shape: vec![self.input_dim, self.output_dim],
            initializer: self.embeddings_initializer,
            fans: Fans { fan_in: self.input_dim, fan_out: self.output_dim },
            ones: 0..0,
            trainable: true,
        }]
    }

    fn masking(&self, _inputs: &[Shape]) -> Masking {
        if self.mask_zero { Masking::Makes(Box::new(NotZero)) } else { Masking::Drops }
    }

    fn vocabulary(&self) -> Option<usize> {
        Some(self.input_dim)
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        Ok(Box::new(EmbeddingOp {
            vocabulary: self.input_dim,
            width: self.output_dim,
            ids: len(&inputs[0]),
        }))
    }
}

struct EmbeddingOp {
    vocabulary: usize,
    width: usize,
    /// Ids of a sample.
    ids: usize,
}

impl Op for EmbeddingOp {
    fn name(&self) -> &'static str {
        "lookup"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: true, output: false }
    }

    fn check(&self, inputs: Inputs<'_>) -> Result<()> {
        let last = (self.vocabulary - 1) as f32;
        let fits = |id: &f32| *id >= 0.0 && *id <= last && id.trunc() == *id;
        match inputs.get(0).iter().position(|id| !fits(id)) {
            None => Ok(()),
            Some(at) => Err(err!(
                Data,
                "found {} at position {} of sample {}, expected whole numbers from 0 to {last}, the \
                 vocabulary of inputDim",
                inputs.get(0)[at],
                at % self.ids,
                at / self.ids
            )),
        }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let ids = pass.inputs.get(0).iter();
        for (id, output) in ids.zip(pass.output.chunks_exact_mut(self.width)) {
            output.copy_from_slice(&pass.weights[*id as usize * self.width..][..self.width]);
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        pass.dweights.fill(0.0);
        let ids = pass.inputs.get(0).iter();
        for (id, gradient) in ids.zip(pass.doutput.chunks_exact(self.width)) {
            let at = *id as usize * self.width;
            accumulate(gradient, &mut pass.dweights[at..at + self.width]);
        }
        // The vectors do not change between whole numbers.
        if let Some(dx) = pass.dinputs.get(0) {
            dx.fill(0.0);
        }
    }
}

/// The mask of ids: what is not 0 counts.
struct NotZero;

impl Op for NotZero {
    fn name(&self) -> &'static str {
        "mask of zeros"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        for (counts, id) in pass.output.iter_mut().zip(pass.inputs.get(0)) {
            *counts = if *id == 0.0 { 0.0 } else { 1.0 };
        }
    }

    fn backward(&mut self, _pass: Backward<'_>) {}
}
