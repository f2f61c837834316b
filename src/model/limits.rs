//! What training leaves as it is, and penalties and limits on what it changes.

use super::Model;
use crate::constraints::Limiter;
use crate::graph::{Graph, TensorSlot};
use crate::regularizers::Regularizer;
use crate::{Result, err};

impl Model {
    /// The same model where layers of these names are trained, or frozen.
    ///
    /// # Errors
    /// `NotFound` for a name that no layer has; `TooLarge` where there is no memory for a copy.
    pub fn with_trainable(&self, layers: &[&str], trainable: bool) -> Result<Self> {
        let mut spec = self.spec.clone();
        for name in layers {
            let node = spec.nodes.iter_mut().find(|node| node.name == *name);
            let node = node.ok_or_else(|| err!(NotFound, "the model has no layer \"{name}\""))?;
            node.trainable = trainable;
        }
        let graph = Graph::new(&spec)?;
        let mut model = Self::with_zeros(spec, graph)?;
        // The tensors are the same, in other places.
        for (slot, own) in model.graph.tensors().iter().zip(self.tensors()) {
            let (to, from) = if slot.trainable {
                (&mut model.weights, &self.weights)
            } else {
                (&mut model.state, &self.state)
            };
            to[slot.range.clone()].copy_from_slice(&from[own.range.clone()]);
        }
        Ok(model)
    }

    /// What the weights that are trained cost by their regularizers: part of the loss.
    #[must_use]
    pub fn penalty(&self) -> f64 {
        self.regularized().map(|(slot, own)| own.penalty(&self.weights[slot.range.clone()])).sum()
    }

    /// Adds the gradient of [`penalty`](Self::penalty) to those of the weights that are trained.
    pub(crate) fn add_penalty_gradient(&self, gradients: &mut [f32]) {
        for (slot, regularizer) in self.regularized() {
            let range = slot.range.clone();
            regularizer.add_gradient(&self.weights[range.clone()], &mut gradients[range]);
        }
    }

    fn regularized(&self) -> impl Iterator<Item = (&TensorSlot, Regularizer)> {
        let trained = self.tensors().iter().filter(|slot| slot.is_trained());
        trained.filter_map(|slot| slot.regularizer.map(|regularizer| (slot, regularizer)))
    }

    /// What keeps its weights to their constraints.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for it.
    pub(crate) fn limiters(&self) -> Result<Vec<Limiter>> {
        let trained = self.tensors().iter().filter(|slot| slot.is_trained());
        let limiter = |slot: &TensorSlot| {
            let constraint = slot.constraint.as_ref()?;
            Some(Limiter::new(constraint, &slot.shape, slot.range.clone()))
        };
        trained.filter_map(limiter).collect()
    }
}
