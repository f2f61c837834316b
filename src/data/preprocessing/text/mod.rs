//! Texts as sequences of numbers: how a text is cut into tokens, which tokens have a number, and
//! how long a sequence is.
//!
//! | id | token |
//! | --- | --- |
//! | 0 | padding |
//! | 1 | unknown |
//! | 2 and on | the vocabulary, in its order; for byte pairs the 256 bytes, then the merges |

mod bpe;
mod encoder;
mod fit;
mod segment;
#[cfg(test)]
mod tests;
mod windows;

pub use encoder::TextEncoder;
pub use fit::TextFit;
pub use windows::Windows;

use serde::{Deserialize, Serialize};

use crate::{Result, err};

/// The id that fills up a sequence.
pub const PADDING: u32 = 0;

/// The id of tokens that the vocabulary does not have.
pub const UNKNOWN: u32 = 1;

/// The id of the first token of the vocabulary.
pub const FIRST_TOKEN: u32 = 2;

/// Ids that byte pairs have before any merge.
const BYTE_IDS: u32 = FIRST_TOKEN + 256;

/// The most ids that a vocabulary may have.
const MOST_IDS: u32 = 1 << 18;

/// The longest sequence.
const MOST_LENGTH: u32 = 1 << 20;

/// The longest token in bytes of UTF-8. Longer ones are unknown; byte pairs are not merged beyond.
const MOST_TOKEN_BYTES: usize = 128;

/// How a text becomes a sequence of ids. The vocabulary is computed from the training part (see
/// [`TextFit`]) and stored here.
///
/// Before anything else line ends become `\n` and characters are composed (Unicode's form C), so
/// that a text gives the same ids however it was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TextSpec {
    /// Whether capitals become small letters.
    pub lowercase: bool,
    /// Whether letters lose their accents: combining marks of a canonical combining class other
    /// than 0 are left out after decomposition, as scikit-learn's `strip_accents_unicode` does.
    pub strip_accents: bool,
    /// What a token is.
    pub split: Split,
    /// The most ids, those of padding and of unknown tokens among them.
    pub max_tokens: u32,
    /// How often a token (or a byte pair) must occur to get an id. A pair that occurs once is never
    /// merged.
    pub min_count: u32,
    /// What a text becomes.
    #[serde(skip_serializing_if = "TextOutput::is_ids")]
    pub output: TextOutput,
    /// Ids in a sequence; without it sequences are as long as their texts, or as the network's
    /// input. Counts have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// Where shorter sequences are filled up.
    pub padding: Side,
    /// Where longer sequences are cut.
    pub truncation: Side,
    /// The tokens from id 2 on, the most frequent first; empty before it is computed, and for byte
    /// pairs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vocabulary: Vec<String>,
    /// For byte pairs: which two ids became one, in the order in which they did. Their token gets
    /// the next id, unless another merge made the same bytes before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub merges: Vec<[u32; 2]>,
}

crate::json::by_serde!(TextSpec);

/// What a token is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Split {
    /// Words of Unicode's text segmentation (UAX #29) that have a letter, a digit or a pictograph.
    #[default]
    Words,
    /// The same, and punctuation.
    WordsAndPunctuation,
    /// What a reader takes for one character: extended grapheme clusters of UAX #29.
    Characters,
    /// Frequent sequences of bytes within words (Sennrich, Haddow, Birch: Neural machine translation
    /// of rare words with subword units, 2016; on bytes as GPT-2). Nothing is unknown.
    BytePairs,
}

/// What a text becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum TextOutput {
    /// A sequence of ids, `[length]`: for networks that know what a sequence is.
    #[default]
    Ids,
    /// How often each token of the vocabulary occurs, `[tokens]` (a bag of words): for dense networks.
    /// Padding and unknown tokens are not counted.
    Counts,
}

impl TextOutput {
    /// Whether it is what files of before have.
    fn is_ids(&self) -> bool {
        *self == Self::Ids
    }
}

/// An end of a sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// The beginning.
    Pre,
    /// The end.
    #[default]
    Post,
}

impl Default for TextSpec {
    fn default() -> Self {
        Self {
            lowercase: true,
            strip_accents: false,
            split: Split::default(),
            max_tokens: 20_000,
            min_count: 1,
            output: TextOutput::default(),
            length: None,
            padding: Side::default(),
            truncation: Side::default(),
            vocabulary: Vec::new(),
            merges: Vec::new(),
        }
    }
}

impl TextSpec {
    /// Refuses what is impossible whatever the texts are.
    ///
    /// # Errors
    /// `Argument`, with the attribute, its value and what is allowed.
    pub fn validate(&self) -> Result<()> {
        let least = if self.split == Split::BytePairs { BYTE_IDS } else { FIRST_TOKEN + 1 };
        let check = |attribute: &str, value: u32, least: u32, most: u32| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            Err(err!(Argument, "text: {attribute} is {value}, expected {least} to {most}"))
        };
        check("maxTokens", self.max_tokens, least, MOST_IDS)?;
        check("minCount", self.min_count, 1, u32::MAX)?;
        check("length", self.length.unwrap_or(1), 1, MOST_LENGTH)?;
        if self.split == Split::BytePairs {
            self.validate_merges()
        } else {
            self.validate_vocabulary()
        }
    }

    fn validate_vocabulary(&self) -> Result<()> {
        if !self.merges.is_empty() {
            return Err(err!(
                Argument,
                "text: found {} merges, expected none unless split is bytePairs",
                self.merges.len()
            ));
        }
        let most = (self.max_tokens - FIRST_TOKEN) as usize;
        if self.vocabulary.len() > most {
            return Err(err!(
                Argument,
                "text: the vocabulary has {} tokens, expected at most {most}, maxTokens less \
                 {FIRST_TOKEN}",
                self.vocabulary.len()
            ));
        }
        for (index, token) in self.vocabulary.iter().enumerate() {
            if token.is_empty() || token.len() > MOST_TOKEN_BYTES {
                return Err(err!(
                    Argument,
                    "text: token {index} of the vocabulary has {} bytes, expected 1 to \
                     {MOST_TOKEN_BYTES}",
                    token.len()
                ));
            }
        }
        Ok(())
    }

    /// Refuses merges of tokens that are not there before them, and tokens that are too long. The
    /// same bytes made twice are seen when an encoder is made; until then ids are taken to be as
    /// many as they can be.
    fn validate_merges(&self) -> Result<()> {
        if !self.vocabulary.is_empty() {
            return Err(err!(
                Argument,
                "text: found a vocabulary of {} tokens, expected none if split is bytePairs",
                self.vocabulary.len()
            ));
        }
        let most = MOST_IDS as usize;
        if self.merges.len() > most {
            return Err(err!(
                Argument,
                "text: found {} merges, expected at most {most}",
                self.merges.len()
            ));
        }
        for (ids, merge) in (BYTE_IDS..).zip(&self.merges) {
            if let Some(id) = merge.iter().find(|id| !(FIRST_TOKEN..ids).contains(id)) {
                return Err(err!(
                    Argument,
                    "text: merge {} holds id {id}, expected {FIRST_TOKEN} to {}",
                    ids - BYTE_IDS,
                    ids - 1
                ));
            }
        }
        Ok(())
    }
}
