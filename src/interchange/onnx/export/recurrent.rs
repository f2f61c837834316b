//! Recurrent layers.
//!
//! ONNX knows how long sequences are, but not which of their steps count. Where there is a mask, the
//! steps that count are moved to the front, and after the recurrence each step gets the state behind
//! as many of them as lie up to it: masked steps leave the state as it is, wherever they are.

use ndarray::{ArrayD, ArrayViewD, Axis};

use super::builder::{Attribute, floats, int, ints, string, strings};
use super::context::{Call, Context, Layout, TensorId};
use crate::interchange::onnx::proto::data_type;
use crate::layers::{
    Bidirectional, Gru, LayerSpec, Lstm, MergeMode, RecurrentActivation, SimpleRnn,
};
use crate::memory::reserve;
use crate::{Error, Result, err};

/// What the layers have in common.
pub(super) struct Cell {
    operator: &'static str,
    /// Of each gate of ONNX, which of the model's it is.
    gates: &'static [usize],
    /// Rows of the bias: one, or one for the inputs and one for the state.
    biases: usize,
    activations: Vec<RecurrentActivation>,
    units: usize,
    use_bias: bool,
    sequences: bool,
    backwards: bool,
}

impl From<&SimpleRnn> for Cell {
    fn from(layer: &SimpleRnn) -> Self {
        Self {
            operator: "RNN",
            gates: &[0],
            biases: 1,
            activations: vec![layer.activation],
            units: layer.units,
            use_bias: layer.use_bias,
            sequences: layer.return_sequences,
            backwards: layer.go_backwards,
        }
    }
}

impl From<&Lstm> for Cell {
    fn from(layer: &Lstm) -> Self {
        Self {
            operator: "LSTM",
            // i, o, f, c of i, f, c, o.
            gates: &[0, 3, 1, 2],
            biases: 1,
            activations: vec![layer.recurrent_activation, layer.activation, layer.activation],
            units: layer.units,
            use_bias: layer.use_bias,
            sequences: layer.return_sequences,
            backwards: layer.go_backwards,
        }
    }
}

impl From<&Gru> for Cell {
    fn from(layer: &Gru) -> Self {
        Self {
            operator: "GRU",
            gates: &[0, 1, 2],
            biases: 2,
            activations: vec![layer.recurrent_activation, layer.activation],
            units: layer.units,
            use_bias: layer.use_bias,
            sequences: layer.return_sequences,
            backwards: layer.go_backwards,
        }
    }
}

/// The prefixes of the parameters of both directions.
const DIRECTIONS: [[&str; 3]; 2] = [
    ["forwardKernel", "forwardRecurrentKernel", "forwardBias"],
    ["backwardKernel", "backwardRecurrentKernel", "backwardBias"],
];

/// `simpleRnn`, `lstm` and `gru`
pub(super) fn one(cx: &mut Context<'_>, call: &Call<'_>, cell: &Cell) -> Result<TensorId> {
    let weights = cell.weights(cx, call, &[["kernel", "recurrentKernel", "bias"]])?;
    let x = cx.last(call.inputs[0]);
    let mut states = Vec::with_capacity(2);
    for &state in &call.inputs[1..] {
        states.push(cx.last(state));
    }
    let mask = call.masks.first().cloned().flatten();
    let y = match mask {
        Some(mask) if cell.backwards => {
            let x = cx.graph.reverse(&x, &[1])?;
            let mask = cx.graph.reverse(&mask, &[1])?;
            cell.masked(cx, call, (x, mask), &weights, &states)?
        }
        Some(mask) => cell.masked(cx, call, (x, mask), &weights, &states)?,
        None => {
            let direction = if cell.backwards { "reverse" } else { "forward" };
            let y = cell.run(cx, (&x, cell.sequences), &weights, &states, direction)?;
            let y = cx.graph.squeeze(&y, &[if cell.sequences { 1 } else { 0 }])?;
            match (cell.sequences, cell.backwards) {
                (false, _) => y,
                (true, false) => cx.graph.transpose(&y, &[1, 0, 2]),
                (true, true) => {
                    let y = cx.graph.transpose(&y, &[1, 0, 2]);
                    cx.graph.reverse(&y, &[1])?
                }
            }
        }
    };
    Ok(cx.tensor(y, call.output.clone(), Layout::Last))
}

