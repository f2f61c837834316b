//! The cut itself.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::{Context, Result};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction,
    MemorySection, MemoryType, StartSection, TableSection, TableType, ValType,
};
use wasmparser::Operator;

use super::constants::{Constants, Reach};
use super::data::{Placed, divided, section_of};
use super::loading;
use super::module::Module;
use super::numbers::Numbers;
use super::order;
use super::types::Types;

/// The module from which the first part imports what has the rest loaded: `load`.
const LOADER: &str = "rest";

/// The two parts of a module.
#[derive(Debug)]
pub struct Parts {
    pub first: Vec<u8>,
    pub rest: Vec<u8>,
}

/// Cuts a module. The rest imports from the first part under a name that is made of the whole module,
/// so that the parts of two builds can't be mixed up.
///
/// `keeps` are the functions of the first part, counted without those imported. Of `constants` the
/// first part keeps what those functions can reach.
pub fn cut(bytes: &[u8], keeps: &BTreeSet<u32>, constants: &Constants) -> Result<Parts> {
    let module = Module::parse(bytes)?;
    let plan = Plan::new(&module, keeps, constants)?;
    let mut hasher = DefaultHasher::new();
    (bytes, keeps).hash(&mut hasher);
    let id = format!("{LOADER}:id:{:016x}", hasher.finish());
    Ok(Parts { first: plan.first_part(&id)?, rest: plan.rest(&id)? })
}

