//! The model that comes with the page reads drawings, and the digits that are rehearsed with
//! corrections are what they should be. Both are written by `npm run train:digits`.

use std::io::Read;

use tabgrad::data::{Column, Dataset, Image, Preprocessing, Targets, Values};
use tabgrad::evaluation::Evaluation;
use tabgrad::formats::{idx, safetensors};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const MODEL: &[u8] = include_bytes!("../www/public/models/digits.safetensors");
const IMAGES: &[u8] = include_bytes!("../www/public/models/rehearsal-images.idx3.gzip");
const LABELS: &[u8] = include_bytes!("../www/public/models/rehearsal-labels.idx1.gzip");

/// Pixels a side of the canvas.
const CANVAS: usize = 280;

/// The strokes of each digit: places x,y in a square from 0 to 100, joined by straight lines; a
/// slash lifts the pen.
const STROKES: [&str; 10] = [
    "50,0 25,10 12,35 12,65 25,90 50,100 72,90 84,65 84,35 72,10 50,0",
    "56,0 52,50 48,100",
    "16,20 30,4 52,0 74,8 80,28 68,50 40,76 12,98 46,96 88,98",
    "18,8 45,0 72,8 76,26 62,42 40,48 66,52 82,70 74,92 46,100 16,92",
    "30,0 24,30 18,56 80,56 / 74,4 70,50 66,100",
    "28,0 24,42 50,38 74,50 80,72 66,94 40,100 14,92 / 28,0 78,0",
    "66,0 40,18 24,46 20,74 34,96 58,98 74,82 70,62 52,52 32,60 22,76",
    "10,4 48,4 86,2 66,38 50,70 42,100",
    "74,14 52,0 30,8 28,26 48,44 70,62 76,82 56,100 32,94 26,74 44,52 70,30 74,14",
    "74,24 58,4 36,4 22,20 26,42 46,50 66,40 74,24 72,60 66,100",
];

/// A digit drawn with a round pen, soft at its edge.
fn draw(digit: usize, [left, top]: [f32; 2], size: f32, pen: f32) -> Image {
    let on_canvas = |place: &str| {
        let (x, y) = place.split_once(',').unwrap();
        let [x, y] = [x, y].map(|number| number.parse::<f32>().unwrap() / 100.0 * size);
        [left + x, top + y]
    };
    let mut lines = Vec::new();
    for stroke in STROKES[digit].split(" / ") {
        let places: Vec<_> = stroke.split(' ').map(on_canvas).collect();
        lines.extend(places.windows(2).map(|ends| (ends[0], ends[1])));
    }
    let data = (0..CANVAS * CANVAS)
        .map(|i| [(i % CANVAS) as f32, (i / CANVAS) as f32])
        .map(|at| {
            let nearest = lines.iter().map(|line| distance(at, *line)).fold(f32::MAX, f32::min);
            (255.0 * (pen / 2.0 - nearest + 0.5).clamp(0.0, 1.0)) as u8
        })
        .collect();
    Image::new(CANVAS, CANVAS, 1, data).unwrap()
}

/// How far a place is from a line between two others.
fn distance([x, y]: [f32; 2], ([ax, ay], [bx, by]): ([f32; 2], [f32; 2])) -> f32 {
    let (dx, dy) = (bx - ax, by - ay);
    let along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy);
    let along = along.clamp(0.0, 1.0);
    let (dx, dy) = (x - ax - along * dx, y - ay - along * dy);
    (dx * dx + dy * dy).sqrt()
}

fn rehearsal() -> Dataset {
    let [images, labels] = [IMAGES, LABELS].map(|packed| {
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
        bytes
    });
    let preprocessing = Preprocessing::digits();
    idx::read_dataset(&images, Some(&labels), Vec::new(), preprocessing).unwrap()
}

/// What the model reads in each sample.
fn predictions(data: &Dataset) -> Vec<u32> {
    let model = safetensors::read(MODEL).unwrap().model;
    let spec = r#"{ "loss": "sparseCategoricalCrossentropy", "details": true }"#;
    let spec = serde_json::from_str(spec).unwrap();
    let mut evaluation = Evaluation::new(&model, &spec, data).unwrap();
    while !evaluation.finished() {
        evaluation.advance(&model, data).unwrap();
    }
    evaluation.finish().details.unwrap().predictions
}

#[test]
fn it_says_where_it_comes_from() {
    let saved = safetensors::read(MODEL).unwrap();
    assert_eq!(saved.info.preprocessing, Preprocessing::digits());
    assert_eq!(saved.info.class_names, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let accuracies = saved.info.history["valAccuracy"].as_array().unwrap();
    assert!(accuracies.last().unwrap().as_f64().unwrap() > 0.994);
    let inverted = &saved.info.extra["testAccuracy"]["inverted"];
    assert_eq!(inverted, accuracies.last().unwrap());
}

/// Shares of the test digits that it must read, prepared as drawings are.
#[test]
fn it_reads_distorted_digits() {
    let saved = safetensors::read(MODEL).unwrap();
    for (distortion, least) in [
        ("as they are", 0.995),
        ("inverted", 0.992),
        ("shifted by up to 4 px, cut", 0.992),
        ("shifted by up to 6 px, cut", 0.992),
        ("scaled by 0.6", 0.992),
        ("scaled by 1.4, cut", 0.992),
        ("strokes 1 px thicker", 0.992),
        ("strokes 1 px thinner", 0.984),
        ("strokes 2 px thinner", 0.8),
        ("all at once, cut", 0.989),
        ("all at once, uncut", 0.992),
    ] {
        let share = saved.info.extra["testAccuracy"][distortion].as_f64().unwrap();
        assert!(share >= least, "{distortion}: {share}, expected at least {least}");
    }
}

#[test]
fn it_knows_the_digits_that_are_rehearsed() {
    let data = rehearsal();
    let labels = data.labels().unwrap();
    assert_eq!(labels.len(), 1000);
    // Every ten of them are one of each class.
    assert!(labels.chunks(10).all(|ten| ten == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    let wrong = labels.iter().zip(predictions(&data)).filter(|(label, found)| *label != found);
    assert!(wrong.count() <= 10);
}

#[test]
fn it_reads_drawings_of_any_size_place_and_pen() {
    let pens = [
        ([40., 40.], 200., 20.),
        ([40., 40.], 200., 10.),
        ([60., 40.], 180., 30.),
        ([10., 5.], 90., 10.),
        ([150., 160.], 100., 16.),
    ];
    let drawings = (0..10).flat_map(|digit| pens.map(|pen| (digit, pen)));
    let preprocessing = Preprocessing::digits();
    let mut pixels = Vec::new();
    for (digit, (place, size, pen)) in drawings.clone() {
        let mut drawing = draw(digit, place, size, pen);
        if digit % 2 == 1 {
            let dark = drawing.data().iter().map(|byte| 255 - byte).collect();
            drawing = Image::new(CANVAS, CANVAS, 1, dark).unwrap();
        }
        pixels.extend(preprocessing.prepare(drawing, &[28, 28, 1]).unwrap());
    }
    let column = Column::new(vec![28, 28, 1], Values::U8(pixels)).unwrap();
    let labels = drawings.clone().map(|(digit, _)| digit as u32).collect();
    let targets = Targets::Classes(labels);
    let data = Dataset::new(vec![column], targets, vec![], preprocessing).unwrap();
    let wrong: Vec<_> = drawings
        .zip(predictions(&data))
        .filter(|((digit, _), found)| *digit != *found as usize)
        .collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:?}", wrong.len(), data.len());
}
