//! What is known of samples besides their first targets: by what names inputs and targets go, what
//! further outputs should answer, and how much each sample counts.

use super::column::{beyond, gather};
use super::dataset::{Dataset, check_length};
use super::targets::Targets;
use crate::memory::{allocate, copied, joined};
use crate::{Result, err};

/// Of every sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Extras {
    /// One for each input, or none: then they go by their order.
    input_names: Vec<String>,
    /// One for each targets, or none: then they go by their order.
    output_names: Vec<String>,
    /// Behind the first.
    pub(super) further: Vec<Further>,
    pub(super) sample_weight: Option<Weights>,
}

/// How much samples count: a number for each, or for each of their positions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Weights {
    pub(super) values: Vec<f32>,
    /// Numbers of a sample.
    pub(super) width: usize,
}

/// The targets of an output behind the first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Further {
    pub(super) targets: Targets,
    /// One more than the highest label; 0 where targets are not classes.
    classes: usize,
}

impl Further {
    fn new(targets: Targets) -> Self {
        let classes = match &targets {
            Targets::Classes(labels) => labels.iter().max().map_or(0, |&label| label as usize + 1),
            Targets::None | Targets::Dense { .. } => 0,
        };
        Self { targets, classes }
    }
}

impl Extras {
    /// Bytes that they take.
    pub(super) fn bytes(&self) -> usize {
        let further: usize = self.further.iter().map(|further| further.targets.bytes()).sum();
        let weights = self.sample_weight.as_ref();
        further + weights.map_or(0, |weights| size_of_val(weights.values.as_slice()))
    }

    /// Those of the samples at these indices, which must exist.
    pub(super) fn select(&self, indices: &[u32]) -> Result<Self> {
        self.mapped(
            |targets| targets.select(indices),
            |weights| gather(&weights.values, weights.width, indices),
        )
    }

    /// The same again.
    pub(super) fn try_clone(&self) -> Result<Self> {
        self.mapped(Targets::try_clone, |weights| {
            copied("the weights of the samples", &weights.values)
        })
    }

    /// The same for other inputs, which go by their order.
    pub(super) fn for_other_inputs(&self) -> Result<Self> {
        Ok(Self { input_names: Vec::new(), ..self.try_clone()? })
    }

    /// Those of so many other samples: all zero, to be overwritten.
    pub(super) fn zeros(&self, samples: usize) -> Result<Self> {
        self.mapped(
            |targets| targets.zeros(samples),
            |weights| {
                let len = samples.saturating_mul(weights.width);
                allocate("the weights of the samples", len)
            },
        )
    }

    fn mapped(
        &self,
        targets: impl Fn(&Targets) -> Result<Targets>,
        weights: impl Fn(&Weights) -> Result<Vec<f32>>,
    ) -> Result<Self> {
        let further = self.further.iter().map(|further| {
            Ok(Further { targets: targets(&further.targets)?, classes: further.classes })
        });
        Ok(Self {
            input_names: self.input_names.clone(),
            output_names: self.output_names.clone(),
            further: further.collect::<Result<_>>()?,
            sample_weight: match &self.sample_weight {
                Some(own) => Some(Weights { values: weights(own)?, width: own.width }),
                None => None,
            },
        })
    }

