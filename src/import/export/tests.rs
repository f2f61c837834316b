use super::*;
use crate::ErrorKind;
use crate::data::preprocessing::table::TableEncoder;
use crate::data::{Dataset, Targets};
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

/// Files as a dataset, and the parts of its samples.
fn imported(options: Options, files: &[(&str, Vec<u8>)]) -> (Dataset, Vec<records::Part>) {
    let mut import = Import::new(options, "files", Vec::new()).unwrap();
    for (path, bytes) in files {
        import.add(path, bytes.clone()).unwrap();
        while !import.advance().unwrap() {}
    }
    import.close().unwrap();
    while !import.advance().unwrap() {}
    let (file, summary) = import.finish().unwrap();
    assert_eq!(summary.unreadable, []);
    let records = Records::open(file).unwrap();
    let parts = records.parts();
    (records.into_dataset(true).unwrap(), parts)
}

/// What an archive becomes when it is read again: whatever `name` says of a sample, its class and its part.
fn again(
    archive: Vec<u8>,
    name: fn(&Dataset, u32) -> String,
) -> Vec<(String, String, records::Part)> {
    let (dataset, parts) = imported(Options::default(), &[("set.zip", archive)]);
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

/// Offers of houses: a text, numbers that need many digits, names with gaps, yes and no, and a date.
fn offers(rows: std::ops::Range<u32>) -> String {
    let mut text = String::from("offer,area,kind,garden,built,price\n");
    for row in rows {
        let kind = ["flat", "\"house, small\"", ""][row as usize % 3];
        let offer = format!("\"A place \"\"by the lake\"\",\nnumber {row} of many that are sold\"");
        let (area, built) = (1_234_567 + row, 10 + row % 80);
        let garden = row % 4 == 0;
        text += &format!("{offer},{area}.25,{kind},{garden},19{built}-05-01,{row}.1\n");
    }
    text
}

/// A table that is read: rows, the numbers to be answered and the parts.
fn table(files: &[(&str, Vec<u8>)]) -> (Vec<serde_json::Value>, Vec<f32>, Vec<records::Part>) {
    let options = Options { target: Some("price".into()), ..Options::default() };
    let (dataset, parts) = imported(options, files);
    let encoder = TableEncoder::new(dataset.preprocessing().table.clone().unwrap()).unwrap();
    let row = |index| {
        let Values::F32(numbers) = dataset.sample(index).unwrap() else { panic!("numbers") };
        let mut row = encoder.decode(&numbers);
        for (name, text) in encoder.text_names().zip(dataset.texts(index, 1000).unwrap()) {
            row.insert(name.into(), text.text.into());
        }
        row.into()
    };
    let Targets::Dense { values, .. } = dataset.targets() else { panic!("numbers") };
    ((0..dataset.len() as u32).map(row).collect(), values.clone(), parts)
}

#[test]
fn tables_come_back_with_their_texts_numbers_and_parts() {
    let texts = [("test.csv", offers(60..120)), ("train.csv", offers(0..60))];
    let given = texts.clone().map(|(path, text)| (path, text.into_bytes()));
    let (rows, prices, parts) = table(&given);
    let names = ["offer", "area", "kind", "garden", "built", "price"].map(String::from);
    let mut export = Export::new(Vec::new(), PartFolders::None).unwrap();
    let groups = [(Part::Train, records::Part::Train), (Part::Test, records::Part::Test)];
    for (part, known) in groups {
        for at in (0..rows.len()).filter(|&at| parts[at] == known) {
            let cell = |name: &String| match &rows[at][name] {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Null => String::new(),
                other => other.to_string(),
            };
            let cells: Vec<String> = names[..5].iter().map(cell).collect();
            export.add_rows(Some(part), &names, &cells, Some(&[prices[at]])).unwrap();
        }
    }
    let archive = export.finish(&[]).unwrap();
    let found = files(archive.clone());
    let written = found.into_iter().map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap()));
    // As they came.
    let [test, train] = texts.map(|(path, text)| (path.to_owned(), text));
    assert_eq!(written.collect::<Vec<_>>(), [train, test]);
    // In the archive the training part is the first.
    let (rows_again, prices_again, parts_again) = table(&[("offers.zip", archive)]);
    let train_first: Vec<usize> = (60..120).chain(0..60).collect();
    for (at, again) in train_first.into_iter().enumerate() {
        let found = (&rows_again[at], prices_again[at], parts_again[at]);
        assert_eq!(found, (&rows[again], prices[again], parts[again]));
    }
    assert_eq!(rows_again.len(), rows.len());
}

#[test]
fn rows_that_are_no_rows_are_refused() {
    let names = ["a", "b"].map(String::from);
    let cells = ["1", "2"].map(String::from);
    let mut export = Export::new(Vec::new(), PartFolders::None).unwrap();
    let mut refused = |names: &[String], cells: &[String], numbers: Option<&[f32]>| {
        export.add_rows(None, names, cells, numbers).unwrap_err().kind()
    };
    assert_eq!(refused(&names, &cells[..1], None), ErrorKind::Shape);
    assert_eq!(refused(&names, &cells, Some(&[1.0])), ErrorKind::Shape);
    assert_eq!(refused(&names[..1], &cells[..1], Some(&[1.0])), ErrorKind::Shape);
    assert_eq!(refused(&[], &[], None), ErrorKind::Shape);
    for part in [None, Some(Part::Train)] {
        export.add_rows(part, &names, &cells, None).unwrap();
        export.add_rows(part, &names, &cells, None).unwrap();
    }
    assert_eq!(export.add_rows(None, &names, &cells, None).unwrap_err().kind(), ErrorKind::Data);
}
