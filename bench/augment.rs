//! How long random changes of an image take: microseconds an image, the least of [`ROUNDS`] medians,
//! with what the same image takes unchanged. Digits are strokes on black, photos are noise.
//!
//! ```text
//! cargo bench --bench augment
//! ```

#[path = "common/mod.rs"]
mod common;

use common::{median_seconds, report};
use serde_json::{Value, json};
use tabgrad::data::augment::{Augmenter, Draw};
use tabgrad::data::{Column, Dataset, Preprocessing, Targets, Values};

const ROUNDS: usize = 3;
const IMAGES: usize = 64;

common::start!();

fn run() {
    let affine = json!({ "rotation": 10, "scale": 0.1, "shear": 0.1, "shift": 2 });
    let handwriting = json!({
        "rotation": 15, "scale": 0.15, "shear": 0.2, "aspect": 0.1, "shift": 1.5, "elastic": 0.8,
        "thickness": 0.7,
    });
    let place = json!({ "flipHorizontal": 0.5, "crop": 4, "border": "reflect" });
    let color = json!({ "brightness": 0.1, "contrast": 0.2, "saturation": 0.2, "hue": 10 });
    for (name, shape, augmentation) in [
        ("digit, affine", [28, 28, 1], affine.clone()),
        ("digit, handwriting", [28, 28, 1], handwriting),
        ("photo, flip", [32, 32, 3], json!({ "flipHorizontal": 0.5 })),
        ("photo, flip and crop", [32, 32, 3], place),
        ("photo, cutout", [32, 32, 3], json!({ "cutout": 8 })),
        ("photo, affine", [32, 32, 3], affine),
        ("photo, colours", [32, 32, 3], color),
        ("photo, noise", [32, 32, 3], json!({ "noise": 0.05 })),
    ] {
        measure(name, shape, augmentation);
    }
}

fn measure(name: &str, shape: [usize; 3], augmentation: Value) {
    let [height, width, channels] = shape;
    let size = height * width * channels;
    let pixels = (0..IMAGES * size).map(|i| (i * i % 251) as u8).collect();
    let column = Column::new(shape.to_vec(), Values::U8(pixels)).expect("images");
    let preprocessing = json!({ "numeric": [
        { "type": "scale", "factor": 0.0039 },
        { "type": "normalize", "mean": vec![0.5; channels], "std": vec![0.2; channels] },
    ] });
    let preprocessing: Preprocessing = serde_json::from_value(preprocessing).expect("steps");
    let dataset = Dataset::new(vec![column], Targets::None, Vec::new(), preprocessing);
    let dataset = dataset.expect("a dataset");
    let augmentation = serde_json::from_value(augmentation).expect("a specification");
    let mut augmenter = Augmenter::for_dataset(augmentation, &dataset).expect("images");
    let indices: Vec<u32> = (0..IMAGES as u32).collect();
    let mut x = vec![0.0; IMAGES * size];
    let [mut changed, mut plain] = [f64::MAX; 2];
    let mut epoch = 0;
    for _ in 0..ROUNDS {
        plain = plain.min(median_seconds(|| {
            dataset.input_into(0, &indices, &mut x).expect("samples");
        }));
        changed = changed.min(median_seconds(|| {
            epoch += 1;
            let draw = |i: usize| Draw { seed: 1, epoch, sample: i as u64 };
            augmenter.fill(&dataset, &indices, draw, &mut x).expect("samples");
        }));
    }
    let [changed, plain] = [changed, plain].map(|seconds| seconds * 1e6 / IMAGES as f64);
    report(&format!("{name:22} {changed:6.2} us, unchanged {plain:6.2} us"));
}
