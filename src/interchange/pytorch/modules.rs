//! Modules of a state dict: tensors by what stands before their last dot.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::Tensor;
use crate::formats::safetensors::foreign::Foreign;

/// A module with its own tensors.
pub struct Module {
    pub prefix: String,
    /// By their names in it.
    pub tensors: BTreeMap<String, Tensor>,
}

/// The modules in the order of their names, numbers in them by their size.
pub fn modules(tensors: Vec<Foreign>) -> Vec<Module> {
    let is_attention = |prefix: &str| {
        let weight = format!("{prefix}.in_proj_weight");
        tensors.iter().any(|tensor| {
            tensor.name == weight || (prefix.is_empty() && tensor.name == "in_proj_weight")
        })
    };
    let mut places = Vec::with_capacity(tensors.len());
    for tensor in &tensors {
        let (prefix, name) = tensor.name.rsplit_once('.').unwrap_or(("", &tensor.name));
        // Attention has its last product as a module within.
        let outer = prefix.strip_suffix("out_proj").map(|outer| outer.trim_end_matches('.'));
        places.push(match outer.filter(|outer| is_attention(outer)) {
            Some(outer) => (outer.to_owned(), format!("out_proj.{name}")),
            None => recurrent(prefix, name),
        });
    }
    let mut modules = BTreeMap::<String, BTreeMap<String, Tensor>>::new();
    for ((prefix, name), Foreign { name: whole, shape, values }) in places.into_iter().zip(tensors)
    {
        // Whole numbers count batches.
        let Some(values) = values else { continue };
        modules.entry(prefix).or_default().insert(name, Tensor { name: whole, shape, values });
    }
    let modules = modules.into_iter().map(|(prefix, tensors)| Module { prefix, tensors });
    let mut modules: Vec<Module> = modules.collect();
    modules.sort_by(|a, b| natural(&a.prefix, &b.prefix));
    modules
}

/// The layers of a recurrent module stand for modules: `lstm` with `weight_ih_l1` is `lstm.l1` with
/// `weight_ih`; the first keeps its name.
fn recurrent(prefix: &str, name: &str) -> (String, String) {
    let split = name
        .split_once("_l")
        .filter(|(kind, _)| matches!(*kind, "weight_ih" | "weight_hh" | "bias_ih" | "bias_hh"));
    let Some((kind, rest)) = split else { return (prefix.to_owned(), name.to_owned()) };
    let (level, suffix) = match rest.strip_suffix("_reverse") {
        Some(level) => (level, "_reverse"),
        None => (rest, ""),
    };
    let prefix = match level {
        "0" => prefix.to_owned(),
        level => format!("{prefix}.l{level}"),
    };
    (prefix, format!("{kind}{suffix}"))
}

/// The order of names, with whole numbers in them by their size.
fn natural(a: &str, b: &str) -> Ordering {
    let key = |text: &str| -> Vec<(usize, String)> {
        let parts = text.split('.').map(|part| {
            // Longer numbers are larger ones.
            let length = if part.bytes().all(|b| b.is_ascii_digit()) { part.len() } else { 0 };
            (length, part.to_owned())
        });
        parts.collect()
    };
    key(a).cmp(&key(b))
}
