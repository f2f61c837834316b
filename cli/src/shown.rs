//! Text of files as people are shown it: the names in a model are somebody else's, and a terminal obeys some of them.

use std::borrow::Cow;

/// A text of which nothing moves the cursor, colours, ends the line, or turns the direction of what is read: such
/// characters are told by their numbers.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return text.into();
    }
    let mut plain = String::with_capacity(2 * text.len());
    for character in text.chars() {
        if acts(character) {
            plain.extend(character.escape_default());
        } else {
            plain.push(character);
        }
    }
    plain.into()
}

/// Whether a terminal does something other than to draw it.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            // Ends of lines and paragraphs, and the controls of the Unicode bidirectional algorithm.
            '\u{2028}' | '\u{2029}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_told_by_its_number() {
        for (text, expected) in [
            ("Katze \u{1f408}, \u{5d0}\u{5d1}", "Katze \u{1f408}, \u{5d0}\u{5d1}"),
            ("\u{1b}[2Jcat\u{7}", "\\u{1b}[2Jcat\\u{7}"),
            ("cat\nnote: safe\r", "cat\\nnote: safe\\r"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("gpj\u{202e}.exe", "gpj\\u{202e}.exe"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }
}
