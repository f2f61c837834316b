//! Records: samples of one shape, packed so that each can be read alone, and so that a file whose
//! writing was interrupted holds a whole beginning.
//!
//! All numbers are little-endian.
//!
//! | part | bytes |
//! | --- | --- |
//! | head | 8 magic, 4 version, 4 length of the JSON ([`Head`]), the JSON, zeros up to a multiple of 64 |
//! | chunk, any number of them | 4 `CHNK`, 4 samples, 8 bytes of samples, 8 bytes of notes, 4 CRC-32 of samples and notes, 4 CRC-32 of the 28 bytes before; the samples side by side; the notes, JSON |
//! | texts, any number of times between chunks | for each text 4 bytes of its length, then the texts in UTF-8, those of a sample one after the other |
//! | foot | the JSON of the [`Foot`]; for each sample 4 bytes of its class or its target numbers as f32; where there are parts, 1 byte of its [`Part`]; where there are boxes, for each sample 4 bytes of their number, then for each box left, top, right and bottom as f32 and 4 bytes of its class |
//! | end | 8 magic, 8 where the foot begins, 8 length of its JSON, 4 CRC-32 of the foot, 4 CRC-32 of the 28 bytes before |
//!
//! Texts are those that samples were made of, where there are some; the foot says where they are.
//!
//! Samples are read by [`Records`]. What writes is behind the feature `data`; a file without an end is
//! gone on with by `Writer::resume`, after the last chunk whose sums are right.

#[cfg(all(any(test, fuzzing), feature = "data", not(target_arch = "wasm32")))]
mod check;
mod read;
#[cfg(feature = "data")]
mod sink;
#[cfg(all(test, feature = "data"))]
pub(crate) mod tests;
mod texts;
#[cfg(feature = "data")]
mod write;

use serde::{Deserialize, Serialize};

use crate::data::{Kind, Preprocessing};
use crate::{Result, err};

#[cfg(all(any(test, fuzzing), feature = "data", not(target_arch = "wasm32")))]
pub(crate) use check::check;
pub use read::Records;
#[cfg(feature = "data")]
pub use sink::Sink;
#[cfg(feature = "data")]
pub use write::{Checkpoint, Finish, Labels, Resumed, Writer};

const HEAD_MAGIC: [u8; 8] = *b"tabgradR";
const END_MAGIC: [u8; 8] = *b"tabgradE";
#[cfg(feature = "data")]
const CHUNK_MAGIC: [u8; 4] = *b"CHNK";
const VERSION: u32 = 1;
/// Bytes of a chunk before its samples, and of the end.
const FIXED: usize = 32;
/// The head's JSON and the foot's are no longer than this.
const MOST_JSON: u64 = 1 << 28;
/// Bytes of a box.
const BOX: usize = 20;
/// The first bytes of a file that are read to find its head.
const HEAD: usize = 16;

/// What is known before the first sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Head {
    /// Of one sample.
    pub shape: Vec<usize>,
    /// What its values are.
    pub values: Kind,
    /// How samples become a network's input.
    pub preprocessing: Preprocessing,
    /// What the samples are made from and how, so that an interrupted import is only gone on with from
    /// the same.
    pub source: String,
}

impl Head {
    /// Bytes of one sample.
    ///
    /// # Errors
    /// `Format` for a shape without values or beyond memory.
    pub fn record(&self) -> Result<usize> {
        let bytes = self.shape.iter().try_fold(self.values.bytes(), |all, &n| all.checked_mul(n));
        bytes
            .filter(|&bytes| bytes > 0 && isize::try_from(bytes).is_ok())
            .ok_or_else(|| err!(Format, "records: found samples of shape {:?}", self.shape))
    }
}

/// What is known after the last sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Foot {
    /// How many samples there are.
    pub samples: u32,
    /// What the network should answer.
    pub targets: Answers,
    /// Names of the classes.
    pub class_names: Vec<String>,
    /// Where each chunk's samples begin, and the number of the first.
    pub chunks: Vec<(u64, u32)>,
    /// Whether a byte of each sample says its part.
    pub parts: bool,
    /// What is said of boxes, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boxes: Option<BoxFoot>,
    /// Where the texts are that samples were made of, if they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub texts: Option<TextFoot>,
    /// What else is to be known of the dataset, as JSON.
    #[serde(default)]
    pub report: serde_json::Value,
}

/// What is known of all boxes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BoxFoot {
    /// How many there are.
    pub count: u32,
    /// Names of their classes.
    pub class_names: Vec<String>,
}

/// Where texts are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TextFoot {
    /// Texts of each sample.
    pub columns: u32,
    /// Where each block of them begins, and the number of the first sample that it is of.
    pub blocks: Vec<(u64, u32)>,
}

/// Kinds of targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answers {
    /// None.
    Nothing,
    /// A class for each sample.
    Classes,
    /// Numbers of this shape for each sample.
    Numbers(Vec<usize>),
}

/// The part of a dataset that a sample was given for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[repr(u8)]
pub enum Part {
    /// Nothing is said.
    #[default]
    All,
    /// To learn from.
    Train,
    /// To choose by.
    Validation,
    /// To judge by.
    Test,
    /// None: it was written, and then it turned out not to belong to the dataset.
    LeftOut,
}

impl Part {
    /// All, by the number that files have for them.
    pub const ALL: [Self; 5] =
        [Self::All, Self::Train, Self::Validation, Self::Test, Self::LeftOut];
}

/// Where the first chunk begins.
fn begin(json: usize) -> u64 {
    (HEAD + json).next_multiple_of(64) as u64
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let word = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    word.map_or(0, u32::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from(word(bytes, at)) | u64::from(word(bytes, at + 4)) << 32
}
