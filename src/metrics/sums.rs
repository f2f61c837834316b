//! The sums of a model's metrics.

use super::{Decision, Metric, MetricBatch, MetricSpec, RankedScores};
use crate::losses::Form;
use crate::memory::allocate;
use crate::{Result, err};

/// The sums of several metrics, as one row.
#[derive(Clone, Debug)]
pub struct MetricSums {
    specs: Vec<MetricSpec>,
    names: Vec<String>,
    width: usize,
    sums: Vec<f64>,
    /// The probabilities of a row, where outputs are logits.
    probabilities: Vec<f32>,
}

impl PartialEq for MetricSums {
    fn eq(&self, other: &Self) -> bool {
        let one = (&self.specs, self.width, &self.sums);
        one == (&other.specs, other.width, &other.sums)
    }
}

impl MetricSums {
    /// Sums of zero for rows of `width` outputs.
    ///
    /// # Errors
    /// What [`Metric::validate`] refuses, and a metric that is named twice; `TooLarge` where there is
    /// no memory for the sums.
    pub fn new(specs: &[MetricSpec], width: usize, decision: Decision) -> Result<Self> {
        let mut names: Vec<String> = Vec::with_capacity(specs.len());
        let mut length = 0;
        for metric in specs.iter().map(MetricSpec::metric) {
            metric.validate(width, decision)?;
            let name = metric.name();
            if names.contains(&name) {
                return Err(err!(Argument, "metrics: {name} is named twice, expected once"));
            }
            names.push(name);
            length += metric.sums(width);
        }
        let sums = allocate("sums of metrics", length)?;
        let probabilities = allocate("probabilities of a row", width)?;
        Ok(Self { specs: specs.to_vec(), names, width, sums, probabilities })
    }

    /// The names under which the values are reported, in the order of the specification.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Sets every sum to zero.
    pub fn reset(&mut self) {
        self.sums.fill(0.0);
    }

    /// Adds a batch.
    pub fn add(&mut self, batch: &MetricBatch<'_>) {
        let mut rest = self.sums.as_mut_slice();
        for metric in self.specs.iter().map(MetricSpec::metric) {
            let (own, others) = rest.split_at_mut(metric.sums(self.width));
            rest = others;
            if batch.form == Form::Outputs || !metric.probabilities() {
                metric.add(batch, own);
                continue;
            }
            for row in 0..batch.rows {
                metric.add(&batch.with_probabilities(row, &mut self.probabilities), own);
            }
        }
    }

    /// Whether a metric needs all scores in order for its exact value.
    pub fn ranks(&self) -> bool {
        self.specs.iter().any(|spec| spec.metric().ranking().is_some())
    }

    /// Adds the sums of others, which are of the same metrics.
    pub fn merge(&mut self, other: &Self) {
        for (sum, &more) in self.sums.iter_mut().zip(&other.sums) {
            *sum += more;
        }
    }

    /// Each metric with its name and its sums.
    fn each(&self) -> impl Iterator<Item = (&dyn Metric, &str, &[f64])> {
        let mut rest = self.sums.as_slice();
        self.specs.iter().zip(&self.names).map(move |(spec, name)| {
            let (own, others) = rest.split_at(spec.metric().sums(self.width));
            rest = others;
            (spec.metric(), name.as_str(), own)
        })
    }

    /// Writes the values, one a metric.
    pub fn values_into(&self, values: &mut [f64]) {
        for (value, (metric, _, sums)) in values.iter_mut().zip(self.each()) {
            *value = metric.value(self.width, sums);
        }
    }

    /// Writes the values, one a metric: exactly, by all scores.
    pub fn exact_values_into(&self, scores: &mut RankedScores, values: &mut [f64]) {
        for (value, (metric, _, sums)) in values.iter_mut().zip(self.each()) {
            *value = match metric.ranking() {
                Some(ranking) => scores.value(ranking),
                None => metric.value(self.width, sums),
            };
        }
    }

    /// What is not defined for what was counted, and why.
    pub fn warnings(&self) -> Vec<String> {
        let warning = |(metric, name, sums): (&dyn Metric, &str, &[f64])| {
            metric.warning(self.width, sums).map(|why| format!("{name}: {why}"))
        };
        self.each().filter_map(warning).collect()
    }

    /// The sums, to be kept with an interrupted run.
    pub fn sums(&self) -> &[f64] {
        &self.sums
    }

    /// Takes sums that were kept.
    ///
    /// # Errors
    /// `Format` if there are more or fewer than these metrics have, or if one is no number.
    pub fn set_sums(&mut self, sums: &[f64]) -> Result<()> {
        if sums.len() != self.sums.len() || sums.iter().any(|sum| !sum.is_finite()) {
            return Err(err!(
                Format,
                "metrics: found {} sums, expected {} finite ones",
                sums.len(),
                self.sums.len()
            ));
        }
        self.sums.copy_from_slice(sums);
        Ok(())
    }
}
