//! Folders as people have them.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::ErrorKind;
use crate::formats::FORMATS;

/// Files of these paths, of the formats that their endings name.
fn files(paths: &[&str]) -> Vec<File> {
    let format = |path: &str| {
        let name = match path.rsplit('.').next().unwrap_or_default() {
            "png" => "PNG",
            "jpg" => "JPEG",
            "wav" => "WAV",
            "txt" | "names" | "yaml" | "md" => "text",
            "xml" => "Pascal VOC",
            "json" => "COCO",
            "zip" => "zip",
            "npy" => "NPY",
            "npz" => "NPZ",
            "bin" if path.contains("batch") => "CIFAR-10",
            "bin" => "CIFAR-100",
            "safetensors" => "safetensors",
            ending if ending.starts_with("idx") || ending.ends_with("ubyte") => "IDX",
            _ => return None,
        };
        Some(FORMATS.iter().find(|format| format.name == name).unwrap())
    };
    let file = |path: &&str| {
        let (path, format) = ((*path).to_owned(), format(path));
        File { path, format, blank: false }
    };
    paths.iter().map(file).collect()
}

fn layout(paths: &[&str]) -> Layout {
    Layout::of(&files(paths)).unwrap()
}

/// The samples of a layout: path, class and part.
fn samples(layout: &Layout) -> Vec<(&str, Option<&str>, Option<Part>)> {
    let Content::Files { samples, classes, .. } = &layout.content else {
        panic!("{:?}", layout.content)
    };
    let class = |class: u32| classes[class as usize].as_str();
    samples.iter().map(|found| (found.name.as_str(), found.class.map(class), found.part)).collect()
}

fn labels(layout: &Layout) -> &Labels {
    let Content::Files { labels, .. } = &layout.content else { panic!("{:?}", layout.content) };
    labels
}

const TRAIN: Option<Part> = Some(Part::Train);
const TEST: Option<Part> = Some(Part::Test);
const VALIDATION: Option<Part> = Some(Part::Validation);

#[test]
fn folders_are_classes_in_natural_order() {
    let paths =
        ["d/10/b.png", "d/2/a 10.png", "d/2/a 2.jpg", "d/.DS_Store", "__MACOSX/d/2/._a.png"];
    let found = layout(&paths);
    assert_eq!(
        samples(&found),
        [
            ("2/a 2.jpg", Some("2"), None),
            ("2/a 10.png", Some("2"), None),
            ("10/b.png", Some("10"), None)
        ]
    );
    assert_eq!((labels(&found), found.left_out.len()), (&Labels::Known, 0));
    let Content::Files { samples, .. } = &found.content else { unreachable!() };
    assert_eq!(samples.iter().map(|sample| sample.file).collect::<Vec<_>>(), [2, 1, 0]);
}

#[test]
fn parts_lie_above_or_below_the_classes() {
    let expected = [
        (Some("cat"), TRAIN),
        (Some("dog"), TRAIN),
        (Some("cat"), TEST),
        (Some("dog"), VALIDATION),
    ];
    for paths in [
        ["d/train/cat/1.png", "d/train/dog/2.png", "d/Testing/cat/1.png", "d/val/dog/1.png"],
        ["train/cat/x/1.png", "train/dog/2.png", "test/cat/y/1.png", "valid/dog/1.png"],
        ["cat/train/1.png", "dog/train/2.png", "cat/test/1.png", "dog/dev/1.png"],
        [
            "images/train2017/cat/1.png",
            "images/train2017/dog/2.png",
            "images/test2017/cat/1.png",
            "images/val2017/dog/1.png",
        ],
    ] {
        let found = layout(&paths);
        let mut parts: Vec<_> = samples(&found).iter().map(|sample| (sample.1, sample.2)).collect();
        let mut expected = expected.to_vec();
        parts.sort_unstable();
        expected.sort_unstable();
        assert_eq!(parts, expected, "{paths:?}");
    }
}

