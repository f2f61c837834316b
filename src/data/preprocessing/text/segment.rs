//! From a text to its tokens.

use std::borrow::Cow;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation;

use super::{MOST_TOKEN_BYTES, Split, TextSpec};

/// Calls `visit` with every token of a text, in order.
pub(super) fn tokens(text: &str, spec: &TextSpec, mut visit: impl FnMut(&str)) {
    let text = normalize(text, spec);
    match spec.split {
        Split::Words => text.split_word_bounds().filter(|word| is_word(word)).for_each(visit),
        Split::WordsAndPunctuation => text
            .split_word_bounds()
            .filter(|word| !word.chars().all(char::is_whitespace))
            .for_each(visit),
        Split::Characters => text.graphemes(true).for_each(visit),
        Split::BytePairs => pieces(&text, |piece| cut(piece, &mut visit)),
    }
}

/// Line ends, case, accents and composition, in this order.
fn normalize<'a>(text: &'a str, spec: &TextSpec) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(text);
    if text.contains('\r') {
        text = Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"));
    }
    if text.is_ascii() {
        if spec.lowercase && text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            text.to_mut().make_ascii_lowercase();
        }
        return text;
    }
    if spec.lowercase {
        text = Cow::Owned(text.to_lowercase());
    }
    if spec.strip_accents {
        text.nfd().filter(|&symbol| canonical_combining_class(symbol) == 0).nfc().collect()
    } else if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text
    } else {
        text.nfc().collect()
    }
}

fn is_word(segment: &str) -> bool {
    segment.chars().any(|symbol| symbol.is_alphanumeric() || is_pictograph(symbol))
}

/// The blocks from Miscellaneous Symbols to Dingbats, and all of the Supplementary Multilingual
/// Plane from Mahjong Tiles on, where emoji are.
fn is_pictograph(symbol: char) -> bool {
    matches!(symbol, '\u{2600}'..='\u{27BF}' | '\u{1F000}'..='\u{1FAFF}')
}

/// Words with the space before them, and all that is between words: together they are the text.
fn pieces(text: &str, mut visit: impl FnMut(&str)) {
    let mut segments = text.split_word_bound_indices().peekable();
    while let Some((begin, segment)) = segments.next() {
        let mut end = begin + segment.len();
        // A run of spaces is one segment; its last space belongs to the word.
        let Some(&(_, next)) = segments.peek() else {
            visit(&text[begin..end]);
            break;
        };
        if segment.ends_with(' ') && !next.chars().all(char::is_whitespace) {
            if segment.len() > 1 {
                visit(&text[begin..end - 1]);
            }
            let space = end - 1;
            end += next.len();
            visit(&text[space..end]);
            segments.next();
        } else {
            visit(&text[begin..end]);
        }
    }
}

/// A piece in parts of at most [`MOST_TOKEN_BYTES`] bytes, so that a text without any word costs no
/// more than others.
fn cut(mut piece: &str, mut visit: impl FnMut(&str)) {
    while piece.len() > MOST_TOKEN_BYTES {
        let (part, rest) = piece.split_at(piece.floor_char_boundary(MOST_TOKEN_BYTES));
        visit(part);
        piece = rest;
    }
    visit(piece);
}
