//! From a graph to a plan: which ops run, on which buffers, and where gradients go.

use std::ops::Range;

use super::{Head, KernelChoice, MAX_BYTES, Mode, Place, Plan, Step};
use crate::graph::{Graph, Node, ValueId};
use crate::kernels::activation::Activation;
use crate::layers::{ActivationOp, CompileOptions, Op, Shape, allocate};
use crate::{Result, err};

/// What is asked of a plan.
pub(super) struct Options {
    pub mode: Mode,
    pub head: Head,
    /// Whether the gradients of the model's inputs are wanted.
    pub input_gradients: bool,
}

/// A plan in the making.
struct Lowering<'a> {
    graph: &'a Graph,
    max_batch: usize,
    training: bool,
    head: Head,
    steps: Vec<Step>,
    /// The floats of a sample in each buffer.
    buffers: Vec<usize>,
    /// Which buffers are those of the model's outputs.
    is_output: Vec<bool>,
    /// The place of each value of the graph.
    places: Vec<Place>,
    kernels: Vec<KernelChoice>,
}

pub(super) fn lower(graph: &Graph, max_batch: usize, options: &Options) -> Result<Plan> {
    let training = options.mode == Mode::Training;
    check_size(graph, max_batch, training)?;
    let mut lowering = Lowering {
        graph,
        max_batch,
        training,
        head: options.head,
        steps: Vec::new(),
        buffers: Vec::new(),
        is_output: Vec::new(),
        places: Vec::new(),
        kernels: Vec::new(),
    };
    for (value, input) in graph.inputs().iter().enumerate() {
        let place = lowering.buffer(&input.shape);
        lowering.name(value, place);
    }
    for (number, node) in graph.nodes().iter().enumerate() {
        let place = lowering.node(graph.inputs().len() + number, node)?;
        lowering.name(graph.inputs().len() + number, place);
    }
    let gradients = lowering.gradients(options.input_gradients);
    lowering.finish(gradients)
}

/// Refuses, before anything is allocated, what the values alone make too large.
fn check_size(graph: &Graph, max_batch: usize, training: bool) -> Result<()> {
    if max_batch == 0 {
        return Err(err!(Argument, "the batch has 0 samples, expected at least 1"));
    }
    let values = graph.inputs().len() + graph.nodes().len();
    let floats = (0..values).map(|value| graph.shape(value).iter().product::<usize>() as u64);
    let sample = floats.fold(0, u64::saturating_add).saturating_mul(4);
    // Values and their gradients; kernels are packed once for each direction.
    let copies = if training { 2 } else { 1 };
    let bytes = sample.saturating_mul(max_batch as u64).saturating_mul(copies);
    let packed = copies * 4 * graph.weights_len() as u64;
    check_bytes(bytes.saturating_add(packed), max_batch)
}

fn check_bytes(bytes: u64, max_batch: usize) -> Result<()> {
    if bytes <= MAX_BYTES {
        return Ok(());
    }
    Err(err!(
        TooLarge,
        "a batch of {max_batch} samples would need {} MiB, expected at most {} MiB: choose a \
         smaller batch or model",
        bytes >> 20,
        MAX_BYTES >> 20
    ))
}

