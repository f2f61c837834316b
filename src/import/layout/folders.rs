//! Files that are samples, in folders.

use std::collections::BTreeMap;

use super::documents;
use super::names::{file_name, part_of_folder, part_of_word, stem, words};
use super::{
    Content, File, FilePart, FileSample, Found, Labels, Layout, LeftOut, Part, natural_order,
};
use crate::formats::Kind;
use crate::formats::archive::is_of_a_system;
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

/// A layout of texts: by class where they lie in several folders, otherwise by line. Without classes only
/// files count that are named as texts are: programs, web pages and descriptions are texts as well.
///
/// # Errors
/// `Format` where there are none, with what the first is.
pub(super) fn texts(all: &Found) -> Result<Layout> {
    let layout = by_folder(all, Kind::Text)?;
    if matches!(&layout.content, Content::Files { classes, .. } if !classes.is_empty()) {
        return Ok(layout);
    }
    let Layout { content, left_out } = all.only(Kind::Text, Content::Lines);
    let Content::Lines(mut texts) = content else { return Err(all.nothing()) };
    let mut refused = Vec::new();
    texts.retain(|&FilePart { file, .. }| match documents::refused(all.path(file)) {
        Some(reason) => {
            refused.push(LeftOut { file, reason });
            false
        }
        None => true,
    });
    if texts.is_empty() {
        let reason = refused.into_iter().next().map(|first| first.reason);
        return Err(reason.unwrap_or_else(|| all.nothing()));
    }
    refused.extend(left_out);
    Ok(Layout { content: Content::Lines(texts), left_out: refused })
}

/// A layout of files of a kind.
pub(super) fn by_folder(all: &Found, kind: Kind) -> Result<Layout> {
    let (masks, files) = without_masks(all, kind);
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
            folder: None,
            part: levels.part.and_then(|level| folder(path, level)).and_then(part_of_folder),
        })
        .collect();
    let (mut labels, mut used) = annotations(all, kind, &samples);
    let mut classes = Vec::new();
    let mut left_out: Vec<LeftOut> = Vec::new();
    left_out.extend(masks.iter().map(|&file| LeftOut {
        file,
        reason: err!(Data, "{}: it says what pixels are of, expected an image", all.path(file)),
    }));
    used.extend(masks);
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
    } else if let Some(level) = levels.class {
        for (sample, path) in samples.iter_mut().zip(&paths) {
            sample.folder = folder(path, level).map(str::to_owned);
        }
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

/// The files of a kind, without those that say of each pixel of a Pascal VOC image what it is of.
fn without_masks(all: &Found, kind: Kind) -> (Vec<u32>, Vec<u32>) {
    let is_mask = |&file: &u32| {
        all.path(file).split('/').any(|name| name.to_lowercase().starts_with("segmentation"))
    };
    let files = all.of(kind);
    let voc = files.iter().any(|&file| all.path(file).split('/').any(|name| name == "JPEGImages"));
    files.into_iter().partition(|file| voc && is_mask(file))
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
        // Parts may lie below the classes, of some samples at least: cat/train/1.png.
        if let (None, Some(level)) = (part, class) {
            let below = at(level + 1);
            let are_parts = below.keys().all(|name| part_of_folder(name).is_some());
            part = (!below.is_empty() && are_parts).then_some(level + 1);
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
    if files.is_empty() {
        return yolo(all, samples);
    }
    let (lists, mut used) = image_sets(all);
    used.extend(&files);
    (Labels::Annotations { files, lists }, used)
}

/// Lists of the images of a part, and all files that lie where Pascal VOC has such.
fn image_sets(all: &Found) -> (Vec<FilePart>, Vec<u32>) {
    let texts = all.order.iter().copied();
    let used: Vec<u32> = texts
        .filter(|&file| matches!(all.kind(file), Some(Kind::Text | Kind::Table)))
        .filter(|&file| all.path(file).split('/').any(|name| name == "ImageSets"))
        .collect();
    let mut lists = part_lists(all, used.iter().copied(), part_of_word);
    // What is both is to learn from where nothing says more.
    if !lists.iter().any(|list| list.part == Some(Part::Train)) {
        let both = |name: &str| (name == "trainval").then_some(Part::Train);
        lists.extend(part_lists(all, used.iter().copied(), both));
    }
    (lists, used)
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
        .filter(|&file| is_txt(all.path(file)))
        .collect();
    let mut files: Vec<(u32, u32)> = Vec::new();
    let mut orphans = Vec::new();
    texts.retain(|&text| match images.get(&key(all.path(text))) {
        Some(&Some(image)) => {
            files.push((image, text));
            true
        }
        _ if in_labels(all, text) => {
            orphans.push(text);
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
    let enough = 2 * files.len() >= samples.len()
        || files.iter().all(|&(_, text)| in_labels(all, text))
        || names.is_some();
    if files.is_empty() || !enough {
        return (Labels::None, Vec::new());
    }
    texts.extend(names);
    let blank = blank_texts(all)
        .filter_map(|text| Some(((*images.get(&key(all.path(text)))?)?, text)))
        .collect();
    let mut lists = part_lists(all, all.order.iter().copied(), part_of_word);
    lists.retain(|list| !texts.contains(&list.file));
    texts.extend(lists.iter().map(|list| list.file));
    (Labels::Yolo { files, names, orphans, blank, lists }, texts)
}

/// Texts without any bytes.
fn blank_texts(all: &Found) -> impl Iterator<Item = u32> {
    let is_text =
        |file: &File| file.blank && !file.path.split('/').any(is_of_a_system) && is_txt(&file.path);
    (0..).zip(all.files).filter(move |(_, file)| is_text(file)).map(|(at, _)| at)
}

fn is_txt(path: &str) -> bool {
    path.to_lowercase().ends_with(".txt")
}

/// Texts among these files that are named after a part.
fn part_lists(
    all: &Found,
    files: impl Iterator<Item = u32>,
    part: impl Fn(&str) -> Option<Part>,
) -> Vec<FilePart> {
    let of = |file: u32| {
        let path = all.path(file);
        let part = part(&stem(file_name(path)).to_lowercase()).filter(|_| is_txt(path))?;
        Some(FilePart { file, part: Some(part) })
    };
    files.filter_map(of).collect()
}

/// Whether a file lies where YOLO's lie, below a folder `labels`, and does not name the classes.
fn in_labels(all: &Found, text: u32) -> bool {
    let mut names = all.path(text).rsplit('/');
    names.next() != Some("classes.txt") && names.any(|name| name == "labels")
}

/// A path without its ending and without folders that say nothing.
pub(super) fn key(path: &str) -> String {
    let names: Vec<&str> = stem(path)
        .split('/')
        .filter(|name| !NEUTRAL.contains(&name.to_lowercase().as_str()))
        .collect();
    names.join("/")
}
