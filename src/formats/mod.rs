//! File formats, one file each: readers and writers of bytes, without IO.
//!
//! With the feature `data` there is a table of those that people's data come in ([`FORMATS`]). A
//! file's format is told by its content ([`sniff`]), never by its name. A new format is one file
//! and one line in the table; tests and fuzzing loop over it.

#[cfg(feature = "data")]
pub mod annotations;
#[cfg(feature = "data")]
pub mod archive;
#[cfg(feature = "data")]
pub mod array;
#[cfg(feature = "data")]
pub mod cifar;
#[cfg(feature = "data")]
pub mod csv;
#[cfg(feature = "data")]
mod decode;
#[cfg(feature = "data")]
pub mod gzip;
#[cfg(feature = "data")]
pub mod hdf5;
pub mod idx;
#[cfg(feature = "data")]
pub mod image;
#[cfg(feature = "data")]
pub mod json;
#[cfg(feature = "data")]
mod list;
#[cfg(feature = "data")]
pub mod npy;
#[cfg(feature = "data")]
pub mod npz;
#[cfg(feature = "data")]
pub mod parquet;
pub mod records;
pub mod safetensors;
#[cfg(feature = "data")]
pub mod sound;
pub mod source;
#[cfg(feature = "data")]
pub mod table;
#[cfg(feature = "data")]
pub mod tar;
#[cfg(all(test, feature = "data"))]
mod tests;
#[cfg(feature = "data")]
pub mod text;
#[cfg(feature = "data")]
pub mod wav;
#[cfg(feature = "data")]
pub mod zip;

#[cfg(feature = "data")]
pub use list::{EMPTY, FORMATS, Format, Kind, SNIFFED, of_head, sniff};
