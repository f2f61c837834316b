mod moved;

use super::*;
use crate::ErrorKind;
use crate::data::report::BoxReport;
use crate::data::{LabelledBox, Preprocessing};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A picture of 30x40 pixels.
fn picture(shade: u8) -> Vec<u8> {
    png(30, 40, [shade; 3])
}

/// The boxes of each sample: the name of the class with left, top, right and bottom.
fn boxes_of(data: &Dataset) -> Vec<Vec<(&str, [f32; 4])>> {
    let boxes = data.boxes().unwrap();
    let name = |labelled: &LabelledBox| boxes.class_names()[labelled.class as usize].as_str();
    let of = |sample| boxes.of(sample).iter().map(|found| (name(found), found.corners)).collect();
    (0..boxes.samples()).map(of).collect()
}

fn found_in(file: &[u8]) -> BoxReport {
    let records = Records::open(file.to_vec()).unwrap();
    let report: DataReport = serde_json::from_value(records.foot().report.clone()).unwrap();
    report.boxes.unwrap()
}

fn voc(name: &str, objects: &[(&str, [u32; 4])]) -> Vec<u8> {
    let object = |(name, [x1, y1, x2, y2]): &(&str, [u32; 4])| {
        format!(
            "<object><name>{name}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin>\
             <xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
        )
    };
    let objects: String = objects.iter().map(object).collect();
    format!(
        "<annotation><filename>{name}</filename><size><width>40</width><height>30</height>\
         <depth>3</depth></size>{objects}</annotation>"
    )
    .into_bytes()
}

fn coco(images: &[&str], annotations: &[(usize, &str, [f64; 4])]) -> Vec<u8> {
    let categories = ["dog", "cat"];
    let images: Vec<_> = (0..)
        .zip(images)
        .map(|(id, name)| serde_json::json!({ "id": id, "file_name": name, "width": 40, "height": 30 }))
        .collect();
    let annotations: Vec<_> = annotations
        .iter()
        .map(|(image, name, bbox)| {
            let category = categories.iter().position(|known| known == name).unwrap();
            serde_json::json!({ "image_id": image, "category_id": category + 7, "bbox": bbox })
        })
        .collect();
    let categories: Vec<_> = (7..)
        .zip(categories)
        .map(|(id, name)| serde_json::json!({ "id": id, "name": name }))
        .collect();
    serde_json::json!({ "images": images, "annotations": annotations, "categories": categories })
        .to_string()
        .into_bytes()
}

#[test]
fn coco_files_give_boxes_and_parts() {
    let files = [
        ("set/train2017/1.png", picture(10)),
        ("set/train2017/2.png", picture(20)),
        ("set/val2017/1.png", picture(30)),
        (
            "set/annotations/instances_train2017.json",
            coco(&["1.png", "2.png", "9.png"], &[(0, "cat", [1.0, 2.0, 3.5, 4.0])]),
        ),
        (
            "set/annotations/instances_val2017.json",
            coco(
                &["1.png"],
                &[(0, "dog", [30.0, 20.0, 25.0, 5.0]), (0, "cat", [50.0, 2.0, 5.0, 5.0])],
            ),
        ),
    ];
    for files in [files.to_vec(), vec![("set.zip", zip(&files))]] {
        let (file, summary) = import(&Options::default(), &files).unwrap();
        assert!(summary.unreadable.is_empty(), "{:?}", summary.unreadable);
        let parts = [Part::Train, Part::Train, Part::Validation];
        assert_eq!(Records::open(file.clone()).unwrap().parts(), parts);
        let found = found_in(&file);
        assert_eq!((found.count, &found.empty[..], found.clipped), (2, &[1][..], 1));
        assert_eq!((&found.missing[..], found.missing_count), (&["9.png".to_owned()][..], 1));
        assert_eq!((found.refused_count, found.unannotated.len()), (1, 0));
        assert!(found.refused[0].contains("lies outside of the image"), "{}", found.refused[0]);
        let data = dataset(file);
        assert_eq!((data.labels(), data.class_names().len()), (None, 0));
        assert_eq!(data.boxes().unwrap().class_names(), ["dog", "cat"]);
        let expected =
            [vec![("cat", [1.0, 2.0, 4.5, 6.0])], vec![], vec![("dog", [30.0, 20.0, 40.0, 25.0])]];
        assert_eq!(boxes_of(&data), expected);
    }
    // Where the pictures of all parts lie together, the files say the parts.
    let together = [
        ("images/1.png", picture(10)),
        ("images/2.png", picture(20)),
        ("annotations/train.json", coco(&["1.png"], &[])),
        ("annotations/test.json", coco(&["2.png"], &[(0, "cat", [0.0, 0.0, 1.0, 1.0])])),
    ];
    let (file, _) = import(&Options::default(), &together).unwrap();
    assert_eq!(Records::open(file).unwrap().parts(), [Part::Train, Part::Test]);
}

