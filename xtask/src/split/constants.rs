//! Which read-only data a function may read.
//!
//! Only the linker knows: to everything after it, an address is a number like any other, to be
//! added to and folded. So what it notes (relocations) is read, and while the module is optimised
//! each such number is a global, of which the optimiser can assume nothing.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::ops::Range;

use anyhow::{Result, ensure};
use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, Instruction,
    RawSection, ValType,
};
use wasmparser::{ExternalKind, FunctionBody, MemArg, Operator, Parser, Payload};

use super::linker::Notes;
use super::module::Module;
use super::operators::{address_of, is_argument, is_kernel, offset_of_load, operators, seen};

/// Begins the names of the globals that stand for addresses.
const ADDRESS: &str = "address:";

/// Read-only data: pieces that are reached by an address of their own, in the order of memory.
#[derive(Default)]
pub struct Constants {
    pieces: Vec<Piece>,
    /// What numbers in the code stand for.
    by_address: HashMap<u32, BTreeSet<usize>>,
    /// What data that is written to, or that no symbol is for, points to.
    always: BTreeSet<usize>,
    /// The slots of the table that code names, and data that is no piece; nothing where none are noted.
    slots: Option<BTreeSet<u32>>,
}

/// What functions can reach.
pub struct Reach {
    /// The places of the read-only data that they can't.
    pub beyond: Vec<Range<u32>>,
    /// The slots of the table that they can; nothing where that is not known.
    pub slots: Option<BTreeSet<u32>>,
}

pub struct Piece {
    pub place: Range<u32>,
    /// The pieces that it points to.
    points_to: BTreeSet<usize>,
    /// The slots of the table whose numbers are in it.
    slots: BTreeSet<u32>,
}

impl Piece {
    pub fn at(place: Range<u32>) -> Self {
        Self { place, points_to: BTreeSet::new(), slots: BTreeSet::new() }
    }
}

impl Constants {
    /// Reads what the linker noted in a module (`--emit-relocs`).
    pub fn parse(linked: &[u8]) -> Result<Self> {
        let notes = Notes::parse(linked)?;
        let mut found = Self { pieces: notes.pieces()?, ..Self::default() };
        for entry in &notes.of_code {
            let Some((begin, address)) = notes.address(entry) else { continue };
            let Some(piece) = found.piece_at(begin) else { continue };
            found.by_address.entry(address).or_default().insert(piece);
        }
        let mut slots = notes.slots_of_code(linked)?;
        for entry in &notes.of_data {
            if let Some(slot) = notes.slot(linked, entry)? {
                match found.piece_at(notes.place_in_data(entry)?) {
                    Some(piece) => found.pieces[piece].slots.insert(slot),
                    None => slots.insert(slot),
                };
            }
            let Some((begin, _)) = notes.address(entry) else { continue };
            let Some(piece) = found.piece_at(begin) else { continue };
            let from = found.piece_at(notes.place_in_data(entry)?);
            match from {
                Some(from) => found.pieces[from].points_to.insert(piece),
                None => found.always.insert(piece),
            };
        }
        found.slots = Some(slots);
        Ok(found)
    }

    fn piece_at(&self, address: u32) -> Option<usize> {
        let index = self.pieces.partition_point(|piece| piece.place.end <= address);
        self.pieces.get(index).is_some_and(|piece| piece.place.contains(&address)).then_some(index)
    }

