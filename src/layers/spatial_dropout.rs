//! Dropout of whole channels.

use super::activation::ActivationOp;
use super::dropout::DropoutOp;
use super::shapes::{image, sequence};
use super::{Attribute, CompileOptions, Describe, Kind, Layer, Masking, Op, Shape};
use crate::Result;
use crate::json::Json;
use crate::kernels::activation::Activation as Function;

/// Defines dropouts of channels of inputs of a certain kind.
macro_rules! dropouts {
    ($($(#[$doc:meta])* $layer:ident, $name:literal, $help:literal, $check:ident, $shape:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Json)]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $layer {
            /// The share of channels that are set to zero.
            pub rate: f64,
        }

        impl Describe for $layer {
            const HELP: &'static str = $help;
            const ATTRIBUTES: &'static [Attribute] =
                &[Attribute::new("rate", Kind::Number(0.0, 1.0), "The share that is left out.")];

            fn examples() -> Vec<(Self, Vec<Shape>)> {
                vec![(Self { rate: 0.4 }, vec![$shape]), (Self { rate: 0.0 }, vec![$shape])]
            }
        }

        impl Layer for $layer {
            fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
                $check($name, inputs)?;
                Ok(inputs[0].clone())
            }

            fn is_random(&self) -> bool {
                self.rate > 0.0
            }

            fn is_view(&self, training: bool) -> bool {
                !training || self.rate == 0.0
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
                if self.is_view(options.training) {
                    return Ok(ActivationOp::boxed(Function::Linear, &inputs[0]));
                }
                let [.., channels] = $check($name, inputs)?;
                Ok(Box::new(DropoutOp::new(self.rate, channels)))
            }
        }
    )*};
}

dropouts! {
    /// In training sets each channel of a sequence [length, channels] to zero with probability
    /// `rate` and multiplies the others by `1 / (1 - rate)`, as Keras `SpatialDropout1D` (Tompson et
    /// al., 2015); otherwise leaves them alone.
    SpatialDropout1d, "spatialDropout1d",
    "Leaves out a random part of the channels of a sequence while training.", sequence, vec![3, 7];

    /// In training sets each channel of an image to zero with probability `rate` and multiplies the
    /// others by `1 / (1 - rate)`, as Keras `SpatialDropout2D` (PyTorch's `Dropout2d`; Tompson et
    /// al., 2015); otherwise leaves them alone.
    SpatialDropout2d, "spatialDropout2d",
    "Leaves out a random part of the channels of an image while training.", image, vec![2, 3, 7];
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::layers::{LayerSpec, StepKey};
    use crate::model::Model;
    use crate::plan::Plan;
    use crate::spec::ModelSpec;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn channels_are_dropped_whole_and_as_often_as_the_rate_says() {
        const N: usize = 50;
        const CHANNELS: usize = 400;
        for (name, shape) in
            [("spatialDropout1d", vec![3, CHANNELS]), ("spatialDropout2d", vec![2, 3, CHANNELS])]
        {
            let layer: LayerSpec = serde_json::from_value(json!({"type": name, "rate": 0.25}))
                .expect("a specification");
            let rows: usize = shape[..shape.len() - 1].iter().product();
            let model = Model::new(ModelSpec::sequential(None, shape, vec![layer]));
            let mut plan = Plan::with_input_gradients(model.expect("a model").graph(), N)
                .expect("a small plan");
            plan.input_mut(0).fill(3.0);
            plan.forward(N, &[], &mut [], StepKey::new(1, 2)).expect("a batch");
            let y = plan.output(0).to_vec();
            for sample in y.chunks(rows * CHANNELS) {
                assert!(sample.chunks(CHANNELS).all(|row| *row == sample[..CHANNELS]), "{name}");
            }
            assert!(y.iter().all(|&y| y == 0.0 || (y - 4.0).abs() < 1e-6), "{name}");
            let zeros = y.iter().filter(|&&y| y == 0.0).count() as f64 / y.len() as f64;
            // Five standard deviations of the share of 20,000.
            assert!((zeros - 0.25).abs() < 0.0154, "{name}: {zeros} of the channels are zero");
            let mut other = || {
                plan.forward(N, &[], &mut [], StepKey::new(1, 3)).expect("a batch");
                plan.output(0).to_vec()
            };
            assert_ne!(other(), y, "{name}: another step");
        }
    }
}
