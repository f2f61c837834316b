//! Trains a network on MNIST by the recipe of the presets and says how it does on the test set.
//!
//! ```text
//! cargo run --release --example mnist -- FOLDER [NETWORK] [EPOCHS] [SEEDS] [PEAK] [BATCH]
//! ```
//!
//! FOLDER holds the four IDX files of MNIST, unpacked. NETWORK is `v3` (default) or `w1`; the other
//! defaults are 3 epochs, 1 seed, a peak learning rate of 0.008 and batches of 128.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use serde_json::json;
use tabgrad::data::{Dataset, Preprocessing};
use tabgrad::evaluation::{Evaluation, EvaluationSpec};
use tabgrad::formats::idx;
use tabgrad::model::Model;
use tabgrad::spec::ModelSpec;
use tabgrad::trainer::{RunSpec, Trainer};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().ok_or("expected the folder of the IDX files")?;
    let argument =
        |i: usize, default: &str| arguments.get(i).map_or(default, String::as_str).to_owned();
    let network = match argument(1, "v3").as_str() {
        "v3" => include_str!("../bench/fit/v3.json"),
        "w1" => include_str!("../bench/fit/w1.json"),
        other => return Err(format!("network {other}: expected v3 or w1").into()),
    };
    let spec: ModelSpec = serde_json::from_str(network)?;
    let (epochs, seeds) = (argument(2, "3").parse()?, argument(3, "1").parse()?);
    let (peak, batch): (f64, _) = (argument(4, "0.008").parse()?, argument(5, "128").parse()?);
    let (train, test) = (read(folder, "train")?, read(folder, "t10k")?);
    for seed in 0..seeds {
        let model = Model::new(ModelSpec { seed, ..spec.clone() })?;
        let trainer = json!({
            "optimizer": {
                "type": "adamw", "beta2": 0.99, "weightDecay": 0,
                "learningRate": { "type": "oneCycle", "peak": peak },
            },
            "loss": "sparseCategoricalCrossentropy",
            "metrics": ["accuracy"],
        });
        let mut trainer = Trainer::new(model, serde_json::from_value(trainer)?)?;
        trainer.start(RunSpec::new(epochs, batch, seed), &train)?;
        let mut begin = Instant::now();
        loop {
            let progress = trainer.advance(&train)?;
            if let Some(report) = progress.epoch_end {
                let rate = train.len() as f64 / begin.elapsed().as_secs_f64();
                let (loss, accuracy) = evaluate(trainer.model(), &test)?;
                println!(
                    "seed {seed}, epoch {}: loss {:.4}, accuracy {:.2} %; test loss {loss:.4}, \
                     accuracy {:.2} %; {rate:.0} images/s",
                    report.epoch + 1,
                    report.logs["loss"],
                    100.0 * report.logs["accuracy"],
                    100.0 * accuracy,
                );
                begin = Instant::now();
            }
            if progress.finished {
                break;
            }
        }
    }
    Ok(())
}

fn read(folder: &str, part: &str) -> Result<Dataset, Box<dyn Error>> {
    let file = |name: &str| {
        let path = Path::new(folder).join(format!("{part}-{name}-ubyte"));
        std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let (images, labels) = (file("images-idx3")?, file("labels-idx1")?);
    Ok(idx::read_dataset(&images, Some(&labels), Vec::new(), Preprocessing::digits())?)
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
