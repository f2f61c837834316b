//! Functions that see to it that the rest is there.

use wasm_encoder::{BlockType, Function, Instruction};

/// `if (!loaded) load()`
pub fn ensure_loaded(loaded: u32, load: u32) -> Function {
    let mut function = Function::new([]);
    for instruction in [
        Instruction::GlobalGet(loaded),
        Instruction::I32Eqz,
        Instruction::If(BlockType::Empty),
        Instruction::Call(load),
        Instruction::End,
        Instruction::End,
    ] {
        function.instruction(&instruction);
    }
    function
}

/// `loaded = 1`
pub fn say_loaded(loaded: u32) -> Function {
    let mut function = Function::new([]);
    for instruction in [Instruction::I32Const(1), Instruction::GlobalSet(loaded), Instruction::End]
    {
        function.instruction(&instruction);
    }
    function
}
