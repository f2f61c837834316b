//! Every optimiser against its definition in f64, and against wrong attributes. The goldens of
//! PyTorch and Keras are in the golden test.

mod matrices;
mod shared;

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
    /// What the optimiser keeps; each uses them in its own way.
    m: f64,
    v: f64,
    d: f64,
}

impl Naive {
    fn step(&mut self, algorithm: &OptimizerAlgorithm, lr: f64, t: i32, g: f64) {
        let torch = |variant| variant == Variant::Torch;
        match algorithm {
            OptimizerAlgorithm::Sgd(sgd) => {
                let Sgd { momentum, nesterov, weight_decay, variant, .. } = *sgd;
                let g = self.decayed(torch(variant), weight_decay, lr, g);
                let torch = torch(variant);
                self.v = momentum * self.v + if torch { g } else { -lr * g };
                self.w += match (torch, nesterov) {
                    (true, false) => -lr * self.v,
                    (true, true) => -lr * (g + momentum * self.v),
                    (false, false) => self.v,
                    (false, true) => momentum * self.v - lr * g,
                };
            }
            OptimizerAlgorithm::Adam(adam) => {
                self.adam(adam, adam.variant == Variant::Keras, lr, t, g)
            }
            OptimizerAlgorithm::AdamW(adamw) => self.adam(&adamw.adam(), true, lr, t, g),
            OptimizerAlgorithm::RmsProp(rms) => {
                let torch = torch(rms.variant);
                let g = self.decayed(torch, rms.weight_decay, lr, g);
                let rho = rms.rho.unwrap_or(if torch { 0.99 } else { 0.9 });
                let epsilon = rms.epsilon.unwrap_or(if torch { 1e-8 } else { 1e-7 });
                self.v = rho * self.v + (1.0 - rho) * g * g;
                self.m = rho * self.m + (1.0 - rho) * g;
                let variance = self.v - if rms.centered { self.m * self.m } else { 0.0 };
                let ratio = match torch {
                    true => g / (variance.max(0.0).sqrt() + epsilon),
                    false => lr * g / (variance + epsilon).sqrt(),
                };
                self.d = rms.momentum * self.d + ratio;
                self.w -= if torch { lr * self.d } else { self.d };
            }
            OptimizerAlgorithm::Adagrad(adagrad) => {
                let torch = torch(adagrad.variant);
                let g = self.decayed(torch, adagrad.weight_decay, lr, g);
                if t == 1 {
                    let initial = if torch { 0.0 } else { 0.1 };
                    self.v = adagrad.initial_accumulator_value.unwrap_or(initial);
                }
                self.v += g * g;
                let epsilon = adagrad.epsilon.unwrap_or(if torch { 1e-10 } else { 1e-7 });
                let size = match torch {
                    true => self.v.sqrt() + epsilon,
                    false => (self.v + epsilon).sqrt(),
                };
                // 0 / 0 in torch, too.
                self.w -= if g == 0.0 { 0.0 } else { lr * g / size };
            }
            OptimizerAlgorithm::Adadelta(delta) => {
                let torch = torch(delta.variant);
                let g = self.decayed(torch, delta.weight_decay, lr, g);
                let rho = delta.rho.unwrap_or(if torch { 0.9 } else { 0.95 });
                let epsilon = delta.epsilon.unwrap_or(if torch { 1e-6 } else { 1e-7 });
                self.v = rho * self.v + (1.0 - rho) * g * g;
                let step = g * (self.m + epsilon).sqrt() / (self.v + epsilon).sqrt();
                self.m = rho * self.m + (1.0 - rho) * step * step;
                self.w -= lr * step;
            }
            OptimizerAlgorithm::Nadam(nadam) => {
                let torch = torch(nadam.variant);
                let g = self.decayed(torch, nadam.weight_decay, lr, g);
                let (b1, b2) = (nadam.beta1, nadam.beta2);
                let decay = nadam.momentum_decay.unwrap_or(if torch { 0.004 } else { 1.0 });
                let mu = |t: i32| b1 * (1.0 - 0.5 * 0.96_f64.powf(f64::from(t) * decay));
                let product: f64 = (1..=t).map(mu).product();
                self.m = b1 * self.m + (1.0 - b1) * g;
                self.v = b2 * self.v + (1.0 - b2) * g * g;
                let mean = mu(t + 1) * self.m / (1.0 - product * mu(t + 1));
                let own = (1.0 - mu(t)) * g / (1.0 - product);
                let epsilon = nadam.epsilon.unwrap_or(if torch { 1e-8 } else { 1e-7 });
                self.w -= lr * (mean + own) / ((self.v / (1.0 - b2.powi(t))).sqrt() + epsilon);
            }
            OptimizerAlgorithm::Lion(lion) => {
                let g = self.decayed(false, lion.weight_decay, lr, g);
                let mix = lion.beta1 * self.m + (1.0 - lion.beta1) * g;
                self.w -= if mix == 0.0 { 0.0 } else { lr * mix.signum() };
                self.m = lion.beta2 * self.m + (1.0 - lion.beta2) * g;
            }
            OptimizerAlgorithm::Muon(muon) => {
                let left = lr / muon.learning_rate.peak();
                match &muon.others {
                    MuonOthers::AdamW(adamw) => {
                        let lr = adamw.learning_rate.peak() * left;
                        self.step(&adamw.clone().into(), lr, t, g);
                    }
                    MuonOthers::Sgd(sgd) => {
                        let lr = sgd.learning_rate.peak() * left;
                        self.step(&sgd.clone().into(), lr, t, g);
                    }
                }
            }
        }
    }

