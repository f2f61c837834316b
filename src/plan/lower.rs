//! From a graph to a layout: which ops run, which values they read and write, where gradients go.
//!
//! Values have numbers of their own here; which of them share a buffer is decided at the end.

use std::collections::BTreeMap;
use std::ops::Range;

use super::layout::Layout;
use super::options::Options;
use super::report::LayerPlan;
use super::step::{Place, Step, Weights};
use super::{Head, Mode, check_bytes};
use crate::graph::{Graph, Node, ValueId};
use crate::kernels::Rectifier;
use crate::kernels::activation::Activation;
use crate::layers::{ActivationOp, CompileOptions, Fold, LayerSpec, Op, Shape};
use crate::{Result, err};

/// In place of the value of a layer that the plan does not run, and that nothing of it takes.
const ABSENT: usize = usize::MAX;

/// A layout in the making.
pub(super) struct Lowering<'a> {
    pub(super) graph: &'a Graph,
    max_batch: usize,
    options: Options<'a>,
    pub(super) steps: Vec<Step>,
    folds: Vec<Fold>,
    /// The floats of a sample of each value.
    pub(super) lens: Vec<usize>,
    /// Which are the model's outputs.
    pub(super) is_output: Vec<bool>,
    /// The layer or input whose output each is, as an op wrote it.
    owners: Vec<ValueId>,
    /// The value of each input and layer of the graph.
    pub(super) places: Vec<usize>,
    /// The mask of each, once it was asked for; `None` where it has none.
    pub(super) masks: BTreeMap<ValueId, Option<usize>>,
    /// Whether a gradient is wanted of each input and layer, or of anything before it.
    learns: Vec<bool>,
    layers: Vec<LayerPlan>,
}

/// Makes a layout; allocates nothing that grows with the batch or the weights.
pub(super) fn lower(graph: &Graph, max_batch: usize, options: Options<'_>) -> Result<Layout> {
    check_size(graph, max_batch)?;
    let mut lowering = Lowering {
        graph,
        max_batch,
        options,
        steps: Vec::new(),
        folds: Vec::new(),
        lens: Vec::new(),
        is_output: Vec::new(),
        owners: Vec::new(),
        places: Vec::new(),
        masks: BTreeMap::new(),
        learns: vec![options.input_gradients; graph.inputs().len()],
        layers: Vec::new(),
    };
    let given = options.part.inputs(graph);
    for id in 0..graph.inputs().len() {
        lowering.given(id, &given);
    }
    for (number, node) in graph.nodes().iter().enumerate() {
        lowering.layers.push(LayerPlan::new(&node.name));
        let id = graph.inputs().len() + number;
        if options.part.runs(number) {
            let place = lowering.node(id, node)?;
            lowering.name(id, place);
        } else {
            lowering.learns.push(false);
            lowering.given(id, &given);
        }
    }
    lowering.finish()
}

/// Refuses, before anything is allocated, what kernels and the largest value make too large.
fn check_size(graph: &Graph, max_batch: usize) -> Result<()> {
    if max_batch == 0 {
        return Err(err!(Argument, "the batch has 0 samples, expected at least 1"));
    }
    let values = graph.inputs().len() + graph.nodes().len();
    let floats = (0..values).map(|value| graph.shape(value).iter().product::<usize>() as u64);
    let largest = floats.max().unwrap_or(0).saturating_mul(4).saturating_mul(max_batch as u64);
    check_bytes(largest.saturating_add(4 * graph.weights_len() as u64), max_batch)
}

