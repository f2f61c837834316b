//! A loss fitted to one output of a network.

use crate::data::{Dataset, Targets};
use crate::graph::Graph;
use crate::kernels::activation::Activation;
use crate::layers::LayerSpec;
use crate::losses::{Form, GraphRunner, LossBatch, LossSpec, TargetBatch, TargetKind};
use crate::metrics::{Decision, MetricBatch, MetricSpec, MetricSums};
use crate::{Result, err};

/// The outputs of which a plan may leave the activation to the loss.
const MOST_FUSED: usize = 64;

/// A loss fitted to an output of a graph.
#[derive(Clone, Debug)]
pub struct OutputObjective {
    output: usize,
    /// Its number among the outputs that take targets; `None` where its loss takes none.
    place: Option<usize>,
    name: String,
    weight: f64,
    loss: LossSpec,
    form: Form,
    fused: bool,
    decision: Decision,
    pub(super) positions: usize,
    pub(super) width: usize,
    shape: Vec<usize>,
}

impl OutputObjective {
    /// Fits a loss to an output of a graph, by its number; before it, so many outputs take targets.
    ///
    /// # Errors
    /// `Argument` if the loss and the end of the network do not belong together.
    pub(super) fn new(
        graph: &Graph,
        number: usize,
        before: usize,
        loss: LossSpec,
        weight: f64,
    ) -> Result<Self> {
        let output = &graph.outputs()[number];
        let (&width, positions) = graph.shape(*output).split_last().unwrap_or((&1, &[]));
        let fuses = loss.loss().fuses();
        let ends_in_it = fuses == Some(graph.output_activation(number));
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
            && !may_be_probabilities(graph, number)
        {
            return Err(err!(
                Argument,
                "loss: the model's outputs are no probabilities; end it in the activation {}, \
                 or declare fromLogits",
                if wanted == Activation::Softmax { "softmax" } else { "sigmoid" }
            ));
        }
        // Another layer may take the probabilities.
        let fused = ends_in_it && graph.consumers(*output) == 0 && number < MOST_FUSED;
        let form = if declared || fused { Form::Logits } else { Form::Outputs };
        let decision = if loss.loss().is_binary() || width == 1 {
            Decision::Each { threshold: loss.loss().threshold(form) }
        } else {
            Decision::OneOf
        };
        let positions = positions.iter().product();
        let fitted = Self {
            output: number,
            place: loss.loss().takes_targets().then_some(before),
            name: graph.name_of(*output).to_owned(),
            weight,
            loss,
            form,
            fused,
            decision,
            positions,
            width,
            shape: graph.shape(*output).to_vec(),
        };
        // Says at once what is wrong with a graph.
        fitted.runner(1)?;
        Ok(fitted)
    }

    /// Its number among the model's outputs.
    pub fn output(&self) -> usize {
        self.output
    }

    /// Whether it has to be told what to answer; where its loss looks at the output alone, it has not.
    pub fn takes_targets(&self) -> bool {
        self.place.is_some()
    }

    /// The number of the targets of a dataset that it takes: those by its name, or by its place among
    /// the outputs that take some. `None` where it takes none, and where there are none for it.
    pub fn targets_in(&self, dataset: &Dataset) -> Option<usize> {
        dataset.output_for(self.place?, &self.name)
    }

    /// Its name, that of the layer.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its loss is multiplied by in that of the model.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// Whether the loss takes over the activation that the output ends in.
    pub(super) fn fuses_activation(&self) -> bool {
        self.fused
    }

    /// Outputs of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows of `samples` samples.
    pub fn rows(&self, samples: usize) -> usize {
        samples * self.positions
    }

    /// Numbers of `samples` samples.
    pub fn values(&self, samples: usize) -> usize {
        self.rows(samples) * self.width
    }