#[test]
fn what_lies_beside_the_classes_is_left_out_with_the_reason() {
    let found =
        layout(&["cat/1.png", "dog/1.png", "cover.png", "readme.md", "models/m.safetensors"]);
    assert_eq!(samples(&found).len(), 2);
    let reasons: Vec<_> =
        found.left_out.iter().map(|left| (left.file, left.reason.message())).collect();
    assert_eq!(
        reasons,
        [
            (2, "cover.png: it lies beside the folders of the classes, expected it in one of them"),
            (
                4,
                "models/m.safetensors: found models (safetensors) beside images, which make the \
                 dataset"
            ),
            (3, "readme.md: found texts (text) beside images, which make the dataset"),
        ]
    );
}

#[test]
fn images_without_folders_have_no_class() {
    for paths in [&["b.png", "a.png"][..], &["photos/a.png", "photos/b.png"], &["x/train/a.png"]] {
        let found = layout(paths);
        assert!(samples(&found).iter().all(|sample| sample.1.is_none()), "{paths:?}");
        assert_eq!(labels(&found), &Labels::None);
    }
    assert_eq!(samples(&layout(&["x/train/a.png"]))[0].2, TRAIN);
}

#[test]
fn sound_and_texts_are_sorted_by_folder_too() {
    let found = layout(&["yes/1.wav", "no/1.wav"]);
    assert_eq!(samples(&found), [("no/1.wav", Some("no"), None), ("yes/1.wav", Some("yes"), None)]);
    let found = layout(&["aclImdb/train/pos/0_9.txt", "aclImdb/train/neg/0_1.txt"]);
    assert_eq!(samples(&found)[0], ("train/neg/0_1.txt", Some("neg"), TRAIN));
    for paths in [&["a.txt"][..], &["train.txt", "test.txt"], &["d/a.txt", "d/b.txt"]] {
        let Content::Lines(found) = layout(paths).content else { panic!("{paths:?}") };
        assert_eq!(found.len(), paths.len());
        assert_eq!(found[0].part, (paths[0] == "train.txt").then_some(Part::Test));
    }
}

#[test]
fn annotations_go_with_images() {
    let found = layout(&["images/1.jpg", "images/2.jpg", "annotations/instances.json"]);
    let annotations = Labels::Annotations { files: vec![2], lists: vec![] };
    assert_eq!(labels(&found), &annotations);
    let found = layout(&["JPEGImages/1.jpg", "JPEGImages/2.jpg", "Annotations/1.xml"]);
    let annotations = Labels::Annotations { files: vec![2], lists: vec![] };
    assert_eq!(labels(&found), &annotations);
    for paths in [
        ["d/images/train/1.jpg", "d/images/val/2.jpg", "d/labels/train/1.txt", "d/data.yaml"],
        ["d/train/images/1.jpg", "d/val/images/2.jpg", "d/train/labels/1.txt", "d/data.yaml"],
        ["1.jpg", "2.jpg", "1.txt", "classes.txt"],
    ] {
        let found = layout(&paths);
        let (orphans, blank, lists) = (vec![], vec![], vec![]);
        let files = vec![(0, 2)];
        let yolo = Labels::Yolo { files, names: Some(3), orphans, blank, lists };
        assert_eq!(labels(&found), &yolo);
        assert!(found.left_out.is_empty());
        let parts: Vec<_> = samples(&found).iter().map(|sample| sample.2).collect();
        let divided = paths[0].starts_with("d/");
        assert_eq!(parts, if divided { [TRAIN, VALIDATION] } else { [None, None] }, "{paths:?}");
    }
    // A description is no annotation.
    let found = layout(&["cat/1.jpg", "cat/2.jpg", "dog/3.jpg", "dog/3.txt"]);
    assert_eq!((labels(&found), found.left_out.len()), (&Labels::Known, 1));
}

