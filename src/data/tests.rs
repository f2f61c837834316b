use std::sync::Arc;

use super::preprocessing::{Affine, Normalize, NumericStep, Scale};
use super::stored::InMemory;
use super::*;
use crate::ErrorKind;
use crate::losses::TargetKind;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn bytes(shape: &[usize], samples: usize) -> Column {
    let count = samples * shape.iter().product::<usize>();
    Column::new(shape.to_vec(), Values::U8((0..count).map(|i| i as u8).collect())).unwrap()
}

fn classes(labels: &[u32], names: &[&str]) -> crate::Result<Dataset> {
    let names = names.iter().map(|name| name.to_string()).collect();
    let targets = Targets::Classes(labels.to_vec());
    Dataset::new(vec![bytes(&[2, 2, 1], labels.len())], targets, names, Preprocessing::default())
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: crate::Result<T>, kind: ErrorKind, message: &str) {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.message()), (kind, message));
}

#[test]
fn bytes_are_scaled_and_numbers_stay() {
    let column = Column::new(vec![2], Values::F32(vec![0.5, 1.0, -3.0, 4.0])).unwrap();
    let inputs = vec![bytes(&[1, 2], 2), column];
    let data = Dataset::new(inputs, Targets::None, vec![], Preprocessing::default()).unwrap();
    let mut x = [0.0; 4];
    data.input_into(0, &[1, 0], &mut x).unwrap();
    assert_eq!(x, [2.0, 3.0, 0.0, 1.0].map(|byte: f32| byte * (1.0 / 255.0)));
    data.input_into(1, &[1, 1], &mut x).unwrap();
    assert_eq!(x, [-3.0, 4.0, -3.0, 4.0]);
    assert_eq!(data.target_kind(), None);
    assert_eq!(data.bytes(), 4 + 16);
}

#[test]
fn numeric_steps_go_by_channel_and_in_order() {
    let steps = [
        NumericStep::Scale(Scale { factor: 0.5 }),
        NumericStep::Normalize(Normalize { mean: vec![1.0, 2.0], std: vec![0.5, 4.0] }),
        NumericStep::Scale(Scale { factor: 2.0 }),
    ];
    let affine = Affine::new(&steps, &[2], true).unwrap();
    let mut y = [0.0; 4];
    affine.apply_to_bytes(&[4, 12, 0, 4], &mut y);
    assert_eq!(y, [4.0, 2.0, -4.0, 0.0]);
    affine.apply(&[4.0, 12.0, 0.0, 4.0], &mut y);
    assert_eq!(y, [4.0, 2.0, -4.0, 0.0]);
    refused(
        Affine::new(&steps, &[3], true),
        ErrorKind::Argument,
        "normalize: mean has 2 numbers, expected 1 or 3, one for each channel",
    );
}

#[test]
fn impossible_numeric_steps_are_refused() {
    for (step, message) in [
        (
            NumericStep::Scale(Scale { factor: f32::NAN }),
            "scale: factor is NaN, expected a finite number",
        ),
        (
            NumericStep::Normalize(Normalize { mean: vec![0.0], std: vec![0.0] }),
            "normalize: std holds 0, expected finite numbers above 0",
        ),
        (
            NumericStep::Normalize(Normalize { mean: vec![], std: vec![] }),
            "normalize: found 0 of mean and 0 of std, expected as many of both",
        ),
        (
            NumericStep::Normalize(Normalize { mean: vec![f32::INFINITY], std: vec![1.0] }),
            "normalize: mean holds inf, expected finite numbers",
        ),
    ] {
        refused(Affine::new(&[step], &[1], true), ErrorKind::Argument, message);
    }
    let overflow =
        [NumericStep::Scale(Scale { factor: 1e30 }), NumericStep::Scale(Scale { factor: 1e30 })];
    refused(
        Affine::new(&overflow, &[1], true),
        ErrorKind::Argument,
        "preprocessing: the numeric steps overflow",
    );
}