    /// What the gradient of the sum of the losses is multiplied by in a step of `samples`.
    pub fn scale(&self, samples: usize) -> f32 {
        self.weight as f32 / self.rows(samples) as f32
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

    /// Whether so many numbers of `samples` samples are a label for each row, as those of a sequence are
    /// given where an output has several positions.
    pub(super) fn are_labels(&self, numbers: usize, samples: usize) -> bool {
        self.positions > 1
            && self.width > 1
            && numbers == self.rows(samples)
            && self.validate(TargetKind::Classes).is_ok()
    }

    /// Refuses numbers that are no labels.
    fn check_labels(&self, values: &[f32]) -> Result<()> {
        let is_label = |value: &f32| *value >= 0.0 && value.trunc() == *value;
        match values.iter().position(|v| !is_label(v) || *v >= self.width as f32) {
            None => Ok(()),
            Some(at) => Err(err!(
                Data,
                "targets: found {} at position {at}, expected whole numbers below {}, the number of \
                 classes",
                values[at],
                self.width
            )),
        }
    }

    /// Refuses the targets of a dataset, by their number, that do not fit the output. Looks at shapes
    /// and kinds only.
    ///
    /// # Errors
    /// `Shape` for targets of another shape, `Data` for missing ones and more classes than the output
    /// has, and what [`validate`](Self::validate) refuses.
    pub(super) fn check_dataset(&self, dataset: &Dataset, own: usize) -> Result<()> {
        let targets = dataset.targets_of(own);
        let Some(kind) = targets.kind() else {
            return Err(err!(Data, "dataset: found no targets, expected one for each sample"));
        };
        if let Targets::Dense { shape, .. } = targets
            && self.are_labels(shape.iter().product(), 1)
        {
            return Ok(());
        }
        self.validate(kind)?;
        let classes = self.width.max(2);
        match targets {
            Targets::Classes(_) if self.positions != 1 => Err(err!(
                Shape,
                "dataset: found one label a sample, expected one for each of the {} positions of \
                 the model's output",
                self.positions
            )),
            Targets::Classes(_) if dataset.classes_of(own) > classes => Err(err!(
                Data,
                "dataset: found {} classes, expected at most {classes}, the outputs of the model",
                dataset.classes_of(own)
            )),
            Targets::Dense { shape, .. } if shape.iter().product::<usize>() != self.values(1) => {
                Err(err!(
                    Shape,
                    "dataset: found targets of shape {shape:?}, expected {} numbers a sample, the \
                     output of the model",
                    self.values(1)
                ))
            }
            Targets::None | Targets::Classes(_) | Targets::Dense { .. } => Ok(()),
        }
    }

    /// Refuses targets of a dataset that the loss does not allow.
    ///
    /// # Errors
    /// `Data` with the target that is out of range.
    pub(super) fn check_targets(&self, dataset: &Dataset, own: usize) -> Result<()> {
        match dataset.targets_of(own) {
            Targets::Dense { values, .. } if self.are_labels(values.len(), dataset.len()) => {
                self.check_labels(values)
            }
            Targets::Dense { values, .. } => self.check(dataset.len(), &TargetBatch::Dense(values)),
            Targets::None | Targets::Classes(_) => Ok(()),
        }
    }

    /// Sums of zero for these metrics.
    ///
    /// # Errors
    /// `Argument` for metrics of an output that has no targets, and what [`MetricSums::new`] refuses.
    pub fn metric_sums(&self, metrics: &[MetricSpec]) -> Result<MetricSums> {
        if !self.takes_targets() && !metrics.is_empty() {
            return Err(err!(
                Argument,
                "metrics: the loss of the output \"{}\" takes no targets, so there is nothing to compare \
                 it with; expected none of it",
                self.name
            ));
        }
        MetricSums::new(metrics, self.width, self.decision)
    }

    /// What evaluates a loss that is a graph, for up to so many samples; `None` for others.
    ///
    /// # Errors
    /// What [`GraphRunner::new`] refuses.
    pub fn runner(&self, samples: usize) -> Result<Option<GraphRunner>> {
        match &self.loss {
            LossSpec::Graph(loss) => GraphRunner::new(loss, &self.shape, samples).map(Some),
            _ => Ok(None),
        }
    }

    /// The same as [`evaluate`](Self::evaluate), by what [`runner`](Self::runner) gave.
    ///
    /// # Errors
    /// What [`GraphRunner::evaluate`] refuses.
    pub fn evaluate_by(
        &self,
        runner: &mut Option<GraphRunner>,
        outputs: &[f32],
        targets: TargetBatch<'_>,
        scale: f32,
        losses: &mut [f32],
        doutputs: &mut [f32],
    ) -> Result<()> {
        let batch = self.loss_batch(losses.len(), outputs, targets, scale);
        match runner {
            Some(runner) => runner.evaluate(&batch, losses, doutputs),
            None => {
                self.loss.loss().evaluate(&batch, losses, doutputs);
                Ok(())
            }
        }
    }

    fn loss_batch<'a>(
        &self,
        rows: usize,
        outputs: &'a [f32],
        targets: TargetBatch<'a>,
        scale: f32,
    ) -> LossBatch<'a> {
        LossBatch { rows, width: self.width, outputs, form: self.form, targets, scale }
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
        let batch = self.loss_batch(losses.len(), outputs, targets, scale);
        self.loss.loss().evaluate(&batch, losses, doutputs);
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

/// Whether an output of a network may be probabilities, by the layer at its end. Those that only move
/// numbers about may; what they move is not looked into.
#[must_use]
pub fn may_be_probabilities(graph: &Graph, output: usize) -> bool {
    graph.node_of(graph.outputs()[output]).is_none_or(|node| match &node.layer {
        LayerSpec::Dense(_) | LayerSpec::Conv2d(_) | LayerSpec::Activation(_) => {
            let last = node.layer.layer().final_activation();
            matches!(last, Activation::Softmax | Activation::Sigmoid)
        }
        _ => true,
    })
}