    /// The gradient with its weight decay, or the weight without what decays of it.
    fn decayed(&mut self, coupled: bool, weight_decay: f64, lr: f64, g: f64) -> f64 {
        if coupled {
            return g + weight_decay * self.w;
        }
        self.w -= lr * weight_decay * self.w;
        g
    }

    fn adam(&mut self, adam: &Adam, decoupled: bool, lr: f64, t: i32, g: f64) {
        let Adam { beta1, beta2, weight_decay, amsgrad, variant, .. } = *adam;
        let g = self.decayed(!decoupled, weight_decay, lr, g);
        self.m = beta1 * self.m + (1.0 - beta1) * g;
        self.v = beta2 * self.v + (1.0 - beta2) * g * g;
        self.d = if amsgrad { self.d.max(self.v) } else { self.v };
        let (c1, c2) = (1.0 - beta1.powi(t), 1.0 - beta2.powi(t));
        self.w -= match variant {
            Variant::Torch => {
                lr * (self.m / c1) / ((self.d / c2).sqrt() + adam.epsilon.unwrap_or(1e-8))
            }
            Variant::Keras => {
                lr * c2.sqrt() / c1 * self.m / (self.d.sqrt() + adam.epsilon.unwrap_or(1e-7))
            }
        };
    }
}

/// Every optimiser in every variant with every attribute set.
fn cases() -> Vec<OptimizerSpec> {
    let mut cases = OptimizerAlgorithm::all();
    for variant in [Variant::Torch, Variant::Keras] {
        let learning_rate = ScheduleSpec::constant(0.02);
        for (momentum, nesterov) in [(0.0, false), (0.9, false), (0.9, true)] {
            let weight_decay = 0.01;
            let learning_rate = ScheduleSpec::constant(0.05);
            cases.push(Sgd { momentum, nesterov, weight_decay, variant, learning_rate }.into());
        }
        // A large epsilon, so that its place matters.
        let epsilon = Some(1e-2);
        let weight_decay = 0.1;
        for amsgrad in [false, true] {
            let learning_rate = learning_rate.clone();
            let adam = Adam {
                learning_rate: learning_rate.clone(),
                epsilon,
                weight_decay,
                variant,
                beta1: 0.8,
                // So small that the largest is not the last.
                beta2: if amsgrad { 0.7 } else { 0.97 },
                amsgrad,
            };
            cases.push(adam.into());
            let adamw = AdamW { learning_rate, epsilon, variant, amsgrad, ..AdamW::default() };
            cases.push(adamw.into());
        }
        for (momentum, centered) in [(0.0, false), (0.9, false), (0.0, true), (0.8, true)] {
            let (learning_rate, rho) = (learning_rate.clone(), Some(0.8));
            cases.push(
                RmsProp { learning_rate, rho, momentum, centered, epsilon, weight_decay, variant }
                    .into(),
            );
        }
        let initial_accumulator_value = Some(0.3);
        cases.push(
            Adagrad {
                learning_rate: ScheduleSpec::constant(0.3),
                initial_accumulator_value,
                epsilon,
                weight_decay,
                variant,
            }
            .into(),
        );
        cases.push(
            Adadelta {
                learning_rate: ScheduleSpec::constant(0.5),
                rho: Some(0.7),
                epsilon,
                weight_decay,
                variant,
            }
            .into(),
        );
        cases.push(
            Nadam {
                learning_rate: learning_rate.clone(),
                beta1: 0.8,
                beta2: 0.97,
                momentum_decay: Some(0.5),
                epsilon,
                weight_decay,
                variant,
            }
            .into(),
        );
        let others =
            MuonOthers::Sgd(Sgd { momentum: 0.9, nesterov: true, variant, ..Sgd::default() });
        cases.push(Muon { others, ..Muon::default() }.into());
    }
    let learning_rate = ScheduleSpec::constant(0.02);
    cases.push(Lion { learning_rate, beta1: 0.7, beta2: 0.9, weight_decay: 0.1 }.into());
    let others = MuonOthers::AdamW(AdamW { amsgrad: true, ..AdamW::default() });
    cases.push(Muon { others, ..Muon::default() }.into());
    cases.into_iter().map(OptimizerSpec::from).collect()
}

