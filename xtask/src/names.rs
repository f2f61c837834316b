//! Names under which a module imports functions of its glue.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{EntityType, ImportSection, RawSection};
use wasmparser::{Parser, Payload, TypeRef};

/// The length of the hash at the end of those that wasm-bindgen chooses, with its underscore.
const HASH: usize = 17;

/// Takes the hashes off the names by which a module and its glue know a function: each is eight bytes that
/// nothing compresses, in both. Where several functions have one name without it, they are numbered.
pub fn shorten(glue: &str, module: &[u8]) -> Result<(String, Vec<u8>)> {
    let names = imported(module)?;
    let words: BTreeSet<&str> = words(glue).collect();
    let mut short = BTreeMap::new();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for name in &names {
        let Some(base) = without_hash(name) else { continue };
        let numbered = (1..).map(|number| format!("{base}_{number}"));
        let free = |other: &String| !taken.contains(other) && !words.contains(other.as_str());
        let new = std::iter::once(base.to_string()).chain(numbered).find(free);
        let new = new.context("there are numbers enough")?;
        taken.insert(new.clone());
        short.insert(name.clone(), new);
    }
    Ok((renamed(glue, &short), with_imports(module, &short)?))
}

/// What precedes a hash; nothing where there is none.
fn without_hash(name: &str) -> Option<&str> {
    let (base, hash) = name.split_at_checked(name.len().checked_sub(HASH)?)?;
    let digits = hash.strip_prefix('_')?;
    let is_hash = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (is_hash && !base.is_empty()).then_some(base)
}

/// The names of all functions that a module imports.
fn imported(module: &[u8]) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(imports) = payload? {
            for import in imports.into_imports() {
                let import = import?;
                if matches!(import.ty, TypeRef::Func(_)) {
                    names.insert(import.name.to_string());
                }
            }
        }
    }
    Ok(names)
}

fn is_of_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '$'
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter| !is_of_word(letter)).filter(|word| !word.is_empty())
}

/// A text in which whole words are others.
fn renamed(text: &str, new: &BTreeMap<String, String>) -> String {
    let mut changed = String::with_capacity(text.len());
    let mut left = text;
    while !left.is_empty() {
        let word = left.find(|letter| !is_of_word(letter)).unwrap_or(left.len());
        let (word, rest) = left.split_at(word);
        changed.push_str(new.get(word).map_or(word, String::as_str));
        let between = rest.find(is_of_word).unwrap_or(rest.len());
        let (between, rest) = rest.split_at(between);
        changed.push_str(between);
        left = rest;
    }
    changed
}

/// The same module, importing by other names.
fn with_imports(module: &[u8], new: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    let mut changed = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let Payload::ImportSection(imports) = payload {
            let mut section = ImportSection::new();
            for import in imports.into_imports() {
                let import = import?;
                let kind: EntityType = RoundtripReencoder.entity_type(import.ty)?;
                let name = new.get(import.name).map_or(import.name, String::as_str);
                section.import(import.module, name, kind);
            }
            changed.section(&section);
        } else if let Some((id, range)) = payload.as_section() {
            changed.section(&RawSection { id, data: &module[range] });
        }
    }
    Ok(changed.finish())
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{FunctionSection, Module, TypeSection};

    use super::*;

    /// A module that imports functions of these names, with a function of its own.
    fn importing(names: &[&str]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        for name in names {
            imports.import("glue", name, EntityType::Function(0));
        }
        let mut functions = FunctionSection::new();
        functions.function(0);
        let mut code = wasm_encoder::CodeSection::new();
        let mut body = wasm_encoder::Function::new([]);
        body.instructions().end();
        code.function(&body);
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&code);
        module.finish()
    }

    #[test]
    fn hashes_go_and_names_stay_apart() {
        let names = ["set_0123456789abcdef", "set_fedcba9876543210", "get", "new_0123456789abcdeg"];
        let module = importing(&names);
        let glue = "export function set_0123456789abcdef() {}\nset_fedcba9876543210(set_0123456789abcdef_, get)";
        let (glue, module) = shorten(glue, &module).unwrap();
        assert_eq!(glue, "export function set() {}\nset_1(set_0123456789abcdef_, get)");
        let expected = ["get", "new_0123456789abcdeg", "set", "set_1"].map(String::from);
        assert_eq!(imported(&module).unwrap(), BTreeSet::from(expected));
        wasmparser::validate(&module).unwrap();
    }

    #[test]
    fn a_name_that_the_glue_has_is_not_taken() {
        let (glue, _) =
            shorten("let set; set_0123456789abcdef", &importing(&["set_0123456789abcdef"]))
                .unwrap();
        assert_eq!(glue, "let set; set_1");
    }

    #[test]
    fn what_has_no_hash_stays() {
        assert_eq!(without_hash("__wbg_set_0123456789abcdef"), Some("__wbg_set"));
        assert_eq!(without_hash("_0123456789abcdef"), None);
        assert_eq!(without_hash("short"), None);
        assert_eq!(without_hash("\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}"), None);
    }
}