impl Lowering<'_> {
    fn training(&self) -> bool {
        self.options.mode == Mode::Training
    }

    fn compile_options(&self) -> CompileOptions {
        CompileOptions { training: self.training(), winograd: self.graph.allows_winograd() }
    }

    /// A new value.
    pub(super) fn value(&mut self, owner: ValueId, shape: &[usize]) -> usize {
        self.lens.push(shape.iter().product());
        self.is_output.push(false);
        self.owners.push(owner);
        self.lens.len() - 1
    }

    /// Makes a value of an input or of a layer that the plan does not run, if it is among those that are
    /// given.
    fn given(&mut self, id: ValueId, given: &[ValueId]) {
        if !given.contains(&id) {
            self.places.push(ABSENT);
            return;
        }
        let place = self.value(id, self.graph.shape(id));
        self.name(id, place);
        // Of a frozen front, none has a mask.
        self.masks.insert(id, None);
    }

    /// Says which value is the output of a layer or input.
    fn name(&mut self, id: ValueId, value: usize) {
        self.places.push(value);
        self.is_output[value] |= self.graph.outputs().contains(&id);
    }

    pub(super) fn place(&self, value: usize) -> Place {
        (value, self.lens[value])
    }

    /// Adds the ops of a layer; returns the value that is its output.
    fn node(&mut self, id: ValueId, node: &Node) -> Result<usize> {
        let layer = node.layer.layer();
        let learns = !node.frozen && !node.weights.is_empty();
        self.learns.push(learns || node.inputs.iter().any(|&input| self.learns[input]));
        let inputs: Vec<usize> = node.inputs.iter().map(|&input| self.places[input]).collect();
        let shapes: Vec<Shape> =
            node.inputs.iter().map(|&input| self.graph.shape(input).to_vec()).collect();
        let function =
            if self.drops_head(id, node) { Activation::Linear } else { layer.activation() };
        let is_output = self.graph.outputs().contains(&id);
        // Two outputs of the model must not share a gradient.
        let may_share = function != Activation::Linear || !(is_output && self.is_output[inputs[0]]);
        let is_view = layer.is_view(self.training()) && may_share;
        let value = if is_view || self.fold(id, node)? || self.pool(id, node, &shapes)? {
            inputs[0]
        } else {
            let mut op = layer
                .compile(&shapes, self.max_batch, self.compile_options())
                .map_err(|error| error.at_layer(&node.name))?;
            if op.delays_rectifier() {
                self.delay(node, &mut *op);
            }
            let masks = self.masks_of(layer, &node.inputs);
            let parts = [node.weights.clone(), node.state.clone()];
            let value = self.step(id, node, op, inputs, parts);
            if let Some(step) = self.steps.last_mut() {
                step.masks = masks;
            }
            value
        };
        if function == Activation::Linear || self.fuse(id, value, function) {
            return Ok(value);
        }
        let op = ActivationOp::boxed(function, &node.shape);
        Ok(self.step(id, node, op, vec![value], [0..0, 0..0]))
    }

    /// Whether the activation of this layer is left to the loss.
    fn drops_head(&self, id: ValueId, node: &Node) -> bool {
        let Some(output) = self.graph.outputs().iter().position(|&output| output == id) else {
            return false;
        };
        let is_left_out = match self.options.head {
            Head::Output => false,
            Head::Logits => true,
            Head::LogitsOf(outputs) => output < 64 && outputs >> output & 1 == 1,
        };
        is_left_out
            && self.graph.consumers(id) == 0
            && matches!(node.layer.layer().activation(), Activation::Softmax | Activation::Sigmoid)
    }

    /// The step that writes this layer's output, if nobody but the next layer wants that.
    fn private_step(&self, id: ValueId) -> Option<usize> {
        let value = self.places[id];
        let private = !self.options.keep
            && self.owners[value] == id
            && !self.is_output[value]
            && self.graph.consumers(id) == 1;
        self.steps.iter().position(|step| step.output.0 == value).filter(|_| private)
    }

    /// Makes a batch normalisation part of the weights of the layer before it, where that can be.
    fn fold(&mut self, id: ValueId, node: &Node) -> Result<bool> {
        let LayerSpec::BatchNormalization(norm) = &node.layer else { return Ok(false) };
        // In training, where nothing up to here is trained.
        let learns = self.training() && self.learns[id];
        let (false, Some(step)) = (learns, self.private_step(node.inputs[0])) else {
            return Ok(false);
        };
        let Some(before) = self.graph.node_of(node.inputs[0]) else { return Ok(false) };
        if self.training() && !(node.frozen && before.frozen) {
            return Ok(false);
        }
        let shapes: Vec<Shape> =
            before.inputs.iter().map(|&input| self.graph.shape(input).to_vec()).collect();
        let norm = (norm, node.weights.clone(), node.state.clone());
        let options = CompileOptions { training: false, ..self.compile_options() };
        let layer = (before.layer.layer(), before.weights.clone());
        let Some((op, fold)) = Fold::new(layer, norm, &shapes, self.max_batch, options)
            .map_err(|error| error.at_layer(&node.name))?
        else {
            return Ok(false);
        };
        self.steps[step].op = op;
        self.steps[step].weights = Weights::Folded(self.folds.len());
        self.folds.push(fold);
        self.owners[self.steps[step].output.0] = id;
        self.fused_into(id, step, false);
        Ok(true)
    }

    /// Makes a max-pooling part of the convolution before it, where training is faster so.
    fn pool(&mut self, id: ValueId, node: &Node, shapes: &[Shape]) -> Result<bool> {
        let LayerSpec::MaxPooling2d(pool) = &node.layer else { return Ok(false) };
        let learns = self.training() && self.learns[node.inputs[0]];
        let (true, Some(step)) = (learns, self.private_step(node.inputs[0])) else {
            return Ok(false);
        };
        let pool = pool.geometry(shapes).map_err(|error| error.at_layer(&node.name))?;
        let Some(op) = self.steps[step].op.pooled(&pool, self.max_batch) else { return Ok(false) };
        self.steps[step].op = op;
        let value = self.steps[step].output.0;
        self.lens[value] = pool.output_len();
        self.owners[value] = id;
        self.steps[step].output = self.place(value);
        self.fused_into(id, step, false);
        Ok(true)
    }

    /// Makes a rectifier part of the op that wrote this value, where that can be.
    fn fuse(&mut self, id: ValueId, value: usize, function: Activation) -> bool {
        let Some(rectifier) = Rectifier::of(function) else { return false };
        // An activation is a layer of its own, and its input the output of another.
        let Some(input) = self.graph.node_of(id).map(|node| node.inputs[0]) else { return false };
        if self.places[input] != value {
            return false;
        }
        let Some(step) = self.private_step(input) else { return false };
        let Some(own) = self.steps[step].op.rectifier() else { return false };
        *own = (*own).max(rectifier);
        self.owners[value] = id;
        self.fused_into(id, step, true);
        true
    }

    /// Moves the rectifier before an op to its output, which is smaller: there the backward pass
    /// has fewer gradients to let through or not, and the op before needs no output for it.
    fn delay(&mut self, node: &Node, op: &mut dyn Op) {
        let Some(step) = self.private_step(node.inputs[0]) else { return };
        let (Some(from), Some(to)) = (self.steps[step].op.rectifier(), op.rectifier()) else {
            return;
        };
        *to = std::mem::take(from);
        let before = self.steps[step].owner;
        let moved = self.layers.iter_mut().filter(|layer| layer.rectifies == Some(before));
        for layer in moved {
            layer.fused_into = Some(node.name.clone());
        }
    }

    /// Records that a layer is part of another's op.
    fn fused_into(&mut self, id: ValueId, step: usize, rectifies: bool) {
        let owner = self.steps[step].owner;
        let name = self.layers[owner].name.clone();
        let layer = &mut self.layers[id - self.graph.inputs().len()];
        layer.fused_into = Some(name);
        layer.rectifies = rectifies.then_some(owner);
    }

    /// Adds an op of a layer, which owns these parts of the weights and of the state.
    fn step(
        &mut self,
        id: ValueId,
        node: &Node,
        op: Box<dyn Op>,
        inputs: Vec<usize>,
        [weights, state]: [Range<usize>; 2],
    ) -> usize {
        let output = self.value(id, &node.shape);
        self.steps.push(Step {
            owner: id - self.graph.inputs().len(),
            layer: node.number as u64,
            weights: Weights::Own(weights),
            frozen: node.frozen,
            state,
            inputs: inputs.iter().map(|&input| self.place(input)).collect(),
            masks: Vec::new(),
            adds: false,
            makes_mask: false,
            output: self.place(output),
            reads: op.backward_reads(),
            op,
            backward: false,
            doutput: None,
            dinputs: vec![None; inputs.len()],
            sums: Vec::new(),
        });
        output
    }

    /// Decides which values share a buffer.
    fn finish(mut self) -> Result<Layout> {
        let graph = self.graph;
        let part = self.options.part;
        let (inputs, outputs) = (part.inputs(graph), part.outputs(graph));
        let output_masks: Vec<_> = outputs.iter().map(|&id| self.mask_place(id)).collect();
        for step in &mut self.steps {
            // What was fused may have changed it.
            step.reads = step.op.backward_reads();
            let mut kernel = step.op.name().to_owned();
            if let Some(rectifier) = step.op.rectifier().filter(|r| **r != Rectifier::Linear) {
                kernel += " + ";
                kernel += rectifier.name();
            }
            self.layers[step.owner].kernels.push(kernel);
        }
        let gradients = if self.training() {
            self.gradients(self.options.input_gradients)
        } else {
            vec![None; self.lens.len()]
        };
        let logits = outputs
            .iter()
            .map(|&id| graph.node_of(id).is_some_and(|node| self.drops_head(id, node)))
            .collect();
        let names = graph.inputs().iter().map(|input| &input.name);
        let names = names.chain(graph.nodes().iter().map(|node| &node.name)).cloned();
        let place = |&value: &usize| self.place(value);
        let mut layout = Layout {
            max_batch: self.max_batch,
            training: self.training(),
            inputs: inputs.iter().map(|&id| self.place(self.places[id])).collect(),
            outputs: outputs.iter().map(|&id| self.place(self.places[id])).collect(),
            output_gradients: outputs.iter().map(|&id| gradients[self.places[id]]).collect(),
            input_gradients: inputs.iter().map(|&id| gradients[self.places[id]]).collect(),
            output_masks,
            logits,
            named: if self.options.keep {
                names.zip(self.places.iter().map(place)).collect()
            } else {
                Vec::new()
            },
            weights: graph.weights_len(),
            trained: graph.trained_len(),
            state: graph.state_len(),
            layers: self.layers,
            folds: self.folds,
            steps: self.steps,
            buffers: Vec::new(),
        };
        let spans = layout.spans(&self.lens, self.options.keep);
        layout.share(&spans);
        Ok(layout)
    }
}
