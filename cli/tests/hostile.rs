//! Models whose names are meant for the terminal.

mod common;

use common::{Folder, digits};
use serde_json::Value;

/// A title for the terminal, a cleared screen, a line of its own, and a word that is read backwards.
const HOSTILE: &str = "\u{1b}]0;title\u{7}\u{1b}[2J\nnote: safe\u{202e}";

const AS_SHOWN: &str = "\\u{1b}]0;title\\u{7}\\u{1b}[2J\\nnote: safe\\u{202e}";

/// The page's model with such a name, and with one for its first class.
fn hostile() -> Vec<u8> {
    let file = std::fs::read(digits()).unwrap();
    let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let (header, weights) = file[8..].split_at(length);
    let mut header: Value = serde_json::from_slice(header).unwrap();
    let own = &mut header["__metadata__"]["tabgrad"];
    let mut described: Value = serde_json::from_str(own.as_str().unwrap()).unwrap();
    described["info"]["classNames"][0] = HOSTILE.into();
    described["spec"]["name"] = HOSTILE.into();
    *own = described.to_string().into();
    let mut header = header.to_string();
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), weights].concat()
}

/// Whether a terminal would only draw it.
fn is_plain(text: &str) -> bool {
    text.chars()
        .all(|character| character == '\n' || !(character.is_control() || character == '\u{202e}'))
}

#[test]
fn names_are_shown_as_what_they_are() {
    let folder = Folder::with_mnist();
    folder.write("model.safetensors", hostile());
    let about = folder.good(&["inspect", "model.safetensors"]);
    assert!(is_plain(&about), "{about:?}");
    assert!(about.starts_with(AS_SHOWN), "{about}");
    assert!(about.contains(&format!("10 classes: {AS_SHOWN}, 1, 2")), "{about}");
    let measured = folder.good(&["evaluate", "model.safetensors", "mnist"]);
    assert!(is_plain(&measured), "{measured:?}");
    assert!(measured.contains(AS_SHOWN), "{measured}");
    assert!(!measured.lines().any(|line| line.starts_with("note: ")), "{measured}");
    folder.write("\u{1b}[2J.safetensors", "none");
    folder.bad(1, &["inspect", "\u{1b}[2J.safetensors"], "\\u{1b}[2J.safetensors: ");
}

#[test]
fn what_other_programs_read_has_them_as_they_are() {
    let folder = Folder::with_mnist();
    folder.write("model.safetensors", hostile());
    let about: Value =
        serde_json::from_str(&folder.good(&["inspect", "model.safetensors", "--json"])).unwrap();
    assert_eq!(about["classNames"][0], HOSTILE);
}
