//! Ops that keep what they made of the weights, as long as those do not change.

use crate::layers::*;
use crate::rng::{Key, Purpose};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const BATCH: usize = 2;

/// An op with buffers for its passes.
pub struct Bench {
    op: Box<dyn Op>,
    inputs: Vec<Vec<f32>>,
    places: Vec<(usize, usize)>,
    pub state: Vec<f32>,
    out: usize,
}

impl Bench {
    pub fn new(layer: &LayerSpec, shapes: &[Shape], training: bool) -> Self {
        let options = CompileOptions { training, winograd: true };
        let mut op = layer.layer().compile(shapes, BATCH, options).expect("an example");
        op.allocate(BATCH).expect("a small batch");
        let out = layer.checked_output_shape(shapes).expect("an example");
        let lens = shapes.iter().map(|shape| shapes::len(shape));
        let state = layer.layer().parameters(shapes).into_iter().filter(|p| !p.trainable);
        Self {
            op,
            inputs: lens.clone().zip(1..).map(|(len, seed)| numbers(BATCH * len, seed)).collect(),
            places: lens.enumerate().collect(),
            state: vec![0.5; state.map(|p| shapes::len(&p.shape)).sum()],
            out: BATCH * shapes::len(&out),
        }
    }

    fn forward(&mut self, weights: &[f32], weights_changed: bool) -> Vec<f32> {
        let state = self.state.clone();
        self.run(weights, weights_changed, Pass::Inference { state: &state })
    }

    pub fn run(&mut self, weights: &[f32], weights_changed: bool, pass: Pass<'_>) -> Vec<f32> {
        let mut output = vec![f32::NAN; self.out];
        self.op.forward(Forward {
            n: BATCH,
            inputs: Inputs::new(BATCH, &self.inputs, &self.places),
            masks: Masks::none(),
            weights,
            weights_changed,
            pass,
            output: &mut output,
        });
        output
    }

    /// The gradients of the inputs and of the weights, after a forward pass that gave this output.
    fn backward(&mut self, weights: &[f32], output: &[f32]) -> Vec<Vec<f32>> {
        let mut all: Vec<_> = self.inputs.iter().map(|x| vec![f32::NAN; x.len()]).collect();
        let mut dweights = vec![f32::NAN; weights.len()];
        let places: Vec<_> = self.places.iter().copied().map(Some).collect();
        self.op.backward(Backward {
            n: BATCH,
            inputs: Inputs::new(BATCH, &self.inputs, &self.places),
            masks: Masks::none(),
            output,
            doutput: &mut numbers(self.out, 9),
            dinputs: InputGradients::new(BATCH, &mut all, &places),
            weights,
            dweights: &mut dweights,
        });
        all.push(dweights);
        all
    }
}

pub fn numbers(len: usize, seed: u64) -> Vec<f32> {
    let mut numbers = vec![0.0; len];
    Key::new(seed, Purpose::Weights).stream().fill_normal(&mut numbers);
    numbers
}

#[test]
fn what_is_kept_is_of_the_weights_of_the_pass() {
    for (layer, shapes) in LayerSpec::examples() {
        let parameters = layer.layer().parameters(&shapes);
        let trained = parameters.iter().filter(|p| p.trainable);
        let len: usize = trained.map(|p| shapes::len(&p.shape)).sum();
        for training in [false, true] {
            let mut bench = Bench::new(&layer, &shapes, training);
            for seed in [20, 21, 22] {
                let weights = numbers(len, seed);
                let mut fresh = Bench::new(&layer, &shapes, training);
                let expected = fresh.forward(&weights, true);
                for pass in 0..4 {
                    let what = format!("{layer:?}, training: {training}, {seed}, pass {pass}");
                    assert_eq!(bench.forward(&weights, pass == 0), expected, "{what}");
                    if training && pass != 1 {
                        // A backward pass may use up what the forward pass has left for it.
                        fresh.forward(&weights, true);
                        let gradients = fresh.backward(&weights, &expected);
                        assert_eq!(bench.backward(&weights, &expected), gradients, "{what}");
                    }
                }
            }
        }
    }
}
