//! Noise between layers.

use super::activation::ActivationOp;
use super::shapes::len;
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Kind, Layer, Masking, Op, Pass, Reads,
    Shape,
};
use crate::Result;
use crate::json::Json;
use crate::kernels::activation::Activation as Function;
use crate::kernels::elementwise::update;
use crate::simd::F32x4;

/// In training adds normally distributed numbers of mean zero, as Keras `GaussianNoise`; otherwise
/// leaves its input alone. Which ones is a function of the run's seed, the step, the layer, the sample
/// and the position.
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GaussianNoise {
    /// The standard deviation of what is added.
    pub stddev: f64,
}

impl Describe for GaussianNoise {
    const HELP: &'static str = "Adds random numbers while training.";
    const ATTRIBUTES: &'static [Attribute] = &[Attribute::new(
        "stddev",
        Kind::Number(0.0, 1e6),
        "The standard deviation of what is added.",
    )];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        vec![(Self { stddev: 0.4 }, vec![vec![3, 7]]), (Self { stddev: 0.0 }, vec![vec![5]])]
    }
}

impl Layer for GaussianNoise {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        Ok(inputs[0].clone())
    }

    fn is_random(&self) -> bool {
        self.stddev > 0.0
    }

    fn is_view(&self, training: bool) -> bool {
        !training || self.stddev == 0.0
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
        Ok(Box::new(NoiseOp { deviation: self.stddev as f32, len: len(&inputs[0]) }))
    }
}

struct NoiseOp {
    deviation: f32,
    /// The numbers of a sample.
    len: usize,
}

impl Op for NoiseOp {
    fn name(&self) -> &'static str {
        "noise"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let (x, y) = (pass.inputs.get(0), pass.output);
        let Pass::Training { key, layer, .. } = pass.pass else { return y.copy_from_slice(x) };
        let deviation = F32x4::splat(self.deviation);
        let samples = y.chunks_exact_mut(self.len).zip(x.chunks_exact(self.len));
        for (sample, (y, x)) in samples.enumerate() {
            key.noise(layer, sample).stream().fill_normal(y);
            update(y, x, |noise, x| x + noise * deviation);
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        if let Some(dx) = pass.dinputs.get(0) {
            dx.copy_from_slice(pass.doutput);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::StepKey;
    use crate::model::Model;
    use crate::plan::Plan;
    use crate::spec::ModelSpec;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn noise_has_its_deviation_and_is_the_samples_own() {
        const N: usize = 20;
        const LEN: usize = 1001;
        let layer = GaussianNoise { stddev: 0.5 };
        let model = Model::new(ModelSpec::sequential(None, vec![LEN], vec![layer.into()]))
            .expect("a model");
        let mut plan = Plan::with_input_gradients(model.graph(), N).expect("a small plan");
        plan.input_mut(0).fill(2.0);
        let mut forward = |n, key| {
            plan.forward(n, &[], &mut [], key).expect("a batch");
            plan.output(0)[..n * LEN].to_vec()
        };
        let key = StepKey::new(1, 2);
        let y = forward(N, key);
        let mean = y.iter().map(|&y| f64::from(y) - 2.0).sum::<f64>() / y.len() as f64;
        let square = y.iter().map(|&y| (f64::from(y) - 2.0).powi(2)).sum::<f64>() / y.len() as f64;
        // Five standard errors.
        assert!(mean.abs() < 0.0177, "mean {mean}");
        assert!((square - 0.25).abs() < 0.0125, "variance {square}");
        assert!(y.chunks(LEN).skip(1).all(|sample| *sample != y[..LEN]));
        assert_ne!(forward(N, StepKey::new(1, 3)), y, "another step");
        // A shard that begins at sample 7 has what the whole batch has there.
        assert_eq!(forward(3, StepKey { first_sample: 7, ..key }), y[7 * LEN..10 * LEN]);
    }
}
