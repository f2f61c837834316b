#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reference::{assert_close, numbers};
use crate::kernels::update::{Adam, EpsilonPlacement, Sgd};

const LENGTHS: [usize; 5] = [1, 3, 4, 10, 33];
const STEPS: u64 = 5;

fn doubles(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| f64::from(x)).collect()
}

#[test]
fn sgd_follows_its_formula() {
    for len in LENGTHS {
        for (momentum, nesterov, decay) in
            [(0.0, false, 0.0), (0.0, false, 0.1), (0.9, false, 0.1), (0.9, true, 0.0)]
        {
            let sgd = Sgd { learning_rate: 0.1, momentum, nesterov, weight_decay: decay };
            let (mut w, mut v) = (numbers(len, 1), vec![0.0; len]);
            let (mut exact_w, mut exact_v) = (doubles(&w), vec![0.0; len]);
            for step in 0..STEPS {
                let g = numbers(len, 10 + step);
                if momentum == 0.0 {
                    sgd.update(&mut w, &g);
                } else {
                    sgd.update_with_momentum(&mut w, &g, &mut v);
                }
                let momentum = f64::from(momentum);
                for ((w, v), g) in exact_w.iter_mut().zip(&mut exact_v).zip(g) {
                    let g = f64::from(g) + f64::from(decay) * *w;
                    *v = momentum * *v + g;
                    *w -= f64::from(0.1_f32) * if nesterov { g + momentum * *v } else { *v };
                }
            }
            assert_close(&w, &exact_w, 1e-6, &format!("{sgd:?}"));
        }
    }
}

#[test]
fn adam_follows_its_formula() {
    for len in LENGTHS {
        for epsilon_placement in [EpsilonPlacement::Corrected, EpsilonPlacement::Raw] {
            for (l2, weight_decay) in [(0.0, 0.0), (0.1, 0.0), (0.0, 0.1)] {
                let adam = Adam {
                    learning_rate: 0.01,
                    beta1: 0.9,
                    beta2: 0.999,
                    // Large, so that its place matters.
                    epsilon: 0.01,
                    epsilon_placement,
                    l2,
                    weight_decay,
                };
                let mut w = numbers(len, 1);
                let (mut m, mut v) = (vec![0.0; len], vec![0.0; len]);
                let mut exact = doubles(&w);
                let (mut exact_m, mut exact_v) = (vec![0.0; len], vec![0.0; len]);
                for t in 1..=STEPS {
                    let g = numbers(len, 10 + t);
                    adam.update(t, &mut w, &g, &mut m, &mut v);
                    for i in 0..len {
                        let state = (&mut exact_m[i], &mut exact_v[i]);
                        exact[i] = exact_adam(&adam, t, exact[i], f64::from(g[i]), state);
                    }
                }
                assert_close(&w, &exact, 2e-6, &format!("{adam:?}"));
            }
        }
    }
}

/// The paper's algorithm, in double precision.
fn exact_adam(adam: &Adam, t: u64, w: f64, g: f64, (m, v): (&mut f64, &mut f64)) -> f64 {
    let [rate, b1, b2, epsilon, l2, decay] =
        [adam.learning_rate, adam.beta1, adam.beta2, adam.epsilon, adam.l2, adam.weight_decay]
            .map(f64::from);
    let g = g + l2 * w;
    *m = b1 * *m + (1.0 - b1) * g;
    *v = b2 * *v + (1.0 - b2) * g * g;
    let (c1, c2) = (1.0 - libm::pow(b1, t as f64), 1.0 - libm::pow(b2, t as f64));
    let step = match adam.epsilon_placement {
        EpsilonPlacement::Corrected => rate * (*m / c1) / ((*v / c2).sqrt() + epsilon),
        EpsilonPlacement::Raw => rate * c2.sqrt() / c1 * *m / (v.sqrt() + epsilon),
    };
    w * (1.0 - rate * decay) - step
}

/// Moments of weights whose gradient stays zero end at zero and are subnormal on no way there.
#[test]
fn moments_are_never_subnormal() {
    let g: Vec<f32> = (0..40).map(|i| 10f32.powi(-i)).chain([0.0, -1e-3]).collect();
    let none = vec![0.0; g.len()];
    let mut w = vec![1.0; g.len()];
    let adam = Adam {
        learning_rate: 0.01,
        beta1: 0.9,
        beta2: 0.98,
        epsilon: 1e-8,
        epsilon_placement: EpsilonPlacement::Corrected,
        l2: 0.0,
        weight_decay: 0.0,
    };
    let sgd = Sgd { learning_rate: 0.1, momentum: 0.9, nesterov: false, weight_decay: 0.0 };
    let [mut m, mut v, mut velocity] = [none.clone(), none.clone(), none.clone()];
    for step in 1..6000 {
        let g = if step == 1 { &g } else { &none };
        adam.update(step, &mut w, g, &mut m, &mut v);
        sgd.update_with_momentum(&mut w, g, &mut velocity);
        let all = w.iter().chain(&m).chain(&v).chain(&velocity);
        assert!(all.clone().all(|x| !x.is_subnormal()), "step {step}");
    }
    assert_eq!([&m, &v, &velocity], [&none; 3]);
}