/// `bidirectional`
pub(super) fn both(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &Bidirectional,
) -> Result<TensorId> {
    let cell: Cell = match &*layer.layer {
        LayerSpec::SimpleRnn(inner) => inner.into(),
        LayerSpec::Lstm(inner) => inner.into(),
        LayerSpec::Gru(inner) => inner.into(),
        other => {
            return Err(err!(
                Argument,
                "bidirectional: the layer is {}, expected lstm, gru or simpleRnn",
                other.type_name()
            ));
        }
    };
    let x = cx.last(call.inputs[0]);
    let y = match call.masks.first().cloned().flatten() {
        Some(mask) => {
            let forward = cell.weights(cx, call, &DIRECTIONS[..1])?;
            let ahead = cell.masked(cx, call, (x.clone(), mask.clone()), &forward, &[])?;
            let backward = cell.weights(cx, call, &DIRECTIONS[1..])?;
            let x = cx.graph.reverse(&x, &[1])?;
            let mask = cx.graph.reverse(&mask, &[1])?;
            let mut back = cell.masked(cx, call, (x, mask), &backward, &[])?;
            if cell.sequences {
                back = cx.graph.reverse(&back, &[1])?;
            }
            merged(cx, layer.merge_mode, [ahead, back])?
        }
        None => {
            let weights = cell.weights(cx, call, &DIRECTIONS)?;
            let y = cell.run(cx, (&x, cell.sequences), &weights, &[], "bidirectional")?;
            // [batch, steps, directions, units]
            let order: &[usize] = if cell.sequences { &[2, 0, 1, 3] } else { &[1, 0, 2] };
            let y = cx.graph.transpose(&y, order);
            let axis = order.len() - 2;
            let over = || vec![ints("axes", &[axis]), int("keepdims", 0)];
            match layer.merge_mode {
                MergeMode::Concat => cx.graph.reshape(&y, &call.output)?,
                MergeMode::Sum => {
                    let axes = cx.graph.integers("directions", &[axis as i64])?;
                    cx.graph.node("ReduceSum", &[y, axes], vec![int("keepdims", 0)])
                }
                MergeMode::Mul => cx.graph.node("ReduceProd", &[y], over()),
                MergeMode::Ave => cx.graph.node("ReduceMean", &[y], over()),
            }
        }
    };
    Ok(cx.tensor(y, call.output.clone(), Layout::Last))
}

/// The outputs of both directions as one.
fn merged(cx: &mut Context<'_>, mode: MergeMode, both: [String; 2]) -> Result<String> {
    Ok(match mode {
        MergeMode::Concat => cx.graph.node("Concat", &both, vec![int("axis", -1)]),
        MergeMode::Sum => cx.graph.node("Add", &both, vec![]),
        MergeMode::Mul => cx.graph.node("Mul", &both, vec![]),
        MergeMode::Ave => cx.graph.node("Mean", &both, vec![]),
    })
}

impl Cell {
    /// W [directions, gates units, features], R [directions, gates units, units] and B [directions, 2
    /// gates units] (nothing if there is none) of directions whose parameters have these names.
    fn weights(
        &self,
        cx: &mut Context<'_>,
        call: &Call<'_>,
        names: &[[&str; 3]],
    ) -> Result<[String; 3]> {
        let all = |place: usize| names.iter().map(move |names| names[place]);
        let own = match names {
            [one] => *one,
            _ => ["kernel", "recurrentKernel", "bias"],
        };
        let kernels = all(0).map(|name| cx.parameter(call, name)).collect::<Result<Vec<_>>>()?;
        let kernel = cx.kernel(call, own[0], self.stacked(&kernels)?.view(), 1)?;
        let kernels = all(1).map(|name| cx.parameter(call, name)).collect::<Result<Vec<_>>>()?;
        let recurrent = cx.kernel(call, own[1], self.stacked(&kernels)?.view(), 1)?;
        let mut bias = String::new();
        if self.use_bias {
            let biases = all(2).map(|name| cx.parameter(call, name)).collect::<Result<Vec<_>>>()?;
            let mut values = Vec::new();
            for bias in biases {
                values.extend(self.bias(bias)?);
            }
            let dims = [names.len(), values.len() / names.len()];
            bias = cx.graph.floats(
                &format!("{}/{}", call.owner, own[2]),
                &dims,
                values.into_iter(),
            )?;
        }
        Ok([kernel, recurrent, bias])
    }

