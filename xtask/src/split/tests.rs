//! Modules cut at random functions, and within them, compute what they computed whole: `tests.mjs`
//! runs them.

mod kernels;
mod programs;
mod reading;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
    Instruction as I, MemArg, MemorySection, MemoryType, RefType, StartSection, TableSection,
    TableType, TypeSection, ValType,
};

use super::{Constants, cut, mark, outline};

/// Functions that a module imports from JavaScript.
const IMPORTED: u32 = 2;
/// Functions of its own.
const OWN: u32 = 10;
/// Where the functions begin in the table.
const BASE: u32 = 3;
/// All functions are of this type, the first: i32 -> i32.
const KIND: u32 = 0;

/// Numbers that follow from a seed (xorshift32).
struct Dice(u32);

impl Dice {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 % end
    }
}

/// A module whose functions call functions before them, by number and through the table, and
/// change a global and the memory; and whom each of its functions calls.
fn module(dice: &mut Dice) -> (Vec<u8>, Vec<[u32; 2]>) {
    let mut called = Vec::new();
    let bodies = (IMPORTED..IMPORTED + OWN).map(|function| {
        let others = [dice.below(function), dice.below(function)];
        called.push(others);
        body(function, others, dice.below(2) == 0)
    });
    let bodies: Vec<Function> = bodies.collect();
    (assemble(&bodies), called)
}

/// A module of these functions, i32 -> i32; those from the one in the middle on are exported.
fn assemble(bodies: &[Function]) -> Vec<u8> {
    let own = bodies.len() as u32;
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    types.ty().function([], []);
    let mut imports = ImportSection::new();
    for name in ["a", "b"] {
        imports.import("js", name, EntityType::Function(KIND));
    }
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for body in bodies {
        functions.function(KIND);
        code.function(body);
    }
    let all: Vec<u32> = (0..IMPORTED + own).collect();
    let mut tables = TableSection::new();
    let size = u64::from(BASE) + all.len() as u64;
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: size,
        maximum: Some(size),
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = GlobalSection::new();
    let kind = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
    globals.global(kind, &ConstExpr::i32_const(7));
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    for function in IMPORTED + own / 2..IMPORTED + own {
        exports.export(&format!("f{function}"), ExportKind::Func, function);
    }
    let mut elements = ElementSection::new();
    elements.active(
        None,
        &ConstExpr::i32_const(BASE as i32),
        Elements::Functions(all.as_slice().into()),
    );
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(16), (0..64).map(|byte| byte * 3));

    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&imports).section(&functions).section(&tables);
    module.section(&memories).section(&globals).section(&exports).section(&elements);
    module.section(&code).section(&data);
    module.finish()
}

/// `x = f(x) + number` for both others, one of them called through the table, then
/// `memory[x % 256] += global; global ^= x; x + global`.
fn body(number: u32, others: [u32; 2], first_by_table: bool) -> Function {
    let mut body = Function::new([]);
    let at = MemArg { offset: 0, align: 0, memory_index: 0 };
    for (other, by_table) in others.into_iter().zip([first_by_table, !first_by_table]) {
        body.instruction(&I::LocalGet(0));
        if by_table {
            body.instruction(&I::I32Const((BASE + other) as i32));
            body.instruction(&I::CallIndirect { type_index: KIND, table_index: 0 });
        } else {
            body.instruction(&I::Call(other));
        }
        body.instruction(&I::I32Const(number as i32)).instruction(&I::I32Add);
        body.instruction(&I::LocalSet(0));
    }
    let address = [I::LocalGet(0), I::I32Const(255), I::I32And];
    for instruction in address.iter().chain(&address) {
        body.instruction(instruction);
    }
    for instruction in [
        I::I32Load8U(at),
        I::GlobalGet(0),
        I::I32Add,
        I::I32Store8(at),
        I::GlobalGet(0),
        I::LocalGet(0),
        I::I32Xor,
        I::GlobalSet(0),
        I::LocalGet(0),
        I::GlobalGet(0),
        I::I32Add,
        I::End,
    ] {
        body.instruction(&instruction);
    }
    body
}

