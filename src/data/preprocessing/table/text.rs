//! Columns of texts.

use serde::{Deserialize, Serialize};

use crate::data::preprocessing::TextSpec;
use crate::data::preprocessing::text::{Split, TextOutput};
use crate::{Result, err};

/// A column of texts: counts of the words of its vocabulary, which join the other columns' numbers, or
/// an input of its own of `[length]` ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TextColumn {
    /// Its name.
    pub name: String,
    /// How texts become counts or ids. Of ids the `length` must be given; byte pairs cannot be counted.
    pub text: TextSpec,
}

impl TextColumn {
    /// Whether it is an input of its own.
    pub(super) fn is_input(&self) -> bool {
        self.text.output == TextOutput::Ids
    }

    pub(super) fn validate(&self) -> Result<()> {
        self.text.validate()?;
        if self.is_input() && self.text.length.is_none() {
            return Err(err!(Argument, "text: found no length, expected one"));
        }
        if !self.is_input() && self.text.split == Split::BytePairs {
            return Err(err!(
                Argument,
                "text: split is bytePairs and output is counts, expected words or characters for counts"
            ));
        }
        Ok(())
    }
}
