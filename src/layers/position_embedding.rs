//! Where in a sequence a position is.

use super::shapes::len;
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Masking, Op,
    ParameterSpec, Reads, Shape,
};
use crate::initializers::{Fans, Initializer};
use crate::json::Json;
use crate::kernels::elementwise::{accumulate, add};
use crate::memory::Room;
use crate::{Result, err};

/// How positions are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum PositionEncoding {
    /// A vector for each position that is trained.
    #[default]
    Learned,
    /// Sines and cosines of wavelengths from 2π to 10,000 times that (Vaswani et al., 2017): numbers
    /// 2i and 2i + 1 of position p are the sine and cosine of `p / 10000^(2i / width)`.
    Sinusoidal,
}

impl PositionEncoding {
    /// The names in a specification.
    pub const NAMES: &'static [&'static str] = &["learned", "sinusoidal"];
}

/// Adds to each position of a sequence [positions, width] a vector that says which it is. (KerasHub's
/// layer of this name gives the vector alone, to be added.)
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PositionEmbedding {
    /// How positions are told apart.
    #[serde(default)]
    pub encoding: PositionEncoding,
    /// How vectors that are trained begin.
    #[serde(default)]
    pub embeddings_initializer: Initializer,
}

impl PositionEmbedding {
    /// The number at this place of [positions, width] of the encoding that is not learned.
    pub(crate) fn wave(at: usize, width: usize) -> f32 {
        let (position, number) = (at / width, at % width);
        let exponent = (number - number % 2) as f64 / width as f64;
        let angle = position as f64 / libm::pow(10_000.0, exponent);
        let value = if number % 2 == 0 { libm::sin(angle) } else { libm::cos(angle) };
        value as f32
    }
}

impl Describe for PositionEmbedding {
    const HELP: &'static str = "Tells attention where in the sequence a position is.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new("encoding", Kind::Choice(PositionEncoding::NAMES), "Learned, or waves."),
        Attribute::new("embeddingsInitializer", Kind::Initializer, "How the vectors begin."),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        let learned = Self {
            encoding: PositionEncoding::Learned,
            embeddings_initializer: Initializer::GlorotUniform,
        };
        let waves = Self { encoding: PositionEncoding::Sinusoidal, ..learned.clone() };
        vec![(learned, vec![vec![4, 3]]), (waves, vec![vec![3, 5]])]
    }
}

impl Layer for PositionEmbedding {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        if inputs[0].len() != 2 {
            return Err(err!(
                Shape,
                "positionEmbedding: the input has shape {:?}, expected [positions, width]",
                inputs[0]
            ));
        }
        Ok(inputs[0].clone())
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        if self.encoding == PositionEncoding::Sinusoidal {
            return Vec::new();
        }
        vec![ParameterSpec {
            name: "embeddings",
            shape: inputs[0].clone(),
            initializer: self.embeddings_initializer,
            fans: Fans { fan_in: inputs[0][0], fan_out: inputs[0][1] },
            ones: 0..0,
            trainable: true,
        }]
    }

    fn masking(&self, _inputs: &[Shape]) -> Masking {
        Masking::First
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let [len, width] = [len(&inputs[0]), inputs[0][1]];
        let fixed = self.encoding == PositionEncoding::Sinusoidal;
        Ok(Box::new(PositionOp { len, width, waves: Room::new(if fixed { len } else { 0 }) }))
    }
}

struct PositionOp {
    /// Numbers of a sample, and of a position.
    len: usize,
    width: usize,
    /// What is added, if it is not trained.
    waves: Room,
}

impl Op for PositionOp {
    fn name(&self) -> &'static str {
        "position"
    }

    fn bytes(&self) -> usize {
        self.waves.bytes()
    }

    fn allocate(&mut self, _max_batch: usize) -> Result<()> {
        self.waves.allocate("the waves of positions")?;
        for (at, wave) in self.waves.iter_mut().enumerate() {
            *wave = PositionEmbedding::wave(at, self.width);
        }
        Ok(())
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let added = if self.waves.is_empty() { pass.weights } else { &self.waves };
        let samples = pass.inputs.get(0).chunks_exact(self.len);
        for (x, y) in samples.zip(pass.output.chunks_exact_mut(self.len)) {
            add(x, added, y);
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        if self.waves.is_empty() {
            pass.dweights.fill(0.0);
            let samples = pass.doutput.chunks_exact(self.len);
            samples.for_each(|dy| accumulate(dy, pass.dweights));
        }
        if let Some(dx) = pass.dinputs.get(0) {
            dx.copy_from_slice(pass.doutput);
        }
    }
}
