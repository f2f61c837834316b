//! Changed samples to look at.

use super::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn dataset(values: Values, samples: u32) -> Dataset {
    let column = Column::new(vec![4, 4, 1], values).unwrap();
    let targets = Targets::Classes((0..samples).collect());
    Dataset::new(vec![column], targets, vec![], Preprocessing::default()).unwrap()
}

fn ramp(samples: u32) -> impl Iterator<Item = u8> {
    (0..16 * samples).map(|i| (i * 7 % 251) as u8)
}

#[test]
fn what_is_looked_at_is_what_a_run_sees() {
    let data = dataset(Values::U8(ramp(5).collect()), 5);
    let augmentation = Augmentation { rotation: 30.0, noise: 0.1, ..Augmentation::default() };
    let indices = [4, 0, 4];
    let seen = |epoch| preview(&data, &indices, augmentation, 9, epoch).unwrap();
    let Values::U8(bytes) = seen(3) else { panic!("expected bytes") };
    // The run's own way, to numbers of 0..1.
    let mut run = vec![0.0; bytes.len()];
    let draws = indices.map(|sample: u32| Draw { seed: 9, epoch: 3, sample: sample.into() });
    let mut augmenter = Augmenter::for_dataset(augmentation, &data).unwrap();
    augmenter.fill(&data, &indices, |position| draws[position], &mut run).unwrap();
    for (&byte, number) in bytes.iter().zip(run) {
        assert!((f32::from(byte) - number * 255.0).abs() <= 0.501, "{byte} {number}");
    }
    assert_eq!(bytes[..16], bytes[32..], "the same sample in the same epoch");
    assert_ne!(seen(3), seen(4));
}

#[test]
fn numbers_stay_numbers_and_none_are_none() {
    let values = ramp(2).map(|byte| f32::from(byte) / 255.0).collect::<Vec<_>>();
    let data = dataset(Values::F32(values.clone()), 2);
    let same = preview(&data, &[0, 1], Augmentation::default(), 0, 0).unwrap();
    assert_eq!(same, Values::F32(values));
    let none = preview(&data, &[], Augmentation::default(), 0, 0).unwrap();
    assert_eq!(none, Values::F32(vec![]));
}

#[test]
fn samples_are_mixed_with_one_another() {
    let data = dataset(Values::U8([vec![0; 16], vec![200; 16]].concat()), 2);
    let augmentation = Augmentation { mixup: 1.0, ..Augmentation::default() };
    let Values::U8(bytes) = preview(&data, &[0, 1], augmentation, 1, 0).unwrap() else {
        panic!("expected bytes")
    };
    assert!(bytes[0] > 0 && bytes[0] < 200 && bytes[..16].iter().all(|&byte| byte == bytes[0]));
    // Alone there is nothing to mix with.
    assert_eq!(preview(&data, &[1], augmentation, 1, 0).unwrap(), Values::U8(vec![200; 16]));
}

#[test]
fn what_is_no_sample_or_no_image_is_refused() {
    let data = dataset(Values::U8(ramp(2).collect()), 2);
    let error = preview(&data, &[2], Augmentation::default(), 0, 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    let column = Column::new(vec![4], Values::U8(vec![0; 4])).unwrap();
    let vectors =
        Dataset::new(vec![column], Targets::None, vec![], Preprocessing::default()).unwrap();
    let error = preview(&vectors, &[0], Augmentation::default(), 0, 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
}
