//! Read-only data goes with the functions that read it.

use std::collections::BTreeSet;

use wasm_encoder::{CustomSection, Encode, Function, Instruction as I, MemArg, Section};
use wasmparser::{DataKind, Parser, Payload};

use super::super::module::{Module, constant};
use super::super::{Constants, cut, show, without_notes};
use super::{BASE, IMPORTED, assemble, in_node};

/// Where the data of `assemble` begins: three pieces of so many bytes, and as many bytes more.
const BEGIN: u32 = 16;
const PIECE: u32 = 16;

/// Reads a byte of a piece, its address being on the stack or in the instruction, and adds what
/// another function gives.
fn reader(piece: u32, in_load: bool, calls: Option<u32>) -> Function {
    let address = BEGIN + piece * PIECE;
    let mut body = Function::new([]);
    body.instruction(&I::LocalGet(0)).instruction(&I::I32Const(7)).instruction(&I::I32And);
    let mut at = MemArg { offset: 0, align: 0, memory_index: 0 };
    if in_load {
        at.offset = u64::from(address);
    } else {
        body.instruction(&I::I32Const(address as i32)).instruction(&I::I32Add);
    }
    body.instruction(&I::I32Load8U(at));
    if let Some(function) = calls {
        body.instruction(&I::LocalGet(0)).instruction(&I::Call(function)).instruction(&I::I32Add);
    }
    body.instruction(&I::End);
    body
}

/// The module with notes as the linker writes them: the pieces are symbols, the first points to the
/// second, and the code has the addresses of the first and the third.
fn linked(module: Vec<u8>) -> Vec<u8> {
    // A segment begins with flags, its place and its length, after their count.
    linked_with(module, vec![10, 1, 5, 6, 1, 0])
}

/// The same with other notes on the data.
fn linked_with(mut module: Vec<u8>, of_data: Vec<u8>) -> Vec<u8> {
    let mut segment = vec![1];
    ".rodata".encode(&mut segment);
    // Alignment and flags.
    segment.extend([0, 0]);
    let mut symbols = vec![3];
    for piece in 0..3 {
        // A symbol of data, without flags: its segment, place and size.
        symbols.extend([1, 0]);
        ["a", "b", "c"][piece as usize].encode(&mut symbols);
        symbols.extend([0, piece * PIECE as u8, PIECE as u8]);
    }
    // The version, then what follows by kind.
    let mut linking = vec![2];
    for (kind, content) in [(5, segment), (8, symbols)] {
        linking.push(kind);
        content.encode(&mut linking);
    }
    // A section, a count; then kind, place in the section, symbol and distance from it of each.
    let of_code = vec![9, 2, 4, 0, 0, 0, 3, 0, 2, 0];
    for (name, data) in [("linking", linking), ("reloc.CODE", of_code), ("reloc.DATA", of_data)] {
        CustomSection { name: name.into(), data: data.into() }.append_to(&mut module);
    }
    module
}

/// Where a module's data lies, and how much there is.
fn places_of_data(module: &[u8]) -> Vec<(u32, usize)> {
    let mut places = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::DataSection(section) = payload.unwrap() else { continue };
        for datum in section {
            let datum = datum.unwrap();
            let DataKind::Active { offset_expr, .. } = &datum.kind else { panic!("no place") };
            places.push((constant(offset_expr).unwrap(), datum.data.len()));
        }
    }
    places
}

#[test]
fn data_that_only_the_rest_reads_goes_with_it() {
    let bodies =
        [reader(0, false, None), reader(2, true, Some(IMPORTED)), reader(0, false, Some(IMPORTED))];
    let whole = assemble(&bodies);
    let linked = linked(whole.clone());
    let mut constants = Constants::parse(&linked).unwrap();
    assert_eq!(without_notes(&linked).unwrap(), whole);

    let hidden = constants.hide(&whole).unwrap();
    let module = Module::parse(&hidden).unwrap();
    let addresses = module.exports.iter().filter(|export| export.name.starts_with("address:"));
    assert_eq!(addresses.count(), 2);
    let shown = show(&hidden).unwrap();

    let parts = cut(&shown, &BTreeSet::from([0, 2]), &constants).unwrap();
    let [first, rest] = [&parts.first, &parts.rest].map(|part| places_of_data(part));
    // The second piece stays for the first, which points to it; what no symbol is for stays.
    assert_eq!(first, [(BEGIN, 32), (BEGIN + 48, 16)]);
    assert_eq!(rest, [(BEGIN + 32, 16)]);
    let run = in_node("compare", &[vec![whole, parts.first, parts.rest]]);
    assert_eq!(run.trim(), "1 cuts are the same");
}

