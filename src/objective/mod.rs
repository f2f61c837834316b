//! What a network is trained for and judged by: the losses and metrics of its outputs.
//!
//! A model with one output reports `loss` and its metrics by their names. One of which several are
//! trained reports `loss`, the sum of their losses times their weights, and those of each output with
//! its name in front: `digitLoss`, `digitAccuracy`.

mod buffer;
mod counted;
mod output;
mod specs;
mod sums;
#[cfg(test)]
mod tests;
mod weights;

pub use buffer::TargetBuffer;
pub use counted::{Counted, counts};
pub use output::OutputObjective;
pub use specs::{LossSpecs, MetricSpecs};
pub use sums::ObjectiveSums;

use std::collections::BTreeMap;

use crate::data::Dataset;
use crate::graph::{Graph, ValueId};
use crate::losses::{GraphRunner, TargetBatch};
use crate::plan::{Head, Plan};
use crate::{Result, err};

use specs::check_names;

/// Losses fitted to the outputs of a graph.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Those that are trained, in the order of the model's.
    outputs: Vec<OutputObjective>,
    /// Names of all outputs of the model.
    names: Vec<String>,
}

impl Objective {
    /// Fits losses to the outputs of a graph; `weights` are those of outputs by their names, 1 where
    /// nothing is said.
    ///
    /// # Errors
    /// `Argument` if a loss and the end of the network do not belong together, for names that no
    /// output has, and for weights that are no finite numbers from 0 on.
    pub fn new(graph: &Graph, losses: &LossSpecs, weights: &BTreeMap<String, f64>) -> Result<Self> {
        let names: Vec<String> = (0..graph.outputs().len())
            .map(|output| graph.name_of(graph.outputs()[output]).to_owned())
            .collect();
        let all: Vec<&str> = names.iter().map(String::as_str).collect();
        let losses = losses.of(&all)?;
        check_names("lossWeights", weights.keys(), &all)?;
        let several = losses.iter().flatten().count() > 1;
        let mut outputs: Vec<OutputObjective> = Vec::new();
        for (output, (loss, &name)) in losses.into_iter().zip(&all).enumerate() {
            let Some(loss) = loss else { continue };
            let weight = weights.get(name).copied().unwrap_or(1.0);
            if !weight.is_finite() || weight < 0.0 {
                return Err(err!(
                    Argument,
                    "lossWeights: that of \"{name}\" is {weight}, expected a finite number from 0 on"
                ));
            }
            let fitted = OutputObjective::new(graph, output, loss, weight);
            let fitted =
                if several { fitted.map_err(|error| error.at_layer(name)) } else { fitted };
            outputs.push(fitted?);
        }
        Ok(Self { outputs, names })
    }

    /// Where a plan for these losses ends: before the activations that they fuse.
    pub fn head(&self) -> Head {
        let fused = self.outputs.iter().filter(|output| output.fuses_activation());
        let fused: u64 = fused.map(|output| 1 << output.output()).sum();
        match (fused, self.names.len()) {
            (0, _) => Head::Output,
            (_, 1) => Head::Logits,
            _ => Head::LogitsOf(fused),
        }
    }

    /// The outputs that are trained.
    pub fn outputs(&self) -> &[OutputObjective] {
        &self.outputs
    }

