//! Room for the targets of a batch.

use super::{Objective, OutputObjective};
use crate::Result;
use crate::data::augment::Mixer;
use crate::data::{Dataset, Targets};
use crate::losses::{TargetBatch, TargetKind};
use crate::memory::allocate;

/// Room for the targets of a batch and the weights of its samples.
#[derive(Clone, Debug)]
pub struct TargetBuffer {
    outputs: Vec<OutputBuffer>,
    weights: Vec<f32>,
    /// Weights of a sample; 0 where there are none.
    weight_width: usize,
}

/// Room for the targets of an output; one that takes none has the first class for all, which nobody
/// reads.
#[derive(Clone, Debug)]
struct OutputBuffer {
    kind: TargetKind,
    classes: Vec<u32>,
    values: Vec<f32>,
}

impl TargetBuffer {
    /// Room for this many samples.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for them.
    pub fn new(objective: &Objective, samples: usize) -> Result<Self> {
        let outputs = objective.outputs().iter().map(|output| {
            let values = if output.takes_targets() { output.values(samples) } else { 0 };
            Ok(OutputBuffer {
                kind: TargetKind::Classes,
                classes: allocate("targets of a batch", output.rows(samples))?,
                values: allocate("targets of a batch", values)?,
            })
        });
        Ok(Self {
            outputs: outputs.collect::<Result<_>>()?,
            weights: allocate("weights of a batch", objective.most_rows(samples).max(samples))?,
            weight_width: 0,
        })
    }

    /// Takes targets, one for each output that takes some, and weights of so many samples that have been
    /// checked.
    pub fn copy(
        &mut self,
        objective: &Objective,
        targets: &[TargetBatch<'_>],
        weights: Option<&[f32]>,
        samples: usize,
    ) {
        let takers = self.outputs.iter_mut().zip(objective.outputs());
        let takers = takers.filter(|(_, output)| output.takes_targets());
        for ((buffer, _), targets) in takers.zip(targets) {
            buffer.copy(*targets);
        }
        self.weight_width = weights.map_or(0, |weights| weights.len() / samples.max(1));
        if let Some(weights) = weights {
            self.weights[..weights.len()].copy_from_slice(weights);
        }
    }

    /// Takes the targets and weights of these samples of a dataset that has been checked.
    ///
    /// # Errors
    /// What the dataset refuses.
    pub fn load(
        &mut self,
        objective: &Objective,
        dataset: &Dataset,
        indices: &[u32],
    ) -> Result<()> {
        for (buffer, output) in self.outputs.iter_mut().zip(objective.outputs()) {
            if let Some(own) = output.targets_in(dataset) {
                buffer.load(output, dataset, own, indices)?;
            }
        }
        self.weight_width = dataset.weight_width();
        if self.weight_width > 0 {
            let weights = &mut self.weights[..indices.len() * self.weight_width];
            dataset.weights_into(indices, weights)?;
        }
        Ok(())
    }

    /// Mixes the targets and weights of the samples that were taken last as their images were; classes
    /// become a number for each output.
    pub fn mix(&mut self, objective: &Objective, samples: usize, mixer: &mut Mixer) {
        for (buffer, output) in self.outputs.iter_mut().zip(objective.outputs()) {
            if output.takes_targets() {
                buffer.mix(output, samples, mixer);
            }
        }
        mixer.mix_targets(&mut self.weights[..samples * self.weight_width]);
    }

    /// The targets of the samples that were taken last, of an output by its number among those that
    /// are trained.
    pub fn batch(&self, objective: &Objective, output: usize, samples: usize) -> TargetBatch<'_> {
        let (buffer, output) = (&self.outputs[output], &objective.outputs()[output]);
        match buffer.kind {
            TargetKind::Classes => TargetBatch::Classes(&buffer.classes[..output.rows(samples)]),
            TargetKind::Dense => TargetBatch::Dense(&buffer.values[..output.values(samples)]),
        }
    }

    /// The weights of the samples that were taken last, or of their positions, if they have some.
    pub fn weights(&self, samples: usize) -> Option<&[f32]> {
        (self.weight_width > 0).then(|| &self.weights[..samples * self.weight_width])
    }
}

impl OutputBuffer {
    fn copy(&mut self, targets: TargetBatch<'_>) {
        self.kind = targets.kind();
        match targets {
            TargetBatch::Classes(labels) => self.classes[..labels.len()].copy_from_slice(labels),
            TargetBatch::Dense(values) => self.values[..values.len()].copy_from_slice(values),
        }
    }

    fn load(
        &mut self,
        output: &OutputObjective,
        dataset: &Dataset,
        own: usize,
        indices: &[u32],
    ) -> Result<()> {
        let targets = dataset.targets_of(own);
        let numbers = match targets {
            Targets::Dense { shape, .. } => shape.iter().product(),
            Targets::None | Targets::Classes(_) => 0,
        };
        match targets.kind() {
            Some(TargetKind::Dense) if output.are_labels(numbers, 1) => {
                self.kind = TargetKind::Classes;
                let rows = output.rows(indices.len());
                targets.values_into(indices, &mut self.values[..rows])?;
                let labels = self.classes.iter_mut().zip(&self.values[..rows]);
                labels.for_each(|(class, value)| *class = *value as u32);
                Ok(())
            }
            Some(TargetKind::Dense) => {
                self.kind = TargetKind::Dense;
                targets.values_into(indices, &mut self.values[..output.values(indices.len())])
            }
            Some(TargetKind::Classes) | None => {
                self.kind = TargetKind::Classes;
                targets.classes_into(indices, &mut self.classes[..output.rows(indices.len())])
            }
        }
    }

    fn mix(&mut self, output: &OutputObjective, samples: usize, mixer: &mut Mixer) {
        let width = output.width();
        let values = &mut self.values[..output.values(samples)];
        if self.kind == TargetKind::Classes {
            self.kind = TargetKind::Dense;
            for (row, &class) in values.chunks_exact_mut(width).zip(&self.classes) {
                match row {
                    [single] => *single = class as f32,
                    row => {
                        row.fill(0.0);
                        row[class as usize] = 1.0;
                    }
                }
            }
        }
        mixer.mix_targets(values);
    }
}
