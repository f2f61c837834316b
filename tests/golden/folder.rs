//! Every case of a folder: the project's own copy, or the one that `TABGRAD_GOLDENS` names.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::case::{Case, Outcome};
use crate::embedded::CASES;
use crate::run;

/// The folder of the project's own copy.
fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/cases")
}

/// Every description below a folder, in the order of their paths.
fn descriptions(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{} can't be read: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry of a folder that can be read").path();
        if path.is_dir() {
            found.extend(descriptions(&path));
        } else if path.extension().is_some_and(|extension| extension == "json")
            && path.file_name().is_none_or(|name| name != "index.json")
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn golden() {
    let other = std::env::var_os("TABGRAD_GOLDENS").map(PathBuf::from);
    let is_own = other.is_none();
    let folder = other.unwrap_or_else(own);
    let (mut agreed, mut failures, mut embedded_wrongly) = (0, Vec::new(), Vec::new());
    let mut left_out = BTreeMap::<String, Vec<String>>::new();
    for path in descriptions(&folder) {
        let outcome = Case::read(&path).and_then(|case| run(&case));
        let name = path.strip_prefix(&folder).unwrap_or(&path).with_extension("");
        let name = name.display().to_string().replace('\\', "/");
        let runs = !matches!(outcome, Ok(Outcome::LeftOut(_)));
        if is_own && runs != CASES.iter().any(|(path, ..)| *path == name) {
            embedded_wrongly.push(name.clone());
        }
        match outcome {
            Ok(Outcome::Agreed) => agreed += 1,
            Ok(Outcome::LeftOut(why)) => left_out.entry(why).or_default().push(name),
            Err(why) => failures.push(format!("{name}: {why}")),
        }
    }
    // Written past the test harness, which shows what is printed only when a test fails.
    let mut out = std::io::stderr().lock();
    let ran = agreed + failures.len();
    let count: usize = left_out.values().map(Vec::len).sum();
    let mut lines = vec![format!(
        "goldens: {ran} cases ran, {agreed} agreed, {count} left out because they ask for what is \
         not offered:"
    )];
    lines.extend(left_out.iter().map(|(why, names)| format!("  {why}: {}", names.join(", "))));
    writeln!(out, "{}", lines.join("\n")).expect("standard error takes text");
    assert!(ran > 0, "no case ran in {}", folder.display());
    assert!(failures.is_empty(), "{} cases do not agree:\n{}", failures.len(), failures.join("\n"));
    let names = embedded_wrongly.join(", ");
    assert!(
        names.is_empty(),
        "embedded.rs lacks them, or has them though they are left out: {names}"
    );
}
