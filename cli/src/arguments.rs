//! What can be asked for.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::{Value, json};
use tabgrad::formats::records::Part;
use tabgrad::interchange::files::WeightType;
use tabgrad::layers::Shape;

use crate::failure::Result;
use crate::files;

/// Trains and runs tabgrad's models on files.
#[derive(Debug, Parser)]
#[command(name = "tabgrad", version, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Say nothing on standard error but what goes wrong
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Threads that compute; all cores if not given. Results do not depend on it
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Says what a model is: layers, parameters, preprocessing, classes, and how training went
    Inspect(Inspect),
    /// Trains a new model, or one that there is
    Train(Box<Train>),
    /// Measures a model on data that have answers
    Evaluate(Evaluate),
    /// Asks a model about files: one row of output for each
    Predict(Predict),
    /// Writes a model in another format, or without the state of its training
    Convert(Convert),
}

#[derive(Debug, Args)]
pub struct Inspect {
    /// The model's file
    pub model: PathBuf,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Train {
    /// A file, or a folder of files, to learn from: images in folders by class, a zip of them, a table, texts,
    /// recordings, arrays
    pub data: PathBuf,
    /// The model's file that is written
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// JSON with the network (`spec`), what trains it (`compile`) and how (`fit`), as presets have them
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    pub spec: Option<PathBuf>,
    /// A model to go on with
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Go on where an interrupted run was; begin if there is neither one nor the model
    #[arg(long)]
    pub resume: bool,
    #[command(flatten)]
    pub settings: Settings,
    /// Seconds between two checkpoints within an epoch; 0 for one after every batch
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub checkpoint_every: u64,
}

/// What can be said of a run besides its specification.
#[derive(Debug, Default, PartialEq, Args)]
pub struct Settings {
    /// How often every sample is seen [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub epochs: Option<u32>,
    /// Samples a step [default: 32]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub batch_size: Option<u32>,
    /// Decides the first weights, the order of samples, dropout and augmentation [default: the model's]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// The learning rate; of a schedule, its peak
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub learning_rate: Option<f64>,
    /// A name, such as adamw, JSON, or a file of it [default: adam]
    #[arg(long)]
    pub optimizer: Option<String>,
    /// A name, such as sparseCategoricalCrossentropy, JSON, or a file of it
    #[arg(long)]
    pub loss: Option<String>,
    /// Names with commas between them, JSON, or a file of it
    #[arg(long)]
    pub metrics: Option<String>,
    /// A share of the data, such as 0.1, or further data, that are measured after every epoch
    #[arg(long, value_name = "SHARE|PATH", allow_negative_numbers = true)]
    pub validation: Option<String>,
    /// How samples are changed at random: JSON, or a file of it
    #[arg(long, value_name = "JSON")]
    pub augmentation: Option<String>,
    /// Into how many shards a batch is cut [default: one for every 16 samples, at most 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub shards: Option<u32>,
    /// How files become samples: the options of `data.fromFiles` as JSON, or a file of it
    #[arg(long, value_name = "JSON")]
    pub import: Option<String>,
}

#[derive(Debug, Args)]
pub struct Evaluate {
    /// The model's file
    pub model: PathBuf,
    /// A file, or a folder of files, with answers
    pub data: PathBuf,
    /// Only the samples of this part, where folders or files are named so
    #[arg(long)]
    pub part: Option<PartName>,
    /// A name, JSON, or a file of it; that of its training if not given
    #[arg(long)]
    pub loss: Option<String>,
    /// Names with commas between them, JSON, or a file of it; those of its training if not given
    #[arg(long)]
    pub metrics: Option<String>,
    /// Samples that are computed together
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub batch_size: u32,
    /// How files become samples: the options of `data.fromFiles` as JSON, or a file of it
    #[arg(long, value_name = "JSON")]
    pub import: Option<String>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Predict {
    /// The model's file
    pub model: PathBuf,
    /// Images, recordings, tables, texts, arrays, archives of them, and folders; - for standard input
    #[arg(required = true)]
    pub inputs: Vec<PathBuf>,
    /// Where rows go, .csv or .jsonl; standard output if not given
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The format of the rows; that of the name's ending if not given
    #[arg(long)]
    pub format: Option<RowFormat>,
    /// Classes that are told of each input, the most probable first
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub top: u32,
    /// Of a table, the column that names its rows in the output; else they are numbered
    #[arg(long, value_name = "COLUMN")]
    pub id: Option<String>,
    /// Of a table, the column of texts, for a model that reads texts
    #[arg(long, value_name = "COLUMN")]
    pub column: Option<String>,
    /// How tables are read: JSON with header, delimiter, kinds, missing, ragged, or a file of it
    #[arg(long, value_name = "JSON")]
    pub table: Option<String>,
    /// Whether a text file is one text or one a line; by default, files that are named are read by lines, and
    /// those in folders and archives as a whole
    #[arg(long)]
    pub texts: Option<TextUnit>,
}

#[derive(Debug, Args)]
pub struct Convert {
    /// The model's file
    pub from: PathBuf,
    /// The file that is written; its ending says the format
    pub to: PathBuf,
    /// The sizes of a sample, for files that leave some open, as in 224x224x3: images have their channels last.
    /// Once for each input
    #[arg(long = "input-shape", value_name = "SIZES")]
    pub input_shapes: Vec<InputShape>,
    /// How data become the network's inputs, in place of what the model's file says: a preprocessing as JSON, or a
    /// file of it
    #[arg(long, value_name = "JSON")]
    pub preprocessing: Option<String>,
    /// As what numbers an ONNX file stores its kernels: f32, f16, or int8 with a factor for each channel
    #[arg(long, value_name = "TYPE")]
    pub weights: Option<WeightName>,
    /// A file, or a folder of files, with answers: says what the model loses by other weights
    #[arg(long, value_name = "PATH", requires = "weights")]
    pub data: Option<PathBuf>,
    /// Only the samples of this part, where folders or files are named so
    #[arg(long, requires = "data")]
    pub part: Option<PartName>,
    /// How files become samples: the options of `data.fromFiles` as JSON, or a file of it
    #[arg(long, value_name = "JSON", requires = "data")]
    pub import: Option<String>,
}

/// The sizes of a sample.
#[derive(Clone, Debug)]
pub struct InputShape(pub Shape);

impl FromStr for InputShape {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let size = |size: &str| size.parse().ok().filter(|&size: &usize| size > 0);
        let sizes = text.split('x').map(size).collect::<Option<_>>();
        sizes.map(Self).ok_or_else(|| "expected whole numbers from 1 on, as in 224x224x3".into())
    }
}

/// As what numbers weights are stored.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum WeightName {
    F32,
    F16,
    Int8,
}

impl From<WeightName> for WeightType {
    fn from(name: WeightName) -> Self {
        match name {
            WeightName::F32 => Self::F32,
            WeightName::F16 => Self::F16,
            WeightName::Int8 => Self::Int8,
        }
    }
}

/// A part of a dataset.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum PartName {
    Train,
    Validation,
    Test,
}

impl From<PartName> for Part {
    fn from(name: PartName) -> Self {
        match name {
            PartName::Train => Self::Train,
            PartName::Validation => Self::Validation,
            PartName::Test => Self::Test,
        }
    }
}

/// A format of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RowFormat {
    Csv,
    Jsonl,
}

/// What of a text file is one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextUnit {
    Line,
    File,
}

/// A name, or several with commas between them, JSON, or a file of it.
pub fn name_or_json(given: &str) -> Result<Value> {
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric());
    if is_name(given) {
        return Ok(json!(given));
    }
    let names: Vec<&str> = given.split(',').map(str::trim).collect();
    if names.iter().all(|name| is_name(name)) {
        return Ok(json!(names));
    }
    files::json(given, given)
}
