//! A model with a plan, whose gradients can be compared with difference quotients.

use crate::layers::{LayerSpec, Shape, StepKey};
use crate::model::Model;
use crate::plan::Plan;
use crate::rng::{Key, Purpose};
use crate::spec::{InputSpec, ModelSpec, NodeSpec};

pub const BATCH: usize = 3;
pub const KEY: StepKey = StepKey { seed: 11, step: 2, first_sample: 0 };

/// Numbers around zero of which no two are closer than a step of the difference quotients, so that
/// no maximum changes hands.
pub fn numbers(len: usize, seed: u64) -> Vec<f32> {
    let mut order: Vec<usize> = (0..len).collect();
    Key::new(seed, Purpose::Split).stream().shuffle(&mut order);
    order.into_iter().map(|i| (i as f32 + 0.75 - len as f32 / 2.0) * (3.0 / len as f32)).collect()
}

/// A model of one layer that takes inputs of these shapes.
pub fn alone(layer: LayerSpec, shapes: &[Shape]) -> ModelSpec {
    let name = |i: usize| format!("x{i}");
    let inputs = shapes.iter().enumerate();
    ModelSpec {
        name: None,
        seed: 3,
        winograd: true,
        inputs: inputs
            .map(|(i, shape)| InputSpec { name: name(i), shape: shape.clone() })
            .collect(),
        nodes: vec![NodeSpec::new("layer", layer, (0..shapes.len()).map(name).collect())],
        outputs: vec!["layer".into()],
    }
}

/// A model with a plan, and a loss that is the sum of all outputs with random weights.
pub struct Probe {
    pub plan: Plan,
    weights: Vec<f32>,
    state: Vec<f32>,
    inputs: Vec<Vec<f32>>,
    upstream: Vec<Vec<f32>>,
    training: bool,
    /// Which inputs hold whole numbers, between which there is no difference quotient.
    ids: Vec<bool>,
}

impl Probe {
    pub fn new(spec: ModelSpec, training: bool) -> Self {
        let model = Model::new(spec).expect("a valid model");
        let graph = model.graph();
        let plan = Plan::with_input_gradients(graph, BATCH + 2).expect("a small plan");
        let len = |shape: &[usize]| BATCH * shape.iter().product::<usize>();
        let vocabulary = |input: usize| {
            let takes = graph.nodes().iter().filter(|node| node.inputs[0] == input);
            takes.filter_map(|node| node.layer.layer().vocabulary()).min()
        };
        let inputs = graph.inputs().iter().enumerate().map(|(i, input)| {
            let mut values = numbers(len(&input.shape), 50 + i as u64);
            if let Some(words) = vocabulary(i) {
                values.iter_mut().for_each(|x| *x = (x.abs() * 100.0).trunc() % words as f32);
            }
            values
        });
        let outputs = 0..graph.outputs().len();
        let upstream = outputs.map(|i| numbers(len(graph.output_shape(i)), 90 + i as u64));
        let mut weights = model.weights().to_vec();
        // Not the zeros and ones that biases, beta and gamma begin with.
        for (weight, other) in weights.iter_mut().zip(numbers(model.weights().len(), 7)) {
            *weight += 0.3 * other;
        }
        Self {
            ids: (0..graph.inputs().len()).map(|i| vocabulary(i).is_some()).collect(),
            inputs: inputs.collect(),
            upstream: upstream.collect(),
            state: model.state().iter().map(|state| state + 0.25).collect(),
            plan,
            weights,
            training,
        }
    }

    fn loss(&mut self) -> f64 {
        for (i, input) in self.inputs.iter().enumerate() {
            self.plan.input_mut(i)[..input.len()].copy_from_slice(input);
        }
        if self.training {
            let mut state = self.state.clone();
            self.plan.forward(BATCH, &self.weights, &mut state, KEY).expect("a valid batch");
        } else {
            self.plan.infer(BATCH, &self.weights, &self.state).expect("a valid batch");
        }
        let terms = self.upstream.iter().enumerate().flat_map(|(i, upstream)| {
            let pairs = self.plan.output(i).iter().zip(upstream);
            pairs.map(|(y, u)| f64::from(*y) * f64::from(*u)).collect::<Vec<_>>()
        });
        terms.sum()
    }

    /// The gradients of the weights and of every input.
    fn gradients(&mut self) -> (Vec<f32>, Vec<Vec<f32>>) {
        self.loss();
        for (i, upstream) in self.upstream.iter().enumerate() {
            self.plan.output_grad_mut(i).copy_from_slice(upstream);
        }
        let mut gradients = vec![f32::NAN; self.weights.len()];
        self.plan.backward(BATCH, &self.weights, &mut gradients).expect("a valid batch");
        let inputs = (0..self.inputs.len())
            .map(|i| self.plan.input_grad(i).expect("gradients of inputs").to_vec());
        (gradients, inputs.collect())
    }

    /// Compares every gradient with difference quotients of two widths, of which the narrow one
    /// decides where the wide one meets the kink of a ReLU.
    pub fn check(&mut self, name: &str) {
        let (weights, inputs) = self.gradients();
        let check = |probe: &mut Self,
                     what: &str,
                     expected: f32,
                     at: fn(&mut Self, usize, usize) -> &mut f32,
                     i: usize,
                     j: usize| {
            let quotient = |probe: &mut Self, h: f32| {
                let start = *at(probe, i, j);
                *at(probe, i, j) = start + h;
                let above = probe.loss();
                *at(probe, i, j) = start - h;
                let below = probe.loss();
                *at(probe, i, j) = start;
                (above - below) / f64::from(2.0 * h)
            };
            let allowed = 3e-3 * f64::from(expected.abs()).max(1.0);
            let found = [quotient(probe, 1.0 / 128.0), quotient(probe, 1.0 / 1024.0)];
            assert!(
                found.iter().any(|q| (q - f64::from(expected)).abs() <= allowed),
                "{name}: {what} {i} {j}: gradient {expected}, difference quotients {found:?}"
            );
        };
        for (i, &expected) in weights.iter().enumerate() {
            check(self, "weight", expected, |probe, i, _| &mut probe.weights[i], i, 0);
        }
        for (i, gradients) in inputs.iter().enumerate() {
            if self.ids[i] {
                assert!(gradients.iter().all(|gradient| *gradient == 0.0), "{name}");
                continue;
            }
            for (j, &expected) in gradients.iter().enumerate() {
                check(self, "input", expected, |probe, i, j| &mut probe.inputs[i][j], i, j);
            }
        }
    }
}
