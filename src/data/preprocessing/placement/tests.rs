//! Where a bright rectangle is seen after a step, and where its box is said to be.

use super::*;
use crate::data::{
    Boxes, Column, Dataset, LabelledBox, Preparation, Preprocessing, Targets, Values,
};
use crate::rng::{Key, Purpose};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A bright rectangle `[x1, y1, x2, y2]` on black.
fn rectangle([height, width]: [usize; 2], [x1, y1, x2, y2]: [usize; 4]) -> Image {
    let mut data = vec![0; height * width];
    for row in data.chunks_exact_mut(width).take(y2).skip(y1) {
        row[x1..x2].fill(255);
    }
    Image::new(height, width, 1, data).unwrap()
}

/// Where brightness begins and ends along an axis: at the outermost pixels that are wholly bright, and as
/// much further as those beside them are bright together.
fn extent(profile: &[f64]) -> Option<[f64; 2]> {
    let first = profile.iter().position(|&share| share > 0.99)?;
    let last = profile.iter().rposition(|&share| share > 0.99)?;
    let (before, after) = (&profile[..first], &profile[last + 1..]);
    Some([first as f64 - before.iter().sum::<f64>(), last as f64 + 1.0 + after.iter().sum::<f64>()])
}

/// The edges of what is bright.
fn seen(image: &Image) -> Option<[f64; 4]> {
    let [height, width, _] = image.shape();
    let at = |y: usize, x: usize| f64::from(image.data()[y * width + x]) / 255.0;
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    let columns: Vec<f64> = (0..width).map(|x| most(&mut (0..height).map(|y| at(y, x)))).collect();
    let rows: Vec<f64> = (0..height).map(|y| most(&mut (0..width).map(|x| at(y, x)))).collect();
    let ([x1, x2], [y1, y2]) = (extent(&columns)?, extent(&rows)?);
    Some([x1, y1, x2, y2])
}

const STEPS: [&str; 13] = [
    r#"{ "type": "resize", "height": 13, "width": 51 }"#,
    r#"{ "type": "resize", "height": 61, "width": 83 }"#,
    r#"{ "type": "resize", "height": 21, "width": 21, "fit": "contain" }"#,
    r#"{ "type": "resize", "height": 90, "width": 31, "fit": "contain" }"#,
    r#"{ "type": "resize", "height": 21, "width": 21, "fit": "cover" }"#,
    r#"{ "type": "resize", "height": 33, "width": 90, "fit": "cover" }"#,
    r#"{ "type": "crop", "height": 20, "width": 21 }"#,
    r#"{ "type": "crop", "height": 11, "width": 50, "top": 7, "left": 3 }"#,
    r#"{ "type": "crop", "height": 40, "width": 60, "top": 1 }"#,
    r#"{ "type": "pad", "height": 40, "width": 44 }"#,
    r#"{ "type": "pad", "height": 5, "width": 58 }"#,
    r#"{ "type": "centerOfMass", "size": 29, "box": 19 }"#,
    r#"{ "type": "invertIfDarkOnLight" }"#,
];

#[test]
fn boxes_go_where_their_pixels_go() {
    let mut random = Key::new(7, Purpose::Weights).stream();
    for text in STEPS {
        let step: ImageStep = serde_json::from_str(text).unwrap();
        let mut kept = 0;
        for _ in 0..50 {
            let [x1, y1] = [random.below(28), random.below(18)].map(|at| at as usize);
            let [x2, y2] = [x1 + 10 + random.below(6) as usize, y1 + 9 + random.below(4) as usize];
            let image = rectangle([31, 45], [x1, y1, x2, y2]);
            let placement = step.placement(&image);
            let result = step.apply(image).unwrap();
            let [height, width, _] = result.shape();
            let corners = [x1, y1, x2, y2].map(|edge| edge as f32);
            let (Some(found), Some(seen)) =
                (placement.place(corners, [height, width]), seen(&result))
            else {
                continue;
            };
            kept += 1;
            for (found, seen) in found.into_iter().zip(seen) {
                // Larger images are sampled from soft edges.
                assert!((f64::from(found) - seen).abs() < 0.1, "{text}: {found} {seen}");
            }
        }
        assert!(kept > 20, "{text}: {kept}");
    }
}

#[test]
fn steps_one_after_the_other_move_boxes_together() {
    let steps = Preprocessing {
        image: [2, 7, 9].map(|at| serde_json::from_str(STEPS[at]).unwrap()).to_vec(),
        ..Preprocessing::default()
    };
    let corners = [11_usize, 8, 30, 24];
    let image = rectangle([31, 45], corners);
    let (bytes, placement) = steps.prepare_placed(image.clone(), &[27, 33, 1]).unwrap();
    assert_eq!(bytes, steps.prepare(image, &[27, 33, 1]).unwrap());
    let result = Image::new(27, 33, 1, bytes).unwrap();
    let found = placement.place(corners.map(|edge| edge as f32), [27, 33]).unwrap();
    // Edges are smeared once by each resampling.
    for (found, seen) in found.into_iter().zip(seen(&result).unwrap()) {
        assert!((f64::from(found) - seen).abs() < 0.6, "{found} {seen}");
    }
}

#[test]
fn a_prepared_dataset_has_its_boxes_where_they_are_seen() {
    let rectangles = [[3, 4, 20, 17], [30, 1, 42, 9]];
    let pictures: Vec<u8> =
        rectangles.iter().flat_map(|&corners| rectangle([31, 45], corners).into_data()).collect();
    let all = rectangles.map(|corners: [usize; 4]| LabelledBox {
        corners: corners.map(|edge| edge as f32),
        class: 0,
    });
    let boxes = Boxes::new(vec!["a".into()], &[1, 1], all.to_vec()).unwrap();
    let column = Column::new(vec![31, 45, 1], Values::U8(pictures)).unwrap();
    let data = Dataset::new(vec![column], Targets::None, vec![], Preprocessing::default());
    let data = data.unwrap().with_boxes(boxes).unwrap();
    let prepared = |steps: &str| {
        let mut preparation =
            Preparation::new(&data, serde_json::from_str(steps).unwrap()).unwrap();
        while !preparation.advance(&data, 1).unwrap() {}
        preparation.finish(&data).unwrap()
    };
    let cropped =
        prepared(r#"{ "image": [{ "type": "crop", "height": 20, "width": 20, "top": 0 }] }"#);
    let boxes = cropped.boxes().unwrap();
    assert_eq!(
        (boxes.counts().collect::<Vec<_>>(), boxes.class_names()),
        (vec![1, 1], data.boxes().unwrap().class_names())
    );
    for sample in 0..2 {
        let Values::U8(bytes) = cropped.sample(sample).unwrap() else { unreachable!() };
        let found = boxes.of(sample as usize)[0].corners.map(f64::from);
        assert_eq!(Some(found), seen(&Image::new(20, 20, 1, bytes).unwrap()));
    }
    let far = prepared(r#"{ "image": [{ "type": "crop", "height": 9, "width": 9, "left": 0 }] }"#);
    assert_eq!(far.boxes().unwrap().counts().collect::<Vec<_>>(), [1, 0]);
    // Numbers that are no picture have none.
    let features = prepared(r#"{ "features": [{ "type": "hog" }] }"#);
    assert_eq!(features.boxes(), None);
}
