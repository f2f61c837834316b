//! Muon.

use serde::{Deserialize, Serialize};

use super::{AdamW, Matrix, Optimizer, Sgd, Step, check_fraction, check_not_negative};
use crate::kernels::reduce::sum_of_squares;
use crate::kernels::update::{LEAST_MOMENT, update};
use crate::schedules::{self, ScheduleSpec};
use crate::simd::F32x4;
use crate::{Result, err, named};

/// The coefficients of the iteration, as its author chose them.
const COEFFICIENTS: [f32; 3] = [3.4445, -4.775, 2.0315];

/// Muon (Jordan, "Muon: An optimizer for hidden layers in neural networks", 2024): the momentum of
/// each matrix is made about orthogonal before it is taken as a step.
///
/// A matrix is the kernel of a dense layer [in, out], of a convolution [height width in, out] or of a
/// depthwise one [height width, channels], but not that of the last layers with a kernel before an
/// output, and no embedding. `v = mu v + g; u = g + mu v` (`nesterov`, else `u = v`);
/// `w = w (1 - lr wd) - lr s O(u)` where `O` is `steps` steps of Newton and Schulz and `s` is by
/// `adjust`. All other parameters follow `others`, at a learning rate that keeps to the schedule of
/// this one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Muon {
    /// A number or a schedule; 0.02 if not given.
    #[serde(deserialize_with = "schedules::number_or_schedule")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "number | ScheduleSpec"))]
    pub learning_rate: ScheduleSpec,
    /// How much of the last move is kept; 0.95 if not given.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub momentum: f64,
    /// Look ahead along the momentum (Nesterov); true if not given.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub nesterov: bool,
    /// Steps of Newton and Schulz, 1 to 20; 5 if not given. With 3, training is about as good.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub steps: u32,
    /// Pull of the matrices towards 0, decoupled.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub weight_decay: f64,
    /// How steps are scaled by the size of the matrix.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub adjust: MuonAdjust,
    /// Whether each matrix is scaled before each step so that the root of the sum of its squares is
    /// that of its outputs: then the learning rate says how far it turns. For matrices behind which
    /// a normalisation makes the scale irrelevant.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub normalize: bool,
    /// What updates the other parameters: AdamW or gradient descent, with a constant learning rate,
    /// which is multiplied by what the schedule of this one has left of its peak; AdamW if not given.
    #[serde(deserialize_with = "named::one")]
    #[cfg_attr(
        target_arch = "wasm32",
        tsify(optional, type = "MuonOthers | MuonOthers[\"type\"]")
    )]
    pub others: MuonOthers,
}

/// How the steps of a matrix with so many inputs and outputs are scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum MuonAdjust {
    /// By `sqrt(max(1, outputs / inputs))`, as the author has it.
    #[default]
    Original,
    /// By `0.2 sqrt(max(inputs, outputs))`, so that learning rate and weight decay of AdamW fit
    /// (Liu et al., "Muon is scalable for LLM training", 2025).
    MatchRmsAdamw,
    /// Not at all.
    None,
}

/// What updates the parameters that are no matrices.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "type")]
pub enum MuonOthers {
    /// Adam with decoupled weight decay.
    #[serde(rename = "adamw")]
    AdamW(AdamW),
    /// Stochastic gradient descent.
    #[serde(rename = "sgd")]
    Sgd(Sgd),
}

named::read_by_type!(MuonOthers {
    "adamw" => MuonOthers::AdamW,
    "sgd" => MuonOthers::Sgd,
});

impl MuonOthers {
    fn optimizer(&self) -> &dyn Optimizer {
        match self {
            Self::AdamW(adamw) => adamw,
            Self::Sgd(sgd) => sgd,
        }
    }
}

impl Default for Muon {
    fn default() -> Self {
        Self {
            learning_rate: ScheduleSpec::constant(0.02),
            momentum: 0.95,
            nesterov: true,
            steps: 5,
            weight_decay: 0.0,
            adjust: MuonAdjust::Original,
            normalize: false,
            others: MuonOthers::AdamW(AdamW::default()),
        }
    }
}

impl Optimizer for Muon {
    fn learning_rate(&self) -> &ScheduleSpec {
        &self.learning_rate
    }

    fn validate(&self) -> Result<()> {
        check_fraction("muon: momentum", self.momentum)?;
        check_not_negative("muon: weightDecay", self.weight_decay)?;
        if !(1..=20).contains(&self.steps) {
            return Err(err!(Argument, "muon: steps is {}, expected 1 to 20", self.steps));
        }
        let others = self.others.optimizer();
        if !matches!(others.learning_rate(), ScheduleSpec::Constant(_)) {
            return Err(err!(
                Argument,
                "muon: the learning rate of others is a schedule, expected a number: it follows the \
                 schedule of muon"
            ));
        }
        others.learning_rate().validate()?;
        others.validate()
    }

    fn slots(&self) -> &'static [&'static str] {
        // Those of the others, of which a matrix has the first.
        match self.others.optimizer().slots().len() {
            0 | 1 => &["momentum"],
            2 => &["momentum", "v"],
            _ => &["momentum", "v", "vMax"],
        }
    }

    fn takes_matrices(&self) -> bool {
        true
    }

    fn update(&self, step: Step<'_>, w: &mut [f32], g: &[f32], slots: &mut [&mut [f32]]) {
        let (rate, decay) = (f64::from(step.learning_rate), step.decay(self.weight_decay));
        let (Some(matrix), [velocity, ..]) = (step.matrix, &mut *slots) else {
            let others = self.others.optimizer();
            let full = self.learning_rate.peak();
            let left = if full > 0.0 { rate / full } else { 0.0 };
            let learning_rate = (others.learning_rate().peak() * left) as f32;
            let slots = &mut slots[..others.slots().len()];
            return others.update(Step { learning_rate, matrix: None, ..step }, w, g, slots);
        };
        let Matrix { size, rows, columns, room, direction } = matrix;
        let direction = &mut direction[..w.len()];
        let (nesterov, least) = (self.nesterov, F32x4::splat(LEAST_MOMENT));
        let momentum = F32x4::splat(self.momentum as f32);
        update(direction, g, [velocity], |_, g, [v]| {
            let v = (momentum * v + g).flush(least);
            (if nesterov { g + momentum * v } else { v }, [v])
        });
        room.run(size, self.steps, COEFFICIENTS, direction);
        let (inputs, outputs) = (rows as f64, columns as f64);
        let scale = match self.adjust {
            MuonAdjust::Original => (outputs / inputs).max(1.0).sqrt(),
            MuonAdjust::MatchRmsAdamw => 0.2 * inputs.max(outputs).sqrt(),
            MuonAdjust::None => 1.0,
        };
        let mut keep = 1.0 - rate * f64::from(decay);
        if self.normalize {
            let norm = sum_of_squares(w).sqrt();
            keep *= if norm > 0.0 { outputs.sqrt() / norm } else { 1.0 };
        }
        let [keep, rate] = [keep, rate * scale].map(|x| F32x4::splat(x as f32));
        crate::kernels::elementwise::update(w, direction, |w, step| w * keep - rate * step);
    }
}
