//! Masks as Keras hands them on, which is not always as layers here do: what [`specification`] must end,
//! refuse or make up for.
//!
//! [`specification`]: super::specification

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::flatten::{Flat, Step, What};
use super::layers::Made;
use super::network::Definition;
use super::settings::{Dialect, Settings};
use crate::layers::{Axes, LayerSpec};

/// The steps that Embedding or Masking hides: those of a value whose numbers are these.
#[derive(Clone, Debug, PartialEq)]
pub struct Hidden {
    /// Shared, since every value behind may have the mask.
    pub value: Rc<str>,
    pub number: f64,
    /// Whether a step has several numbers, all of which must be so.
    pub all: bool,
}

/// Which steps of a value count.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Mask {
    /// All.
    #[default]
    None,
    /// All but those that are hidden.
    But(Hidden),
    /// Others.
    Other,
}

/// How a class of Keras treats the mask of what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// A step of the output is computed from that of the input alone.
    Keeps,
    /// The steps stay where they are, but see each other.
    Mixes,
    /// Hidden steps are passed over.
    PassesOver,
    /// The same by attention, which gives something at hidden steps of the query.
    Attends,
    Merges,
    Joins,
    Makes,
    /// It knows no masks.
    Ends,
}

fn way(class: &str) -> Way {
    match class {
        "Activation"
        | "ReLU"
        | "LeakyReLU"
        | "ELU"
        | "PReLU"
        | "Dense"
        | "Dropout"
        | "SpatialDropout1D"
        | "SpatialDropout2D"
        | "GaussianNoise"
        | "BatchNormalization"
        | "GaussianDropout"
        | "AlphaDropout"
        | "ActivityRegularization"
        | "Rescaling"
        | "Normalization"
        | "TimeDistributed" => Way::Keeps,
        "LayerNormalization" | "GroupNormalization" | "Softmax" => Way::Mixes,
        "SimpleRNN" | "LSTM" | "GRU" | "Bidirectional" | "GlobalAveragePooling1D" => {
            Way::PassesOver
        }
        "MultiHeadAttention" => Way::Attends,
        "Add" | "Subtract" | "Multiply" | "Average" | "Maximum" | "Minimum" => Way::Merges,
        "Concatenate" => Way::Joins,
        "Embedding" | "Masking" => Way::Makes,
        _ => Way::Ends,
    }
}

/// Whether a class looks at the masks of what it takes.
pub fn reads(class: &str) -> bool {
    matches!(way(class), Way::PassesOver | Way::Attends) || class == "Softmax"
}

/// The masks of a model's values, by their names.
#[derive(Debug, Default)]
pub struct Masks {
    masks: BTreeMap<String, Mask>,
    /// Those whose hidden steps something sees.
    seen: BTreeSet<String>,
    /// How many words there are in what embeddings take.
    words: BTreeMap<String, usize>,
}

impl Masks {
    pub fn new(flat: &Flat, definitions: &[Definition<'_>], made: &[Made]) -> Self {
        let mut masks = Self::default();
        for step in &flat.steps {
            if let What::Layer(number) = step.what {
                let mask = masks.behind(step, &definitions[number].settings, &made[number].layers);
                masks.masks.insert(step.name.clone(), mask);
            }
        }
        masks.seen.extend(flat.outputs.iter().cloned());
        for step in flat.steps.iter().rev() {
            for (place, input) in step.inputs.iter().enumerate() {
                if masks.sees(step, place, definitions, made) {
                    masks.seen.insert(input.clone());
                }
            }
        }
        masks
    }

    /// The mask of a value in Keras.
    pub fn of(&self, value: &str) -> &Mask {
        self.masks.get(value).unwrap_or(&Mask::None)
    }

    /// Whether something sees what a value has at the steps that its mask hides.
    pub fn is_seen(&self, value: &str) -> bool {
        self.seen.contains(value)
    }

    /// How many words there are in a value that an embedding with `mask_zero` takes.
    pub fn words(&self, value: &str) -> Option<usize> {
        self.words.get(value).copied()
    }

    /// The mask of what a layer gives.
    fn behind(&mut self, step: &Step, settings: &Settings<'_>, layers: &[LayerSpec]) -> Mask {
        let first = || step.inputs.first().map_or(Mask::None, |input| self.of(input).clone());
        let all = || step.inputs.iter().map(|input| self.of(input));
        match way(settings.class) {
            Way::Keeps | Way::Mixes | Way::Attends => first(),
            Way::PassesOver => match settings.inner("layer").unwrap_or(*settings) {
                inner if inner.flag_or("return_sequences", false) == Ok(true) => first(),
                _ => Mask::None,
            },
            // Keras 3 has none where one of the tensors has none, else what any of them counts.
            Way::Merges if settings.dialect == Dialect::Three => {
                if all().any(|mask| *mask == Mask::None) { Mask::None } else { one_of(all()) }
            }
            Way::Joins if settings.dialect == Dialect::Three => match layers {
                layers if !by_step(layers) => {
                    if all().all(|mask| *mask == Mask::None) {
                        Mask::None
                    } else {
                        Mask::Other
                    }
                }
                _ if all().any(|mask| *mask == Mask::None) => Mask::None,
                _ => one_of(all()),
            },
            // Keras 2 has what all of them count that have one.
            Way::Merges | Way::Joins => one_of(all().filter(|mask| **mask != Mask::None)),
            Way::Makes => match (&step.inputs[..], layers) {
                ([value, ..], [LayerSpec::Embedding(layer), ..]) if layer.mask_zero => {
                    let words = self.words.entry(value.clone()).or_default();
                    *words = layer.input_dim.max(*words);
                    Mask::But(Hidden { value: value[..].into(), number: 0.0, all: false })
                }
                ([value, ..], [LayerSpec::MaskingLayer(layer), ..]) => {
                    let number = layer.mask_value;
                    Mask::But(Hidden { value: value[..].into(), number, all: true })
                }
                _ => Mask::None,
            },
            Way::Ends => Mask::None,
        }
    }

    /// Whether a step sees what its input at this place has at hidden steps, or gives it to what does.
    fn sees(
        &self,
        step: &Step,
        place: usize,
        definitions: &[Definition<'_>],
        made: &[Made],
    ) -> bool {
        let What::Layer(number) = step.what else { return true };
        let class = definitions[number].settings.class;
        let is_masked = *self.of(&step.inputs[place]) != Mask::None;
        match way(class) {
            Way::PassesOver => !(is_masked && place == 0),
            Way::Attends => !is_masked || (place == 0 && self.is_seen(&step.name)),
            Way::Mixes | Way::Joins if !by_step(&made[number].layers) => true,
            Way::Keeps | Way::Mixes | Way::Merges | Way::Joins => {
                *self.of(&step.name) == Mask::None || self.is_seen(&step.name)
            }
            Way::Makes | Way::Ends => true,
        }
    }
}

/// Whether a layer that goes by an axis goes by the last one, so that steps do not see each other.
fn by_step(layers: &[LayerSpec]) -> bool {
    match layers {
        [LayerSpec::LayerNormalization(layer)] => layer.axis == Axes(vec![-1]),
        [LayerSpec::Concatenate(layer)] => layer.axis == -1,
        _ => false,
    }
}

/// The mask that all are.
pub fn one_of<'a>(mut masks: impl Iterator<Item = &'a Mask>) -> Mask {
    let Some(first) = masks.next() else { return Mask::None };
    if masks.all(|mask| mask == first) { first.clone() } else { Mask::Other }
}