    /// What these functions can reach. `takes` says how many parameters a function has
    /// that is called elsewhere; what is only given to one of those is not reached here: it is there
    /// as soon as the one who reads it.
    pub fn reach(
        &self,
        bodies: &[FunctionBody<'_>],
        takes: impl Fn(u32) -> usize,
    ) -> Result<Reach> {
        let mut reached = self.always.clone();
        for body in bodies {
            let ops = operators(body)?;
            for (at, op) in ops.iter().enumerate() {
                let Operator::I32Const { value } = op else { continue };
                let Some(pieces) = self.by_address.get(&(*value as u32)) else { continue };
                if !is_argument(&ops, at, &takes) {
                    reached.extend(pieces);
                }
            }
        }
        let mut open: Vec<usize> = reached.iter().copied().collect();
        while let Some(piece) = open.pop() {
            let next = self.pieces[piece].points_to.iter();
            open.extend(next.filter(|&&next| reached.insert(next)));
        }
        let mut reach = Reach { beyond: Vec::new(), slots: self.slots.clone() };
        for (index, piece) in self.pieces.iter().enumerate() {
            if !reached.contains(&index) {
                reach.beyond.push(piece.place.clone());
            } else if let Some(slots) = &mut reach.slots {
                slots.extend(&piece.slots);
            }
        }
        Ok(reach)
    }

    /// The module with a global in the place of each address. The loops of kernels are optimised as they
    /// are, but for what they give to others (where they panic), and what they may read stays in the
    /// first part.
    pub fn hide(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        let module = Module::parse(bytes)?;
        let takes = |function| module.parameters(function);
        let bodies = &module.bodies;
        let kernels = bodies.iter().map(is_kernel).collect::<Result<Vec<bool>>>()?;
        for (body, _) in bodies.iter().zip(&kernels).filter(|(_, is_kernel)| **is_kernel) {
            let ops = operators(body)?;
            for at in seen(&ops, takes) {
                let read = address_of(&ops[at]).and_then(|address| self.by_address.get(&address));
                self.always.extend(read.into_iter().flatten());
            }
        }
        let mut hidden = Hidden { addresses: self, globals: HashMap::new(), next: 0, taken: false };
        for payload in Parser::new(0).parse_all(bytes) {
            if let Payload::GlobalSection(section) = payload? {
                hidden.next = section.count();
            }
        }
        let mut code = CodeSection::new();
        for (body, is_kernel) in bodies.iter().zip(kernels) {
            let mut function = hidden.new_function_with_parsed_locals(body)?;
            let ops = operators(body)?;
            let seen = if is_kernel { seen(&ops, takes) } else { BTreeSet::new() };
            for (at, op) in ops.iter().enumerate() {
                if seen.contains(&at) {
                    function.instruction(&RoundtripReencoder.instruction(op.clone())?);
                    continue;
                }
                let loaded_from = hidden.loaded_from(op);
                if let Some(address) = loaded_from {
                    function.instruction(&Instruction::GlobalGet(hidden.global(address)));
                    function.instruction(&Instruction::I32Add);
                }
                hidden.taken = false;
                match op {
                    Operator::I32Const { value } if hidden.addresses.knows(*value as u32) => {
                        function.instruction(&Instruction::GlobalGet(hidden.global(*value as u32)))
                    }
                    op => function.instruction(&hidden.instruction(op.clone())?),
                };
                ensure!(
                    hidden.taken == loaded_from.is_some(),
                    "an address of read-only data is part of something else than a load"
                );
            }
            code.function(&function);
        }
        let mut addresses: Vec<(u32, u32)> =
            hidden.globals.iter().map(|(&address, &global)| (global, address)).collect();
        addresses.sort_unstable();
        rewrite(bytes, &code, &mut hidden, &HashMap::new(), &addresses)
    }

    /// Whether a number in the code is the address of a piece.
    pub fn knows(&self, address: u32) -> bool {
        self.by_address.contains_key(&address)
    }
}

/// The module with the addresses again that [`Constants::hide`] hid.
pub fn show(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut shown = Shown { addresses: HashMap::new() };
    for payload in Parser::new(0).parse_all(bytes) {
        let Payload::ExportSection(exports) = payload? else { continue };
        for export in exports {
            let export = export?;
            if let Some(address) = export.name.strip_prefix(ADDRESS) {
                ensure!(export.kind == ExternalKind::Global, "{} is no global", export.name);
                shown.addresses.insert(export.index, address.parse()?);
            }
        }
    }
    let mut code = CodeSection::new();
    for body in bodies(bytes)? {
        let mut function = shown.new_function_with_parsed_locals(&body)?;
        for op in body.get_operators_reader()? {
            let op = op?;
            let address = match op {
                Operator::GlobalGet { global_index } => shown.addresses.get(&global_index),
                _ => None,
            };
            match address {
                Some(&address) => function.instruction(&Instruction::I32Const(address as i32)),
                None => function.instruction(&shown.instruction(op)?),
            };
        }
        code.function(&function);
    }
    let gone = shown.addresses.clone();
    rewrite(bytes, &code, &mut shown, &gone, &[])
}

fn bodies(bytes: &[u8]) -> Result<Vec<FunctionBody<'_>>> {
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CodeSectionEntry(body) = payload? {
            bodies.push(body);
        }
    }
    Ok(bodies)
}

