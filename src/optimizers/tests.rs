//! Every optimiser against its definition in f64, and against wrong attributes. The goldens of
//! PyTorch and Keras are in the golden test.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

/// An odd number, so that the last lanes are filled only in part.
const PARAMETERS: usize = 11;

fn gradient(step: usize, i: usize) -> f64 {
    // Exact in f32.
    ((step * 7 + i * 13) % 31) as f64 / 16.0 - 0.9375
}

/// One parameter in f64.
#[derive(Clone, Copy, Default)]
struct Naive {
    w: f64,
    m: f64,
    v: f64,
}

impl Naive {
    fn step(&mut self, spec: &OptimizerSpec, lr: f64, t: i32, g: f64) {
        match *spec {
            OptimizerSpec::Sgd(Sgd { momentum, nesterov, weight_decay, variant, .. }) => {
                let torch = variant == Variant::Torch;
                let g = if torch { g + weight_decay * self.w } else { g };
                if !torch {
                    self.w -= lr * weight_decay * self.w;
                }
                self.v = momentum * self.v + if torch { g } else { -lr * g };
                self.w += match (torch, nesterov) {
                    (true, false) => -lr * self.v,
                    (true, true) => -lr * (g + momentum * self.v),
                    (false, false) => self.v,
                    (false, true) => momentum * self.v - lr * g,
                };
            }
            OptimizerSpec::Adam(adam) => {
                self.adam(&adam, adam.variant == Variant::Keras, lr, t, g);
            }
            OptimizerSpec::AdamW(adamw) => self.adam(&adamw.adam(), true, lr, t, g),
        }
    }

    fn adam(&mut self, adam: &Adam, decoupled: bool, lr: f64, t: i32, g: f64) {
        let Adam { beta1, beta2, weight_decay, variant, .. } = *adam;
        let g = if decoupled { g } else { g + weight_decay * self.w };
        if decoupled {
            self.w -= lr * weight_decay * self.w;
        }
        self.m = beta1 * self.m + (1.0 - beta1) * g;
        self.v = beta2 * self.v + (1.0 - beta2) * g * g;
        let (c1, c2) = (1.0 - beta1.powi(t), 1.0 - beta2.powi(t));
        self.w -= match variant {
            Variant::Torch => {
                lr * (self.m / c1) / ((self.v / c2).sqrt() + adam.epsilon.unwrap_or(1e-8))
            }
            Variant::Keras => {
                lr * c2.sqrt() / c1 * self.m / (self.v.sqrt() + adam.epsilon.unwrap_or(1e-7))
            }
        };
    }
}

/// Every optimiser in every variant with every attribute set.
fn cases() -> Vec<OptimizerSpec> {
    let mut cases = OptimizerSpec::all();
    for variant in [Variant::Torch, Variant::Keras] {
        for (momentum, nesterov) in [(0.0, false), (0.9, false), (0.9, true)] {
            let weight_decay = 0.01;
            let learning_rate = ScheduleSpec::constant(0.05);
            let sgd = Sgd { momentum, nesterov, weight_decay, variant, learning_rate };
            cases.push(OptimizerSpec::Sgd(sgd));
        }
        let learning_rate = ScheduleSpec::constant(0.02);
        // A large epsilon, so that its place matters.
        let epsilon = Some(1e-2);
        let adam =
            Adam { learning_rate, epsilon, weight_decay: 0.1, variant, beta1: 0.8, beta2: 0.97 };
        cases.push(OptimizerSpec::Adam(adam));
        let adamw = AdamW { learning_rate, epsilon, variant, ..AdamW::default() };
        cases.push(OptimizerSpec::AdamW(adamw));
    }
    cases
}

#[test]
fn updates_are_those_of_the_definition() {
    for spec in cases() {
        let mut state = OptimizerState::new(spec, PARAMETERS).unwrap();
        let mut weights: Vec<f32> = (0..PARAMETERS).map(|i| i as f32 / 8.0 - 0.5).collect();
        let mut naive: Vec<Naive> =
            weights.iter().map(|&w| Naive { w: f64::from(w), ..Naive::default() }).collect();
        for step in 0..30 {
            let lr = spec.optimizer().learning_rate().at(step as u64, None).unwrap();
            let lr = lr * (1.0 - step as f64 / 60.0);
            let gradients: Vec<f32> = (0..PARAMETERS).map(|i| gradient(step, i) as f32).collect();
            state.update(lr, &mut weights, &gradients);
            for (i, (naive, &w)) in naive.iter_mut().zip(&weights).enumerate() {
                naive.step(&spec, lr, step as i32 + 1, gradient(step, i));
                assert!((naive.w - f64::from(w)).abs() < 1e-5, "{spec:?} {step}: {} {w}", naive.w);
            }
        }
    }
}

#[test]
fn a_kept_state_goes_on_to_the_same_bits() {
    for spec in cases() {
        let run =
            |state: &mut OptimizerState, weights: &mut [f32], steps: std::ops::Range<usize>| {
                for step in steps {
                    let gradients: Vec<f32> =
                        (0..PARAMETERS).map(|i| gradient(step, i) as f32).collect();
                    state.update(0.01, weights, &gradients);
                }
            };
        let (mut state, mut weights) = (OptimizerState::new(spec, PARAMETERS).unwrap(), [0.5; 11]);
        run(&mut state, &mut weights, 0..5);
        let slots = state.slots().map(|(_, slot)| slot.to_vec()).collect();
        let mut kept = OptimizerState::restore(spec, PARAMETERS, state.steps(), slots).unwrap();
        let mut again = weights;
        run(&mut state, &mut weights, 5..9);
        run(&mut kept, &mut again, 5..9);
        assert_eq!((state.clone(), weights), (kept, again), "{spec:?}");
        state.reset();
        assert_eq!(state, OptimizerState::new(spec, PARAMETERS).unwrap());
        assert!(OptimizerState::restore(spec, PARAMETERS, 1, vec![vec![0.0; 3]; 2]).is_err());
    }
}

#[test]
fn wrong_specifications_are_refused() {
    let read = |json: &str| {
        crate::named::one::<OptimizerSpec, _>(&mut serde_json::Deserializer::from_str(json))
    };
    for spec in cases() {
        assert_eq!(read(&serde_json::to_string(&spec).unwrap()).unwrap(), spec);
    }
    assert_eq!(read("\"adam\"").unwrap(), OptimizerSpec::Adam(Adam::default()));
    let message = |json: &str| match read(json) {
        Ok(spec) => OptimizerState::new(spec, 1).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    assert!(message("\"rmsprop\"").contains("`adamw`"));
    assert!(message(r#"{"type":"adam","lr":1}"#).contains("learningRate"));
    assert!(message(r#"{"type":"adam","learningRate":-1}"#).contains("learningRate is -1"));
    assert!(message(r#"{"type":"adam","learningRate":"fast"}"#).contains("a learning rate"));
    assert!(message(r#"{"type":"adam","beta1":1}"#).contains("adam: beta1 is 1"));
    assert!(message(r#"{"type":"adamw","weightDecay":-1}"#).contains("adamw: weightDecay is -1"));
    assert!(message(r#"{"type":"sgd","momentum":1.5}"#).contains("sgd: momentum is 1.5"));
    assert!(message(r#"{"type":"sgd","nesterov":true}"#).contains("momentum"));
}
