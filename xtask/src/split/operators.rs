//! What operators say of the addresses in them.

use std::collections::BTreeSet;

use anyhow::Result;
use wasmparser::{FunctionBody, Operator};

use super::outline::computes;

/// What a load adds to its address.
pub fn offset_of_load(op: &Operator<'_>) -> Option<u32> {
    let memarg = match op {
        Operator::I32Load { memarg }
        | Operator::I64Load { memarg }
        | Operator::F32Load { memarg }
        | Operator::F64Load { memarg }
        | Operator::I32Load8S { memarg }
        | Operator::I32Load8U { memarg }
        | Operator::I32Load16S { memarg }
        | Operator::I32Load16U { memarg }
        | Operator::I64Load8S { memarg }
        | Operator::I64Load8U { memarg }
        | Operator::I64Load16S { memarg }
        | Operator::I64Load16U { memarg }
        | Operator::I64Load32S { memarg }
        | Operator::I64Load32U { memarg }
        | Operator::V128Load { memarg }
        | Operator::V128Load8x8S { memarg }
        | Operator::V128Load8x8U { memarg }
        | Operator::V128Load16x4S { memarg }
        | Operator::V128Load16x4U { memarg }
        | Operator::V128Load32x2S { memarg }
        | Operator::V128Load32x2U { memarg }
        | Operator::V128Load8Splat { memarg }
        | Operator::V128Load16Splat { memarg }
        | Operator::V128Load32Splat { memarg }
        | Operator::V128Load64Splat { memarg }
        | Operator::V128Load32Zero { memarg }
        | Operator::V128Load64Zero { memarg } => memarg,
        _ => return None,
    };
    Some(memarg.offset as u32)
}

/// The number in an operator that may be an address.
pub fn address_of(op: &Operator<'_>) -> Option<u32> {
    match op {
        Operator::I32Const { value } => Some(*value as u32),
        op => offset_of_load(op),
    }
}

pub fn operators<'a>(body: &FunctionBody<'a>) -> Result<Vec<Operator<'a>>> {
    Ok(body.get_operators_reader()?.into_iter().collect::<Result<_, _>>()?)
}

pub fn is_kernel(body: &FunctionBody<'_>) -> Result<bool> {
    Ok(computes(&operators(body)?))
}

/// The places in a kernel at which the optimiser sees addresses: those in its loops, but for arguments.
pub fn seen(ops: &[Operator<'_>], takes: impl Fn(u32) -> usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut around = Vec::new();
    for (at, op) in ops.iter().enumerate() {
        match op {
            Operator::Loop { .. } => around.push(true),
            Operator::Block { .. } | Operator::If { .. } => around.push(false),
            Operator::End => {
                around.pop();
            }
            _ if around.contains(&true) && !is_argument(ops, at, &takes) => {
                found.insert(at);
            }
            _ => {}
        }
    }
    found
}

/// Whether the number at this place is an argument of a call that follows at once.
pub fn is_argument(ops: &[Operator<'_>], at: usize, takes: impl Fn(u32) -> usize) -> bool {
    let is_value =
        |op: &&Operator<'_>| matches!(op, Operator::I32Const { .. } | Operator::LocalGet { .. });
    let after = &ops[at + 1..];
    let values = after.iter().take_while(is_value).count();
    match (&ops[at], after.get(values)) {
        (Operator::I32Const { .. }, Some(Operator::Call { function_index })) => {
            values < takes(*function_index)
        }
        _ => false,
    }
}
