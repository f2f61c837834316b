use serde_json::json;

use super::*;
use crate::ErrorKind;
use crate::data::{Boxes, LabelledBox, Targets, Values};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn head(values: Kind) -> Head {
    Head {
        shape: vec![100, 100, 3],
        values,
        preprocessing: Preprocessing::default(),
        source: "folder".into(),
    }
}

/// The values of a sample; a chunk has 139 of them.
fn sample(index: usize) -> Vec<u8> {
    (0..30_000).map(|at| ((index * 31 + at * 7) % 253) as u8).collect()
}

fn push(writer: &mut Writer<Vec<u8>>, samples: std::ops::Range<usize>) {
    for index in samples {
        writer.reached(Checkpoint { files: index as u64 + 1, samples: 0 });
        writer.push(&sample(index), json!(format!("{index}.png"))).unwrap();
    }
}

fn finish(samples: usize) -> Finish {
    Finish {
        labels: Labels::Classes((0..samples as u32).map(|index| index % 3).collect()),
        class_names: ["a", "b", "c"].map(String::from).to_vec(),
        parts: (0..samples).map(|index| Part::ALL[index % 4]).collect(),
        boxes: None,
        report: json!({ "unreadable": [] }),
    }
}

fn file(samples: usize) -> Vec<u8> {
    let mut writer = Writer::create(Vec::new(), &head(Kind::U8)).unwrap();
    push(&mut writer, 0..samples);
    assert_eq!(writer.samples(), samples as u64);
    let (file, written) = writer.finish(finish(samples)).unwrap();
    assert_eq!(written as usize, samples);
    file
}

#[test]
fn what_is_written_is_read() {
    let file = file(300);
    let records = Records::open(file.clone()).unwrap();
    assert_eq!(records.head(), &head(Kind::U8));
    assert_eq!(records.foot().chunks.len(), 3);
    assert_eq!(
        records.parts()[..5],
        [Part::All, Part::Train, Part::Validation, Part::Test, Part::All]
    );
    let stored = records.into_dataset(false).unwrap();
    let memory = Records::open(file).unwrap().into_dataset(true).unwrap();
    assert_eq!((stored.len(), stored.counts()), (300, vec![100, 100, 100]));
    assert_eq!(stored.targets(), memory.targets());
    assert_eq!(stored.inputs()[0].values(), None);
    for index in [0, 138, 139, 299] {
        assert_eq!(stored.sample(index).unwrap(), Values::U8(sample(index as usize)), "{index}");
        assert_eq!(stored.sample(index).unwrap(), memory.sample(index).unwrap());
    }
    // Over the bounds of chunks.
    let indices: Vec<u32> = (130..290).collect();
    let all = stored.inputs()[0].gather(&indices).unwrap();
    assert_eq!(all, memory.inputs()[0].gather(&indices).unwrap());
    assert!(stored.sample(300).is_err());
}

#[test]
fn what_was_left_out_is_no_sample() {
    let mut writer = Writer::create(Vec::new(), &head(Kind::U8)).unwrap();
    push(&mut writer, 0..6);
    let mut end = finish(6);
    end.parts = [Part::All, Part::LeftOut, Part::Test, Part::LeftOut, Part::All, Part::All].into();
    let (file, written) = writer.finish(end).unwrap();
    let records = Records::open(file).unwrap();
    assert_eq!((written, records.parts()), (6, vec![Part::All, Part::Test, Part::All, Part::All]));
    let data = records.into_dataset(false).unwrap();
    assert_eq!(data.labels(), Some(&[0, 2, 1, 2][..]));
    assert_eq!(data.sample(1).unwrap(), Values::U8(sample(2)));
}

#[test]
fn numbers_and_their_targets_come_back() {
    let head = Head { shape: vec![2], ..head(Kind::F32) };
    let mut writer = Writer::create(Vec::new(), &head).unwrap();
    let bytes = |values: [f32; 2]| values.map(f32::to_le_bytes).concat();
    for values in [[0.5, -1e-30], [3e30, 0.0]] {
        writer.push(&bytes(values), json!(null)).unwrap();
    }
    for wrong in [f32::NAN, f32::INFINITY] {
        let error = writer.push(&bytes([0.0, wrong]), json!(null)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data, "{error}");
    }
    let error = writer.push(&[0; 4], json!(null)).unwrap_err();
    assert_eq!(error.message(), "record: found 4 bytes, expected 8");
    let labels = Labels::Numbers { shape: vec![2], values: vec![1.0, 2.0, 3.0, 4.0] };
    let end =
        Finish { labels, class_names: vec![], parts: vec![], boxes: None, report: json!(null) };
    let (file, _) = writer.finish(end).unwrap();
    let data = Records::open(file).unwrap().into_dataset(false).unwrap();
    assert_eq!(data.sample(1).unwrap(), Values::F32(vec![3e30, 0.0]));
    let expected = Targets::Dense { shape: vec![2], values: vec![1.0, 2.0, 3.0, 4.0] };
    assert_eq!(data.targets(), &expected);
}