fn flat() -> Parameters {
    Parameters::of_shapes(&[&[PARAMETERS]])
}

fn gradients(step: usize) -> Vec<f32> {
    (0..PARAMETERS).map(|i| gradient(step, i) as f32).collect()
}

#[test]
fn updates_are_those_of_the_definition() {
    for spec in cases() {
        let mut state = OptimizerState::new(spec.clone(), flat()).unwrap();
        let mut weights: Vec<f32> = (0..PARAMETERS).map(|i| i as f32 / 8.0 - 0.5).collect();
        let mut naive: Vec<Naive> =
            weights.iter().map(|&w| Naive { w: f64::from(w), ..Naive::default() }).collect();
        for step in 0..30 {
            let lr = spec.optimizer().learning_rate().at(step as u64, None).unwrap();
            let lr = lr * (1.0 - step as f64 / 60.0);
            assert!(state.update(lr, &mut weights, &mut gradients(step)));
            for (i, (naive, &w)) in naive.iter_mut().zip(&weights).enumerate() {
                naive.step(&spec.algorithm, lr, step as i32 + 1, gradient(step, i));
                assert!((naive.w - f64::from(w)).abs() < 1e-5, "{spec:?} {step}: {} {w}", naive.w);
            }
        }
    }
}

#[test]
fn a_kept_state_goes_on_to_the_same_bits() {
    let options = OptimizerOptions {
        gradient_accumulation_steps: 2,
        use_ema: true,
        ema_momentum: 0.5,
        ..OptimizerOptions::default()
    };
    let with = |spec| OptimizerSpec { options: options.clone(), ..spec };
    for spec in cases().into_iter().chain(cases().into_iter().map(with)) {
        let run =
            |state: &mut OptimizerState, weights: &mut [f32], steps: std::ops::Range<usize>| {
                for step in steps {
                    if state.update(0.01, weights, &mut gradients(step)) {
                        state.average(weights);
                    }
                }
            };
        let mut state = OptimizerState::new(spec.clone(), flat()).unwrap();
        let mut weights = [0.5; PARAMETERS];
        run(&mut state, &mut weights, 0..5);
        let buffers = state.buffers().map(|(_, buffer)| buffer.to_vec()).collect();
        let mut kept =
            OptimizerState::restore(spec.clone(), flat(), state.position(), buffers).unwrap();
        let mut again = weights;
        run(&mut state, &mut weights, 5..9);
        run(&mut kept, &mut again, 5..9);
        let all = |state: &OptimizerState| {
            let buffers = state.buffers().map(|(name, values)| (name, values.to_vec()));
            (state.position(), buffers.collect::<Vec<_>>())
        };
        assert_eq!((all(&state), weights), (all(&kept), again), "{spec:?}");
        state.reset();
        let new = OptimizerState::new(spec.clone(), flat()).unwrap();
        assert_eq!(all(&state), all(&new));
        let restored = |buffers, position| {
            OptimizerState::restore(spec.clone(), flat(), position, buffers).map(|_| ())
        };
        let position = Position::default();
        assert!(restored(vec![vec![0.0; 3]; 2], position).is_err());
        let right = vec![vec![0.0; PARAMETERS]; spec.buffers().len()];
        assert!(restored(right.clone(), position).is_ok());
        assert!(restored(right.clone(), Position { gathered: 2, ..position }).is_err());
        let averaged = restored(right, Position { averaged: 1, ..position });
        assert_eq!(averaged.is_ok(), spec.options.use_ema);
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
    assert_eq!(read("\"adam\"").unwrap(), Adam::default().into());
    let message = |json: &str| match read(json) {
        Ok(spec) => {
            let parameters = Parameters::of_shapes(&[&[1]]);
            OptimizerState::new(spec, parameters).unwrap_err().to_string()
        }
        Err(error) => error.to_string(),
    };
    assert!(message("\"rms\"").contains("`adamw`"));
    assert!(message(r#"{"type":"adam","lr":1}"#).contains("learningRate"));
    assert!(message(r#"{"type":"adam","learningRate":-1}"#).contains("learningRate is -1"));
    assert!(message(r#"{"type":"adam","learningRate":"fast"}"#).contains("a learning rate"));
    assert!(message(r#"{"type":"adam","beta1":1}"#).contains("adam: beta1 is 1"));
    assert!(message(r#"{"type":"adamw","weightDecay":-1}"#).contains("adamw: weightDecay is -1"));
    assert!(message(r#"{"type":"sgd","momentum":1.5}"#).contains("sgd: momentum is 1.5"));
    assert!(message(r#"{"type":"sgd","nesterov":true}"#).contains("momentum"));
    for (json, expected) in [
        (r#"{"type":"adam","clipnorm":1}"#, "`clipNorm`"),
        (r#"{"type":"adam","clipNorm":-1}"#, "clipNorm is -1"),
        (r#"{"type":"adam","clipNorm":"a"}"#, "invalid type"),
        (r#"{"type":"adam","clipNorm":1,"clipValue":1}"#, "clipValue and clipNorm"),
        (r#"{"type":"adam","gradientAccumulationSteps":0}"#, "gradientAccumulationSteps is 0"),
        (r#"{"type":"adam","emaEvery":0}"#, "emaEvery is 0"),
        (r#"{"type":"adam","emaMomentum":1}"#, "emaMomentum is 1"),
        (r#"{"type":"rmsprop","rho":1}"#, "rmsprop: rho is 1"),
        (r#"{"type":"adagrad","initialAccumulatorValue":-1}"#, "initialAccumulatorValue is -1"),
        (r#"{"type":"adadelta","epsilon":-1}"#, "adadelta: epsilon is -1"),
        (r#"{"type":"nadam","momentumDecay":-1}"#, "nadam: momentumDecay is -1"),
        (r#"{"type":"lion","beta2":1}"#, "lion: beta2 is 1"),
        (r#"{"type":"muon","steps":0}"#, "muon: steps is 0"),
        (r#"{"type":"muon","others":"adam"}"#, "`sgd`"),
        (
            r#"{"type":"muon","others":{"type":"sgd","learningRate":{"type":"oneCycle","peak":1}}}"#,
            "expected a number",
        ),
    ] {
        assert!(message(json).contains(expected), "{json}: {}", message(json));
    }
    let json = serde_json::to_string(&OptimizerSpec::from(Adam::default())).unwrap();
    assert!(OptimizerOptions::NAMES.iter().all(|name| !json.contains(name)), "{json}");
    let options = OptimizerOptions {
        clip_value: Some(1.0),
        clip_norm: Some(2.0),
        global_clip_norm: Some(3.0),
        gradient_accumulation_steps: 4,
        use_ema: true,
        ema_momentum: 0.5,
        ema_every: 6,
        decay_biases: false,
    };
    let full = OptimizerSpec { options, algorithm: Lion::default().into() };
    let json = serde_json::to_value(&full).unwrap();
    assert!(OptimizerOptions::NAMES.iter().all(|name| json.get(name).is_some()), "{json}");
    assert_eq!(read(&json.to_string()).unwrap(), full);
}
