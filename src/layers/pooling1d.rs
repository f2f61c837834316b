//! Poolings of sequences, by the kernels of images of one row.

use super::average_pooling2d::AveragePoolingOp;
use super::max_pooling2d::MaxPoolingOp;
use super::shapes::{check_span, sequence};
use super::values::Padding;
use super::{Attribute, CompileOptions, Describe, Kind, Layer, Op, Shape};
use crate::Result;
use crate::json::Json;
use crate::kernels::pool::PoolGeometry;

const ATTRIBUTES: &[Attribute] = &[
    Attribute::new("poolSize", Kind::Integer(1, 65_536), "Length of the window."),
    Attribute::new(
        "strides",
        Kind::Integer(1, 65_536),
        "How far windows lie apart; if not given, as far as they are long.",
    ),
    Attribute::new(
        "padding",
        Kind::Padding,
        "Whether windows stay inside (valid) or may reach over the ends (same).",
    ),
];

/// Defines poolings, which have one set of attributes, and their ops.
macro_rules! poolings {
    ($($(#[$doc:meta])* $layer:ident, $name:literal, $help:literal, $op:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Json)]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $layer {
            /// The length of the window.
            #[serde(default = "super::two")]
            pub pool_size: usize,
            /// How far windows lie apart; by default as far as they are long.
            #[serde(default)]
            pub strides: Option<usize>,
            /// How the ends are treated; what lies outside does not count.
            #[serde(default)]
            pub padding: Padding,
        }

        impl $layer {
            /// Windows side by side.
            #[must_use]
            pub fn new(pool_size: usize) -> Self {
                Self { pool_size, strides: None, padding: Padding::Valid }
            }

            fn geometry(&self, inputs: &[Shape]) -> Result<PoolGeometry> {
                geometry($name, inputs, [self.pool_size, self.strides.unwrap_or(self.pool_size)], self.padding)
            }
        }

        impl Describe for $layer {
            const HELP: &'static str = $help;
            const ATTRIBUTES: &'static [Attribute] = ATTRIBUTES;

            fn examples() -> Vec<(Self, Vec<Shape>)> {
                let overlapping = Self { strides: Some(2), padding: Padding::Same, ..Self::new(3) };
                vec![(Self::new(2), vec![vec![7, 3]]), (overlapping, vec![vec![8, 5]])]
            }
        }

        impl Layer for $layer {
            fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
                let geometry = self.geometry(inputs)?;
                Ok(vec![geometry.out_width, geometry.channels])
            }

            fn compile(
                &self,
                inputs: &[Shape],
                _max_batch: usize,
                options: CompileOptions,
            ) -> Result<Box<dyn Op>> {
                Ok($op(self.geometry(inputs)?, options.training))
            }
        }
    )*};
}

poolings! {
    /// The maximum of each window of a sequence, as Keras `MaxPooling1D`. Of equal values the first
    /// receives the gradient.
    MaxPooling1d, "maxPooling1d", "Keeps the largest number of each window of a sequence.", max;

    /// The mean of each window of a sequence, as Keras `AveragePooling1D`; padding does not count (in
    /// PyTorch it does by default).
    AveragePooling1d, "averagePooling1d", "Keeps the mean of each window of a sequence.", average;
}

fn max(geometry: PoolGeometry, training: bool) -> Box<dyn Op> {
    Box::new(MaxPoolingOp::new(geometry, training))
}

fn average(geometry: PoolGeometry, _training: bool) -> Box<dyn Op> {
    Box::new(AveragePoolingOp { geometry })
}

fn geometry(
    name: &str,
    inputs: &[Shape],
    [size, stride]: [usize; 2],
    padding: Padding,
) -> Result<PoolGeometry> {
    let [length, channels] = sequence(name, inputs)?;
    if padding == Padding::Valid {
        check_span("window", length, size, 1)?;
    }
    PoolGeometry::new([1, length, channels], [1, size], [1, stride], padding.into())
}