#[test]
fn annotations_name_pictures_beside_them_or_of_their_part_first() {
    let paths = ["d/train/1.jpg", "d/train/2.jpg", "d/val/1.jpg", "d/val/3.jpg"];
    let found = layout(&paths);
    let Content::Files { samples, .. } = &found.content else { unreachable!() };
    let order: Vec<String> =
        samples.iter().map(|sample| paths[sample.file as usize].to_owned()).collect();
    let pictures = Pictures::new(samples, &order);
    for (annotations, name, expected) in [
        ("d/val/_annotations.coco.json", "1.jpg", Some("d/val/1.jpg")),
        ("d/annotations/instances_val2017.json", "1.jpg", Some("d/val/1.jpg")),
        ("d/annotations/instances_val2017.json", "2.jpg", Some("d/train/2.jpg")),
        ("d/boxes.json", "train/1.jpg", Some("d/train/1.jpg")),
        ("d/boxes.json", "C:\\mine\\3.jpg", Some("d/val/3.jpg")),
        ("d/boxes.json", "3.png", Some("d/val/3.jpg")),
        ("d/boxes.json", "4.jpg", None),
    ] {
        let at = pictures.find(annotations, name).unwrap();
        assert_eq!(at.map(|at| order[at].as_str()), expected, "{annotations} {name}");
    }
    assert_eq!(pictures.find("d/boxes.json", "1.jpg").unwrap_err().kind(), ErrorKind::Data);
    assert_eq!(pictures.beside("d/Annotations/val/1.xml"), Some(2));
    assert_eq!(pictures.beside("d/Annotations/1.xml"), None);
}

fn row(name: &str, class: &str) -> LabelRow {
    LabelRow { name: name.into(), label: Label::Class(class.into()), part: None }
}

#[test]
fn a_table_says_classes_by_any_part_of_a_path() {
    for (one, two) in [
        ("1.png", "2.png"),
        ("1", "2"),
        ("a/1.png", "b/2.png"),
        ("train\\a\\1.png", "/data/set/b/2.png"),
    ] {
        let mut found = layout(&["d/a/1.png", "d/b/2.png", "d/b/3.png"]);
        let rows = [row(one, "class 10"), row(two, "class 9"), row("4.png", "class 8")];
        assert_eq!(found.with_labels(&rows).unwrap(), 1);
        assert_eq!(
            samples(&found),
            [("a/1.png", Some("class 10"), None), ("b/2.png", Some("class 9"), None)]
        );
        let left = &found.left_out[0];
        assert_eq!(left.reason.message(), "b/3.png: the table of labels does not name it");
    }
    let mut found = layout(&["1.png", "2.png"]);
    let rows =
        [("1.png", TRAIN), ("2.png", TEST)].map(|(name, part)| LabelRow { part, ..row(name, "a") });
    found.with_labels(&rows).unwrap();
    assert_eq!(samples(&found)[1], ("2.png", Some("a"), TEST));
}