#[test]
fn pascal_voc_files_give_boxes() {
    let files = [
        ("VOC/JPEGImages/1.png", picture(10)),
        ("VOC/JPEGImages/2.png", picture(20)),
        ("VOC/JPEGImages/3.png", picture(30)),
        // Not named after its picture, but by the name in it.
        ("VOC/Annotations/x.xml", voc("2.png", &[("dog", [1, 1, 40, 30])])),
        (
            "VOC/Annotations/1.xml",
            voc("0001.jpg", &[("cat", [2, 3, 10, 20]), ("dog", [3, 3, 2, 9])]),
        ),
        ("VOC/Annotations/5.xml", voc("5.png", &[])),
        ("VOC/Annotations/6.xml", b"<annotation><object>".to_vec()),
    ];
    let (file, summary) = import(&Options::default(), &files).unwrap();
    let [broken] = &summary.unreadable[..] else { panic!("{:?}", summary.unreadable) };
    assert_eq!((&*broken.name, &*broken.code), ("VOC/Annotations/6.xml", "format"));
    let found = found_in(&file);
    assert_eq!(
        (found.count, &found.unannotated[..], &found.missing[..]),
        (2, &[2][..], &["5.png".to_owned()][..])
    );
    assert_eq!((found.refused_count, found.without_area, found.outside), (1, 1, 0));
    let counts: Vec<_> =
        found.classes.iter().map(|class| (&*class.name, class.boxes, class.samples)).collect();
    assert_eq!(counts, [("cat", 1, 1), ("dog", 1, 1)]);
    let data = dataset(file);
    let expected =
        [vec![("cat", [1.0, 2.0, 10.0, 20.0])], vec![("dog", [0.0, 0.0, 40.0, 30.0])], vec![]];
    assert_eq!(boxes_of(&data), expected);
}

#[test]
fn yolo_files_give_boxes() {
    let files = [
        ("d/images/train/1.png", picture(10)),
        ("d/images/train/2.png", png(60, 80, [20; 3])),
        ("d/images/val/3.png", picture(30)),
        ("d/labels/train/1.txt", b"1 0.5 0.5 0.25 0.5\n7 0.5 0.5 0.25 0.5\n".to_vec()),
        ("d/labels/train/2.txt", b"0 0.5 0.5 0.25 0.5\n".to_vec()),
        ("d/labels/val/4.txt", b"0 0.5 0.5 0.25 0.5\n".to_vec()),
        ("d/labels/val/3.txt", Vec::new()),
        ("d/data.yaml", b"train: images/train\nnames: [cat, dog]\n".to_vec()),
    ];
    let (file, summary) = import(&Options::default(), &files).unwrap();
    assert!(summary.unreadable.is_empty(), "{:?}", summary.unreadable);
    let found = found_in(&file);
    assert_eq!(found.missing, ["d/labels/val/4.txt"]);
    assert_eq!(
        found.refused,
        ["d/labels/train/1.txt: line 2: the class is 7, expected a number below 2"]
    );
    assert_eq!((&found.empty[..], found.unannotated.len(), found.count), (&[2][..], 0, 2));
    let parts = [Part::Train, Part::Train, Part::Validation];
    assert_eq!(Records::open(file.clone()).unwrap().parts(), parts);
    let expected =
        [vec![("dog", [15.0, 7.5, 25.0, 22.5])], vec![("cat", [15.0, 7.5, 25.0, 22.5])], vec![]];
    assert_eq!(boxes_of(&dataset(file)), expected);
    // Darknet's lists say the parts, and without names classes are named by their numbers.
    let lists = [
        ("obj/1.png", picture(10)),
        ("obj/2.png", picture(20)),
        ("obj/1.txt", b"1 0.5 0.5 0.25 0.5\n".to_vec()),
        ("obj/2.txt", b"0 0.5 0.5 0.25 0.5\n".to_vec()),
        ("train.txt", b"data/obj/2.png\n".to_vec()),
        ("test.txt", b"data/obj/1.png\n".to_vec()),
    ];
    let (file, summary) = import(&Options::default(), &lists).unwrap();
    assert!(summary.unreadable.is_empty(), "{:?}", summary.unreadable);
    assert_eq!(Records::open(file.clone()).unwrap().parts(), [Part::Test, Part::Train]);
    assert_eq!(dataset(file).boxes().unwrap().class_names(), ["0", "1"]);
}

#[test]
fn annotations_of_no_picture_are_left_out() {
    let files = [
        ("cat/1.png", picture(1)),
        ("dog/2.png", picture(2)),
        ("boxes.json", coco(&["7.png"], &[])),
    ];
    let (file, summary) = import(&Options::default(), &files).unwrap();
    let [left_out] = &summary.unreadable[..] else { panic!("{:?}", summary.unreadable) };
    assert_eq!((&*left_out.name, &*left_out.code), ("boxes.json", "data"));
    let data = dataset(file);
    assert_eq!(
        (data.boxes(), data.class_names()),
        (None, &["cat".to_owned(), "dog".to_owned()][..])
    );
    // Classes that are none of those that were asked for.
    let options = Options { class_names: Some(vec!["dog".into()]), ..Options::default() };
    let files = [("1.png", picture(1)), ("boxes.json", coco(&["1.png"], &[]))];
    let error = import(&options, &files).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Data, "the class of boxes \"cat\" is none of the class names dog")
    );
}

