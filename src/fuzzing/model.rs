//! What comes with a model from elsewhere: its specification, the run that it was saved in, its
//! preprocessing. What can be read must be usable without a panic.

use ndarray::{ArrayD, IxDyn};
use serde_json::{Map, Value};

use crate::data::preprocessing::table::TableEncoder;
use crate::data::preprocessing::text::TextEncoder;
use crate::data::preprocessing::{Audio, AudioEncoder, AudioSpec};
use crate::data::{Image, Preprocessing};
use crate::graph::Graph;
use crate::inspect::inspect;
use crate::interchange::onnx;
use crate::json::Json;
use crate::model::Model;
use crate::spec::ModelSpec;
use crate::trainer::Trainer;

/// Numbers of a model's parameters and values, multiply-adds, pixels of an image: what is used is no
/// larger, since a large model is no fault.
const MOST: usize = 1 << 16;

fn json<T: Json>(bytes: &[u8]) -> Option<T> {
    let value: Value = serde_json::from_str(str::from_utf8(bytes).ok()?).ok()?;
    T::from_json(&value).ok()
}

/// Reads a specification and, if it is of a small model, predicts.
pub(super) fn check_specification(bytes: &[u8]) {
    let Some(spec) = json::<ModelSpec>(bytes) else { return };
    let _ = inspect(&spec);
    let Ok(graph) = Graph::new(&spec) else { return };
    let written: Value = spec.to_json();
    assert_eq!(ModelSpec::from_json(&written).ok().as_ref(), Some(&spec));
    if is_small(&graph)
        && let Ok(mut model) = Model::new(spec)
    {
        predict(&mut model);
    }
}

pub(super) fn is_small(graph: &Graph) -> bool {
    let volume = |shape: &[usize]| shape.iter().try_fold(1_usize, |all, &n| all.checked_mul(n));
    let shapes = graph.inputs().iter().map(|input| &input.shape);
    let shapes = shapes.chain(graph.nodes().iter().map(|node| &node.shape));
    let values = shapes.map(|shape| volume(shape)).try_fold(0_usize, |all, n| all.checked_add(n?));
    values.is_some_and(|values| values <= MOST)
        && graph.weights_len() + graph.state_len() <= MOST
        && graph.multiply_adds() <= 16 * MOST as u64
}

pub(super) fn predict(model: &mut Model) {
    let inputs: Vec<ArrayD<f32>> = model
        .graph()
        .inputs()
        .iter()
        .map(|input| {
            let shape: Vec<usize> = [2].into_iter().chain(input.shape.iter().copied()).collect();
            ArrayD::from_elem(IxDyn(&shape), 0.5)
        })
        .collect();
    let views: Vec<_> = inputs.iter().map(|input| input.view()).collect();
    let _ = model.predict(&views);
}

/// Reads a run that was saved, and asserts that it is saved again as it was read.
pub(super) fn check_run(bytes: &[u8]) {
    let Ok((trainer, info)) = Trainer::restore(bytes) else { return };
    let saved = trainer.save(&info).expect("what was read can be written");
    let (again, info) = Trainer::restore(&saved).expect("what was written can be read");
    assert!(again.save(&info).is_ok_and(|again| again == saved), "it is saved as another run");
    let mut model = trainer.into_model();
    if is_small(model.graph()) {
        predict(&mut model);
    }
}

/// Reads an ONNX file and, if it is of a small model, predicts.
pub(super) fn check_onnx(bytes: &[u8]) {
    let Ok(imported) = onnx::import::read(bytes, &[]) else { return };
    let mut model = imported.model;
    if is_small(model.graph()) {
        predict(&mut model);
    }
}

/// Reads the steps of a preprocessing and applies them to an image, a text, a row and a sound.
pub(super) fn check_preprocessing(bytes: &[u8]) {
    let Some(steps) = json::<Preprocessing>(bytes) else { return };
    if steps.validate().is_err() {
        return;
    }
    assert_eq!(Preprocessing::from_json(&steps.to_json()).ok().as_ref(), Some(&steps));
    if let Some(encoder) = steps.text.clone().and_then(|spec| TextEncoder::new(spec).ok()) {
        for text in ["", "Ä b, c don't 1,000 ab abab", "🌍e\u{301}\r\n"] {
            let ids = encoder.encode(text);
            assert!(ids.iter().all(|&id| id < encoder.ids()), "{ids:?}");
            if let Ok(numbers) = encoder.prepare(text, &encoder.shape().unwrap_or(vec![7])) {
                let _ = encoder.shown(&numbers);
            }
        }
    }
    if let Some(encoder) = steps.table.clone().and_then(|spec| TableEncoder::new(spec).ok()) {
        rows(&encoder);
    }
    if let Some(spec) = steps.audio.filter(is_short) {
        let sound: Vec<f32> = (0..900).map(|at| (at % 50) as f32 / 50.0 - 0.4).collect();
        if let (Ok(mut encoder), Ok(sound)) = (AudioEncoder::new(spec), Audio::new(8000, 1, sound))
        {
            let _ = encoder.encode(&sound);
        }
    }
    image(&steps);
}

/// Encodes rows of texts and numbers, and shows what they became.
fn rows(encoder: &TableEncoder) {
    let fields = encoder.spec().fields();
    for value in [Value::Null, "1".into(), "a b".into(), "2024-02-29".into(), 1.into(), true.into()]
    {
        let row = fields.iter().map(|field| (field.name.clone(), value.clone()));
        let Ok(inputs) = encoder.prepare(&row.collect::<Map<_, _>>()) else { continue };
        let widths = encoder.shapes().into_iter().map(|shape| shape.iter().product::<usize>());
        assert!(inputs.iter().map(Vec::len).eq(widths));
        if let Some(features) = inputs.first() {
            let _ = encoder.decode(features);
        }
    }
}

fn is_short(spec: &AudioSpec) -> bool {
    spec.length.unwrap_or(0) as usize <= MOST
}

fn image(steps: &Preprocessing) {
    let shape = |count: usize| {
        let image = steps.image[..count].to_vec();
        Preprocessing { image, ..Preprocessing::default() }.image_shape([7, 9, 3])
    };
    let volume = |count: usize| shape(count).iter().product::<usize>();
    let all = steps.image.len();
    let is_small = (0..=all).all(|count| volume(count) <= MOST);
    for channels in [1, 4] {
        let pixels = (0..63 * channels).map(|at| (at * 37 % 256) as u8).collect();
        let image = Image::new(7, 9, channels, pixels).expect("63 pixels");
        if is_small {
            let _ = steps.prepare_values(image.clone(), &[8, 6, 3]);
            let _ = steps.prepare_values(image, &[volume(all)]);
        }
    }
}
