//! Cohen's kappa.

use serde::{Deserialize, Serialize};

use super::{Decision, Metric, MetricBatch, needs_classes};
use crate::Result;

/// How much a wrong class counts, by how far its number is from the right one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum KappaWeights {
    /// Every wrong class the same.
    #[default]
    None,
    /// The distance.
    Linear,
    /// The distance squared.
    Quadratic,
}

impl KappaWeights {
    fn weight(self, a: usize, b: usize) -> f64 {
        let distance = a.abs_diff(b) as f64;
        match self {
            Self::None => f64::from(u8::from(a != b)),
            Self::Linear => distance,
            Self::Quadratic => distance * distance,
        }
    }
}

/// How much better decisions agree with the targets than chance would: 1 always, 0 as chance does
/// (Cohen, 1960; scikit-learn's `cohen_kappa_score` with the labels of all classes). Not a number,
/// with a warning, where one class alone is meant and said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct CohenKappa {
    /// How much a wrong class counts, for classes that have an order.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub weights: KappaWeights,
}

impl Metric for CohenKappa {
    fn name(&self) -> String {
        match self.weights {
            KappaWeights::None => "cohenKappa".into(),
            KappaWeights::Linear => "linearCohenKappa".into(),
            KappaWeights::Quadratic => "quadraticCohenKappa".into(),
        }
    }

    fn validate(&self, width: usize, decision: Decision) -> Result<()> {
        needs_classes("cohenKappa", width, decision)
    }

    /// The weights of what was wrong, then of each class how often it was meant and how often said.
    fn sums(&self, width: usize) -> usize {
        1 + 2 * width.max(2)
    }

    fn add(&self, batch: &MetricBatch<'_>, sums: &mut [f64]) {
        for row in 0..batch.rows {
            let (meant, said) = batch.classes_of(row);
            sums[0] += self.weights.weight(meant, said);
            sums[1 + 2 * meant] += 1.0;
            sums[2 + 2 * said] += 1.0;
        }
    }

    fn value(&self, _width: usize, sums: &[f64]) -> f64 {
        let (samples, expected) = self.by_chance(sums);
        if samples == 0.0 { 0.0 } else { 1.0 - sums[0] / expected }
    }

    fn warning(&self, _width: usize, sums: &[f64]) -> Option<String> {
        let (samples, expected) = self.by_chance(sums);
        (samples > 0.0 && expected == 0.0)
            .then(|| "one class alone is meant and predicted, so it is not defined".into())
    }
}

impl CohenKappa {
    /// How many samples there are, and what would be wrong by chance.
    fn by_chance(&self, sums: &[f64]) -> (f64, f64) {
        let classes = &sums[1..];
        let samples: f64 = classes.iter().step_by(2).sum();
        let mut expected = 0.0;
        for (a, meant) in classes.chunks_exact(2).enumerate().filter(|(_, class)| class[0] > 0.0) {
            for (b, said) in classes.chunks_exact(2).enumerate() {
                expected += self.weights.weight(a, b) * meant[0] * said[1];
            }
        }
        (samples, expected / samples)
    }
}
