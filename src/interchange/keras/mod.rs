//! Models that Keras saved: archives (`.keras`) and whole-model HDF5 files (`.h5`), of Keras 2 and 3.
//!
//! The configuration says which layers there are ([`network`]); models within models and layers that are
//! called several times become one list ([`flatten`]); each layer is made by a table ([`layers`]), each
//! operation on tensors by another ([`operations`]); and the numbers come from where the kind of file keeps
//! them. TensorFlow.js shares all but the last.

mod archive;
#[cfg(all(any(test, fuzzing), not(target_arch = "wasm32")))]
pub(crate) mod check;
mod constants;
mod flatten;
mod layers;
mod legacy;
mod masks;
mod network;
mod operations;
mod quoted;
mod settings;
mod specification;
mod weights;

use std::collections::BTreeMap;

use ndarray::{ArrayView, IxDyn};
use serde_json::Value;

use self::flatten::{Flat, What};
use self::layers::Made;
use self::network::{Definition, Reader};
pub(super) use self::settings::Dialect;
use self::specification::Written;
pub(super) use self::weights::{Wanted, Weights};
use super::Imported;
use crate::formats::hdf5;
use crate::formats::safetensors::ModelInfo;
use crate::graph::Graph;
use crate::layers::Shape;
use crate::model::Model;
use crate::{Result, err};

/// The classes of Keras's layers that are read.
pub fn classes() -> impl Iterator<Item = &'static str> {
    layers::LAYERS.iter().map(|(class, _)| *class)
}

/// The functions of TensorFlow that are read where a file has them in the place of layers.
pub fn functions() -> impl Iterator<Item = &'static str> {
    operations::functions()
}

/// Reads an archive or a whole-model HDF5 file. `shapes` are those of the model's inputs without the
/// batch, where the file leaves sizes open; where it is empty, the file's count.
///
/// # Errors
/// `Format` for damaged files; `Unsupported` for layers, settings and networks that cannot be expressed
/// here, all of them at once; `NotFound` and `Shape` for weights that are not there or do not fit.
pub fn read(bytes: &[u8], shapes: &[Shape]) -> Result<Imported> {
    if bytes.starts_with(b"PK") {
        return archive::read(bytes, shapes);
    }
    if hdf5::sniff(bytes) {
        return legacy::read(bytes, shapes);
    }
    Err(err!(
        Format,
        "Keras: {} bytes are neither a zip archive (.keras) nor an HDF5 file (.h5)",
        bytes.len()
    ))
}

/// Reads a configuration as JSON.
pub(super) fn parse(what: &str, text: &[u8]) -> Result<Value> {
    let text = str::from_utf8(text).map_err(|_| err!(Format, "{what} is not UTF-8"))?;
    serde_json::from_str(text).map_err(|error| err!(Format, "{what} is no JSON: {error}"))
}

/// The model of a configuration with a file's weights.
pub(super) fn assemble(
    model: &Value,
    dialect: Dialect,
    shapes: &[Shape],
    weights: &dyn Weights,
) -> Result<Imported> {
    model_of(model, dialect, shapes, weights).map_err(quoted::bounded)
}

fn model_of(
    model: &Value,
    dialect: Dialect,
    shapes: &[Shape],
    weights: &dyn Weights,
) -> Result<Imported> {
    let mut reader = Reader { dialect, definitions: Vec::new(), inner: 0 };
    let network = reader.read(model)?;
    let definitions = reader.definitions;
    let (made, mut faults) = make_all(&definitions);
    let flat = match flatten::flatten(&network, &definitions, shapes) {
        Err(error) if faults.is_empty() => return Err(error),
        Err(_) => Flat::default(),
        Ok(flat) => flat,
    };
    faults.extend_from_slice(&flat.faults);
    if !faults.is_empty() {
        return Err(err!(Unsupported, "{}", faults.join("; ")));
    }
    let Written { spec, first, constants } =
        specification::write(network.name, &flat, &definitions, &made)?;
    let graph = Graph::new(&spec)?;
    check_axes(&graph, &flat, &made)?;
    // The configuration says how much will be allocated; the file must have it.
    let numbers = graph.weights_len() + graph.state_len();
    let known: usize = constants.iter().map(|constant| constant.numbers.given()).sum();
    let most = weights.most().saturating_add(known);
    if numbers > most {
        return Err(err!(
            Format,
            "Keras: the model has {numbers} numbers, expected at most the {most} that the file has \
             room for"
        ));
    }
    let mut model = Model::with_zeros(spec, graph)?;
    fill(&mut model, &definitions, &made, &first, weights)?;
    constants::set(&mut model, constants)?;
    let (info, notes) = (ModelInfo::default(), notes(&definitions, &made));
    Ok(Imported { model, info, knows_preprocessing: false, notes })
}

