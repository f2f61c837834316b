//! Evaluation: a model's loss, metrics and decisions over a dataset, one batch at a time.
//!
//! Batches may be measured in any order and by anybody who holds the same model; added up in the
//! order of the dataset they come to the same bits.

mod decisions;

pub use decisions::{Decisions, EvaluationDetails};

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::data::Dataset;
use crate::losses::GraphRunner;
use crate::metrics::{Decision, RankedScores};
use crate::model::Model;
use crate::objective::{
    Counted, LossSpecs, MetricSpecs, Objective, ObjectiveSums, TargetBuffer, counts,
};
use crate::plan::{Mode, Plan};
use crate::trainer::Logs;
use crate::{Result, err};

/// What is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvaluationSpec {
    /// The loss, as a trainer has it.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "LossSpecs"))]
    pub loss: LossSpecs,
    /// By the names of outputs, what their losses are multiplied by; 1 if not given.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "Record<string, number>"))]
    pub loss_weights: BTreeMap<String, f64>,
    /// Further metrics, as a trainer has them.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(optional, type = "MetricSpecs"))]
    pub metrics: MetricSpecs,
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
    /// Metrics that are not defined for the dataset, and why.
    pub warnings: Vec<String>,
    /// Decisions, if asked for and made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<EvaluationDetails>,
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
    /// Of each output, where its loss is a graph.
    runners: Vec<Option<GraphRunner>>,
    /// Of each output, where a mask hides some of its positions.
    counted: Vec<Option<Counted>>,
    batch: usize,
    samples: usize,
    done: usize,
    /// The sum of the losses of each output that is trained.
    loss: Vec<f64>,
    /// What the model's weights cost, which is part of the loss.
    penalty: f64,
    metrics: ObjectiveSums,
    /// The sums of one batch.
    batch_metrics: ObjectiveSums,
    decisions: Option<Decisions>,
    /// All scores of each output of which a metric ranks them.
    scores: Vec<Option<RankedScores>>,
}

/// What a batch comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Its samples.
    pub samples: usize,
    /// The sum of the losses of each output, then the sums of the metrics.
    pub sums: Vec<f64>,
    /// One entry a sample, if decisions are reported.
    pub decisions: Decisions,
    /// The scores and what is true of each, if a metric ranks them.
    pub scores: Vec<f32>,
}

