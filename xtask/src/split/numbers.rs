//! The numbers that functions and types have in a part.

use std::collections::HashMap;
use std::fmt;

use wasm_encoder::reencode::{Error, Reencode};

/// Numbers functions anew, and types as they are used.
pub struct Numbers {
    new: HashMap<u32, u32>,
    pub count: u32,
    /// The types that are used, by their new numbers.
    pub kinds: Vec<u32>,
    of_kinds: HashMap<u32, u32>,
}

impl Numbers {
    /// In this order; `None` is a function that the whole module does not have.
    pub fn new<'f>(order: impl Iterator<Item = Option<&'f u32>>) -> Self {
        let mut numbers =
            Self { new: HashMap::new(), count: 0, kinds: Vec::new(), of_kinds: HashMap::new() };
        for function in order {
            if let Some(&function) = function {
                numbers.new.insert(function, numbers.count);
            }
            numbers.count += 1;
        }
        numbers
    }

    /// The number of a type.
    pub fn of_kind(&mut self, kind: u32) -> u32 {
        *self.of_kinds.entry(kind).or_insert_with(|| {
            self.kinds.push(kind);
            self.kinds.len() as u32 - 1
        })
    }

    pub fn of(&self, function: u32) -> Result<u32, Missing> {
        self.new.get(&function).copied().ok_or(Missing(function))
    }
}

/// A function that is called in a part to which it does not belong.
#[derive(Debug)]
pub struct Missing(u32);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "function {} is called where it is not", self.0)
    }
}

impl std::error::Error for Missing {}

impl Reencode for Numbers {
    type Error = Missing;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Missing>> {
        self.of(function).map_err(Error::UserError)
    }

    fn type_index(&mut self, kind: u32) -> Result<u32, Error<Missing>> {
        Ok(self.of_kind(kind))
    }
}
