//! Data of the first part, and of the rest.

use std::ops::Range;

use anyhow::{Result, bail};
use wasm_encoder::{ConstExpr, DataSection};
use wasmparser::DataKind;

use super::module::{Module, constant};

/// Bytes, and where in memory they lie.
pub type Placed<'a> = Vec<(u32, &'a [u8])>;

/// Runs of bytes that are shorter than what names a run go with those before them.
const LEAST_RUN: u32 = 8;

/// Divides data between the first part and the rest, which has what lies in `beyond`.
pub fn divided<'a>(module: &Module<'a>, beyond: &[Range<u32>]) -> Result<[Placed<'a>; 2]> {
    let mut parts = [Vec::new(), Vec::new()];
    for datum in &module.data {
        let DataKind::Active { offset_expr, .. } = &datum.kind else {
            bail!("data that code puts into memory is not provided for");
        };
        let begin = constant(offset_expr)?;
        let end = begin + datum.data.len() as u32;
        let bytes =
            |from: u32, to: u32| &datum.data[(from - begin) as usize..(to - begin) as usize];
        let mut runs: Vec<Range<u32>> = Vec::new();
        for place in beyond {
            let (from, to) = (place.start.clamp(begin, end), place.end.clamp(begin, end));
            match runs.last_mut() {
                // Zeros between pieces are there without being written.
                Some(last) if bytes(last.end, from).iter().all(|&byte| byte == 0) => last.end = to,
                _ => runs.push(from..to),
            }
        }
        let mut at = begin;
        for run in runs
            .into_iter()
            .filter(|run| run.len() as u32 >= LEAST_RUN)
            .chain(std::iter::once(end..end))
        {
            parts[0].extend((at < run.start).then(|| (at, bytes(at, run.start))));
            parts[1].extend((!run.is_empty()).then(|| (run.start, bytes(run.start, run.end))));
            at = run.end;
        }
    }
    Ok(parts)
}

pub fn section_of(data: &[(u32, &[u8])]) -> DataSection {
    let mut section = DataSection::new();
    for (place, bytes) in data {
        section.active(0, &ConstExpr::i32_const(*place as i32), bytes.iter().copied());
    }
    section
}
