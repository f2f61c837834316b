//! Classes by the folders that files are in.

use std::collections::BTreeSet;

use super::leaf::Leaves;
use crate::{Result, err};

/// The folder that a file is in.
pub(super) fn of(path: &str) -> Option<&str> {
    path.rsplit('/').nth(1).filter(|folder| !folder.is_empty())
}

/// A path without the ending of an archive.
pub(super) fn stem(path: &str) -> &str {
    let is_ending = |ending: &&str| {
        let at = path.len().checked_sub(ending.len());
        at.and_then(|at| path.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
    };
    let ending = [".tar.gz", ".tgz", ".tar", ".zip"].into_iter().find(is_ending).unwrap_or("");
    &path[..path.len() - ending.len()]
}

/// The class of each sample, and the names of the classes: those that are given, or the folders,
/// "2" before "10".
pub(super) fn classes(
    leaves: &Leaves,
    names: Option<Vec<String>>,
) -> Result<(Vec<u32>, Vec<String>)> {
    let folders = || leaves.sample_paths().map(|path| of(path).unwrap_or_default());
    let names = names.unwrap_or_else(|| {
        let mut found: Vec<&str> = folders().collect::<BTreeSet<_>>().into_iter().collect();
        found.sort_by_key(|name| natural(name));
        found.into_iter().map(String::from).collect()
    });
    let class = |folder: &str| {
        let class = names.iter().position(|name| name == folder);
        class.map(|class| class as u32).ok_or_else(|| {
            err!(Data, "the folder {folder:?} is none of the class names {}", names.join(", "))
        })
    };
    let mut last = ("", 0);
    let mut labels = Vec::new();
    for folder in folders() {
        if folder != last.0 || labels.is_empty() {
            last = (folder, class(folder)?);
        }
        labels.push(last.1);
    }
    Ok((labels, names))
}

/// What names are ordered by: numbers in them by their value, letters without their case at first.
fn natural(name: &str) -> Vec<(String, u64, String)> {
    let mut key = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let text = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(text);
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (number, after) = after.split_at(digits);
        key.push((word.to_lowercase(), number.parse().unwrap_or(u64::MAX), word.to_owned()));
        rest = after;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn names_are_in_the_order_in_which_people_read_them() {
        let mut names = ["10", "2", "b", "B", "a10", "a9", "", "é", "1a"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["", "1a", "2", "10", "a9", "a10", "B", "b", "é"]);
    }

    #[test]
    fn the_folder_is_the_last_of_the_path() {
        for (path, folder) in
            [("a/b/c.png", Some("b")), ("b/c.png", Some("b")), ("c.png", None), ("/c.png", None)]
        {
            assert_eq!(of(path), folder, "{path}");
        }
        for (path, expected) in
            [("a/b.tar.gz", "a/b"), ("b.ZIP", "b"), ("b.tgz", "b"), ("zip", "zip"), ("é", "é")]
        {
            assert_eq!(stem(path), expected);
        }
    }
}
