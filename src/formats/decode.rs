//! Bytes of a file as UTF-8, block by block.

use super::source::{self, Source};
use crate::Result;

/// Bytes that are asked for at a time, as a rule.
const BLOCK: usize = 256 << 10;

/// Bytes of the beginning from which a file's form is told.
const HEAD: usize = 64 << 10;

/// What Windows-1252 has where Latin-1 has controls; five of them stay.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The character of a byte in Windows-1252.
pub(super) fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..0xa0 => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// How characters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8, or Windows-1252.
    Bytes,
    /// UTF-16, the less significant byte first.
    Utf16Le,
    /// UTF-16, the more significant byte first.
    Utf16Be,
}

impl Encoding {
    /// By the byte order mark, whose length is answered, or by the zeros of UTF-16's Latin letters.
    pub fn of(head: &[u8]) -> (Self, usize) {
        match head {
            [0xef, 0xbb, 0xbf, ..] => (Self::Bytes, 3),
            [0xff, 0xfe, ..] => (Self::Utf16Le, 2),
            [0xfe, 0xff, ..] => (Self::Utf16Be, 2),
            [1..=255, 0, 1..=255, 0, ..] => (Self::Utf16Le, 0),
            [0, 1..=255, 0, 1..=255, ..] => (Self::Utf16Be, 0),
            _ => (Self::Bytes, 0),
        }
    }

    /// Adds these bytes in UTF-8; what is not Unicode becomes U+FFFD, and the place of the first of it is
    /// answered. A last character that is not whole, which is kept back, is what `rest` has then.
    pub fn decode(self, bytes: &[u8], rest: &mut Vec<u8>, into: &mut Vec<u8>) -> Option<usize> {
        if self == Self::Bytes {
            into.extend_from_slice(bytes);
            return None;
        }
        let (pairs, odd) = bytes.as_chunks::<2>();
        let unit = |pair: &[u8; 2]| match self {
            Self::Utf16Be => u16::from_be_bytes(*pair),
            Self::Bytes | Self::Utf16Le => u16::from_le_bytes(*pair),
        };
        let half = pairs.last().is_some_and(|pair| (0xd800..0xdc00).contains(&unit(pair)));
        let (whole, kept) = pairs.split_at(pairs.len() - usize::from(half));
        let (mut at, mut wrong) = (0, None);
        for character in char::decode_utf16(whole.iter().map(unit)) {
            if character.is_err() {
                wrong = wrong.or(Some(2 * at));
            }
            // What is no character is half of a pair, as long as the one that stands for it.
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            at += character.len_utf16();
            into.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        rest.extend(kept.iter().flatten().chain(odd));
        wrong
    }
}

/// A file's text from its beginning to its end.
pub(super) struct Decoder<S> {
    source: S,
    encoding: Encoding,
    /// The length of the byte order mark.
    mark: u64,
    /// Bytes of the file that were decoded.
    position: u64,
    /// Bytes of a character that goes on in the next block.
    rest: Vec<u8>,
    /// What was decoded, and how much of it was used.
    text: Vec<u8>,
    used: usize,
    /// How many blocks were decoded.
    blocks: u64,
    /// Bytes that are asked for at a time.
    at_once: usize,
    /// As the file has it, where that is something else.
    block: Vec<u8>,
}

impl<S: Source> Decoder<S> {
    pub fn new(mut source: S) -> Result<Self> {
        let head = source::head(&mut source, 4)?;
        let (encoding, mark) = Encoding::of(&head);
        let mark = mark as u64;
        Ok(Self {
            source,
            encoding,
            mark,
            position: mark,
            rest: Vec::new(),
            text: Vec::new(),
            used: 0,
            blocks: 0,
            at_once: BLOCK,
            block: Vec::new(),
        })
    }

    /// From now on asks for so many bytes at a time, which are not none.
    #[cfg(all(any(test, fuzzing), not(target_arch = "wasm32")))]
    pub fn set_block(&mut self, bytes: usize) {
        self.at_once = bytes;
    }

    /// Back to the beginning.
    pub fn rewind(&mut self) {
        self.position = self.mark;
        self.rest.clear();
        self.text.clear();
        self.used = 0;
    }

    /// Some kilobytes of the beginning, where reading must be.
    pub fn head(&mut self) -> Result<&[u8]> {
        let text = self.fill()?;
        Ok(&text[..text.len().min(HEAD)])
    }

    /// The text that comes next; empty at the end.
    pub fn fill(&mut self) -> Result<&[u8]> {
        let (_, text, used) = self.block()?;
        Ok(&text[used..])
    }

    /// The block that the text that comes next is in: its number, what it holds, and how much of it was
    /// used, which is all at the end.
    pub fn block(&mut self) -> Result<(u64, &[u8], usize)> {
        while self.used == self.text.len() {
            let len =
                self.source.len().saturating_sub(self.position).min(self.at_once as u64) as usize;
            self.used = 0;
            self.blocks += 1;
            if len == 0 {
                self.text.clear();
                // Half a character.
                self.rest.clear();
                break;
            }
            if self.encoding == Encoding::Bytes {
                // There is none where reading fails.
                let mut text = std::mem::take(&mut self.text);
                text.resize(len, 0);
                self.source.read_at(self.position, &mut text)?;
                self.text = text;
                self.position += len as u64;
                continue;
            }
            self.text.clear();
            self.block.clear();
            self.block.append(&mut self.rest);
            let kept = self.block.len();
            self.block.resize(kept + len, 0);
            self.source.read_at(self.position, &mut self.block[kept..])?;
            self.position += len as u64;
            self.encoding.decode(&self.block, &mut self.rest, &mut self.text);
        }
        Ok((self.blocks, &self.text, self.used))
    }

    /// So many bytes of the text were used.
    pub fn consume(&mut self, bytes: usize) {
        self.used += bytes;
    }

    /// How many bytes of how many of the file lie behind.
    pub fn progress(&self) -> (u64, u64) {
        let text = self.text.len() as u64;
        let block = if self.encoding == Encoding::Bytes { text } else { self.block.len() as u64 };
        // Of the block in proportion: what its characters take is not known.
        let ahead = (block * (text - self.used as u64)).checked_div(text).unwrap_or(0);
        (self.position.saturating_sub(ahead), self.source.len())
    }
}
