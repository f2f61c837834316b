//! A function's body, with what has to be known to move a piece of it elsewhere.

use anyhow::{Context, Result, bail};
use wasmparser::{
    BlockType, FuncValidatorAllocations, FunctionBody, Operator, ValType, ValidPayload, Validator,
};

use super::module::Module;

/// A function's body, checked.
pub struct Body<'a> {
    pub ops: Vec<Operator<'a>>,
    /// Where each operator begins in the module; one more for the end.
    pub offsets: Vec<usize>,
    /// Parameters, then the other locals.
    pub locals: Vec<ValType>,
    pub results: Vec<ValType>,
    /// For whatever begins a block, and for each `else`: the operator that ends what follows it.
    pub close: Vec<usize>,
    /// For each `else`: its `if`.
    begun: Vec<usize>,
    /// For each operator: what begins the innermost block around it; none for the function's own.
    pub opener: Vec<Option<usize>>,
    /// For each operator: what the block around it has on the stack before it; none where nothing
    /// ever arrives.
    pub stack: Vec<Option<Vec<ValType>>>,
}

impl<'a> Body<'a> {
    /// The bodies of these functions, which are counted without those imported.
    pub fn parse_all(bytes: &'a [u8], wanted: impl Fn(u32) -> bool) -> Result<Vec<Option<Self>>> {
        let module = Module::parse(bytes)?;
        let mut validator = Validator::new();
        let mut bodies = Vec::new();
        let mut allocations = FuncValidatorAllocations::default();
        for payload in wasmparser::Parser::new(0).parse_all(bytes) {
            let ValidPayload::Func(function, body) = validator.payload(&payload?)? else {
                continue;
            };
            let number = bodies.len() as u32;
            if !wanted(number) {
                bodies.push(None);
                continue;
            }
            let kind = module.functions[(number + module.imported()) as usize];
            let results = module.types[kind as usize].results().to_vec();
            let mut checker = function.into_validator(allocations);
            bodies.push(Some(Self::parse(&body, results, &mut checker)?));
            allocations = checker.into_allocations();
        }
        Ok(bodies)
    }

    fn parse(
        body: &FunctionBody<'a>,
        results: Vec<ValType>,
        checker: &mut wasmparser::FuncValidator<wasmparser::ValidatorResources>,
    ) -> Result<Self> {
        let mut reader = body.get_binary_reader();
        checker.read_locals(&mut reader)?;
        let locals = (0..checker.len_locals()).map(|local| checker.get_local_type(local));
        let locals = locals.collect::<Option<_>>().context("a local without a type")?;
        let mut parsed = Self {
            ops: Vec::new(),
            offsets: Vec::new(),
            locals,
            results,
            close: Vec::new(),
            begun: Vec::new(),
            opener: Vec::new(),
            stack: Vec::new(),
        };
        let mut open: Vec<usize> = Vec::new();
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let (op, offset) = operators.read_with_offset()?;
            let index = parsed.ops.len();
            parsed.close.push(0);
            parsed.begun.push(0);
            let mut around = open.last().copied();
            match op {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                    open.push(index);
                }
                Operator::Else => {
                    let begun = open.pop().context("an else without an if")?;
                    parsed.close[begun] = index;
                    parsed.begun[index] = begun;
                    open.push(index);
                    // Beside its `if`, not within.
                    around = parsed.opener[begun];
                }
                Operator::End => {
                    if let Some(begun) = open.pop() {
                        parsed.close[begun] = index;
                    }
                }
                Operator::TryTable { .. } => bail!("exceptions are not provided for"),
                _ => {}
            }
            parsed.opener.push(around);
            parsed.stack.push(stack_of(checker));
            parsed.offsets.push(offset);
            checker.op(offset, &op)?;
            parsed.ops.push(op);
        }
        parsed.offsets.push(operators.original_position());
        Ok(parsed)
    }

    /// The operator that ends the block in which this one stands: an `end` or an `else`.
    pub fn end_around(&self, index: usize) -> usize {
        self.opener[index].map_or(self.ops.len() - 1, |opener| self.close[opener])
    }

    /// The `end` of a whole block, by what begins it: for an `if` that of its `else`, too.
    pub fn end_of(&self, opener: usize) -> usize {
        let close = self.close[opener];
        if matches!(self.ops[close], Operator::Else) { self.close[close] } else { close }
    }

    /// The type of a block, by what begins it.
    pub fn block_type(&self, opener: usize) -> BlockType {
        match self.ops[opener] {
            Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
                blockty
            }
            _ => self.block_type(self.begun[opener]),
        }
    }

    pub fn in_loop(&self, index: usize) -> bool {
        self.openers(index).any(|opener| matches!(self.ops[opener], Operator::Loop { .. }))
    }

    /// What begins the blocks around this operator, the innermost first. `else` stands for its `if`.
    pub fn openers(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.opener[index], |&opener| self.opener[opener])
    }
}

/// The places where control may arrive otherwise than from the operator before: the beginning, and
/// what follows a label or a conditional branch. Where nothing follows there is none.
pub fn points<'o>(ops: &'o [Operator<'_>]) -> impl Iterator<Item = usize> + 'o {
    let after = |index: usize| {
        let arrives = matches!(
            ops[index],
            Operator::Loop { .. }
                | Operator::If { .. }
                | Operator::Else
                | Operator::End
                | Operator::BrIf { .. }
        );
        let next = ops.get(index + 1)?;
        (arrives && !matches!(next, Operator::End | Operator::Else)).then_some(index + 1)
    };
    std::iter::once(0).chain((0..ops.len()).filter_map(after))
}

/// The parameters and results of a block.
pub fn signature(module: &Module<'_>, kind: BlockType) -> (Vec<ValType>, Vec<ValType>) {
    match kind {
        BlockType::Empty => (Vec::new(), Vec::new()),
        BlockType::Type(result) => (Vec::new(), vec![result]),
        BlockType::FuncType(index) => {
            let kind = &module.types[index as usize];
            (kind.params().to_vec(), kind.results().to_vec())
        }
    }
}

/// What the innermost open block has on the stack.
fn stack_of(
    checker: &wasmparser::FuncValidator<wasmparser::ValidatorResources>,
) -> Option<Vec<ValType>> {
    let frame = checker.get_control_frame(0)?;
    if frame.unreachable {
        return None;
    }
    let count = checker.operand_stack_height() as usize - frame.height;
    (0..count).rev().map(|depth| checker.get_operand_type(depth).flatten()).collect()
}
