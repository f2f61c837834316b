//! Masks of sequences that are padded.

use super::shapes::len;
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Masking, Op, Reads, Shape,
};
use crate::json::Json;
use crate::{Result, err};

/// Steps of a sequence [steps, ...] whose numbers are all `maskValue` do not count in the layers
/// behind, as Keras `Masking`; they become zeros.
#[derive(Clone, Debug, Default, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MaskingLayer {
    /// The number that padding is made of.
    #[serde(default)]
    pub mask_value: f64,
}

impl Describe for MaskingLayer {
    const HELP: &'static str = "Says which steps of a sequence are padding.";
    const ATTRIBUTES: &'static [Attribute] = &[Attribute::new(
        "maskValue",
        Kind::Number(-1e9, 1e9),
        "The number that padding is made of.",
    )];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![(Self::default(), vec![vec![5, 3]]), (Self { mask_value: -1.0 }, vec![vec![3, 1]])]
    }
}

impl Layer for MaskingLayer {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        if inputs[0].len() < 2 {
            return Err(err!(
                Shape,
                "masking: the input has shape {:?}, expected [steps, features]",
                inputs[0]
            ));
        }
        Ok(inputs[0].clone())
    }

    fn masking(&self, inputs: &[Shape]) -> Masking {
        Masking::Makes(Box::new(self.steps(inputs)))
    }

    fn compile(
        &self,
        inputs: &[Shape],
        _max_batch: usize,
        _options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        Ok(Box::new(Zeroed(self.steps(inputs))))
    }
}

impl MaskingLayer {
    fn steps(&self, inputs: &[Shape]) -> Steps {
        Steps { value: self.mask_value as f32, features: len(&inputs[0][1..]) }
    }
}

/// Tells the steps that count from the others.
#[derive(Clone, Copy)]
struct Steps {
    value: f32,
    /// Numbers of a step.
    features: usize,
}

impl Steps {
    fn count(&self, step: &[f32]) -> bool {
        step.iter().any(|x| *x != self.value)
    }
}

impl Op for Steps {
    fn name(&self) -> &'static str {
        "mask of a value"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let steps = pass.inputs.get(0).chunks_exact(self.features);
        for (counts, step) in pass.output.iter_mut().zip(steps) {
            *counts = if self.count(step) { 1.0 } else { 0.0 };
        }
    }

    fn backward(&mut self, _pass: Backward<'_>) {}
}

/// The same sequence with zeros for padding.
struct Zeroed(Steps);

impl Op for Zeroed {
    fn name(&self) -> &'static str {
        "masking"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: true, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let features = self.0.features;
        let steps = pass.inputs.get(0).chunks_exact(features);
        for (y, x) in pass.output.chunks_exact_mut(features).zip(steps) {
            if self.0.count(x) { y.copy_from_slice(x) } else { y.fill(0.0) }
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let features = self.0.features;
        let Some(dx) = pass.dinputs.get(0) else { return };
        let steps =
            pass.inputs.get(0).chunks_exact(features).zip(pass.doutput.chunks_exact(features));
        for (dx, (x, dy)) in dx.chunks_exact_mut(features).zip(steps) {
            if self.0.count(x) { dx.copy_from_slice(dy) } else { dx.fill(0.0) }
        }
    }
}
