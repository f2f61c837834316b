//! What masks ask of layers: what is refused, and zeros at hidden steps.

use super::Writer;
use crate::Result;
use crate::interchange::keras::constants::{Constant, Numbers};
use crate::interchange::keras::flatten::Step;
use crate::interchange::keras::masks::{self, Mask};
use crate::interchange::keras::network::Definition;
use crate::interchange::keras::settings::{Dialect, Settings};
use crate::layers::{Dense, Embedding, LayerSpec, Multiply};
use crate::spec::NodeSpec;

impl Writer<'_> {
    /// Makes zeros of what recurrent layers give at steps that a mask hides, where Keras does and
    /// something sees it: multiplies by an embedding that is 0 for padding and 1 for all words.
    pub fn zero(&mut self, step: &Step, settings: &Settings<'_>) -> Result<()> {
        let Some(Mask::But(hidden)) = step.inputs.first().map(|input| self.masks.of(input)) else {
            return Ok(());
        };
        let inner = settings.inner("layer").unwrap_or(*settings);
        if !inner.flag_or("zero_output_for_mask", false)? || !self.masks.is_seen(&step.name) {
            return Ok(());
        }
        if !inner.flag_or("return_sequences", false)? {
            return Err(inner.wrong("zero_output_for_mask", "false, or return_sequences"));
        }
        let words = self.masks.words(&hidden.value).filter(|_| !hidden.all).ok_or_else(|| {
            settings.unsupported(
                "something sees the zeros that it gives at steps that Masking hides, expected layers \
                 that pass over them, or an embedding with mask_zero in the place of Masking",
            )
        })?;
        let (end, ids) = (self.end(&step.name), self.end(&hidden.value));
        let Some(&width) = self.shapes.get(&end).and_then(|shape| shape.last()) else {
            return Ok(());
        };
        let counts = Embedding { mask_zero: true, ..Embedding::new(words, 1) };
        let counts = self.fixed(step, counts, ids, "embeddings", Numbers::OnesButFirst(words));
        let spread = Dense { use_bias: false, ..Dense::new(width) };
        let spread = self.fixed(step, spread, counts, "kernel", Numbers::Ones(width));
        let name = self.name_beside(&step.name, "then");
        self.push(step, NodeSpec::new(name, Multiply {}.into(), vec![end, spread]));
        Ok(())
    }

    /// Adds a layer that is not trained, with the numbers of its only parameter; gives its name.
    fn fixed(
        &mut self,
        step: &Step,
        layer: impl Into<LayerSpec>,
        input: String,
        parameter: &str,
        numbers: Numbers,
    ) -> String {
        let name = self.name_beside(&step.name, "then");
        self.constants.push(Constant { name: format!("{name}/{parameter}"), numbers });
        let mut node = NodeSpec::new(name.clone(), layer.into(), vec![input]);
        node.trainable = false;
        self.push(step, node);
        name
    }

    /// Refuses masks that Keras has and layers here have not.
    pub fn check_masks(&self, step: &Step, of: &Definition<'_>, inputs: &[String]) -> Result<()> {
        let settings = &of.settings;
        let mask = |place: usize| step.inputs.get(place).map(|input| self.masks.of(input));
        let first = mask(0).unwrap_or(&Mask::None);
        if step.mask.as_ref().is_some_and(|mask| mask != first) {
            return Err(settings.unsupported(
                "it has a mask of its own, expected that of an embedding or Masking before it",
            ));
        }
        let all: Vec<&Mask> = step.inputs.iter().map(|input| self.masks.of(input)).collect();
        if settings.dialect == Dialect::Three
            && matches!(settings.class, "Multiply" | "Maximum" | "Minimum")
            && all.iter().any(|mask| **mask != Mask::None)
            && (all.iter().any(|mask| *mask != first) || self.masks.is_seen(&step.name))
        {
            return Err(settings.unsupported(
                "Keras leaves out what it takes at steps that a mask hides, which something sees, expected \
                 tensors without masks, or the same mask and layers behind that pass over such steps",
            ));
        }
        if step.inputs.len() > 1
            && settings.flag_or("return_sequences", false)?
            && *first != Mask::None
            && self.masks.is_seen(&step.name)
        {
            return Err(settings.unsupported(
                "something sees what it gives at hidden steps in front of all others, which are zeros in \
                 Keras whatever state it begins with, expected no mask or no initial_state",
            ));
        }
        if !masks::reads(settings.class) {
            return Ok(());
        }
        // Behind a fault nothing is known.
        let handed_on = |(input, end): (&String, &String)| {
            !self.shapes.contains_key(end) || self.held(end) == *self.masks.of(input)
        };
        if !step.inputs.iter().zip(inputs).all(handed_on) {
            return Err(settings.unsupported(
                "what it takes has a mask in Keras that no layer here hands on, expected that of one \
                 embedding or Masking, by layers that leave steps where they are",
            ));
        }
        let is_masked = *first != Mask::None;
        match settings.class {
            "Softmax" if is_masked => {
                Err(settings.unsupported("what it takes has a mask, expected none"))
            }
            "MultiHeadAttention" if is_masked && self.masks.is_seen(&step.name) => {
                Err(settings.unsupported(
                    "something sees what it gives at steps that the mask of the query hides, which \
                     differs even between the backends of Keras, expected layers that pass over them",
                ))
            }
            "MultiHeadAttention" if mask(2).is_some_and(|key| mask(1) != Some(key)) => {
                Err(settings.unsupported("the key has another mask than the value, expected the same"))
            }
            _ => Ok(()),
        }
    }
}