/// The module with this code, and with globals and exports added; globals that are no more, and what
/// exported them, are left out.
fn rewrite(
    bytes: &[u8],
    code: &CodeSection,
    numbers: &mut impl Reencode<Error = Infallible>,
    gone: &HashMap<u32, u32>,
    added: &[(u32, u32)],
) -> Result<Vec<u8>> {
    let mut module = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::GlobalSection(section) => {
                let mut globals = GlobalSection::new();
                for (index, global) in (0..).zip(section) {
                    if !gone.contains_key(&index) {
                        numbers.parse_global(&mut globals, global?)?;
                    }
                }
                // Whoever imports them might change them, so nothing can be folded.
                let kind = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
                for &(_, address) in added {
                    globals.global(kind, &ConstExpr::i32_const(address as i32));
                }
                module.section(&globals);
            }
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                for export in section {
                    let export = export?;
                    let is_gone = gone.contains_key(&export.index);
                    if export.kind != ExternalKind::Global || !is_gone {
                        numbers.parse_export(&mut exports, export)?;
                    }
                }
                for &(global, address) in added {
                    let name = format!("{ADDRESS}{address}");
                    exports.export(&name, ExportKind::Global, global);
                }
                module.section(&exports);
            }
            Payload::CodeSectionStart { .. } => {
                module.section(code);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    module.section(&RawSection { id, data: &bytes[range] });
                }
            }
        }
    }
    Ok(module.finish())
}

/// Puts globals in the place of addresses.
struct Hidden<'c> {
    addresses: &'c Constants,
    globals: HashMap<u32, u32>,
    next: u32,
    /// Whether an address was left out of the last instruction.
    taken: bool,
}

impl Hidden<'_> {
    fn global(&mut self, address: u32) -> u32 {
        *self.globals.entry(address).or_insert_with(|| {
            self.next += 1;
            self.next - 1
        })
    }

    /// The address of a piece that is part of a load.
    fn loaded_from(&self, op: &Operator<'_>) -> Option<u32> {
        offset_of_load(op).filter(|&address| self.addresses.knows(address))
    }
}

impl Reencode for Hidden<'_> {
    type Error = Infallible;

    /// Without the address, which [`Hidden::loaded_from`] found.
    fn mem_arg(&mut self, arg: MemArg) -> Result<wasm_encoder::MemArg, Error<Infallible>> {
        let known = self.addresses.knows(arg.offset as u32);
        self.taken = known;
        let offset = if known { 0 } else { arg.offset };
        Ok(RoundtripReencoder.mem_arg(MemArg { offset, ..arg }).expect("it can't fail"))
    }
}

/// Leaves out the globals that stand for addresses.
struct Shown {
    addresses: HashMap<u32, u32>,
}

impl Reencode for Shown {
    type Error = Infallible;

    fn global_index(&mut self, global: u32) -> Result<u32, Error<Infallible>> {
        let before = self.addresses.keys().filter(|&&address| address < global).count();
        Ok(global - before as u32)
    }
}