#[test]
fn addresses_in_what_is_no_load_are_refused() {
    let mut body = Function::new([]);
    let at = MemArg { offset: u64::from(BEGIN), align: 0, memory_index: 0 };
    body.instruction(&I::LocalGet(0)).instruction(&I::LocalGet(0)).instruction(&I::I32Store8(at));
    body.instruction(&I::LocalGet(0)).instruction(&I::End);
    let whole = assemble(&[body]);
    let mut constants = Constants::parse(&linked(whole.clone())).unwrap();
    let refused = constants.hide(&whole).unwrap_err();
    assert!(refused.to_string().contains("else than a load"), "{refused}");
    let refused = Constants::parse(&whole).err().expect("nothing is noted");
    assert!(refused.to_string().contains("noted nothing"), "{refused}");
}

#[test]
fn data_that_is_only_given_to_the_rest_goes_with_it() {
    let mut given = Function::new([]);
    let at = MemArg { offset: 0, align: 0, memory_index: 0 };
    given.instruction(&I::LocalGet(0)).instruction(&I::I32Load8U(at)).instruction(&I::End);
    let mut gives = Function::new([]);
    gives.instruction(&I::I32Const((BEGIN + 2 * PIECE) as i32)).instruction(&I::Call(IMPORTED));
    gives.instruction(&I::End);
    let whole = assemble(&[given, gives]);
    let mut constants = Constants::parse(&linked(whole.clone())).unwrap();
    let shown = show(&constants.hide(&whole).unwrap()).unwrap();
    let parts = cut(&shown, &BTreeSet::from([1]), &constants).unwrap();
    let [first, rest] = [&parts.first, &parts.rest].map(|part| places_of_data(part));
    assert_eq!(first, [(BEGIN + 48, 16)]);
    assert_eq!(rest, [(BEGIN, 48)]);
    let run = in_node("compare", &[vec![whole, parts.first, parts.rest]]);
    assert_eq!(run.trim(), "1 cuts are the same");
}

#[test]
fn a_slot_whose_number_is_in_data_leads_into_the_rest() {
    let mut calls = Function::new([]);
    let at = MemArg { offset: u64::from(BEGIN + 2 * PIECE), align: 0, memory_index: 0 };
    calls.instruction(&I::LocalGet(0)).instruction(&I::I32Const(0)).instruction(&I::I32Load(at));
    calls.instruction(&I::CallIndirect { type_index: 0, table_index: 0 }).instruction(&I::End);
    let mut whole = assemble(&[reader(0, false, None), calls]);
    // The third piece begins with the number of the reader's slot.
    let third: Vec<u8> =
        (2 * PIECE as u8..3 * PIECE as u8).map(|byte| byte.wrapping_mul(3)).collect();
    let place = whole.windows(third.len()).position(|bytes| bytes == third).unwrap();
    let slot = BASE + IMPORTED;
    whole[place..place + 4].copy_from_slice(&slot.to_le_bytes());
    // An address as before, and a slot at the beginning of the third piece.
    let linked = linked_with(whole.clone(), vec![10, 2, 5, 6, 1, 0, 2, 6 + 2 * PIECE as u8, 0]);
    let mut constants = Constants::parse(&linked).unwrap();
    let shown = show(&constants.hide(&whole).unwrap()).unwrap();
    let parts = cut(&shown, &BTreeSet::from([1]), &constants).unwrap();
    let run = in_node("compare", &[vec![whole, parts.first, parts.rest]]);
    assert_eq!(run.trim(), "1 cuts are the same");
}