#[test]
fn an_interruption_leaves_a_whole_beginning() {
    let whole = file(300);
    let chunks = Records::open(whole.clone()).unwrap().foot().chunks.clone();
    let second_ends = chunks[2].0 - FIXED as u64;
    for (cut, samples) in [
        (whole.len() as u64 - 1, 300),
        (second_ends, 278),
        (second_ends - 1, 139),
        (chunks[1].0 + 5, 139),
        (chunks[0].0, 0),
        (200, 0),
    ] {
        let left = whole[..cut as usize].to_vec();
        assert!(Records::open(left.clone()).is_err(), "{cut}");
        let Ok((mut writer, found, resumed)) = Writer::resume(left, "folder").unwrap() else {
            panic!("{cut}: it is not gone on with")
        };
        assert_eq!((found, resumed.notes.len()), (head(Kind::U8), samples), "{cut}");
        assert_eq!(resumed.checkpoint.files as usize, samples, "{cut}");
        push(&mut writer, samples..300);
        let (again, _) = writer.finish(finish(300)).unwrap();
        let data = Records::open(again).unwrap().into_dataset(false).unwrap();
        let expected = Records::open(whole.clone()).unwrap().into_dataset(false).unwrap();
        assert_eq!(data.targets(), expected.targets());
        for index in [0, 138, 139, 200, 277, 278, 299] {
            assert_eq!(data.sample(index).unwrap(), Values::U8(sample(index as usize)));
        }
    }
}

#[test]
fn another_source_is_not_gone_on_with() {
    let left = file(3);
    for (bytes, source) in [(left.clone(), "other"), (b"something else".to_vec(), "folder")] {
        let Err(sink) = Writer::resume(bytes.clone(), source).unwrap() else {
            panic!("it is gone on with")
        };
        assert_eq!(sink, bytes);
    }
    // A damaged chunk and all behind it are written anew.
    let mut damaged = file(300);
    let second = Records::open(damaged.clone()).unwrap().foot().chunks[1].0 as usize;
    damaged[second + 1000] ^= 1;
    let Ok((_, _, resumed)) = Writer::resume(damaged, "folder").unwrap() else {
        panic!("it is not gone on with")
    };
    assert_eq!(resumed.notes.len(), 139);
}

#[test]
fn damage_is_an_error_and_no_panic() {
    let head = Head { shape: vec![2, 2, 1], ..head(Kind::U8) };
    let mut writer = Writer::create(Vec::new(), &head).unwrap();
    for index in 0..5 {
        writer.push(&[index; 4], json!("a")).unwrap();
    }
    writer.remark(json!({ "name": "b" }));
    let (file, _) = writer.finish(finish(5)).unwrap();
    for len in 0..file.len() {
        let error = Records::open(file[..len].to_vec()).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{len}: {error}");
        let _ = Writer::resume(file[..len].to_vec(), "folder").unwrap();
    }
    for bit in 0..8 * file.len() {
        let mut wrong = file.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        if let Ok(data) = Records::open(wrong.clone()).and_then(|r| r.into_dataset(false)) {
            for index in 0..data.len().min(9) as u32 {
                let _ = data.sample(index);
            }
        }
        let _ = Writer::resume(wrong, "folder").unwrap();
    }
    // Claims beyond the file.
    let mut claims = file.clone();
    let end = claims.len() - FIXED;
    claims[end + 16..end + 24].fill(0xff);
    let error = Records::open(claims).map(drop).unwrap_err();
    assert!(error.message().contains("beyond the file"), "{error}");
}

#[test]
fn an_end_needs_samples_and_a_target_for_each() {
    let writer = |samples: usize| {
        let mut writer = Writer::create(Vec::new(), &head(Kind::U8)).unwrap();
        push(&mut writer, 0..samples);
        writer
    };
    let error = writer(0).finish(finish(0)).map(drop).unwrap_err();
    assert_eq!(error.message(), "records: found no samples, expected at least 1");
    let error = writer(2).finish(finish(3)).map(drop).unwrap_err();
    assert_eq!(error.message(), "records: found 3 targets and 3 parts of 2 samples");
}

/// Boxes of so many samples: none of the first, one of the second, two of the third and so on.
fn boxes(samples: u32) -> Boxes {
    let counts: Vec<u32> = (0..samples).map(|sample| sample % 4).collect();
    let all = (0..counts.iter().sum()).map(|at: u32| {
        let [x, y] = [at % 90, at % 80].map(|at| at as f32);
        LabelledBox { corners: [x, y + 0.125, x + 10.0, y + 20.0], class: at % 2 }
    });
    Boxes::new(vec!["cat".into(), "dög".into()], &counts, all.collect()).unwrap()
}

