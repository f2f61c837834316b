use super::*;
use crate::data::Dataset;
use crate::formats::archive::{self, Limits};
use crate::formats::image;
use crate::formats::records::{self, Records};
use crate::import::{Import, Options};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The files of an archive.
fn files(archive: Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let mut archive = archive::open(archive, Limits::default()).unwrap();
    let (mut files, mut content) = (Vec::new(), Vec::new());
    while let Some(item) = archive.next(&mut content).unwrap() {
        item.content.unwrap();
        files.push((item.path, content.clone()));
    }
    files
}

#[test]
fn images_become_png_files_in_the_folder_of_their_class() {
    let mut export = Export::new(b"what was there".to_vec(), PartFolders::None).unwrap();
    let gray = Values::U8(vec![1, 2, 3, 4, 5, 6]);
    export.add("cat", None, &[2, 3], &gray).unwrap();
    export.add("cat", None, &[2, 3, 1], &gray).unwrap();
    export.add("a/b: c", None, &[1, 2, 3], &gray).unwrap();
    export.add("..", None, &[1, 2, 3], &gray).unwrap();
    let archive = export.finish(&[]).unwrap();
    let found = files(archive.clone());
    let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
    let expected = ["cat/000000.png", "cat/000001.png", "a_b_ c/000002.png", "samples/000003.png"];
    assert_eq!(paths, expected);
    for ((_, bytes), shape) in found.iter().zip([[2, 3, 1], [2, 3, 1], [1, 2, 3], [1, 2, 3]]) {
        let image = image::read(bytes).unwrap();
        assert_eq!((image.shape(), image.data()), (shape, &[1, 2, 3, 4, 5, 6][..]));
    }
    let mut import = Import::new(Options::default(), "zip", Vec::new()).unwrap();
    import.add("pets.zip", archive).unwrap();
    while !import.advance().unwrap() {}
    import.close().unwrap();
    assert_eq!(import.finish().unwrap().1.samples, 4);
}

#[test]
fn everything_else_becomes_npy_files() {
    let mut export = Export::new(Vec::new(), PartFolders::None).unwrap();
    export.add("x", None, &[2], &Values::F32(vec![1.5, -2.0])).unwrap();
    export.add("x", None, &[1, 1, 2], &Values::U8(vec![7, 8])).unwrap();
    let found = files(export.finish(&[]).unwrap());
    assert_eq!(found[0].0, "x/000000.npy");
    let bytes = &found[0].1;
    assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
    let header = std::str::from_utf8(&bytes[10..128]).unwrap();
    assert_eq!(header.trim_end(), "{'descr': '<f4', 'fortran_order': False, 'shape': (2, ), }");
    assert_eq!(bytes[128..], [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
    assert_eq!(found[1].1[128..], [7, 8]);
    let mut export = Export::new(Vec::new(), PartFolders::None).unwrap();
    assert!(export.add("x", None, &[3], &Values::U8(vec![1])).is_err());
}

/// What an archive becomes when it is read again: whatever `name` says of a sample, its class and its part.
fn again(
    archive: Vec<u8>,
    name: fn(&Dataset, u32) -> String,
) -> Vec<(String, String, records::Part)> {
    let mut import = Import::new(Options::default(), "zip", Vec::new()).unwrap();
    import.add("set.zip", archive).unwrap();
    while !import.advance().unwrap() {}
    import.close().unwrap();
    while !import.advance().unwrap() {}
    let (file, summary) = import.finish().unwrap();
    assert_eq!(summary.unreadable, []);
    let records = Records::open(file).unwrap();
    let parts = records.parts();
    let dataset = records.into_dataset(true).unwrap();
    let class = |at: usize| dataset.class_names()[dataset.labels().unwrap()[at] as usize].clone();
    let mut found: Vec<_> =
        (0..dataset.len()).map(|at| (name(&dataset, at as u32), class(at), parts[at])).collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

fn pixel(dataset: &Dataset, index: u32) -> String {
    let Values::U8(pixels) = dataset.sample(index).unwrap() else { panic!("expected bytes") };
    pixels[0].to_string()
}

/// Samples by number, class and part.
type Sample = (u8, &'static str, Option<Part>);

fn exported(parts: PartFolders, samples: &[Sample], boxes: bool) -> Vec<u8> {
    let mut export = Export::new(Vec::new(), parts).unwrap();
    for &(number, class, part) in samples {
        export.add(class, part, &[4, 4, 1], &Values::U8(vec![number; 16])).unwrap();
        if boxes {
            let labelled = LabelledBox { corners: [0.0, 1.0, 2.0, 3.0], class: 0 };
            export.annotate(part, vec![labelled]).unwrap();
        }
    }
    export.finish(&["thing".into()]).unwrap()
}

fn expected(samples: &[Sample]) -> Vec<(String, String, records::Part)> {
    let part = |part| match part {
        None => records::Part::All,
        Some(Part::Train) => records::Part::Train,
        Some(Part::Validation) => records::Part::Validation,
        Some(Part::Test) => records::Part::Test,
    };
    let name = |&(number, class, of): &Sample| (number.to_string(), class.to_owned(), part(of));
    samples.iter().map(name).collect()
}

#[test]
fn parts_come_back() {
    let all = [
        (1, "cat", Some(Part::Train)),
        (2, "cat", Some(Part::Validation)),
        (3, "cat", Some(Part::Test)),
        (4, "dog", Some(Part::Train)),
        (5, "dog", Some(Part::Test)),
    ];
    let archive = exported(PartFolders::Above, &all, false);
    let paths: Vec<String> = files(archive.clone()).into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths[..3], ["train/cat/000000.png", "val/cat/000001.png", "test/cat/000002.png"]);
    assert_eq!(again(archive, pixel), expected(&all));
    let boxed = exported(PartFolders::Above, &all, true);
    assert_eq!(files(boxed.clone())[5].0, "annotations/instances_train.json");
}

#[test]
fn parts_of_some_samples_come_back() {
    let some = [
        (1, "cat", Some(Part::Train)),
        (2, "cat", None),
        (3, "dog", Some(Part::Test)),
        (4, "dog", None),
    ];
    assert_eq!(again(exported(PartFolders::Below, &some, false), pixel), expected(&some));
}

#[test]
fn texts_come_back_as_written() {
    let texts = ["Win £1,000 now!", "I'll  be late,\n  sorry", "a,b\n1,2\n3,4"];
    let mut export = Export::new(Vec::new(), PartFolders::Above).unwrap();
    let parts = [Part::Train, Part::Test, Part::Train];
    for ((text, class), part) in texts.into_iter().zip(["spam", "ham", "ham"]).zip(parts) {
        export.add_text(class, Some(part), text).unwrap();
    }
    assert!(export.annotate(None, vec![]).is_err());
    let archive = export.finish(&[]).unwrap();
    assert_eq!(files(archive.clone())[1], ("test/ham/000001.txt".into(), texts[1].into()));
    let written = |dataset: &Dataset, index| dataset.texts(index, 100).unwrap().remove(0).text;
    let class = |class: &str, part| (class.to_owned(), part);
    let found = again(archive, written);
    let found: Vec<_> =
        found.into_iter().map(|(text, class, part)| (text, (class, part))).collect();
    let expected = [
        (texts[1].to_owned(), class("ham", records::Part::Test)),
        (texts[0].to_owned(), class("spam", records::Part::Train)),
        (texts[2].to_owned(), class("ham", records::Part::Train)),
    ];
    assert_eq!(found, expected);
}
