//! Files that hold many samples as numbers: arrays of inputs and targets, and CIFAR's batches.

use std::collections::BTreeMap;

use super::names::{part_of_path, part_of_word, stem, words};
use super::{Content, FilePart, Found, Layout, Part};
use crate::formats::Kind;
use crate::{Result, err};

/// An array of inputs with that of their targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrayPart<T> {
    /// The inputs.
    pub inputs: T,
    /// The targets, if there are any.
    pub targets: Option<T>,
    /// The part that they belong to, if they are divided.
    pub part: Option<Part>,
}

/// What [`arrays_by_name`] says: arrays by their place in the list of names.
pub type ArrayNames = Vec<ArrayPart<usize>>;

/// What an array is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Inputs,
    Targets,
}

/// What the words of a name say an array is, by the first that says something.
fn role(name: &str) -> Option<Role> {
    let said = words(name).find_map(|word| match word.as_str() {
        "x" | "inputs" | "input" | "images" | "image" | "features" | "samples" => {
            Some(Role::Inputs)
        }
        "y" | "targets" | "target" | "labels" | "label" | "classes" | "class" => {
            Some(Role::Targets)
        }
        _ => None,
    });
    said.or_else(|| {
        words(name).find_map(|word| match word.as_str() {
            // The number of dimensions in the name of an IDX file.
            "idx1" => Some(Role::Targets),
            "idx2" | "idx3" | "idx4" | "data" | "arr" => Some(Role::Inputs),
            _ => None,
        })
    })
}

/// What is left of a name without what says role, part and format: arrays of one name belong
/// together.
fn family(name: &str) -> String {
    let mut rest = words(name).filter(|word| {
        role(word).is_none()
            && part_of_word(word).is_none()
            && !matches!(word.as_str(), "ubyte" | "npy" | "gz" | "idx")
    });
    let mut family = rest.next().unwrap_or_default();
    rest.for_each(|word| family = format!("{family} {word}"));
    family
}

/// Pairs inputs with targets by their names: `x_train` with `y_train`, `train-images` with
/// `train-labels`, `x` with `y`, `data` with `target`. `arr_0` and `arr_1`, as numpy names what has
/// no name, are inputs and targets.
///
/// # Errors
/// `Format` where a name says nothing or two arrays are the same, with the names.
pub fn arrays_by_name(names: &[impl AsRef<str>]) -> Result<ArrayNames> {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names[..] {
        [_] => {
            return Ok(vec![ArrayPart { inputs: 0, targets: None, part: part_of_path(names[0]) }]);
        }
        ["arr_0", "arr_1"] => {
            return Ok(vec![ArrayPart { inputs: 0, targets: Some(1), part: None }]);
        }
        _ => {}
    }
    let refuse = |why: &str| {
        err!(
            Format,
            "arrays: found {}, {why}; expected inputs and targets by name, such as x_train, \
             y_train, x_test and y_test, or x and y",
            names.join(", ")
        )
    };
    let mut pairs: BTreeMap<(Option<Part>, String), [Option<usize>; 2]> = BTreeMap::new();
    for (at, name) in names.iter().enumerate() {
        let Some(role) = role(name) else {
            return Err(refuse(&format!("of which {name} could be anything")));
        };
        let slots = pairs.entry((part_of_path(name), family(name))).or_default();
        if slots[role as usize].replace(at).is_some() {
            return Err(refuse(&format!("of which {name} is not the only one of its kind")));
        }
    }
    let pairs = pairs.into_iter().map(|((part, _), [inputs, targets])| match inputs {
        Some(inputs) => Ok(ArrayPart { inputs, targets, part }),
        None => Err(refuse("of which some are targets without inputs")),
    });
    pairs.collect()
}

/// The layout of files of arrays.
pub(super) fn by_file(all: &Found) -> Result<Layout> {
    let files = all.of(Kind::Tensor);
    let format = all.format(files[0]);
    let alike = |file: &u32| match format {
        // Both hold one array a file.
        "IDX" | "NPY" => matches!(all.format(*file), "IDX" | "NPY"),
        format => all.format(*file) == format,
    };
    if let Some(other) = files.iter().copied().find(|file| !alike(file)) {
        return Err(err!(
            Format,
            "files: found {} ({format}) and {} ({}), expected arrays of one format",
            all.path(files[0]),
            all.path(other),
            all.format(other)
        ));
    }
    let parts = || files.iter().map(|&file| all.part(file)).collect::<Vec<FilePart>>();
    let content = match format {
        "CIFAR-10" | "CIFAR-100" => Content::Cifar { format, files: batches(all, parts()) },
        "NPZ" => Content::Archives(parts()),
        _ => {
            let names: Vec<&str> =
                files.iter().map(|&file| stem_of_array(all.path(file))).collect();
            let pairs = arrays_by_name(&names)?.into_iter().map(|pair| ArrayPart {
                inputs: files[pair.inputs],
                targets: pair.targets.map(|targets| files[targets]),
                part: pair.part,
            });
            Content::Arrays(pairs.collect())
        }
    };
    Ok(Layout { content, left_out: all.beside(Kind::Tensor, &files) })
}

/// The path without an ending that says how it is packed or written. That of `mnist.idx3` says what
/// it is.
fn stem_of_array(path: &str) -> &str {
    let path = path.strip_suffix(".gz").unwrap_or(path);
    if path.ends_with(".npy") { stem(path) } else { path }
}

/// CIFAR's `data_batch_1` to `data_batch_5` are the training part of its `test_batch`.
fn batches(all: &Found, mut files: Vec<FilePart>) -> Vec<FilePart> {
    if files.iter().any(|file| file.part.is_some()) {
        for file in &mut files {
            let is_batch = all.path(file.file).contains("data_batch");
            file.part = file.part.or(is_batch.then_some(Part::Train));
        }
    }
    files
}
