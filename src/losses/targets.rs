//! What outputs should have been, as losses and metrics see it.

use std::fmt;

use crate::{Result, err};

/// The targets of a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TargetBatch<'a> {
    /// The class of each row, `[rows]`.
    Classes(&'a [u32]),
    /// A value for each output, `[rows, width]`.
    Dense(&'a [f32]),
}

/// The kind of targets that a dataset or batch has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// One label a row.
    Classes,
    /// One value an output.
    Dense,
}

impl TargetBatch<'_> {
    /// Which kind these are.
    pub fn kind(&self) -> TargetKind {
        match self {
            Self::Classes(_) => TargetKind::Classes,
            Self::Dense(_) => TargetKind::Dense,
        }
    }

    /// Refuses targets that do not belong to `rows` rows of `width` outputs, or are not allowed.
    ///
    /// # Errors
    /// `Shape` for a wrong number, `Data` for a label that is no class and a value that is not
    /// allowed.
    pub fn check(&self, rows: usize, width: usize, allowed: &Allowed) -> Result<()> {
        let (found, expected) = match self {
            Self::Classes(labels) => (labels.len(), rows),
            Self::Dense(values) => (values.len(), rows * width),
        };
        if found != expected {
            return Err(err!(Shape, "targets: found {found} numbers, expected {expected}"));
        }
        match self {
            Self::Classes(labels) => {
                let classes = width.max(2);
                match labels.iter().find(|&&label| label as usize >= classes) {
                    Some(label) => Err(err!(
                        Data,
                        "targets: found label {label}, expected labels below {classes}, the \
                         number of classes"
                    )),
                    None => Ok(()),
                }
            }
            Self::Dense(values) => {
                match values.iter().position(|value| !allowed.contains(*value)) {
                    Some(at) => Err(err!(
                        Data,
                        "targets: found {} at position {at}, expected {allowed}",
                        values[at]
                    )),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Which numbers dense targets may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Allowed {
    /// Those from one to another.
    Between(f32, f32),
    /// -1, 0 and 1.
    Signs,
}

impl Allowed {
    /// Every finite number.
    pub const ANY: Self = Self::Between(f32::MIN, f32::MAX);

    /// Whether this is one of them; NaN never is.
    pub fn contains(&self, target: f32) -> bool {
        match *self {
            Self::Between(least, most) => (least..=most).contains(&target),
            Self::Signs => [-1.0, 0.0, 1.0].contains(&target),
        }
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Between(0.0, f32::MAX) => write!(f, "finite numbers from 0 on"),
            &Self::ANY => write!(f, "finite numbers"),
            Self::Between(least, most) => write!(f, "numbers from {least} to {most}"),
            Self::Signs => write!(f, "-1 and 1, or 0 and 1"),
        }
    }
}
