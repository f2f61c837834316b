//! Trains the model that comes with the page, and chooses the digits that are rehearsed with every
//! correction. It reads MNIST from `www/public/mnist` and writes to `www/public/models`; run again,
//! it writes the same bytes.
//!
//! ```text
//! npm run train:digits
//! ```
//!
//! Every sample of training is changed at random and then prepared as drawings are, so the model
//! learns from what it will see.
//!
//! A number after `--` is the number of epochs, in place of [`EPOCHS`]; then nothing is written.
#![allow(clippy::print_stdout)]

mod distort;
mod files;

use std::error::Error;
use std::time::Instant;

use distort::Distortion;
use serde_json::{Value, json};
use tabgrad::data::augment::Augmentation;
use tabgrad::data::{Column, Dataset, Image, Preparation, Preprocessing, Values};
use tabgrad::evaluation::{Evaluation, EvaluationSpec};
use tabgrad::formats::safetensors::{self, ModelInfo};
use tabgrad::model::Model;
use tabgrad::rng::{Key, Purpose};
use tabgrad::spec::ModelSpec;
use tabgrad::trainer::{RunSpec, Trainer};

const NETWORK: &str = include_str!("../../bench/fit/v3.json");
const EPOCHS: u32 = 20;
const BATCH: u32 = 128;
const PEAK: f64 = 0.008;
const SEED: u64 = 7;

/// Digits of each class that are rehearsed.
const REHEARSED: usize = 100;

/// Pixels a side of a canvas on which nothing is cut.
const UNCUT: usize = 72;

fn main() -> Result<(), Box<dyn Error>> {
    let trial = std::env::args().nth(1).map(|epochs| epochs.parse()).transpose()?;
    let (train, test) = (files::mnist("train")?, files::mnist("t10k")?);
    let (model, history) = fit(&train, &prepare(&test)?, trial.unwrap_or(EPOCHS))?;
    let robustness = measure(&model, &test)?;
    if trial.is_some() {
        return Ok(());
    }
    let info = ModelInfo {
        preprocessing: Preprocessing::digits(),
        class_names: test.class_names().to_vec(),
        history,
        extra: json!({ "testAccuracy": robustness }),
    };
    files::write("models/digits.safetensors", &safetensors::write(&model, &info, None)?)?;
    files::write_samples("models/rehearsal", &prepare(&train.subset(&rehearsal(&train)?)?)?)
}

/// Trains on digits that are changed and prepared anew in every epoch.
fn fit(train: &Dataset, test: &Dataset, epochs: u32) -> Result<(Model, Value), Box<dyn Error>> {
    let mut spec: ModelSpec = serde_json::from_str(NETWORK)?;
    spec.name = Some("Digits".into());
    spec.seed = SEED;
    let trainer = json!({
        "optimizer": {
            "type": "adamw", "beta2": 0.99, "weightDecay": 0,
            "learningRate": { "type": "oneCycle", "peak": PEAK },
        },
        "loss": "sparseCategoricalCrossentropy",
        "metrics": ["accuracy"],
    });
    let mut trainer = Trainer::new(Model::new(spec)?, serde_json::from_value(trainer)?)?;
    trainer.start(RunSpec::new(epochs, BATCH, SEED), train)?;
    let [mut losses, mut accuracies, mut test_losses, mut test_accuracies] =
        [const { Vec::new() }; 4];
    let begin = Instant::now();
    for epoch in 0..epochs {
        let changed = Augmentation::handwriting().apply(train, SEED, epoch.into())?;
        let changed = prepare(&changed)?;
        let report = loop {
            if let Some(report) = trainer.advance(&changed)?.epoch_end {
                break report;
            }
        };
        let (loss, accuracy) = evaluate(trainer.model(), test)?;
        println!(
            "epoch {}: loss {:.4}, accuracy {:.2} %, test loss {loss:.4}, test accuracy {:.2} %, \
             {:.0} s",
            epoch + 1,
            report.logs["loss"],
            100.0 * report.logs["accuracy"],
            100.0 * accuracy,
            begin.elapsed().as_secs_f64(),
        );
        losses.push(report.logs["loss"]);
        accuracies.push(report.logs["accuracy"]);
        test_losses.push(loss);
        test_accuracies.push(accuracy);
    }
    let history = json!({
        "loss": losses,
        "accuracy": accuracies,
        "valLoss": test_losses,
        "valAccuracy": test_accuracies,
    });
    Ok((trainer.into_model(), history))
}

