//! The types of functions.

use std::collections::HashMap;

use anyhow::Result;
use wasm_encoder::TypeSection;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasmparser::{FuncType, ValType};

use super::module::Module;

/// The types of a module, and those that are added.
pub struct Types {
    all: Vec<FuncType>,
    known: HashMap<FuncType, u32>,
}

impl Types {
    pub fn new(module: &Module<'_>) -> Self {
        let mut known = HashMap::new();
        for (kind, index) in module.types.iter().cloned().zip(0..) {
            known.entry(kind).or_insert(index);
        }
        Self { all: module.types.clone(), known }
    }

    /// The number of a type.
    pub fn index(&mut self, parameters: &[ValType], results: &[ValType]) -> u32 {
        let kind = FuncType::new(parameters.iter().copied(), results.iter().copied());
        *self.known.entry(kind.clone()).or_insert_with(|| {
            self.all.push(kind);
            self.all.len() as u32 - 1
        })
    }

    /// All types.
    pub fn section(&self) -> Result<TypeSection> {
        self.section_of(&(0..self.all.len() as u32).collect::<Vec<_>>())
    }

    /// Some types, in this order.
    pub fn section_of(&self, kinds: &[u32]) -> Result<TypeSection> {
        let mut section = TypeSection::new();
        for &kind in kinds {
            let kind = self.all[kind as usize].clone();
            section.ty().func_type(&RoundtripReencoder.func_type(kind)?);
        }
        Ok(section)
    }
}