impl Evaluation {
    /// An evaluation of a model, before its first batch.
    ///
    /// # Errors
    /// `Argument` for a loss or metrics that do not fit the model, and for `details` of a model that
    /// does not decide between classes once a sample, or has no targets for it; `Shape` or `Data` for a dataset that does not
    /// fit it; `TooLarge` if a batch does not fit memory.
    pub fn new(model: &Model, spec: &EvaluationSpec, dataset: &Dataset) -> Result<Self> {
        if spec.batch_size == 0 {
            return Err(err!(Argument, "batchSize is 0, expected at least 1"));
        }
        let objective = Objective::new(model.graph(), &spec.loss, &spec.loss_weights)?;
        objective.check_targets(model.graph(), dataset)?;
        let decides_once = objective.only().is_some_and(|output| {
            output.takes_targets()
                && output.rows(1) == 1
                && (output.decision() == Decision::OneOf || output.width() == 1)
        });
        if spec.details && !decides_once {
            return Err(err!(
                Argument,
                "details: the model does not choose one class for each sample, expected a classifier"
            ));
        }
        let samples = dataset.len();
        let batch = samples.min(spec.batch_size as usize);
        let plan = Plan::new(model.graph(), batch, Mode::Inference, objective.head())?;
        let metrics = objective.sums(&spec.metrics)?;
        let scores = objective.outputs().iter().enumerate().map(|(number, output)| {
            let all = || RankedScores::new(output.rows(samples), output.width(), output.decision());
            metrics.ranks(number).then(all).transpose()
        });
        Ok(Self {
            scores: scores.collect::<Result<_>>()?,
            counted: objective.counted(&plan, batch)?,
            plan,
            targets: TargetBuffer::new(&objective, batch)?,
            indices: Vec::with_capacity(batch),
            losses: vec![0.0; objective.most_rows(batch)],
            doutputs: vec![0.0; objective.most_values(batch)],
            runners: objective.runners(batch)?,
            batch,
            samples,
            done: 0,
            loss: vec![0.0; objective.outputs().len()],
            penalty: model.penalty(),
            batch_metrics: metrics.clone(),
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
        if self.done < end {
            let measured = self.measure(model, dataset, self.done..end)?;
            self.add(measured)?;
        }
        Ok(self.done)
    }

    /// Measures these samples of a dataset, at most a batch of them, without adding them up.
    ///
    /// # Errors
    /// `Argument` for no or too many samples, and for those that do not exist; `Shape` or `Data` for
    /// a dataset that does not fit the model; `Diverged` if the model's answers are not finite.
    pub fn measure(
        &mut self,
        model: &Model,
        dataset: &Dataset,
        samples: Range<usize>,
    ) -> Result<Measured> {
        self.objective.check_dataset(model.graph(), dataset)?;
        let n = samples.len();
        self.indices.clear();
        self.indices
            .extend(samples.start as u32..samples.end.min(samples.start + self.batch) as u32);
        if n == 0 || n != self.indices.len() {
            return Err(err!(
                Argument,
                "evaluation: found a batch of {n} samples, expected 1 to {}",
                self.batch
            ));
        }
        for (position, input) in model.graph().inputs().iter().enumerate() {
            let i = dataset.input_for(position, &input.name).unwrap_or(position);
            let input = &mut self.plan.input_mut(position)[..n * dataset.inputs()[i].width()];
            dataset.input_into(i, &self.indices, input)?;
        }
        self.targets.load(&self.objective, dataset, &self.indices)?;
        self.plan.infer(n, model.weights(), model.state())?;

        self.batch_metrics.reset();
        let mut sums = vec![0.0; self.loss.len() + self.batch_metrics.count()];
        let mut decisions = Decisions::default();
        let mut scores = Vec::new();
        for (number, output) in self.objective.outputs().iter().enumerate() {
            let outputs = &self.plan.output(output.output())[..output.values(n)];
            let targets = self.targets.batch(&self.objective, number, n);
            let losses = &mut self.losses[..output.rows(n)];
            let doutputs = &mut self.doutputs[..outputs.len()];
            let runner = &mut self.runners[number];
            output.evaluate_by(runner, outputs, targets, 1.0, losses, doutputs)?;
            if let Some(weights) = self.targets.weights(n) {
                output.weigh_samples(weights, losses, doutputs);
            }
            let batch = output.metric_batch(outputs, targets);
            let mask = self.plan.output_mask(output.output());
            if let (Some(mask), Some(counted)) = (mask, &mut self.counted[number]) {
                output.weigh_positions(mask, losses, doutputs);
                let (found, of_rows) = counted.of(output, mask, outputs, targets);
                self.batch_metrics.add(number, &output.metric_batch(found, of_rows));
            } else {
                self.batch_metrics.add(number, &batch);
            }
            let loss: f64 = losses.iter().map(|&loss| f64::from(loss)).sum();
            if !loss.is_finite() {
                return Err(err!(
                    Diverged,
                    "evaluation: the loss of samples {} to {} is {loss}, expected a finite number",
                    samples.start,
                    samples.end - 1
                ));
            }
            sums[number] = loss;
            let ranked = &self.scores[number];
            if self.decisions.is_some() || ranked.is_some() {
                batch.probabilities_into(doutputs);
            }
            if self.decisions.is_some() {
                decisions.add(&batch, doutputs);
            }
            if let Some(ranked) = ranked {
                scores.extend(match mask {
                    Some(mask) => ranked.rows_of(&batch, doutputs, counts(mask, batch.rows)),
                    None => ranked.rows_of(&batch, doutputs, |_| true),
                });
            }
        }
        self.batch_metrics.sums_into(&mut sums[self.loss.len()..]);
        Ok(Measured { samples: n, sums, decisions, scores })
    }

    /// Adds the next batch in the order of the dataset.
    ///
    /// # Errors
    /// `Argument` for more samples than are left, or decisions and scores that are not those of the
    /// samples; `Format` for sums that are not those of the loss and the metrics.
    pub fn add(&mut self, measured: Measured) -> Result<()> {
        let Measured { samples, sums, decisions, scores } = measured;
        let wanted = if self.decisions.is_some() { samples } else { 0 };
        let Decisions { predictions, confidences, targets } = decisions;
        let counts = [predictions.len(), confidences.len(), targets.len()];
        if samples > self.samples - self.done || counts != [wanted; 3] {
            return Err(err!(
                Argument,
                "evaluation: found {samples} samples and {counts:?} decisions, expected at most {} \
                 and {wanted} decisions",
                self.samples - self.done
            ));
        }
        let wanted = |number: usize| {
            let rows = self.objective.outputs()[number].rows(samples);
            self.scores[number].as_ref().map_or(0, |scores| rows * scores.stride())
        };
        let wanted: Vec<usize> = (0..self.scores.len()).map(wanted).collect();
        if scores.len() != wanted.iter().sum::<usize>() {
            return Err(err!(
                Argument,
                "evaluation: found {} scores, expected {}",
                scores.len(),
                wanted.iter().sum::<usize>()
            ));
        }
        let Some((losses, metrics)) = sums.split_at_checked(self.loss.len()) else {
            return Err(err!(Format, "evaluation: found {} sums, expected more", sums.len()));
        };
        self.batch_metrics.set_sums(metrics)?;
        self.metrics.merge(&self.batch_metrics);
        for (all, loss) in self.loss.iter_mut().zip(losses) {
            *all += loss;
        }
        let mut rest = &scores[..];
        for (all, wanted) in self.scores.iter_mut().zip(wanted) {
            let (own, others) = rest.split_at(wanted);
            rest = others;
            if let Some(all) = all {
                all.extend(own);
            }
        }
        if let Some(all) = &mut self.decisions {
            all.predictions.extend(predictions);
            all.confidences.extend(confidences);
            all.targets.extend(targets);
        }
        self.done += samples;
        Ok(())
    }

    /// What was measured.
    pub fn finish(mut self) -> EvaluationReport {
        let outputs = self.objective.outputs();
        let means = || {
            let rows = outputs.iter().map(|output| output.rows(self.done).max(1));
            self.loss.iter().zip(rows).map(|(loss, rows)| loss / rows as f64)
        };
        let mut logs = Logs::new();
        self.metrics.report(means(), &mut self.scores, &mut logs);
        logs.insert("loss".into(), self.objective.total(means()) + self.penalty);
        let classes = self.objective.only().map_or(2, |output| output.width().max(2));
        EvaluationReport {
            logs,
            samples: self.done,
            warnings: self.metrics.warnings(),
            details: self.decisions.map(|decisions| decisions.details(classes)),
        }
    }
}

#[cfg(test)]
mod tests;
