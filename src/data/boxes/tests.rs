use super::super::{Column, Preprocessing, Targets, Values};
use super::*;
use crate::ErrorKind;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn labelled(corners: [f32; 4], class: u32) -> LabelledBox {
    LabelledBox { corners, class }
}

/// Three pictures of 3x5 pixels, of which the first has two boxes and the last one.
fn pictures() -> Dataset {
    let names = ["a", "b"].map(String::from).to_vec();
    let all = vec![
        labelled([0.0, 0.0, 1.0, 1.0], 0),
        labelled([1.5, 0.5, 5.0, 3.0], 1),
        labelled([2.0, 1.0, 3.0, 2.0], 1),
    ];
    plain(3).with_boxes(Boxes::new(names, &[2, 0, 1], all).unwrap()).unwrap()
}

fn plain(samples: usize) -> Dataset {
    let column = Column::new(vec![3, 5, 1], Values::U8(vec![7; 15 * samples])).unwrap();
    Dataset::new(vec![column], Targets::None, vec![], Preprocessing::default()).unwrap()
}

#[test]
fn boxes_stay_with_their_samples() {
    let data = pictures();
    let boxes = data.boxes().unwrap();
    assert_eq!(boxes.counts().collect::<Vec<_>>(), [2, 0, 1]);
    assert_eq!(boxes.of(0)[1].extent(), [1.5, 0.5, 3.5, 2.5]);
    assert!(boxes.of(1).is_empty() && boxes.of(3).is_empty() && boxes.of(usize::MAX).is_empty());
    let some = data.subset(&[2, 0, 2]).unwrap();
    let found = some.boxes().unwrap();
    assert_eq!(found.counts().collect::<Vec<_>>(), [1, 2, 1]);
    assert_eq!((found.of(0), found.of(1), found.of(2)), (boxes.of(2), boxes.of(0), boxes.of(2)));
    assert_eq!(found.class_names(), ["a", "b"]);
    let other = data.with_preprocessing(Preprocessing::digits()).unwrap();
    assert_eq!(other.boxes(), data.boxes());
    assert_eq!(data.bytes(), 45 + 60 + 16);
    assert_eq!(plain(2).boxes(), None);
}

#[test]
fn boxes_of_two_datasets_are_joined_by_the_names_of_their_classes() {
    let data = pictures();
    let names = ["c", "b"].map(String::from).to_vec();
    let all = vec![labelled([0.0, 0.0, 1.0, 1.0], 0), labelled([0.0, 0.0, 2.0, 1.0], 1)];
    let other = plain(2).with_boxes(Boxes::new(names, &[0, 2], all).unwrap()).unwrap();
    let both = data.joined(&other).unwrap();
    let boxes = both.boxes().unwrap();
    assert_eq!(boxes.class_names(), ["a", "b", "c"]);
    assert_eq!(boxes.counts().collect::<Vec<_>>(), [2, 0, 1, 0, 2]);
    let classes: Vec<u32> = boxes.all().iter().map(|labelled| labelled.class).collect();
    assert_eq!(classes, [0, 1, 1, 2, 1]);
    for (one, more, counts) in
        [(&data, &plain(1), vec![2, 0, 1, 0]), (&plain(1), &data, vec![0, 2, 0, 1])]
    {
        let both = one.joined(more).unwrap();
        assert_eq!(both.boxes().unwrap().counts().collect::<Vec<_>>(), counts);
        assert_eq!(both.boxes().unwrap().class_names(), ["a", "b"]);
    }
    assert_eq!(plain(1).joined(&plain(2)).unwrap().boxes(), None);
}

#[test]
fn boxes_that_are_none_are_refused_with_their_place() {
    let names = || vec!["a".to_owned()];
    let refused = |counts: &[u32], all: Vec<LabelledBox>, kind, message: &str| {
        let error = Boxes::new(names(), counts, all).unwrap_err();
        assert_eq!((error.kind(), error.message()), (kind, message));
    };
    let good = labelled([0.0, 0.0, 1.0, 1.0], 0);
    refused(&[1, 1], vec![good], ErrorKind::Data, "boxes: found 1, expected 2 as counted");
    let message = "boxes: found more than 4294967295";
    refused(&[u32::MAX, 1], vec![], ErrorKind::TooLarge, message);
    let message = "boxes: the class of box 1 of sample 0 is 1, expected less than 1, the number of \
                   class names";
    refused(&[2], vec![good, labelled(good.corners, 1)], ErrorKind::Data, message);
    for corners in [
        [1.0, 0.0, 1.0, 1.0],
        [0.0, 2.0, 1.0, 1.0],
        [f32::NAN, 0.0, 1.0, 1.0],
        [0.0, 0.0, f32::INFINITY, 1.0],
    ] {
        let error = Boxes::new(names(), &[0, 1], vec![labelled(corners, 0)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(error.message().starts_with("boxes: box 0 of sample 1 is ["), "{error}");
    }
    let of =
        |counts: &[u32], corners| Boxes::new(names(), counts, vec![labelled(corners, 0)]).unwrap();
    let error = plain(2).with_boxes(of(&[1], good.corners)).unwrap_err();
    assert_eq!(error.message(), "boxes: found those of 1 samples, expected 2");
    let error = plain(2).with_boxes(of(&[0, 1], [4.0, 2.0, 5.5, 3.0])).unwrap_err();
    assert_eq!(
        error.message(),
        "boxes: a box of sample 1 is [4.0, 2.0, 5.5, 3.0], expected it within 3x5 pixels"
    );
    let column = Column::new(vec![4], Values::F32(vec![0.0; 4])).unwrap();
    let rows = Dataset::new(vec![column], Targets::None, vec![], Preprocessing::default()).unwrap();
    assert_eq!(rows.with_boxes(of(&[1], good.corners)).unwrap_err().kind(), ErrorKind::Shape);
}

#[test]
fn a_box_counts_while_a_tenth_of_it_is_to_be_seen() {
    let size = [10, 20];
    assert_eq!(visible([-90.0, 0.0, 10.0, 10.0], size), Some([0.0, 0.0, 10.0, 10.0]));
    assert_eq!(visible([-91.0, 0.0, 9.0, 10.0], size), None);
    assert_eq!(visible([20.0, 0.0, 30.0, 10.0], size), None);
    assert_eq!(clipped([19.5, -5.0, 99.0, 0.5], size), Some([19.5, 0.0, 20.0, 0.5]));
    assert_eq!(clipped([0.0, f32::NAN, 1.0, 1.0], size), None);
}
