//! A piece of a function that did not run, and the function that it becomes.

use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::Result;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Function, Instruction};
use wasmparser::{Operator, ValType};

use super::body::{Body, signature};
use super::liveness::{Liveness, Locals};
use super::module::Module;
use super::types::Types;

/// Where control goes from a region.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Exit {
    /// Past the end of the block in which it stands.
    End,
    /// To the label of this depth, seen from the region; that of the function is a return.
    Label(u32),
}

/// The operators from one place up to the end of the block in which they stand.
pub struct Region {
    pub range: Range<usize>,
    /// By which ways it is left.
    exits: Vec<Exit>,
    /// What is on the stack before it.
    operands: Vec<ValType>,
    /// What ways out take along on the stack, and which of them do.
    carried: Vec<ValType>,
    carry: Vec<bool>,
    /// Locals whose values it takes, and locals that it changes for those who come after.
    inputs: Vec<u32>,
    outputs: Vec<u32>,
}

impl Region {
    /// The region that begins at an operator, if it can be one.
    pub fn at(module: &Module<'_>, body: &Body<'_>, live: &Liveness, begin: usize) -> Option<Self> {
        let range = begin..body.end_around(begin);
        let operands = body.stack[begin].clone()?;
        let exits = exits(body, &range).ok()?;
        let carried_by = |&exit: &Exit| carried_by(module, body, begin, exit);
        let all: Vec<Vec<ValType>> = exits.iter().map(carried_by).collect();
        let carry: Vec<bool> = all.iter().map(|types| !types.is_empty()).collect();
        let carried = all.iter().find(|types| !types.is_empty()).cloned().unwrap_or_default();
        let same = all.iter().all(|types| *types == carried);
        let either =
            all.len() == 2 && all.iter().all(|types| types.is_empty() || *types == carried);
        let reference = carried.iter().any(|kind| matches!(kind, ValType::Ref(_)));
        if (!same && !either) || reference {
            return None;
        }
        let in_loop = body.opener[begin]
            .is_some_and(|opener| matches!(body.ops[opener], Operator::Loop { .. }));
        if in_loop && exits.len() > 2 && exits.contains(&Exit::End) {
            // No label leads past the end of a loop.
            return None;
        }

        let mut outputs = Locals::none(body.locals.len());
        for &exit in &exits {
            if let Some(after) = after(body, begin, exit) {
                outputs.join(live.before(after));
            }
        }
        let mut written = Locals::none(body.locals.len());
        for op in &body.ops[range.clone()] {
            if let Operator::LocalSet { local_index } | Operator::LocalTee { local_index } = op {
                written.add(*local_index);
            }
        }
        outputs.meet(&written);
        let within = Liveness::of(body, range.clone(), &outputs);
        let inputs = within.before(begin).iter().collect();
        Some(Self {
            range,
            exits,
            operands,
            carried,
            carry,
            inputs,
            outputs: outputs.iter().collect(),
        })
    }

    /// The bytes by which a function becomes smaller without it.
    pub fn gain(&self, body: &Body<'_>) -> i64 {
        let bytes = body.offsets[self.range.end] - body.offsets[self.range.start];
        let leave = match self.exits.as_slice() {
            [] => 1,
            [Exit::End] => 0,
            [_] => 2,
            [Exit::End, _] => 2 + self.dropped(),
            [_, _] => 4 + self.dropped(),
            more => 2 + more.len(),
        };
        // The call itself, and the number of the slot that it goes by.
        let call = 5 + 2 * (self.inputs.len() + self.outputs.len()) + leave;
        bytes as i64 - call as i64
    }

    /// Parameters and results of the function.
    pub fn signature(&self, body: &Body<'_>) -> (Vec<ValType>, Vec<ValType>) {
        let types = |locals: &[u32]| {
            locals.iter().map(|&local| body.locals[local as usize]).collect::<Vec<_>>()
        };
        let selector = (self.exits.len() > 1).then_some(ValType::I32);
        let parameters = self.operands.iter().copied().chain(types(&self.inputs));
        let results = self.carried.iter().copied().chain(selector).chain(types(&self.outputs));
        (parameters.collect(), results.collect())
    }