/// A file of samples with boxes.
fn boxed(samples: usize) -> Vec<u8> {
    let mut writer = Writer::create(Vec::new(), &head(Kind::U8)).unwrap();
    push(&mut writer, 0..samples);
    let end = Finish { boxes: Some(boxes(samples as u32)), ..finish(samples) };
    writer.finish(end).unwrap().0
}

#[test]
fn boxes_are_kept() {
    let file = boxed(9);
    for in_memory in [false, true] {
        let data = Records::open(file.clone()).unwrap().into_dataset(in_memory).unwrap();
        assert_eq!(data.boxes(), Some(&boxes(9)));
        assert_eq!(data.labels().unwrap()[..4], [0, 1, 2, 0]);
    }
    // Samples that are left out take theirs along.
    let mut writer = Writer::create(Vec::new(), &head(Kind::U8)).unwrap();
    push(&mut writer, 0..4);
    let parts = vec![Part::All, Part::LeftOut, Part::All, Part::All];
    let end = Finish { boxes: Some(boxes(4)), parts, ..finish(4) };
    let file = writer.finish(end).unwrap().0;
    let data = Records::open(file).unwrap().into_dataset(false).unwrap();
    assert_eq!(data.boxes().unwrap().counts().collect::<Vec<_>>(), [0, 2, 3]);
    assert_eq!(data.boxes().unwrap().of(1), boxes(4).of(2));
    let mut writer = Writer::create(Vec::new(), &head(Kind::U8)).unwrap();
    push(&mut writer, 0..4);
    let end = Finish { boxes: Some(boxes(3)), ..finish(4) };
    assert_eq!(writer.finish(end).unwrap_err().kind(), ErrorKind::Data);
}

#[test]
fn boxes_that_are_damaged_are_refused() {
    let file = boxed(9);
    let count = boxes(9).all().len();
    let end = file.len() - FIXED;
    let (counts, all) = (end - BOX * count - 4 * 9, end - BOX * count);
    let damaged = |at: usize, bytes: [u8; 4]| {
        let mut file = file.clone();
        file[at..at + 4].copy_from_slice(&bytes);
        Records::open(file).and_then(|records| records.into_dataset(true)).unwrap_err()
    };
    for (at, bytes) in [
        (counts, u32::MAX.to_le_bytes()),
        (counts, 1_u32.to_le_bytes()),
        (all, f32::NAN.to_le_bytes()),
        (all + 8, 1e9_f32.to_le_bytes()),
        (all + 8, 0_f32.to_le_bytes()),
        (all + 16, 2_u32.to_le_bytes()),
    ] {
        let error = damaged(at, bytes);
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
    }
    // More boxes than the file has bytes for.
    let text = format!("\"count\":{count},");
    let place = file.windows(text.len()).position(|window| window == text.as_bytes()).unwrap();
    let mut many = file.clone();
    many[place + text.len() - 3..place + text.len() - 1].copy_from_slice(b"99");
    assert_eq!(Records::open(many).unwrap_err().kind(), ErrorKind::Format);
}

#[test]
fn files_from_before_there_were_boxes_are_read() {
    let file = include_bytes!("files/without_boxes.records").to_vec();
    let records = Records::open(file).unwrap();
    assert_eq!(records.parts(), [Part::Train, Part::Train, Part::Test]);
    let data = records.into_dataset(false).unwrap();
    assert_eq!((data.boxes(), data.labels()), (None, Some(&[0, 1, 0][..])));
    assert_eq!(data.class_names(), ["a", "b"]);
    assert_eq!(data.sample(2).unwrap(), Values::U8(vec![3, 10, 17, 24, 31, 38]));
}

/// Small files: with classes and parts, boxes, texts, and numbers; and one that was interrupted.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn examples() -> Vec<Vec<u8>> {
    let small = |shape: &[usize], values| {
        let head = Head { shape: shape.to_vec(), ..head(values) };
        let mut writer = Writer::create(Vec::new(), &head).unwrap();
        let bytes = head.record().unwrap();
        for index in 0..5 {
            writer.push(&vec![index; bytes], json!(index)).unwrap();
            if index == 2 {
                writer.seal().unwrap();
            }
        }
        writer
    };
    let labelled = small(&[2, 2, 1], Kind::U8).finish(finish(5)).unwrap().0;
    let end = Finish { boxes: Some(boxes(5)), ..finish(5) };
    let boxed = small(&[100, 80, 1], Kind::U8).finish(end).unwrap().0;
    let mut written = small(&[3], Kind::F32);
    for text in ["one", "", "größer", "a b c", "🌍"] {
        written.push_texts(&[text, "more"]).unwrap();
    }
    let labels = Labels::Numbers { shape: vec![2], values: vec![0.5; 10] };
    let written = written.finish(Finish { labels, ..finish(5) }).unwrap().0;
    let cut = labelled[..labelled.len() - 40].to_vec();
    vec![labelled, boxed, written, cut, include_bytes!("files/without_boxes.records").to_vec()]
}
