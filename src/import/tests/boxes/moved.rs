//! Where boxes are in samples, and that they stay there.

use super::*;
use crate::data::preprocessing::{Crop, Fit, ImageStep, Pad, Resize};
use crate::formats::image;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn boxes_follow_what_becomes_of_pictures() {
    let annotations =
        coco(&["1.png"], &[(0, "cat", [8.0, 6.0, 16.0, 12.0]), (0, "dog", [0.0, 0.0, 4.0, 3.0])]);
    let files = [("1.png", picture(10)), ("boxes.json", annotations)];
    let steps = |image: Vec<ImageStep>| Preprocessing { image, ..Preprocessing::default() };
    let resize = |height, width, fit| {
        ImageStep::Resize(Resize { height, width, fit, filter: Default::default() })
    };
    let crop = ImageStep::Crop(Crop { height: 20, width: 20, top: Some(3), left: None });
    for (size, image, cat, dog) in [
        (Some([15, 80]), vec![], [16.0, 3.0, 48.0, 9.0], Some([0.0, 0.0, 8.0, 1.5])),
        (None, vec![crop], [0.0, 3.0, 14.0, 15.0], None),
        (
            None,
            vec![ImageStep::Pad(Pad { height: 41, width: 50, value: 0 })],
            [13.0, 11.0, 29.0, 23.0],
            Some([5.0, 5.0, 9.0, 8.0]),
        ),
        // Half of the size, 15x20, in the middle of 40x20.
        (
            None,
            vec![resize(40, 20, Fit::Contain)],
            [4.0, 15.5, 12.0, 21.5],
            Some([0.0, 12.5, 2.0, 14.0]),
        ),
        // The size that it has, 30x40, of which the middle 30x10 is seen.
        (None, vec![resize(30, 10, Fit::Cover)], [0.0, 6.0, 9.0, 18.0], None),
    ] {
        let options = Options { size, preprocessing: Some(steps(image)), ..Options::default() };
        let (file, _) = import(&options, &files).unwrap();
        let dropped = u32::from(dog.is_none());
        assert_eq!(found_in(&file).cut_off, dropped);
        let data = dataset(file);
        let mut expected = vec![("cat", cat)];
        expected.extend(dog.map(|dog| ("dog", dog)));
        assert_eq!(boxes_of(&data), [expected], "{options:?}");
    }
}

#[test]
fn sizes_that_annotations_say_count() {
    // Of a picture of 60x80 that was made smaller, and of one of another aspect.
    for (height, width, expected) in
        [(60, 80, vec![("cat", [4.0, 3.0, 12.0, 9.0])]), (60, 40, vec![])]
    {
        let annotations = serde_json::json!({ "classes": ["cat"], "images": [
            { "image": "1.png", "height": height, "width": width,
              "boxes": [{ "label": "cat", "box": [8, 6, 24, 18] }] },
            { "image": "2.png", "boxes": [] },
        ] });
        let files = [
            ("1.png", picture(1)),
            ("2.png", picture(2)),
            ("boxes.json", annotations.to_string().into_bytes()),
        ];
        let (file, _) = import(&Options::default(), &files).unwrap();
        let found = found_in(&file);
        assert_eq!(found.refused_count, u32::from(expected.is_empty()));
        if expected.is_empty() {
            assert_eq!(
                found.refused,
                [
                    "boxes.json: \"1.png\": the annotations are of 60x40 pixels, but the picture has 30x40"
                ]
            );
            assert_eq!((&found.unannotated[..], &found.empty[..]), (&[0][..], &[1][..]));
        }
        assert_eq!(boxes_of(&dataset(file))[0], expected);
    }
}

#[test]
fn an_interrupted_import_of_boxes_goes_on() {
    let paths: Vec<String> = (0..40).map(|at| format!("set/{at}.png")).collect();
    let mut files: Vec<(&str, Vec<u8>)> = paths
        .iter()
        .zip(0..)
        .map(|(path, at)| (path.as_str(), png(300 + at, 400, [at as u8; 3])))
        .collect();
    let names: Vec<&str> = paths.iter().map(|path| &path[4..]).collect();
    let annotations: Vec<_> =
        (0..40).map(|at| (at, "cat", [at as f64 / 4.0, 0.0, 20.0, 30.0])).collect();
    // Without sizes, which all differ.
    let text = String::from_utf8(coco(&names, &annotations)).unwrap();
    let json = text.replace("\"height\":30,", "").replace("\"width\":40", "\"license\":1");
    files.push(("set/boxes.json", json.into_bytes()));
    let crop = ImageStep::Crop(Crop { height: 250, width: 300, top: None, left: Some(0) });
    for image in [vec![], vec![crop]] {
        let preprocessing = Some(Preprocessing { image, ..Preprocessing::default() });
        let options = Options { preprocessing, channels: Some(3), ..Options::default() };
        let (whole, _) = import(&options, &files).unwrap();
        let mut left = Vec::new();
        let mut first = Import::new(options.clone(), "test", Full(&mut left, 6 << 20)).unwrap();
        let error = files.iter().find_map(|(path, bytes)| first.add(path, bytes.clone()).err());
        assert_eq!(error.unwrap().kind(), ErrorKind::Quota);
        drop(first);
        let mut rest = Import::new(options.clone(), "test", left).unwrap();
        let read = hand_over(&mut rest, &files).unwrap();
        assert!(read < 40, "{read}");
        rest.close().unwrap();
        while !rest.advance().unwrap() {}
        let (again, _) = rest.finish().unwrap();
        assert_eq!(boxes_of(&dataset(again)), boxes_of(&dataset(whole)));
    }
}