/// Accuracy on the test digits in every distortion: as they come, and prepared like drawings.
fn measure(model: &Model, test: &Dataset) -> Result<Value, Box<dyn Error>> {
    let kinds = [
        ("as they are", Distortion::None, 28),
        ("inverted", Distortion::Inverted, 28),
        ("shifted by up to 4 px, cut", Distortion::Shifted(4.0), 28),
        ("shifted by up to 6 px, cut", Distortion::Shifted(6.0), 28),
        ("scaled by 0.6", Distortion::Scaled(0.6), 28),
        ("scaled by 1.4, cut", Distortion::Scaled(1.4), 28),
        ("strokes 1 px thicker", Distortion::Thickness(1), 28),
        ("strokes 2 px thicker", Distortion::Thickness(2), 28),
        ("strokes 1 px thinner", Distortion::Thickness(-1), 28),
        ("strokes 2 px thinner", Distortion::Thickness(-2), 28),
        ("all at once, cut", Distortion::All, 28),
        ("all at once, uncut", Distortion::All, UNCUT),
        ("scaled by 10, uncut", Distortion::Scaled(10.0), 280),
    ];
    let mut rows = serde_json::Map::new();
    println!("{:28} {:>9} {:>9}", "test digits", "as is", "prepared");
    for (name, distortion, canvas) in kinds {
        let plain = if canvas == 28 {
            let distorted = distort(test, distortion, canvas, |image| Ok(image.into_data()))?;
            format!("{:.2} %", 100.0 * evaluate(model, &distorted)?.1)
        } else {
            String::new()
        };
        let prepared = distort(test, distortion, canvas, |image| {
            test.preprocessing().prepare(image, &[28, 28, 1])
        })?;
        let prepared = evaluate(model, &prepared)?.1;
        println!("{name:28} {plain:>9} {:>9}", format!("{:.2} %", 100.0 * prepared));
        rows.insert(name.into(), json!(prepared));
    }
    Ok(rows.into())
}

/// The digits as drawings of them would be prepared.
fn prepare(dataset: &Dataset) -> Result<Dataset, Box<dyn Error>> {
    let mut preparation = Preparation::new(dataset, Preprocessing::digits())?;
    preparation.advance(dataset, u32::MAX)?;
    Ok(preparation.finish(dataset)?)
}

/// The dataset with distorted digits, of which `finish` makes samples.
fn distort(
    dataset: &Dataset,
    distortion: Distortion,
    canvas: usize,
    finish: impl Fn(Image) -> tabgrad::Result<Vec<u8>>,
) -> Result<Dataset, Box<dyn Error>> {
    let mut pixels = Vec::with_capacity(dataset.len() * dataset.inputs()[0].width());
    for index in 0..dataset.len() as u32 {
        let Values::U8(digit) = dataset.sample(index)? else { return Err("expected bytes".into()) };
        let mut random = Key::new(SEED, Purpose::Augmentation).child(index.into()).stream();
        let image = distortion.apply(&digit, canvas, &mut random);
        pixels.extend(finish(Image::new(canvas, canvas, 1, image)?)?);
    }
    let column = Column::new(vec![28, 28, 1], Values::U8(pixels))?;
    let (targets, names) = (dataset.targets().clone(), dataset.class_names().to_vec());
    Ok(Dataset::new(vec![column], targets, names, dataset.preprocessing().clone())?)
}

/// Loss and accuracy.
fn evaluate(model: &Model, dataset: &Dataset) -> Result<(f64, f64), Box<dyn Error>> {
    let spec = json!({ "loss": "sparseCategoricalCrossentropy", "metrics": ["accuracy"] });
    let spec: EvaluationSpec = serde_json::from_value(spec)?;
    let mut evaluation = Evaluation::new(model, &spec, dataset)?;
    while !evaluation.finished() {
        evaluation.advance(model, dataset)?;
    }
    let logs = evaluation.finish().logs;
    Ok((logs["loss"], logs["accuracy"]))
}

/// As many random digits of every class; classes take turns, so that every beginning is balanced.
fn rehearsal(train: &Dataset) -> Result<Vec<u32>, Box<dyn Error>> {
    let labels = train.labels().ok_or("expected classes")?;
    let mut indices: Vec<u32> = (0..train.len() as u32).collect();
    Key::new(SEED, Purpose::Split).stream().shuffle(&mut indices);
    let mut turns = vec![0; train.class_names().len()];
    let mut chosen = Vec::new();
    for index in indices {
        let class = labels[index as usize] as usize;
        if turns[class] < REHEARSED {
            chosen.push((turns[class], class, index));
            turns[class] += 1;
        }
    }
    chosen.sort_unstable();
    Ok(chosen.into_iter().map(|(_, _, index)| index).collect())
}
