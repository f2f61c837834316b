//! Small files that belong together, as they are framed for a target.

use super::super::import::PATHS;
use crate::formats::{FORMATS, wav};

/// A file of a format.
fn example(format: &str) -> Vec<u8> {
    let format = FORMATS.iter().find(|known| known.name == format).unwrap();
    (format.examples)().swap_remove(0)
}

/// The two bytes of options and files by path.
fn framed(options: [u8; 2], files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = options.to_vec();
    for (path, content) in files {
        let number = PATHS.iter().position(|known| known == path).unwrap();
        bytes.push(number as u8);
        bytes.extend((content.len() as u16).to_le_bytes());
        bytes.extend_from_slice(content);
    }
    bytes
}

/// Folders, labels in a table, boxes of all kinds, arrays, tables, texts, sounds, archives.
pub fn examples() -> Vec<Vec<u8>> {
    let [png, jpeg] = ["PNG", "JPEG"].map(example);
    let images = [("set/images/1.png", png.clone()), ("set/images/2.png", jpeg.clone())];
    let boxes = "0 0.5 0.5 0.25 0.5\n1 .5 .5 .1 .1\n";
    let labels = "name,label,split\n1.png,cat,train\n2,dog,test\n3.png,cat,\n";
    let coco = r#"{"images": [{"id": 1, "file_name": "1.png", "width": 4, "height": 3}],
        "annotations": [{"image_id": 1, "category_id": 2, "bbox": [0, 0, 2, 1.5]}],
        "categories": [{"id": 2, "name": "cat"}]}"#;
    let voc = "<annotation><filename>1.png</filename><object><name>cat</name><bndbox><xmin>1</xmin>\
        <ymin>1</ymin><xmax>3</xmax><ymax>2</ymax></bndbox></object></annotation>";
    let table = "age,city,since,note,label\n41,Bonn,2024-02-29,a b,yes\n17,Oslo,,a,no\n,Bonn,1 Jan 2020,\
        b c,yes\n3,,2023-12-31,,no\n";
    let tone = |step: usize| -> Vec<f32> {
        (0..1200).map(|at| (at * step % 40) as f32 / 40.0 - 0.5).collect()
    };
    let with = |more: &[(&'static str, Vec<u8>)]| [&images[..], more].concat();
    vec![
        framed(
            [0, 128],
            &[
                ("set/train/a/1.png", png.clone()),
                ("set/train/b/3.png", jpeg.clone()),
                ("set/test/b/4.png", png),
                ("set/train/a/2.png", jpeg[..jpeg.len() / 2].to_vec()),
            ],
        ),
        framed(
            [3, 200],
            &with(&[
                ("set/labels/1.txt", boxes.into()),
                ("set/labels/2.txt", "".into()),
                ("set/data.yaml", "names: [cat, dog]\n".into()),
            ]),
        ),
        framed([1, 90], &with(&[("set/labels.csv", labels.into())])),
        framed([0, 40], &with(&[("set/annotations/instances_train.json", coco.into())])),
        framed([0, 40], &with(&[("set/annotations/1.xml", voc.into())])),
        framed([0, 230], &[("train.csv", table.into()), ("test.csv", table.into())]),
        framed([12, 255], &[("train.csv", table.into())]),
        framed([16, 0], &[("rows.jsonl", example("JSON lines"))]),
        framed([0, 99], &[("x.npy", example("NPY"))]),
        framed(
            [0, 99],
            &[("texts/a/1.txt", "one two two".into()), ("texts/b/2.txt", "two three".into())],
        ),
        framed(
            [0, 77],
            &[
                ("sounds/a/1.wav", wav::write(1, 8000, &tone(3))),
                ("sounds/b/2.wav", wav::write(1, 4000, &tone(7))),
            ],
        ),
        framed([0, 10], &[("set.tar", example("tar")), ("set.zip", example("zip"))]),
        framed([0, 10], &[("rows.parquet", example("Parquet")), ("arrays.npz", example("NPZ"))]),
    ]
}
