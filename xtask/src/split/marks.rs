//! Finds out what runs.

use anyhow::Result;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, Instruction,
    RawSection, ValType,
};
use wasmparser::{Parser, Payload};

use super::body::points;
use super::module::Module;

/// The module with a mark for each place (`points`): the global `mark:N` is 1 once control has come by
/// the place N, counted through all functions. The first place of a function is its beginning.
pub fn mark(bytes: &[u8]) -> Result<Vec<u8>> {
    let module = Module::parse(bytes)?;
    let first = module.globals.len() as u32;
    let mut marked = wasm_encoder::Module::new();
    let mut same = RoundtripReencoder;

    let mut count = 0;
    let mut code = CodeSection::new();
    for body in &module.bodies {
        let mut function = same.new_function_with_parsed_locals(body)?;
        let ops = body.get_operators_reader()?.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut places = points(&ops).peekable();
        for (index, op) in ops.iter().enumerate() {
            if places.next_if_eq(&index).is_some() {
                function.instruction(&Instruction::I32Const(1));
                function.instruction(&Instruction::GlobalSet(first + count));
                count += 1;
            }
            function.instruction(&same.instruction(op.clone())?);
        }
        code.function(&function);
    }

    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::GlobalSection(section) => {
                let mut globals = GlobalSection::new();
                same.parse_global_section(&mut globals, section)?;
                for _ in 0..count {
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
                for number in 0..count {
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
