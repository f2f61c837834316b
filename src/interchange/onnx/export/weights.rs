//! How weights are stored.

use ndarray::{ArrayViewD, Axis};

use super::Weights;
use super::builder::int;
use super::context::{Call, Context};
use crate::Result;
use crate::interchange::onnx::proto::data_type;

/// The largest number of half precision.
const LARGEST_HALF: f32 = 65_504.0;
/// The largest of the whole numbers.
const LARGEST_INT8: f32 = 127.0;

impl Context<'_> {
    /// A kernel of the layer as [`ExportOptions`](super::ExportOptions) says; `axis` is that of the
    /// output channels, each of which has a factor of its own where weights are whole numbers.
    ///
    /// # Errors
    /// `TooLarge` where the file gets too large.
    pub fn kernel(
        &mut self,
        call: &Call<'_>,
        name: &str,
        values: ArrayViewD<'_, f32>,
        axis: usize,
    ) -> Result<String> {
        let name = format!("{}/{name}", call.owner);
        match self.options.weights {
            Weights::F16 if values.iter().all(|value| value.abs() <= LARGEST_HALF) => {
                self.half(&name, values)
            }
            Weights::Int8 => self.int8(&name, values, axis),
            Weights::F16 | Weights::F32 => {
                self.graph.floats(&name, values.shape(), values.iter().copied())
            }
        }
    }

    /// A parameter that is single precision in any case.
    ///
    /// # Errors
    /// `TooLarge` where the file gets too large.
    pub fn vector(&mut self, call: &Call<'_>, name: &str, values: &[f32]) -> Result<String> {
        let name = format!("{}/{name}", call.owner);
        self.graph.floats(&name, &[values.len()], values.iter().copied())
    }

    fn half(&mut self, name: &str, values: ArrayViewD<'_, f32>) -> Result<String> {
        let kind = (data_type::FLOAT16, values.shape());
        let numbers = values.iter().copied();
        let to_bytes = |value| half_bits(value).to_le_bytes();
        let stored = self.graph.constant(&format!("{name}_f16"), kind, numbers, to_bytes)?;
        let attributes = vec![int("to", i64::from(data_type::FLOAT))];
        Ok(self.decode(name, "Cast", &[stored], attributes))
    }

    fn int8(&mut self, name: &str, values: ArrayViewD<'_, f32>, axis: usize) -> Result<String> {
        let channels = values.axis_iter(Axis(axis)).map(|channel| {
            let largest = channel.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            // What is below the smallest normal number is taken for nothing.
            let scale = largest / LARGEST_INT8;
            if scale.is_normal() { scale } else { 1.0 }
        });
        let scales: Vec<f32> = channels.collect();
        let inner: usize = values.shape()[axis + 1..].iter().product();
        let numbers = values.iter().enumerate().map(|(at, value)| {
            let scale = scales[at / inner % scales.len()];
            (value / scale).round().clamp(-LARGEST_INT8, LARGEST_INT8) as i8
        });
        let kind = (data_type::INT8, values.shape());
        let stored =
            self.graph.constant(&format!("{name}_quantized"), kind, numbers, i8::to_le_bytes)?;
        let factors = scales.iter().copied();
        let scale = self.graph.floats(&format!("{name}_scale"), &[scales.len()], factors)?;
        let attributes = vec![int("axis", axis as i64)];
        Ok(self.decode(name, "DequantizeLinear", &[stored, scale], attributes))
    }

    /// The values of stored weights, which are the same wherever a layer shares them.
    fn decode(
        &mut self,
        name: &str,
        operator: &str,
        stored: &[String],
        attributes: Vec<super::builder::Attribute>,
    ) -> String {
        if let Some(name) = self.decoded.get(stored) {
            return name.clone();
        }
        let value = self.graph.unique(name);
        let node = self.graph.unique(&format!("{value}/{operator}"));
        self.graph.push(operator, node, stored, attributes, vec![value.clone()]);
        self.decoded.insert(stored.to_vec(), value.clone());
        value
    }
}

/// The nearest number of half precision, of equally near ones the even, for numbers that it has room
/// for: IEEE 754 binary16.
pub(super) fn half_bits(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let magnitude = bits & 0x7fff_ffff;
    // Below 2^-14 numbers are multiples of 2^-24, to which the addition of 0.5 rounds.
    if magnitude < 0x3880_0000 {
        let rounded = f32::from_bits(magnitude) + 0.5;
        return sign | (rounded.to_bits() - 0x3f00_0000) as u16;
    }
    let odd = magnitude >> 13 & 1;
    // The exponent's bias is 15 and not 127.
    let rounded = magnitude + 0xfff + odd - (112 << 23);
    sign | (rounded >> 13) as u16
}
