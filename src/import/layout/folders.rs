//! Files that are samples, in folders.

use std::collections::BTreeMap;

use super::names::{file_name, part_of_folder, stem, words};
use super::{Content, FileSample, Found, Labels, Layout, LeftOut, natural_order};
use crate::formats::Kind;
use crate::{Result, err};

/// Names of folders that say what lies in them, and nothing about a sample.
const NEUTRAL: &[&str] = &[
    "images",
    "image",
    "img",
    "imgs",
    "jpegimages",
    "labels",
    "label",
    "annotations",
    "annotation",
    "boxes",
    "bboxes",
    "xmls",
    "txts",
    "audio",
    "wav",
    "wavs",
    "clips",
    "data",
    "obj",
];

/// A layout of texts: by class where they lie in several folders, otherwise by line.
pub(super) fn texts(all: &Found) -> Result<Layout> {
    let layout = by_folder(all, Kind::Text)?;
    match &layout.content {
        Content::Files { classes, .. } if !classes.is_empty() => Ok(layout),
        _ => Ok(all.only(Kind::Text, Content::Lines)),
    }
}

/// A layout of files of a kind.
pub(super) fn by_folder(all: &Found, kind: Kind) -> Result<Layout> {
    let files = all.of(kind);
    let paths: Vec<Vec<&str>> =
        files.iter().map(|&file| all.path(file).split('/').collect()).collect();
    let levels = Levels::of(&paths);
    let mut samples: Vec<FileSample> = files
        .iter()
        .zip(&paths)
        .map(|(&file, path)| FileSample {
            file,
            name: path[levels.common..].join("/"),
            class: None,
            number: None,
            part: levels.part.and_then(|level| folder(path, level)).and_then(part_of_folder),
            boxes: Vec::new(),
        })
        .collect();
    let (mut labels, mut used) = annotations(all, kind, &samples);
    let mut classes = Vec::new();
    let mut left_out = Vec::new();
    if let (Labels::None, Some(level)) = (&labels, levels.class) {
        labels = Labels::Known;
        classes = paths.iter().filter_map(|path| folder(path, level)).map(str::to_owned).collect();
        classes.sort_by(|a, b| natural_order(a, b));
        classes.dedup();
        let numbers: BTreeMap<&str, u32> = classes.iter().map(String::as_str).zip(0..).collect();
        for (sample, path) in samples.iter_mut().zip(&paths) {
            sample.class = folder(path, level).map(|name| numbers[name]);
        }
        let classless = samples.extract_if(.., |sample| sample.class.is_none());
        left_out.extend(classless.map(|sample| LeftOut {
            file: sample.file,
            reason: err!(
                Data,
                "{}: it lies beside the folders of the classes, expected it in one of them",
                all.path(sample.file)
            ),
        }));
    } else if labels == Labels::None && kind != Kind::Text {
        let tables = all.of(Kind::Table);
        if !tables.is_empty() {
            used.extend(&tables);
            labels = Labels::Tables(tables.into_iter().map(|table| all.part(table)).collect());
        }
    }
    used.extend(&files);
    left_out.extend(all.beside(kind, &used));
    Ok(Layout { content: Content::Files { kind, samples, classes, labels }, left_out })
}

/// The folder of a path at this level; the last name is the file's own.
fn folder<'a>(path: &[&'a str], level: usize) -> Option<&'a str> {
    (level + 1 < path.len()).then(|| path[level])
}

/// What the levels of folders mean.
struct Levels {
    /// Folders that all have in common and that say nothing.
    common: usize,
    part: Option<usize>,
    class: Option<usize>,
}

impl Levels {
    fn of(paths: &[Vec<&str>]) -> Self {
        let depth = paths.iter().map(|path| path.len() - 1).max().unwrap_or(0);
        // What is at a level, with how many files have it.
        let at = |level: usize| {
            let mut names: BTreeMap<&str, usize> = BTreeMap::new();
            for name in paths.iter().filter_map(|path| folder(path, level)) {
                *names.entry(name).or_default() += 1;
            }
            names
        };
        let (mut part, mut class, mut common) = (None, None, 0);
        for level in 0..depth {
            let names = at(level);
            let files: usize = names.values().sum();
            let is_neutral = |name: &str| NEUTRAL.contains(&name.to_lowercase().as_str());
            if part.is_none() && names.keys().all(|name| part_of_folder(name).is_some()) {
                part = Some(level);
            } else if names.len() > 1 && !names.keys().all(|name| is_neutral(name)) {
                // A class for a minority of the files is none.
                if 2 * files >= paths.len() {
                    class = Some(level);
                }
                break;
            } else if common == level && names.len() == 1 && files == paths.len() {
                common = level + 1;
            }
        }
        // Parts may lie below the classes: cat/train/1.png.
        if let (None, Some(level)) = (part, class) {
            let below = at(level + 1);
            let files: usize = below.values().sum();
            let all_are_parts = below.keys().all(|name| part_of_folder(name).is_some());
            part = (files == paths.len() && all_are_parts).then_some(level + 1);
        }
        Self { common, part, class }
    }
}

/// The annotations that go with samples of a kind, and which files those are.
fn annotations(all: &Found, kind: Kind, samples: &[FileSample]) -> (Labels, Vec<u32>) {
    if kind != Kind::Image {
        return (Labels::None, Vec::new());
    }
    let files = all.of(Kind::Annotation);
    if !files.is_empty() {
        return (Labels::Annotations(files.clone()), files);
    }
    yolo(all, samples)
}

/// A YOLO file is a text with the name of its image, in its folder or in one beside that.
fn yolo(all: &Found, samples: &[FileSample]) -> (Labels, Vec<u32>) {
    let mut images: BTreeMap<String, Option<u32>> = BTreeMap::new();
    for (at, sample) in (0..).zip(samples) {
        // Two images of a name tell nothing.
        images
            .entry(key(all.path(sample.file)))
            .and_modify(|image| *image = None)
            .or_insert(Some(at));
    }
    // Columns of numbers may look like a table.
    let texts = all.order.iter().copied();
    let mut texts: Vec<u32> = texts
        .filter(|&file| matches!(all.kind(file), Some(Kind::Text | Kind::Table)))
        .filter(|&file| all.path(file).to_lowercase().ends_with(".txt"))
        .collect();
    let mut files: Vec<(u32, u32)> = Vec::new();
    texts.retain(|&text| match images.get(&key(all.path(text))) {
        Some(&Some(image)) => {
            files.push((image, text));
            true
        }
        _ => false,
    });
    let names = all.order.iter().copied().find(|&file| {
        let name = file_name(all.path(file)).to_lowercase();
        matches!(name.as_str(), "classes.txt" | "obj.names" | "classes.names" | "coco.names")
            || (name.ends_with(".yaml")
                && words(&name).any(|word| word == "data" || word == "dataset"))
    });
    // A description beside a few images is no annotation.
    let in_labels =
        |&(_, text): &(u32, u32)| all.path(text).split('/').any(|name| name == "labels");
    let enough = 2 * files.len() >= samples.len() || files.iter().all(in_labels) || names.is_some();
    if files.is_empty() || !enough {
        return (Labels::None, Vec::new());
    }
    texts.extend(names);
    (Labels::Yolo { files, names }, texts)
}

/// A path without its ending and without folders that say nothing.
fn key(path: &str) -> String {
    let names: Vec<&str> = stem(path)
        .split('/')
        .filter(|name| !NEUTRAL.contains(&name.to_lowercase().as_str()))
        .collect();
    names.join("/")
}
