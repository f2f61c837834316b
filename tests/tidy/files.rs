//! The project's files, and what can be read from them.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders whose files are written by hand.
const SOURCES: &[&str] =
    &["src", "cli", "derive", "js", "www", "tests", "xtask", "scripts", "bench", "examples"];
/// Folders in them whose files are not.
const NOT_SOURCES: &[&str] =
    &["js/generated", "bench/node_modules", "www/public", "tests/golden/cases"];
const SOURCE_ENDINGS: &[&str] = &["rs", "ts", "js", "mjs", "svelte", "css", "html"];

/// A file written by hand.
pub struct Source {
    /// From the project's folder, with forward slashes.
    pub path: String,
    pub text: String,
}

impl Source {
    /// The numbered lines without comments, up to the module of tests.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_test = self.path.ends_with("/tests.rs") || self.path.contains("/tests/");
        let end = if is_test { Some(0) } else { self.text.find("#[cfg(test)]\nmod tests {") };
        let lines = self.text[..end.unwrap_or(self.text.len())].lines();
        let code = lines.map(|line| line.split("//").next().unwrap_or_default());
        code.enumerate()
            .map(|(number, line)| (number + 1, line))
            .filter(|(_, line)| !line.is_empty())
    }
}

/// The first names after each `crate::`, those of a group too.
pub fn imports(code: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(top_level(group).filter_map(first_name)),
            None => names.extend(first_name(rest)),
        }
    }
    names
}

/// The parts of a group of imports between its own commas, not between those of groups within it.
fn top_level(group: &str) -> impl Iterator<Item = &str> {
    let mut open = 1;
    let end = group.find(|symbol| {
        match symbol {
            '{' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        open == 0
    });
    let mut depth = 0;
    group[..end.unwrap_or(group.len())]
        .split(move |symbol| {
            match symbol {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            depth == 0 && symbol == ','
        })
        .map(str::trim)
}

fn first_name(path: &str) -> Option<&str> {
    let end =
        path.find(|symbol: char| !symbol.is_alphanumeric() && symbol != '_').unwrap_or(path.len());
    Some(&path[..end]).filter(|name| !name.is_empty())
}

/// The targets of Markdown links and images to files of the project, without their anchors.
pub fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

/// What a JavaScript module imports before it runs.
pub fn static_imports(text: &str) -> impl Iterator<Item = &str> {
    let ends =
        text.lines().filter(|line| line.starts_with("import ") || line.starts_with("} from"));
    ends.filter_map(|line| line.rsplit('"').nth(1))
}

/// `src/kernels/conv.rs` -> `kernels`.
pub fn module_of(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

pub fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let entry = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?.1;
    entry.split('"').next()
}

pub fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    for folder in SOURCES {
        collect(Path::new(folder), &mut files);
    }
    assert!(files.len() > 3, "the sources were not found");
    files
}

fn collect(folder: &Path, files: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(root().join(folder)) else {
        return; // A folder that the project does not have.
    };
    for entry in entries.map(|entry| entry.expect("a readable folder")) {
        let path = folder.join(entry.file_name());
        let name = path.to_string_lossy().replace('\\', "/");
        if entry.path().is_dir() {
            if !NOT_SOURCES.contains(&name.as_str()) {
                collect(&path, files);
            }
        } else if path
            .extension()
            .is_some_and(|ending| SOURCE_ENDINGS.iter().any(|known| ending == *known))
        {
            files.push(Source { text: read(&name), path: name });
        }
    }
}

pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
