//! Moves what did not run out of functions that did.

use std::collections::BTreeSet;

use anyhow::Result;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{CodeSection, FunctionSection, RawSection};
use wasmparser::{Operator, Parser, Payload, ValType};

use super::body::{Body, points};
use super::constants::Constants;
use super::liveness::{Liveness, Locals};
use super::module::Module;
use super::region::Region;
use super::types::Types;

/// A region has to make its function smaller by more than this many bytes: its own name in the
/// table and its type are not free either.
const LEAST_GAIN: i64 = 8;

/// The bytes that moving what reads a constant saves beside itself: most often the place in the
/// source that a panic names.
const CONSTANT: i64 = 16;

/// A module of smaller functions.
pub struct Outlined {
    pub module: Vec<u8>,
    /// The functions that ran, counted without those imported.
    pub ran: BTreeSet<u32>,
}

/// Makes functions of their own of what did not run in the functions that ran.
///
/// `marks` are the places that control came by, numbered as [`super::mark`] does. What moves takes
/// along what only it reads of `constants`.
pub fn outline(bytes: &[u8], marks: &BTreeSet<u32>, constants: &Constants) -> Result<Outlined> {
    let module = Module::parse(bytes)?;
    let mut places = Vec::new();
    let mut next = 0;
    for body in &module.bodies {
        let ops = body.get_operators_reader()?.into_iter().collect::<Result<Vec<_>, _>>()?;
        let found: Vec<(usize, bool)> =
            points(&ops).zip(next..).map(|(point, mark)| (point, marks.contains(&mark))).collect();
        next += found.len() as u32;
        places.push(found);
    }
    let ran: BTreeSet<u32> =
        (0..).zip(&places).filter(|(_, found)| found[0].1).map(|(function, _)| function).collect();
    let bodies = Body::parse_all(bytes, |function| ran.contains(&function))?;

    let mut types = Types::new(&module);
    let mut functions: Vec<u32> = module.functions[module.imports.len()..].to_vec();
    let mut code = CodeSection::new();
    let mut moved = Vec::new();
    for (function, (body, places)) in bodies.iter().zip(&places).enumerate() {
        let regions = match body {
            Some(body) => regions(&module, body, places, constants),
            None => Vec::new(),
        };
        let original = &module.bodies[function];
        let mut smaller = RoundtripReencoder.new_function_with_parsed_locals(original)?;
        let Some(body) = body.as_ref().filter(|_| !regions.is_empty()) else {
            code.raw(&bytes[original.range()]);
            continue;
        };
        let mut from = 0;
        for region in &regions {
            for op in &body.ops[from..region.range.start] {
                smaller.instruction(&RoundtripReencoder.instruction(op.clone())?);
            }
            from = region.range.end;
            region.replace(&mut smaller, module.imported() + functions.len() as u32);
            let (parameters, results) = region.signature(body);
            functions.push(types.index(&parameters, &results));
            moved.push(region.outlined(body, &mut types)?);
        }
        for op in &body.ops[from..] {
            smaller.instruction(&RoundtripReencoder.instruction(op.clone())?);
        }
        code.function(&smaller);
    }
    for function in &moved {
        code.function(function);
    }
    Ok(Outlined { module: with_functions(bytes, &types, &functions, &code)?, ran })
}

/// The regions that are worth it, in the order of the function.
fn regions(
    module: &Module<'_>,
    body: &Body<'_>,
    places: &[(usize, bool)],
    constants: &Constants,
) -> Vec<Region> {
    let live = Liveness::of(body, 0..body.ops.len() - 1, &Locals::none(body.locals.len()));
    let computes = computes(&body.ops);
    let mut found: Vec<Region> = Vec::new();
    for &(place, _) in places.iter().filter(|(_, ran)| !ran) {
        if found.last().is_some_and(|last| place < last.range.end) {
            continue;
        }
        // Where a block can't go, or is not worth it, a block within may.
        let region = Region::at(module, body, &live, place);
        found.extend(region.filter(|region| {
            if computes && body.in_loop(place) && !beside_work(body, region) {
                return false;
            }
            let read = body.ops[region.range.clone()].iter().filter(|op| match op {
                Operator::I32Const { value } => constants.knows(*value as u32),
                _ => false,
            });
            region.gain(body) + CONSTANT * read.count() as i64 > LEAST_GAIN
        }));
    }
    found
}

/// Whether a region of a kernel, within a loop, may go: beside a loop that is repeated more often, so that a call
/// counts for nothing, and without vectors, whose way over the stack costs more than the call.
fn beside_work(body: &Body<'_>, region: &Region) -> bool {
    let is_loop = |&at: &usize| matches!(body.ops[at], Operator::Loop { .. });
    let around = body.openers(region.range.start).find(is_loop);
    let works =
        around.is_some_and(|around| (around + 1..body.close[around]).any(|at| is_loop(&at)));
    let (parameters, results) = region.signature(body);
    works && !parameters.iter().chain(&results).any(|&kind| kind == ValType::V128)
}

/// Whether this is a kernel: it calculates with vectors. What its innermost loops run, maybe millions of times,
/// does not go by way of a call.
pub fn computes(ops: &[Operator<'_>]) -> bool {
    ops.iter().any(|op| {
        matches!(op, Operator::F32x4Add | Operator::F32x4Sub | Operator::F32x4Mul)
            || matches!(op, Operator::F32x4RelaxedMadd)
    })
}

/// The module with these types and functions.
fn with_functions(
    bytes: &[u8],
    types: &Types,
    functions: &[u32],
    code: &CodeSection,
) -> Result<Vec<u8>> {
    let mut module = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(_) => {
                module.section(&types.section()?);
            }
            Payload::FunctionSection(_) => {
                let mut section = FunctionSection::new();
                for &kind in functions {
                    section.function(kind);
                }
                module.section(&section);
            }
            Payload::CodeSectionStart { .. } => {
                module.section(code);
            }
            Payload::CustomSection(_) => {}
            other => {
                if let Some((id, range)) = other.as_section() {
                    module.section(&RawSection { id, data: &bytes[range] });
                }
            }
        }
    }
    Ok(module.finish())
}
