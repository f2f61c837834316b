//! A model with its weights: predict, read and write tensors.

mod transfer;

pub use transfer::{ShapeMismatch, WeightsReport};

use std::ops::Range;

use ndarray::{Array, ArrayD, ArrayView, ArrayViewD, Axis, IxDyn};

use crate::graph::{Graph, TensorSlot};
use crate::memory::{allocate, copied, reserve};
use crate::plan::{Head, Mode, Plan};
use crate::rng::{Key, Purpose};
use crate::spec::ModelSpec;
use crate::{Result, err};

mod limits;

/// Samples that a prediction works on at a time, however many there are: what one layer wrote is in the
/// second cache when the next reads it.
const PREDICT_BATCH: usize = 16;

/// A model: its specification, its weights and its state.
#[derive(Debug)]
pub struct Model {
    spec: ModelSpec,
    graph: Graph,
    weights: Vec<f32>,
    state: Vec<f32>,
    /// For predictions, kept from one to the next.
    plan: Option<Plan>,
    /// The revision that it last ran with.
    plan_revision: u64,
    /// How often weights or state were handed out to be changed.
    revision: u64,
    /// For the outputs of layers.
    activations_plan: Option<Plan>,
}

impl Clone for Model {
    fn clone(&self) -> Self {
        self.with_values(self.weights.clone(), self.state.clone())
    }
}

impl Model {
    /// A model with its first weights, which the specification's seed decides.
    ///
    /// # Errors
    /// As [`Graph::new`], and `TooLarge` where there is no memory for the weights.
    pub fn new(spec: ModelSpec) -> Result<Self> {
        let graph = Graph::new(&spec)?;
        let mut model = Self::with_zeros(spec, graph)?;
        let key = Key::new(model.spec.seed, Purpose::Weights);
        for (number, slot) in model.graph.tensors().iter().enumerate() {
            let buffer = if slot.trainable { &mut model.weights } else { &mut model.state };
            let values = &mut buffer[slot.range.clone()];
            slot.initializer.fill(slot.fans, key.child(number as u64), values);
            values[slot.ones.clone()].fill(1.0);
        }
        Ok(model)
    }

    /// A model whose numbers are all 0, for a reader that has others; `graph` is that of `spec`.
    pub(crate) fn with_zeros(spec: ModelSpec, graph: Graph) -> Result<Self> {
        let weights = allocate("weights", graph.weights_len())?;
        let state = allocate("state", graph.state_len())?;
        Ok(Self::of(spec, graph, weights, state))
    }

    /// A copy, where there is memory for one.
    ///
    /// # Errors
    /// `TooLarge` where there is none.
    pub fn try_clone(&self) -> Result<Self> {
        let [weights, state] = [&self.weights, &self.state];
        Ok(self.with_values(
            copied("a copy of the weights", weights)?,
            copied("a copy of the state", state)?,
        ))
    }

    /// A model of the same specification.
    fn with_values(&self, weights: Vec<f32>, state: Vec<f32>) -> Self {
        Self::of(self.spec.clone(), self.graph.clone(), weights, state)
    }

    fn of(spec: ModelSpec, graph: Graph, weights: Vec<f32>, state: Vec<f32>) -> Self {
        Self {
            spec,
            graph,
            weights,
            state,
            plan: None,
            plan_revision: 0,
            revision: 0,
            activations_plan: None,
        }
    }

    /// The specification.
    #[must_use]
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// The checked graph.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// All trainable parameters.
    #[must_use]
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// All trainable parameters.
    pub fn weights_mut(&mut self) -> &mut [f32] {
        self.revision += 1;
        &mut self.weights
    }

    /// What is not trained: running statistics.
    #[must_use]
    pub fn state(&self) -> &[f32] {
        &self.state
    }

    /// What is not trained: running statistics.
    pub fn state_mut(&mut self) -> &mut [f32] {
        self.revision += 1;
        &mut self.state
    }

    /// Weights, to be read, and state, to be changed: what a step of training needs.
    pub fn weights_and_state_mut(&mut self) -> (&mut [f32], &mut [f32]) {
        self.revision += 1;
        (&mut self.weights, &mut self.state)
    }

    /// Grows whenever weights or state may change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// The parameters and where they lie.
    #[must_use]
    pub fn tensors(&self) -> &[TensorSlot] {
        self.graph.tensors()
    }

