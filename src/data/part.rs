//! The parts that a dataset is divided into.

use serde::{Deserialize, Serialize};

/// A part of a dataset that its files are already divided into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// What is trained on.
    Train,
    /// What tells when to stop.
    Validation,
    /// What is looked at in the end.
    Test,
}
