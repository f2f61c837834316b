//! What has to be known of a module to cut it.

use anyhow::{Result, bail};
use wasmparser::{
    ConstExpr, Data, ElementItems, ElementKind, Export, FuncType, FunctionBody, Global, Import,
    MemoryType, Operator, Parser, Payload, Table, TypeRef,
};

/// A module, read as far as cutting needs it.
pub struct Module<'a> {
    pub types: Vec<FuncType>,
    pub imports: Vec<Import<'a>>,
    /// The type of every function, those imported first.
    pub functions: Vec<u32>,
    pub tables: Vec<Table<'a>>,
    pub memories: Vec<MemoryType>,
    pub globals: Vec<Global<'a>>,
    pub exports: Vec<Export<'a>>,
    /// Functions in the first table: where each run of them begins.
    pub elements: Vec<(u32, Vec<u32>)>,
    /// Of the functions that are not imported.
    pub bodies: Vec<FunctionBody<'a>>,
    pub data: Vec<Data<'a>>,
}

impl<'a> Module<'a> {
    /// Reads what rustc, wasm-bindgen and wasm-opt make of a crate.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        let mut module = Self {
            types: Vec::new(),
            imports: Vec::new(),
            functions: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            exports: Vec::new(),
            elements: Vec::new(),
            bodies: Vec::new(),
            data: Vec::new(),
        };
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(types) => {
                    for kind in types.into_iter_err_on_gc_types() {
                        module.types.push(kind?);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        let TypeRef::Func(kind) = import.ty else {
                            bail!("{} is imported and no function", import.name);
                        };
                        module.functions.push(kind);
                        module.imports.push(import);
                    }
                }
                Payload::FunctionSection(kinds) => {
                    for kind in kinds {
                        module.functions.push(kind?);
                    }
                }
                Payload::TableSection(tables) => {
                    module.tables = tables.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::MemorySection(memories) => {
                    module.memories = memories.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::GlobalSection(globals) => {
                    module.globals = globals.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::ExportSection(exports) => {
                    module.exports = exports.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::ElementSection(elements) => {
                    for element in elements {
                        module.read_element(element?)?;
                    }
                }
                Payload::CodeSectionEntry(body) => module.bodies.push(body),
                Payload::DataSection(data) => {
                    module.data = data.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::StartSection { .. } => bail!("a start function is not provided for"),
                _ => {}
            }
        }
        Ok(module)
    }

    fn read_element(&mut self, element: wasmparser::Element<'a>) -> Result<()> {
        let (ElementKind::Active { table_index, offset_expr }, ElementItems::Functions(items)) =
            (element.kind, element.items)
        else {
            bail!("functions that are not listed by number, or in no table, are not provided for");
        };
        if table_index.unwrap_or(0) != 0 {
            bail!("functions in table {table_index:?}, expected them in the first");
        }
        let functions = items.into_iter().collect::<Result<_, _>>()?;
        self.elements.push((constant(&offset_expr)?, functions));
        Ok(())
    }

    /// How many functions are imported.
    pub fn imported(&self) -> u32 {
        self.imports.len() as u32
    }

    /// How many parameters a function has.
    pub fn parameters(&self, function: u32) -> usize {
        self.types[self.functions[function as usize] as usize].params().len()
    }

    /// The functions that this one, which is not imported, names in its code.
    pub fn callees(&self, function: u32) -> Result<Vec<u32>> {
        let mut found = Vec::new();
        let body = &self.bodies[(function - self.imported()) as usize];
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            match operators.read()? {
                Operator::Call { function_index }
                | Operator::ReturnCall { function_index }
                | Operator::RefFunc { function_index } => found.push(function_index),
                _ => {}
            }
        }
        Ok(found)
    }
}

/// The number that an offset is.
pub fn constant(expression: &ConstExpr<'_>) -> Result<u32> {
    match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(value as u32),
        other => bail!("an offset is {other:?}, expected a number"),
    }
}