    /// Kernels [from, gates units] as [directions, gates units, from], the gates in ONNX's order.
    fn stacked(&self, kernels: &[ArrayViewD<'_, f32>]) -> Result<ArrayD<f32>> {
        let (from, count) = (kernels[0].shape()[0], self.gates.len());
        let len = kernels.iter().map(|kernel| kernel.len()).sum();
        let mut values = reserve("the weights of a recurrent layer", len)?;
        for kernel in kernels {
            let gates = kernel.to_shape((from, count, self.units)).map_err(shape_fault)?;
            for &gate in self.gates {
                values.extend(gates.index_axis(Axis(1), gate).t().iter().copied());
            }
        }
        let shape = vec![kernels.len(), count * self.units, from];
        ArrayD::from_shape_vec(shape, values).map_err(shape_fault)
    }

    /// A bias as that of the inputs and that of the state, each [gates units].
    fn bias(&self, bias: ArrayViewD<'_, f32>) -> Result<Vec<f32>> {
        let rows =
            bias.to_shape((self.biases, self.gates.len(), self.units)).map_err(shape_fault)?;
        let mut values: Vec<f32> = rows.select(Axis(1), self.gates).iter().copied().collect();
        values.resize(2 * self.gates.len() * self.units, 0.0);
        Ok(values)
    }

    /// The operator on sequences [batch, steps, features]: [steps, directions, batch, units], or of the
    /// last step alone.
    fn run(
        &self,
        cx: &mut Context<'_>,
        (x, sequences): (&str, bool),
        [kernel, recurrent, bias]: &[String; 3],
        states: &[String],
        direction: &str,
    ) -> Result<String> {
        let x = cx.graph.transpose(x, &[1, 0, 2]);
        let mut inputs = vec![x, kernel.clone(), recurrent.clone(), bias.clone(), String::new()];
        for state in states {
            inputs.push(cx.graph.unsqueeze(state, &[0])?);
        }
        let directions = if direction == "bidirectional" { 2 } else { 1 };
        let attributes = self.attributes(direction, directions);
        Ok(match sequences {
            true => cx.graph.node(self.operator, &inputs, attributes),
            false => cx.graph.node_second((self.operator, ""), &inputs, attributes),
        })
    }

    fn attributes(&self, direction: &str, directions: usize) -> Vec<Attribute> {
        let mut attributes =
            vec![int("hidden_size", self.units as i64), string("direction", direction)];
        if self.operator == "GRU" {
            attributes.push(int("linear_before_reset", 1));
        }
        let (mut names, mut alphas, mut betas) = (Vec::new(), Vec::new(), Vec::new());
        for activation in self.activations.repeat(directions) {
            let (name, numbers) = match activation {
                RecurrentActivation::Tanh => ("Tanh", None),
                RecurrentActivation::Sigmoid => ("Sigmoid", None),
                RecurrentActivation::Relu => ("Relu", None),
                RecurrentActivation::HardSigmoid => ("HardSigmoid", Some((1.0 / 6.0, 0.5))),
                RecurrentActivation::Linear => ("Affine", Some((1.0, 0.0))),
            };
            names.push(name);
            if let Some((alpha, beta)) = numbers {
                alphas.push(alpha);
                betas.push(beta);
            }
        }
        attributes.push(strings("activations", &names));
        if !alphas.is_empty() {
            attributes.push(floats("activation_alpha", alphas));
            attributes.push(floats("activation_beta", betas));
        }
        attributes
    }

    /// Sequences [batch, steps, features] of which the mask says which steps count, forwards: the
    /// state behind every step, or behind the last.
    fn masked(
        &self,
        cx: &mut Context<'_>,
        call: &Call<'_>,
        (x, mask): (String, String),
        weights: &[String; 3],
        states: &[String],
    ) -> Result<String> {
        let steps = call.shapes[0][0];
        let graph = &mut cx.graph;
        let counts = graph.cast(&mask, data_type::INT64);
        // A step that counts lies before all others, and otherwise each where it was.
        let weight = graph.integers("steps", &[steps as i64])?;
        let places: Vec<i64> = (0..steps as i64).collect();
        let places = graph.integers("places", &places)?;
        let ahead = graph.node("Mul", &[&counts, &weight], vec![]);
        let rank = graph.node("Sub", &[ahead, places], vec![]);
        let given = vec![int("axis", 1), int("largest", 1), int("sorted", 1)];
        let order = graph.node_second(("TopK", "values"), &[rank, weight], given);
        let x = self.gather(cx, &x, &order)?;
        let y = self.run(cx, (&x, true), weights, states, "forward")?;
        let y = cx.graph.squeeze(&y, &[1])?;
        let y = cx.graph.transpose(&y, &[1, 0, 2]);
        // The state before the first step is the one behind none.
        let reached = if let Some(state) = states.first() {
            let state = cx.graph.unsqueeze(state, &[1])?;
            cx.graph.node("Concat", &[state, y], vec![int("axis", 1)])
        } else {
            let pads = cx.graph.integers("pads", &[0, 1, 0, 0, 0, 0])?;
            cx.graph.node("Pad", &[y, pads], vec![string("mode", "constant")])
        };
        if self.sequences {
            let until = cx.graph.integer("along", 1)?;
            let passed = cx.graph.node("CumSum", &[counts, until], vec![]);
            return self.gather(cx, &reached, &passed);
        }
        let axis = cx.graph.integers("axis", &[1])?;
        let all = cx.graph.node("ReduceSum", &[counts, axis], vec![int("keepdims", 1)]);
        Ok(cx.graph.node("GatherND", &[reached, all], vec![int("batch_dims", 1)]))
    }

    /// Steps of each sample by their places [batch, steps].
    fn gather(&self, cx: &mut Context<'_>, x: &str, places: &str) -> Result<String> {
        let places = cx.graph.unsqueeze(places, &[2])?;
        Ok(cx.graph.node("GatherND", &[x, &places], vec![int("batch_dims", 1)]))
    }
}

fn shape_fault(error: ndarray::ShapeError) -> Error {
    err!(Shape, "the weights of a recurrent layer: {error}")
}