#[test]
fn the_same_boxes_in_two_files_are_taken_once() {
    let files = [
        ("1.png", picture(1)),
        ("a/1.xml", voc("1.png", &[("cat", [2, 3, 10, 20]), ("cat", [2, 3, 10, 20])])),
        (
            "boxes.json",
            coco(
                &["1.png"],
                &[(0, "cat", [1.0, 2.0, 9.0, 18.0]), (0, "dog", [1.0, 2.0, 9.0, 18.0])],
            ),
        ),
    ];
    let (file, _) = import(&Options::default(), &files).unwrap();
    let same = ("cat", [1.0, 2.0, 10.0, 20.0]);
    assert_eq!(boxes_of(&dataset(file)), [vec![same, same, ("dog", same.1)]]);
}

#[test]
fn folders_are_classes_only_where_boxes_have_those_too() {
    let annotations = || coco(&["cat/1.png", "dog/2.png"], &[(0, "cat", [1.0, 2.0, 3.0, 4.0])]);
    for (paths, classes) in
        [(["cat/1.png", "dog/2.png"], Some([0, 1])), (["garden/1.png", "street/2.png"], None)]
    {
        let annotations = String::from_utf8(annotations()).unwrap();
        let annotations = annotations.replace("cat/", "").replace("dog/", "");
        let files = [
            (paths[0], picture(1)),
            (paths[1], picture(2)),
            ("boxes.json", annotations.into_bytes()),
        ];
        let (file, _) = import(&Options::default(), &files).unwrap();
        let data = dataset(file);
        assert_eq!(data.labels(), classes.as_ref().map(|classes: &[u32; 2]| &classes[..]));
        assert_eq!(boxes_of(&data)[0].len(), 1);
    }
}

#[test]
fn lists_of_pascal_voc_say_parts_and_masks_are_no_pictures() {
    let files = [
        ("VOC/JPEGImages/1.png", picture(1)),
        ("VOC/JPEGImages/2.png", picture(2)),
        ("VOC/JPEGImages/3.png", picture(3)),
        ("VOC/SegmentationClass/1.png", picture(4)),
        ("VOC/SegmentationObject/1.png", picture(5)),
        ("VOC/Annotations/1.xml", voc("1.png", &[("cat", [2, 3, 10, 20])])),
        ("VOC/ImageSets/Main/train.txt", b"2\n".to_vec()),
        ("VOC/ImageSets/Main/val.txt", b"1\n9\n".to_vec()),
        ("VOC/ImageSets/Main/trainval.txt", b"1\n2\n".to_vec()),
        ("VOC/ImageSets/Main/cat_train.txt", b"2 -1\n".to_vec()),
    ];
    let (file, summary) = import(&Options::default(), &files).unwrap();
    let left_out: Vec<_> = summary.unreadable.iter().map(|file| &*file.name).collect();
    assert_eq!(left_out, ["VOC/SegmentationClass/1.png", "VOC/SegmentationObject/1.png"]);
    let parts = Records::open(file.clone()).unwrap().parts();
    assert_eq!(parts, [Part::Validation, Part::Train, Part::All]);
    assert_eq!(dataset(file).boxes().unwrap().counts().collect::<Vec<_>>(), [1, 0, 0]);
    // VOC 2007 has what both are together, and a test part.
    let mut files = files.to_vec();
    files.retain(|(path, _)| !path.ends_with("/train.txt") && !path.ends_with("/val.txt"));
    files.push(("VOC/ImageSets/Main/test.txt", b"3\n".to_vec()));
    let (file, _) = import(&Options::default(), &files).unwrap();
    assert_eq!(Records::open(file).unwrap().parts(), [Part::Train, Part::Train, Part::Test]);
}

#[test]
fn annotations_with_a_changed_byte_never_panic() {
    let picture = png(2, 3, [9; 3]);
    let yolo = b"1 0.5 0.5 0.25 0.5\n0 .5 .5 .1 .1 .2 .2\n".to_vec();
    let names = b"names: {0: cat, 1: dog}\n".to_vec();
    let coco = coco(&["1.png"], &[(0, "cat", [1.0, 2.0, 3.5, 4.0])]);
    let sets = [
        vec![("boxes.json", coco)],
        vec![("a/1.xml", voc("1.png", &[("cat", [1, 1, 3, 2])]))],
        vec![("1.txt", yolo.clone()), ("data.yaml", names.clone())],
        vec![("data.yaml", names), ("1.txt", yolo)],
    ];
    for set in sets {
        for at in 0..set[0].1.len() {
            for flipped in [1, 16, 128] {
                let mut files = vec![("1.png", picture.clone())];
                files.extend(set.clone());
                files[1].1[at] ^= flipped;
                // The picture is always good.
                let (file, summary) = import(&Options::default(), &files).unwrap();
                assert_eq!(summary.samples, 1);
                dataset(file);
            }
        }
    }
}
