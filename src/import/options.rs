//! How files become samples, and what came of it.

use serde::{Deserialize, Serialize};

use super::groups::GroupBy;
use super::sounds::SoundOptions;
use crate::data::Preprocessing;
use crate::data::report::UnreadableFile;
use crate::formats::table::TableOptions;
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
    /// Its image steps are applied; all of it is kept. What it lacks of texts and tables is computed of the
    /// training part.
    #[serde(default)]
    pub preprocessing: Option<Preprocessing>,
    /// Of a table, the column that is to be answered. By default one that is named so (`label`, `class`,
    /// `target`, ...), or else the last that is no free text and no date.
    #[serde(default)]
    pub target: Option<String>,
    /// Of a table, whether nothing is to be answered.
    #[serde(default)]
    pub untargeted: bool,
    /// What the values of the target are. Without it names are classes, and so are numbers that are whole,
    /// at most 20 different ones, and there twice each on average.
    #[serde(default)]
    pub task: Option<Task>,
    /// Of a table, the columns that are inputs; by default all that can be and are not ignored. Of free text
    /// words are counted.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    /// Of a table, columns that are no inputs.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Of a table, the column of texts that is the input, in place of all others. By default it is the only
    /// one that could be an input, if that is free text.
    #[serde(default)]
    pub text: Option<String>,
    /// What says which samples belong together; the report then has their groups.
    #[serde(default)]
    pub group: Option<GroupBy>,
    /// How tables are read.
    #[serde(default)]
    pub table: TableOptions,
    /// How recordings become samples; a specification in `preprocessing.audio` is used instead.
    #[serde(default)]
    pub audio: SoundOptions,
}

/// What a network is to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Task {
    /// A class.
    Classification,
    /// Numbers.
    Regression,
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
        if let (Some(target), true) = (&self.target, self.untargeted) {
            return Err(err!(
                Argument,
                "target is \"{target}\", expected none if untargeted is true"
            ));
        }
        self.audio.spec()?;
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
