//! Reference values of PyTorch, Keras and scikit-learn; see README.md beside this file.
//!
//! A group of cases has a runner, a function from a case to its outcome; adding one is a file and a
//! line in the table below.

mod audio;
mod case;
mod class_weight;
mod dropout;
mod embedded;
#[cfg(not(target_arch = "wasm32"))]
mod folder;
mod image;
mod layer;
mod loss;
mod metrics;
mod optimizer;
mod schedule;
mod sequence;
#[cfg(feature = "data")]
mod table;
#[cfg(feature = "data")]
mod text;
mod trajectory;

use case::{Case, Failure, Outcome};

type Runner = fn(&Case) -> Result<Outcome, Failure>;

const RUNNERS: &[(&str, Runner)] = &[
    ("activation", layer::run),
    ("attention", sequence::run),
    ("audio", audio::run),
    ("class_weight", class_weight::run),
    ("conv1d", layer::run),
    ("conv2d", layer::run),
    ("conv2d_transpose", layer::run),
    ("dense", layer::run),
    ("dropout", dropout::run),
    ("embedding", sequence::run),
    ("image", image::run),
    ("loss", loss::run),
    ("merge", layer::run),
    ("metrics", metrics::run),
    ("norm", layer::run),
    ("optimizer", optimizer::run),
    ("pool", layer::run),
    ("position_embedding", layer::run),
    ("resample", layer::run),
    ("rnn", sequence::run),
    ("schedule", schedule::run),
    ("shape", layer::run),
    #[cfg(feature = "data")]
    ("table", table::run),
    #[cfg(feature = "data")]
    ("text", text::run),
    ("time_distributed", layer::run),
    ("trajectory", trajectory::run),
];

fn run(case: &Case) -> Result<Outcome, Failure> {
    match RUNNERS.iter().find(|(group, _)| *group == case.group) {
        Some((_, runner)) => runner(case),
        None => Ok(Outcome::LeftOut(format!("group {}", case.group))),
    }
}
