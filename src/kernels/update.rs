//! Optimiser updates: one pass over the parameters, their gradients and the optimiser's state.
//!
//! Where a gradient stays zero, as behind a ReLU that never fires, moments decay towards zero. They
//! are set to it before they become subnormal: arithmetic on subnormal numbers is many times slower
//! on many processors, and what they would add to a weight is lost in rounding.

use crate::kernels::arrays;
use crate::simd::F32x4;

/// Gradients below this size count as zero: their squares, times `1 - beta2`, would be subnormal.
pub(crate) const LEAST_GRADIENT: f32 = 1e-17;
/// First moments and velocities below this size become zero, long before they are subnormal.
pub(crate) const LEAST_MOMENT: f32 = 1e-30;
/// The same of second moments.
pub(crate) const LEAST_SQUARE: f32 = 1e-36;

/// Stochastic gradient descent with momentum, as PyTorch writes it:
/// `v = momentum v + g`; `w -= learning_rate (g + momentum v)` if `nesterov`, else
/// `w -= learning_rate v`, where `g` is the gradient plus `weight_decay w`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Sgd {
    pub learning_rate: f32,
    pub momentum: f32,
    pub nesterov: bool,
    pub weight_decay: f32,
}

impl Sgd {
    /// Updates `w` without momentum.
    pub fn update(&self, w: &mut [f32], g: &[f32]) {
        let (rate, decay) = (F32x4::splat(self.learning_rate), F32x4::splat(self.weight_decay));
        super::elementwise::update(w, g, |w, g| w - rate * (g + decay * w));
    }

    /// Updates `w` and the velocity `v`.
    pub fn update_with_momentum(&self, w: &mut [f32], g: &[f32], v: &mut [f32]) {
        let [rate, decay, momentum] =
            [self.learning_rate, self.weight_decay, self.momentum].map(F32x4::splat);
        let (nesterov, least) = (self.nesterov, F32x4::splat(LEAST_MOMENT));
        update(w, g, [v], |w, g, [v]| {
            let g = g + decay * w;
            let v = (momentum * v + g).flush(least);
            let step = if nesterov { g + momentum * v } else { v };
            (w - rate * step, [v])
        });
    }
}

/// Where Adam adds its epsilon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpsilonPlacement {
    /// To the bias-corrected root, `sqrt(v / (1 - beta2^t)) + epsilon`: the paper's algorithm 1 and
    /// PyTorch.
    Corrected,
    /// To the raw root, `sqrt(v) + epsilon`: the end of the paper's section 2, TensorFlow, Keras.
    Raw,
}

/// Adam (Kingma and Ba, 2015), with coupled (`l2`) or decoupled (`weight_decay`: AdamW, Loshchilov
/// and Hutter, 2019) weight decay.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Adam {
    pub learning_rate: f32,
    pub beta1: f32,
    pub beta2: f32,
    pub epsilon: f32,
    pub epsilon_placement: EpsilonPlacement,
    /// Added to the gradient, times the weight.
    pub l2: f32,
    /// The weight is multiplied by `1 - learning_rate weight_decay` before the step.
    pub weight_decay: f32,
}