    /// Whether they are of the same kinds and shapes.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        let pairs = || self.further.iter().zip(&other.further);
        self.further.len() == other.further.len()
            && pairs().all(|(ours, theirs)| ours.targets.is_alike(&theirs.targets))
            && self.weight_width() == other.weight_width()
    }

    /// Numbers of the weight of a sample, if samples have some.
    fn weight_width(&self) -> Option<usize> {
        self.sample_weight.as_ref().map(|weights| weights.width)
    }

    /// Those of the samples of two datasets of so many. Samples of the one without weights count 1.
    fn joined(&self, other: &Self, samples: [usize; 2]) -> Result<Self> {
        if self.further.len() != other.further.len()
            || self.output_names != other.output_names
            || self.input_names != other.input_names
        {
            return Err(err!(
                Data,
                "joining: the targets or inputs go by other names than the dataset's"
            ));
        }
        let pairs = self.further.iter().zip(&other.further);
        let further = pairs.map(|(ours, theirs)| {
            let classes = ours.classes.max(theirs.classes);
            Ok(Further { targets: ours.targets.joined(&theirs.targets)?, classes })
        });
        let sample_weight = match (self.weight_width(), other.weight_width()) {
            (None, None) => None,
            (Some(width), Some(found)) if width != found => {
                return Err(err!(
                    Data,
                    "joining: found {found} weights of a sample, expected {width}"
                ));
            }
            (ours, theirs) => {
                let width = ours.or(theirs).unwrap_or(1);
                let of = |extras: &Self, samples: usize| match &extras.sample_weight {
                    Some(weights) => weights.values.clone(),
                    None => vec![1.0; samples * width],
                };
                let (ours, theirs) = (of(self, samples[0]), of(other, samples[1]));
                Some(Weights { values: joined("the weights of both", &ours, &theirs)?, width })
            }
        };
        Ok(Self {
            input_names: self.input_names.clone(),
            output_names: self.output_names.clone(),
            further: further.collect::<Result<_>>()?,
            sample_weight,
        })
    }
}

impl Dataset {
    /// The same samples, the loss of each of which is multiplied by its weight, as Keras's
    /// `sample_weight` does it; the mean is still taken over the number of samples. Metrics count all
    /// samples the same. Weights are `[samples]`, or `[samples, positions]` for each position of a
    /// sequence.
    ///
    /// # Errors
    /// `Shape` unless there is a weight for each sample, or as many for each; `Data` for one that is no
    /// finite number from 0 on, with its place.
    pub fn with_sample_weight(mut self, weights: Vec<f32>) -> Result<Self> {
        let width = check_weights(&weights, self.len())?;
        self.extras.sample_weight = Some(Weights { values: weights, width });
        Ok(self)
    }

    /// How much each sample counts, or each of its positions, where that was said.
    pub fn sample_weight(&self) -> Option<&[f32]> {
        self.extras.sample_weight.as_ref().map(|weights| weights.values.as_slice())
    }

    /// Numbers of the weight of a sample: more than 1 where each position has its own, 0 where there
    /// are none.
    pub fn weight_width(&self) -> usize {
        self.extras.weight_width().unwrap_or(0)
    }

    /// Writes the weights of the samples at these indices. Allocates nothing.
    ///
    /// # Errors
    /// `Data` where there are none, `Argument` for an index that does not exist, `Shape` if `weights`
    /// has another length.
    pub fn weights_into(&self, indices: &[u32], weights: &mut [f32]) -> Result<()> {
        let Some(Weights { values, width }) = &self.extras.sample_weight else {
            return Err(err!(Data, "sampleWeight: found none, expected one for each sample"));
        };
        check_length("sampleWeight", weights.len(), indices.len(), *width)?;
        for (&index, weights) in indices.iter().zip(weights.chunks_exact_mut(*width)) {
            let own = values.chunks_exact(*width).nth(index as usize);
            weights.copy_from_slice(own.ok_or_else(|| beyond(index, self.len()))?);
        }
        Ok(())
    }

    /// The same samples, with what the outputs behind the first should answer.
    ///
    /// # Errors
    /// `Data` where nothing is said of the first output or of one of these, or a number is not finite;
    /// `Shape` for targets of another number of samples.
    pub fn with_further_targets(mut self, further: Vec<Targets>) -> Result<Self> {
        for targets in std::iter::once(self.targets()).chain(&further) {
            if *targets == Targets::None {
                return Err(err!(Data, "targets: found none of an output, expected some of each"));
            }
        }
        further.iter().try_for_each(|targets| targets.check(self.len()))?;
        self.extras.output_names.clear();
        self.extras.further = further.into_iter().map(Further::new).collect();
        Ok(self)
    }