    /// The only output that is trained, if it is one.
    pub fn only(&self) -> Option<&OutputObjective> {
        match self.outputs.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The outputs of the model that have no loss.
    pub fn untrained(&self) -> impl Iterator<Item = usize> {
        let trained = |output: &usize| self.outputs.iter().any(|own| own.output() == *output);
        (0..self.names.len()).filter(move |output| !trained(output))
    }

    /// The most rows of an output for so many samples.
    pub fn most_rows(&self, samples: usize) -> usize {
        self.outputs.iter().map(|output| output.rows(samples)).max().unwrap_or(0)
    }

    /// The most numbers of an output for so many samples.
    pub fn most_values(&self, samples: usize) -> usize {
        self.outputs.iter().map(|output| output.values(samples)).max().unwrap_or(0)
    }

    /// Room for the rows that count of each output of which a mask hides some, in a plan for so many
    /// samples.
    ///
    /// # Errors
    /// What [`Counted::new`] refuses.
    pub fn counted(&self, plan: &Plan, samples: usize) -> Result<Vec<Option<Counted>>> {
        let of = |output: &OutputObjective| {
            let masked = plan.output_mask(output.output()).is_some();
            masked.then(|| Counted::new(output, samples)).transpose()
        };
        self.outputs.iter().map(of).collect()
    }

    /// What evaluates the losses that are graphs, for up to so many samples.
    ///
    /// # Errors
    /// What [`OutputObjective::runner`] refuses.
    pub fn runners(&self, samples: usize) -> Result<Vec<Option<GraphRunner>>> {
        self.outputs.iter().map(|output| output.runner(samples)).collect()
    }

    /// The loss that is made small, of the mean losses of the outputs.
    pub fn total(&self, means: impl IntoIterator<Item = f64>) -> f64 {
        self.outputs.iter().zip(means).map(|(output, mean)| output.weight() * mean).sum()
    }

    /// Whether every loss takes targets between those of two samples, as mixup makes them.
    pub fn takes_mixed(&self) -> bool {
        self.outputs.iter().all(|output| output.loss().loss().takes_mixed())
    }

    /// Refuses targets that do not belong to this many samples: those of the outputs that are trained,
    /// in their order.
    ///
    /// # Errors
    /// `Argument` for those of another number of outputs, and what [`OutputObjective::check`] refuses.
    pub fn check(&self, samples: usize, targets: &[TargetBatch<'_>]) -> Result<()> {
        if targets.len() != self.outputs.len() {
            return Err(err!(
                Argument,
                "targets: found those of {} outputs, expected {}",
                targets.len(),
                self.outputs.len()
            ));
        }
        self.each(targets, |output, targets| output.check(samples, targets))
    }

    /// Refuses a dataset whose samples or targets do not fit the model. Looks at shapes and kinds
    /// only, so that it costs nothing at every step.
    ///
    /// # Errors
    /// `Shape` for inputs or targets of another shape, `Data` for missing inputs and targets and more
    /// classes than the model has, and what the losses refuse.
    pub fn check_dataset(&self, graph: &Graph, dataset: &Dataset) -> Result<()> {
        let inputs = graph.inputs().iter();
        check_inputs(inputs.map(|input| (&input.name[..], &input.shape[..])), dataset)?;
        self.check_kinds(dataset)
    }

    /// Refuses a dataset as [`check_dataset`](Self::check_dataset) does, where its inputs are these
    /// values of the graph.
    ///
    /// # Errors
    /// The same.
    pub fn check_features(
        &self,
        graph: &Graph,
        values: &[ValueId],
        dataset: &Dataset,
    ) -> Result<()> {
        let values = values.iter();
        check_inputs(values.map(|&value| (graph.name_of(value), graph.shape(value))), dataset)?;
        self.check_kinds(dataset)
    }

    fn check_kinds(&self, dataset: &Dataset) -> Result<()> {
        if dataset.outputs() == 0 {
            if dataset.boxes().is_some() {
                return Err(err!(
                    Unsupported,
                    "dataset: found boxes and no targets, expected a class for each picture; models \
                     that find boxes cannot be trained yet"
                ));
            }
            return Err(err!(Data, "dataset: found no targets, expected one for each sample"));
        }
        if dataset.output_names().is_empty() && dataset.outputs() != self.outputs.len() {
            return Err(err!(
                Shape,
                "dataset: found targets of {} outputs, expected those of {}",
                dataset.outputs(),
                self.outputs.len()
            ));
        }
        for (number, output) in self.outputs.iter().enumerate() {
            let Some(own) = dataset.output_for(number, output.name()) else {
                return Err(err!(
                    Data,
                    "dataset: found no targets of the output \"{}\", but of {}",
                    output.name(),
                    dataset.output_names().join(", ")
                ));
            };
            let checked = output.check_dataset(dataset, own);
            self.named(output, checked)?;
        }
        Ok(())
    }

    /// Refuses a dataset as [`check_dataset`](Self::check_dataset) does, and one with targets that
    /// the losses do not allow.
    ///
    /// # Errors
    /// The same, and `Data` with the target that is out of range.
    pub fn check_targets(&self, graph: &Graph, dataset: &Dataset) -> Result<()> {
        self.check_dataset(graph, dataset)?;
        for (number, output) in self.outputs.iter().enumerate() {
            if let Some(own) = dataset.output_for(number, output.name()) {
                let checked = output.check_targets(dataset, own);
                self.named(output, checked)?;
            }
        }
        Ok(())
    }

    /// Sums of zero for these metrics.
    ///
    /// # Errors
    /// What the metrics refuse; `Argument` for names of no output, and where two numbers would be
    /// reported by one name.
    pub fn sums(&self, metrics: &MetricSpecs) -> Result<ObjectiveSums> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let sets = self
            .outputs
            .iter()
            .map(|output| output.metric_sums(metrics.of(&names, output.output())?));
        ObjectiveSums::new(self, sets.collect::<Result<_>>()?)
    }

    /// A weight for each class: these, and 1 for the classes behind them.
    ///
    /// # Errors
    /// `Argument` for several outputs, and what [`OutputObjective::class_weight`] refuses.
    pub fn class_weight(&self, weights: &[f32]) -> Result<Vec<f32>> {
        match self.only() {
            Some(output) => output.class_weight(weights),
            None => Err(err!(
                Argument,
                "classWeight: {} outputs are trained, expected one; give each sample a weight instead",
                self.outputs.len()
            )),
        }
    }

    /// Checks the targets of each output; an error says of which it is, where there are several.
    fn each(
        &self,
        targets: &[TargetBatch<'_>],
        check: impl Fn(&OutputObjective, &TargetBatch<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut outputs = self.outputs.iter().zip(targets);
        outputs.try_for_each(|(output, targets)| self.named(output, check(output, targets)))
    }

    fn named(&self, output: &OutputObjective, checked: Result<()>) -> Result<()> {
        match checked {
            Err(error) if self.outputs.len() > 1 => Err(error.at_layer(output.name())),
            checked => checked,
        }
    }
}

/// Refuses inputs that are not those of these names and shapes.
fn check_inputs<'a>(
    inputs: impl ExactSizeIterator<Item = (&'a str, &'a [usize])>,
    dataset: &Dataset,
) -> Result<()> {
    if dataset.inputs().len() != inputs.len() {
        return Err(err!(
            Shape,
            "dataset: found {} inputs, expected the {} of the model",
            dataset.inputs().len(),
            inputs.len()
        ));
    }
    for (position, (name, shape)) in inputs.enumerate() {
        let Some(i) = dataset.input_for(position, name) else {
            return Err(err!(
                Data,
                "dataset: found no input \"{name}\", but {}",
                dataset.input_names().join(", ")
            ));
        };
        let column = &dataset.inputs()[i];
        if column.shape() != shape {
            return Err(err!(
                Shape,
                "dataset: input {i} has samples of shape {:?}, expected {shape:?}, those of the \
                 model's input \"{name}\"",
                column.shape()
            ));
        }
    }
    Ok(())
}
