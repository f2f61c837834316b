//! How much rows count in the loss: by their class, their sample, their position.

use super::{ClassWeightSpecs, Objective, OutputObjective};
use crate::data::{Dataset, Targets};
use crate::losses::{Allowed, TargetBatch};
use crate::{Error, Result, err};

impl Objective {
    /// A weight for each class of the outputs that have some: these, and 1 for the classes behind them.
    ///
    /// # Errors
    /// `Argument` for weights that go by no output's name where several are trained, for names of
    /// outputs that are not, and what [`OutputObjective::class_weight`] refuses.
    pub fn class_weight(&self, weights: &ClassWeightSpecs) -> Result<ClassWeightSpecs> {
        match (weights, self.only()) {
            (ClassWeightSpecs::Only(weights), Some(output)) => {
                Ok(output.class_weight(weights)?.into())
            }
            (ClassWeightSpecs::Only(_), None) => Err(err!(
                Argument,
                "classWeight: found the weights of one output, but {} are trained; expected those of \
                 each by its name: {}",
                self.outputs.len(),
                self.trained_names().join(", ")
            )),
            (ClassWeightSpecs::Named(weights), _) => {
                let trained = self.trained_names();
                if let Some(name) = weights.keys().find(|name| !trained.contains(&name.as_str())) {
                    return Err(self.not_trained(name));
                }
                let own = |output: &OutputObjective| {
                    let weights = weights.get(output.name())?;
                    let checked = self.named(output, output.class_weight(weights));
                    Some(checked.map(|weights| (output.name().to_owned(), weights)))
                };
                let all = self.outputs.iter().filter_map(own).collect::<Result<_>>()?;
                Ok(ClassWeightSpecs::Named(all))
            }
        }
    }

    /// Refuses weights of samples, so many for each, that are not those of its positions.
    ///
    /// # Errors
    /// `Shape` where an output has other positions, `Argument` where a loss looks at all together.
    pub fn check_weight_width(&self, width: usize) -> Result<()> {
        for output in self.outputs.iter().filter(|_| width > 1) {
            if width != output.positions {
                let expected = match output.positions {
                    1 => String::new(),
                    positions => format!(", or {positions}, one for each position of the output"),
                };
                let error = err!(
                    Shape,
                    "sampleWeight: found {width} weights of a sample, expected 1{expected}"
                );
                return self.named(output, Err(error));
            }
            if !output.loss().loss().goes_by_position(output.width) {
                let error = err!(
                    Argument,
                    "sampleWeight: found a weight for each position, but the loss is one of all \
                     together; expected one for each sample"
                );
                return self.named(output, Err(error));
            }
        }
        Ok(())
    }

    /// The weights of the classes of a dataset's first targets that a fix recorded, for the output that
    /// takes these.
    ///
    /// # Errors
    /// What [`OutputObjective::class_weight`] refuses.
    pub fn recorded_class_weight(&self, dataset: &Dataset) -> Result<Option<ClassWeightSpecs>> {
        let taker = self.outputs.iter().find(|output| output.targets_in(dataset) == Some(0));
        let (Some(output), Some(weights)) = (taker, dataset.preprocessing().class_weight()) else {
            return Ok(None);
        };
        let weights = self.named(output, output.class_weight(weights))?;
        Ok(Some(match self.only() {
            Some(_) => weights.into(),
            None => ClassWeightSpecs::Named([(output.name().to_owned(), weights)].into()),
        }))
    }

    /// Refuses a dataset, whose targets have been checked, in which what is to be weighted by class has
    /// none.
    ///
    /// # Errors
    /// `Data` for targets that are no classes, nor shares of them.
    pub fn check_weighted(&self, weights: &ClassWeightSpecs, dataset: &Dataset) -> Result<()> {
        for output in self.takers().filter(|output| weights.of(output.name()).is_some()) {
            let Some(own) = output.targets_in(dataset) else { continue };
            if let Targets::Dense { values, .. } = dataset.targets_of(own)
                && !output.are_labels(values.len(), dataset.len())
            {
                self.named(output, output.check_shares(TargetBatch::Dense(values)))?;
            }
        }
        Ok(())
    }

