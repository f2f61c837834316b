//! Finds out which functions run.

use anyhow::Result;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, Instruction,
    RawSection, ValType,
};
use wasmparser::{Parser, Payload};

use super::module::Module;

/// The module with a mark for each function: the global `mark:N` is 1 once the function N, counted
/// without those imported, has run.
pub fn mark(bytes: &[u8]) -> Result<Vec<u8>> {
    let module = Module::parse(bytes)?;
    let first = module.globals.len() as u32;
    let mut marked = wasm_encoder::Module::new();
    let mut same = RoundtripReencoder;

    let mut code = CodeSection::new();
    for (number, body) in module.bodies.iter().enumerate() {
        let mut function = same.new_function_with_parsed_locals(body)?;
        function.instruction(&Instruction::I32Const(1));
        function.instruction(&Instruction::GlobalSet(first + number as u32));
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            function.instruction(&same.instruction(operators.read()?)?);
        }
        code.function(&function);
    }

    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::GlobalSection(section) => {
                let mut globals = GlobalSection::new();
                same.parse_global_section(&mut globals, section)?;
                for _ in &module.bodies {
                    globals.global(
                        GlobalType { val_type: ValType::I32, mutable: true, shared: false },
                        &ConstExpr::i32_const(0),
                    );
                }
                marked.section(&globals);
            }
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                same.parse_export_section(&mut exports, section)?;
                for number in 0..module.bodies.len() as u32 {
                    exports.export(&format!("mark:{number}"), ExportKind::Global, first + number);
                }
                marked.section(&exports);
            }
            Payload::CodeSectionStart { .. } => {
                marked.section(&code);
            }
            Payload::CustomSection(_) => {}
            other => {
                if let Some((id, range)) = other.as_section() {
                    marked.section(&RawSection { id, data: &bytes[range] });
                }
            }
        }
    }
    Ok(marked.finish())
}