#[test]
fn columns_refuse_what_is_no_sample() {
    refused(
        Column::new(vec![2, 3], Values::U8(vec![0; 13])),
        ErrorKind::Shape,
        "inputs: found 13 values, expected a multiple of 6 (samples of shape [2, 3])",
    );
    refused(
        Column::new(vec![2, 0], Values::U8(vec![])),
        ErrorKind::Shape,
        "samples of shape [2, 0]: expected sizes of at least 1",
    );
    let huge = usize::MAX / 2;
    let error = Column::new(vec![huge, 3], Values::U8(vec![])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    refused(
        Column::new(vec![2], Values::F32(vec![0.0, 1.0, 2.0, f32::NAN])),
        ErrorKind::Data,
        "inputs: value 1 of sample 1 is NaN, expected a finite number",
    );
}

#[test]
fn datasets_refuse_what_does_not_belong_together() {
    let new = |inputs, targets| Dataset::new(inputs, targets, vec![], Preprocessing::default());
    refused(
        new(vec![], Targets::None),
        ErrorKind::Data,
        "dataset: found no inputs, expected at least 1",
    );
    refused(
        new(vec![bytes(&[2], 0)], Targets::None),
        ErrorKind::Data,
        "dataset: found no samples, expected at least 1",
    );
    refused(
        new(vec![bytes(&[2], 3), bytes(&[2], 2)], Targets::None),
        ErrorKind::Shape,
        "dataset: input 1 has 2 samples, expected 3 as input 0",
    );
    refused(
        new(vec![bytes(&[2], 3)], Targets::Classes(vec![0, 1])),
        ErrorKind::Shape,
        "targets: found 2 labels, expected 3",
    );
    let dense = |values| Targets::Dense { shape: vec![2], values };
    refused(
        new(vec![bytes(&[2], 3)], dense(vec![0.0; 7])),
        ErrorKind::Shape,
        "targets: found 7 values, expected 3 samples of shape [2]",
    );
    refused(
        new(vec![bytes(&[2], 2)], dense(vec![0.0, 0.0, f32::INFINITY, 0.0])),
        ErrorKind::Data,
        "targets: value 0 of sample 1 is inf, expected a finite number",
    );
}

#[test]
fn labels_need_a_class() {
    refused(
        classes(&[0, 1, 2], &["cat", "dog"]),
        ErrorKind::Data,
        "targets: the label of sample 2 is 2, expected less than 2, the number of class names",
    );
    refused(
        classes(&[0, 65_536], &[]),
        ErrorKind::Data,
        "targets: the label of sample 1 is 65536, expected less than 65536",
    );
    let data = classes(&[0, 2, 2], &[]).unwrap();
    assert_eq!(data.class_names(), ["0", "1", "2"]);
    assert_eq!(data.counts(), [1, 0, 2]);
}

#[test]
fn batches_follow_their_indices_or_are_refused() {
    let data = classes(&[4, 5, 6], &[]).unwrap();
    let mut labels = [0; 2];
    data.classes_into(&[2, 0], &mut labels).unwrap();
    assert_eq!(labels, [6, 4]);
    assert_eq!(data.target_kind(), Some(TargetKind::Classes));
    let (mut x, argument) = ([0.0; 8], ErrorKind::Argument);
    let beyond = "sample 3: the dataset has 3 samples";
    refused(data.input_into(0, &[0, 3], &mut x), argument, beyond);
    refused(data.classes_into(&[0, 3], &mut labels), argument, beyond);
    refused(data.subset(&[3]).map(|_| ()), argument, beyond);
    refused(
        data.input_into(1, &[0], &mut x),
        argument,
        "input 1: the dataset has 1, expected a lower number",
    );
    refused(
        data.input_into(0, &[0], &mut x),
        ErrorKind::Shape,
        "inputs: room for 8 values, expected 1 samples of 4",
    );
    refused(
        data.values_into(&[0], &mut x),
        ErrorKind::Data,
        "targets: found no numbers, expected numbers for each sample",
    );
}

#[test]
fn dense_targets_follow_their_indices() {
    let targets = Targets::Dense { shape: vec![2], values: vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0] };
    let data =
        Dataset::new(vec![bytes(&[1], 3)], targets, vec![], Preprocessing::default()).unwrap();
    let mut values = [0.0; 4];
    data.values_into(&[2, 0], &mut values).unwrap();
    assert_eq!(values, [4.0, 5.0, 0.0, 1.0]);
    let part = data.subset(&[1]).unwrap();
    assert_eq!(part.targets(), &Targets::Dense { shape: vec![2], values: vec![2.0, 3.0] });
    assert!(data.values_into(&[3, 0], &mut values).is_err());
}

