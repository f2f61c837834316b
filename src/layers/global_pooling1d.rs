//! Poolings over whole sequences, by the ops of whole images.

use super::global_average_pooling2d::GlobalAverageOp;
use super::global_max_pooling2d::GlobalMaxOp;
use super::masked_pooling::{MaskedPooling, Taken};
use super::shapes::sequence;
use super::{Attribute, CompileOptions, Describe, Layer, Op, Shape};
use crate::Result;
use crate::json::Json;

/// Defines poolings over whole sequences, which have no attributes, and their ops.
macro_rules! poolings {
    ($($(#[$doc:meta])* $layer:ident, $name:literal, $help:literal, $taken:expr, $op:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Json)]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(deny_unknown_fields)]
        pub struct $layer {}

        impl Describe for $layer {
            const HELP: &'static str = $help;
            const ATTRIBUTES: &'static [Attribute] = &[];

            fn examples() -> Vec<(Self, Vec<Shape>)> {
                vec![(Self {}, vec![vec![5, 7]])]
            }
        }

        impl Layer for $layer {
            fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
                let [_, channels] = sequence($name, inputs)?;
                Ok(vec![channels])
            }

            fn compile(
                &self,
                inputs: &[Shape],
                _max_batch: usize,
                _options: CompileOptions,
            ) -> Result<Box<dyn Op>> {
                let [steps, channels] = sequence($name, inputs)?;
                Ok(Box::new(MaskedPooling::new($taken, $op(channels), [steps, channels])))
            }

            fn reads_masks(&self) -> bool {
                true
            }
        }
    )*};
}

poolings! {
    /// The mean of each channel: [length, channels] to [channels], as Keras
    /// `GlobalAveragePooling1D`; masked steps do not count.
    GlobalAveragePooling1d, "globalAveragePooling1d", "Keeps the mean of each channel of a sequence.",
    Taken::Mean,
    |channels| GlobalAverageOp { channels };

    /// The maximum of each channel: [length, channels] to [channels], as Keras `GlobalMaxPooling1D`;
    /// masked steps do not count (in Keras they do).
    /// Of equal values the first receives the gradient.
    GlobalMaxPooling1d, "globalMaxPooling1d", "Keeps the largest number of each channel of a sequence.",
    Taken::Largest,
    GlobalMaxOp::new;
}
