//! A recurrent layer in both directions.

use super::recurrent::{Common, RecurrentOp};
use super::{
    Attribute, Backward, CompileOptions, Describe, Forward, Gru, Kind, Layer, LayerSpec, Lstm,
    Masking, Op, ParameterSpec, Reads, Shape, SimpleRnn,
};
use crate::json::Json;
use crate::kernels::elementwise::{accumulate, add, multiply, scale, scale_in_place};
use crate::kernels::recurrent::Cell;
use crate::memory::Room;
use crate::{Result, err};

/// How the outputs of the two directions become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum MergeMode {
    /// One behind the other.
    #[default]
    Concat,
    /// Their sum.
    Sum,
    /// Their product.
    Mul,
    /// Their mean.
    Ave,
}

impl MergeMode {
    /// The names in a specification.
    pub const NAMES: &'static [&'static str] = &["concat", "sum", "mul", "ave"];
}

/// A recurrent layer (lstm, gru or simpleRnn) twice, with weights of its own for each direction, as
/// Keras `Bidirectional`: from the beginning to the end and the other way. Sequences are both in the
/// order of time; of padded ones the second begins at the last step that counts. (PyTorch's
/// `bidirectional` is `concat`; without `returnSequences` the output is the last state of each
/// direction, which is its `h_n` and not its output at the last step.)
#[derive(Clone, Debug, PartialEq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bidirectional {
    /// The recurrent layer.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "LayerSpec"))]
    pub layer: Box<LayerSpec>,
    /// How the outputs become one.
    #[serde(default)]
    pub merge_mode: MergeMode,
}

/// The names of the parameters of both directions.
const NAMES: [[&str; 3]; 2] = [
    ["forwardKernel", "forwardRecurrentKernel", "forwardBias"],
    ["backwardKernel", "backwardRecurrentKernel", "backwardBias"],
];

impl Bidirectional {
    /// The layer inside, and its cell.
    fn inner(&self) -> Result<(Common, Box<dyn Cell>)> {
        match self.layer.recurrent() {
            Some(layer) if !layer.common().go_backwards => Ok((layer.common(), layer.cell())),
            Some(_) => Err(err!(
                Argument,
                "bidirectional: the layer has goBackwards, expected one that goes forwards"
            )),
            None => Err(err!(
                Argument,
                "bidirectional: the layer is {}, expected lstm, gru or simpleRnn",
                self.layer.type_name()
            )),
        }
    }
}

/// The layer in the other direction.
fn reversed(common: Common) -> Common {
    Common { go_backwards: true, in_time: true, ..common }
}

impl Describe for Bidirectional {
    const HELP: &'static str = "Runs a recurrent layer in both directions.";
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::new("layer", Kind::Layer(&["lstm", "gru", "simpleRnn"]), "The recurrent layer."),
        Attribute::new("mergeMode", Kind::Choice(MergeMode::NAMES), "How the two are joined."),
    ];

    fn examples() -> Vec<(Self, Vec<Shape>)> {
        let of = |layer: LayerSpec, merge_mode| Self { layer: Box::new(layer), merge_mode };
        vec![
            (
                of(Lstm { return_sequences: true, ..Lstm::new(2) }.into(), MergeMode::Concat),
                vec![vec![4, 3]],
            ),
            (of(Gru::new(3).into(), MergeMode::Sum), vec![vec![3, 2]]),
            (
                of(
                    SimpleRnn { return_sequences: true, ..SimpleRnn::new(3) }.into(),
                    MergeMode::Mul,
                ),
                vec![vec![3, 2]],
            ),
            (of(Gru { dropout: 0.5, ..Gru::new(2) }.into(), MergeMode::Ave), vec![vec![3, 4]]),
        ]
    }
}

impl Layer for Bidirectional {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let (common, _) = self.inner()?;
        let mut shape = self.layer.checked_output_shape(inputs)?;
        if let (Some(last), MergeMode::Concat) = (shape.last_mut(), self.merge_mode) {
            *last = 2 * common.units;
        }
        Ok(shape)
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let own = self.layer.layer().parameters(inputs);
        let direction = |names: [&'static str; 3]| {
            let named = own.clone().into_iter().zip(names);
            named.map(|(parameter, name)| ParameterSpec { name, ..parameter })
        };
        NAMES.into_iter().flat_map(direction).collect()
    }

    fn multiply_adds(&self, inputs: &[Shape]) -> u64 {
        2 * self.layer.layer().multiply_adds(inputs)
    }

    fn is_random(&self) -> bool {
        self.layer.layer().is_random()
    }

    fn masking(&self, inputs: &[Shape]) -> Masking {
        self.layer.layer().masking(inputs)
    }

    fn reads_masks(&self) -> bool {
        true
    }

    fn compile(
        &self,
        inputs: &[Shape],
        max_batch: usize,
        options: CompileOptions,
    ) -> Result<Box<dyn Op>> {
        let (common, cell) = self.inner()?;
        let (_, other) = self.inner()?;
        let forwards = common.op(cell, inputs, max_batch, options, 0)?;
        let backwards = reversed(common).op(other, inputs, max_batch, options, 2)?;
        let rows = if common.return_sequences { inputs[0][0] } else { 1 };
        let len = rows * common.units;
        let parameters = self.layer.layer().parameters(inputs);
        let training = options.training;
        Ok(Box::new(BidirectionalOp {
            directions: [forwards, backwards],
            merge: self.merge_mode,
            units: common.units,
            len,
            weights: parameters.iter().map(|own| own.shape.iter().product::<usize>()).sum(),
            outputs: [0, 1].map(|_| Room::new(max_batch * len)),
            gradients: [0, 1].map(|_| Room::new(if training { max_batch * len } else { 0 })),
            aside: Room::new(if training {
                max_batch * inputs[0].iter().product::<usize>()
            } else {
                0
            }),
            max_batch,
        }))
    }
}