#[test]
fn subsets_hold_their_samples() {
    let data = classes(&[0, 1, 1], &["cat", "dog"]).unwrap();
    let part = data.subset(&[2, 2, 0]).unwrap();
    assert_eq!(part.labels(), Some(&[1, 1, 0][..]));
    assert_eq!(part.sample(0).unwrap(), Values::U8(vec![8, 9, 10, 11]));
    assert_eq!(part.class_names(), ["cat", "dog"]);
    refused(data.subset(&[]), ErrorKind::Data, "subset: found no samples, expected at least 1");
}

#[test]
fn joining_finds_classes_by_name() {
    let data = classes(&[0, 1], &["cat", "dog"]).unwrap();
    let data = data.joined(&classes(&[0, 1, 1], &["dog", "emu"]).unwrap()).unwrap();
    assert_eq!(data.class_names(), ["cat", "dog", "emu"]);
    assert_eq!(data.labels(), Some(&[0, 1, 1, 2, 2][..]));
    assert_eq!(data.sample(2).unwrap(), Values::U8(vec![0, 1, 2, 3]));

    let numbers = Column::new(vec![2, 2, 1], Values::F32(vec![0.0; 4])).unwrap();
    let others = [
        (vec![bytes(&[4], 1)], "joining: found samples of shape [4], expected [2, 2, 1]"),
        (vec![numbers], "joining: found numbers (f32), expected bytes (u8)"),
        (vec![bytes(&[2, 2, 1], 1), bytes(&[1], 1)], "joining: found 2 inputs, expected 1"),
        (
            vec![bytes(&[2, 2, 1], 1)],
            "joining: the targets are of another kind or shape than the dataset's",
        ),
    ];
    for (inputs, message) in others {
        let other = Dataset::new(inputs, Targets::None, vec![], Preprocessing::default()).unwrap();
        assert_eq!(data.joined(&other).unwrap_err().message(), message);
    }
}

#[test]
fn preprocessing_reads_what_it_writes() {
    let digits = Preprocessing::digits();
    let text = serde_json::to_string(&digits).unwrap();
    let written: serde_json::Value = serde_json::from_str(&text).unwrap();
    let expected = serde_json::json!({
        "image": [
            { "type": "grayscale" },
            { "type": "invertIfDarkOnLight" },
            { "type": "centerOfMass", "box": 20, "size": 28 },
        ],
        "numeric": [
            { "type": "scale", "factor": 1.0_f32 / 255.0 },
            { "type": "normalize", "mean": [0.1307_f32], "std": [0.3081_f32] },
        ],
    });
    assert_eq!(written, expected);
    assert_eq!(serde_json::from_str::<Preprocessing>(&text).unwrap(), digits);
    let short = r#"{"image":[{"type":"centerOfMass"},{"type":"resize","height":3,"width":4}]}"#;
    let read: Preprocessing = serde_json::from_str(short).unwrap();
    assert_eq!(read.image[0], digits.image[2]);
    for bad in [
        r#"{"image":[{"type":"sharpen"}]}"#,
        r#"{"image":[{"type":"centerOfMass","size":28,"colour":1}]}"#,
        r#"{"image":[],"sound":[]}"#,
    ] {
        assert!(serde_json::from_str::<Preprocessing>(bad).is_err(), "{bad}");
    }
}