impl Adam {
    /// Step number `t`, counted from one: updates `w` and the moments `m` and `v`.
    ///
    /// `m = beta1 m + (1 - beta1) g`; `v = beta2 v + (1 - beta2) g²`;
    /// `w = w (1 - learning_rate weight_decay) - rate m / (sqrt(v) root_scale + epsilon)`.
    pub fn update(&self, t: u64, w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32]) {
        let lanes = self.lanes(t);
        update(w, g, [m, v], |w, g, [m, v]| {
            let [m, v] = lanes.moments(w, g, m, v);
            (lanes.moved(w, m, v), [m, v])
        });
    }

    /// The same by the largest `v` so far in place of `v` (AMSGrad, Reddi, Kale and Kumar, 2018).
    pub fn update_amsgrad(
        &self,
        t: u64,
        w: &mut [f32],
        g: &[f32],
        [m, v, largest]: [&mut [f32]; 3],
    ) {
        let lanes = self.lanes(t);
        update(w, g, [m, v, largest], |w, g, [m, v, largest]| {
            let [m, v] = lanes.moments(w, g, m, v);
            let largest = largest.max(v);
            (lanes.moved(w, m, largest), [m, v, largest])
        });
    }

    /// The numbers of step `t` as vectors.
    fn lanes(&self, t: u64) -> AdamLanes {
        let correction = |beta: f32| 1.0 - libm::pow(f64::from(beta), t as f64);
        let (first, second) = (correction(self.beta1), correction(self.beta2).sqrt());
        let rate = f64::from(self.learning_rate) / first;
        let (rate, root_scale) = match self.epsilon_placement {
            EpsilonPlacement::Corrected => (rate, 1.0 / second),
            EpsilonPlacement::Raw => (rate * second, 1.0),
        };
        let [rate, root_scale] = [rate, root_scale].map(|x| F32x4::splat(x as f32));
        let [epsilon, l2] = [self.epsilon, self.l2].map(F32x4::splat);
        let betas = [self.beta1, self.beta2].map(|b| (F32x4::splat(b), F32x4::splat(1.0 - b)));
        let keep = F32x4::splat(1.0 - self.learning_rate * self.weight_decay);
        AdamLanes { keep, rate, root_scale, epsilon, l2, betas }
    }
}

/// What a step of Adam calculates with.
#[derive(Clone, Copy)]
struct AdamLanes {
    keep: F32x4,
    rate: F32x4,
    root_scale: F32x4,
    epsilon: F32x4,
    l2: F32x4,
    /// Each with what it leaves of 1.
    betas: [(F32x4, F32x4); 2],
}

impl AdamLanes {
    #[inline(always)]
    fn moments(&self, w: F32x4, g: F32x4, m: F32x4, v: F32x4) -> [F32x4; 2] {
        let [least_g, least_m, least_v] =
            [LEAST_GRADIENT, LEAST_MOMENT, LEAST_SQUARE].map(F32x4::splat);
        let [(b1, c1), (b2, c2)] = self.betas;
        let g = (g + self.l2 * w).flush(least_g);
        [(b1 * m + c1 * g).flush(least_m), (b2 * v + c2 * (g * g)).flush(least_v)]
    }

    #[inline(always)]
    fn moved(&self, w: F32x4, m: F32x4, v: F32x4) -> F32x4 {
        w * self.keep - self.rate * m / (v.sqrt() * self.root_scale + self.epsilon)
    }
}

/// `(w, state) = f(w, g, state)` over lanes.
#[inline(always)]
pub(crate) fn update<const N: usize>(
    w: &mut [f32],
    g: &[f32],
    mut state: [&mut [f32]; N],
    f: impl Fn(F32x4, F32x4, [F32x4; N]) -> (F32x4, [F32x4; N]),
) {
    assert!(g.len() == w.len() && state.iter().all(|state| state.len() == w.len()));
    let whole = w.len() / 4 * 4;
    let lane = |x: &[f32], i: usize| F32x4::load(&x[i..i + 4].as_chunks::<4>().0[0]);
    for i in (0..whole).step_by(4) {
        let values = arrays::from_fn(|n| lane(state[n], i));
        let (new, values) = f(lane(w, i), lane(g, i), values);
        new.store(&mut w[i..i + 4].as_chunks_mut::<4>().0[0]);
        for (state, value) in state.iter_mut().zip(values) {
            value.store(&mut state[i..i + 4].as_chunks_mut::<4>().0[0]);
        }
    }
    let values = arrays::from_fn(|n| F32x4::load_or(&state[n][whole..], 0.0));
    let (new, values) =
        f(F32x4::load_or(&w[whole..], 0.0), F32x4::load_or(&g[whole..], 0.0), values);
    new.store_part(&mut w[whole..]);
    for (state, value) in state.iter_mut().zip(values) {
        value.store_part(&mut state[whole..]);
    }
}
