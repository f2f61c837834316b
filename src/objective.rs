//! What a network is trained for and judged by: its loss and metrics, fitted to its output.

use crate::data::augment::Mixer;
use crate::data::{Dataset, Targets};
use crate::graph::Graph;
use crate::kernels::activation::Activation;
use crate::layers::LayerSpec;
use crate::losses::{Form, LossBatch, LossSpec, TargetBatch, TargetKind};
use crate::memory::allocate;
use crate::metrics::{Decision, MetricBatch, MetricSpec, MetricSums};
use crate::plan::Head;
use crate::{Result, err};

/// A loss fitted to the output of a graph.
#[derive(Clone, Debug)]
pub struct Objective {
    loss: LossSpec,
    form: Form,
    fused: bool,
    decision: Decision,
    positions: usize,
    width: usize,
}

impl Objective {
    /// Fits a loss to the only output of a graph.
    ///
    /// # Errors
    /// `Unsupported` for several outputs; `Argument` if the loss and the end of the network do not
    /// belong together.
    pub fn new(graph: &Graph, loss: LossSpec) -> Result<Self> {
        let [output] = graph.outputs() else {
            return Err(err!(
                Unsupported,
                "training: the model has {} outputs, expected one",
                graph.outputs().len()
            ));
        };
        let (&width, positions) = graph.shape(*output).split_last().unwrap_or((&1, &[]));
        let fuses = loss.loss().fuses();
        let ends_in_it = fuses == Some(graph.output_activation(0));
        let declared = loss.loss().outputs_are_logits();
        if declared && ends_in_it {
            return Err(err!(
                Argument,
                "loss: fromLogits is true, but the model ends in an activation that makes \
                 probabilities of them; leave out one of the two"
            ));
        }
        if let Some(wanted) = fuses
            && !declared
            && graph.node_of(*output).is_some_and(|node| !makes_probabilities(&node.layer))
        {
            return Err(err!(
                Argument,
                "loss: the model's outputs are no probabilities; end it in the activation {}, \
                 or declare fromLogits",
                if wanted == Activation::Softmax { "softmax" } else { "sigmoid" }
            ));
        }
        // Another layer may take the probabilities.
        let fused = ends_in_it && graph.consumers(*output) == 0;
        let form = if declared || fused { Form::Logits } else { Form::Outputs };
        let decision = if loss.loss().is_binary() || width == 1 {
            Decision::Each { threshold: loss.loss().threshold(form) }
        } else {
            Decision::OneOf
        };
        let positions = positions.iter().product();
        Ok(Self { loss, form, fused, decision, positions, width })
    }

    /// Where a plan for this loss ends: before the activation that the loss fuses.
    pub fn head(&self) -> Head {
        if self.fused { Head::Logits } else { Head::Output }
    }

    /// Outputs of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows of `samples` samples.
    pub fn rows(&self, samples: usize) -> usize {
        samples * self.positions
    }

    /// How outputs become decisions.
    pub fn decision(&self) -> Decision {
        self.decision
    }

    /// What the loss and the metrics see.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The loss.
    pub fn loss(&self) -> &LossSpec {
        &self.loss
    }

    /// Refuses targets of a kind that the loss does not take.
    ///
    /// # Errors
    /// `Argument` or `Shape`, with what was found and what is expected.
    pub fn validate(&self, targets: TargetKind) -> Result<()> {
        self.loss.loss().validate(self.width, targets)
    }

    /// Refuses targets that do not belong to this many samples.
    ///
    /// # Errors
    /// What [`TargetBatch::check`] refuses, and what [`validate`](Self::validate) does.
    pub fn check(&self, samples: usize, targets: &TargetBatch<'_>) -> Result<()> {
        self.validate(targets.kind())?;
        let allowed = self.loss.loss().allowed_targets();
        targets.check(self.rows(samples), self.width, &allowed)
    }

    /// Refuses a dataset whose samples or targets do not fit the model. Looks at shapes and kinds
    /// only, so that it costs nothing at every step.
    ///
    /// # Errors
    /// `Shape` for inputs or targets of another shape, `Data` for missing targets and more classes
    /// than the model has, and what [`validate`](Self::validate) refuses.
    pub fn check_dataset(&self, graph: &Graph, dataset: &Dataset) -> Result<()> {
        let inputs = graph.inputs();
        if dataset.inputs().len() != inputs.len() {
            return Err(err!(
                Shape,
                "dataset: found {} inputs, expected the {} of the model",
                dataset.inputs().len(),
                inputs.len()
            ));
        }
        for (i, (column, input)) in dataset.inputs().iter().zip(inputs).enumerate() {
            if column.shape() != input.shape {
                return Err(err!(
                    Shape,
                    "dataset: input {i} has samples of shape {:?}, expected {:?}, those of the \
                     model's input \"{}\"",
                    column.shape(),
                    input.shape,
                    input.name
                ));
            }
        }
        let Some(kind) = dataset.target_kind() else {
            if dataset.boxes().is_some() {
                return Err(err!(
                    Unsupported,
                    "dataset: found boxes and no targets, expected a class for each picture; models \
                     that find boxes cannot be trained yet"
                ));
            }
            return Err(err!(Data, "dataset: found no targets, expected one for each sample"));
        };
        self.validate(kind)?;
        let classes = self.width.max(2);
        match dataset.targets() {
            Targets::Classes(_) if self.positions != 1 => Err(err!(
                Shape,
                "dataset: found one label a sample, expected one for each of the {} positions of \
                 the model's output",
                self.positions
            )),
            Targets::Classes(_) if dataset.class_names().len() > classes => Err(err!(
                Data,
                "dataset: found {} classes, expected at most {classes}, the outputs of the model",
                dataset.class_names().len()
            )),
            Targets::Dense { shape, .. }
                if shape.iter().product::<usize>() != self.positions * self.width =>
            {
                Err(err!(
                    Shape,
                    "dataset: found targets of shape {shape:?}, expected {} numbers a sample, the \
                     output of the model",
                    self.positions * self.width
                ))
            }
            Targets::None | Targets::Classes(_) | Targets::Dense { .. } => Ok(()),
        }
    }