#[test]
fn an_export_is_read_again() {
    let annotations = [
        (
            "annotations/train.json",
            coco(&["1.png", "2.png"], &[(0, "cat", [0.1, 0.2, 10.3, 20.7])]),
        ),
        ("annotations/val.json", coco(&["3.png"], &[(0, "dog", [1.0 / 3.0, 0.7, 39.1, 3.3])])),
    ];
    let mut files = vec![
        ("images/1.png", picture(1)),
        ("images/2.png", picture(2)),
        ("images/3.png", picture(3)),
    ];
    files.extend(annotations);
    let options = Options { size: Some([13, 7]), ..Options::default() };
    let (file, _) = import(&options, &files).unwrap();
    let parts = Records::open(file.clone()).unwrap().parts();
    let data = dataset(file);
    let boxes = data.boxes().unwrap();
    let mut export = Export::new(Vec::new(), PartFolders::None).unwrap();
    for (sample, part) in parts.iter().enumerate() {
        export.add("images", None, &[13, 7, 1], &data.sample(sample as u32).unwrap()).unwrap();
        export.annotate(pictures::layout_part(*part), boxes.of(sample).to_vec()).unwrap();
    }
    assert_eq!(export.annotate(None, vec![]).unwrap_err().kind(), ErrorKind::Argument);
    let archive = export.finish(boxes.class_names()).unwrap();
    let (file, summary) = import(&Options::default(), &[("set.zip", archive)]).unwrap();
    assert!(summary.unreadable.is_empty(), "{:?}", summary.unreadable);
    assert_eq!(Records::open(file.clone()).unwrap().parts(), parts);
    let again = dataset(file);
    assert_eq!(again.boxes(), Some(boxes));
    for sample in 0..3 {
        assert_eq!(again.sample(sample).unwrap(), data.sample(sample).unwrap());
    }
}

#[test]
fn real_pictures_have_their_boxes() {
    let cells = |name: &'static str, bytes: &[u8]| (name, bytes.to_vec());
    let files = [
        cells(
            "1/BloodImage_00087.jpg",
            include_bytes!("../../../../tests/golden/blood-cells/BloodImage_00087.jpg"),
        ),
        cells(
            "1/BloodImage_00164.jpg",
            include_bytes!("../../../../tests/golden/blood-cells/BloodImage_00164.jpg"),
        ),
        cells(
            "1/BloodImage_00258.jpg",
            include_bytes!("../../../../tests/golden/blood-cells/BloodImage_00258.jpg"),
        ),
        cells("boxes.json", include_bytes!("../../../../tests/golden/blood-cells/boxes.json")),
    ];
    let (file, summary) = import(&Options::default(), &files).unwrap();
    // At most 512 pixels a side where nobody chose.
    assert_eq!((summary.samples, &summary.shape[..]), (3, &[384, 512, 3][..]));
    assert!(summary.unreadable.is_empty(), "{:?}", summary.unreadable);
    let found = found_in(&file);
    let counts: Vec<_> =
        found.classes.iter().map(|class| (&*class.name, class.boxes, class.samples)).collect();
    assert_eq!(counts, [("RBC", 17, 2), ("WBC", 3, 3), ("Platelets", 3, 2)]);
    assert_eq!((found.refused_count, found.missing_count, found.cut_off), (0, 0, 0));
    let data = dataset(file);
    let scaled = [257.0, 162.0, 300.0, 202.0].map(|edge: f32| edge * 0.8);
    let [(name, corners), ..] = boxes_of(&data)[2][..] else { panic!() };
    assert_eq!(name, "Platelets");
    assert!(
        corners.iter().zip(scaled).all(|(one, other)| (one - other).abs() < 1e-3),
        "{corners:?}"
    );
}

#[test]
fn pictures_that_are_turned_have_boxes_as_they_are_shown_or_as_their_file_has_them() {
    let bytes = include_bytes!("../../../../tests/golden/images/turned-6.jpg");
    let (image, orientation) = image::read_turned(bytes).unwrap();
    let [height, width, _] = image.shape().map(|side| side as u32);
    assert!(orientation == 6 && height != width);
    let corners = [1.0, 2.0, 4.0, 3.0];
    for (size, expected) in [
        ([height, width], corners),
        ([width, height], image::turned_box(6, [width, height], corners)),
    ] {
        let annotations = serde_json::json!({ "classes": ["cat"], "images": [
            { "image": "1.jpg", "height": size[0], "width": size[1],
              "boxes": [{ "label": "cat", "box": corners }] },
        ] });
        let files =
            [("1.jpg", bytes.to_vec()), ("boxes.json", annotations.to_string().into_bytes())];
        let (file, _) = import(&Options::default(), &files).unwrap();
        assert_eq!(boxes_of(&dataset(file)), [vec![("cat", expected)]]);
    }
}
