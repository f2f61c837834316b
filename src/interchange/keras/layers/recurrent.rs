//! Words and sequences.

use serde_json::Value;

use super::{Gates, Made};
use crate::Result;
use crate::interchange::keras::settings::Settings;
use crate::layers::{
    Bidirectional, Embedding, Gru, LayerSpec, Lstm, MaskingLayer, MergeMode, MultiHeadAttention,
    RecurrentActivation, SimpleRnn, TimeDistributed,
};

pub fn embedding(s: &Settings<'_>) -> Result<Made> {
    let layer = Embedding {
        mask_zero: s.flag_or("mask_zero", false)?,
        ..Embedding::new(s.size("input_dim")?, s.size("output_dim")?)
    };
    Ok(Made::one(layer))
}

pub fn masking(s: &Settings<'_>) -> Result<Made> {
    Ok(Made::one(MaskingLayer { mask_value: s.number_or("mask_value", 0.0)? }))
}

/// Refuses what no recurrent layer here does.
fn check(s: &Settings<'_>) -> Result<()> {
    s.only("stateful", false)?;
    s.only("return_state", false)?;
    s.only("time_major", false)
}

/// The function of the gates, and what it needs of the weights; `blocks` says which blocks are gates.
fn gates(
    s: &Settings<'_>,
    blocks: &'static [bool],
) -> Result<(RecurrentActivation, Option<Gates>)> {
    // TensorFlow.js and the first versions of Keras leave out what was the default then.
    let gate = s.gate("recurrent_activation", "hard_sigmoid")?;
    let scale = s.dialect.hard_sigmoid_scale();
    let scaled = gate == RecurrentActivation::HardSigmoid && scale != 1.0;
    Ok((gate, scaled.then_some(Gates { scale, blocks })))
}

/// The function of the state.
fn state(s: &Settings<'_>) -> Result<RecurrentActivation> {
    let state = s.gate("activation", "tanh")?;
    if state == RecurrentActivation::HardSigmoid && s.dialect.hard_sigmoid_scale() != 1.0 {
        return Err(s.wrong("activation", "tanh, sigmoid, relu or linear"));
    }
    Ok(state)
}

pub fn simple_rnn(s: &Settings<'_>) -> Result<Made> {
    check(s)?;
    Ok(Made::one(SimpleRnn {
        activation: state(s)?,
        use_bias: s.flag_or("use_bias", true)?,
        return_sequences: s.flag_or("return_sequences", false)?,
        go_backwards: s.flag_or("go_backwards", false)?,
        dropout: s.number_or("dropout", 0.0)?,
        recurrent_dropout: s.number_or("recurrent_dropout", 0.0)?,
        ..SimpleRnn::new(s.size("units")?)
    }))
}

pub fn lstm(s: &Settings<'_>) -> Result<Made> {
    check(s)?;
    // Input, forget, candidate, output.
    let (recurrent_activation, gates) = gates(s, &[true, true, false, true])?;
    let layer = Lstm {
        activation: state(s)?,
        recurrent_activation,
        use_bias: s.flag_or("use_bias", true)?,
        return_sequences: s.flag_or("return_sequences", false)?,
        go_backwards: s.flag_or("go_backwards", false)?,
        dropout: s.number_or("dropout", 0.0)?,
        recurrent_dropout: s.number_or("recurrent_dropout", 0.0)?,
        unit_forget_bias: s.flag_or("unit_forget_bias", true)?,
        ..Lstm::new(s.size("units")?)
    };
    Ok(Made { gates, ..Made::one(layer) })
}

pub fn gru(s: &Settings<'_>) -> Result<Made> {
    check(s)?;
    // TensorFlow.js and the first versions of Keras 2 have no such setting, and reset before the product.
    if !s.flag_or("reset_after", false)? {
        return Err(s.wrong("reset_after", "true"));
    }
    // Update, reset, candidate.
    let (recurrent_activation, gates) = gates(s, &[true, true, false])?;
    let layer = Gru {
        activation: state(s)?,
        recurrent_activation,
        use_bias: s.flag_or("use_bias", true)?,
        return_sequences: s.flag_or("return_sequences", false)?,
        go_backwards: s.flag_or("go_backwards", false)?,
        dropout: s.number_or("dropout", 0.0)?,
        recurrent_dropout: s.number_or("recurrent_dropout", 0.0)?,
        ..Gru::new(s.size("units")?)
    };
    Ok(Made { gates, ..Made::one(layer) })
}

pub fn bidirectional(s: &Settings<'_>) -> Result<Made> {
    let merge_mode = match s.get("merge_mode").and_then(Value::as_str) {
        Some("concat") => MergeMode::Concat,
        Some("sum") => MergeMode::Sum,
        Some("mul") => MergeMode::Mul,
        Some("ave") => MergeMode::Ave,
        _ => return Err(s.wrong("merge_mode", "\"concat\", \"sum\", \"mul\" or \"ave\"")),
    };
    let inner = s.inner("layer")?;
    let forwards = super::make(&inner)?;
    if s.get("backward_layer").is_some() {
        let backwards = super::make(&s.inner("backward_layer")?)?;
        if turned(&backwards.layers) != turned(&forwards.layers) {
            return Err(s.unsupported(
                "backward_layer has other settings than layer, expected the same in both directions",
            ));
        }
    }
    let [layer] = <[LayerSpec; 1]>::try_from(forwards.layers)
        .map_err(|_| s.wrong("layer", "LSTM, GRU or SimpleRNN"))?;
    let layer = Bidirectional { layer: Box::new(layer), merge_mode };
    Ok(Made { gates: forwards.gates, ..Made::one(layer) })
}

/// The same layers forwards.
fn turned(layers: &[LayerSpec]) -> Vec<LayerSpec> {
    let mut layers = layers.to_vec();
    for layer in &mut layers {
        match layer {
            LayerSpec::Lstm(layer) => layer.go_backwards = false,
            LayerSpec::Gru(layer) => layer.go_backwards = false,
            LayerSpec::SimpleRnn(layer) => layer.go_backwards = false,
            _ => {}
        }
    }
    layers
}

pub fn time_distributed(s: &Settings<'_>) -> Result<Made> {
    let mut made = super::make(&s.inner("layer")?)?;
    if made.last_axis.is_some() {
        return Err(s.unsupported("the layer within goes by an axis, expected the last one as -1"));
    }
    if made.is_row || made.channels.is_some() {
        return Err(s.wrong("layer", "one that is a layer here, too, and no several"));
    }
    for layer in &mut made.layers {
        *layer = TimeDistributed { layer: Box::new(layer.clone()) }.into();
    }
    Ok(made)
}

pub fn multi_head_attention(s: &Settings<'_>) -> Result<Made> {
    s.none("output_shape")?;
    match s.integers("attention_axes")?.as_deref() {
        None | Some([1]) => {}
        Some(_) => return Err(s.wrong("attention_axes", "the positions, [1]")),
    }
    let value_dim = s.get("value_dim").map(|_| s.size("value_dim")).transpose()?;
    Ok(Made::one(MultiHeadAttention {
        value_dim,
        dropout: s.number_or("dropout", 0.0)?,
        use_bias: s.flag_or("use_bias", true)?,
        ..MultiHeadAttention::new(s.size("num_heads")?, s.size("key_dim")?)
    }))
}