/// Makes all layers, and says of all at once why they cannot be made.
fn make_all(definitions: &[Definition<'_>]) -> (Vec<Made>, Vec<String>) {
    let mut faults = Vec::new();
    let mut all = Vec::with_capacity(definitions.len());
    for definition in definitions {
        match layers::make(&definition.settings) {
            Ok(made) => all.push(made),
            Err(error) => faults.push(error.message().to_owned()),
        }
    }
    (all, faults)
}

/// Refuses layers that go by an axis which is not the last one.
fn check_axes(graph: &Graph, flat: &Flat, made: &[Made]) -> Result<()> {
    for step in &flat.steps {
        let What::Layer(number) = step.what else { continue };
        let Some(axis) = made[number].last_axis else { continue };
        let node = graph.nodes().iter().find(|node| node.name == step.name);
        let rank = node.and_then(|node| node.inputs.first()).map(|&value| graph.shape(value).len());
        if rank != usize::try_from(axis).ok() {
            return Err(err!(
                Unsupported,
                "layer \"{}\": axis is {axis}, expected the last one, {}",
                step.name,
                rank.unwrap_or_default()
            ));
        }
    }
    Ok(())
}

/// Fills the model with the file's numbers.
fn fill(
    model: &mut Model,
    definitions: &[Definition<'_>],
    made: &[Made],
    first: &[Option<String>],
    weights: &dyn Weights,
) -> Result<()> {
    let slots = model.tensors().to_vec();
    let mut by_layer = BTreeMap::<&str, Vec<_>>::new();
    for slot in &slots {
        let layer = slot.name.rsplit_once('/').map_or("", |(layer, _)| layer);
        by_layer.entry(layer).or_default().push(slot);
    }
    // Texts that the list of what is wanted borrows.
    let mut places = Vec::new();
    for (number, definition) in definitions.iter().enumerate() {
        let Some(slots) = first[number].as_deref().and_then(|name| by_layer.get(name)) else {
            continue;
        };
        let named = weights::places(&made[number].layers[0], slots.len());
        places.push((definition, made[number].gates, slots, named));
    }
    let mut wanted = Vec::new();
    for (definition, gates, slots, named) in &places {
        for (slot, (place, keras)) in slots.iter().zip(named) {
            wanted.push(Wanted {
                name: &slot.name,
                shape: &slot.shape,
                trainable: slot.trainable,
                definition,
                place,
                keras,
                gates: *gates,
            });
        }
    }
    let found = weights.of(&wanted)?;
    for (wanted, numbers) in wanted.iter().zip(found) {
        let values = weights::fitted(wanted, numbers)?;
        let array = ArrayView::from_shape(IxDyn(wanted.shape), &values);
        let array = array.map_err(|error| err!(Shape, "\"{}\": {error}", wanted.name))?;
        model.set_tensor(wanted.name, array)?;
    }
    Ok(())
}

/// What is left aside or not the same: what counts only while training.
fn notes(definitions: &[Definition<'_>], made: &[Made]) -> Vec<String> {
    const LEFT: [&str; 6] = [
        "kernel_regularizer",
        "recurrent_regularizer",
        "bias_regularizer",
        "activity_regularizer",
        "kernel_constraint",
        "bias_constraint",
    ];
    let mut notes: Vec<(String, Vec<&str>)> = Vec::new();
    let mut add = |note: String, layer| match notes.iter_mut().find(|(own, _)| *own == note) {
        Some((_, layers)) => layers.push(layer),
        None => notes.push((note, vec![layer])),
    };
    for (Definition { settings, .. }, made) in definitions.iter().zip(made) {
        if let Some(note) = made.note {
            add(note.into(), settings.name);
        }
        for name in LEFT.iter().filter(|name| settings.get(name).is_some()) {
            add(format!("{name} was left aside"), settings.name);
        }
        if let Some(half) = settings.half_precision() {
            add(format!("it computes in {half} in Keras, and in float32 here"), settings.name);
        }
    }
    notes.into_iter().map(|(note, layers)| format!("{}: {note}", named(&layers))).collect()
}

/// The first of some layers, and how many more there are.
fn named(layers: &[&str]) -> String {
    const FIRST: usize = 3;
    let first: Vec<String> =
        layers.iter().take(FIRST).map(|layer| format!("\"{layer}\"")).collect();
    let first = first.join(", ");
    match layers.len() {
        1 => format!("layer {first}"),
        count if count <= FIRST => format!("layers {first}"),
        count => format!("layers {first} and {} more", count - FIRST),
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
