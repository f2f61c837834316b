//! Datasets: samples with their targets, how they are cut up, and how they become a network's
//! input.

pub mod augment;
mod boxes;
mod checksum;
pub mod cleaning;
mod column;
mod continuation;
mod dataset;
mod extras;
mod part;
mod places;
pub mod preprocessing;
mod relabel;
#[cfg(feature = "data")]
pub mod report;
mod rows;
pub mod split;
mod stored;
pub mod table;
mod targets;
#[cfg(test)]
mod tests;
mod written;

pub use augment::Augmentation;
pub use boxes::{Boxes, LEAST_VISIBLE, LabelledBox};
#[cfg(feature = "data")]
pub(crate) use boxes::{Gathered, clipped};
pub use column::{Column, Kind, Sample, Values};
pub use dataset::Dataset;
pub(crate) use extras::check_weights;
pub use part::Part;
pub use preprocessing::{Audio, Image, Preparation, Preprocessing};
pub use rows::{RowValues, Rows};
pub use stored::Store;
pub use targets::Targets;
pub(crate) use written::TextsInMemory;
pub use written::{Excerpt, TextStore};