    /// The same of the targets of a batch, of each output that takes some.
    ///
    /// # Errors
    /// As [`check_weighted`](Self::check_weighted).
    pub fn check_weighted_batch(
        &self,
        weights: &ClassWeightSpecs,
        targets: &[TargetBatch<'_>],
    ) -> Result<()> {
        let weighted = |(output, _): &(&OutputObjective, _)| weights.of(output.name()).is_some();
        let mut pairs = self.takers().zip(targets).filter(weighted);
        pairs.try_for_each(|(output, own)| self.named(output, output.check_shares(*own)))
    }

    /// The number of the targets of a dataset that an output takes: that of this name, or the only one
    /// that is trained. `None` where it takes none, and where there are none for it.
    ///
    /// # Errors
    /// `Argument` if no output of this name is trained.
    pub fn targets_in(&self, dataset: &Dataset, output: Option<&str>) -> Result<Option<usize>> {
        let output = match output {
            None => self.only(),
            Some(name) => {
                let named = self.outputs.iter().find(|own| own.name() == name);
                Some(named.ok_or_else(|| self.not_trained(name))?)
            }
        };
        Ok(output.and_then(|output| output.targets_in(dataset)))
    }

    fn not_trained(&self, output: &str) -> Error {
        let trained = self.trained_names().join(", ");
        err!(
            Argument,
            "classWeight: no output \"{output}\" is trained, expected names of {trained}"
        )
    }

    fn trained_names(&self) -> Vec<&str> {
        self.outputs.iter().map(OutputObjective::name).collect()
    }
}

impl OutputObjective {
    /// Refuses numbers that are no shares of classes, of a loss that takes any: only by its targets can
    /// be told what such a graph is a loss of.
    pub(super) fn check_shares(&self, targets: TargetBatch<'_>) -> Result<()> {
        let TargetBatch::Dense(values) = targets else { return Ok(()) };
        if self.loss().loss().allowed_targets() != Allowed::ANY {
            return Ok(());
        }
        match values.iter().position(|value| !(0.0..=1.0).contains(value)) {
            None => Ok(()),
            Some(at) => Err(err!(
                Data,
                "classWeight: the target at position {at} is {}, expected classes, or shares of them \
                 from 0 to 1",
                values[at]
            )),
        }
    }

    /// A weight for each class: these, and 1 for the classes behind them.
    ///
    /// # Errors
    /// `Argument` for a loss that knows no classes, more weights than there are classes, and weights
    /// that are no finite number from 0 on.
    pub fn class_weight(&self, weights: &[f32]) -> Result<Vec<f32>> {
        let classes = self.width.max(2);
        if !self.loss().loss().knows_classes(self.width) {
            return Err(err!(
                Argument,
                "classWeight: the loss knows no classes, expected a cross-entropy, for example"
            ));
        }
        if weights.len() > classes {
            return Err(err!(
                Argument,
                "classWeight: found {} weights, expected at most {classes}, one for each class",
                weights.len()
            ));
        }
        if let Some(weight) = weights.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
            return Err(err!(
                Argument,
                "classWeight: found {weight}, expected finite numbers from 0 on"
            ));
        }
        Ok(weights.iter().copied().chain(std::iter::repeat(1.0)).take(classes).collect())
    }

    /// Multiplies what [`evaluate`](Self::evaluate) gave by the weights of the rows' classes, which
    /// have been checked. A row that is some of several classes weighs as much of each.
    pub fn weigh(
        &self,
        targets: TargetBatch<'_>,
        weights: &[f32],
        losses: &mut [f32],
        doutputs: &mut [f32],
    ) {
        let width = self.width;
        for (row, (loss, outputs)) in
            losses.iter_mut().zip(doutputs.chunks_exact_mut(width)).enumerate()
        {
            let weight = match targets {
                TargetBatch::Classes(labels) => weights[labels[row] as usize],
                TargetBatch::Dense(values) => match &values[row * width..(row + 1) * width] {
                    // Of two classes, the second; a hinge loss may call the first -1.
                    &[share] if share < 0.0 => weights[0],
                    &[share] => (1.0 - share) * weights[0] + share * weights[1],
                    shares => {
                        shares.iter().zip(weights).map(|(share, weight)| share * weight).sum()
                    }
                },
            };
            *loss *= weight;
            outputs.iter_mut().for_each(|gradient| *gradient *= weight);
        }
    }

    /// Multiplies what [`evaluate`](Self::evaluate) gave by the weights of the samples, or of their
    /// positions.
    pub fn weigh_samples(&self, weights: &[f32], losses: &mut [f32], doutputs: &mut [f32]) {
        let each = (losses.len() / weights.len().max(1)).max(1);
        let rows = losses.iter_mut().zip(doutputs.chunks_exact_mut(self.width));
        for (row, (loss, outputs)) in rows.enumerate() {
            let weight = weights[row / each];
            *loss *= weight;
            outputs.iter_mut().for_each(|gradient| *gradient *= weight);
        }
    }

    /// Lets only the positions of each sample count that a mask [samples, positions] does not hide: a
    /// sample's loss is the mean over those, and nothing where there are none. (Keras takes the mean over
    /// the positions of the whole batch.) A loss of all positions together says itself what counts.
    pub fn weigh_positions(&self, mask: &[f32], losses: &mut [f32], doutputs: &mut [f32]) {
        if !self.loss().loss().goes_by_position(self.width) {
            return;
        }
        let samples = losses.len() / self.positions.max(1);
        let masked = mask.len() / samples.max(1);
        let each = self.positions / masked.max(1);
        let rows = losses
            .chunks_exact_mut(self.positions)
            .zip(doutputs.chunks_exact_mut(self.positions * self.width));
        for ((losses, outputs), mask) in rows.zip(mask.chunks_exact(masked.max(1))) {
            let count = mask.iter().filter(|counts| **counts != 0.0).count();
            let weight = masked as f32 / count.max(1) as f32;
            let rows = losses.iter_mut().zip(outputs.chunks_exact_mut(self.width));
            for (row, (loss, outputs)) in rows.enumerate() {
                let weight = if mask[row / each] == 0.0 { 0.0 } else { weight };
                *loss *= weight;
                outputs.iter_mut().for_each(|gradient| *gradient *= weight);
            }
        }
    }
}