    /// What stands in its place: a call of that function, and the way on.
    pub fn replace(&self, code: &mut Function, function: u32) {
        for &input in &self.inputs {
            code.instruction(&Instruction::LocalGet(input));
        }
        code.instruction(&Instruction::Call(function));
        for &output in self.outputs.iter().rev() {
            code.instruction(&Instruction::LocalSet(output));
        }
        let label = |exit: &Exit| match exit {
            Exit::End => 0,
            Exit::Label(depth) => *depth,
        };
        let leave = |code: &mut Function, exit: &Exit| {
            if *exit != Exit::End {
                code.instruction(&Instruction::Br(label(exit)));
            }
        };
        match self.exits.as_slice() {
            [] => {
                code.instruction(&Instruction::Unreachable);
            }
            [only] => leave(code, only),
            [first, second] => {
                code.instruction(&Instruction::BrIf(label(second)));
                for _ in 0..self.dropped() {
                    code.instruction(&Instruction::Drop);
                }
                leave(code, first);
            }
            [others @ .., last] => {
                let others = others.iter().map(label).collect::<Vec<_>>();
                code.instruction(&Instruction::BrTable(others.into(), label(last)));
            }
        }
    }

    /// What only the second of two ways out takes along.
    fn dropped(&self) -> usize {
        if self.carry == [false, true] { self.carried.len() } else { 0 }
    }

    /// The function.
    pub fn outlined(&self, body: &Body<'_>, types: &mut Types) -> Result<Function> {
        let mut locals = Renumbered::new(body, &self.operands, &self.inputs);
        let mut code = Vec::new();
        // One block for each way out, the first the innermost; one around them where several meet.
        let several = self.exits.len() > 1;
        let carried = match self.carried.as_slice() {
            [] => BlockType::Empty,
            [one] => BlockType::Result(RoundtripReencoder.val_type(*one)?),
            more => BlockType::FunctionType(types.index(&[], more)),
        };
        if several {
            code.push(Instruction::Block(carried));
        }
        for &carries in self.carry.iter().rev() {
            code.push(Instruction::Block(if carries { carried } else { BlockType::Empty }));
        }
        code.extend((0..self.operands.len() as u32).map(Instruction::LocalGet));
        self.copy(body, &mut locals, &mut code)?;
        let selector = several.then(|| locals.add(ValType::I32));
        for (exit, &carries) in self.carry.iter().enumerate() {
            code.push(Instruction::End);
            if let Some(selector) = selector {
                if !carries {
                    code.extend(self.carried.iter().map(|&kind| zero(kind)));
                }
                code.push(Instruction::I32Const(exit as i32));
                code.push(Instruction::LocalSet(selector));
                code.push(Instruction::Br((self.exits.len() - 1 - exit) as u32));
            }
        }
        if let Some(selector) = selector {
            code.extend([Instruction::End, Instruction::LocalGet(selector)]);
        }
        code.extend(self.outputs.iter().map(|&output| Instruction::LocalGet(locals.of(output))));
        code.push(Instruction::End);

        let kinds = locals.added.iter().map(|&kind| RoundtripReencoder.val_type(kind));
        let kinds = kinds.collect::<Result<Vec<_>, _>>()?;
        let mut function = Function::new_with_locals_types(kinds);
        for instruction in &code {
            function.instruction(instruction);
        }
        Ok(function)
    }

