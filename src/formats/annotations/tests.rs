//! Small annotations of each kind, right and wrong.

use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::ErrorKind;

const VOC: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- labelled by hand -->
<annotation verified="yes">
  <folder>x</folder><filename>cats &amp; dogs/1.jpg</filename>
  <size><width>40</width><height>30</height><depth>3</depth></size>
  <object>
    <name>cat</name><difficult>0</difficult>
    <bndbox><xmin>1</xmin><ymin>2</ymin><xmax> 10 </xmax><ymax>20.5</ymax></bndbox>
    <part><name>head</name><bndbox><xmin>3</xmin><ymin>3</ymin><xmax>4</xmax><ymax>4</ymax></bndbox></part>
  </object>
  <object><name><![CDATA[dog]]></name>
    <bndbox><ymax>99</ymax><xmax>99</xmax><ymin>11</ymin><xmin>31</xmin></bndbox></object>
</annotation>
"#;

fn coco() -> serde_json::Value {
    json!({
        "info": { "year": 2024 },
        "images": [
            { "id": 7, "file_name": "a.jpg", "width": 40, "height": 30, "license": 1 },
            { "id": 9, "file_name": "b.jpg", "width": 0, "height": 0 },
        ],
        "annotations": [
            { "id": 1, "image_id": 7, "category_id": 18, "bbox": [1.5, 2, 10, 20], "iscrowd": 0,
              "segmentation": [[1, 2, 3, 4, 5, 6]] },
            { "id": 2, "image_id": 9, "category_id": 3, "bbox": [0, 0, 500, 600] },
            { "id": 3, "image_id": 7, "category_id": 3, "bbox": [-5, 25, 100, 100] },
            { "id": 4, "image_id": 7, "category_id": 3, "keypoints": [] },
        ],
        "categories": [{ "id": 3, "name": "car" }, { "id": 18, "name": "dog" }],
    })
}

fn simple() -> serde_json::Value {
    json!({
        "classes": ["RBC", "WBC"],
        "images": [
            { "image": "images/1.jpg", "width": 40, "height": 30, "boxes": [
                { "label": "WBC", "box": [1, 2, 3, 4] }, { "label": "new", "box": [0, 0, 99, 9] },
            ] },
            { "image": "images/2.jpg", "boxes": [] },
        ],
    })
}

pub fn examples(kind: &str) -> Vec<String> {
    match kind {
        "coco" => vec![coco().to_string()],
        "simple" => vec![simple().to_string()],
        _ => vec![VOC.into(), "<annotation/>".replace('/', "></annotation")],
    }
}

fn boxes(image: &AnnotatedImage) -> Vec<([f32; 4], u32)> {
    image.boxes.iter().map(|labelled| (labelled.corners, labelled.class)).collect()
}

fn reasons(found: &Annotations) -> Vec<&str> {
    found.refused.iter().map(Error::message).collect()
}

#[test]
fn coco_files_are_read() {
    let found = coco::read(coco().to_string().as_bytes(), "a.json").unwrap();
    assert_eq!(found.classes, ["car", "dog"]);
    assert_eq!(found.images.len(), 2);
    assert_eq!((&*found.images[0].name, found.images[0].size), ("a.jpg", Some([30, 40])));
    let expected = [([1.5, 2.0, 11.5, 22.0], 1), ([0.0, 25.0, 40.0, 30.0], 0)];
    assert_eq!(boxes(&found.images[0]), expected);
    assert_eq!(boxes(&found.images[1]), [([0.0, 0.0, 500.0, 600.0], 0)]);
    assert!(found.refused.is_empty());
}

