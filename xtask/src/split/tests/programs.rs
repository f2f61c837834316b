//! Functions of random structure: blocks in blocks, loops, and branches from anywhere.

use wasm_encoder::{BlockType, Function, Instruction as I, ValType};

use super::Dice;

/// Locals of numbers beyond the parameter, the first of which counts how often loops may still be repeated.
const LOCALS: u32 = 4;
const FUEL: u32 = 1;
/// Blocks within each other.
const DEPTH: u32 = 4;

/// A function i32 -> i32 that calls others of that type, whose numbers are below `callable`.
pub fn program(dice: &mut Dice, callable: u32) -> Function {
    let mut writer = Writer { dice, callable, code: Vec::new(), labels: Vec::new() };
    writer.code.extend([I::I32Const(5), I::LocalSet(FUEL)]);
    writer.statements();
    writer.number(2);
    writer.code.push(I::End);
    let mut function = Function::new([(LOCALS, ValType::I32)]);
    for instruction in &writer.code {
        function.instruction(instruction);
    }
    function
}

#[derive(Clone, Copy, PartialEq)]
enum Label {
    Block,
    Loop,
    /// Of a block with a result.
    Number,
}

struct Writer<'d> {
    dice: &'d mut Dice,
    callable: u32,
    code: Vec<I<'static>>,
    /// Around what is being written, the innermost last.
    labels: Vec<Label>,
}

impl Writer<'_> {
    fn statements(&mut self) {
        for _ in 0..1 + self.dice.below(4) {
            self.statement();
        }
    }

    fn statement(&mut self) {
        let deep = self.labels.len() as u32 >= DEPTH;
        match self.dice.below(if deep { 5 } else { 9 }) {
            0 | 1 => self.set(),
            2 => self.branch_if(),
            3 => {
                self.number(1);
                let callee = self.dice.below(self.callable);
                self.code.extend([I::Call(callee), I::LocalSet(FUEL + 1)]);
            }
            4 => self.leave(),
            5 => {
                self.code.push(I::Block(BlockType::Empty));
                self.within(Label::Block, Self::statements);
            }
            6 => {
                self.code.push(I::Loop(BlockType::Empty));
                self.within(Label::Loop, |writer| {
                    writer.statements();
                    writer.repeat(0);
                });
            }
            _ => {
                self.condition();
                self.code.push(I::If(BlockType::Empty));
                let or_else = self.dice.below(2) == 0;
                self.labels.push(Label::Block);
                self.statements();
                if or_else {
                    self.code.push(I::Else);
                    self.statements();
                }
                self.labels.pop();
                self.code.push(I::End);
            }
        }
    }

    fn within(&mut self, label: Label, write: impl FnOnce(&mut Self)) {
        self.labels.push(label);
        write(self);
        self.labels.pop();
        self.code.push(I::End);
    }

    fn set(&mut self) {
        self.number(2);
        let local = FUEL + 1 + self.dice.below(LOCALS - 1);
        self.code.push(I::LocalSet(local));
    }

    /// A number of few values, so that conditions differ from call to call.
    fn condition(&mut self) {
        self.number(1);
        let bits = [1, 3, 7][self.dice.below(3) as usize];
        self.code.extend([I::I32Const(bits), I::I32And]);
    }

    /// To the loop of this depth, while that is still allowed.
    fn repeat(&mut self, depth: u32) {
        let less = [I::LocalGet(FUEL), I::I32Const(1), I::I32Sub, I::LocalTee(FUEL)];
        self.code.extend(less);
        self.code.extend([I::I32Const(0), I::I32GtS]);
        self.condition();
        self.code.extend([I::I32Eqz, I::I32And, I::BrIf(depth)]);
    }

    fn branch_if(&mut self) {
        let Some((depth, label)) = self.label() else { return self.set() };
        match label {
            Label::Block => {
                self.condition();
                self.code.push(I::BrIf(depth));
            }
            Label::Loop => self.repeat(depth),
            Label::Number => {
                self.number(0);
                self.condition();
                self.code.extend([I::BrIf(depth), I::Drop]);
            }
        }
    }

    /// A label around this place.
    fn label(&mut self) -> Option<(u32, Label)> {
        let count = self.labels.len() as u32;
        let depth = (count > 0).then(|| self.dice.below(count))?;
        Some((depth, self.labels[(count - 1 - depth) as usize]))
    }

    /// Leaves in the middle: by a table of labels, a return or a trap; most often under a condition.
    fn leave(&mut self) {
        self.condition();
        self.code.push(I::If(BlockType::Empty));
        self.labels.push(Label::Block);
        match self.dice.below(6) {
            0 => self.code.push(I::Unreachable),
            1 | 2 => {
                self.number(1);
                self.code.push(I::Return);
            }
            _ => {
                let blocks = self.labels.iter().rev().zip(0..);
                let blocks = blocks.filter(|(label, _)| **label == Label::Block);
                let blocks: Vec<u32> = blocks.map(|(_, depth)| depth).collect();
                self.condition();
                self.code.push(I::BrTable(blocks.clone().into(), blocks[0]));
            }
        }
        self.labels.pop();
        self.code.push(I::End);
    }

    /// An expression.
    fn number(&mut self, depth: u32) {
        if depth == 0 {
            let local = self.dice.below(LOCALS + 1);
            let constant = self.dice.below(100) as i32;
            let simple = [I::LocalGet(local), I::LocalGet(0), I::I32Const(constant)];
            return self.code.push(simple[self.dice.below(3) as usize].clone());
        }
        match self.dice.below(6) {
            0 => {
                self.code.push(I::Block(BlockType::Result(ValType::I32)));
                self.within(Label::Number, |writer| {
                    writer.branch_if();
                    writer.number(depth - 1);
                });
            }
            1 => {
                self.condition();
                self.code.push(I::If(BlockType::Result(ValType::I32)));
                self.labels.push(Label::Number);
                self.number(depth - 1);
                self.code.push(I::Else);
                self.branch_if();
                self.number(depth - 1);
                self.labels.pop();
                self.code.push(I::End);
            }
            2 => {
                // A branch while something is on the stack.
                self.number(0);
                self.branch_if();
                self.number(depth - 1);
                self.code.push(I::I32Xor);
            }
            _ => {
                self.number(depth - 1);
                self.number(depth - 1);
                let combine = [I::I32Add, I::I32Mul, I::I32Xor];
                self.code.push(combine[self.dice.below(3) as usize].clone());
            }
        }
    }
}