    /// The operators themselves, with labels and locals as they are in the function.
    fn copy<'a>(
        &self,
        body: &Body<'a>,
        locals: &mut Renumbered<'_>,
        code: &mut Vec<Instruction<'a>>,
    ) -> Result<()> {
        let outside = body.openers(self.range.start).count() as u32;
        let mut nested = 0;
        for op in &body.ops[self.range.clone()] {
            // A label within stays; one outside is that of its way out.
            let label = |depth: u32| match depth.checked_sub(nested) {
                None => depth,
                Some(beyond) => {
                    let exit = exit_at(body, self.range.start, beyond);
                    let way = self.exits.iter().position(|&other| other == exit);
                    nested + way.expect("all ways out have been found") as u32
                }
            };
            code.push(match op {
                Operator::LocalGet { local_index } => {
                    Instruction::LocalGet(locals.of(*local_index))
                }
                Operator::LocalSet { local_index } => {
                    Instruction::LocalSet(locals.of(*local_index))
                }
                Operator::LocalTee { local_index } => {
                    Instruction::LocalTee(locals.of(*local_index))
                }
                Operator::Br { relative_depth } => Instruction::Br(label(*relative_depth)),
                Operator::BrIf { relative_depth } => Instruction::BrIf(label(*relative_depth)),
                Operator::BrTable { targets } => {
                    let labels = targets.targets().map(|depth| Ok(label(depth?)));
                    let labels = labels.collect::<Result<Vec<_>>>()?;
                    Instruction::BrTable(labels.into(), label(targets.default()))
                }
                Operator::Return => Instruction::Br(label(nested + outside)),
                other => RoundtripReencoder.instruction(other.clone())?,
            });
            match op {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => nested += 1,
                Operator::End => nested -= 1,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The locals of a function that was a piece of another.
struct Renumbered<'b> {
    body: &'b [ValType],
    new: Vec<Option<u32>>,
    parameters: u32,
    /// Beyond the parameters.
    added: Vec<ValType>,
}

impl<'b> Renumbered<'b> {
    fn new(body: &'b Body<'_>, operands: &[ValType], inputs: &[u32]) -> Self {
        let mut new = vec![None; body.locals.len()];
        let operands = operands.len() as u32;
        for (number, &input) in (operands..).zip(inputs) {
            new[input as usize] = Some(number);
        }
        let parameters = operands + inputs.len() as u32;
        Self { body: &body.locals, new, parameters, added: Vec::new() }
    }

    fn add(&mut self, kind: ValType) -> u32 {
        self.added.push(kind);
        self.parameters + self.added.len() as u32 - 1
    }

    fn of(&mut self, local: u32) -> u32 {
        let known = self.new[local as usize];
        known.unwrap_or_else(|| {
            let added = self.add(self.body[local as usize]);
            self.new[local as usize] = Some(added);
            added
        })
    }
}

/// Stands for what nobody reads.
fn zero(kind: ValType) -> Instruction<'static> {
    match kind {
        ValType::I32 => Instruction::I32Const(0),
        ValType::I64 => Instruction::I64Const(0),
        ValType::F32 => Instruction::F32Const(0.0.into()),
        ValType::F64 => Instruction::F64Const(0.0.into()),
        ValType::V128 => Instruction::V128Const(0),
        ValType::Ref(_) => unreachable!("a region that carries a reference is none"),
    }
}

/// The way out that a label is, by its depth at the beginning of a region.
fn exit_at(body: &Body<'_>, begin: usize, depth: u32) -> Exit {
    let is_loop =
        body.opener[begin].is_some_and(|opener| matches!(body.ops[opener], Operator::Loop { .. }));
    // The label of anything but a loop is its end.
    if depth == 0 && !is_loop { Exit::End } else { Exit::Label(depth) }
}

/// The ways out of a range, the end first.
fn exits(body: &Body<'_>, range: &Range<usize>) -> Result<Vec<Exit>> {
    let mut found = BTreeSet::new();
    if body.stack[range.end].is_some() {
        found.insert(Exit::End);
    }
    let mut nested = 0;
    for op in &body.ops[range.clone()] {
        let mut leave = |depth: u32| {
            if let Some(beyond) = depth.checked_sub(nested) {
                found.insert(exit_at(body, range.start, beyond));
            }
        };
        match op {
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                leave(*relative_depth);
            }
            Operator::BrTable { targets } => {
                leave(targets.default());
                for depth in targets.targets() {
                    leave(depth?);
                }
            }
            Operator::Return => leave(nested + body.openers(range.start).count() as u32),
            _ => {}
        }
        match op {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => nested += 1,
            Operator::End => nested -= 1,
            _ => {}
        }
    }
    Ok(found.into_iter().collect())
}

/// What is on the stack where a way out leads.
fn carried_by(module: &Module<'_>, body: &Body<'_>, begin: usize, exit: Exit) -> Vec<ValType> {
    let (opener, is_label) = match exit {
        Exit::End => (body.opener[begin], false),
        Exit::Label(depth) => (body.openers(begin).nth(depth as usize), true),
    };
    let Some(opener) = opener else { return body.results.clone() };
    let (begun, kind) = match body.ops[opener] {
        Operator::Block { blockty } | Operator::If { blockty } => (false, blockty),
        Operator::Loop { blockty } => (is_label, blockty),
        // An `else` has the type of its `if`.
        _ => (false, body.block_type(opener)),
    };
    let (parameters, results) = signature(module, kind);
    if begun { parameters } else { results }
}

/// The operator before which a way out arrives; none where the function returns.
fn after(body: &Body<'_>, begin: usize, exit: Exit) -> Option<usize> {
    let (opener, is_label) = match exit {
        Exit::End => (body.opener[begin]?, false),
        Exit::Label(depth) => (body.openers(begin).nth(depth as usize)?, true),
    };
    let again = is_label && matches!(body.ops[opener], Operator::Loop { .. });
    Some(if again { opener + 1 } else { body.end_of(opener) + 1 })
}