    /// A parameter by its name, "layer/parameter".
    ///
    /// # Errors
    /// `NotFound`.
    pub fn tensor(&self, name: &str) -> Result<ArrayViewD<'_, f32>> {
        let slot = self.slot(name)?;
        let buffer = if slot.trainable { &self.weights } else { &self.state };
        view(&slot.shape, &buffer[slot.range.clone()])
    }

    /// Sets a parameter.
    ///
    /// # Errors
    /// `NotFound`; `Shape` for another shape than the parameter's; `Data` for a number that is not
    /// finite.
    pub fn set_tensor(&mut self, name: &str, values: ArrayViewD<'_, f32>) -> Result<()> {
        let slot = self.slot(name)?;
        let (trainable, range) = (slot.trainable, slot.range.clone());
        if values.shape() != slot.shape {
            return Err(err!(
                Shape,
                "\"{name}\" has shape {:?}, found {:?}",
                slot.shape,
                values.shape()
            ));
        }
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(err!(Data, "\"{name}\": found {value}, expected finite numbers"));
        }
        let buffer = if trainable { self.weights_mut() } else { self.state_mut() };
        for (slot, value) in buffer[range].iter_mut().zip(&values) {
            *slot = *value;
        }
        Ok(())
    }

    fn slot(&self, name: &str) -> Result<&TensorSlot> {
        self.tensors()
            .iter()
            .find(|slot| slot.name == name)
            .ok_or_else(|| err!(NotFound, "the model has no parameter \"{name}\""))
    }

    /// What the model says of `[n, ...]` samples: one array for each output.
    ///
    /// # Errors
    /// `Shape` where the inputs are not those of the model or differ in `n`; `TooLarge` where a
    /// batch does not fit into memory.
    pub fn predict(&mut self, inputs: &[ArrayViewD<'_, f32>]) -> Result<Vec<ArrayD<f32>>> {
        with_samples(inputs, |samples| self.predict_samples(samples))
    }

    /// The same of samples that are no arrays.
    pub(crate) fn predict_samples(&mut self, inputs: &[Samples<'_>]) -> Result<Vec<Tensor>> {
        let outputs = self.graph.outputs().to_vec();
        let shapes: Vec<Vec<usize>> =
            outputs.iter().map(|&value| self.graph.shape(value).to_vec()).collect();
        let n = self.check_inputs(inputs)?;
        let (plan, is_current) = match self.plan.take().filter(|plan| fits(plan, n)) {
            Some(plan) => (plan, self.plan_revision == self.revision),
            None => {
                let batch = batch_of(n);
                (Plan::new(&self.graph, batch, Mode::Inference, Head::Output)?, false)
            }
        };
        let (plan, results) =
            self.compute(plan, is_current, inputs, &shapes, &|plan, i| plan.output(i))?;
        self.plan = Some(plan);
        self.plan_revision = self.revision;
        Ok(results)
    }

    /// The outputs of layers of these names for `[n, ...]` samples.
    ///
    /// # Errors
    /// As [`Model::predict`]; `NotFound` for a name that no layer has.
    pub fn activations(
        &mut self,
        inputs: &[ArrayViewD<'_, f32>],
        layers: &[&str],
    ) -> Result<Vec<ArrayD<f32>>> {
        with_samples(inputs, |samples| self.activations_of(samples, layers))
    }

    /// The same of samples that are no arrays.
    pub(crate) fn activations_of(
        &mut self,
        inputs: &[Samples<'_>],
        layers: &[&str],
    ) -> Result<Vec<Tensor>> {
        let shapes = layers
            .iter()
            .map(|name| {
                let value = self.graph.value(name);
                value
                    .map(|value| self.graph.shape(value).to_vec())
                    .ok_or_else(|| err!(NotFound, "the model has no layer \"{name}\""))
            })
            .collect::<Result<Vec<Vec<usize>>>>()?;
        let n = self.check_inputs(inputs)?;
        let plan = match self.activations_plan.take().filter(|plan| fits(plan, n)) {
            Some(plan) => plan,
            None => Plan::with_activations(&self.graph, batch_of(n))?,
        };
        let (plan, results) = self.compute(plan, false, inputs, &shapes, &|plan, i| {
            plan.activation(layers[i]).unwrap_or_default()
        })?;
        self.activations_plan = Some(plan);
        Ok(results)
    }

    /// Runs the model and collects values of these shapes, batch by batch. `is_current` says that
    /// the plan last ran with the present weights.
    fn compute(
        &self,
        mut plan: Plan,
        mut is_current: bool,
        inputs: &[Samples<'_>],
        shapes: &[Vec<usize>],
        value: &dyn for<'p> Fn(&'p Plan, usize) -> &'p [f32],
    ) -> Result<(Plan, Vec<Tensor>)> {
        let n = self.check_inputs(inputs)?;
        let results = shapes.iter().map(|shape| {
            let len = shape.iter().product::<usize>().saturating_mul(n);
            reserve("the outputs", len)
        });
        let mut results = results.collect::<Result<Vec<Vec<f32>>>>()?;
        for start in (0..n).step_by(plan.max_batch()) {
            let batch = start..n.min(start + plan.max_batch());
            for (number, input) in inputs.iter().enumerate() {
                (input.copy)(batch.clone(), plan.input_mut(number));
            }
            if is_current {
                plan.infer_unchanged(batch.len(), &self.weights, &self.state)?;
            } else {
                plan.infer(batch.len(), &self.weights, &self.state)?;
                is_current = true;
            }
            for (number, result) in results.iter_mut().enumerate() {
                result.extend_from_slice(value(&plan, number));
            }
        }
        let tensors = results.into_iter().zip(shapes).map(|(values, shape)| {
            let shape = [n].into_iter().chain(shape.iter().copied()).collect();
            Tensor { shape, values }
        });
        Ok((plan, tensors.collect()))
    }

    /// The number of samples, the same in every input.
    fn check_inputs(&self, inputs: &[Samples<'_>]) -> Result<usize> {
        let expected = self.graph.inputs();
        if inputs.len() != expected.len() {
            return Err(err!(
                Shape,
                "found {} inputs, expected the model's {}",
                inputs.len(),
                expected.len()
            ));
        }
        let n = inputs.first().and_then(|input| input.shape.first()).copied().unwrap_or(0);
        for (input, spec) in inputs.iter().zip(expected) {
            let found = input.shape;
            if found.split_first() != Some((&n, &spec.shape[..])) {
                let sizes: Vec<String> = spec.shape.iter().map(usize::to_string).collect();
                return Err(err!(
                    Shape,
                    "input \"{}\" has shape {found:?}, expected [n, {}]{}",
                    spec.name,
                    sizes.join(", "),
                    if inputs.len() > 1 { " with the same n for all" } else { "" }
                ));
            }
        }
        Ok(n)
    }
}

/// Samples of an input. Of a web page they are no arrays: what those bring along it would have to load.
pub(crate) struct Samples<'a> {
    /// `[n, ...]`
    pub shape: &'a [usize],
    /// Copies some of them, row-major, to the beginning of a buffer.
    pub copy: &'a dyn Fn(Range<usize>, &mut [f32]),
}

/// Numbers and their shape.
pub(crate) struct Tensor {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// Hands arrays over as samples, and makes arrays of what becomes of them.
fn with_samples(
    inputs: &[ArrayViewD<'_, f32>],
    compute: impl FnOnce(&[Samples<'_>]) -> Result<Vec<Tensor>>,
) -> Result<Vec<ArrayD<f32>>> {
    let copies = inputs.iter().map(|input| {
        move |samples: Range<usize>, buffer: &mut [f32]| copy_samples(input, samples, buffer)
    });
    let copies: Vec<_> = copies.collect();
    let samples: Vec<Samples<'_>> = inputs
        .iter()
        .zip(&copies)
        .map(|(input, copy)| Samples { shape: input.shape(), copy })
        .collect();
    let arrays = compute(&samples)?.into_iter().map(|Tensor { shape, values }| {
        Array::from_shape_vec(IxDyn(&shape), values).map_err(|e| err!(Shape, "output: {e}"))
    });
    arrays.collect()
}

/// The samples that `n` are worked on at a time.
fn batch_of(n: usize) -> usize {
    n.clamp(1, PREDICT_BATCH)
}

/// Whether a plan takes as many samples at a time as a new one would.
fn fits(plan: &Plan, n: usize) -> bool {
    plan.max_batch() >= batch_of(n)
}

/// Copies samples, row-major, to the beginning of a buffer.
fn copy_samples(input: &ArrayViewD<'_, f32>, samples: Range<usize>, buffer: &mut [f32]) {
    let samples = input.slice_axis(Axis(0), samples.into());
    match samples.as_slice() {
        Some(values) => buffer[..values.len()].copy_from_slice(values),
        None => buffer.iter_mut().zip(&samples).for_each(|(slot, value)| *slot = *value),
    }
}

fn view<'a>(shape: &[usize], values: &'a [f32]) -> Result<ArrayViewD<'a, f32>> {
    ArrayView::from_shape(IxDyn(shape), values).map_err(|e| err!(Shape, "tensor: {e}"))
}

#[cfg(test)]
mod tests;
