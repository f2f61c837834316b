//! What the linker notes when it is told to (`--emit-relocs`): where each piece of data lies, and
//! where in code and data there is an address.

use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use wasm_encoder::RawSection;
use wasmparser::{
    BinaryReader, DataKind, DefinedDataSymbol, KnownCustom, Linking, Operator, Parser, Payload,
    RelocationEntry, RelocationType, SymbolInfo,
};

use super::constants::Piece;

/// The segment of what is never written to.
const READ_ONLY: &str = ".rodata";

#[derive(Default)]
pub struct Notes {
    /// By number; none for what is no data.
    symbols: Vec<Option<DefinedDataSymbol>>,
    names: Vec<String>,
    /// Where each segment lies in memory, and its bytes in the file.
    segments: Vec<(u32, Range<usize>)>,
    /// Where data and code begin in the file.
    data: usize,
    code: usize,
    pub of_code: Vec<RelocationEntry>,
    pub of_data: Vec<RelocationEntry>,
}

impl Notes {
    pub fn parse(linked: &[u8]) -> Result<Self> {
        let mut notes = Self::default();
        for payload in Parser::new(0).parse_all(linked) {
            match payload? {
                Payload::DataSection(section) => {
                    notes.data = section.range().start;
                    for datum in section {
                        let datum = datum?;
                        let DataKind::Active { offset_expr, .. } = datum.kind else { continue };
                        let begin = match offset_expr.get_operators_reader().read()? {
                            Operator::I32Const { value } => value as u32,
                            other => bail!("a segment lies at {other:?}"),
                        };
                        let bytes = datum.range.end - datum.data.len()..datum.range.end;
                        notes.segments.push((begin, bytes));
                    }
                }
                Payload::CodeSectionStart { range, .. } => notes.code = range.start,
                Payload::CustomSection(section) => match section.as_known() {
                    KnownCustom::Linking(linking) => {
                        for part in linking.subsections() {
                            notes.add(part?)?;
                        }
                    }
                    KnownCustom::Reloc(relocations) => {
                        let entries = relocations.entries().into_iter();
                        let entries = entries.collect::<Result<Vec<_>, _>>()?;
                        match section.name() {
                            "reloc.CODE" => notes.of_code = entries,
                            "reloc.DATA" => notes.of_data = entries,
                            _ => {}
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        ensure!(!notes.of_code.is_empty(), "the linker noted nothing");
        Ok(notes)
    }

    fn add(&mut self, part: Linking<'_>) -> Result<()> {
        match part {
            Linking::SegmentInfo(segments) => {
                for segment in segments {
                    self.names.push(segment?.name.to_owned());
                }
            }
            Linking::SymbolTable(symbols) => {
                for symbol in symbols {
                    self.symbols.push(match symbol? {
                        SymbolInfo::Data { symbol, .. } => symbol,
                        _ => None,
                    });
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Read-only data in the order of memory; what overlaps is one piece.
    pub fn pieces(&self) -> Result<Vec<Piece>> {
        let read_only = self.names.iter().position(|name| name == READ_ONLY);
        let read_only = read_only.with_context(|| format!("no segment is named {READ_ONLY}"))?;
        let symbols = self.symbols.iter().flatten();
        let symbols =
            symbols.filter(|symbol| symbol.index as usize == read_only && symbol.size > 0);
        let mut places: Vec<Range<u32>> = symbols
            .map(|symbol| {
                let begin = self.begin(symbol);
                begin..begin + symbol.size
            })
            .collect();
        places.sort_unstable_by_key(|place| (place.start, place.end));
        let mut pieces: Vec<Piece> = Vec::new();
        for place in places {
            match pieces.last_mut() {
                Some(last) if place.start < last.place.end => {
                    last.place.end = last.place.end.max(place.end);
                }
                _ => pieces.push(Piece::at(place)),
            }
        }
        Ok(pieces)
    }

    fn begin(&self, symbol: &DefinedDataSymbol) -> u32 {
        self.segments[symbol.index as usize].0 + symbol.offset
    }

    /// Where the data begins to which an entry points, and the address that it makes.
    pub fn address(&self, entry: &RelocationEntry) -> Option<(u32, u32)> {
        let is_address = matches!(
            entry.ty,
            RelocationType::MemoryAddrLeb
                | RelocationType::MemoryAddrSleb
                | RelocationType::MemoryAddrI32
        );
        let symbol = self.symbols.get(entry.index as usize)?.as_ref().filter(|_| is_address)?;
        let begin = self.begin(symbol);
        Some((begin, begin.wrapping_add(entry.addend as u32)))
    }

    /// The slots of the table that code names.
    pub fn slots_of_code(&self, linked: &[u8]) -> Result<BTreeSet<u32>> {
        let entries = self.of_code.iter().filter(|e| e.ty == RelocationType::TableIndexSleb);
        let slots = entries.map(|entry| {
            let number = linked.get(self.code + entry.offset as usize..);
            let number = number.context("a note lies behind the code")?;
            Ok(BinaryReader::new(number, 0).read_var_i32()? as u32)
        });
        slots.collect()
    }

    /// The slot of the table that an entry of the data is.
    pub fn slot(&self, linked: &[u8], entry: &RelocationEntry) -> Result<Option<u32>> {
        if entry.ty != RelocationType::TableIndexI32 {
            return Ok(None);
        }
        let number =
            linked.get(self.data + entry.offset as usize..).and_then(|rest| rest.first_chunk());
        Ok(Some(u32::from_le_bytes(*number.context("a note lies behind the data")?)))
    }

    /// Where in memory an entry of the data is.
    pub fn place_in_data(&self, entry: &RelocationEntry) -> Result<u32> {
        let place = self.data + entry.offset as usize;
        let segment = self.segments.iter().find(|(_, bytes)| bytes.contains(&place));
        let (begin, bytes) = segment.context("an address is outside of all data")?;
        Ok(begin + (place - bytes.start) as u32)
    }
}

/// The module without what the linker noted, which holds no longer once something is changed.
pub fn without_notes(linked: &[u8]) -> Result<Vec<u8>> {
    let mut module = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(linked) {
        let payload = payload?;
        let is_note = match &payload {
            Payload::CustomSection(section) => {
                section.name() == "linking" || section.name().starts_with("reloc.")
            }
            _ => false,
        };
        if let Some((id, range)) = payload.as_section().filter(|_| !is_note) {
            module.section(&RawSection { id, data: &linked[range] });
        }
    }
    Ok(module.finish())
}