impl Lowering<'_> {
    /// A buffer of its own for a value.
    fn buffer(&mut self, shape: &[usize]) -> Place {
        self.buffers.push(shape.iter().product());
        self.is_output.push(false);
        (self.buffers.len() - 1, self.buffers[self.buffers.len() - 1])
    }

    /// Says where a value of the graph lies.
    fn name(&mut self, value: ValueId, place: Place) {
        self.places.push(place);
        self.is_output[place.0] |= self.graph.outputs().contains(&value);
    }

    /// Adds the ops of a layer; returns where its output lies.
    fn node(&mut self, value: ValueId, node: &Node) -> Result<Place> {
        let layer = node.layer.layer();
        let inputs: Vec<Place> = node.inputs.iter().map(|&input| self.places[input]).collect();
        let shapes: Vec<Shape> =
            node.inputs.iter().map(|&input| self.graph.shape(input).to_vec()).collect();
        let function = if self.drops_head(value, node) { None } else { Some(layer.activation()) };
        let function = function.filter(|function| *function != Activation::Linear);
        let is_output = self.graph.outputs().contains(&value);
        // Two outputs of the model must not share a gradient.
        let may_share = function.is_some() || !(is_output && self.is_output[inputs[0].0]);
        let options =
            CompileOptions { training: self.training, winograd: self.graph.allows_winograd() };
        let mut place = if layer.is_view(self.training) && may_share {
            inputs[0]
        } else {
            let op = layer
                .compile(&shapes, self.max_batch, options)
                .map_err(|error| error.at_layer(&node.name))?;
            self.step(node, op, inputs, [node.weights.clone(), node.state.clone()])
        };
        if let Some(function) = function {
            let op = ActivationOp::boxed(function, &node.shape);
            place = self.step(node, op, vec![place], [0..0, 0..0]);
        }
        Ok(place)
    }

    /// Whether the activation of this layer is left to the loss.
    fn drops_head(&self, value: ValueId, node: &Node) -> bool {
        self.head == Head::Logits
            && self.graph.outputs().contains(&value)
            && self.graph.consumers(value) == 0
            && matches!(node.layer.layer().activation(), Activation::Softmax | Activation::Sigmoid)
    }

    /// Adds an op of a layer, which owns these parts of the weights and of the state.
    fn step(
        &mut self,
        node: &Node,
        op: Box<dyn Op>,
        inputs: Vec<Place>,
        [weights, state]: [Range<usize>; 2],
    ) -> Place {
        let output = self.buffer(&node.shape);
        self.kernels.push(KernelChoice { layer: node.name.clone(), kernel: op.name() });
        let layer = node.number as u64;
        let (dinputs, sums) = (vec![None; inputs.len()], Vec::new());
        let backward = false;
        self.steps.push(Step {
            op,
            layer,
            weights,
            state,
            inputs,
            output,
            backward,
            dinputs,
            sums,
        });
        output
    }

    /// Decides where gradients are written; returns the floats of a sample in each buffer for
    /// them: those of the values, 0 where nobody needs one, then scratch.
    fn gradients(&mut self, input_gradients: bool) -> Vec<usize> {
        if !self.training {
            return Vec::new();
        }
        let mut needed = vec![false; self.buffers.len()];
        needed[..self.graph.inputs().len()].fill(input_gradients);
        for step in &mut self.steps {
            step.backward =
                !step.weights.is_empty() || step.inputs.iter().any(|input| needed[input.0]);
            needed[step.output.0] = step.backward;
        }
        // The first to write a gradient overwrites it, from the last layer to the first; the others
        // write aside. The model's outputs have theirs from outside.
        let mut written = self.is_output.clone();
        let mut scratch = Vec::new();
        for step in self.steps.iter_mut().rev().filter(|step| step.backward) {
            let mut aside = 0;
            for (input, dinput) in step.inputs.iter().zip(&mut step.dinputs) {
                let (buffer, len) = *input;
                if !needed[buffer] {
                    continue;
                }
                if !std::mem::replace(&mut written[buffer], true) {
                    *dinput = Some(*input);
                    continue;
                }
                if aside == scratch.len() {
                    scratch.push(0);
                }
                scratch[aside] = len.max(scratch[aside]);
                let place = (self.buffers.len() + aside, len);
                *dinput = Some(place);
                step.sums.push((place, *input));
                aside += 1;
            }
        }
        let wanted = needed.iter().zip(&self.is_output).map(|(needed, output)| *needed || *output);
        let values = self.buffers.iter().zip(wanted).map(|(len, wanted)| len * usize::from(wanted));
        values.chain(scratch).collect()
    }

    /// Allocates.
    fn finish(self, gradients: Vec<usize>) -> Result<Plan> {
        let graph = self.graph;
        let floats: u64 = self.buffers.iter().chain(&gradients).map(|&len| len as u64).sum();
        let scratch: u64 = self.steps.iter().map(|step| step.op.bytes() as u64).sum();
        let bytes = floats.saturating_mul(4 * self.max_batch as u64).saturating_add(scratch);
        check_bytes(bytes, self.max_batch)?;
        let buffers = |lens: &[usize]| -> Result<Vec<Vec<f32>>> {
            lens.iter().map(|len| allocate("a buffer of the plan", len * self.max_batch)).collect()
        };
        let names = graph.inputs().iter().map(|input| &input.name);
        let names = names.chain(graph.nodes().iter().map(|node| &node.name)).cloned();
        let outputs = graph.outputs();
        let logits = outputs
            .iter()
            .map(|&value| graph.node_of(value).is_some_and(|node| self.drops_head(value, node)));
        Ok(Plan {
            max_batch: self.max_batch,
            training: self.training,
            n: 0,
            values: buffers(&self.buffers)?,
            gradients: buffers(&gradients)?,
            inputs: self.places[..graph.inputs().len()].to_vec(),
            outputs: outputs.iter().map(|&value| self.places[value]).collect(),
            logits: logits.collect(),
            named: names.zip(self.places.iter().copied()).collect(),
            steps: self.steps,
            kernels: self.kernels,
            weights: graph.weights_len(),
            state: graph.state_len(),
            bytes,
        })
    }
}
