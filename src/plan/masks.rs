//! Which positions of a value count: made where an op or the loss asks for it.

use super::lower::Lowering;
use super::step::{Place, Step, Weights};
use crate::graph::{Node, ValueId};
use crate::kernels::elementwise::multiply;
use crate::layers::{Backward, Forward, Layer, Masking, Op, Reads, Shape};

impl Lowering<'_> {
    /// The masks of a layer's inputs, if it reads them and there are any.
    pub(super) fn masks_of(&mut self, layer: &dyn Layer, inputs: &[ValueId]) -> Vec<Option<Place>> {
        if !layer.reads_masks() {
            return Vec::new();
        }
        inputs.iter().map(|&input| self.mask_place(input)).collect()
    }

    /// Where the mask of an input or layer is, if it has one.
    pub(super) fn mask_place(&mut self, id: ValueId) -> Option<Place> {
        self.mask(id).map(|mask| self.place(mask))
    }

    /// The mask of an input or layer, whose step is added when it is first asked for.
    fn mask(&mut self, id: ValueId) -> Option<usize> {
        if let Some(&mask) = self.masks.get(&id) {
            return mask;
        }
        let mask = self.new_mask(id);
        self.masks.insert(id, mask);
        mask
    }

    fn new_mask(&mut self, id: ValueId) -> Option<usize> {
        let graph = self.graph;
        let node = graph.node_of(id)?;
        let shapes: Vec<Shape> =
            node.inputs.iter().map(|&input| graph.shape(input).to_vec()).collect();
        match node.layer.layer().masking(&shapes) {
            Masking::Drops => None,
            Masking::First => self.mask(node.inputs[0]),
            Masking::Keeps => {
                let mut masks: Vec<usize> =
                    node.inputs.iter().filter_map(|&input| self.mask(input)).collect();
                masks.sort_unstable();
                masks.dedup();
                let (&first, others) = masks.split_first()?;
                Some(others.iter().fold(first, |both, &other| {
                    let len = self.lens[both];
                    self.mask_step(id, node, Box::new(Both), &[both, other], len)
                }))
            }
            Masking::Reverses => {
                let mask = self.mask(node.inputs[0])?;
                let len = self.lens[mask];
                Some(self.mask_step(id, node, Box::new(Reversed { len }), &[mask], len))
            }
            Masking::Makes(op) => {
                let len = graph.shape(id).first().copied().unwrap_or(1);
                Some(self.mask_step(id, node, op, &[self.places[node.inputs[0]]], len))
            }
        }
    }

    fn mask_step(
        &mut self,
        id: ValueId,
        node: &Node,
        op: Box<dyn Op>,
        inputs: &[usize],
        len: usize,
    ) -> usize {
        let output = self.value(id, &[len]);
        self.steps.push(Step {
            owner: id - self.graph.inputs().len(),
            layer: node.number as u64,
            weights: Weights::Own(0..0),
            state: 0..0,
            inputs: inputs.iter().map(|&input| self.place(input)).collect(),
            masks: Vec::new(),
            adds: false,
            makes_mask: true,
            frozen: false,
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
}

/// Counts where both of two masks do.
struct Both;

impl Op for Both {
    fn name(&self) -> &'static str {
        "both masks"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        multiply(pass.inputs.get(0), pass.inputs.get(1), pass.output);
    }

    fn backward(&mut self, _pass: Backward<'_>) {}
}

/// A mask from its end to its beginning.
struct Reversed {
    len: usize,
}

impl Op for Reversed {
    fn name(&self) -> &'static str {
        "mask reversed"
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let from = pass.inputs.get(0).chunks_exact(self.len);
        for (from, to) in from.zip(pass.output.chunks_exact_mut(self.len)) {
            to.iter_mut().zip(from.iter().rev()).for_each(|(to, from)| *to = *from);
        }
    }

    fn backward(&mut self, _pass: Backward<'_>) {}
}
