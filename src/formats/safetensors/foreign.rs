//! Tensors of files that others wrote, as single precision.

use super::header::Header;
use crate::Result;
use crate::formats::array::{Element, singles};
use crate::layers::Shape;
use crate::memory::reserve;

/// A tensor of any type.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreign {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
    /// Its numbers; none where they are not floating-point ones.
    pub values: Option<Vec<f32>>,
}

/// The names of all tensors of a safetensors file.
///
/// # Errors
/// `Format` if the bytes are no such file, or not a whole one.
pub fn names(bytes: &[u8]) -> Result<Vec<String>> {
    Ok(Header::read(bytes)?.tensors().map(|(name, _)| name.clone()).collect())
}

/// Reads all tensors of a safetensors file, those of F16, BF16, F32 and F64 with their numbers, by name.
///
/// # Errors
/// `Format` if the bytes are no such file, or not a whole one.
pub fn tensors(bytes: &[u8]) -> Result<Vec<Foreign>> {
    let header = Header::read(bytes)?;
    let mut all = Vec::new();
    for (name, tensor) in header.tensors() {
        let values = match tensor.dtype.as_str() {
            "F16" => Some(singles(Element::F16, false, tensor.data)),
            "F32" => Some(singles(Element::F32, false, tensor.data)),
            "F64" => Some(singles(Element::F64, false, tensor.data)),
            "BF16" => Some(upper_halves(name, tensor.data)?),
            _ => None,
        };
        all.push(Foreign { name: name.clone(), shape: tensor.shape.clone(), values });
    }
    Ok(all)
}

/// Numbers of which the upper half of single precision is there.
fn upper_halves(name: &str, bytes: &[u8]) -> Result<Vec<f32>> {
    let halves = bytes.as_chunks::<2>().0;
    let mut values = reserve(name, halves.len())?;
    let whole = |half: &[u8; 2]| f32::from_bits(u32::from(u16::from_le_bytes(*half)) << 16);
    values.extend(halves.iter().map(whole));
    Ok(values)
}
