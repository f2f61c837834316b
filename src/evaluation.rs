//! Evaluation: a model's loss, metrics and decisions over a dataset, one batch at a time.

use serde::{Deserialize, Serialize};

use crate::data::Dataset;
use crate::kernels::{softmax, vecmath};
use crate::losses::{Form, LossSpec};
use crate::metrics::{
    Average, ClassMetrics, ConfusionMatrix, Decision, MetricBatch, MetricSpec, MetricSums, Scores,
};
use crate::model::Model;
use crate::objective::{Objective, TargetBuffer};
use crate::plan::{Mode, Plan};
use crate::trainer::Logs;
use crate::{Result, err, named};

/// What is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvaluationSpec {
    /// The loss.
    #[serde(deserialize_with = "named::one")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "LossSpec | LossSpec[\"type\"]"))]
    pub loss: LossSpec,
    /// Further metrics.
    #[serde(default, deserialize_with = "named::list")]
    #[cfg_attr(
        target_arch = "wasm32",
        tsify(optional, type = "(MetricSpec | MetricSpec[\"type\"])[]")
    )]
    pub metrics: Vec<MetricSpec>,
    /// Samples that are computed together; the result does not depend on it but for the last bits.
    #[serde(default = "default_batch_size")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub batch_size: u32,
    /// Whether decisions are reported one by one, for models that decide once a sample.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub details: bool,
}

fn default_batch_size() -> u32 {
    128
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct EvaluationReport {
    /// The loss and the metrics, over all samples.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Record<string, number>"))]
    pub logs: Logs,
    /// How many samples there were.
    pub samples: usize,
    /// Decisions, if asked for and made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<EvaluationDetails>,
}

/// The decisions of a classifier. A model with a single output decides between two classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct EvaluationDetails {
    /// The fraction of right decisions.
    pub accuracy: f64,
    /// How often each class was taken for each.
    pub confusion: ConfusionMatrix,
    /// Precision, recall and F1 of each class.
    pub classes: Vec<ClassMetrics>,
    /// Their mean over classes.
    #[serde(rename = "macro")]
    pub macro_average: Scores,
    /// Those of all decisions together.
    #[serde(rename = "micro")]
    pub micro_average: Scores,
    /// Their mean over classes, weighted by how often each occurs.
    #[serde(rename = "weighted")]
    pub weighted_average: Scores,
    /// The class that was predicted for each sample, in the order of the dataset.
    pub predictions: Vec<u32>,
    /// The probability that the model gave it.
    pub confidences: Vec<f32>,
    /// The class that each sample is of.
    pub targets: Vec<u32>,
}

/// An evaluation under way.
#[derive(Debug)]
pub struct Evaluation {
    objective: Objective,
    plan: Plan,
    targets: TargetBuffer,
    indices: Vec<u32>,
    losses: Vec<f32>,
    /// The gradient, which nobody asks for here, and scratch.
    doutputs: Vec<f32>,
    batch: usize,
    samples: usize,
    done: usize,
    loss: f64,
    metrics: MetricSums,
    decisions: Option<Decisions>,
}

/// One entry a sample.
#[derive(Debug, Default)]
struct Decisions {
    predictions: Vec<u32>,
    confidences: Vec<f32>,
    targets: Vec<u32>,
}

impl Evaluation {
    /// An evaluation of a model, before its first batch.
    ///
    /// # Errors
    /// `Argument` for a loss or metrics that do not fit the model, and for `details` of a model that
    /// does not decide between classes once a sample; `Shape` or `Data` for a dataset that does not
    /// fit it; `TooLarge` if a batch does not fit memory.
    pub fn new(model: &Model, spec: &EvaluationSpec, dataset: &Dataset) -> Result<Self> {
        if spec.batch_size == 0 {
            return Err(err!(Argument, "batchSize is 0, expected at least 1"));
        }
        let objective = Objective::new(model.graph(), spec.loss)?;
        objective.check_targets(model.graph(), dataset)?;
        let decides_once = objective.rows(1) == 1
            && (objective.decision() == Decision::OneOf || objective.width() == 1);
        if spec.details && !decides_once {
            return Err(err!(
                Argument,
                "details: the model does not choose one class for each sample, expected a classifier"
            ));
        }
        let samples = dataset.len();
        let batch = samples.min(spec.batch_size as usize);
        let plan = Plan::new(model.graph(), batch, Mode::Inference, objective.head())?;
        let metrics = objective.metric_sums(&spec.metrics)?;
        let rows = objective.rows(batch);
        Ok(Self {
            plan,
            targets: TargetBuffer::new(&objective, batch),
            indices: Vec::with_capacity(batch),
            losses: vec![0.0; rows],
            doutputs: vec![0.0; rows * objective.width()],
            batch,
            samples,
            done: 0,
            loss: 0.0,
            metrics,
            decisions: spec.details.then(Decisions::default),
            objective,
        })
    }

