//! Weights, further targets and names go along with the samples.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::super::{Column, Preprocessing, RowValues, Rows, Values};
use super::*;
use crate::ErrorKind;

/// Samples 0, 1, 2 ... of two inputs, with the targets of three outputs and weights.
fn dataset(samples: u8) -> Dataset {
    let column = |factor: u8| {
        let values = Values::U8((0..samples).map(|sample| factor * sample).collect());
        Column::new(vec![1], values).unwrap()
    };
    let numbers = (0..samples).flat_map(|sample| [f32::from(sample), -f32::from(sample)]).collect();
    let targets = Targets::Classes((0..u32::from(samples)).collect());
    let classes = (0..u32::from(samples)).map(|sample| sample % 2).collect();
    Dataset::new(vec![column(1), column(2)], targets, vec![], Preprocessing::default())
        .unwrap()
        .with_further_targets(vec![
            Targets::Dense { shape: vec![2], values: numbers },
            Targets::Classes(classes),
        ])
        .unwrap()
        .with_output_names(["a", "b", "c"].map(String::from).to_vec())
        .unwrap()
        .with_input_names(["x", "z"].map(String::from).to_vec())
        .unwrap()
        .with_sample_weight((0..samples).map(|sample| 0.5 * f32::from(sample)).collect())
        .unwrap()
}

fn plain(samples: u8) -> Dataset {
    let column = Column::new(vec![1], Values::U8((0..samples).collect())).unwrap();
    let targets = Targets::Classes(vec![0; usize::from(samples)]);
    Dataset::new(vec![column], targets, vec![], Preprocessing::default()).unwrap()
}

/// That each sample still has what belongs to it.
#[track_caller]
fn check(dataset: &Dataset, samples: &[u8]) {
    let indices: Vec<u32> = (0..samples.len() as u32).collect();
    let mut weights = vec![0.0; samples.len()];
    dataset.weights_into(&indices, &mut weights).unwrap();
    let mut numbers = vec![0.0; 2 * samples.len()];
    dataset.targets_of(1).values_into(&indices, &mut numbers).unwrap();
    let mut classes = vec![0; samples.len()];
    dataset.targets_of(2).classes_into(&indices, &mut classes).unwrap();
    for (at, &sample) in samples.iter().enumerate() {
        assert_eq!(dataset.sample(at as u32).unwrap(), Values::U8(vec![sample]));
        assert_eq!(weights[at], 0.5 * f32::from(sample));
        assert_eq!(numbers[2 * at..2 * at + 2], [f32::from(sample), -f32::from(sample)]);
        assert_eq!(classes[at], u32::from(sample) % 2);
    }
    assert_eq!(dataset.output_names(), ["a", "b", "c"]);
    assert_eq!(dataset.input_names(), ["x", "z"]);
}

#[test]
fn they_stay_with_the_samples_that_are_chosen_joined_and_sent() {
    let all = dataset(7);
    check(&all, &[0, 1, 2, 3, 4, 5, 6]);
    let chosen = all.subset(&[5, 0, 3]).unwrap();
    check(&chosen, &[5, 0, 3]);
    check(&chosen.with_preprocessing(Preprocessing::default()).unwrap(), &[5, 0, 3]);
    check(&chosen.joined(&all.subset(&[6]).unwrap()).unwrap(), &[5, 0, 3, 6]);
    let bytes = |dataset: &Dataset| dataset.bytes() / dataset.len() as u64;
    assert_eq!((bytes(&all), bytes(&plain(7))), (2 + 4 + 8 + 4 + 4, 1 + 4));

    let mut rows = Rows::new(&all, 4).unwrap();
    rows.gather(&all, &[6, 1, 2]).unwrap();
    check(&rows.dataset().subset(&[0, 1, 2]).unwrap(), &[6, 1, 2]);
    // What is written on one side and read on the other.
    let mut sent = Vec::new();
    rows.visit(3, |values| match values {
        RowValues::U8(values) => sent.push(values.iter().map(|&value| value.into()).collect()),
        RowValues::F32(values) => sent.push(values.to_vec()),
        RowValues::U32(values) => sent.push(values.iter().map(|&value| value as f32).collect()),
    })
    .unwrap();
    let expected: [&[f32]; 6] = [
        &[6.0, 1.0, 2.0],
        &[12.0, 2.0, 4.0],
        &[6.0, 1.0, 2.0],
        &[6.0, -6.0, 1.0, -1.0, 2.0, -2.0],
        &[0.0, 1.0, 0.0],
        &[3.0, 0.5, 1.0],
    ];
    assert_eq!(sent, expected);
    assert_eq!(rows.gather(&plain(7), &[0]).unwrap_err().kind(), ErrorKind::Shape);
}

#[test]
fn a_dataset_without_weights_counts_one() {
    let weighted = plain(2).with_sample_weight(vec![3.0, 0.0]).unwrap();
    let both = plain(1).joined(&weighted).unwrap();
    assert_eq!(both.sample_weight(), Some(&[1.0, 3.0, 0.0][..]));
    assert_eq!(weighted.joined(&plain(1)).unwrap().sample_weight(), Some(&[3.0, 0.0, 1.0][..]));
    assert_eq!(plain(1).joined(&plain(1)).unwrap().sample_weight(), None);
    assert!(plain(1).weights_into(&[0], &mut [0.0]).is_err());
}

#[test]
fn names_and_places_are_found() {
    let named = dataset(3);
    assert_eq!([named.input_for(0, "z"), named.input_for(0, "w")], [Some(1), None]);
    assert_eq!([named.output_for(0, "c"), named.output_for(2, "d")], [Some(2), None]);
    assert_eq!([0, 1, 2].map(|output| named.classes_of(output)), [3, 0, 2]);
    assert_eq!([0, 1, 2].map(|output| named.counts_of(output)), [vec![1; 3], vec![], vec![2, 1]]);
    let plain = plain(3);
    assert_eq!([plain.input_for(0, "w"), plain.input_for(1, "w")], [Some(0), None]);
    assert_eq!([plain.output_for(0, "d"), plain.output_for(1, "d")], [Some(0), None]);
    assert_eq!((plain.outputs(), named.outputs()), (1, 3));
    assert_eq!(plain.targets_of(1), &Targets::None);
}

#[test]
fn what_does_not_belong_to_the_samples_is_refused() {
    let kind = |result: Result<Dataset>| result.unwrap_err().kind();
    assert_eq!(kind(plain(3).with_sample_weight(vec![1.0; 2])), ErrorKind::Shape);
    for wrong in [-1.0, f32::NAN, f32::INFINITY] {
        let error = plain(3).with_sample_weight(vec![1.0, wrong, 1.0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(error.message().contains("the weight of sample 1 is"), "{error}");
    }
    let further = |targets| plain(3).with_further_targets(vec![targets]);
    assert_eq!(kind(further(Targets::Classes(vec![0; 2]))), ErrorKind::Shape);
    assert_eq!(kind(further(Targets::None)), ErrorKind::Data);
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let named = |list: &[&str]| dataset(3).with_output_names(names(list));
    assert_eq!(kind(named(&["a", "b"])), ErrorKind::Argument);
    assert_eq!(kind(named(&["a", "b", "a"])), ErrorKind::Argument);
    assert_eq!(kind(dataset(3).with_input_names(names(&["x"]))), ErrorKind::Argument);
    assert_eq!(kind(dataset(3).joined(&plain(3))), ErrorKind::Shape);
    let other = named(&["a", "b", "d"]).unwrap();
    assert_eq!(kind(dataset(3).joined(&other)), ErrorKind::Data);
}