/// What goes where.
struct Plan<'m, 'a> {
    module: &'m Module<'a>,
    /// Functions of the first part, imported ones among them.
    first: Vec<u32>,
    /// Functions of the rest, and imported ones that they call.
    rest: Vec<u32>,
    /// The slots of those functions of the rest that the first part, or JavaScript, may call.
    slots: BTreeMap<u32, Vec<u32>>,
    /// Those among them that the first part may call otherwise than by their number.
    stubs: BTreeSet<u32>,
    /// The types of all of them.
    called: BTreeSet<u32>,
    /// Functions of the first part that the rest calls, and the slot of the first of them: a number in the
    /// table is shorter than the name of an export.
    shared: Vec<u32>,
    handed_over: u32,
    /// What memory holds at first, and what the rest adds: places and bytes.
    data: [Placed<'a>; 2],
    /// The length of the table.
    table: u32,
    /// The type of functions without parameters and results.
    plain: u32,
}

impl<'m, 'a> Plan<'m, 'a> {
    fn new(module: &'m Module<'a>, keeps: &BTreeSet<u32>, constants: &Constants) -> Result<Self> {
        let imported = module.imported();
        let all = module.functions.len() as u32;
        let (kept, moved): (Vec<u32>, Vec<u32>) =
            (imported..all).partition(|function| keeps.contains(&(function - imported)));
        let moves =
            |function: &u32| *function >= imported && !keeps.contains(&(function - imported));

        let callees = |functions: &[u32]| -> Result<BTreeSet<u32>> {
            let lists = functions.iter().map(|&function| module.callees(function));
            Ok(lists.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
        };
        let (of_kept, of_moved) = (callees(&kept)?, callees(&moved)?);

        let mut slots = BTreeMap::<u32, Vec<u32>>::new();
        for (begin, functions) in &module.elements {
            for (slot, function) in (*begin..).zip(functions).filter(|(_, f)| moves(f)) {
                slots.entry(*function).or_default().push(slot);
            }
        }
        let bodies =
            kept.iter().map(|function| module.bodies[(function - imported) as usize].clone());
        let takes = |function| if moves(&function) { module.parameters(function) } else { 0 };
        let Reach { beyond, slots: reached } =
            constants.reach(&bodies.collect::<Vec<_>>(), takes)?;
        let may_call = |slots: &[u32]| {
            reached.as_ref().is_none_or(|reached| slots.iter().any(|slot| reached.contains(slot)))
        };
        let stubs: BTreeSet<u32> = slots
            .iter()
            .filter(|(_, slots)| may_call(slots))
            .map(|(&function, _)| function)
            .collect();
        let called: BTreeSet<u32> =
            of_kept.iter().copied().filter(moves).chain(stubs.iter().copied()).collect();
        let is_import = |function: &u32| *function < imported;
        let shared: Vec<u32> =
            of_moved.iter().copied().filter(|f| !is_import(f) && !moves(f)).collect();
        let first_table = module.tables.first().context("a module without a table")?;
        let handed_over = u32::try_from(first_table.ty.initial)?;
        let mut table = handed_over + shared.len() as u32;
        for &function in &called {
            slots.entry(function).or_insert_with(|| {
                table += 1;
                vec![table - 1]
            });
        }

        let from_javascript = module.elements.iter().flat_map(|(_, functions)| functions);
        let mut first: BTreeSet<u32> = of_kept.iter().copied().filter(is_import).collect();
        first.extend(from_javascript.copied().filter(is_import));
        let mut rest: Vec<u32> = of_moved.iter().copied().filter(is_import).collect();
        rest.extend(&moved);
        let body = |function: u32| module.bodies[(function - imported) as usize].as_bytes();
        let plain =
            module.types.iter().position(|t| t.params().is_empty() && t.results().is_empty());
        Ok(Self {
            module,
            first: first.into_iter().chain(order::alike(&kept, body)).collect(),
            rest,
            slots,
            stubs,
            called: called.iter().map(|&function| module.functions[function as usize]).collect(),
            shared,
            handed_over,
            data: divided(module, &beyond)?,
            table,
            plain: plain.context("no function is without parameters and results")? as u32,
        })
    }

    fn is_import(&self, function: u32) -> bool {
        function < self.module.imported()
    }

    fn kind(&self, function: u32) -> u32 {
        self.module.functions[function as usize]
    }

    fn table(&self, index: usize) -> Result<TableType> {
        let mut table = RoundtripReencoder.table_type(self.module.tables[index].ty)?;
        if index == 0 {
            table.minimum = u64::from(self.table);
            table.maximum = table.maximum.map(|most| most.max(u64::from(self.table)));
        }
        Ok(table)
    }

    fn global(&self, index: usize) -> Result<GlobalType> {
        Ok(RoundtripReencoder.global_type(self.module.globals[index].ty)?)
    }

    fn memory(&self) -> Result<MemoryType> {
        let memory = self.module.memories.first().context("a module without a memory")?;
        Ok(RoundtripReencoder.memory_type(*memory)?)
    }

    /// Adds the imports of JavaScript's functions that are among these.
    fn import_from_javascript(
        &self,
        imports: &mut ImportSection,
        functions: &[u32],
        numbers: &mut Numbers,
    ) {
        for &function in functions.iter().filter(|&&function| self.is_import(function)) {
            let import = &self.module.imports[function as usize];
            let kind = EntityType::Function(numbers.of_kind(self.kind(function)));
            imports.import(import.module, import.name, kind);
        }
    }

    fn moves(&self, function: u32) -> bool {
        !self.is_import(function) && self.slots.contains_key(&function)
    }

    /// Has the rest loaded and calls one of its functions, whose parameters are on the stack.
    fn call(&self, code: &mut Function, function: u32, callers: &BTreeMap<u32, u32>) {
        code.instruction(&Instruction::I32Const(self.slots[&function][0] as i32));
        code.instruction(&Instruction::Call(callers[&self.kind(function)]));
    }

    /// Puts a function's parameters on the stack.
    fn pass_on(&self, code: &mut Function, kind: u32) {
        for parameter in 0..self.module.types[kind as usize].params().len() {
            code.instruction(&Instruction::LocalGet(parameter as u32));
        }
    }

    /// Memory, data, table, the functions that are kept, and stubs for the others.
    fn first_part(&self, id: &str) -> Result<Vec<u8>> {
        let module = self.module;
        let (imported, kept): (Vec<u32>, Vec<u32>) =
            self.first.iter().partition(|&&function| self.is_import(function));
        let load = imported.len() as u32;
        let in_order = imported.iter().map(Some).chain([None]).chain(kept.iter().map(Some));
        let in_order = in_order.chain(self.stubs.iter().map(Some));
        let mut numbers = Numbers::new(in_order);
        let mut types = Types::new(module);
        let mut imports = ImportSection::new();
        self.import_from_javascript(&mut imports, &self.first, &mut numbers);
        let plain = numbers.of_kind(self.plain);
        imports.import(LOADER, "load", EntityType::Function(plain));
        let mut functions = FunctionSection::new();
        let first_caller = numbers.count;
        let callers: BTreeMap<u32, u32> = self.called.iter().copied().zip(first_caller..).collect();
        let ensure = first_caller + callers.len() as u32;

        let mut code = CodeSection::new();
        for &function in &kept {
            functions.function(numbers.of_kind(self.kind(function)));
            let body = &module.bodies[self.body(function)];
            let mut same = numbers.new_function_with_parsed_locals(body)?;
            for op in body.get_operators_reader()? {
                match op? {
                    Operator::Call { function_index } if self.moves(function_index) => {
                        self.call(&mut same, function_index, &callers);
                    }
                    op => {
                        same.instruction(&numbers.instruction(op)?);
                    }
                }
            }
            code.function(&same);
        }
        for &function in &self.stubs {
            functions.function(numbers.of_kind(self.kind(function)));
            let mut stub = Function::new([]);
            self.pass_on(&mut stub, self.kind(function));
            self.call(&mut stub, function, &callers);
            stub.instruction(&Instruction::End);
            code.function(&stub);
        }
        for &kind in &self.called {
            let parameters = module.types[kind as usize].params();
            let with_slot: Vec<_> =
                parameters.iter().copied().chain([wasmparser::ValType::I32]).collect();
            let caller_kind = types.index(&with_slot, module.types[kind as usize].results());
            functions.function(numbers.of_kind(caller_kind));
            let mut caller = Function::new([]);
            caller.instruction(&Instruction::Call(ensure));
            self.pass_on(&mut caller, kind);
            caller.instruction(&Instruction::LocalGet(parameters.len() as u32));
            let type_index = numbers.of_kind(kind);
            caller.instruction(&Instruction::CallIndirect { type_index, table_index: 0 });
            caller.instruction(&Instruction::End);
            code.function(&caller);
        }
        let loaded = module.globals.len();
        functions.function(plain);
        code.function(&loading::ensure_loaded(loaded as u32, load));

        let mut tables = TableSection::new();
        for index in 0..module.tables.len() {
            tables.table(self.table(index)?);
        }
        let mut memories = MemorySection::new();
        memories.memory(self.memory()?);
        let mut globals = GlobalSection::new();
        for global in &module.globals {
            numbers.parse_global(&mut globals, global.clone())?;
        }
        let flag = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(flag, &ConstExpr::i32_const(0));

        let mut exports = ExportSection::new();
        for export in module.exports.iter().filter(|export| !self.exports_moved(export)) {
            numbers.parse_export(&mut exports, *export)?;
        }
        for index in 0..module.tables.len() {
            exports.export(&name("t", index), ExportKind::Table, index as u32);
        }
        for index in 0..=loaded {
            exports.export(&name("g", index), ExportKind::Global, index as u32);
        }
        exports.export(&name("m", 0), ExportKind::Memory, 0);
        // How JavaScript learns the name under which the rest expects all this.
        exports.export(id, ExportKind::Memory, 0);

        let mut elements = ElementSection::new();
        let handed_over = [(self.handed_over, self.shared.clone())];
        // What the first part cannot call until the rest puts it there has some function in its place.
        let waits = |f: u32| self.moves(f) && !self.stubs.contains(&f);
        for (begin, list) in module.elements.iter().chain(&handed_over) {
            let list = list.iter().map(|&f| if waits(f) { Ok(load) } else { numbers.of(f) });
            let list = list.collect::<Result<Vec<_>, _>>()?;
            elements.active(
                None,
                &ConstExpr::i32_const(*begin as i32),
                Elements::Functions(list.into()),
            );
        }
        let mut part = wasm_encoder::Module::new();
        part.section(&types.section_of(&numbers.kinds)?)
            .section(&imports)
            .section(&functions)
            .section(&tables);
        part.section(&memories).section(&globals).section(&exports).section(&elements);
        part.section(&code).section(&section_of(&self.data[0]));
        Ok(part.finish())
    }

    /// Whether this exports a function of the rest.
    fn exports_moved(&self, export: &wasmparser::Export<'_>) -> bool {
        export.kind == wasmparser::ExternalKind::Func
            && !self.is_import(export.index)
            && !self.first.contains(&export.index)
    }

    /// The other functions.
    fn rest(&self, id: &str) -> Result<Vec<u8>> {
        let module = self.module;
        let (imported, moved): (Vec<u32>, Vec<u32>) =
            self.rest.iter().partition(|&&function| self.is_import(function));
        let in_order = imported.iter().chain(&self.shared).chain(&moved);
        let mut numbers = Numbers::new(in_order.map(Some));
        let mut imports = ImportSection::new();
        self.import_from_javascript(&mut imports, &self.rest, &mut numbers);
        for (index, &function) in self.shared.iter().enumerate() {
            let slot = name("f", self.handed_over as usize + index);
            let kind = numbers.of_kind(self.kind(function));
            imports.import(id, &slot, EntityType::Function(kind));
        }
        for index in 0..module.tables.len() {
            imports.import(id, &name("t", index), self.table(index)?);
        }
        for index in 0..module.globals.len() {
            imports.import(id, &name("g", index), self.global(index)?);
        }
        let loaded = module.globals.len();
        let flag = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        imports.import(id, &name("g", loaded), flag);
        imports.import(id, &name("m", 0), self.memory()?);

        let mut functions = FunctionSection::new();
        let mut code = CodeSection::new();
        for &function in &moved {
            functions.function(numbers.of_kind(self.kind(function)));
            numbers.parse_function_body(&mut code, module.bodies[self.body(function)].clone())?;
        }
        let start = numbers.count;
        functions.function(numbers.of_kind(self.plain));
        code.function(&loading::say_loaded(loaded as u32));

        let mut exports = ExportSection::new();
        for export in module.exports.iter().filter(|export| self.exports_moved(export)) {
            numbers.parse_export(&mut exports, *export)?;
        }

        let by_slot = self.slots.iter().flat_map(|(&f, slots)| slots.iter().map(move |&s| (s, f)));
        let by_slot: BTreeMap<u32, u32> = by_slot.collect();
        let mut elements = ElementSection::new();
        let slots: Vec<(u32, u32)> = by_slot.into_iter().collect();
        for run in slots.chunk_by(|a, b| a.0 + 1 == b.0) {
            let list = run.iter().map(|&(_, f)| numbers.of(f)).collect::<Result<Vec<_>, _>>()?;
            let begin = ConstExpr::i32_const(run[0].0 as i32);
            elements.active(None, &begin, Elements::Functions(list.into()));
        }

        let mut part = wasm_encoder::Module::new();
        part.section(&Types::new(module).section_of(&numbers.kinds)?)
            .section(&imports)
            .section(&functions);
        part.section(&exports).section(&StartSection { function_index: start });
        part.section(&elements).section(&code).section(&section_of(&self.data[1]));
        Ok(part.finish())
    }

    fn body(&self, function: u32) -> usize {
        (function - self.module.imported()) as usize
    }
}

/// The name under which the rest imports something of the first part, which exports it under the same, or has it in
/// that slot of its table if it is a function.
fn name(kind: &str, index: usize) -> String {
    // There are hundreds, and no name of wasm-bindgen's begins so.
    format!(":{kind}{index}")
}
