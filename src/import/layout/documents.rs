//! Texts that lie about beside data and are none: descriptions, web pages, programs, logs.

use super::names::{file_name, stem};
use crate::{Error, err};

/// Endings of texts that people write and collect; files without an ending are such, too.
const PROSE: &[&str] = &["txt", "text", "md", "markdown", "rst", "tokens", "raw"];

/// Names, without their ending, of what accompanies data.
const BESIDE: &[&str] = &[
    "readme",
    "license",
    "licence",
    "copying",
    "copyright",
    "notice",
    "changelog",
    "authors",
    "contributing",
    "citation",
    "makefile",
    "dockerfile",
];

/// What files with these endings are.
const KINDS: &[(&str, &[&str])] = &[
    ("a web page", &["html", "htm", "xhtml", "css"]),
    ("XML", &["xml", "xsd", "svg", "rss", "kml", "gpx"]),
    (
        "JSON that is no array of objects and has not one on each line",
        &["json", "ipynb", "geojson"],
    ),
    ("settings", &["yaml", "yml", "toml", "ini", "cfg", "conf", "env", "properties", "lock"]),
    ("a log", &["log", "out", "err"]),
    (
        "a program",
        &[
            "py", "js", "mjs", "ts", "jsx", "tsx", "svelte", "rs", "c", "h", "cc", "cpp", "hpp",
            "java", "kt", "go", "rb", "php", "cs", "swift", "r", "jl", "m", "lua", "pl", "sh",
            "bat", "ps1", "sql",
        ],
    ),
];

/// Why a text that no folder gives a class is no data; nothing if it may be.
pub(super) fn refused(path: &str) -> Option<Error> {
    let name = file_name(path).to_lowercase();
    let stem = stem(&name);
    let ending = name.get(stem.len() + 1..).unwrap_or("");
    let found = if BESIDE.contains(&stem) {
        "a description that comes with data"
    } else if ending.is_empty() || PROSE.contains(&ending) {
        return None;
    } else {
        let known = KINDS.iter().find(|(_, endings)| endings.contains(&ending));
        known.map_or("a text of an unknown kind", |(what, _)| what)
    };
    Some(err!(
        Format,
        "{path}: found {found}, expected texts (txt, md, or any in folders by class), tables (CSV, TSV, JSON \
         lines, Parquet), images, sound or arrays (IDX, NPY, NPZ, CIFAR); under another name, one that ends \
         in .txt, it is read as a text"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn texts_are_told_from_what_lies_beside_data() {
        for path in
            ["a.txt", "b/NOTES.TXT", "poems", "x.md", ".txt", "readme of mine.txt", "b.e.text"]
        {
            assert_eq!(refused(path), None, "{path}");
        }
        for (path, what) in [
            ("README", "a description"),
            ("set/ReadMe.md", "a description"),
            ("LICENSE.txt", "a description"),
            ("index.HTML", "a web page"),
            ("package.json", "JSON that is no array"),
            ("src/main.rs", "a program"),
            ("server.log", "a log"),
            ("a.quux", "a text of an unknown kind"),
        ] {
            let message = refused(path).unwrap().to_string();
            assert!(message.contains(&format!("{path}: found {what}")), "{message}");
        }
    }
}
