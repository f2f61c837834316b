//! What every layer answers: its shapes, its parameters, its op, and what an editor shows of it.

use std::ops::Range;

use super::{Attribute, Op, Shape};
use crate::Result;
use crate::initializers::{Fans, Initializer};
use crate::kernels::activation::Activation as Function;

/// A parameter of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterSpec {
    /// The name within its layer, as in Keras.
    pub name: &'static str,
    /// Kernels of convolutions are [height, width, in, out], those of dense layers [in, out].
    pub shape: Shape,
    /// How it is filled.
    pub initializer: Initializer,
    /// What the initialiser goes by.
    pub fans: Fans,
    /// Numbers that begin with 1, whatever the initialiser says.
    pub ones: Range<usize>,
    /// Whether it is trained; else it belongs to the model's state.
    pub trainable: bool,
}

/// How many inputs a layer takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// Exactly one.
    One,
    /// Two or more.
    Several,
    /// One, or one and so many others.
    OneOr(usize),
    /// Between one and so many.
    UpTo(usize),
}

impl Arity {
    /// Whether a layer may have this many inputs.
    pub(super) fn allows(self, inputs: usize) -> bool {
        match self {
            Self::One => inputs == 1,
            Self::Several => inputs >= 2,
            Self::UpTo(most) => (1..=most).contains(&inputs),
            Self::OneOr(others) => inputs == 1 || inputs == 1 + others,
        }
    }
}

impl std::fmt::Display for Arity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::One => f.write_str("1"),
            Self::Several => f.write_str("2 or more"),
            Self::UpTo(most) => write!(f, "1 to {most}"),
            Self::OneOr(others) => write!(f, "1 or {}", 1 + others),
        }
    }
}

/// What a layer's output says of the mask: which positions along its first axis count. A mask is a
/// number for each position of a sample, 0 where it does not count.
pub enum Masking {
    /// Its positions are other ones, so that all count.
    Drops,
    /// A position counts if it does in every input that has a mask.
    Keeps,
    /// Its positions are those of the first input.
    First,
    /// The same, in reverse.
    Reverses,
    /// This op computes it from the layer's first input.
    Makes(Box<dyn Op>),
}

/// What an op is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompileOptions {
    /// Whether `backward` will be called.
    pub training: bool,
    /// Whether convolutions may use Winograd's algorithm, which is faster but rounds differently.
    pub winograd: bool,
}

/// What every layer answers. The shapes given to all methods but [`Layer::output_shape`] are such
/// that it accepted.
pub trait Layer {
    /// How many inputs it takes.
    fn arity(&self) -> Arity {
        Arity::One
    }

    /// The shape of its output.
    ///
    /// # Errors
    /// `Shape` or `TooLarge`, with what was found and what is expected.
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape>;

    /// Its parameters; those that are trained in the order in which [`Op`] finds them in `weights`,
    /// the others in that of its state.
    fn parameters(&self, _inputs: &[Shape]) -> Vec<ParameterSpec> {
        Vec::new()
    }

    /// The multiply-adds of the forward pass of one sample.
    fn multiply_adds(&self, _inputs: &[Shape]) -> u64 {
        0
    }

    /// The activation that follows what [`Op`] computes; the plan adds it. (A rectifier may be
    /// part of the op: then it is not told here.)
    fn activation(&self) -> Function {
        Function::Linear
    }

    /// The function that the output is the last result of: [`Layer::activation`], or the rectifier
    /// that is part of the op.
    fn final_activation(&self) -> Function {
        self.activation()
    }

    /// Which positions of its output count.
    fn masking(&self, _inputs: &[Shape]) -> Masking {
        Masking::Drops
    }

    /// Whether [`Op`] looks at the masks of its inputs.
    fn reads_masks(&self) -> bool {
        false
    }

    /// How many different whole numbers from 0 on its first input holds, if it takes those.
    fn vocabulary(&self) -> Option<usize> {
        None
    }

    /// Whether [`Op`] draws random numbers in training.
    fn is_random(&self) -> bool {
        false
    }

    /// Whether the output is the input under another shape, before [`Layer::activation`], so that
    /// no op is needed.
    fn is_view(&self, _training: bool) -> bool {
        false
    }

    /// The same layer with a bias: a kernel whose last axis (or last two) are the output's channels,
    /// and a number added to each of those. A batch normalisation behind it can then become part of
    /// its weights. `None` for a layer that is no such product or has an activation.
    fn with_bias(&self) -> Option<Box<dyn Layer>> {
        None
    }

    /// Makes it ready for up to `max_batch` samples.
    ///
    /// # Errors
    /// `TooLarge` where a kernel needs more than it can address.
    fn compile(
        &self,
        inputs: &[Shape],
        max_batch: usize,
        options: CompileOptions,
    ) -> Result<Box<dyn Op>>;
}

/// What is known of a kind of layer.
pub trait Describe: Sized {
    /// What it does, in a line.
    const HELP: &'static str;
    /// Its attributes.
    const ATTRIBUTES: &'static [Attribute];

    /// Layers with the shapes of their inputs, on which the tests try everything that holds for
    /// every layer.
    fn examples() -> Vec<(Self, Vec<Shape>)>;
}
