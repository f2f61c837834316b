//! Changed samples to look at.

use super::geometry::bounds;
use super::*;
use crate::data::{Boxes, LabelledBox};
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

#[test]
fn boxes_go_along() {
    // Two pictures of 5x9 pixels with a rectangle each.
    let rectangles = [[1.0, 1.0, 4.0, 3.0], [5.0, 2.0, 9.0, 5.0]];
    let pixels: Vec<u8> = rectangles
        .iter()
        .flat_map(|&[x1, y1, x2, y2]: &[f32; 4]| {
            (0..45).map(move |at| {
                let (y, x) = ((at / 9) as f32, (at % 9) as f32);
                u8::from(x1 <= x && x < x2 && y1 <= y && y < y2) * 255
            })
        })
        .collect();
    let all = rectangles.map(|corners| LabelledBox { corners, class: 0 });
    let boxes = Boxes::new(vec!["a".into()], &[1, 1], all.to_vec()).unwrap();
    let column = Column::new(vec![5, 9, 1], Values::U8(pixels)).unwrap();
    let plain =
        Dataset::new(vec![column], Targets::None, vec![], Preprocessing::default()).unwrap();
    let data = plain.clone().with_boxes(boxes).unwrap();
    let augmentation = Augmentation {
        flip_horizontal: 0.5,
        flip_vertical: 0.5,
        crop: 3,
        ..Augmentation::default()
    };
    let indices = [1, 0, 1];
    let mut kept = 0;
    for epoch in 0..30 {
        let Values::U8(seen) = preview(&data, &indices, augmentation, 5, epoch).unwrap() else {
            panic!("expected bytes")
        };
        let moved = preview_boxes(&data, &indices, augmentation, 5, epoch).unwrap();
        let applied = augmentation.apply(&data, 5, epoch).unwrap();
        for (at, &index) in indices.iter().enumerate() {
            assert_eq!(moved[at], applied.boxes().unwrap().of(index as usize));
            let found = bounds(&seen[at * 45..(at + 1) * 45], 9);
            if let [LabelledBox { corners, class: 0 }] = moved[at][..] {
                assert_eq!(Some(corners), found);
                kept += 1;
            }
        }
    }
    assert!(kept > 50, "{kept}");
    assert!(preview_boxes(&plain, &indices, augmentation, 5, 0).unwrap().is_empty());
    for mixing in [
        Augmentation { mixup: 0.2, ..Augmentation::default() },
        Augmentation { cutmix: 1.0, ..Augmentation::default() },
    ] {
        let error = preview(&data, &indices, mixing, 0, 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(preview(&plain, &indices, mixing, 0, 0).is_ok());
    }
}