/// Has `tests.mjs` do this with each list of modules; gives what it prints.
fn in_node(what: &str, modules: &[Vec<Vec<u8>>]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/split/tests.mjs");
    let mut node = Command::new("node")
        .args([script, what])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let hex = |bytes: &Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let line = |list: &Vec<Vec<u8>>| list.iter().map(hex).collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = modules.iter().map(line).collect();
    let mut input = node.stdin.take().expect("it was piped");
    input.write_all(lines.join("\n").as_bytes()).expect("node reads");
    drop(input);
    let output = node.wait_with_output().expect("node ends");
    assert!(output.status.success(), "{} {what}: {}", script, output.status);
    String::from_utf8(output.stdout).expect("it prints text")
}

/// The places that each module comes by when its last function is called.
fn marks_of(modules: &[Vec<u8>]) -> Vec<BTreeSet<u32>> {
    let marked: Vec<_> = modules.iter().map(|module| vec![mark(module).unwrap()]).collect();
    let printed = in_node("marks", &marked);
    let numbers =
        |line: &str| line.split_whitespace().map(|number| number.parse().unwrap()).collect();
    printed.lines().map(numbers).collect()
}

#[test]
fn a_module_cut_anywhere_computes_the_same() {
    let mut dice = Dice(1);
    let mut modules = Vec::new();
    for _ in 0..40 {
        let (whole, _) = module(&mut dice);
        // From none to all.
        let share = dice.below(5);
        let keeps = (0..OWN).filter(|_| dice.below(4) < share).collect();
        let parts = cut(&whole, &keeps, &Constants::default()).unwrap();
        modules.push(vec![whole, parts.first, parts.rest]);
    }
    assert_eq!(in_node("compare", &modules).trim(), "40 cuts are the same");
}

#[test]
fn functions_cut_at_what_did_not_run_compute_the_same() {
    let mut dice = Dice(4);
    let mut program = |own| programs::program(&mut dice, IMPORTED + own);
    let wholes = (0..60).map(|_| assemble(&(0..4).map(&mut program).collect::<Vec<_>>()));
    let wholes: Vec<Vec<u8>> = wholes.collect();
    let (mut modules, mut regions) = (Vec::new(), 0);
    for (whole, marks) in wholes.iter().zip(marks_of(&wholes)) {
        let outlined = outline(whole, &marks, &Constants::default()).unwrap();
        let parts = cut(&outlined.module, &outlined.ran, &Constants::default()).unwrap();
        regions += functions_in(&outlined.module) - functions_in(whole);
        modules.push(vec![whole.clone(), parts.first, parts.rest]);
    }
    assert!(regions > 100, "{regions} regions");
    assert_eq!(in_node("compare", &modules).trim(), "60 cuts are the same");
}

fn functions_in(module: &[u8]) -> usize {
    super::module::Module::parse(module).unwrap().functions.len()
}

#[test]
fn parts_of_different_cuts_do_not_fit() {
    let (whole, _) = module(&mut Dice(2));
    let one = cut(&whole, &BTreeSet::from([1, 2]), &Constants::default()).unwrap();
    let other = cut(&whole, &BTreeSet::from([1, 3]), &Constants::default()).unwrap();
    let refused = in_node("compare", &[vec![whole, one.first, other.rest]]);
    assert!(refused.contains("Import #"), "{refused}");
}

#[test]
fn marks_are_of_what_ran() {
    let (whole, called) = module(&mut Dice(3));
    let mut expected = BTreeSet::from([OWN - 1]);
    for number in (0..OWN).rev() {
        if expected.contains(&number) {
            expected.extend(called[number as usize].iter().filter_map(|f| f.checked_sub(IMPORTED)));
        }
    }
    assert!(expected.len() < OWN as usize, "all would run: {called:?}");
    assert_eq!(marks_of(&[whole]), [expected]);
}

#[test]
fn what_is_not_provided_for_is_refused() {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut code = CodeSection::new();
    let mut nothing = Function::new([]);
    nothing.instruction(&I::End);
    code.function(&nothing);
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&functions);
    module.section(&StartSection { function_index: 0 }).section(&code);
    let refused = cut(&module.finish(), &BTreeSet::new(), &Constants::default()).unwrap_err();
    assert!(refused.to_string().contains("start function"), "{refused}");
}
