//! Several inputs to one, number by number.

mod op;

use self::op::{Merge, MergeOp};
use super::spread::broadcast;
use super::{Arity, Attribute, CompileOptions, Describe, Layer, Masking, Op, Shape};
use crate::json::Json;
use crate::{Result, err};

/// Defines layers that have no attributes and differ in the number that they make of several.
macro_rules! merges {
    ($($(#[$doc:meta])* $layer:ident, $name:literal, $help:literal, $examples:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Json)]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(deny_unknown_fields)]
        pub struct $layer {}

        impl Describe for $layer {
            const HELP: &'static str = $help;
            const ATTRIBUTES: &'static [Attribute] = &[];

            fn examples() -> Vec<(Self, Vec<Shape>)> {
                let examples: &[&[&[usize]]] = $examples;
                let shapes = examples.iter().map(|shapes| shapes.iter().map(|s| s.to_vec()));
                shapes.map(|shapes| (Self {}, shapes.collect())).collect()
            }
        }

        impl Layer for $layer {
            fn arity(&self) -> Arity {
                Arity::Several
            }

            fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
                output_shape($name, Merge::$layer, inputs)
            }

            fn masking(&self, inputs: &[Shape]) -> Masking {
                let alike = inputs.iter().all(|shape| *shape == inputs[0]);
                if alike { Masking::Keeps } else { Masking::Drops }
            }

            fn compile(
                &self,
                inputs: &[Shape],
                _max_batch: usize,
                _options: CompileOptions,
            ) -> Result<Box<dyn Op>> {
                let output = output_shape($name, Merge::$layer, inputs)?;
                Ok(Box::new(MergeOp::new(Merge::$layer, inputs, &output)))
            }
        }
    )*};
}

merges! {
    /// The sum of its inputs, as Keras `Add`. They have one shape; or a size of 1, or none in front,
    /// where the numbers of an input stand for all along an axis.
    Add, "add", "Adds its inputs.",
    &[&[&[3, 5], &[3, 5]], &[&[2, 2, 3], &[2, 2, 3], &[2, 2, 3]], &[&[2, 1, 3], &[2, 3, 1], &[3]]];

    /// The mean of its inputs, as Keras `Average`; their shapes as for `add`.
    Average, "average", "Takes the mean of its inputs.",
    &[&[&[3, 5], &[3, 5], &[3, 5]], &[&[2, 3, 2], &[2, 1, 1]]];

    /// The product of its inputs, as Keras `Multiply`; their shapes as for `add`.
    Multiply, "multiply", "Multiplies its inputs.",
    &[&[&[3, 5], &[3, 5]], &[&[2, 2, 3], &[2, 2, 3], &[2, 2, 3]], &[&[2, 3, 5], &[1, 1, 5]], &[&[4], &[3, 1]]];

    /// The greatest of its inputs, number by number, as Keras `Maximum`; their shapes as for `add`.
    /// Of equal numbers that of the first input receives the gradient (PyTorch gives each its share).
    Maximum, "maximum", "Keeps the greatest of its inputs.",
    &[&[&[3, 3], &[3, 3]], &[&[2, 4], &[1, 4], &[2, 1]]];

    /// The least of its inputs, number by number, as Keras `Minimum`; their shapes as for `add`, and
    /// equal numbers as for `maximum`.
    Minimum, "minimum", "Keeps the least of its inputs.",
    &[&[&[3, 3], &[3, 3]], &[&[2, 4], &[1, 4], &[2, 1]]];

    /// The first input minus the second, as Keras `Subtract`; their shapes as for `add`.
    Subtract, "subtract", "Subtracts its second input from its first.",
    &[&[&[3, 5], &[3, 5]], &[&[2, 3], &[2, 1]], &[&[3], &[2, 3]]];
}

fn output_shape(name: &str, merge: Merge, inputs: &[Shape]) -> Result<Shape> {
    if merge == Merge::Subtract && inputs.len() != 2 {
        return Err(err!(Argument, "{name} has {} inputs, expected 2", inputs.len()));
    }
    broadcast(inputs).ok_or_else(|| {
        err!(
            Shape,
            "{name}: the inputs have shapes {}, expected the same or sizes of 1 where they differ",
            super::shapes::list(inputs)
        )
    })
}
