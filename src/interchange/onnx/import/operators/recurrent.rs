//! Recurrent layers. ONNX has one matrix for the inputs, [directions, gates units, features], one for the state,
//! [directions, gates units, units], and two biases side by side, [directions, 2 gates units]; ours are
//! [features, gates units] and [units, gates units], with one bias, or two rows of it for GRU.

use super::dense::transposed;
use crate::Result;
use crate::interchange::onnx::import::builder::{Builder, Live, Value, Weight, unsupported};
use crate::interchange::onnx::import::network::Attributes;
use crate::interchange::onnx::proto::NodeProto;
use crate::layers::{
    Axes, Bidirectional, Flip, Gru, LayerSpec, Lstm, MergeMode, RecurrentActivation, SimpleRnn,
};

/// A kind of layer: ONNX's order of its gates for each of ours, and whether it has two biases.
struct Cell {
    /// Where each of our gates lies in ONNX's order.
    gates: &'static [usize],
    two_biases: bool,
    activations: &'static [&'static str],
    make: fn(units: usize, return_sequences: bool, activation: RecurrentActivation) -> LayerSpec,
}

/// ONNX: input, output, forget, cell. Ours: input, forget, cell, output.
const LSTM: Cell = Cell {
    gates: &[0, 2, 3, 1],
    two_biases: false,
    activations: &["sigmoid", "tanh", "tanh"],
    make: |units, return_sequences, _| Lstm { return_sequences, ..Lstm::new(units) }.into(),
};

/// Update, reset, hidden in both.
const GRU: Cell = Cell {
    gates: &[0, 1, 2],
    two_biases: true,
    activations: &["sigmoid", "tanh"],
    make: |units, return_sequences, _| Gru { return_sequences, ..Gru::new(units) }.into(),
};

const RNN: Cell = Cell {
    gates: &[0],
    two_biases: false,
    activations: &["tanh"],
    make: |units, return_sequences, activation| {
        SimpleRnn { return_sequences, activation, ..SimpleRnn::new(units) }.into()
    },
};

pub(super) fn lstm(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    let peepholes = builder.constant(node, 7)?;
    if peepholes.is_some_and(|peepholes| !peepholes.is_all(0.0)) || node.int("input_forget", 0) != 0
    {
        return Err(unsupported(node, "found peepholes or coupled gates"));
    }
    recurrent(builder, node, &LSTM)
}

pub(super) fn gru(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    if node.int("linear_before_reset", 0) != 1 {
        return Err(unsupported(
            node,
            "expected linear_before_reset, as PyTorch and Keras have it",
        ));
    }
    recurrent(builder, node, &GRU)
}

pub(super) fn rnn(builder: &mut Builder, node: &NodeProto) -> Result<()> {
    recurrent(builder, node, &RNN)
}

/// The function of the state, if all functions are those that a layer has.
fn activation(node: &NodeProto, cell: &Cell, directions: usize) -> Result<RecurrentActivation> {
    let wrong = || unsupported(node, "found other activations than its own");
    if node.attribute("clip").is_some() {
        return Err(unsupported(node, "found a clip"));
    }
    let names: Vec<String> =
        node.texts("activations").iter().map(|name| name.to_ascii_lowercase()).collect();
    if names.is_empty() || names.iter().eq(cell.activations.repeat(directions)) {
        return Ok(RecurrentActivation::Tanh);
    }
    let other = match names[0].as_str() {
        "relu" => RecurrentActivation::Relu,
        "sigmoid" => RecurrentActivation::Sigmoid,
        _ => return Err(wrong()),
    };
    let alike = names.len() == directions && names.iter().all(|name| *name == names[0]);
    if cell.gates.len() == 1 && alike { Ok(other) } else { Err(wrong()) }
}