#[test]
fn what_is_wrong_in_coco_files_is_told_with_its_place() {
    let mut file = coco();
    for (bbox, image, category) in [
        (json!([1, 2, 0, 5]), 7, 3),
        (json!([50, 2, 5, 5]), 7, 3),
        (json!([1, 2, 3]), 7, 3),
        (json!([1, 2, 3, 4]), 8, 3),
        (json!([1, 2, 3, 4]), 7, 4),
        (json!([1e30, 2, 3e30, 4]), 9, 3),
    ] {
        let wrong = json!({ "image_id": image, "category_id": category, "bbox": bbox });
        file["annotations"].as_array_mut().unwrap().push(wrong);
    }
    let found = coco::read(file.to_string().as_bytes(), "a.json").unwrap();
    assert_eq!(found.images[0].boxes.len(), 2);
    let reasons = reasons(&found);
    assert_eq!(
        reasons[..5],
        [
            "a.json: annotations[4] of \"a.jpg\": bbox: the box is [1, 2, 1, 7], expected \
             [x1, y1, x2, y2] with x1 < x2 and y1 < y2",
            "a.json: annotations[5] of \"a.jpg\": bbox: the box [50, 2, 55, 7] lies outside of the \
             image of 30x40 pixels",
            "a.json: annotations[6]: bbox has 3 numbers, expected 4",
            "a.json: annotations[7]: image_id is 8, expected the id of one of the images",
            "a.json: annotations[8]: category_id is 4, expected the id of a category",
        ]
    );
    assert_eq!((reasons.len(), found.refused_count), (6, 6));
    assert_eq!((found.outside, found.without_area), (2, 1));
    for (path, value) in [("images", json!(3)), ("categories", json!([{ "id": 1 }]))] {
        let mut file = coco();
        file[path] = value;
        let error = coco::read(file.to_string().as_bytes(), "a.json").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.message().starts_with("a.json: these are no COCO annotations"), "{error}");
    }
    let mut file = coco();
    file["images"][1]["id"] = json!(7);
    let error = coco::read(file.to_string().as_bytes(), "a.json").unwrap_err();
    assert_eq!(error.message(), "a.json: images: found the id 7 twice");
    let deep = format!("{{\"images\": {}", "[".repeat(100_000));
    assert_eq!(coco::read(deep.as_bytes(), "a.json").unwrap_err().kind(), ErrorKind::Format);
}

#[test]
fn pascal_voc_files_are_read() {
    let found = voc::read(VOC.as_bytes(), "1.xml").unwrap();
    assert_eq!(found.classes, ["cat", "dog"]);
    let [image] = &found.images[..] else { panic!("{found:?}") };
    assert_eq!((&*image.name, image.size), ("cats&dogs/1.jpg", Some([30, 40])));
    let expected = [([0.0, 1.0, 10.0, 20.5], 0), ([30.0, 10.0, 40.0, 30.0], 1)];
    assert_eq!(boxes(image), expected);
    assert!(found.refused.is_empty());
    let empty = voc::read(b"<annotation></annotation>", "2.xml").unwrap();
    assert_eq!((&*empty.images[0].name, empty.images[0].size), ("2.xml", None));
}

#[test]
fn what_is_wrong_in_pascal_voc_files_is_told_with_its_place() {
    let changed = VOC.replace("<xmin>1</xmin>", "<xmin>one</xmin>").replace("<name>cat", "<name>");
    let changed = changed.replace("<xmin>31</xmin>", "<xmin>310</xmin>");
    let found = voc::read(changed.as_bytes(), "1.xml").unwrap();
    assert_eq!(
        reasons(&found),
        [
            "1.xml: object 0 of \"cats&dogs/1.jpg\": it has no name",
            "1.xml: object 1 of \"cats&dogs/1.jpg\": bndbox: the box is [309, 10, 99, 99], expected \
             [x1, y1, x2, y2] with x1 < x2 and y1 < y2",
        ]
    );
    let entities = VOC.replace("&amp;", "&bomb;");
    let nested = format!("<annotation>{}", "<a>".repeat(100_000));
    for wrong in [
        "",
        "<html></html>",
        "<annotation>",
        &VOC[..VOC.len() - 20],
        "{}",
        &entities,
        &nested,
        "<annotation></annotation><annotation></annotation>",
        "<annotation></object></annotation>",
    ] {
        let error = voc::read(wrong.as_bytes(), "1.xml").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{wrong}");
        assert!(error.message().starts_with("1.xml: these are no Pascal VOC"), "{error}");
    }
}

