//! Parts of models in others: a model cut at a layer, weights taken over by name.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Model;
use crate::graph::Graph;
use crate::layers::Shape;
use crate::spec::ModelSpec;
use crate::{Result, err};

/// What became of weights that were taken over.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct WeightsReport {
    /// Parameters and statistics of the model that were taken.
    pub loaded: Vec<String>,
    /// Those of the model that the source has not.
    pub missing: Vec<String>,
    /// Those of the source that the model has not.
    pub unexpected: Vec<String>,
    /// Those of both that have different shapes.
    pub mismatched: Vec<ShapeMismatch>,
}

/// A parameter that has another shape in the source.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ShapeMismatch {
    /// "layer/parameter", as in the model.
    pub name: String,
    /// Its shape in the source.
    pub found: Shape,
    /// Its shape in the model.
    pub expected: Shape,
}

impl WeightsReport {
    /// Refuses anything but weights that are all there and fit.
    ///
    /// # Errors
    /// `Shape` for one of another shape, `NotFound` for one that is missing or that the model has not.
    pub fn require_all(&self) -> Result<()> {
        if let Some(ShapeMismatch { name, found, expected }) = self.mismatched.first() {
            return Err(err!(
                Shape,
                "weights: \"{name}\" has shape {found:?}, expected {expected:?}"
            ));
        }
        if let Some(name) = self.missing.first() {
            return Err(err!(
                NotFound,
                "weights: found no \"{name}\", expected all of the model's"
            ));
        }
        match self.unexpected.first() {
            Some(name) => Err(err!(NotFound, "weights: found \"{name}\", which the model has not")),
            None => Ok(()),
        }
    }
}

impl ModelSpec {
    /// The part of the model that leads to a layer, whose output becomes the only one.
    ///
    /// # Errors
    /// `NotFound` for a name that neither a layer nor an input has.
    pub fn up_to(&self, layer: &str) -> Result<Self> {
        let exists = self.nodes.iter().any(|node| node.name == layer)
            || self.inputs.iter().any(|input| input.name == layer);
        if !exists {
            return Err(err!(NotFound, "the model has no layer \"{layer}\""));
        }
        let mut needed = BTreeSet::new();
        let mut left = vec![layer];
        while let Some(name) = left.pop() {
            if needed.insert(name) {
                let nodes = self.nodes.iter().filter(|node| node.name == name);
                left.extend(nodes.flat_map(|node| &node.inputs).map(String::as_str));
            }
        }
        let is_needed = |name: &str| needed.contains(name);
        let inputs = self.inputs.iter().filter(|input| is_needed(&input.name)).cloned().collect();
        let nodes: Vec<_> =
            self.nodes.iter().filter(|node| is_needed(&node.name)).cloned().collect();
        let owners = nodes.iter().filter_map(|node| node.weights_of.as_deref());
        if let Some(owner) = owners.into_iter().find(|owner| !is_needed(owner)) {
            return Err(err!(
                Unsupported,
                "the part up to \"{layer}\" has weights of \"{owner}\", which lies beyond it"
            ));
        }
        Ok(Self { inputs, nodes, outputs: vec![layer.to_owned()], ..self.clone() })
    }
}

impl Model {
    /// A model of the layers that lead to one of them, with their weights; its output is that layer's.
    ///
    /// # Errors
    /// What [`ModelSpec::up_to`] refuses, and `TooLarge` where there is no memory for the weights.
    pub fn up_to(&self, layer: &str) -> Result<Self> {
        self.with_spec(self.spec.up_to(layer)?)
    }

    /// A model of another specification that has these weights wherever names and shapes agree, and
    /// otherwise first ones.
    ///
    /// # Errors
    /// What [`Model::new`] refuses.
    pub fn with_spec(&self, spec: ModelSpec) -> Result<Self> {
        let graph = Graph::new(&spec)?;
        let mut model = Self::with_zeros(spec, graph)?;
        let all = model.compare_weights(self, &[]);
        // First weights are drawn only where they are wanted.
        if !all.missing.is_empty() || !all.mismatched.is_empty() {
            model = Self::new(model.spec)?;
        }
        model.take_weights(self, &[])?;
        Ok(model)
    }

    /// What [`take_weights`](Self::take_weights) would come to.
    #[must_use]
    pub fn compare_weights(&self, source: &Self, layers: &[(&str, &str)]) -> WeightsReport {
        let mut report = WeightsReport::default();
        let renamed = renamed(source, layers);
        for slot in self.tensors() {
            let concerned = layers.is_empty()
                || layers.iter().any(|(_, own)| {
                    slot.name.rsplit_once('/').is_some_and(|(layer, _)| layer == *own)
                });
            let Some((from, _)) = renamed.iter().find(|(_, name)| *name == slot.name) else {
                if concerned {
                    report.missing.push(slot.name.clone());
                }
                continue;
            };
            let found = &source.tensors()[*from].shape;
            if *found == slot.shape {
                report.loaded.push(slot.name.clone());
            } else {
                let (name, expected) = (slot.name.clone(), slot.shape.clone());
                report.mismatched.push(ShapeMismatch { name, found: found.clone(), expected });
            }
        }
        let unknown = renamed.into_iter().filter(|(_, name)| self.slot(name).is_err());
        report.unexpected = unknown.map(|(_, name)| name).collect();
        report
    }

    /// Takes the parameters and running statistics of another model that have the same names and
    /// shapes; the others stay. `layers` restricts it to these layers, by their names in `source` and
    /// here; where it is empty, all are meant.
    ///
    /// # Errors
    /// `Data` for numbers in the source that are not finite.
    pub fn take_weights(
        &mut self,
        source: &Self,
        layers: &[(&str, &str)],
    ) -> Result<WeightsReport> {
        let report = self.compare_weights(source, layers);
        for (from, name) in renamed(source, layers) {
            if report.loaded.contains(&name) {
                self.set_tensor(&name, source.tensor(&source.tensors()[from].name)?)?;
            }
        }
        Ok(report)
    }
}

/// The tensors of a model by their numbers, with the names that they have elsewhere.
fn renamed(source: &Model, layers: &[(&str, &str)]) -> Vec<(usize, String)> {
    let tensors = source.tensors().iter().enumerate();
    if layers.is_empty() {
        return tensors.map(|(number, slot)| (number, slot.name.clone())).collect();
    }
    let named = tensors.filter_map(|(number, slot)| {
        let (layer, parameter) = slot.name.rsplit_once('/')?;
        let (_, own) = layers.iter().find(|(from, _)| *from == layer)?;
        Some((number, format!("{own}/{parameter}")))
    });
    named.collect()
}

#[cfg(test)]
mod tests;
