//! The sums of the metrics of all outputs, and the names under which numbers are reported.

use std::collections::BTreeMap;

use super::Objective;
use crate::metrics::{MetricBatch, MetricSums, RankedScores};
use crate::{Result, err};

/// The sums of the metrics of every output that is trained, as one row.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectiveSums {
    sets: Vec<MetricSums>,
    /// The names under which the losses of the outputs are reported; none where it is one.
    losses: Vec<String>,
    /// The names under which the metrics of each output are reported.
    metrics: Vec<Vec<String>>,
}

impl ObjectiveSums {
    pub(super) fn new(objective: &Objective, sets: Vec<MetricSums>) -> Result<Self> {
        let outputs = objective.outputs().iter().zip(&sets);
        let (losses, metrics): (Vec<String>, Vec<Vec<String>>) = if objective.only().is_some() {
            (Vec::new(), sets.iter().map(|set| set.names().to_vec()).collect())
        } else {
            let named = |(output, set): (&super::OutputObjective, &MetricSums)| {
                let with = |name: &str| format!("{}{}", output.name(), capital(name));
                (with("loss"), set.names().iter().map(|name| with(name)).collect())
            };
            outputs.map(named).unzip()
        };
        let sums = Self { sets, losses, metrics };
        let mut names: Vec<String> = vec!["loss".into()];
        names.extend(sums.losses.iter().chain(sums.metrics.iter().flatten()).cloned());
        names.sort();
        for name in &names {
            let validation = format!("val{}", capital(name));
            let again = names.iter().filter(|other| *other == name).count() > 1;
            if again || names.contains(&validation) {
                let name = if again { name } else { &validation };
                return Err(err!(
                    Argument,
                    "metrics: two numbers would be reported as {name}; give an output another name"
                ));
            }
        }
        Ok(sums)
    }

    /// How many sums there are.
    pub fn count(&self) -> usize {
        self.sets.iter().map(|set| set.sums().len()).sum()
    }

    /// Sets every sum to zero.
    pub fn reset(&mut self) {
        self.sets.iter_mut().for_each(MetricSums::reset);
    }

    /// Adds a batch of an output, by its number among those that are trained.
    pub fn add(&mut self, output: usize, batch: &MetricBatch<'_>) {
        self.sets[output].add(batch);
    }

    /// Adds the sums of others, which are of the same metrics.
    pub fn merge(&mut self, other: &Self) {
        for (set, more) in self.sets.iter_mut().zip(&other.sets) {
            set.merge(more);
        }
    }

    /// Writes the sums, of which there are [`count`](Self::count).
    pub fn sums_into(&self, sums: &mut [f64]) {
        let mut rest = sums;
        for set in &self.sets {
            let (own, others) = rest.split_at_mut(set.sums().len());
            own.copy_from_slice(set.sums());
            rest = others;
        }
    }

    /// Takes sums that were kept.
    ///
    /// # Errors
    /// `Format` if there are more or fewer than these metrics have, or if one is no number.
    pub fn set_sums(&mut self, sums: &[f64]) -> Result<()> {
        let count = self.count();
        if sums.len() != count {
            return Err(err!(
                Format,
                "metrics: found {} sums, expected {count} finite ones",
                sums.len()
            ));
        }
        let mut rest = sums;
        for set in &mut self.sets {
            let (own, others) = rest.split_at(set.sums().len());
            set.set_sums(own)?;
            rest = others;
        }
        Ok(())
    }

    /// Whether a metric of this output looks at the order of all scores.
    pub fn ranks(&self, output: usize) -> bool {
        self.sets[output].ranks()
    }

    /// What is not defined for what was counted, and why, by the names that are reported.
    pub fn warnings(&self) -> Vec<String> {
        let renamed = |(set, names): (&MetricSums, &Vec<String>)| {
            let own = set.names().to_vec();
            let names = names.clone();
            set.warnings().into_iter().map(move |warning| {
                let found = own.iter().zip(&names).find_map(|(own, name)| {
                    let why = warning.strip_prefix(own.as_str())?;
                    why.starts_with(": ").then(|| format!("{name}{why}"))
                });
                found.unwrap_or(warning)
            })
        };
        self.sets.iter().zip(&self.metrics).flat_map(renamed).collect()
    }

    /// Adds the metrics by their names, and the mean losses of the outputs where there are several.
    /// Those that rank are exact for outputs whose `scores` are given.
    pub fn report(
        &self,
        means: impl IntoIterator<Item = f64>,
        scores: &mut [Option<RankedScores>],
        logs: &mut BTreeMap<String, f64>,
    ) {
        logs.extend(self.losses.iter().cloned().zip(means));
        for (number, (set, names)) in self.sets.iter().zip(&self.metrics).enumerate() {
            let mut values = vec![0.0; names.len()];
            match scores.get_mut(number).and_then(Option::as_mut) {
                Some(scores) => set.exact_values_into(scores, &mut values),
                None => set.values_into(&mut values),
            }
            logs.extend(names.iter().cloned().zip(values));
        }
    }
}

/// With its first letter in capital.
fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
