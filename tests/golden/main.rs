//! Reference values of PyTorch, Keras and scikit-learn; see README.md beside this file.
//!
//! A group of cases has a runner, a function from a case to its outcome; adding one is a file and a
//! line in the table below.
#![cfg(not(target_arch = "wasm32"))]

mod case;
mod dropout;
mod layer;
mod loss;
mod metrics;
mod optimizer;
mod schedule;
mod trajectory;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use case::{Case, Failure, Outcome};

type Runner = fn(&Case) -> Result<Outcome, Failure>;

const RUNNERS: &[(&str, Runner)] = &[
    ("activation", layer::run),
    ("conv2d", layer::run),
    ("dense", layer::run),
    ("dropout", dropout::run),
    ("loss", loss::run),
    ("merge", layer::run),
    ("metrics", metrics::run),
    ("norm", layer::run),
    ("optimizer", optimizer::run),
    ("pool", layer::run),
    ("schedule", schedule::run),
    ("shape", layer::run),
    ("trajectory", trajectory::run),
];

/// The folder of the project's own copy.
pub fn own(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path)
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

fn run(case: &Case) -> Result<Outcome, Failure> {
    match RUNNERS.iter().find(|(group, _)| *group == case.group) {
        Some((_, runner)) => runner(case),
        None => Ok(Outcome::LeftOut(format!("group {}", case.group))),
    }
}

#[test]
fn golden() {
    let folder = std::env::var_os("TABGRAD_GOLDENS").map_or_else(|| own("cases"), PathBuf::from);
    let (mut agreed, mut failures) = (0, Vec::new());
    let mut left_out = BTreeMap::<String, Vec<String>>::new();
    for path in descriptions(&folder) {
        let outcome = Case::read(&path).and_then(|case| run(&case));
        let name = path.strip_prefix(&folder).unwrap_or(&path).with_extension("");
        let name = name.display().to_string();
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
}
