//! How a text goes on: a language model's next ids, one after the other.

use serde::{Deserialize, Serialize};

use crate::kernels::activation::Activation;
use crate::kernels::softmax::softmax_in_place;
use crate::model::Model;
use crate::plan::{Head, Mode, Plan};
use crate::rng::{Key, Purpose};
use crate::{Result, err};

/// How the next id is chosen among those that may come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GenerationSpec {
    /// What the logarithms of the probabilities are divided by: below 1 the likely becomes likelier, at
    /// 0 always the likeliest is chosen.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub temperature: f64,
    /// Among how many of the likeliest; all if not given.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub top_k: Option<u32>,
    /// Decides the draws.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub seed: u64,
}

impl Default for GenerationSpec {
    fn default() -> Self {
        Self { temperature: 1.0, top_k: None, seed: 0 }
    }
}

/// A text that is being written.
#[derive(Debug)]
pub struct Generation {
    spec: GenerationSpec,
    plan: Plan,
    /// The prompt and what was written behind it.
    ids: Vec<u32>,
    /// Ids that the model sees.
    length: usize,
    /// Ids that there are.
    vocabulary: usize,
    /// Whether the model answers at every position, and not only behind the last.
    everywhere: bool,
    /// Whether it answers with logits.
    logits: bool,
    /// The first id that may be chosen.
    first: u32,
    /// Probabilities of the next id, and the ids in the order of these.
    shares: Vec<f32>,
    order: Vec<u32>,
    draws: u64,
    /// The revision of the model that wrote the last id.
    revision: Option<u64>,
}

impl Generation {
    /// A text that begins with these ids; of others only `first` and above are chosen.
    ///
    /// # Errors
    /// `Unsupported` for a model that is no language model: one input of ids, and one output with a
    /// number for each of them, at the last position or at each; `Argument` for a specification that
    /// makes no sense, `Data` for no ids and for ids that the model does not have.
    pub fn new(model: &Model, spec: GenerationSpec, ids: Vec<u32>, first: u32) -> Result<Self> {
        let graph = model.graph();
        let ([input], [_]) = (graph.inputs(), graph.outputs()) else {
            return Err(err!(
                Unsupported,
                "generate: the model has {} inputs and {} outputs, expected one of each",
                graph.inputs().len(),
                graph.outputs().len()
            ));
        };
        let (length, vocabulary, everywhere) = match (&input.shape[..], graph.output_shape(0)) {
            (&[length], &[vocabulary]) => (length, vocabulary, false),
            (&[length], &[positions, vocabulary]) if positions == length => {
                (length, vocabulary, true)
            }
            (from, to) => {
                return Err(err!(
                    Unsupported,
                    "generate: the model makes {to:?} of {from:?}, expected [ids] or [length, ids] \
                     of [length]"
                ));
            }
        };
        if !spec.temperature.is_finite() || spec.temperature < 0.0 {
            return Err(err!(
                Argument,
                "temperature is {}, expected a finite number of at least 0",
                spec.temperature
            ));
        }
        if spec.top_k == Some(0) {
            return Err(err!(Argument, "topK is 0, expected at least 1"));
        }
        if ids.is_empty() {
            return Err(err!(Data, "generate: the prompt is empty, expected at least one token"));
        }
        if let Some(id) = ids.iter().find(|&&id| id as usize >= vocabulary) {
            return Err(err!(Data, "generate: found the id {id}, expected less than {vocabulary}"));
        }
        if first as usize >= vocabulary {
            return Err(err!(
                Unsupported,
                "generate: the model knows {vocabulary} ids, expected more than {first}"
            ));
        }
        Ok(Self {
            plan: Plan::new(graph, 1, Mode::Inference, Head::Output)?,
            logits: graph.output_activation(0) != Activation::Softmax,
            shares: vec![0.0; vocabulary],
            order: (first..vocabulary as u32).collect(),
            spec,
            ids,
            length,
            vocabulary,
            everywhere,
            first,
            draws: 0,
            revision: None,
        })
    }

    /// The prompt and what was written behind it.
    #[must_use]
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Writes one more id, by the same model.
    ///
    /// # Errors
    /// `Diverged` if the model's answer is not finite, and what its layers refuse.
    pub fn advance(&mut self, model: &Model) -> Result<u32> {
        let seen = &self.ids[self.ids.len().saturating_sub(self.length)..];
        let input = &mut self.plan.input_mut(0)[..self.length];
        // What is missing stands behind where the answers are everywhere, since there it is not looked
        // at, and else in front, so that the last position is the last id.
        let from = if self.everywhere { 0 } else { self.length - seen.len() };
        input.fill(0.0);
        input[from..].iter_mut().zip(seen).for_each(|(input, &id)| *input = id as f32);
        let at = if self.everywhere { (seen.len() - 1) * self.vocabulary } else { 0 };
        if self.revision.take() == Some(model.revision()) {
            self.plan.infer_unchanged(1, model.weights(), model.state())?;
        } else {
            self.plan.infer(1, model.weights(), model.state())?;
        }
        self.revision = Some(model.revision());
        self.shares.copy_from_slice(&self.plan.output(0)[at..at + self.vocabulary]);
        if self.shares.iter().any(|share| !share.is_finite()) {
            return Err(err!(Diverged, "generate: the model's answer is not finite"));
        }
        if self.logits {
            softmax_in_place(&mut self.shares);
        }
        let next = self.choose();
        self.ids.push(next);
        Ok(next)
    }

    /// An id by the probabilities; of equals the smaller counts as likelier.
    fn choose(&mut self) -> u32 {
        let Self { shares, order, .. } = self;
        order.sort_unstable_by(|&a, &b| {
            shares[b as usize].total_cmp(&shares[a as usize]).then(a.cmp(&b))
        });
        let key = Key::new(self.spec.seed, Purpose::Generation).child(self.draws);
        self.draws += 1;
        let most = self.spec.top_k.map_or(order.len(), |most| order.len().min(most as usize));
        if self.spec.temperature == 0.0 {
            return order.first().copied().unwrap_or(self.first);
        }
        // By the likeliest, so that the largest weight is 1.
        let best = f64::from(shares[order[0] as usize]).max(f64::MIN_POSITIVE);
        let weight = |id: u32| {
            let share = f64::from(shares[id as usize]) / best;
            libm::pow(share, 1.0 / self.spec.temperature)
        };
        let total: f64 = order[..most].iter().map(|&id| weight(id)).sum();
        let mut left = total * f64::from(key.stream().uniform());
        for &id in &order[..most] {
            left -= weight(id);
            if left < 0.0 {
                return id;
            }
        }
        order[0]
    }
}

#[cfg(test)]
mod tests;