    /// Refuses a dataset as [`check_dataset`](Self::check_dataset) does, and one with targets that
    /// the loss does not allow.
    ///
    /// # Errors
    /// The same, and `Data` with the target that is out of range.
    pub fn check_targets(&self, graph: &Graph, dataset: &Dataset) -> Result<()> {
        self.check_dataset(graph, dataset)?;
        match dataset.targets() {
            Targets::Dense { values, .. } => self.check(dataset.len(), &TargetBatch::Dense(values)),
            Targets::None | Targets::Classes(_) => Ok(()),
        }
    }

    /// Sums of zero for these metrics.
    ///
    /// # Errors
    /// What [`MetricSums::new`] refuses.
    pub fn metric_sums(&self, metrics: &[MetricSpec]) -> Result<MetricSums> {
        let fuses = self.loss.loss().fuses().is_some();
        MetricSums::new(metrics, self.width, self.decision, fuses && self.form == Form::Logits)
    }

    /// The losses of the rows and the gradient of `scale` times their sum.
    pub fn evaluate(
        &self,
        outputs: &[f32],
        targets: TargetBatch<'_>,
        scale: f32,
        losses: &mut [f32],
        doutputs: &mut [f32],
    ) {
        let (rows, width, form) = (losses.len(), self.width, self.form);
        let batch = LossBatch { rows, width, outputs, form, targets, scale };
        self.loss.loss().evaluate(&batch, losses, doutputs);
    }

    /// A weight for each class: these, and 1 for the classes behind them.
    ///
    /// # Errors
    /// `Argument` for a loss that knows no classes, more weights than there are classes, and weights
    /// that are no finite number from 0 on.
    pub fn class_weight(&self, weights: &[f32]) -> Result<Vec<f32>> {
        let classes = self.width.max(2);
        if !self.loss.loss().knows_classes(self.width) {
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

    /// The batch as metrics see it.
    pub fn metric_batch<'a>(
        &self,
        outputs: &'a [f32],
        targets: TargetBatch<'a>,
    ) -> MetricBatch<'a> {
        let (width, decision, form) = (self.width, self.decision, self.form);
        MetricBatch { rows: outputs.len() / width, width, outputs, targets, decision, form }
    }
}

/// Whether a layer at the end of a network may answer with probabilities. Those that only move
/// numbers about may; what they move is not looked into.
fn makes_probabilities(layer: &LayerSpec) -> bool {
    match layer {
        LayerSpec::Dense(_) | LayerSpec::Conv2d(_) | LayerSpec::Activation(_) => {
            matches!(layer.layer().final_activation(), Activation::Softmax | Activation::Sigmoid)
        }
        _ => true,
    }
}

/// Room for the targets of a batch.
#[derive(Clone, Debug)]
pub struct TargetBuffer {
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
        let rows = objective.rows(samples);
        Ok(Self {
            kind: TargetKind::Classes,
            classes: allocate("targets of a batch", rows)?,
            values: allocate("targets of a batch", rows * objective.width)?,
        })
    }

    /// Takes targets that have been checked.
    pub fn copy(&mut self, targets: TargetBatch<'_>) {
        self.kind = targets.kind();
        match targets {
            TargetBatch::Classes(labels) => self.classes[..labels.len()].copy_from_slice(labels),
            TargetBatch::Dense(values) => self.values[..values.len()].copy_from_slice(values),
        }
    }

    /// Takes the targets of these samples of a dataset that has been checked.
    ///
    /// # Errors
    /// What the dataset refuses.
    pub fn load(
        &mut self,
        objective: &Objective,
        dataset: &Dataset,
        indices: &[u32],
    ) -> Result<()> {
        let rows = objective.rows(indices.len());
        match dataset.target_kind() {
            Some(TargetKind::Dense) => {
                self.kind = TargetKind::Dense;
                dataset.values_into(indices, &mut self.values[..rows * objective.width])
            }
            Some(TargetKind::Classes) | None => {
                self.kind = TargetKind::Classes;
                dataset.classes_into(indices, &mut self.classes[..rows])
            }
        }
    }

    /// Mixes the targets of the samples that were taken last as their images were; classes become a
    /// number for each output.
    pub fn mix(&mut self, objective: &Objective, samples: usize, mixer: &mut Mixer) {
        let (rows, width) = (objective.rows(samples), objective.width);
        let values = &mut self.values[..rows * width];
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

    /// The targets of the samples that were taken last.
    pub fn batch(&self, objective: &Objective, samples: usize) -> TargetBatch<'_> {
        let rows = objective.rows(samples);
        match self.kind {
            TargetKind::Classes => TargetBatch::Classes(&self.classes[..rows]),
            TargetKind::Dense => TargetBatch::Dense(&self.values[..rows * objective.width]),
        }
    }
}
