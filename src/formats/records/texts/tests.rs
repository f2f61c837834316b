use serde_json::{Value, json};

use super::super::{Finish, Head, Labels, Writer};
use super::*;
use crate::ErrorKind;
use crate::data::{Dataset, Kind, Preprocessing};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn writer() -> Writer<Vec<u8>> {
    let head = Head {
        shape: vec![1],
        values: Kind::U8,
        preprocessing: Preprocessing::default(),
        source: "texts".into(),
    };
    Writer::create(Vec::new(), &head).unwrap()
}

fn end() -> Finish {
    Finish {
        labels: Labels::Nothing,
        class_names: Vec::new(),
        parts: Vec::new(),
        boxes: None,
        report: json!({}),
    }
}

/// Two texts of a sample: short ones, none, and some that are larger than a block.
fn texts(sample: usize) -> [String; 2] {
    let long = if sample % 3001 == 7 { 400_000 } else { sample % 23 };
    ["äß€ ".repeat(long), format!("second of {sample}")]
}

fn written(samples: usize) -> Vec<u8> {
    let mut writer = writer();
    for sample in 0..samples {
        writer.push(&[sample as u8], Value::Null).unwrap();
        writer.push_texts(&texts(sample).each_ref().map(String::as_str)).unwrap();
    }
    writer.finish(end()).unwrap().0
}

fn read(dataset: &Dataset, sample: usize) -> Vec<String> {
    let found = dataset.texts(sample as u32, usize::MAX).unwrap();
    assert!(found.iter().all(|text| !text.is_cut));
    found.into_iter().map(|text| text.text).collect()
}

#[test]
fn texts_are_read_from_their_blocks() {
    let file = written(9000);
    let records = Records::open(file.clone()).unwrap();
    let blocks = &records.foot().texts.as_ref().unwrap().blocks;
    // At most 2048 samples of two texts each, and a block ends with each of three long texts.
    assert_eq!(blocks.iter().map(|&(_, first)| first).take(3).collect::<Vec<_>>(), [0, 8, 2056]);
    assert_eq!(blocks.len(), 7);
    let stored = records.into_dataset(false).unwrap();
    let memory = Records::open(file).unwrap().into_dataset(true).unwrap();
    for sample in [0, 1, 7, 8, 2055, 2056, 3008, 3009, 8998, 8999] {
        assert_eq!(read(&stored, sample), texts(sample), "sample {sample}");
    }
    for sample in 0..9000 {
        assert_eq!(read(&memory, sample), texts(sample), "sample {sample}");
    }
    let chosen = stored.subset(&[3008, 1]).unwrap();
    let found = chosen.texts(0, 5).unwrap();
    assert_eq!((found[0].text.as_str(), found[0].is_cut), ("äß€ ä", true));
    assert_eq!((found[1].text.as_str(), found[1].is_cut), ("secon", true));
    assert_eq!(read(&chosen, 1), texts(1));
}

#[test]
fn all_samples_have_as_many_texts_or_none() {
    let mut writer = writer();
    writer.push(&[0], Value::Null).unwrap();
    writer.push_texts(&["one", "two"]).unwrap();
    writer.push(&[1], Value::Null).unwrap();
    assert_eq!(writer.push_texts(&["one"]).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(writer.finish(end()).unwrap_err().kind(), ErrorKind::Data);
    let mut writer = self::writer();
    writer.push(&[0], Value::Null).unwrap();
    let (file, _) = writer.finish(end()).unwrap();
    let dataset = Records::open(file).unwrap().into_dataset(true).unwrap();
    assert!(!dataset.has_texts() && dataset.texts(0, 9).unwrap().is_empty());
}

#[test]
fn what_lies_about_its_texts_is_refused() {
    let foot = |columns, blocks: &[(u64, u32)]| TextFoot { columns, blocks: blocks.to_vec() };
    assert!(check_texts(&foot(2, &[(64, 0), (164, 10)]), 20, 64, 264).is_ok());
    for wrong in [
        foot(2, &[]),
        foot(0, &[(64, 0)]),
        foot(2, &[(60, 0), (164, 10)]),
        foot(2, &[(64, 0), (100, 10)]),
        foot(2, &[(64, 0), (200, 10)]),
        foot(2, &[(64, 1), (164, 10)]),
        foot(2, &[(64, 0), (164, 20)]),
        foot(u32::MAX, &[(64, 0)]),
    ] {
        let error = check_texts(&wrong, 20, 64, 264).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{wrong:?}");
    }
    // A length beyond the file, and bytes that are no text.
    let file = written(3);
    let at =
        Records::open(file.clone()).unwrap().foot().texts.as_ref().unwrap().blocks[0].0 as usize;
    for (place, byte) in [(at + 7, 0x7f), (at + 24, 0xff)] {
        let mut file = file.clone();
        file[place] = byte;
        let records = Records::open(file.clone()).unwrap();
        assert_eq!(records.read(0, 100).unwrap_err().kind(), ErrorKind::Format);
        let error = Records::open(file).unwrap().into_dataset(true).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
    }
}

#[test]
fn texts_that_lie_on_each_other_are_no_more_than_the_file() {
    // Whose length in four bytes is text, too.
    let text = "a".repeat(0x12_4f40);
    let mut writer = writer();
    for sample in 0..2 {
        writer.push(&[sample], Value::Null).unwrap();
        writer.push_texts(&[&text]).unwrap();
    }
    let (mut file, _) = writer.finish(end()).unwrap();
    let blocks = Records::open(file.clone()).unwrap().foot().texts.as_ref().unwrap().blocks.clone();
    assert_eq!(blocks.len(), 2);
    assert!(Records::open(file.clone()).unwrap().into_dataset(true).is_ok());
    // The first goes on to the end of the second.
    let at = blocks[0].0 as usize;
    file[at..at + 4].copy_from_slice(&(2 * text.len() as u32 + 4).to_le_bytes());
    let error = Records::open(file).unwrap().into_dataset(true).unwrap_err();
    assert_eq!(error.message(), "records: found texts of more bytes than the file has");
}
