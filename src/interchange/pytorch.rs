//! State dicts of PyTorch, saved as safetensors, into a model of the same layers.

mod modules;
mod parameters;

use self::modules::{Module, modules};
use self::parameters::{Turn, parameter};
use super::weights::Taking;
use crate::formats::safetensors::foreign;
use crate::graph::{Node, TensorSlot};
use crate::layers::Shape;
use crate::model::{Model, WeightsReport};
use crate::{Result, err};

/// A layer of the model with parameters.
struct Target {
    node: Node,
    slots: Vec<TensorSlot>,
    /// How features lie otherwise in PyTorch.
    turn: Option<Turn>,
}

/// Whether a zip file is a pickle, as `torch.save` writes it.
pub(super) fn is_pickle(bytes: &[u8]) -> bool {
    // Within so many bytes it names the pickle.
    const WITHIN: usize = 1 << 12;
    bytes[..bytes.len().min(WITHIN)].windows(8).any(|part| part == b"data.pkl")
}

/// Takes the tensors of a state dict. `names` says of layers which module they are, by its prefix
/// (`"features.0"`; `"lstm.l1"` for the second layer of an LSTM that has several). The other layers take the
/// module of their own name, if there is one; and what is left goes by order: each layer takes the first
/// module, in the order of names and of the numbers in them, that has tensors for all its parameters, of the
/// right shapes, and no others.
///
/// Kernels are turned (`[out, in, height, width]`, `[out, in]`), gates put in order, biases added up; and a
/// dense layer behind the flattening of an image gets its rows in the order of [height, width, channels].
///
/// # Errors
/// `Format` for what is no safetensors file, `NotFound` for names that neither has, `Data` for numbers
/// that are not finite. What does not fit stays as it is, and is in the report.
pub fn load(model: &mut Model, bytes: &[u8], names: &[(&str, &str)]) -> Result<WeightsReport> {
    let modules = modules(foreign::tensors(bytes)?);
    let targets = targets(model);
    let chosen = choose(&targets, &modules, names)?;
    let mut taking = Taking::default();
    let mut used = vec![Vec::new(); modules.len()];
    for (target, chosen) in targets.iter().zip(&chosen) {
        let Some(number) = *chosen else { continue };
        for slot in &target.slots {
            let Some(taken) = target.take(slot, &modules[number]) else { continue };
            used[number].extend(taken.used);
            if taking.fits(&slot.name, taken.shape, slot.shape.clone()) {
                taking.taken.push((slot.name.clone(), taken.values));
            }
        }
    }
    for (module, used) in modules.iter().zip(&used) {
        let unused = module.tensors.iter().filter(|(name, _)| !used.contains(name));
        taking.report.unexpected.extend(unused.map(|(_, tensor)| tensor.name.clone()));
    }
    taking.finish(model)
}

impl Target {
    fn take<'m>(&self, slot: &TensorSlot, module: &'m Module) -> Option<parameters::Taken<'m>> {
        let name = slot.name.rsplit('/').next()?;
        parameter(&self.node.layer, name, &slot.shape, module, self.turn)
    }

    /// Whether a module has all that this layer needs, and nothing else.
    fn fits(&self, module: &Module) -> bool {
        let mut used = Vec::new();
        for slot in &self.slots {
            match self.take(slot, module) {
                Some(taken) if taken.shape == slot.shape => used.extend(taken.used),
                _ => return false,
            }
        }
        module.tensors.keys().all(|name| used.contains(&name))
    }
}

/// The layers of the model that have parameters of their own.
fn targets(model: &Model) -> Vec<Target> {
    let mut targets = Vec::new();
    for node in model.graph().nodes() {
        let own = |slot: &&TensorSlot| {
            slot.name.rsplit_once('/').is_some_and(|(layer, _)| layer == node.name)
        };
        let slots: Vec<TensorSlot> = model.tensors().iter().filter(own).cloned().collect();
        if !slots.is_empty() {
            let turn = Turn::of(model.graph(), node);
            targets.push(Target { node: node.clone(), slots, turn });
        }
    }
    targets
}

/// For each layer the number of its module.
fn choose(
    targets: &[Target],
    modules: &[Module],
    names: &[(&str, &str)],
) -> Result<Vec<Option<usize>>> {
    let mut chosen = vec![None; targets.len()];
    let mut taken = vec![false; modules.len()];
    for (layer, prefix) in names {
        let target = targets.iter().position(|target| target.node.name == *layer);
        let target = target
            .ok_or_else(|| err!(NotFound, "the model has no layer \"{layer}\" with parameters"))?;
        let prefix = prefix.trim_end_matches('.');
        let module = modules.iter().position(|module| module.prefix == prefix);
        let module = module.ok_or_else(|| {
            err!(
                NotFound,
                "the state dict has no module \"{prefix}\", expected one of {}",
                list(modules)
            )
        })?;
        chosen[target] = Some(module);
        taken[module] = true;
    }
    let plain = |name: &str| -> String {
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    for (target, chosen) in targets.iter().zip(&mut chosen).filter(|(_, chosen)| chosen.is_none()) {
        let own = plain(&target.node.name);
        let same = |number: &usize| !taken[*number] && plain(&modules[*number].prefix) == own;
        *chosen = (0..modules.len()).find(same);
        if let Some(number) = *chosen {
            taken[number] = true;
        }
    }
    for (target, chosen) in targets.iter().zip(&mut chosen).filter(|(_, chosen)| chosen.is_none()) {
        *chosen = (0..modules.len()).find(|&n| !taken[n] && target.fits(&modules[n]));
        if let Some(number) = *chosen {
            taken[number] = true;
        }
    }
    Ok(chosen)
}

/// The prefixes, some of them.
fn list(modules: &[Module]) -> String {
    const MOST: usize = 20;
    let names = modules.iter().take(MOST).map(|module| format!("\"{}\"", module.prefix));
    let more = if modules.len() > MOST { ", ..." } else { "" };
    names.collect::<Vec<_>>().join(", ") + more
}

/// A tensor of the state dict.
struct Tensor {
    name: String,
    shape: Shape,
    values: Vec<f32>,
}