struct BidirectionalOp {
    directions: [RecurrentOp; 2],
    merge: MergeMode,
    units: usize,
    /// Numbers that a direction gives of a sample.
    len: usize,
    /// Weights of a direction.
    weights: usize,
    outputs: [Room; 2],
    gradients: [Room; 2],
    /// The second gradient of the input.
    aside: Room,
    max_batch: usize,
}

impl Op for BidirectionalOp {
    fn name(&self) -> &'static str {
        self.directions[0].name()
    }

    fn bytes(&self) -> usize {
        self.directions.iter().map(Op::bytes).sum()
    }

    fn sample_bytes(&self) -> usize {
        let rooms = self.outputs.iter().chain(&self.gradients).chain([&self.aside]);
        let own = rooms.map(Room::bytes).sum::<usize>() / self.max_batch.max(1);
        own + self.directions.iter().map(Op::sample_bytes).sum::<usize>()
    }

    fn allocate(&mut self, max_batch: usize) -> Result<()> {
        self.directions.iter_mut().try_for_each(|op| op.allocate(max_batch))?;
        let rooms = self.outputs.iter_mut().chain(&mut self.gradients).chain([&mut self.aside]);
        rooms.into_iter().try_for_each(|room| room.allocate("the outputs of both directions"))
    }

    fn backward_reads(&self) -> Reads {
        Reads { inputs: false, output: false }
    }

    fn forward(&mut self, pass: Forward<'_>) {
        let len = pass.n * self.len;
        let weights = pass.weights.chunks_exact(self.weights);
        let both = self.directions.iter_mut().zip(&mut self.outputs).zip(weights);
        for ((direction, output), weights) in both {
            direction.run(
                (pass.n, pass.inputs.get(0), pass.masks.get(0)),
                [None; 2],
                (weights, pass.weights_changed),
                &pass.pass,
                &mut output[..len],
            );
        }
        let [forwards, backwards] = &self.outputs;
        let (forwards, backwards) = (&forwards[..len], &backwards[..len]);
        match self.merge {
            MergeMode::Concat => {
                let rows = pass.output.chunks_exact_mut(2 * self.units);
                let parts =
                    forwards.chunks_exact(self.units).zip(backwards.chunks_exact(self.units));
                for (row, (first, second)) in rows.zip(parts) {
                    row[..self.units].copy_from_slice(first);
                    row[self.units..].copy_from_slice(second);
                }
            }
            MergeMode::Sum => add(forwards, backwards, pass.output),
            MergeMode::Mul => multiply(forwards, backwards, pass.output),
            MergeMode::Ave => {
                add(forwards, backwards, pass.output);
                scale_in_place(0.5, pass.output);
            }
        }
    }

    fn backward(&mut self, mut pass: Backward<'_>) {
        let len = pass.n * self.len;
        self.part(pass.n, pass.doutput);
        let mut dx = pass.dinputs.get(0);
        let weights = pass.weights.chunks_exact(self.weights);
        let dweights = pass.dweights.chunks_exact_mut(self.weights);
        let both = self.directions.iter_mut().zip(&self.gradients).zip(weights.zip(dweights));
        for (number, ((direction, gradient), weights)) in both.enumerate() {
            let aside = dx.as_deref_mut().map(|dx| match number {
                0 => dx,
                _ => &mut self.aside[..dx.len()],
            });
            direction.gradients((pass.n, pass.masks.get(0)), &gradient[..len], weights, aside);
        }
        if let Some(dx) = dx {
            accumulate(&self.aside[..dx.len()], dx);
        }
    }
}

impl BidirectionalOp {
    /// The gradients of both directions from that of the output.
    fn part(&mut self, n: usize, doutput: &[f32]) {
        let len = n * self.len;
        let [forwards, backwards] = &mut self.gradients;
        let (forwards, backwards) = (&mut forwards[..len], &mut backwards[..len]);
        let [first, second] = &self.outputs;
        match self.merge {
            MergeMode::Concat => {
                let parts = forwards
                    .chunks_exact_mut(self.units)
                    .zip(backwards.chunks_exact_mut(self.units));
                for ((first, second), row) in parts.zip(doutput.chunks_exact(2 * self.units)) {
                    first.copy_from_slice(&row[..self.units]);
                    second.copy_from_slice(&row[self.units..]);
                }
            }
            MergeMode::Sum => {
                forwards.copy_from_slice(doutput);
                backwards.copy_from_slice(doutput);
            }
            MergeMode::Mul => {
                multiply(doutput, &second[..len], forwards);
                multiply(doutput, &first[..len], backwards);
            }
            MergeMode::Ave => {
                scale(0.5, doutput, forwards);
                scale(0.5, doutput, backwards);
            }
        }
    }
}