#[test]
fn tables_that_contradict_or_name_nothing_are_refused() {
    for (paths, rows, message) in [
        (
            &["1.png"][..],
            vec![row("1.png", "a"), row("1", "b")],
            "labels: 1 is said to be \"a\" and \"b\", expected one class for a file",
        ),
        (
            &["a/1.png", "b/1.png"],
            vec![row("1.png", "a")],
            "labels: \"1.png\" fits several files, expected enough of its path to tell them apart",
        ),
        (
            &["1.png"],
            vec![row("2.png", "a")],
            "labels: found no file for any of the names (the first is \"2.png\"), expected such as \
             \"1.png\"",
        ),
    ] {
        let error = layout(paths).with_labels(&rows).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Data, message));
    }
    let error = layout(&["a.npy"]).with_labels(&[row("a", "a")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
}

#[test]
fn arrays_are_paired_by_their_names() {
    let pairs = |paths: &[&str]| match layout(paths).content {
        Content::Arrays(pairs) => pairs,
        other => panic!("{other:?}"),
    };
    let pair = |inputs, targets, part| ArrayPart { inputs, targets, part };
    for paths in [
        [
            "train-images-idx3-ubyte",
            "train-labels-idx1-ubyte",
            "t10k-images-idx3-ubyte",
            "t10k-labels-idx1-ubyte",
        ],
        [
            "gzip/emnist-letters-train-images-idx3-ubyte",
            "gzip/emnist-letters-train-labels-idx1-ubyte",
            "gzip/emnist-letters-test-images-idx3-ubyte",
            "gzip/emnist-letters-test-labels-idx1-ubyte",
        ],
        ["x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"],
        ["train/X.npy", "train/y.npy", "test/X.npy", "test/y.npy"],
    ] {
        assert_eq!(pairs(&paths), [pair(0, Some(1), TRAIN), pair(2, Some(3), TEST)], "{paths:?}");
    }
    assert_eq!(pairs(&["mnist-640.idx1", "mnist-640.idx3"]), [pair(1, Some(0), None)]);
    assert_eq!(pairs(&["anything.npy"]), [pair(0, None, None)]);
    for paths in [&["a.npy", "b.npy"][..], &["x.npy", "images.npy"], &["y_1.npy", "y_2.npy"]] {
        assert_eq!(Layout::of(&files(paths)).unwrap_err().kind(), ErrorKind::Format, "{paths:?}");
    }
    let error = Layout::of(&files(&["x.npy", "x.npz"])).unwrap_err();
    assert_eq!(
        error.message(),
        "files: found x.npy (NPY) and x.npz (NPZ), expected arrays of one format"
    );
}

#[test]
fn archives_of_arrays_are_paired_by_the_names_within() {
    let pair = |inputs, targets, part| ArrayPart { inputs, targets, part };
    let found = |names: &[&str]| arrays_by_name(names).unwrap();
    assert_eq!(
        found(&["x_train", "y_train", "x_test", "y_test"]),
        [pair(0, Some(1), TRAIN), pair(2, Some(3), TEST)]
    );
    assert_eq!(found(&["y", "X"]), [pair(1, Some(0), None)]);
    assert_eq!(found(&["data", "target"]), [pair(0, Some(1), None)]);
    assert_eq!(found(&["arr_0", "arr_1"]), [pair(0, Some(1), None)]);
    assert_eq!(found(&["train_images", "train_labels"]), [pair(0, Some(1), TRAIN)]);
    let error = arrays_by_name(&["x", "foo"]).unwrap_err();
    assert_eq!(
        error.message(),
        "arrays: found x, foo, of which foo could be anything; expected inputs and targets by name, \
         such as x_train, y_train, x_test and y_test, or x and y"
    );
    let Content::Archives(files) = layout(&["d/a.npz"]).content else { panic!() };
    assert_eq!(files, [FilePart { file: 0, part: None }]);
}

#[test]
fn batches_of_cifar_have_their_parts() {
    let found = layout(&[
        "cifar-10-batches-bin/test_batch.bin",
        "cifar-10-batches-bin/data_batch_1.bin",
        "cifar-10-batches-bin/readme.txt",
    ]);
    let files = vec![FilePart { file: 1, part: TRAIN }, FilePart { file: 0, part: TEST }];
    assert_eq!(found.content, Content::Cifar { format: "CIFAR-10", files });
    let found = layout(&["cifar-100-binary/test.bin", "cifar-100-binary/train.bin"]);
    let files = vec![FilePart { file: 0, part: TEST }, FilePart { file: 1, part: TRAIN }];
    assert_eq!(found.content, Content::Cifar { format: "CIFAR-100", files });
    let found = layout(&["data_batch_1.bin"]);
    let files = vec![FilePart { file: 0, part: None }];
    assert_eq!(found.content, Content::Cifar { format: "CIFAR-10", files });
}

#[test]
fn files_that_make_no_dataset_are_counted() {
    for (paths, message) in [
        (
            &["a.exe", "b.exe", "c.zip", "d.xml", ".hidden.png"][..],
            "files: found 1 of archives, 1 of annotations, 2 of no known format, 1 hidden; expected \
             images, sound, texts, tables, arrays or a model",
        ),
        (&[], "files: found none; expected images, sound, texts, tables, arrays or a model"),
    ] {
        let error = Layout::of(&files(paths)).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Format, message));
    }
    assert_eq!(layout(&["m.safetensors"]).content, Content::Model(0));
}
