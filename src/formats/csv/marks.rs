//! Where the fields of plain records end, found for a whole block of text at a time.

use crate::data::table::MOST_COLUMNS;

/// Bytes that are compared at a time.
const LANES: usize = 32;

/// The places of all delimiters, line ends and quotation marks of a block of text.
#[derive(Default)]
pub(super) struct Marks {
    /// The block that they are of.
    block: u64,
    places: Vec<u32>,
    /// How many of them were passed.
    passed: usize,
}

impl Marks {
    /// Finds those of a block, unless it is the one that is known.
    pub(super) fn find(&mut self, block: u64, text: &[u8], delimiter: u8) {
        if self.block == block {
            return;
        }
        self.block = block;
        self.passed = 0;
        self.places.clear();
        let is_mark = |byte: u8| {
            u8::from(byte == delimiter)
                | u8::from(byte == b'\n')
                | u8::from(byte == b'\r')
                | u8::from(byte == b'"')
        };
        let (chunks, rest) = text.as_chunks::<LANES>();
        let mut begin = 0;
        for chunk in chunks {
            // Compiles to comparisons of vectors, which a search with an end in each step does not.
            let marks = chunk.map(is_mark);
            for word in marks.as_chunks::<8>().0 {
                let mut word = u64::from_le_bytes(*word);
                while word != 0 {
                    self.places.push(begin + word.trailing_zeros() / 8);
                    word &= word - 1;
                }
                begin += 8;
            }
        }
        let marks = (begin..).zip(rest).filter(|(_, byte)| is_mark(**byte) != 0);
        self.places.extend(marks.map(|(place, _)| place));
    }

    /// Where the record that begins at this place of the block ends, and its fields end, counted from
    /// its beginning. `None` for one that is to be read byte by byte: with quotation marks, with more
    /// fields than a table may have, or with an end that is not in this block.
    pub(super) fn record(
        &mut self,
        text: &[u8],
        from: usize,
        ends: &mut Vec<usize>,
    ) -> Option<usize> {
        let ahead = self.places[self.passed..].iter().take_while(|&&place| (place as usize) < from);
        self.passed += ahead.count();
        ends.clear();
        for &place in self.places[self.passed..].iter().take(MOST_COLUMNS) {
            let place = place as usize;
            let mark = text[place];
            if mark == b'"' {
                return None;
            }
            ends.push(place - from);
            if matches!(mark, b'\n' | b'\r') {
                self.passed += ends.len();
                return Some(place);
            }
        }
        None
    }
}