    /// The same samples, whose targets go by the names of a model's outputs, not by their order.
    ///
    /// # Errors
    /// `Argument` unless each has a name of its own.
    pub fn with_output_names(mut self, names: Vec<String>) -> Result<Self> {
        check_names("targets", &names, self.outputs())?;
        self.extras.output_names = names;
        Ok(self)
    }

    /// The same samples, whose inputs go by the names of a model's inputs, not by their order.
    ///
    /// # Errors
    /// `Argument` unless each has a name of its own.
    pub fn with_input_names(mut self, names: Vec<String>) -> Result<Self> {
        check_names("inputs", &names, self.inputs().len())?;
        self.extras.input_names = names;
        Ok(self)
    }

    /// The names of the inputs; empty where they go by their order.
    pub fn input_names(&self) -> &[String] {
        &self.extras.input_names
    }

    /// The names of the outputs that there are targets of; empty where they go by their order.
    pub fn output_names(&self) -> &[String] {
        &self.extras.output_names
    }

    /// Of how many outputs there are targets.
    pub fn outputs(&self) -> usize {
        usize::from(*self.targets() != Targets::None) + self.extras.further.len()
    }

    /// What an output should answer, by its number among those that there are targets of.
    pub fn targets_of(&self, output: usize) -> &Targets {
        let further = output.checked_sub(1).and_then(|at| self.extras.further.get(at));
        match further {
            Some(further) => &further.targets,
            None if output == 0 => self.targets(),
            None => &Targets::None,
        }
    }

    /// How many classes the labels of an output count to; 0 where targets are not classes.
    pub fn classes_of(&self, output: usize) -> usize {
        match output.checked_sub(1) {
            None if self.labels().is_some() => self.class_names().len(),
            None => 0,
            Some(at) => self.extras.further.get(at).map_or(0, |further| further.classes),
        }
    }

    /// How many samples each class of an output has; empty where its targets are not classes.
    pub fn counts_of(&self, output: usize) -> Vec<usize> {
        let Targets::Classes(labels) = self.targets_of(output) else { return Vec::new() };
        let mut counts = vec![0; self.classes_of(output)];
        for &label in labels {
            counts[label as usize] += 1;
        }
        counts
    }

    /// The number of the input that a model's input of this position and name takes.
    pub fn input_for(&self, position: usize, name: &str) -> Option<usize> {
        found(&self.extras.input_names, self.inputs().len(), position, name)
    }

    /// The number of the targets of a model's output of this position and name.
    pub fn output_for(&self, position: usize, name: &str) -> Option<usize> {
        found(&self.extras.output_names, self.outputs(), position, name)
    }

    /// Those of the samples of this dataset and another.
    pub(super) fn joined_extras(&self, other: &Self) -> Result<Extras> {
        self.extras.joined(&other.extras, [self.len(), other.len()])
    }
}

/// How many weights each sample has. Refuses those that are not as many for each, and what is no finite
/// number from 0 on.
pub(crate) fn check_weights(weights: &[f32], samples: usize) -> Result<usize> {
    let width = weights.len() / samples.max(1);
    if width == 0 || weights.len() != width * samples {
        return Err(err!(
            Shape,
            "sampleWeight: found {} weights, expected {samples}, one for each sample, or as many for \
             each of its positions",
            weights.len()
        ));
    }
    match weights.iter().position(|weight| !weight.is_finite() || *weight < 0.0) {
        Some(at) => Err(err!(
            Data,
            "sampleWeight: the weight of sample {} is {}, expected a finite number from 0 on",
            at / width,
            weights[at]
        )),
        None => Ok(width),
    }
}

fn found(names: &[String], count: usize, position: usize, name: &str) -> Option<usize> {
    if names.is_empty() {
        return (position < count).then_some(position);
    }
    names.iter().position(|known| known == name)
}

fn check_names(what: &str, names: &[String], count: usize) -> Result<()> {
    let again = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
    if names.len() == count && again.is_none() {
        return Ok(());
    }
    Err(err!(Argument, "{what}: found the names {names:?}, expected {count}, each another"))
}

#[cfg(test)]
mod tests;
