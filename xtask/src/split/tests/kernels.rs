//! What leaves the loops of functions that calculate with vectors.

use wasm_encoder::{BlockType, Function, Instruction as I, ValType};

use super::super::module::Module;
use super::super::{Constants, cut, outline};
use super::{assemble, in_node, marks_of};

/// The locals: the parameter, how often the inner loop has run, and four lanes.
const X: u32 = 0;
const COUNT: u32 = 1;
const LANES: u32 = 2;

/// A block that never runs.
fn never(body: &mut Function, what: &[I<'_>]) {
    body.instruction(&I::I32Const(0)).instruction(&I::If(BlockType::Empty));
    for _ in 0..4 {
        for instruction in what {
            body.instruction(instruction);
        }
    }
    body.instruction(&I::End);
}

/// Repeats a loop unless the count can be divided.
fn again(body: &mut Function, divisor: i32) {
    let rest = [I::LocalGet(COUNT), I::I32Const(divisor), I::I32RemU, I::BrIf(0), I::End];
    for instruction in &rest {
        body.instruction(instruction);
    }
}

/// Three turns of a loop around three turns of another; blocks that never run are in both.
fn kernel() -> Function {
    let scale = [I::LocalGet(X), I::I32Const(1000), I::I32Mul, I::LocalSet(X)];
    let double = [I::LocalGet(LANES), I::LocalGet(LANES), I::F32x4Add, I::LocalSet(LANES)];
    let mut body = Function::new([(1, ValType::I32), (1, ValType::V128)]);
    body.instruction(&I::F32Const(1.0.into())).instruction(&I::F32x4Splat);
    body.instruction(&I::LocalSet(LANES)).instruction(&I::Loop(BlockType::Empty));
    never(&mut body, &scale);
    never(&mut body, &double);
    body.instruction(&I::Loop(BlockType::Empty));
    never(&mut body, &scale);
    for instruction in double.iter().chain(&[I::LocalGet(COUNT), I::I32Const(1), I::I32Add]) {
        body.instruction(instruction);
    }
    body.instruction(&I::LocalSet(COUNT));
    again(&mut body, 3);
    again(&mut body, 9);
    body.instruction(&I::LocalGet(LANES)).instruction(&I::F32x4ExtractLane(0));
    body.instruction(&I::I32TruncSatF32S).instruction(&I::LocalGet(X));
    body.instruction(&I::I32Add).instruction(&I::End);
    body
}

#[test]
fn only_what_is_beside_a_kernel_s_innermost_loop_and_has_no_vectors_leaves_it() {
    let whole = assemble(&[kernel()]);
    let [marks] = marks_of(std::slice::from_ref(&whole)).try_into().unwrap();
    let outlined = outline(&whole, &marks, &Constants::default()).unwrap();
    let bodies = |module: &[u8]| Module::parse(module).unwrap().bodies.len();
    assert_eq!(bodies(&outlined.module), bodies(&whole) + 1);
    let body = &Module::parse(&outlined.module).unwrap().bodies[0];
    let ops = body.get_operators_reader().unwrap().into_iter().map(Result::unwrap);
    // The vectors of both loops, and one of the two blocks of numbers.
    let scales = ops.filter(|op| matches!(op, wasmparser::Operator::I32Mul)).count();
    assert_eq!(scales, 4);
    let parts = cut(&outlined.module, &outlined.ran, &Constants::default()).unwrap();
    let compared = in_node("compare", &[vec![whole, parts.first, parts.rest]]);
    assert_eq!(compared.trim(), "1 cuts are the same");
}
