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

    pub fn section(&self) -> Result<TypeSection> {
        let mut section = TypeSection::new();
        for kind in &self.all {
            section.ty().func_type(&RoundtripReencoder.func_type(kind.clone())?);
        }
        Ok(section)
    }
}