#[test]
fn yolo_files_are_read() {
    let names = ["cat", "dog"].map(String::from);
    let text = "1 0.5 0.5 0.25 0.5\n\n0 0.125 .5 0.5 1 0.93\r\n0 0 0 0.5 0 0.5 0.5 0 1\n";
    let found = yolo::read(text.as_bytes(), "1.txt", "1.jpg", [30, 40], &names).unwrap();
    assert_eq!(found.classes, names);
    let expected =
        [([15.0, 7.5, 25.0, 22.5], 1), ([0.0, 0.0, 15.0, 30.0], 0), ([0.0, 0.0, 20.0, 30.0], 0)];
    assert_eq!(boxes(&found.images[0]), expected);
    let text = "2 .5 .5 .1 .1\n0.5 .5 .5 .1 .1\n0 .5 .5\n0 .5 .5 0 .1\n0 2 2 .1 .1";
    let found = yolo::read(text.as_bytes(), "1.txt", "1.jpg", [30, 40], &names).unwrap();
    assert!(found.images[0].boxes.is_empty());
    let reasons = reasons(&found);
    assert_eq!(reasons[0], "1.txt: line 1: the class is 2, expected a number below 2");
    assert_eq!(
        reasons[2],
        "1.txt: line 3: found 3 numbers, expected 5, or a class and the points of a polygon"
    );
    assert_eq!(reasons.len(), 5);
    for wrong in [&b"0 .5 .5 a .5"[..], b"0 nan .5 .5 .5", b"\xff\xfe0"] {
        let error = yolo::read(wrong, "1.txt", "1.jpg", [30, 40], &names).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
    }
}

#[test]
fn names_of_yolo_classes_are_read() {
    for text in [
        "cat\nhot dog\n",
        "\u{feff}cat\r\nhot dog\r\n\r\n",
        "path: ../x\nnames: [cat, 'hot dog']\nnc: 2\n",
        "names: [\"cat\",\n  \"hot dog\"]\ntrain: x\n",
        "nc: 2\nnames:\n  - cat\n  - hot dog\ntrain: x\n",
        "names:\n  0: cat\n  1: \"hot dog\"\n\nval: y\n",
        "names:\n  1: hot dog # not an animal\n  0: 'cat'\n",
        "names: {0: cat, 1: hot dog}\nnc: 2\n",
        "names: {\n  1: 'hot dog',\n  # that is all\n  0: cat }\n",
        "names: # two of them\n- cat\n- hot dog\n",
    ] {
        assert_eq!(yolo::names(text.as_bytes(), "names").unwrap(), ["cat", "hot dog"], "{text}");
    }
    let some = yolo::names(b"names:\n  2: dog\n  0: cat\n", "names").unwrap();
    assert_eq!(some, ["cat", "1", "dog"]);
    for none in [&b"names: []"[..], b"names: {}", b"names:\n", b"names:\n  4000000000: a\n"] {
        assert_eq!(yolo::names(none, "names").unwrap_err().kind(), ErrorKind::Format);
    }
}

#[test]
fn boxes_by_image_are_read() {
    let found = simple::read(simple().to_string().as_bytes(), "a.json").unwrap();
    assert_eq!(found.classes, ["RBC", "WBC", "new"]);
    let expected = [([1.0, 2.0, 3.0, 4.0], 1), ([0.0, 0.0, 40.0, 9.0], 2)];
    assert_eq!((boxes(&found.images[0]), found.clipped), (expected.to_vec(), 1));
    assert_eq!((found.images.len(), found.images[1].size), (2, None));
}

#[test]
fn reasons_are_kept_of_the_first_boxes_that_are_left_out() {
    let text = "5 .5 .5 .1 .1\n".repeat(1500);
    let names = ["cat".to_owned()];
    let found = yolo::read(text.as_bytes(), "1.txt", "1.jpg", [30, 40], &names).unwrap();
    assert_eq!((found.refused.len(), found.refused_count), (1000, 1500));
}