/// The weights of one direction.
fn weights(
    builder: &mut Builder,
    node: &NodeProto,
    cell: &Cell,
    [units, features]: [usize; 2],
    [direction, directions]: [usize; 2],
    names: [&'static str; 3],
) -> Result<Vec<Weight>> {
    let gates = cell.gates.len();
    let mut found = Vec::new();
    // The rows of a matrix, gate after gate in our order.
    let ordered = |values: &[f32], width: usize| -> Vec<f32> {
        let block = units * width;
        cell.gates
            .iter()
            .flat_map(|gate| &values[gate * block..(gate + 1) * block])
            .copied()
            .collect()
    };
    for (number, width) in [(1, features), (2, units)] {
        let (shape, values) = builder.numbers(node, number)?;
        if shape != [directions, gates * units, width] {
            return Err(unsupported(node, &format!("found weights of the shape {shape:?}")));
        }
        let len = gates * units * width;
        let rows = ordered(&values[direction * len..(direction + 1) * len], width);
        let values = transposed(&rows, gates * units, width);
        found.push(Weight::new(names[number - 1], vec![width, gates * units], values));
    }
    let len = gates * units;
    let (shape, values) = match builder.constant(node, 3)? {
        Some(_) => builder.numbers(node, 3)?,
        None => (vec![directions, 2 * len], vec![0.0; directions * 2 * len]),
    };
    if shape != [directions, 2 * len] {
        return Err(unsupported(node, &format!("found biases of the shape {shape:?}")));
    }
    let both = &values[direction * 2 * len..(direction + 1) * 2 * len];
    let [of_input, of_state] = [ordered(&both[..len], 1), ordered(&both[len..], 1)];
    found.push(if cell.two_biases {
        Weight::new(names[2], vec![2, len], [of_input, of_state].concat())
    } else {
        let sums = of_input.iter().zip(&of_state).map(|(input, state)| input + state);
        Weight::new(names[2], vec![len], sums.collect())
    });
    Ok(found)
}

fn recurrent(builder: &mut Builder, node: &NodeProto, cell: &Cell) -> Result<()> {
    let live = builder.live(node, 0)?;
    let by_batch = node.int("layout", 0) == 1;
    let (batch, time) = if by_batch { (0, 1) } else { (1, 0) };
    if live.axes.len() != 3 || builder.batch_axis(&live)? != batch {
        return Err(unsupported(node, "expected sequences"));
    }
    if builder.constant(node, 4)?.is_some() {
        return Err(unsupported(node, "the lengths of sequences are given"));
    }
    let direction = node.text("direction").unwrap_or_else(|| "forward".into());
    let directions = if direction == "bidirectional" { 2 } else { 1 };
    let input = builder.arranged(&live, &[time, 2])?;
    let features = builder.sample_size(&live, 2);
    let hidden = node.int("hidden_size", 0);
    let units = usize::try_from(hidden).ok().filter(|units| (1..=1 << 14).contains(units));
    let units = units.ok_or_else(|| unsupported(node, "expected a hidden_size"))?;
    let activation = activation(node, cell, directions)?;
    let mut found = if directions == 2 {
        let sizes = [units, features];
        let forward = ["forwardKernel", "forwardRecurrentKernel", "forwardBias"];
        let backward = ["backwardKernel", "backwardRecurrentKernel", "backwardBias"];
        let mut found = weights(builder, node, cell, sizes, [0, 2], forward)?;
        found.extend(weights(builder, node, cell, sizes, [1, 2], backward)?);
        found
    } else {
        let names = ["kernel", "recurrentKernel", "bias"];
        weights(builder, node, cell, [units, features], [0, 1], names)?
    };
    let states = initial_states(builder, node, directions, units)?;
    let layer = |return_sequences: bool| -> Result<LayerSpec> {
        let mut layer = (cell.make)(units, return_sequences, activation);
        match (direction.as_str(), &mut layer) {
            ("forward", _) => Ok(layer),
            ("bidirectional", _) => {
                let merge_mode = MergeMode::Concat;
                Ok(Bidirectional { layer: Box::new(layer), merge_mode }.into())
            }
            ("reverse", LayerSpec::Lstm(Lstm { go_backwards, .. }))
            | ("reverse", LayerSpec::Gru(Gru { go_backwards, .. }))
            | ("reverse", LayerSpec::SimpleRnn(SimpleRnn { go_backwards, .. })) => {
                *go_backwards = true;
                Ok(layer)
            }
            _ => Err(unsupported(node, &format!("found the direction {direction}"))),
        }
    };
    let inputs: Vec<usize> = [input].into_iter().chain(states).collect();
    let mut owner = None;
    if builder.takers(node, 0) > 0 {
        let sequence = layer(true)?;
        let mut value = builder.push(sequence, inputs.clone(), std::mem::take(&mut found))?;
        owner = Some(value);
        if direction == "reverse" {
            // The states in the order of time.
            value = builder.push(Flip { axis: Axes::from(1) }, vec![value], Vec::new())?;
        }
        let steps = builder.shape(value)[0];
        if directions == 2 {
            value = builder.reshaped(value, &[steps, 2, units])?;
        }
        // Time, direction, units, of which the direction may be none.
        let mut own = vec![vec![1], Vec::new(), vec![2]];
        if directions == 2 {
            (own[1], own[2]) = (vec![2], vec![3]);
        }
        own.insert(if by_batch { 0 } else { 2 }, vec![0]);
        builder.set_output(node, 0, Live { value, axes: own, sole: true });
    }
    if builder.takers(node, 1) > 0 {
        let last = layer(false)?;
        let mut value = match owner {
            Some(owner) => builder.push_sharing(last, inputs, owner)?,
            None => builder.push(last, inputs, found)?,
        };
        if directions == 2 {
            value = builder.reshaped(value, &[2, units])?;
        }
        let mut own = vec![Vec::new(), vec![1]];
        if directions == 2 {
            own = vec![vec![1], vec![2]];
        }
        own.insert(if by_batch { 0 } else { 1 }, vec![0]);
        builder.set_output(node, 1, Live { value, axes: own, sole: true });
    }
    if builder.takers(node, 2) > 0 {
        return Err(unsupported(node, "the last memory is asked for"));
    }
    Ok(())
}

/// What the state, and the memory of an LSTM, is before the first step; nothing where that is zeros.
fn initial_states(
    builder: &mut Builder,
    node: &NodeProto,
    directions: usize,
    units: usize,
) -> Result<Vec<usize>> {
    let mut states = Vec::new();
    let count = if node.op_type == "LSTM" { 2 } else { 1 };
    for number in 5..5 + count {
        let name = node.input.get(number).map_or("", String::as_str);
        match builder.values.get(name) {
            None => {}
            Some(Value::Constant(zeros)) if zeros.is_all(0.0) => {}
            Some(Value::Live(live)) if directions == 1 => {
                let live = live.clone();
                let order = builder.sample_axes(&live)?;
                let value = builder.arranged(&live, &order)?;
                states.push(builder.reshaped(value, &[units])?);
            }
            Some(_) => return Err(unsupported(node, "expected zeros as the first state")),
        }
    }
    if !states.is_empty() && states.len() != count {
        return Err(unsupported(node, "expected all first states or none"));
    }
    Ok(states)
}
