//! File formats, one file each: readers and writers of bytes, without IO.

pub mod idx;
pub mod safetensors;
