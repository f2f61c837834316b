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
pub use output::{OutputObjective, may_be_probabilities};
pub use specs::{ClassWeightSpecs, LossSpecs, MetricSpecs};
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
        let mut takers = 0;
        for (output, (loss, &name)) in losses.into_iter().zip(&all).enumerate() {
            let Some(loss) = loss else { continue };
            let weight = weights.get(name).copied().unwrap_or(1.0);
            if !weight.is_finite() || weight < 0.0 {
                return Err(err!(
                    Argument,
                    "lossWeights: that of \"{name}\" is {weight}, expected a finite number from 0 on"
                ));
            }
            let fitted = OutputObjective::new(graph, output, takers, loss, weight);
            let fitted =
                if several { fitted.map_err(|error| error.at_layer(name)) } else { fitted }?;
            takers += usize::from(fitted.takes_targets());
            outputs.push(fitted);
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

    /// The outputs that have to be told what to answer.
    pub fn takers(&self) -> impl Iterator<Item = &OutputObjective> {
        self.outputs.iter().filter(|output| output.takes_targets())
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

    /// Refuses targets that do not belong to this many samples: those of the outputs that take some,
    /// in their order.
    ///
    /// # Errors
    /// `Argument` for those of another number of outputs, and what [`OutputObjective::check`] refuses.
    pub fn check(&self, samples: usize, targets: &[TargetBatch<'_>]) -> Result<()> {
        let takers = self.takers().count();
        if targets.len() != takers {
            return Err(err!(
                Argument,
                "targets: found those of {} outputs, expected {takers}",
                targets.len()
            ));
        }
        let mut pairs = self.takers().zip(targets);
        pairs.try_for_each(|(output, own)| self.named(output, output.check(samples, own)))
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
        self.check_weight_width(dataset.weight_width())?;
        let takers = self.takers().count();
        if takers == 0 {
            return Ok(());
        }
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
        if dataset.output_names().is_empty() && dataset.outputs() != takers {
            let names: Vec<&str> = self.takers().map(OutputObjective::name).collect();
            return Err(err!(
                Shape,
                "dataset: found targets of {} outputs, expected those of {takers}: {}",
                dataset.outputs(),
                names.join(", ")
            ));
        }
        for output in self.takers() {
            let Some(own) = output.targets_in(dataset) else {
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
        for output in &self.outputs {
            if let Some(own) = output.targets_in(dataset) {
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

    /// Says of which output an error is, where there are several.
    fn named<T>(&self, output: &OutputObjective, checked: Result<T>) -> Result<T> {
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