#[test]
fn impossible_image_steps_are_refused() {
    for (step, message) in [
        (
            r#"{"type":"centerOfMass","box":30}"#,
            "centerOfMass: box is 30, expected at most size, 28",
        ),
        (r#"{"type":"centerOfMass","box":0}"#, "centerOfMass: box is 0, expected 1 to 4096"),
        (
            r#"{"type":"resize","height":5000,"width":4}"#,
            "resize: height is 5000, expected 1 to 4096",
        ),
    ] {
        let step = serde_json::from_str(step).unwrap();
        let preprocessing = Preprocessing { image: vec![step], ..Preprocessing::default() };
        refused(preprocessing.validate(), ErrorKind::Argument, message);
    }
}

#[test]
fn rows_carry_samples_from_one_dataset_to_another() {
    let column = Column::new(vec![2], Values::F32((0..12).map(|i| i as f32).collect())).unwrap();
    let targets = Targets::Dense { shape: vec![1], values: vec![0.5, 1.5, 2.5, 3.5, 4.5, 5.5] };
    let inputs = vec![bytes(&[3], 6), column];
    let dataset = Dataset::new(inputs, targets, Vec::new(), Preprocessing::default()).unwrap();
    let mut sent = Rows::new(&dataset, 3).unwrap();
    sent.gather(&dataset, &[4, 1]).unwrap();
    let mut values: Vec<Vec<f32>> = Vec::new();
    sent.visit(2, |found| {
        values.push(match found {
            RowValues::U8(bytes) => bytes.iter().map(|&byte| byte.into()).collect(),
            RowValues::F32(numbers) => numbers.to_vec(),
            RowValues::U32(classes) => classes.iter().map(|&class| class as f32).collect(),
        });
    })
    .unwrap();
    let mut received = Rows::new(&dataset.subset(&[0]).unwrap(), 3).unwrap();
    let mut arriving = values.into_iter();
    received
        .visit(2, |to| {
            let values = arriving.next().unwrap();
            match to {
                RowValues::U8(to) => {
                    to.iter_mut().zip(values).for_each(|(to, value)| *to = value as u8)
                }
                RowValues::F32(to) => to.copy_from_slice(&values),
                RowValues::U32(to) => {
                    to.iter_mut().zip(values).for_each(|(to, value)| *to = value as u32)
                }
            }
        })
        .unwrap();
    let expected = dataset.subset(&[4, 1]).unwrap();
    let found = received.dataset().subset(&[0, 1]).unwrap();
    assert_eq!(found, expected);
    assert_eq!(dataset.inputs()[0], bytes(&[3], 6), "the source is as it was");
}

#[test]
fn rows_refuse_what_has_no_room() {
    let dataset = classes(&[0, 1, 0], &["a", "b"]).unwrap();
    refused(Rows::new(&dataset, 0), ErrorKind::Data, "rows: found no samples, expected at least 1");
    let mut rows = Rows::new(&dataset, 2).unwrap();
    let full = "rows: found 3 samples, expected at most 2";
    refused(rows.gather(&dataset, &[0, 1, 2]), ErrorKind::Shape, full);
    refused(rows.visit(3, |_| ()), ErrorKind::Shape, full);
    let beyond = "sample 3: the dataset has 3 samples";
    refused(rows.gather(&dataset, &[3]), ErrorKind::Argument, beyond);
    let other = vec![bytes(&[7], 3)];
    let other = Dataset::new(other, Targets::None, Vec::new(), Preprocessing::default()).unwrap();
    let unlike = "rows: the samples are of another kind or shape than the room for them";
    refused(rows.gather(&other, &[0]), ErrorKind::Shape, unlike);
}

#[test]
fn any_change_of_a_sample_or_an_answer_changes_a_checksum() {
    let dataset = |column: Column, labels: &[u32]| {
        let names = vec!["a".to_owned(), "b".to_owned()];
        let targets = Targets::Classes(labels.to_vec());
        Dataset::new(vec![column], targets, names, Preprocessing::default()).unwrap()
    };
    let numbers = |change: Option<usize>| {
        let mut values: Vec<f32> = (0..9000).map(|i| i as f32).collect();
        change.into_iter().for_each(|at| values[at] += 1.0);
        Values::F32(values)
    };
    let of =
        |change, labels: &[u32]| dataset(Column::new(vec![3000], numbers(change)).unwrap(), labels);
    let sums = |data: &Dataset| (data.answers_checksum(), data.inputs_checksum());
    let data = of(None, &[0, 1, 1]);
    let (answers, inputs) = sums(&data);
    // The same on every target, and for ever: runs are kept with them.
    assert_eq!((answers, inputs), (2783134761588764858, Some(14530168066485546902)));
    for at in [0, 1023, 1024, 4500, 8999] {
        let changed = sums(&of(Some(at), &[0, 1, 1]));
        assert!(changed.0 == answers && changed.1 != inputs, "{at}");
    }
    let relabelled = sums(&of(None, &[0, 0, 1]));
    assert!(relabelled.0 != answers && relabelled.1 == inputs);
    assert_ne!(data.subset(&[0, 2, 1]).unwrap().inputs_checksum(), inputs);
    assert_ne!(data.subset(&[1, 0, 2]).unwrap().answers_checksum(), answers);
    let store = InMemory { values: Arc::new(numbers(None)), width: 3000 };
    let stored = Column::stored(vec![3000], Kind::F32, Arc::new(store)).unwrap();
    assert_eq!(sums(&dataset(stored, &[0, 1, 1])), (answers, None));
    let weighted = sums(&data.with_sample_weight(vec![1.0, 2.0, 1.0]).unwrap());
    assert!(weighted.0 != answers && weighted.1 == inputs);
}
