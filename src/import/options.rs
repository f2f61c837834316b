//! How files become samples, and what came of it.

use serde::{Deserialize, Serialize};

use crate::data::Preprocessing;
use crate::data::report::UnreadableFile;
use crate::{Result, err};

/// The largest height or width of a sample.
const MOST_PIXELS: u32 = 4096;

/// How files become samples.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", tsify(type_prefix = "Import"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Options {
    /// Height and width of images; those of the first by default, at most 512 a side.
    #[serde(default)]
    pub size: Option<[u32; 2]>,
    /// Channels of images, 1 or 3; those of the first by default.
    #[serde(default)]
    pub channels: Option<u32>,
    /// Names of the classes in the order of their numbers.
    #[serde(default)]
    pub class_names: Option<Vec<String>>,
    /// The coarse labels of CIFAR-100 instead of the fine ones.
    #[serde(default)]
    pub coarse: bool,
    /// Its image steps are applied; all of it is kept.
    #[serde(default)]
    pub preprocessing: Option<Preprocessing>,
}

impl Options {
    /// Refuses what is impossible.
    ///
    /// # Errors
    /// `Argument`, with the option, its value and what is allowed.
    pub fn validate(&self) -> Result<()> {
        if let Some(size) = self.size
            && !size.iter().all(|side| (1..=MOST_PIXELS).contains(side))
        {
            return Err(err!(Argument, "size is {size:?}, expected two of 1 to {MOST_PIXELS}"));
        }
        if let Some(channels) = self.channels
            && !matches!(channels, 1 | 3)
        {
            return Err(err!(Argument, "channels is {channels}, expected 1 or 3"));
        }
        let Some(preprocessing) = &self.preprocessing else { return Ok(()) };
        if !preprocessing.features.is_empty() {
            return Err(err!(
                Argument,
                "preprocessing: features are computed of a whole dataset (`prepare`), expected none"
            ));
        }
        preprocessing.validate()
    }
}

/// What an import came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// How many samples there are.
    pub samples: u32,
    /// Bytes of the file of records.
    pub bytes: u64,
    /// Of one sample.
    pub shape: Vec<usize>,
    /// Names of the classes.
    pub class_names: Vec<String>,
    /// Files that were left out.
    pub unreadable: Vec<UnreadableFile>,
}