    /// Samples measured so far.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Whether every sample has been measured.
    pub fn finished(&self) -> bool {
        self.done == self.samples
    }

    /// Measures the next batch, of the same model and dataset, and returns the number of samples
    /// measured so far.
    ///
    /// # Errors
    /// `Data` if the dataset has another size than at the beginning; `Diverged` if the model's
    /// answers are not finite.
    pub fn advance(&mut self, model: &Model, dataset: &Dataset) -> Result<usize> {
        if dataset.len() != self.samples {
            return Err(err!(
                Data,
                "dataset: found {} samples, expected the {} that the evaluation began with",
                dataset.len(),
                self.samples
            ));
        }
        let end = (self.done + self.batch).min(self.samples);
        let samples = end - self.done;
        if samples == 0 {
            return Ok(self.done);
        }
        self.indices.clear();
        self.indices.extend(self.done as u32..end as u32);
        for (i, column) in dataset.inputs().iter().enumerate() {
            let input = &mut self.plan.input_mut(i)[..samples * column.width()];
            dataset.input_into(i, &self.indices, input)?;
        }
        self.targets.load(&self.objective, dataset, &self.indices)?;
        self.plan.infer(samples, model.weights(), model.state())?;
        self.measure(samples)?;
        self.done = end;
        Ok(end)
    }

    /// Adds what the plan has computed.
    fn measure(&mut self, samples: usize) -> Result<()> {
        let rows = self.objective.rows(samples);
        let outputs = &self.plan.output(0)[..rows * self.objective.width()];
        let targets = self.targets.batch(&self.objective, samples);
        let losses = &mut self.losses[..rows];
        let doutputs = &mut self.doutputs[..outputs.len()];
        self.objective.evaluate(outputs, targets, 1.0, losses, doutputs);
        let loss: f64 = losses.iter().map(|&loss| f64::from(loss)).sum();
        if !loss.is_finite() {
            return Err(err!(
                Diverged,
                "evaluation: the loss of samples {} to {} is {loss}, expected a finite number",
                self.done,
                self.done + samples - 1
            ));
        }
        self.loss += loss;
        let batch = self.objective.metric_batch(outputs, targets);
        self.metrics.add(&batch);
        if let Some(decisions) = &mut self.decisions {
            decisions.add(&batch, self.objective.form(), doutputs);
        }
        Ok(())
    }

    /// What was measured.
    pub fn finish(self) -> EvaluationReport {
        let rows = self.objective.rows(self.done).max(1);
        let mut values = vec![0.0; self.metrics.names().len()];
        self.metrics.values_into(&mut values);
        let mut logs: Logs = self.metrics.names().iter().cloned().zip(values).collect();
        logs.insert("loss".into(), self.loss / rows as f64);
        let classes = self.objective.width().max(2);
        EvaluationReport {
            logs,
            samples: self.done,
            details: self.decisions.map(|decisions| decisions.details(classes)),
        }
    }
}

impl Decisions {
    /// Adds the decision of each row; `scratch` is as long as the outputs.
    fn add(&mut self, batch: &MetricBatch<'_>, form: Form, scratch: &mut [f32]) {
        match (batch.decision, form) {
            (Decision::OneOf, Form::Logits) => {
                softmax::softmax(batch.width, batch.outputs, scratch);
            }
            (Decision::Each { .. }, Form::Logits) => {
                for (p, &x) in scratch.iter_mut().zip(batch.outputs) {
                    *p = vecmath::sigmoid_scalar(x);
                }
            }
            (_, Form::Outputs) => scratch.copy_from_slice(batch.outputs),
        }
        for row in 0..batch.rows {
            let (prediction, confidence, target) = match batch.decision {
                Decision::OneOf => {
                    let class = batch.predicted_class(row);
                    (class, scratch[row * batch.width + class], batch.true_class(row))
                }
                Decision::Each { threshold } => {
                    let yes = batch.row(row)[0] > threshold;
                    let p = scratch[row];
                    let confidence = if yes { p } else { 1.0 - p };
                    (usize::from(yes), confidence, usize::from(batch.is_true(row, 0)))
                }
            };
            self.predictions.push(prediction as u32);
            self.confidences.push(confidence);
            self.targets.push(target as u32);
        }
    }

    fn details(self, classes: usize) -> EvaluationDetails {
        let mut confusion = ConfusionMatrix::new(classes);
        for (&target, &prediction) in self.targets.iter().zip(&self.predictions) {
            confusion.add(target as usize, prediction as usize);
        }
        EvaluationDetails {
            accuracy: Average::Micro.of(confusion.class_counts()).recall,
            classes: confusion.class_metrics(),
            macro_average: Average::Macro.of(confusion.class_counts()),
            micro_average: Average::Micro.of(confusion.class_counts()),
            weighted_average: Average::Weighted.of(confusion.class_counts()),
            confusion,
            predictions: self.predictions,
            confidences: self.confidences,
            targets: self.targets,
        }
    }
}

#[cfg(test)]
mod tests;
